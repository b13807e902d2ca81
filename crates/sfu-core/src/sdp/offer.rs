//! From the text's sections to an [`Offer`]: each m-line by itself, then what they must share.
//!
//! Invariant: only lines that the layout uses are looked into; the others are repeated as refused
//! and can neither break nor influence the session.

use super::codec::{self, LineCodec};
use super::lines::{Attributes, Document, Media, is_token};
use super::{
    DownLine, ExtensionIds, Kind, LineProblem, MAX_AUDIO_SLOTS, MAX_MID_BYTES, MAX_VIDEO_SLOTS,
    Offer, PayloadTypes, Purpose, SdpError, SyntaxProblem, UpLine, simulcast, transport,
};
use crate::{Codec, Layout, SlotKind, Source};
use std::collections::BTreeSet;

/// One m-line, as much of it as the answer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub kind: String,
    pub protocol: String,
    /// The first format: an answer that refuses a line must still name one.
    pub format: String,
    pub mid: Option<String>,
    /// `None`: not in the layout, refused.
    pub used: Option<UsedLine>,
}

/// What a used m-line offers of the things we would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsedLine {
    pub purpose: Purpose,
    /// Our codecs that it offers, as it prefers them.
    pub codecs: Vec<LineCodec>,
    pub extensions: ExtensionIds,
    /// RTCP without a leading report (RFC 5506).
    pub reduced_size: bool,
    /// Opus: the client asks for discontinuous transmission.
    pub dtx: bool,
    /// Its layers.
    pub rids: Vec<String>,
    /// Its packets are to say what they are of: it is one stream of a camera in a codec that can put
    /// all layers into it, or it is of a codec that says it nowhere else.
    pub is_described: bool,
}

/// A used line together with the section it was read from.
pub(super) struct Claimed<'d, 'a> {
    pub purpose: Purpose,
    pub mid: &'d str,
    pub media: &'d Media<'a>,
}

/// Reads a whole description.
pub(super) fn understand(document: &Document<'_>, layout: &Layout) -> Result<Offer, SdpError> {
    let mids = read_mids(document)?;
    let claimed = claim(document, &mids, layout)?;
    if claimed.is_empty() {
        return Err(SdpError::NothingUsed);
    }
    let codecs = claimed
        .iter()
        .map(codec::read_codecs)
        .collect::<Result<Vec<_>, _>>()?;
    let payload_types = codec::agree_on_payload_types(&codecs)?;
    codec::check_each_has_one(&claimed, &codecs, &payload_types)?;
    let extensions = codec::agree_on_extensions(&claimed)?;
    let owner = transport::tagged(document, &claimed)?;
    transport::check_setup(document, &claimed)?;
    let (up, down) = read_streams(&claimed, &codecs)?;
    Ok(Offer {
        has_many_transports: transport::has_many(&claimed, owner),
        mixes_extensions: document.session.has("extmap-allow-mixed"),
        ice: transport::read_ice(document, &owner.media.attributes)?,
        fingerprint: transport::read_fingerprint(document, &claimed)?,
        payload_types,
        received: received(&claimed, &codecs, payload_types),
        red: codec::agree_on_red(&claimed, &payload_types),
        extensions,
        up,
        down,
        lines: read_lines(document, &mids, &claimed, &codecs),
    })
}

/// The codecs that all slots take, so that whoever fills one need not ask which it is.
fn received(
    claimed: &[Claimed<'_, '_>],
    codecs: &[Vec<LineCodec>],
    payload_types: PayloadTypes,
) -> PayloadTypes {
    let takes = |codec: Codec| {
        let mut slots = claimed.iter().zip(codecs).filter(|(line, _)| {
            let is_slot = matches!(line.purpose, Purpose::Down(_));
            is_slot && (line.purpose.kind() == Kind::Video) == codec.is_video()
        });
        // Without descriptors browsers show nothing of several layers: see `picture`.
        let is_shown = |line: &Claimed<'_, '_>| {
            codec != Codec::Av1 || codec::read_extensions(line.media).dependency.is_some()
        };
        slots
            .all(|(line, codecs)| codecs.iter().any(|found| found.codec == codec) && is_shown(line))
    };
    let all = Codec::ALL.into_iter().filter(|codec| takes(*codec));
    all.filter_map(|codec| Some((codec, payload_types.of(codec)?)))
        .fold(PayloadTypes::default(), |taken, (codec, types)| {
            taken.with(codec, types)
        })
}

