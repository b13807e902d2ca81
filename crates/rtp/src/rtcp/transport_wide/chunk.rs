//! Packet status chunks: two bytes that tell for a run or a handful of packets whether they arrived.
//!
//! Invariant: a chunk stands for at most 8,191 packets; every chunk written stands for at least one.

use crate::cursor::{Reader, Writer};

pub(super) const LEN: usize = 2;

/// A run-length chunk counts in 13 bits.
const MAX_RUN: u16 = 0x1fff;
/// A vector chunk holds seven two-bit symbols.
const VECTOR_LEN: u16 = 7;
const VECTOR_BIT: u16 = 0x8000;
const TWO_BIT_SYMBOLS_BIT: u16 = 0x4000;
const ONE_BIT_VECTOR_LEN: u16 = 14;

/// What is known of one packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Symbol {
    Missing = 0,
    /// Arrived 0–255 ticks after the packet before it.
    SmallDelta = 1,
    /// Arrived at any other distance that fits into 16 bits, perhaps before it.
    LargeDelta = 2,
}

impl Symbol {
    /// `None` if the distance does not fit into 16 bits.
    pub fn of(arrival: Option<u64>, previous: u64) -> Option<Self> {
        let Some(tick) = arrival else {
            return Some(Self::Missing);
        };
        match tick as i64 - previous as i64 {
            0..=255 => Some(Self::SmallDelta),
            delta => i16::try_from(delta).ok().map(|_| Self::LargeDelta),
        }
    }

    pub fn delta_len(self) -> usize {
        self as usize
    }

    pub fn read_delta(self, deltas: &mut Reader<'_>) -> Option<i64> {
        match self {
            Self::Missing => None,
            Self::SmallDelta => deltas.u8().map(i64::from),
            Self::LargeDelta => deltas.u16().map(|delta| i64::from(delta as i16)),
        }
    }

    fn from_bits(bits: u16) -> Self {
        match bits & 3 {
            1 => Self::SmallDelta,
            2 => Self::LargeDelta,
            // 3 is reserved: no delta belongs to it.
            _ => Self::Missing,
        }
    }
}

/// Packs symbols greedily: a run while they are equal, else a vector of seven.
#[derive(Default)]
pub(super) struct ChunkWriter {
    /// The latest symbols, two bits each, newest lowest.
    vector: u16,
    len: u16,
    /// All symbols of the open chunk equal this one.
    run_of: Option<Symbol>,
}

impl ChunkWriter {
    pub fn push(&mut self, writer: &mut Writer<'_>, symbol: Symbol) {
        let continues_run = self.len == 0 || self.run_of == Some(symbol);
        if !continues_run && self.len >= VECTOR_LEN || self.len == MAX_RUN {
            self.flush(writer);
        }
        self.run_of = (self.len == 0 || self.run_of == Some(symbol)).then_some(symbol);
        self.vector = self.vector << 2 | symbol as u16;
        self.len += 1;
        if self.len == VECTOR_LEN && self.run_of.is_none() {
            self.flush(writer);
        }
    }

    pub fn flush(&mut self, writer: &mut Writer<'_>) {
        match (self.len, self.run_of) {
            (0, _) => return,
            (len, Some(symbol)) => writer.u16((symbol as u16) << 13 | len),
            (len, None) => {
                let aligned = self.vector << (2 * (VECTOR_LEN - len));
                writer.u16(VECTOR_BIT | TWO_BIT_SYMBOLS_BIT | aligned & 0x3fff);
            }
        }
        *self = Self::default();
    }
}

/// How many packets a chunk stands for; an empty run stands for none.
pub(super) fn symbol_count(chunk: u16) -> usize {
    let count = match (chunk & VECTOR_BIT, chunk & TWO_BIT_SYMBOLS_BIT) {
        (0, _) => chunk & MAX_RUN,
        (_, 0) => ONE_BIT_VECTOR_LEN,
        _ => VECTOR_LEN,
    };
    count.into()
}

/// Bytes of deltas that belong to the first `count` packets of a chunk.
pub(super) fn deltas_len(chunk: u16, count: usize) -> usize {
    if chunk & VECTOR_BIT == 0 {
        let symbol = Symbol::from_bits(chunk >> 13);
        return symbol.delta_len() * symbol_count(chunk).min(count);
    }
    symbols(chunk).take(count).map(Symbol::delta_len).sum()
}

/// The symbols of a chunk, first packet first.
pub(super) fn symbols(chunk: u16) -> impl Iterator<Item = Symbol> {
    let count = symbol_count(chunk) as u16;
    (0..count).map(
        move |at| match (chunk & VECTOR_BIT, chunk & TWO_BIT_SYMBOLS_BIT) {
            (0, _) => Symbol::from_bits(chunk >> 13),
            (_, 0) => Symbol::from_bits(chunk >> (ONE_BIT_VECTOR_LEN - 1 - at) & 1),
            _ => Symbol::from_bits(chunk >> (2 * (VECTOR_LEN - 1 - at))),
        },
    )
}
