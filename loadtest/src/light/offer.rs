//! The offer a light bot makes, and what the answer says.
//!
//! Invariant: m-lines stand in the order the page makes them: what is sent first, then the slots;
//! the numbers are those of [`number`].

use super::ice::Credentials;
use super::publisher::camera_ssrc;
use super::transport::{Remote, Transport};
use super::wire::number::{AUDIO_LEVEL, MID, OPUS, REPAIRED_RID, RID, RTX, TRANSPORT_CC, VP8};
use crate::sdp::{AUDIO_LEVEL_URI, MID_URI, Section, candidate, sections};
use anyhow::{Context, Result};
use homeroom_protocol::{AUDIO_SLOTS, MediaLayout, MediaOffer};
use std::fmt::Write;

/// draft-holmer-rmcat-transport-wide-cc-extensions-01.
const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";
/// RFC 8852 §4.1 and §4.2.
const RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
const REPAIRED_RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";

/// Names of a camera's layers, the smallest first, as the page has them.
pub(super) const RIDS: [&str; 3] = ["q", "h", "f"];
pub(super) const MICROPHONE_MID: &str = "0";
pub(super) const CAMERA_MID: &str = "1";

/// What flows on a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    Voice,
    Picture,
    /// Both lines of a shared screen: received, and judged by nobody here.
    Screen,
}

/// A stream the answer announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Announced {
    pub(super) slot: Slot,
    pub(super) ssrc: u32,
    /// Where what was lost comes again.
    pub(super) rtx_ssrc: Option<u32>,
}

/// Makes the offer of a bot with such a microphone and so many layers of a camera.
pub(super) fn make(
    transport: &Transport,
    microphone_ssrc: u32,
    layers: usize,
    video_slots: usize,
) -> MediaOffer {
    let mut lines = vec![
        (false, Sent::Microphone(microphone_ssrc)),
        (true, Sent::Camera(layers)),
    ];
    let mut slots = |is_video: bool, count: usize| -> Vec<String> {
        let first = lines.len();
        lines.extend((0..count).map(|_| (is_video, Sent::Nothing)));
        (first..first + count).map(|mid| mid.to_string()).collect()
    };
    let layout = MediaLayout {
        microphone: Some(MICROPHONE_MID.to_owned()),
        camera: Some(CAMERA_MID.to_owned()),
        audio_slots: slots(false, AUDIO_SLOTS),
        video_slots: slots(true, video_slots),
        screen_slot: slots(true, 1).pop(),
        screen_audio_slot: slots(false, 1).pop(),
        ..MediaLayout::default()
    };
    let bundled = describe_transport(transport);
    let sdp = describe(&bundled, &lines);
    MediaOffer { sdp, layout }
}

/// Makes the offer of a program that publishes, in one layer as a plain stream.
pub(super) fn make_publisher(
    transport: &Transport,
    microphone_ssrc: u32,
    layers: usize,
) -> MediaOffer {
    let camera = match layers {
        0 | 1 => Sent::Plain(camera_ssrc(microphone_ssrc, 0)),
        more => Sent::Camera(more),
    };
    let lines = [(false, Sent::Microphone(microphone_ssrc)), (true, camera)];
    let layout = MediaLayout {
        microphone: Some(MICROPHONE_MID.to_owned()),
        camera: Some(CAMERA_MID.to_owned()),
        ..MediaLayout::default()
    };
    let sdp = describe(&only_active(transport), &lines);
    MediaOffer { sdp, layout }
}

/// Makes the offer of a program that plays one voice and one picture.
pub(super) fn make_player(transport: &Transport) -> MediaOffer {
    let lines = [(false, Sent::Nothing), (true, Sent::Nothing)];
    let layout = MediaLayout {
        audio_slots: vec!["0".to_owned()],
        video_slots: vec!["1".to_owned()],
        ..MediaLayout::default()
    };
    let sdp = describe(&only_active(transport), &lines);
    MediaOffer { sdp, layout }
}

/// Bots are DTLS clients and nothing else, which not every server would guess (RFC 9725 §4.4.4).
fn only_active(transport: &Transport) -> String {
    describe_transport(transport).replace("actpass", "active")
}

fn describe(transport: &str, lines: &[(bool, Sent)]) -> String {
    let mids: Vec<String> = (0..lines.len()).map(|mid| mid.to_string()).collect();
    let mut sdp = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n",
        mids.join(" ")
    );
    for (mid, (is_video, sent)) in mids.iter().zip(lines) {
        line(&mut sdp, mid, transport, *is_video, *sent);
    }
    sdp
}

#[derive(Clone, Copy)]
enum Sent {
    Microphone(u32),
    /// In layers.
    Camera(usize),
    /// A camera in one stream.
    Plain(u32),
    Nothing,
}

