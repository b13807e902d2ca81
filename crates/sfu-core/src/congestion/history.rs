//! What was sent to a receiver, by transport-wide sequence number
//! (draft-holmer-rmcat-transport-wide-cc-extensions-01 §2): when, how long, as part of which probe.
//!
//! Invariant: numbers are given in order, one per packet; a packet is judged lost at most once and
//! arrived at most once, and only while it is among the last [`SENT_HISTORY`]. Six bytes a packet,
//! taken once.

use crate::bounds::SENT_HISTORY;
use homeroom_rtp::sequence;

/// The first packet's index: a turn up, so that older numbers than the first have a place.
const FIRST: u64 = 1 << 16;
const SIZE_BITS: u16 = 11;
const SIZE_MASK: u16 = (1 << SIZE_BITS) - 1;
const CLUSTER_MASK: u16 = 3 << SIZE_BITS;
const LOST: u16 = 1 << 13;
const ARRIVED: u16 = 1 << 14;
const RESENT: u16 = 1 << 15;

const _: () = {
    assert!(SENT_HISTORY.is_power_of_two() && SENT_HISTORY < 1 << 15);
    assert!(crate::transmit::MAX_DATAGRAM_BYTES <= SIZE_MASK as usize);
};

/// One packet: the low 32 bits of its time in microseconds, in halves so that nothing is padded,
/// then size, cluster and verdict.
#[derive(Clone, Copy, Default)]
struct Slot {
    sent_high: u16,
    sent_low: u16,
    label: u16,
}

/// A packet of which something new is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judged {
    /// Its index; the low 16 bits are its sequence number.
    pub index: u64,
    /// When it was sent.
    pub sent_us: u64,
    /// Its length on the wire.
    pub bytes: u32,
    /// Which probe it was part of, from 1 to 3; 0 for none.
    pub cluster: u8,
    /// It has arrived, and by itself.
    pub arrived: bool,
    /// It was reported lost before, and has come after all.
    pub was_lost: bool,
}

/// The ring.
pub struct History {
    slots: Box<[Slot; SENT_HISTORY]>,
    next: u64,
    /// The first packet after all that were reported on.
    unreported: u64,
}

impl History {
    /// With nothing sent yet.
    pub fn new() -> Self {
        Self {
            slots: Box::new([Slot::default(); SENT_HISTORY]),
            next: FIRST,
            unreported: FIRST,
        }
    }

    /// The number of the packet that is sent next.
    pub const fn next_number(&self) -> u16 {
        self.next as u16
    }

    /// How many were sent so far.
    pub const fn sent(&self) -> u64 {
        self.next - FIRST
    }

    /// How many of them were reported on, up to the latest that was.
    pub const fn reported(&self) -> u64 {
        self.unreported - FIRST
    }

    /// Reads a byte of where the next packet is noted.
    pub fn touch(&self) -> u8 {
        self.slots[place(self.next)].label as u8
    }

    /// Notes the packet that was sent with [`History::next_number`].
    #[inline]
    pub fn push(&mut self, now_us: u64, bytes: usize, cluster: u8) {
        let slot = Slot {
            sent_high: (now_us >> 16) as u16,
            sent_low: now_us as u16,
            label: (bytes as u16 & SIZE_MASK) | u16::from(cluster & 3) << SIZE_BITS,
        };
        self.slots[place(self.next)] = slot;
        self.next += 1;
    }

    /// Notes that the packet with this number was sent again under it. When it comes says nothing of
    /// the path any more: it counts as lost.
    pub fn on_resent(&mut self, number: u16) {
        if let Some(index) = self.index_of(number) {
            self.slots[place(index)].label |= RESENT;
        }
    }

    /// Takes a receiver's word for one packet; `None` if that says nothing new, or is about what was
    /// never sent or is forgotten.
    pub fn judge(&mut self, now_us: u64, number: u16, arrived: bool) -> Option<Judged> {
        let index = self.index_of(number)?;
        self.unreported = self.unreported.max(index + 1);
        let slot = &mut self.slots[place(index)];
        let arrived = arrived && slot.label & RESENT == 0;
        let was_lost = slot.label & LOST != 0;
        let verdict = if arrived { ARRIVED } else { LOST };
        if slot.label & ARRIVED != 0 || slot.label & verdict != 0 {
            return None;
        }
        slot.label |= verdict;
        let slot = *slot;
        Some(Judged {
            index,
            sent_us: sent_us(slot, now_us),
            bytes: u32::from(slot.label & SIZE_MASK),
            cluster: ((slot.label & CLUSTER_MASK) >> SIZE_BITS) as u8,
            arrived,
            was_lost,
        })
    }

    /// The packet of a number, unless it was never sent or is forgotten.
    fn index_of(&self, number: u16) -> Option<u64> {
        let last = self.next.checked_sub(1).filter(|last| *last >= FIRST)?;
        let index = sequence::unwrap(last, number);
        let is_kept = index >= FIRST && index <= last && index + SENT_HISTORY as u64 > last;
        is_kept.then_some(index)
    }

    /// When the oldest packet was sent that no report has reached yet.
    pub fn waiting_since(&self, now_us: u64) -> Option<u64> {
        let oldest = self
            .unreported
            .max(self.next.saturating_sub(SENT_HISTORY as u64));
        (oldest < self.next).then(|| sent_us(self.slots[place(oldest)], now_us))
    }
}

const fn place(index: u64) -> usize {
    (index % SENT_HISTORY as u64) as usize
}

/// The clock's low 32 bits turn every 71 minutes; what is kept is younger, or of no use any more.
const fn sent_us(slot: Slot, now_us: u64) -> u64 {
    let low = (slot.sent_high as u32) << 16 | slot.sent_low as u32;
    now_us.saturating_sub((now_us as u32).wrapping_sub(low) as u64)
}
