//! From an [`Offer`] to the text of its answer (RFC 8829 §5.3).
//!
//! Transport attributes stand once, on the m-line that owns the bundle (RFC 9143 §7.1.3): with
//! eighteen m-lines that keeps the answer to a third, which a student on a weak link waits for. A
//! client that named a transport for each line looks for ours on each.
//!
//! Invariant: the answer offers nothing that the offer did not; its m-lines are those of the offer,
//! in order.

use super::codec::{self, Feedback, LineCodec};
use super::offer::{Line, UsedLine};
use super::{CodecTypes, IceCredentials, Kind, Offer, Purpose, SlotName, simulcast};
use crate::{Codec, SlotKind};
use std::fmt::{self, Write};
use std::net::{IpAddr, SocketAddr};

/// What a low-rate microphone codes at, in bits per second, and how long its packets are: a third of
/// the packets of the normal one, as on a weak link their headers are most of what a voice costs.
const LOW_MICROPHONE_BPS: u32 = 16_000;
const LOW_MICROPHONE_MS: u32 = 60;

/// Asks a sender of simulcast to make a key frame of the layer that a request names, and not of all:
/// Chromium otherwise codes and sends the largest first, and whoever changes to a small layer waits
/// for that. A parameter of libwebrtc's (`fmtp-x-google-per-layer-pli` among its SDP extensions);
/// whoever does not know it makes key frames as before.
const PER_LAYER_PLI: &str = ";x-google-per-layer-pli=1";

/// Our half of a session.
#[derive(Debug, Clone, Copy)]
pub struct LocalDescription<'a> {
    /// Our ICE credentials.
    pub ice: &'a IceCredentials,
    /// SHA-256 of our DTLS certificate.
    pub fingerprint: [u8; 32],
    /// Where we can be reached, best first.
    pub candidates: &'a [SocketAddr],
    /// Identifies this answer; any number.
    pub session_id: u64,
    /// Canonical name of everything we send (RFC 3550 §6.5.1).
    pub cname: &'a str,
    /// What we send in each slot: parallel to [`Offer::down`].
    pub slot_ssrcs: &'a [SlotSsrc],
}

/// The SSRCs of one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotSsrc {
    /// Of the media.
    pub ssrc: u32,
    /// Of its retransmissions; ignored when the offer has no RTX.
    pub rtx_ssrc: Option<u32>,
}

/// Writes the answer.
pub(super) fn write(offer: &Offer, local: &LocalDescription<'_>) -> String {
    assert_eq!(
        local.slot_ssrcs.len(),
        offer.down.len(),
        "each slot of the offer has its SSRCs"
    );
    let mut text = String::with_capacity(512 + 512 * offer.lines.len());
    Answer { offer, local }
        .write(&mut text)
        .expect("writing to a String cannot fail");
    text
}

struct Answer<'a> {
    offer: &'a Offer,
    local: &'a LocalDescription<'a>,
}

