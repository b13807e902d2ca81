//! Feedback about one stream: NACK, PLI (RFC 4585 §6), FIR (RFC 5104 §4.3.1) and REMB
//! (draft-alvestrand-rmcat-remb-03).
//!
//! Invariant: iterators are bounded by the bytes of the packet they came from.

use super::{feedback_type, finish, packet_type, start};
use crate::cursor::Reader;

/// One NACK packet of ours asks for at most this many words of 17 packets each.
pub const MAX_NACK_WORDS: usize = 32;

const REMB_IDENTIFIER: &[u8] = b"REMB";

/// Packets to send again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nack<'a> {
    /// Who asks.
    pub sender_ssrc: u32,
    /// The stream with the holes.
    pub media_ssrc: u32,
    words: &'a [u8],
}

impl<'a> Nack<'a> {
    pub(super) fn read(mut reader: Reader<'a>) -> Option<Self> {
        Some(Self {
            sender_ssrc: reader.u32()?,
            media_ssrc: reader.u32()?,
            words: reader.0,
        })
    }

    /// The sequence numbers asked for, in wire order.
    pub fn lost(&self) -> impl Iterator<Item = u16> + use<'a> {
        self.words.chunks_exact(4).flat_map(|word| {
            let mut reader = Reader(word);
            let first = reader.u16().unwrap_or_default();
            let following = reader.u16().unwrap_or_default();
            let set = (1..=16).filter(move |bit| following >> (bit - 1) & 1 == 1);
            core::iter::once(first).chain(set.map(move |bit| first.wrapping_add(bit)))
        })
    }
}

/// Writes a NACK for `lost` and returns its length.
///
/// `lost` is in sequence order (wrapping) and not empty; what does not fit into
/// [`MAX_NACK_WORDS`] is left out, to be asked for in the next one.
///
/// # Panics
/// If `buf` is too short.
pub fn write_nack(
    buf: &mut [u8],
    sender_ssrc: u32,
    media_ssrc: u32,
    lost: impl IntoIterator<Item = u16>,
) -> usize {
    let mut writer = start(buf, packet_type::TRANSPORT_FEEDBACK, feedback_type::NACK);
    writer.u32(sender_ssrc);
    writer.u32(media_ssrc);
    let mut lost = lost.into_iter().peekable();
    for _ in 0..MAX_NACK_WORDS {
        let Some(first) = lost.next() else { break };
        let mut following = 0;
        while let Some(seq) = lost.next_if(|seq| (1..=16).contains(&seq.wrapping_sub(first))) {
            following |= 1 << (seq.wrapping_sub(first) - 1);
        }
        writer.u16(first);
        writer.u16(following);
    }
    finish(writer)
}

/// A request for a key frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pli {
    /// Who asks.
    pub sender_ssrc: u32,
    /// The stream that must be refreshed.
    pub media_ssrc: u32,
}

impl Pli {
    pub(super) fn read(mut reader: Reader<'_>) -> Option<Self> {
        Some(Self {
            sender_ssrc: reader.u32()?,
            media_ssrc: reader.u32()?,
        })
    }
}

/// Writes a key-frame request and returns its length.
///
/// # Panics
/// If `buf` is too short.
pub fn write_pli(buf: &mut [u8], sender_ssrc: u32, media_ssrc: u32) -> usize {
    let mut writer = start(buf, packet_type::PAYLOAD_FEEDBACK, feedback_type::PLI);
    writer.u32(sender_ssrc);
    writer.u32(media_ssrc);
    finish(writer)
}

/// A request for key frames that counts its commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fir<'a> {
    /// Who asks.
    pub sender_ssrc: u32,
    entries: &'a [u8],
}

/// One stream of a [`Fir`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirEntry {
    /// The stream that must be refreshed.
    pub media_ssrc: u32,
    /// Repeated commands carry the same number.
    pub command_sequence: u8,
}

impl<'a> Fir<'a> {
    pub(super) fn read(mut reader: Reader<'a>) -> Option<Self> {
        let sender_ssrc = reader.u32()?;
        // RFC 5104 §4.3.1.2: the media source field is unused, each entry names its own.
        reader.u32()?;
        Some(Self {
            sender_ssrc,
            entries: reader.0,
        })
    }

    /// The streams asked for.
    pub fn entries(&self) -> impl Iterator<Item = FirEntry> + use<'a> {
        self.entries.chunks_exact(8).filter_map(|entry| {
            let mut reader = Reader(entry);
            Some(FirEntry {
                media_ssrc: reader.u32()?,
                command_sequence: reader.u8()?,
            })
        })
    }
}

/// A receiver's estimate of its bandwidth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remb<'a> {
    /// Who estimates.
    pub sender_ssrc: u32,
    /// The estimate.
    pub bitrate_bps: u64,
    ssrcs: &'a [u8],
}

impl<'a> Remb<'a> {
    pub(super) fn read(mut reader: Reader<'a>) -> Option<Self> {
        let sender_ssrc = reader.u32()?;
        reader.u32()?;
        if reader.take(REMB_IDENTIFIER.len())? != REMB_IDENTIFIER {
            return None;
        }
        let count = reader.u8()?;
        let exponent_and_mantissa = reader.u24()?;
        let (exponent, mantissa) = (
            exponent_and_mantissa >> 18,
            exponent_and_mantissa & 0x3_ffff,
        );
        // The exponent has six bits: an estimate past 64 bits only means "no limit".
        let bitrate_bps = u64::from(mantissa).saturating_mul(1 << exponent);
        let ssrcs = reader.take(usize::from(count) * 4)?;
        Some(Self {
            sender_ssrc,
            bitrate_bps,
            ssrcs,
        })
    }

    /// The streams that share the estimate.
    pub fn ssrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.ssrcs
            .chunks_exact(4)
            .filter_map(|ssrc| Reader(ssrc).u32())
    }
}
