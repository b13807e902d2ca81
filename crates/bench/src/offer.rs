//! The offer a participant makes, and what its answer says.
//!
//! Invariant: the numbers are those of [`Numbers::OURS`]; the m-lines stand in the order the page
//! makes them: what is sent first, then the slots.

use crate::endpoint::{Local, Remote};
use crate::media::{Numbers, Shape, Track};
use anyhow::{Context, Result};
use homeroom_protocol::{AUDIO_SLOTS, MediaLayout, MediaOffer};
use homeroom_rtp::extension::{AUDIO_LEVEL_URI, TRANSPORT_WIDE_SEQUENCE_URI};
use homeroom_sfu_core::sdp::IceCredentials;
use std::fmt::Write;

/// What a participant sends and receives, as far as an offer says.
#[derive(Debug, Clone, Copy)]
pub struct Lines {
    /// Camera slots.
    pub video_slots: usize,
}

/// The offer of a participant with these tracks; both send lines are there even when nothing is
/// sent, as on the page.
#[must_use]
pub fn offer(local: &Local, tracks: &[Track], lines: Lines) -> MediaOffer {
    let ssrc_of = |is_video| {
        let track = tracks.iter().find(|t| t.shape.is_video() == is_video);
        track.map(|track| track.ssrc)
    };
    let mut sections = vec![
        section(&Section::sends(false, ssrc_of(false))),
        section(&Section::sends(true, ssrc_of(true))),
    ];
    let mut mids = (2..).map(|mid: usize| mid.to_string());
    let mut receives = |is_video, count| -> Vec<String> {
        let mids: Vec<String> = mids.by_ref().take(count).collect();
        sections.extend(mids.iter().map(|_| section(&Section::receives(is_video))));
        mids
    };
    let layout = MediaLayout {
        microphone: Some("0".to_owned()),
        camera: Some("1".to_owned()),
        audio_slots: receives(false, AUDIO_SLOTS),
        video_slots: receives(true, lines.video_slots),
        screen_slot: receives(true, 1).pop(),
        screen_audio_slot: receives(false, 1).pop(),
        ..MediaLayout::default()
    };
    let sections = sections.into_iter().enumerate();
    let sections: Vec<_> = sections.map(|(mid, s)| (mid.to_string(), s)).collect();
    let sdp = describe(&transport(local, "actpass"), &sections);
    MediaOffer { sdp, layout }
}

/// The lines of each m-line that are the transport's; `setup` is the part in DTLS.
#[must_use]
pub fn transport(local: &Local, setup: &str) -> String {
    let IceCredentials { ufrag, pwd } = &local.ice;
    let fingerprint: Vec<String> = local
        .fingerprint
        .iter()
        .map(|b| format!("{b:02X}"))
        .collect();
    format!(
        "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=fingerprint:sha-256 {}\r\na=setup:{setup}\r\n",
        fingerprint.join(":")
    )
}

/// A description of these m-lines, by mid, over one transport.
#[must_use]
pub fn describe(transport: &str, sections: &[(String, String)]) -> String {
    let bundle: Vec<&str> = sections.iter().map(|(mid, _)| mid.as_str()).collect();
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n",
        bundle.join(" ")
    );
    for (mid, section) in sections {
        let (media, attributes) = section.split_once('\n').unwrap_or((section, ""));
        let _ = write!(sdp, "{media}\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n");
        let _ = write!(sdp, "{transport}{attributes}");
    }
    sdp
}

/// What one m-line is for.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    is_video: bool,
    sends: Option<Option<u32>>,
}

impl Section {
    /// A camera or a microphone, with its number on the wire if anything is sent.
    #[must_use]
    pub const fn sends(is_video: bool, ssrc: Option<u32>) -> Self {
        let sends = Some(ssrc);
        Self { is_video, sends }
    }

    /// A slot.
    #[must_use]
    pub const fn receives(is_video: bool) -> Self {
        let sends = None;
        Self { is_video, sends }
    }
}