impl Answer<'_> {
    fn write(&self, out: &mut String) -> fmt::Result {
        self.write_session(out)?;
        let mut slots = self.local.slot_ssrcs.iter();
        let mut transport_written = false;
        let repeats = self.offer.has_many_transports;
        for line in &self.offer.lines {
            let (Some(used), Some(mid)) = (&line.used, &line.mid) else {
                write_refused(out, line)?;
                continue;
            };
            self.write_used(out, line, mid, used)?;
            if repeats || !transport_written {
                self.write_transport(out)?;
            }
            if !transport_written {
                write_candidates(out, self.local.candidates)?;
                transport_written = true;
            }
            if let Purpose::Down(slot) = used.purpose {
                let ssrcs = slots.next().expect("each slot of the offer has its SSRCs");
                self.write_ssrcs(out, slot, *ssrcs)?;
            }
        }
        Ok(())
    }

    fn write_session(&self, out: &mut String) -> fmt::Result {
        write!(
            out,
            "v=0\r\no=- {} 1 IN IP4 127.0.0.1\r\n",
            self.local.session_id
        )?;
        out.write_str("s=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=ice-lite\r\n")?;
        // RFC 8839 §5.6: who follows RFC 8445 says ice2. No trickle: all candidates are here.
        out.write_str("a=ice-options:ice2\r\na=group:BUNDLE")?;
        let used = self.offer.lines.iter().filter(|line| line.used.is_some());
        for mid in used.filter_map(|line| line.mid.as_deref()) {
            write!(out, " {mid}")?;
        }
        if self.offer.mixes_extensions {
            // Or a long one, as the layers of a key frame are, would not be sent.
            out.write_str("\r\na=extmap-allow-mixed")?;
        }
        // On the session, not with the transport: Firefox 153 crashes on a bundled line for which it
        // finds no fingerprint (RFC 8122 §5 allows both places).
        out.write_str("\r\na=msid-semantic: WMS\r\na=fingerprint:sha-256 ")?;
        for (index, byte) in self.local.fingerprint.iter().enumerate() {
            let colon = if index == 0 { "" } else { ":" };
            write!(out, "{colon}{byte:02X}")?;
        }
        out.write_str("\r\n")
    }

    fn write_used(&self, out: &mut String, line: &Line, mid: &str, used: &UsedLine) -> fmt::Result {
        let direction = match used.purpose {
            Purpose::Up(_) | Purpose::LowMicrophone => "recvonly",
            Purpose::Down(_) => "sendonly",
        };
        write!(out, "m={} 9 {}", line.kind, line.protocol)?;
        for LineCodec { types, .. } in self.codecs(used) {
            write!(out, " {}", types.main)?;
            if let Some(rtx) = types.rtx {
                write!(out, " {rtx}")?;
            }
        }
        let red = self.red(used);
        if let Some(red) = red {
            write!(out, " {red}")?;
        }
        write!(out, "\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n")?;
        if used.reduced_size {
            out.write_str("a=rtcp-rsize\r\n")?;
        }
        for codec in self.codecs(used) {
            write_codec(out, used, codec)?;
        }
        let opus = self.offer.payload_types.of(Codec::Opus);
        if let Some((red, opus)) = red.zip(opus) {
            write!(out, "a=rtpmap:{red} red/48000/2\r\n")?;
            write!(out, "a=fmtp:{red} {0}/{0}\r\n", opus.main)?;
        }
        write_extensions(out, used)?;
        simulcast::write(out, &used.rids)
    }

    /// What we take of what a line offers, as it prefers it.
    fn codecs<'u>(&self, used: &'u UsedLine) -> impl Iterator<Item = &'u LineCodec> {
        let types = self.offer.payload_types;
        let codecs = used.codecs.iter();
        codecs.filter(move |found| types.of(found.codec) == Some(found.types))
    }

    /// The payload type of audio with earlier packets: we send it and do not take it.
    fn red(&self, used: &UsedLine) -> Option<u8> {
        let is_slot = matches!(used.purpose, Purpose::Down(_));
        let is_audio = used.purpose.kind() == Kind::Audio;
        self.offer.red.filter(|_| is_slot && is_audio)
    }

    fn write_transport(&self, out: &mut String) -> fmt::Result {
        let IceCredentials { ufrag, pwd } = self.local.ice;
        write!(
            out,
            "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\na=setup:passive\r\n"
        )
    }

    /// Each slot is a stream of its own: tracks that share a stream would be lip-synced, and a
    /// slot's voice is seldom the voice of the face in another.
    fn write_ssrcs(&self, out: &mut String, slot: SlotKind, ssrcs: SlotSsrc) -> fmt::Result {
        let (name, cname, ssrc) = (SlotName(slot), self.local.cname, ssrcs.ssrc);
        write!(
            out,
            "a=msid:{name} {name}\r\na=ssrc:{ssrc} cname:{cname}\r\n"
        )?;
        let rtx_offered = slot.is_video() && self.offer.has_rtx();
        match ssrcs.rtx_ssrc.filter(|_| rtx_offered) {
            Some(rtx) => {
                write!(
                    out,
                    "a=ssrc:{rtx} cname:{cname}\r\na=ssrc-group:FID {ssrc} {rtx}\r\n"
                )
            }
            None => Ok(()),
        }
    }
}

/// RFC 3264 §6: a refused line stays in its place with port 0.
fn write_refused(out: &mut String, line: &Line) -> fmt::Result {
    write!(
        out,
        "m={} 0 {} {}\r\n",
        line.kind, line.protocol, line.format
    )?;
    if let Some(mid) = &line.mid {
        write!(out, "a=mid:{mid}\r\n")?;
    }
    out.write_str("a=inactive\r\n")
}

