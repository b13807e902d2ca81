//! Sequence numbers, timestamps and picture ids of a slot, continuous over changes of source.
//!
//! Between two changes all of them differ from the source's by constants, so one [`Epoch`] is all
//! there is to remember, also for answering NACKs.
//!
//! Invariant: a source index maps to one slot index for ever, and indices of a later epoch are
//! greater than all of an earlier one.

use crate::bounds::MAX_EPOCHS;
use crate::packet_cache::MediaPacket;
use crate::router::SourceKey;
use homeroom_rtp::sequence;
use std::collections::VecDeque;
use std::time::Instant;

/// A step of a source's index beyond this is a new start, not loss: passed on, a receiver that lost
/// the packet would count its rollovers wrongly for as long as the slot lives (RFC 3711 §3.3.1).
const MAX_STEP: u64 = 3_000;
/// How late a packet may come and still be sent: about the receivers' replay window.
const WINDOW: u64 = 1_024;
/// VP8 picture ids count to here and wrap (RFC 7741 §4.2).
const PICTURE_ID_MASK: u16 = 0x7fff;

/// One source's stay in the slot.
#[derive(Debug, Clone, Copy)]
struct Epoch {
    source: SourceKey,
    first_in: u64,
    first_out: u64,
    timestamp_delta: u32,
    picture_id_delta: u16,
    tl0_delta: u8,
}

/// A packet's numbers in the slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mapped {
    /// Packet index; its low 16 bits are the sequence number.
    pub index: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// VP8 picture id.
    pub picture_id: u16,
    /// VP8 base-layer index.
    pub tl0_pic_idx: u8,
}

/// The state of one slot.
pub struct Rewriter {
    clock_rate: u32,
    epochs: VecDeque<Epoch>,
    next_index: u64,
    last_timestamp: u32,
    last_sent: Option<Instant>,
    last_picture_id: u16,
    last_tl0: u8,
    /// Which of the last [`WINDOW`] indices were sent, by index modulo that.
    sent: [u64; (WINDOW / 64) as usize],
}

impl Rewriter {
    /// The slot's first packet gets `first_index` and about `first_timestamp`.
    pub fn new(first_index: u64, first_timestamp: u32, clock_rate: u32) -> Self {
        Self {
            clock_rate,
            epochs: VecDeque::with_capacity(MAX_EPOCHS),
            next_index: first_index,
            last_timestamp: first_timestamp,
            last_sent: None,
            last_picture_id: 0,
            last_tl0: 0,
            sent: [0; (WINDOW / 64) as usize],
        }
    }

    /// Starts an epoch with `packet` as the first of `source`.
    pub fn begin(&mut self, now: Instant, source: SourceKey, packet: &MediaPacket<'_>) {
        if self.epochs.len() == MAX_EPOCHS {
            self.epochs.pop_front();
        }
        // The slot's clock went on while nobody was in it; a new frame is at least one tick on.
        let timestamp = self.timestamp_at(now).unwrap_or(self.last_timestamp);
        let timestamp = if self.last_sent.is_some() {
            timestamp.wrapping_add(1)
        } else {
            timestamp
        };
        let (picture_id, tl0) = picture(packet);
        self.epochs.push_back(Epoch {
            source,
            first_in: packet.index,
            first_out: self.next_index,
            timestamp_delta: timestamp.wrapping_sub(packet.timestamp),
            picture_id_delta: self
                .last_picture_id
                .wrapping_add(1)
                .wrapping_sub(picture_id),
            tl0_delta: self.last_tl0.wrapping_add(1).wrapping_sub(tl0),
        });
    }