/// The mid of each m-line, in order.
fn read_mids<'a>(document: &Document<'a>) -> Result<Vec<Option<&'a str>>, SdpError> {
    let mut seen = BTreeSet::new();
    let mut mids = Vec::with_capacity(document.media.len());
    for media in &document.media {
        let mid = media.attributes.value("mid");
        if mid.is_some_and(|mid| !is_token(mid) || mid.len() > MAX_MID_BYTES) {
            return Err(SdpError::Syntax {
                line: media.line,
                problem: SyntaxProblem::BadMid,
            });
        }
        if mid.is_some_and(|mid| !seen.insert(mid)) {
            return Err(SdpError::DuplicateMid);
        }
        mids.push(mid);
    }
    Ok(mids)
}

/// Every purpose of a layout with the mid it names.
fn purposes(layout: &Layout) -> impl Iterator<Item = (Purpose, &str)> {
    let single = [
        (Purpose::Up(Source::Microphone), &layout.microphone),
        (Purpose::LowMicrophone, &layout.microphone_low),
        (Purpose::Up(Source::Camera), &layout.camera),
        (Purpose::Up(Source::Screen), &layout.screen),
        (Purpose::Up(Source::ScreenAudio), &layout.screen_audio),
        (Purpose::Down(SlotKind::Screen), &layout.screen_slot),
        (
            Purpose::Down(SlotKind::ScreenAudio),
            &layout.screen_audio_slot,
        ),
    ];
    let single = single
        .into_iter()
        .filter_map(|(purpose, mid)| Some((purpose, mid.as_deref()?)));
    let audio = (0..)
        .zip(&layout.audio_slots)
        .map(|(i, mid)| (SlotKind::Audio(i), mid));
    let video = (0..)
        .zip(&layout.video_slots)
        .map(|(i, mid)| (SlotKind::Video(i), mid));
    let slots = audio
        .chain(video)
        .map(|(slot, mid)| (Purpose::Down(slot), mid.as_str()));
    single.chain(slots)
}

