//! The numbers an m-line gives to things: payload types, header extensions, feedback, SSRCs.
//!
//! Invariant: in one bundle a number means one thing. Whoever forwards a packet never asks which
//! m-line it is for.

use super::lines::Media;
use super::offer::{Claimed, agree};
use super::{ExtensionIds, Kind, LineProblem, PayloadTypes, Purpose, SdpError};
use std::collections::BTreeSet;

pub(super) const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
pub(super) const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
pub(super) const RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
pub(super) const REPAIRED_RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
pub(super) const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// Payload types one line gives to the codec of its kind.
pub(super) struct LineCodec {
    pub main: u8,
    pub rtx: Option<u8>,
    /// Audio with earlier packets of it.
    pub red: Option<u8>,
}

/// RTCP feedback (RFC 4585, RFC 5104) of the codec we speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Feedback {
    pub nack: bool,
    pub nack_pli: bool,
    pub ccm_fir: bool,
    pub transport_cc: bool,
}

/// Finds our codec among a line's formats.
pub(super) fn read_codec(line: &Claimed<'_, '_>) -> Result<LineCodec, SdpError> {
    let refuse = |problem| SdpError::Line {
        purpose: line.purpose,
        problem,
    };
    let codec = match line.purpose.kind() {
        Kind::Audio => "opus/48000/2",
        Kind::Video => "VP8/90000",
    };
    let main = formats_of(line.media, codec)
        .next()
        .ok_or(refuse(LineProblem::CodecMissing))?;
    let rtx = formats_of(line.media, "rtx/90000")
        .find(|rtx| parameters(line.media, rtx).any(|p| p.strip_prefix("apt=") == Some(main)));
    let number = |format: &str| payload_type(format).ok_or(refuse(LineProblem::BadPayloadType));
    let rtx = rtx.filter(|_| line.purpose.kind() == Kind::Video);
    // RFC 2198 §5: the types of its blocks, here all of the same codec.
    let red = formats_of(line.media, "red/48000/2").find(|red| {
        let mut types = parameters(line.media, red).flat_map(|p| p.split('/'));
        types.next() == Some(main) && types.all(|of_block| of_block == main)
    });
    Ok(LineCodec {
        main: number(main)?,
        rtx: rtx.map(number).transpose()?,
        red: red.map(number).transpose()?,
    })
}

/// The formats that the m-line lists and an `rtpmap` gives this encoding, by preference.
fn formats_of<'d>(media: &'d Media<'_>, encoding: &'d str) -> impl Iterator<Item = &'d str> {
    media.formats.iter().copied().filter(move |format| {
        let maps = media
            .attributes
            .values("rtpmap")
            .filter_map(|map| map.split_once(' '));
        maps.into_iter()
            .any(|(f, e)| f == *format && e.trim_end().eq_ignore_ascii_case(encoding))
    })
}

/// The `fmtp` parameters of a format.
pub(super) fn parameters<'d>(
    media: &'d Media<'_>,
    format: &'d str,
) -> impl Iterator<Item = &'d str> {
    let lines = media
        .attributes
        .values("fmtp")
        .filter_map(|line| line.split_once(' '));
    lines
        .filter(move |(f, _)| *f == format)
        .flat_map(|(_, p)| p.split(';').map(str::trim))
}

/// RFC 5761 §4: beside RTCP on the same port, 64 to 95 cannot be told from RTCP types.
fn payload_type(format: &str) -> Option<u8> {
    format
        .parse()
        .ok()
        .filter(|pt| matches!(pt, 0..=63 | 96..=127))
}

/// One number per codec in the whole bundle (RFC 9143 §10.1.2), and no number twice.
pub(super) fn agree_on_payload_types(
    claimed: &[Claimed<'_, '_>],
    codecs: &[LineCodec],
) -> Result<PayloadTypes, SdpError> {
    let of = |kind| {
        let lines = claimed.iter().zip(codecs);
        lines
            .filter(move |(line, _)| line.purpose.kind() == kind)
            .map(|(_, codec)| codec)
    };
    let opus = of(Kind::Audio).next().ok_or(SdpError::KindMissing)?.main;
    let &LineCodec { main: vp8, rtx, .. } = of(Kind::Video).next().ok_or(SdpError::KindMissing)?;
    let same = of(Kind::Audio).all(|codec| codec.main == opus)
        && of(Kind::Video).all(|codec| codec.main == vp8 && codec.rtx == rtx);
    let is_slot = |line: &Claimed<'_, '_>| matches!(line.purpose, Purpose::Down(_));
    let slots = claimed.iter().zip(codecs).filter(|(line, _)| is_slot(line));
    let mut slots = slots.filter(|(line, _)| line.purpose.kind() == Kind::Audio);
    let red = slots.clone().next().and_then(|(_, codec)| codec.red);
    // What is not the same everywhere, or means something else, is left out.
    let red = red.filter(|_| slots.all(|(_, codec)| codec.red == red));
    let red = red.filter(|red| ![Some(opus), Some(vp8), rtx].contains(&Some(*red)));
    let distinct = opus != vp8 && rtx != Some(opus) && rtx != Some(vp8);
    if !same || !distinct {
        return Err(SdpError::PayloadTypeConflict);
    }
    Ok(PayloadTypes {
        opus,
        red,
        vp8,
        vp8_rtx: rtx,
    })
}