/// One m-line without its mid and transport.
#[must_use]
pub fn section(section: &Section) -> String {
    let Numbers { opus, vp8, rtx, .. } = Numbers::OURS;
    let mut text = String::new();
    let payload_type = if section.is_video { vp8 } else { opus };
    let _ = match section.is_video {
        true => write!(text, "m=video 9 UDP/TLS/RTP/SAVPF {vp8} {rtx}\r\n"),
        false => write!(text, "m=audio 9 UDP/TLS/RTP/SAVPF {opus}\r\n"),
    };
    let direction = if section.sends.is_some() {
        "sendonly"
    } else {
        "recvonly"
    };
    let _ = write!(text, "a={direction}\r\na=rtcp-mux\r\na=rtcp-rsize\r\n");
    let _ = match section.is_video {
        true => write!(
            text,
            "a=rtpmap:{vp8} VP8/90000\r\na=rtcp-fb:{vp8} nack\r\na=rtcp-fb:{vp8} nack pli\r\n\
             a=rtcp-fb:{vp8} ccm fir\r\na=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={vp8}\r\n"
        ),
        false => write!(
            text,
            "a=rtpmap:{opus} opus/48000/2\r\na=fmtp:{opus} minptime=10;useinbandfec=1\r\n"
        ),
    };
    let Some(ssrc) = section.sends else {
        return text;
    };
    if let Some(id) = Numbers::OURS.audio_level.filter(|_| !section.is_video) {
        let _ = write!(text, "a=extmap:{id} {AUDIO_LEVEL_URI}\r\n");
    }
    // Only for what is sent: the server does not number what it sends.
    if let Some(id) = Numbers::OURS.transport_cc {
        let _ = write!(text, "a=rtcp-fb:{payload_type} transport-cc\r\n");
        let _ = write!(text, "a=extmap:{id} {TRANSPORT_WIDE_SEQUENCE_URI}\r\n");
    }
    if let Some(ssrc) = ssrc {
        let _ = write!(text, "a=ssrc:{ssrc} cname:bench\r\n");
    }
    text
}

/// The other side's transport, as its description says: ours or any server's.
///
/// # Errors
/// When a needed attribute is missing.
pub fn read_remote(sdp: &str) -> Result<Remote> {
    let value = |name: &str| {
        let line = sdp.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim)
            .with_context(|| format!("no {name} in the description"))
    };
    let mut candidate = value("a=candidate:")?.split(' ').skip(4);
    let mut word = || candidate.next().context("a candidate that ends early");
    let ip = word()?.parse().context("a candidate's address")?;
    let port = word()?.parse().context("a candidate's port")?;
    let bytes: Option<Vec<u8>> = value("a=fingerprint:sha-256 ")?
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect();
    let fingerprint = bytes.and_then(|bytes| bytes.try_into().ok());
    Ok(Remote {
        ice: IceCredentials {
            ufrag: value("a=ice-ufrag:")?.to_owned(),
            pwd: value("a=ice-pwd:")?.to_owned(),
        },
        fingerprint: fingerprint.context("a fingerprint of 32 bytes")?,
        address: std::net::SocketAddr::new(ip, port),
    })
}

/// A track with a number of its own.
#[must_use]
pub fn track(shape: Shape, audience: u64, starts: std::time::Instant) -> Track {
    let ssrc = rand::random_range(1..u32::MAX);
    Track::new(ssrc, shape, audience, Numbers::OURS, starts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_sfu_core::Layout;
    use homeroom_sfu_core::sdp::{LocalDescription, Offer, SlotSsrc};

    #[test]
    fn the_server_answers_and_the_answer_is_read() {
        let local = Local {
            ice: IceCredentials {
                ufrag: "ours".to_owned(),
                pwd: "aPasswordOfAtLeast22Chars".to_owned(),
            },
            fingerprint: [7; 32],
        };
        let now = std::time::Instant::now();
        let tracks = [
            track(Shape::VOICE, 0, now),
            track(Shape::CAMERA_720P, 0, now),
        ];
        let made = offer(&local, &tracks, Lines { video_slots: 4 });
        let layout = Layout {
            microphone: made.layout.microphone,
            camera: made.layout.camera,
            audio_slots: made.layout.audio_slots,
            video_slots: made.layout.video_slots,
            screen_slot: made.layout.screen_slot,
            screen_audio_slot: made.layout.screen_audio_slot,
            ..Layout::default()
        };
        let offer = Offer::parse(&made.sdp, &layout).expect("answerable");
        assert_eq!((offer.up.len(), offer.down.len()), (2, 3 + 4 + 2));
        let ssrcs: Vec<SlotSsrc> = (1..=9)
            .map(|ssrc| SlotSsrc {
                ssrc,
                rtx_ssrc: None,
            })
            .collect();
        let address = std::net::SocketAddr::from(([192, 0, 2, 1], 5));
        let answer = offer.answer(&LocalDescription {
            ice: &local.ice,
            fingerprint: [9; 32],
            candidates: &[address],
            session_id: 1,
            cname: "bench",
            slot_ssrcs: &ssrcs,
        });
        let remote = read_remote(&answer).expect("complete");
        assert_eq!(remote.address, address);
        assert_eq!(remote.fingerprint, [9; 32]);
        assert_eq!(remote.ice, local.ice);
        assert!(read_remote("v=0\r\n").is_err());
    }
}