    /// A packet's numbers in the current epoch; `None` if it is from before it.
    pub fn map(&mut self, now: Instant, packet: &MediaPacket<'_>) -> Option<Mapped> {
        let epoch = *self.epochs.back()?;
        let mapped = apply(&epoch, packet)?;
        let mapped = if mapped.index > self.next_index + MAX_STEP {
            self.begin(now, epoch.source, packet);
            apply(self.epochs.back()?, packet)?
        } else {
            mapped
        };
        if !self.mark_sent(mapped.index) {
            return None;
        }
        if mapped.index >= self.next_index {
            self.next_index = mapped.index + 1;
            self.last_timestamp = mapped.timestamp;
            self.last_sent = Some(now);
            // Padding has no picture.
            if packet.vp8.is_some() {
                self.last_picture_id = mapped.picture_id;
                self.last_tl0 = mapped.tl0_pic_idx;
            }
        }
        Some(mapped)
    }

    /// Notes an index as sent, once: whatever a source or another worker repeats, the slot's key
    /// never meets an index twice (RFC 7714 §8.1).
    fn mark_sent(&mut self, index: u64) -> bool {
        if index + WINDOW <= self.next_index.saturating_sub(1) {
            return false;
        }
        for skipped in self.next_index.max(index.saturating_sub(WINDOW))..=index {
            self.sent[word(skipped)] &= !bit(skipped);
        }
        let is_new = self.sent[word(index)] & bit(index) == 0;
        self.sent[word(index)] |= bit(index);
        is_new
    }

    /// The highest index so far, once something was sent.
    pub fn last_index(&self) -> Option<u64> {
        self.last_sent?;
        self.next_index.checked_sub(1)
    }

    /// Which packet of which source had this sequence number.
    pub fn locate(&self, sequence_number: u16) -> Option<(SourceKey, u64)> {
        let (epoch, index) = self.epoch_of(sequence_number)?;
        Some((epoch.source, epoch.first_in + (index - epoch.first_out)))
    }

    /// The numbers `packet` had when it was sent as `sequence_number`.
    pub fn map_again(&self, sequence_number: u16, packet: &MediaPacket<'_>) -> Option<Mapped> {
        let (epoch, index) = self.epoch_of(sequence_number)?;
        apply(epoch, packet).filter(|mapped| mapped.index == index)
    }

    /// The slot's timestamp at `now`, once something was sent.
    pub fn timestamp_at(&self, now: Instant) -> Option<u32> {
        let elapsed = now.saturating_duration_since(self.last_sent?);
        let ticks = elapsed.as_micros() as u64 * u64::from(self.clock_rate) / 1_000_000;
        Some(self.last_timestamp.wrapping_add(ticks as u32))
    }

    fn epoch_of(&self, sequence_number: u16) -> Option<(&Epoch, u64)> {
        let last = self.next_index.checked_sub(1)?;
        let index = sequence::unwrap(last, sequence_number);
        if index > last {
            return None;
        }
        let epoch = self
            .epochs
            .iter()
            .rev()
            .find(|epoch| epoch.first_out <= index)?;
        Some((epoch, index))
    }
}

const fn word(index: u64) -> usize {
    (index % WINDOW / 64) as usize
}

const fn bit(index: u64) -> u64 {
    1 << (index % 64)
}

fn apply(epoch: &Epoch, packet: &MediaPacket<'_>) -> Option<Mapped> {
    let offset = packet.index.checked_sub(epoch.first_in)?;
    let (picture_id, tl0) = picture(packet);
    Some(Mapped {
        index: epoch.first_out + offset,
        timestamp: packet.timestamp.wrapping_add(epoch.timestamp_delta),
        picture_id: picture_id.wrapping_add(epoch.picture_id_delta) & PICTURE_ID_MASK,
        tl0_pic_idx: tl0.wrapping_add(epoch.tl0_delta),
    })
}

fn picture(packet: &MediaPacket<'_>) -> (u16, u8) {
    let Some(vp8) = &packet.vp8 else {
        return (0, 0);
    };
    let picture_id = vp8.picture_id.map_or(0, |id| id.value);
    (picture_id, vp8.tl0_pic_idx.map_or(0, |tl0| tl0.value))
}

#[cfg(test)]
mod tests;