fn describe_transport(transport: &Transport) -> String {
    let Credentials { ufrag, password } = transport.credentials();
    let fingerprint = transport.fingerprint();
    let fingerprint: Vec<String> = fingerprint.iter().map(|b| format!("{b:02X}")).collect();
    let fingerprint = fingerprint.join(":");
    format!(
        "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=fingerprint:sha-256 {fingerprint}\r\n\
         a=setup:actpass\r\n"
    )
}

fn line(sdp: &mut String, mid: &str, transport: &str, is_video: bool, sent: Sent) {
    let (main, media) = if is_video {
        (VP8, format!("video 9 UDP/TLS/RTP/SAVPF {VP8} {RTX}"))
    } else {
        (OPUS, format!("audio 9 UDP/TLS/RTP/SAVPF {OPUS}"))
    };
    let direction = match sent {
        Sent::Nothing => "recvonly",
        Sent::Microphone(_) | Sent::Camera(_) | Sent::Plain(_) => "sendonly",
    };
    // Writing to a String cannot fail.
    let _ = write!(
        sdp,
        "m={media}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\n{transport}a={direction}\r\n\
         a=rtcp-mux\r\na=rtcp-rsize\r\na=extmap:{TRANSPORT_CC} {TRANSPORT_CC_URI}\r\n\
         a=rtcp-fb:{main} transport-cc\r\na=extmap:{MID} {MID_URI}\r\n"
    );
    let _ = if is_video {
        write!(
            sdp,
            "a=rtpmap:{VP8} VP8/90000\r\na=rtcp-fb:{VP8} nack\r\na=rtcp-fb:{VP8} nack pli\r\n\
             a=rtcp-fb:{VP8} ccm fir\r\na=rtpmap:{RTX} rtx/90000\r\na=fmtp:{RTX} apt={VP8}\r\n"
        )
    } else {
        write!(
            sdp,
            "a=rtpmap:{OPUS} opus/48000/2\r\na=fmtp:{OPUS} minptime=10;useinbandfec=1\r\n\
             a=extmap:{AUDIO_LEVEL} {AUDIO_LEVEL_URI}\r\n"
        )
    };
    let _ = match sent {
        Sent::Nothing => Ok(()),
        Sent::Microphone(ssrc) | Sent::Plain(ssrc) => {
            write!(sdp, "a=msid:bot bot-{mid}\r\na=ssrc:{ssrc} cname:bot\r\n")
        }
        Sent::Camera(layers) => {
            let rids = &RIDS[..layers.min(RIDS.len())];
            let _ = write!(
                sdp,
                "a=extmap:{RID} {RID_URI}\r\na=extmap:{REPAIRED_RID} {REPAIRED_RID_URI}\r\n"
            );
            for rid in rids {
                let _ = write!(sdp, "a=rid:{rid} send\r\n");
            }
            write!(sdp, "a=simulcast:send {}\r\n", rids.join(";"))
        }
    };
}

/// The server's transport.
pub(super) fn read_remote(answer: &str) -> Result<Remote> {
    let value = |name: &str| {
        let line = answer.lines().find_map(|line| line.strip_prefix(name));
        line.map(str::trim)
            .with_context(|| format!("no {name} in the answer"))
    };
    let bytes: Option<Vec<u8>> = value("a=fingerprint:sha-256 ")?
        .split(':')
        .map(|byte| u8::from_str_radix(byte, 16).ok())
        .collect();
    let fingerprint = bytes.and_then(|bytes| bytes.try_into().ok());
    Ok(Remote {
        credentials: Credentials {
            ufrag: value("a=ice-ufrag:")?.to_owned(),
            password: value("a=ice-pwd:")?.to_owned(),
        },
        fingerprint: fingerprint.context("a fingerprint of 32 bytes")?,
        address: candidate(answer).context("no candidate in the answer")?,
    })
}

/// The streams of the slots, by the layout of the offer.
pub(super) fn read_streams(answer: &str, layout: &MediaLayout) -> Vec<Announced> {
    let sections = sections(answer);
    let of = |mids: &[String], slot| -> Vec<Announced> {
        let section = |mid: &String| sections.iter().find(|section| section.mid == *mid);
        let announced = |section: &Section| {
            let (ssrc, rest) = section.ssrcs.split_first()?;
            Some(Announced {
                slot,
                ssrc: *ssrc,
                rtx_ssrc: rest.first().copied(),
            })
        };
        let found = mids.iter().filter_map(section);
        found.filter_map(announced).collect()
    };
    let screen: Vec<String> = [&layout.screen_slot, &layout.screen_audio_slot]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    [
        of(&layout.audio_slots, Slot::Voice),
        of(&layout.video_slots, Slot::Picture),
        of(&screen, Slot::Screen),
    ]
    .concat()
}
