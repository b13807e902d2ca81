//! The numbers an m-line gives to things: payload types, header extensions, feedback, SSRCs.
//!
//! Invariant: in one bundle a number means one thing. Whoever forwards a packet never asks which
//! m-line it is for.

use super::lines::Media;
use super::offer::{Claimed, agree};
use super::{CodecTypes, ExtensionIds, Kind, LineProblem, PayloadTypes, Purpose, SdpError};
use crate::Codec;
use std::collections::BTreeSet;

pub(super) const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
pub(super) const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
pub(super) const RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
pub(super) const REPAIRED_RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
pub(super) const DEPENDENCY_URI: &str = homeroom_rtp::extension::DEPENDENCY_URI;
pub(super) const TRANSPORT_CC_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// What one line says of a codec that we take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineCodec {
    pub codec: Codec,
    pub types: CodecTypes,
    pub feedback: Feedback,
    /// H.264: `profile-level-id` (RFC 6184 §8.1).
    pub profile: [u8; 3],
    /// AV1: `level-idx` (AV1 RTP §7.1).
    pub level: u8,
}

/// RTCP feedback (RFC 4585, RFC 5104) of the codec we speak.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Feedback {
    pub nack: bool,
    pub nack_pli: bool,
    pub ccm_fir: bool,
    pub transport_cc: bool,
}

/// Finds our codecs among a line's formats, in the order of its preference.
pub(super) fn read_codecs(line: &Claimed<'_, '_>) -> Result<Vec<LineCodec>, SdpError> {
    let refuse = |problem| SdpError::Line {
        purpose: line.purpose,
        problem,
    };
    let is_video = line.purpose.kind() == Kind::Video;
    let mut codecs = Vec::new();
    for codec in Codec::ALL {
        if codec.is_video() == is_video
            && let Some(found) = read_codec(line, codec).map_err(refuse)?
        {
            codecs.push(found);
        }
    }
    // What a slot is to show may come in VP8 from anybody; a sender may have but one of ours, as
    // programs that code in hardware do.
    let is_slot = matches!(line.purpose, Purpose::Down(_));
    let is_enough = |found: &LineCodec| !is_slot || !is_video || found.codec == Codec::Vp8;
    if !codecs.iter().any(is_enough) {
        return Err(refuse(LineProblem::CodecMissing));
    }
    let place = |number: u8| {
        let mut formats = line.media.formats.iter();
        formats.position(|format| payload_type(format) == Some(number))
    };
    codecs.sort_by_key(|found| place(found.types.main));
    Ok(codecs)
}

fn read_codec(line: &Claimed<'_, '_>, codec: Codec) -> Result<Option<LineCodec>, LineProblem> {
    let (encoding, is_ours): (_, fn(&Media<'_>, &str) -> bool) = match codec {
        Codec::Opus => ("opus/48000/2", |_, _| true),
        Codec::Vp8 => ("VP8/90000", |_, _| true),
        Codec::H264 => ("H264/90000", |media, format| {
            h264_profile(media, format).is_some()
        }),
        Codec::Vp9 => ("VP9/90000", is_vp9_for_all),
        Codec::Av1 => ("AV1/90000", |media, format| {
            av1_level(media, format).is_some()
        }),
    };
    let formats = formats_of(line.media, encoding).filter(|format| is_ours(line.media, format));
    // Constrained baseline before baseline: that is what encoders make of either.
    let Some(main) = formats.min_by_key(|format| match h264_profile(line.media, format) {
        Some([_, constraints, _]) => constraints & CONSTRAINED == 0,
        None => false,
    }) else {
        return Ok(None);
    };
    let rtx = formats_of(line.media, "rtx/90000")
        .find(|rtx| parameters(line.media, rtx).any(|p| p.strip_prefix("apt=") == Some(main)));
    let number = |format: &str| payload_type(format).ok_or(LineProblem::BadPayloadType);
    let rtx = rtx.filter(|_| codec.is_video());
    Ok(Some(LineCodec {
        codec,
        types: CodecTypes {
            main: number(main)?,
            rtx: rtx.map(number).transpose()?,
        },
        feedback: read_feedback(line.media, main),
        profile: h264_profile(line.media, main).unwrap_or_default(),
        level: av1_level(line.media, main).unwrap_or_default(),
    }))
}

/// Baseline's number, and the constraint that makes it what every decoder knows (ITU-T H.264
/// §A.2.1).
const BASELINE: u8 = 0x42;
const CONSTRAINED: u8 = 0x40;
/// Level 3.1, in tenths: 720p at 30 frames a second.
const LEVEL_OF_720P: u8 = 31;

/// The profile of an H.264 format that we take: baseline that a 720p camera fits, in packetization
/// mode 1 (RFC 6184 §6.3).
fn h264_profile(media: &Media<'_>, format: &str) -> Option<[u8; 3]> {
    let find = |name: &str| {
        parameters(media, format).find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            (key == name).then_some(value)
        })
    };
    let value = find("profile-level-id").filter(|id| id.len() == 6)?;
    let [_, profile, constraints, level] = u32::from_str_radix(value, 16).ok()?.to_be_bytes();
    let is_ours = profile == BASELINE && level >= LEVEL_OF_720P;
    (is_ours && find("packetization-mode") == Some("1")).then_some([profile, constraints, level])
}

