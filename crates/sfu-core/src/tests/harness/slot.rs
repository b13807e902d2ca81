//! What one slot of a client received, and whether it was one continuous stream.
//!
//! Invariant: an index carries one label for ever, and a label comes once.

use super::media::{Label, Picture};
use crate::model::{ParticipantId, SlotKind};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A gap may be mere reordering for so long.
const REORDER: Duration = Duration::from_millis(15);
/// Times a client asks for a packet before it gives up.
const MAX_TRIES: u8 = 10;

/// One packet as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub at: Instant,
    pub timestamp: u32,
    pub label: Label,
    pub picture: Option<Picture>,
    /// It came as a retransmission.
    pub resent: bool,
}

/// One receive m-line.
pub struct Slot {
    pub kind: SlotKind,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    /// By packet index.
    pub seen: BTreeMap<u64, Seen>,
    /// Retransmissions of what was there already.
    pub duplicates: usize,
    labels: BTreeSet<Label>,
    missing: BTreeMap<u64, (Instant, u8)>,
}

impl Slot {
    pub fn new(kind: SlotKind, ssrc: u32) -> Self {
        Self {
            kind,
            ssrc,
            rtx_ssrc: ssrc + 1,
            seen: BTreeMap::new(),
            duplicates: 0,
            labels: BTreeSet::new(),
            missing: BTreeMap::new(),
        }
    }

    pub fn highest(&self) -> Option<u64> {
        self.seen.keys().next_back().copied()
    }

    /// Notes a packet and the gap before it.
    pub fn note(&mut self, index: u64, seen: Seen, retry_after: Duration) {
        if let Some(before) = self.seen.get(&index) {
            assert_eq!(before.label, seen.label, "index {index} has one meaning");
            self.duplicates += 1;
            return;
        }
        if !self.labels.insert(seen.label) {
            let before = self.seen.iter().find(|(_, s)| s.label == seen.label);
            panic!("forwarded under two indices: {before:?} and {index}: {seen:?}");
        }
        if let Some(highest) = self.highest() {
            let ask_at = seen.at + REORDER.max(retry_after / 8);
            for gap in highest + 1..index {
                self.missing.insert(gap, (ask_at, 0));
            }
        }
        self.missing.remove(&index);
        self.seen.insert(index, seen);
    }

    /// The sequence numbers to ask for now, and whether one was given up.
    pub fn poll_missing(&mut self, now: Instant, retry: Duration) -> (Vec<u16>, bool) {
        let mut ask = Vec::new();
        let before = self.missing.len();
        self.missing.retain(|index, (at, tries)| {
            if *at > now {
                return true;
            }
            *tries += 1;
            *at = now + retry;
            ask.push(*index as u16);
            *tries <= MAX_TRIES
        });
        (ask, self.missing.len() < before)
    }

    /// Packets between the first and the last that never came.
    pub fn holes(&self) -> u64 {
        match (self.seen.keys().next(), self.highest()) {
            (Some(first), Some(last)) => last - first + 1 - self.seen.len() as u64,
            _ => 0,
        }
    }

    /// Whose packets came since `from`.
    pub fn sources_since(&self, from: Instant) -> BTreeSet<ParticipantId> {
        let recent = self.seen.values().filter(|seen| seen.at >= from);
        recent.map(|seen| seen.label.publisher).collect()
    }

    /// How often another source took the slot.
    pub fn switches(&self) -> usize {
        let sources = self.seen.values().map(|seen| seen.label.publisher);
        let pairs = sources.clone().zip(sources.skip(1));
        pairs.filter(|(before, after)| before != after).count()
    }

    /// One stream to the decoder, over all changes of source: no holes, timestamps and picture
    /// ids go on, and a picture begins with a key frame.
    pub fn assert_continuous(&self) {
        assert_eq!(self.holes(), 0, "{:?} has holes", self.kind);
        let first = self.seen.values().next().and_then(|seen| seen.picture);
        assert!(first.is_none_or(|picture| picture.begins_key_frame));
        self.assert_ordered();
    }

    /// As [`Slot::assert_continuous`] where the network may have lost packets for good.
    pub fn assert_ordered(&self) {
        let mut before: Option<&Seen> = None;
        for seen in self.seen.values() {
            match before {
                Some(before) if before.label.publisher == seen.label.publisher => {
                    self.assert_goes_on(before, seen);
                }
                _ => self.assert_begins(before, seen),
            }
            before = Some(seen);
        }
    }

    fn assert_goes_on(&self, before: &Seen, seen: &Seen) {
        let (old, new) = (before.label, seen.label);
        assert!(
            (old.frame, old.part) < (new.frame, new.part),
            "{old:?} before {new:?}"
        );
        let ticks = seen.timestamp.wrapping_sub(before.timestamp);
        assert!(ticks < 1 << 31, "timestamps grow: {before:?}, {seen:?}");
        assert_eq!(ticks == 0, old.frame == new.frame, "{before:?}, {seen:?}");
        if let (Some(a), Some(b)) = (before.picture, seen.picture) {
            let ids = u32::from(b.id.wrapping_sub(a.id) & 0x7fff);
            // Away and back without another in between: ids go on, frames were missed.
            let begins_anew = b.begins_key_frame && ids > 0;
            assert!(
                ids == new.frame - old.frame || begins_anew,
                "picture ids go on: {before:?}, {seen:?}"
            );
            assert_eq!(b.tl0.wrapping_sub(a.tl0), ids as u8, "{before:?}, {seen:?}");
        }
    }

    fn assert_begins(&self, before: Option<&Seen>, seen: &Seen) {
        let Some(before) = before else { return };
        let ticks = seen.timestamp.wrapping_sub(before.timestamp);
        assert!((1..1 << 31).contains(&ticks), "{before:?}, {seen:?}");
        if let (Some(a), Some(b)) = (before.picture, seen.picture) {
            assert!(b.begins_key_frame, "begins with a key frame: {seen:?}");
            let ids = b.id.wrapping_sub(a.id) & 0x7fff;
            assert!((1..1 << 14).contains(&ids), "{before:?}, {seen:?}");
        }
    }
}