fn write_codec(out: &mut String, used: &UsedLine, found: &LineCodec) -> fmt::Result {
    let CodecTypes { main, rtx } = found.types;
    let per_layer = match used.rids.is_empty() {
        true => "",
        false => PER_LAYER_PLI,
    };
    match found.codec {
        Codec::Opus => {
            let dtx = if used.dtx { ";usedtx=1" } else { "" };
            write!(out, "a=rtpmap:{main} opus/48000/2\r\na=fmtp:{main} ")?;
            write!(out, "minptime=10;useinbandfec=1{dtx}")?;
            // RFC 7587 §6.1: what the sender of this line is asked for.
            if used.purpose == Purpose::LowMicrophone {
                let (bps, ms) = (LOW_MICROPHONE_BPS, LOW_MICROPHONE_MS);
                write!(out, ";maxaveragebitrate={bps}\r\na=ptime:{ms}")?;
            }
        }
        Codec::Vp8 => {
            write!(out, "a=rtpmap:{main} VP8/90000")?;
            // VP8 has no parameters of its own that we would ask for.
            if let Some(first) = per_layer.strip_prefix(';') {
                write!(out, "\r\na=fmtp:{main} {first}")?;
            }
        }
        Codec::Vp9 => {
            write!(out, "a=rtpmap:{main} VP9/90000\r\na=fmtp:{main} ")?;
            write!(out, "profile-id=0{per_layer}")?;
        }
        Codec::Av1 => {
            let level = found.level;
            write!(out, "a=rtpmap:{main} AV1/90000\r\na=fmtp:{main} ")?;
            write!(out, "level-idx={level};profile=0;tier=0{per_layer}")?;
        }
        Codec::H264 => {
            let [profile, constraints, level] = found.profile;
            write!(out, "a=rtpmap:{main} H264/90000\r\na=fmtp:{main} ")?;
            out.write_str("level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=")?;
            write!(out, "{profile:02x}{constraints:02x}{level:02x}{per_layer}")?;
        }
    }
    out.write_str("\r\n")?;
    write_feedback(out, main, found.feedback)?;
    match rtx {
        Some(rtx) => write!(
            out,
            "a=rtpmap:{rtx} rtx/90000\r\na=fmtp:{rtx} apt={main}\r\n"
        ),
        None => Ok(()),
    }
}

/// The offered part of what we can do; REMB is left out because transport-cc says more.
fn write_feedback(out: &mut String, payload_type: u8, offered: Feedback) -> fmt::Result {
    let kinds = [
        (offered.nack, "nack"),
        (offered.nack_pli, "nack pli"),
        (offered.ccm_fir, "ccm fir"),
        (offered.transport_cc, "transport-cc"),
    ];
    for (_, kind) in kinds.into_iter().filter(|(offered, _)| *offered) {
        write!(out, "a=rtcp-fb:{payload_type} {kind}\r\n")?;
    }
    Ok(())
}

fn write_extensions(out: &mut String, used: &UsedLine) -> fmt::Result {
    let offered = used.extensions;
    let of_layers = |id: Option<u8>| id.filter(|_| !used.rids.is_empty());
    let of_stream = offered.dependency.filter(|_| used.is_described);
    let extensions = [
        (offered.mid, codec::MID_URI),
        (offered.audio_level, codec::AUDIO_LEVEL_URI),
        (offered.transport_cc, codec::TRANSPORT_CC_URI),
        (of_layers(offered.rid), codec::RID_URI),
        (of_layers(offered.repaired_rid), codec::REPAIRED_RID_URI),
        (of_stream, codec::DEPENDENCY_URI),
    ];
    for (id, uri) in extensions {
        if let Some(id) = id {
            write!(out, "a=extmap:{id} {uri}\r\n")?;
        }
    }
    Ok(())
}

/// All there are, as we gather none later.
pub(super) fn write_candidates(out: &mut String, candidates: &[SocketAddr]) -> fmt::Result {
    for (index, address) in (0_u16..).zip(candidates) {
        write_candidate(out, index, *address)?;
    }
    out.write_str("a=end-of-candidates\r\n")
}

/// A host candidate of component 1 (RFC 8839 §5.1); earlier ones are preferred (RFC 8445 §5.1.2.1).
fn write_candidate(out: &mut String, index: u16, address: SocketAddr) -> fmt::Result {
    const HOST_PREFERENCE: u32 = 126;
    let local_preference = u32::from(u16::MAX - index);
    let priority = HOST_PREFERENCE << 24 | local_preference << 8 | (256 - 1);
    let (ip, port): (IpAddr, u16) = (address.ip().to_canonical(), address.port());
    write!(
        out,
        "a=candidate:{} 1 udp {priority} {ip} {port} typ host\r\n",
        u32::from(index) + 1
    )
}