/// The profile of VP9 that every decoder knows; the default where none is named (RFC 9628 §6.1).
fn is_vp9_for_all(media: &Media<'_>, format: &str) -> bool {
    let mut profiles = parameters(media, format).filter_map(|p| p.strip_prefix("profile-id="));
    profiles.all(|profile| profile == "0")
}

/// The level of an AV1 format in the profile and the tier that every decoder knows, main and main; what
/// is not named is its default (AV1 RTP §7.1).
fn av1_level(media: &Media<'_>, format: &str) -> Option<u8> {
    let find = |name: &str, default: u8| {
        let mut found = parameters(media, format).filter_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            (key == name).then_some(value)
        });
        found
            .next()
            .map_or(Some(default), |value| value.parse().ok())
    };
    let is_ours = find("profile", 0) == Some(0) && find("tier", 0) == Some(0);
    find("level-idx", AV1_LEVEL).filter(|level| is_ours && *level <= MAX_AV1_LEVEL)
}

/// Level 3.1, the default, and the highest that its five bits can name.
const AV1_LEVEL: u8 = 5;
const MAX_AV1_LEVEL: u8 = 31;

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

/// One number per codec in the whole bundle (RFC 9143 §10.1.2), and no number twice. A codec that
/// can be done without is, rather than that the offer is refused for it.
pub(super) fn agree_on_payload_types(codecs: &[Vec<LineCodec>]) -> Result<PayloadTypes, SdpError> {
    let of = |codec| {
        let lines = codecs.iter().flatten();
        lines
            .filter(move |found| found.codec == codec)
            .map(|found| found.types)
    };
    let mut agreed = PayloadTypes::default();
    let mut given = BTreeSet::new();
    for codec in Codec::ALL {
        let is_needed = matches!(codec, Codec::Opus | Codec::Vp8);
        let Some(types) = of(codec).next() else {
            continue;
        };
        let like_vp8 = agreed.of(Codec::Vp8);
        let is_odd = like_vp8.is_some_and(|vp8| vp8.rtx.is_some() != types.rtx.is_some());
        let mut numbers = [Some(types.main), types.rtx].into_iter().flatten();
        let is_good = of(codec).all(|other| other == types)
            && !is_odd
            && numbers.clone().all(|number| !given.contains(&number))
            && types.rtx != Some(types.main);
        match (is_good, is_needed) {
            (true, _) => {
                given.extend(&mut numbers);
                agreed = agreed.with(codec, types);
            }
            (false, true) => return Err(SdpError::PayloadTypeConflict),
            (false, false) => {}
        }
    }
    Ok(agreed)
}

/// A line whose only codec had to be done without has none.
pub(super) fn check_each_has_one(
    claimed: &[Claimed<'_, '_>],
    codecs: &[Vec<LineCodec>],
    agreed: &PayloadTypes,
) -> Result<(), SdpError> {
    for (line, codecs) in claimed.iter().zip(codecs) {
        let is_agreed = |found: &LineCodec| agreed.of(found.codec) == Some(found.types);
        if !codecs.iter().any(is_agreed) {
            let (purpose, problem) = (line.purpose, LineProblem::CodecMissing);
            return Err(SdpError::Line { purpose, problem });
        }
    }
    Ok(())
}

/// The payload type of Opus with earlier packets, the same in every audio slot (RFC 2198 §5: with
/// the types of its blocks, all of them Opus). What is not the same everywhere, or means something
/// else, is done without.
pub(super) fn agree_on_red(claimed: &[Claimed<'_, '_>], agreed: &PayloadTypes) -> Option<u8> {
    let opus = agreed.of(Codec::Opus)?.main.to_string();
    let red_of = |line: &Claimed<'_, '_>| {
        let is_of_opus = |red: &&str| {
            let mut types = parameters(line.media, red).flat_map(|p| p.split('/'));
            types.next() == Some(&opus) && types.all(|of_block| of_block == opus)
        };
        let red = formats_of(line.media, "red/48000/2").find(is_of_opus)?;
        payload_type(red).filter(|red| agreed.find(*red).is_none())
    };
    let is_slot = |line: &&Claimed<'_, '_>| matches!(line.purpose, Purpose::Down(_));
    let slots = claimed.iter().filter(is_slot);
    let mut slots = slots.filter(|line| line.purpose.kind() == Kind::Audio);
    let red = red_of(slots.next()?)?;
    slots.all(|line| red_of(line) == Some(red)).then_some(red)
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
        agree(&mut all.dependency, ids.dependency).ok_or(SdpError::ExtensionConflict)?;
    }
    let given = [
        all.mid,
        all.audio_level,
        all.transport_cc,
        all.rid,
        all.repaired_rid,
        all.dependency,
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
            Some(DEPENDENCY_URI) => ids.dependency = id,
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
