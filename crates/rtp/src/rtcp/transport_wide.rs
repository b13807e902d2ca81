//! Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): when each
//! packet of a transport arrived, so that its sender can estimate the path.
//!
//! Invariant: times are whole ticks of 250 µs counted from zero, so rounding never accumulates; a
//! packet that does not fit (buffer, or a gap of more than 8 s) starts the next feedback instead.

use super::{PADDING_BIT, feedback_type, finish, packet_type, start};
use crate::cursor::{Reader, Writer};

mod chunk;
use chunk::{ChunkWriter, Symbol};

const TICK_US: u64 = 250;
/// The reference time counts in 64 ms, which is 256 ticks.
const TICKS_PER_REFERENCE: u64 = 256;
const PREFIX_LEN: usize = 20;

/// What fitted into one feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WrittenFeedback {
    /// Length of the packet in bytes.
    pub len: usize,
    /// How many items of the iterator it covers; the rest go into the next one.
    pub packets: usize,
}

/// Writes the arrival times of consecutive transport-wide sequence numbers.
///
/// `packets` yields each sequence number of a gap-free range once, in order, with its arrival time
/// in microseconds of any clock that starts at zero, or `None` if it has not arrived.
///
/// # Panics
/// If `packets` is empty or `buf` cannot hold even one packet (28 bytes).
pub fn write_transport_feedback<I>(
    buf: &mut [u8],
    sender_ssrc: u32,
    media_ssrc: u32,
    feedback_count: u8,
    packets: I,
) -> WrittenFeedback
where
    I: Iterator<Item = (u16, Option<u64>)> + Clone,
{
    let (base_sequence, _) = packets
        .clone()
        .next()
        .expect("feedback covers at least one packet");
    let arrivals = packets.map(|(_, arrival_us)| arrival_us.map(|us| us / TICK_US));
    let reference = arrivals.clone().flatten().next().unwrap_or(0) / TICKS_PER_REFERENCE;
    let room = buf.len() & !3;

    let mut writer = start(
        buf,
        packet_type::TRANSPORT_FEEDBACK,
        feedback_type::TRANSPORT_WIDE,
    );
    writer.u32(sender_ssrc);
    writer.u32(media_ssrc);
    writer.u16(base_sequence);
    let count_at = writer.len();
    writer.u16(0);
    writer.u24(reference as u32 & 0xff_ffff);
    writer.u8(feedback_count);

    let first_tick = reference * TICKS_PER_REFERENCE;
    let covered = write_chunks(&mut writer, arrivals.clone(), first_tick, room);
    write_deltas(&mut writer, arrivals.take(covered), first_tick);
    writer.patch_u16(count_at, covered as u16);
    let len = finish_padded(writer);
    WrittenFeedback {
        len,
        packets: covered,
    }
}

/// Writes the status chunks of as many packets as fit together with their deltas.
fn write_chunks(
    writer: &mut Writer<'_>,
    arrivals: impl Iterator<Item = Option<u64>>,
    first_tick: u64,
    room: usize,
) -> usize {
    let mut chunks = ChunkWriter::default();
    let mut deltas_len = 0;
    let mut covered = 0;
    let mut previous = first_tick;
    for arrival in arrivals.take(usize::from(u16::MAX)) {
        let Some(symbol) = Symbol::of(arrival, previous) else {
            break;
        };
        // At most one chunk is closed by this symbol and one is left open for it.
        let len_with_this = writer.len() + 2 * chunk::LEN + deltas_len + symbol.delta_len();
        if len_with_this > room {
            break;
        }
        chunks.push(writer, symbol);
        deltas_len += symbol.delta_len();
        previous = arrival.unwrap_or(previous);
        covered += 1;
    }
    assert!(covered > 0, "the caller's buffer holds at least one packet");
    chunks.flush(writer);
    covered
}

fn write_deltas(
    writer: &mut Writer<'_>,
    arrivals: impl Iterator<Item = Option<u64>>,
    first_tick: u64,
) {
    let mut previous = first_tick;
    for tick in arrivals.flatten() {
        let delta = tick as i64 - previous as i64;
        match u8::try_from(delta) {
            Ok(small) => writer.u8(small),
            Err(_) => writer.u16(delta as i16 as u16),
        }
        previous = tick;
    }
}

/// Pads with RTCP padding, because a delta may be a zero byte too.
fn finish_padded(mut writer: Writer<'_>) -> usize {
    let padding = writer.len().next_multiple_of(4) - writer.len();
    if padding > 0 {
        writer.bytes(&[0, 0][..padding - 1]);
        writer.u8(padding as u8);
        writer.set_bits(0, PADDING_BIT);
    }
    finish(writer)
}

/// A received feedback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TransportFeedback<'a> {
    /// Who reports.
    pub sender_ssrc: u32,
    /// Any stream of the transport; carries no meaning.
    pub media_ssrc: u32,
    /// The first sequence number covered.
    pub base_sequence: u16,
    /// How many sequence numbers are covered.
    pub packet_count: u16,
    /// The time that the first delta is added to, in 64 ms, 24 bits, wrapping.
    pub reference_time: u32,
    /// Counts feedbacks, so that the receiver notices a lost one.
    pub feedback_count: u8,
    chunks: &'a [u8],
    deltas: &'a [u8],
}

impl<'a> TransportFeedback<'a> {
    pub(super) fn read(mut reader: Reader<'a>) -> Option<Self> {
        let mut feedback = Self {
            sender_ssrc: reader.u32()?,
            media_ssrc: reader.u32()?,
            base_sequence: reader.u16()?,
            packet_count: reader.u16()?,
            reference_time: reader.u24()?,
            feedback_count: reader.u8()?,
            chunks: &[],
            deltas: &[],
        };
        let body = reader.0;
        // Chunk by chunk: two bytes may stand for thousands of packets.
        let mut uncovered = usize::from(feedback.packet_count);
        let mut needed = 0;
        while uncovered > 0 {
            let chunk = reader.u16()?;
            needed += chunk::deltas_len(chunk, uncovered);
            uncovered = uncovered.saturating_sub(chunk::symbol_count(chunk));
        }
        feedback.deltas = reader.0;
        feedback.chunks = &body[..body.len() - reader.0.len()];
        (needed <= feedback.deltas.len()).then_some(feedback)
    }

    /// Each sequence number covered, with its arrival in microseconds of the reporter's clock.
    pub fn packets(&self) -> impl Iterator<Item = (u16, Option<i64>)> + use<'a> {
        let mut deltas = Reader(self.deltas);
        let mut tick = i64::from(self.reference_time) * TICKS_PER_REFERENCE as i64;
        let base_sequence = self.base_sequence;
        (0..=u16::MAX)
            .zip(self.symbols())
            .map(move |(offset, symbol)| {
                let arrival_us = symbol.read_delta(&mut deltas).map(|delta| {
                    tick += delta;
                    tick * TICK_US as i64
                });
                (base_sequence.wrapping_add(offset), arrival_us)
            })
    }

    fn symbols(&self) -> impl Iterator<Item = Symbol> + use<'a> {
        self.chunks
            .chunks_exact(chunk::LEN)
            .filter_map(|bytes| Reader(bytes).u16())
            .flat_map(chunk::symbols)
            .take(self.packet_count.into())
    }
}

const _: () = assert!(
    PREFIX_LEN + 2 * chunk::LEN + 2 <= 28,
    "the documented smallest buffer is enough"
);