/// One id per extension in the whole bundle (RFC 9143 §15), and no id for two of ours.
pub(super) fn agree_on_extensions(claimed: &[Claimed<'_, '_>]) -> Result<ExtensionIds, SdpError> {
    let mut all = ExtensionIds::default();
    for line in claimed {
        let ids = read_extensions(line.media);
        agree(&mut all.mid, ids.mid).ok_or(SdpError::ExtensionConflict)?;
        agree(&mut all.audio_level, ids.audio_level).ok_or(SdpError::ExtensionConflict)?;
        agree(&mut all.transport_cc, ids.transport_cc).ok_or(SdpError::ExtensionConflict)?;
        agree(&mut all.rid, ids.rid).ok_or(SdpError::ExtensionConflict)?;
        agree(&mut all.repaired_rid, ids.repaired_rid).ok_or(SdpError::ExtensionConflict)?;
    }
    let given = [
        all.mid,
        all.audio_level,
        all.transport_cc,
        all.rid,
        all.repaired_rid,
    ];
    let given: Vec<u8> = given.into_iter().flatten().collect();
    let distinct: BTreeSet<u8> = given.iter().copied().collect();
    if distinct.len() != given.len() {
        return Err(SdpError::ExtensionConflict);
    }
    Ok(all)
}

/// Ids we can write: 1 to 14, as the longer form (RFC 8285 §4.3) costs every packet more.
/// One with a direction (`3/recvonly`) is not for both ways and counts as absent.
pub(super) fn read_extensions(media: &Media<'_>) -> ExtensionIds {
    let mut ids = ExtensionIds::default();
    for (id, uri) in media
        .attributes
        .values("extmap")
        .filter_map(|value| value.split_once(' '))
    {
        let id = id.strip_suffix("/sendrecv").unwrap_or(id);
        let id = id.parse().ok().filter(|id| (1..=14).contains(id));
        // What may follow the URI are attributes of the extension, such as `vad=on`.
        match uri.split(' ').next() {
            Some(MID_URI) => ids.mid = id,
            Some(AUDIO_LEVEL_URI) => ids.audio_level = id,
            Some(TRANSPORT_CC_URI) => ids.transport_cc = id,
            Some(RID_URI) => ids.rid = id,
            Some(REPAIRED_RID_URI) => ids.repaired_rid = id,
            _ => {}
        }
    }
    ids
}

/// The main SSRC and that of its retransmissions (RFC 5576 §4, RFC 4588 §8.1).
pub(super) fn read_ssrcs(media: &Media<'_>) -> Result<(Option<u32>, Option<u32>), LineProblem> {
    let number = |text: Option<&str>| {
        text.and_then(|text| text.parse::<u32>().ok())
            .ok_or(LineProblem::BadSsrc)
    };
    let mut groups = media
        .attributes
        .values("ssrc-group")
        .filter_map(|g| g.strip_prefix("FID "));
    if let Some(pair) = groups.next() {
        let mut words = pair.split(' ');
        return Ok((Some(number(words.next())?), Some(number(words.next())?)));
    }
    let first = media.attributes.value("ssrc");
    Ok((
        first
            .map(|value| number(value.split(' ').next()))
            .transpose()?,
        None,
    ))
}

pub(super) fn read_feedback(media: &Media<'_>, format: &str) -> Feedback {
    let mut feedback = Feedback::default();
    for (to, kind) in media
        .attributes
        .values("rtcp-fb")
        .filter_map(|value| value.split_once(' '))
    {
        match kind.trim_end() {
            _ if to != format && to != "*" => {}
            "nack" => feedback.nack = true,
            "nack pli" => feedback.nack_pli = true,
            "ccm fir" => feedback.ccm_fir = true,
            "transport-cc" => feedback.transport_cc = true,
            _ => {}
        }
    }
    feedback
}