/// Finds the line of each purpose and checks what it must be; the result is in m-line order.
fn claim<'d, 'a>(
    document: &'d Document<'a>,
    mids: &[Option<&'d str>],
    layout: &Layout,
) -> Result<Vec<Claimed<'d, 'a>>, SdpError> {
    if layout.audio_slots.len() > MAX_AUDIO_SLOTS || layout.video_slots.len() > MAX_VIDEO_SLOTS {
        return Err(SdpError::TooManySlots);
    }
    let mut by_index: Vec<Option<Purpose>> = vec![None; mids.len()];
    for (purpose, mid) in purposes(layout) {
        let refuse = |problem| SdpError::Line { purpose, problem };
        let index = mids.iter().position(|m| *m == Some(mid));
        let index = index.ok_or(refuse(LineProblem::UnknownMid))?;
        if by_index[index].replace(purpose).is_some() {
            return Err(refuse(LineProblem::UsedTwice));
        }
        check_line(&document.session, &document.media[index], purpose).map_err(refuse)?;
    }
    let lines = by_index.into_iter().zip(mids).zip(&document.media);
    Ok(lines
        .filter_map(|((purpose, mid), media)| {
            Some(Claimed {
                purpose: purpose?,
                mid: (*mid)?,
                media,
            })
        })
        .collect())
}

fn check_line(
    session: &Attributes<'_>,
    media: &Media<'_>,
    purpose: Purpose,
) -> Result<(), LineProblem> {
    if media.kind != purpose.kind().as_str() {
        return Err(LineProblem::WrongKind);
    }
    if media.protocol != "UDP/TLS/RTP/SAVPF" {
        return Err(LineProblem::WrongProtocol);
    }
    // RFC 9143 §6: a bundle-only line has port 0 and is not disabled.
    if media.port == 0 && !media.attributes.has("bundle-only") {
        return Err(LineProblem::Disabled);
    }
    let direction = direction(&media.attributes).or_else(|| direction(session));
    match (direction.unwrap_or("sendrecv"), purpose) {
        ("sendrecv", _)
        | ("sendonly", Purpose::Up(_) | Purpose::LowMicrophone)
        | ("recvonly", Purpose::Down(_)) => {}
        _ => return Err(LineProblem::WrongDirection),
    }
    if !media.attributes.has("rtcp-mux") {
        return Err(LineProblem::NoRtcpMux);
    }
    Ok(())
}

fn direction(attributes: &Attributes<'_>) -> Option<&'static str> {
    ["sendrecv", "sendonly", "recvonly", "inactive"]
        .into_iter()
        .find(|name| attributes.has(name))
}

/// Merges what one more line says; `None` when it contradicts.
pub(super) fn agree<T: PartialEq>(all: &mut Option<T>, one: Option<T>) -> Option<()> {
    match (&*all, one) {
        (_, None) => {}
        (Some(known), Some(one)) if *known == one => {}
        (Some(_), Some(_)) => return None,
        (None, one) => *all = one,
    }
    Some(())
}

/// What flows on each used line; every announced SSRC belongs to one stream (RFC 3550 §8).
fn read_streams(
    claimed: &[Claimed<'_, '_>],
    codecs: &[Vec<LineCodec>],
) -> Result<(Vec<UpLine>, Vec<DownLine>), SdpError> {
    let (mut up, mut down) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for (line, codecs) in claimed.iter().zip(codecs) {
        let mid = line.mid.to_owned();
        match line.purpose {
            Purpose::Up(_) | Purpose::LowMicrophone => {
                let rids = simulcast::read(line);
                // SSRCs that stand beside layers do not say of which layer they are.
                let (ssrc, rtx_ssrc) = if rids.is_empty() {
                    codec::read_ssrcs(line.media).map_err(|problem| SdpError::Line {
                        purpose: line.purpose,
                        problem,
                    })?
                } else {
                    (None, None)
                };
                if ![ssrc, rtx_ssrc]
                    .into_iter()
                    .flatten()
                    .all(|ssrc| seen.insert(ssrc))
                {
                    return Err(SdpError::DuplicateSsrc);
                }
                let (source, is_low) = match line.purpose {
                    Purpose::Up(source) => (source, false),
                    _ => (Source::Microphone, true),
                };
                up.push(UpLine {
                    source,
                    is_low,
                    mid,
                    ssrc,
                    rtx_ssrc,
                    has_layers: has_layers(line, codecs),
                    rids,
                    nack: codecs.iter().all(|found| found.feedback.nack),
                });
            }
            Purpose::Down(slot) => {
                let is_reported = codecs.iter().all(|found| found.feedback.transport_cc);
                let extensions = codec::read_extensions(line.media);
                let transport_wide = is_reported && extensions.transport_cc.is_some();
                down.push(DownLine {
                    slot,
                    mid,
                    transport_wide,
                });
            }
        }
    }
    Ok((up, down))
}

/// Every m-line as the answer needs it.
fn read_lines(
    document: &Document<'_>,
    mids: &[Option<&str>],
    claimed: &[Claimed<'_, '_>],
    codecs: &[Vec<LineCodec>],
) -> Vec<Line> {
    let mut used = claimed.iter().zip(codecs).peekable();
    let lines = document.media.iter().zip(mids).map(|(media, mid)| {
        let next = used.next_if(|(line, _)| std::ptr::eq(line.media, media));
        Line {
            kind: media.kind.to_owned(),
            protocol: media.protocol.to_owned(),
            format: media
                .formats
                .first()
                .map_or("0", |format| *format)
                .to_owned(),
            mid: mid.map(str::to_owned),
            used: next.map(|(line, codec)| read_used_line(line, codec)),
        }
    });
    lines.collect()
}

/// Whether a line is one stream that has all layers of a camera: what it prefers is what it will
/// send.
fn has_layers(line: &Claimed<'_, '_>, codecs: &[LineCodec]) -> bool {
    let is_layered = match codecs.first().map(|found| found.codec) {
        // Its packets tell nothing of layers but there.
        Some(Codec::Av1) => codec::read_extensions(line.media).dependency.is_some(),
        Some(Codec::Vp9) => true,
        Some(Codec::Opus | Codec::Vp8 | Codec::H264) | None => false,
    };
    let is_camera = line.purpose == Purpose::Up(Source::Camera);
    is_layered && is_camera && simulcast::read(line).is_empty()
}

/// Whether a line's packets are to say what they are of.
fn is_described(line: &Claimed<'_, '_>, codecs: &[LineCodec]) -> bool {
    let has_av1 = match line.purpose {
        Purpose::Up(_) | Purpose::LowMicrophone => {
            codecs.first().is_some_and(|c| c.codec == Codec::Av1)
        }
        Purpose::Down(_) => codecs.iter().any(|c| c.codec == Codec::Av1),
    };
    has_av1 || has_layers(line, codecs)
}

fn read_used_line(line: &Claimed<'_, '_>, codecs: &[LineCodec]) -> UsedLine {
    let opus = codecs.iter().find(|found| found.codec == Codec::Opus);
    let format = opus.map_or_else(String::new, |opus| opus.types.main.to_string());
    UsedLine {
        purpose: line.purpose,
        codecs: codecs.to_vec(),
        extensions: codec::read_extensions(line.media),
        reduced_size: line.media.attributes.has("rtcp-rsize"),
        dtx: codec::parameters(line.media, &format).any(|parameter| parameter == "usedtx=1"),
        rids: simulcast::read(line),
        is_described: is_described(line, codecs),
    }
}
