//! What one slot of a client received, and whether it was one continuous stream.
//!
//! Invariant: an index carries one label for ever, and a label comes once.

use super::media::{Label, Picture};
use crate::model::{ParticipantId, SlotKind};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A gap may be mere reordering for so long.
const REORDER: Duration = Duration::from_millis(15);
/// Times a client asks for a picture's packet before it gives up, and a voice's.
const MAX_TRIES: u8 = 10;
const MAX_VOICE_TRIES: u8 = 4;

/// A loss takes about so many frames to repair, or so long where a pacer lets them go in a bunch.
const LAST_FRAMES: usize = 3;
const REPAIR: Duration = Duration::from_millis(150);

/// One packet as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    pub at: Instant,
    /// Of its payload.
    pub bytes: usize,
    pub timestamp: u32,
    pub marker: bool,
    pub label: Label,
    pub picture: Option<Picture>,
    /// Of its dependency descriptor.
    pub frame_number: Option<u16>,
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
    /// What was sent empty, in place of what is not for this slot.
    pub empty: BTreeSet<u64>,
    /// What came along with later packets: by label, with its timestamp.
    pub carried: BTreeMap<Label, u32>,
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
            empty: BTreeSet::new(),
            carried: BTreeMap::new(),
            labels: BTreeSet::new(),
            missing: BTreeMap::new(),
        }
    }

    /// Forgets what came so far.
    pub fn forget(&mut self) {
        *self = Self::new(self.kind, self.ssrc);
    }

    pub fn highest(&self) -> Option<u64> {
        let last = self.seen.keys().next_back().copied();
        last.max(self.empty.last().copied())
    }

    /// Notes a packet without content, and the gap before it: nothing more comes under its number.
    pub fn note_empty(&mut self, now: Instant, index: u64, retry_after: Duration) {
        assert!(!self.seen.contains_key(&index), "{index} has one meaning");
        self.note_gap(now, index, retry_after);
        self.missing.remove(&index);
        self.empty.insert(index);
    }

    /// Notes an earlier packet that came along with `index`.
    pub fn note_carried(&mut self, index: u64, timestamp: u32, label: Label) {
        let earlier = self.seen.range(..index).rev().take(8);
        for (_, seen) in earlier.filter(|(_, seen)| seen.timestamp == timestamp) {
            assert_eq!(seen.label, label, "a moment has one meaning");
        }
        self.carried.insert(label, timestamp);
    }

    /// Frames of a voice between its first and its last that came in no way.
    pub fn unheard(&self) -> usize {
        let seen = self.seen.values().map(|seen| seen.label);
        let heard: BTreeSet<_> = seen.chain(self.carried.keys().copied()).collect();
        let frames = heard.iter().map(|label| (label.publisher, label.frame));
        let frames: Vec<_> = frames.collect();
        let gaps = frames.windows(2).filter(|pair| pair[0].0 == pair[1].0);
        gaps.map(|pair| pair[1].1 as usize - pair[0].1 as usize - 1)
            .sum()
    }

    /// Notes a packet and the gap before it.
    pub fn note(&mut self, index: u64, seen: Seen, retry_after: Duration) {
        assert!(!self.empty.contains(&index), "{index} has one meaning");
        if let Some(before) = self.seen.get(&index) {
            assert_eq!(before.label, seen.label, "index {index} has one meaning");
            self.duplicates += 1;
            return;
        }
        if !self.labels.insert(seen.label) {
            let before = self.seen.iter().find(|(_, s)| s.label == seen.label);
            panic!("forwarded under two indices: {before:?} and {index}: {seen:?}");
        }
        self.note_gap(seen.at, index, retry_after);
        self.missing.remove(&index);
        self.seen.insert(index, seen);
    }

    fn note_gap(&mut self, now: Instant, index: u64, retry_after: Duration) {
        let Some(highest) = self.highest() else {
            return;
        };
        let ask_at = now + REORDER.max(retry_after / 8);
        for gap in highest + 1..index {
            self.missing.insert(gap, (ask_at, 0));
        }
    }

    /// The sequence numbers to ask for now, and whether one was given up.
    pub fn poll_missing(&mut self, now: Instant, retry: Duration) -> (Vec<u16>, bool) {
        let mut ask = Vec::new();
        let before = self.missing.len();
        let max_tries = if self.kind.is_video() {
            MAX_TRIES
        } else {
            MAX_VOICE_TRIES
        };
        self.missing.retain(|index, (at, tries)| {
            if *at > now {
                return true;
            }
            *tries += 1;
            *at = now + retry;
            ask.push(*index as u16);
            *tries <= max_tries
        });
        (ask, self.missing.len() < before)
    }

    /// Packets between the first and the last that never came.
    pub fn holes(&self) -> u64 {
        match (self.seen.keys().next(), self.highest()) {
            (Some(first), Some(last)) => {
                last - first + 1 - (self.seen.len() + self.empty.len()) as u64
            }
            _ => 0,
        }
    }

    /// Those that are not of the last packets of a layer before another one began: what was lost
    /// of these may have come too late.
    pub fn holes_within_layers(&self) -> usize {
        /// Packets of the largest layer's last frames, and of two in which what was lost twice comes.
        const LAST: usize = 10 * (LAST_FRAMES + 2);
        let (Some(first), Some(last)) = (self.seen.keys().next(), self.highest()) else {
            return 0;
        };
        let came = |index: &u64| self.seen.contains_key(index) || self.empty.contains(index);
        let ends = |index: u64| {
            let next = self.seen.range(index..).take(LAST);
            let mut pictures = next.filter_map(|(_, seen)| seen.picture);
            pictures.any(|picture| picture.begins_key_frame)
        };
        let missing = (*first..last).filter(|index| !came(index));
        missing.filter(|index| !ends(*index)).count()
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
        if let (Some(a), Some(b)) = (before.picture, seen.picture)
            && a.is_numbered
            && b.is_numbered
        {
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
            let is_numbered = a.is_numbered && b.is_numbered;
            assert!(
                !is_numbered || (1..1 << 14).contains(&ids),
                "{before:?}, {seen:?}"
            );
        }
    }

    /// What a frame refers to is told by distances between numbers: those of one source's frames are as
    /// far apart as its sender made them, until it begins anew, and numbers never go back.
    pub fn assert_numbered(&self) {
        let mut before: Option<&Seen> = None;
        for seen in self.seen.values() {
            let Some(number) = seen.frame_number else {
                continue;
            };
            if let Some(before) = before {
                let (old, new) = (before.label, seen.label);
                let distance = number.wrapping_sub(before.frame_number.expect("it has one"));
                let of = |label: &Label| super::track::frame_number(label);
                let begins = seen.picture.is_some_and(|picture| picture.begins_key_frame);
                if old.publisher == new.publisher && !begins {
                    let sent = of(&new).wrapping_sub(of(&old));
                    assert_eq!(distance, sent, "{before:?}, {seen:?}");
                } else {
                    assert!((1..1 << 15).contains(&distance), "{before:?}, {seen:?}");
                }
            }
            before = Some(seen);
        }
    }

    /// The frames that came, in the order of the stream.
    pub fn frames(&self) -> Vec<Frame> {
        let mut frames: Vec<Frame> = Vec::new();
        for seen in self.seen.values() {
            let label = seen.label;
            match frames
                .last_mut()
                .filter(|f| f.label.frame_of() == label.frame_of())
            {
                Some(frame) => {
                    frame.parts += 1;
                    frame.at = frame.at.max(seen.at);
                    assert_eq!(frame.timestamp, seen.timestamp, "one frame: {seen:?}");
                }
                None => frames.push(Frame {
                    at: seen.at,
                    timestamp: seen.timestamp,
                    label,
                    picture: seen.picture.expect("a slot of pictures"),
                    parts: 1,
                }),
            }
        }
        frames
    }

    /// Whether a decoder can decode all of it: every frame is whole, what it refers to came before
    /// it, every layer of every sender begins with a key frame, and timestamps, picture ids and
    /// base-layer indices go on over all switches (RFC 7741 §4.2).
    pub fn assert_decodable(&self) {
        self.assert_numbered();
        let mut whole = BTreeSet::new();
        let mut before: Option<Frame> = None;
        let frames = self.frames();
        for (place, frame) in frames.iter().enumerate() {
            let label = frame.label;
            let (publisher, layer, number) = label.frame_of();
            // What was lost of a layer's last frames may come when another layer has begun, or it anew.
            let next = &frames[place + 1..frames.len().min(place + 1 + LAST_FRAMES)];
            let soon = frames[place + 1..].iter();
            let mut soon = soon
                .take_while(|next| next.at < frame.at + REPAIR)
                .chain(next);
            let ends = next.len() < LAST_FRAMES || soon.any(|f| f.picture.begins_key_frame);
            let came = |number: &u32| *number == 0 || whole.contains(&(publisher, layer, *number));
            if frame.parts < label.parts || !label.references.iter().all(came) {
                // The rest of an upper layer's frame may be what was lost when it was left out.
                let is_partial = frame.parts < label.parts && label.temporal > 0;
                assert!(ends || is_partial, "cannot be decoded: {frame:?}");
                continue;
            }
            whole.insert((publisher, layer, number));
            if let Some(before) = before {
                frame.assert_follows(&before);
            }
            before = Some(*frame);
        }
    }

    /// The longest time without a new frame between two moments.
    pub fn longest_freeze(&self, from: Instant, until: Instant) -> Duration {
        let frames = self.frames();
        let times = frames.iter().map(|frame| frame.at);
        let mut times: Vec<_> = times.filter(|at| (from..until).contains(at)).collect();
        times.extend([from, until]);
        times.sort_unstable();
        let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
        gaps.max().unwrap_or_default()
    }

    /// When a frame of a layer first came after a moment.
    pub fn first_of_layer(&self, layer: u8, from: Instant) -> Option<Instant> {
        let mut frames = self.frames().into_iter();
        let is_it = |frame: &Frame| frame.at > from && frame.label.layer == layer;
        frames.find(is_it).map(|frame| frame.at)
    }

    /// How often another layer, or source, took the slot.
    pub fn layer_switches(&self) -> usize {
        let frames = self.frames();
        let of = |frame: &Frame| (frame.label.publisher, frame.label.layer);
        frames.windows(2).filter(|f| of(&f[0]) != of(&f[1])).count()
    }
}

/// A frame as it arrived.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// When its last packet came.
    pub at: Instant,
    pub timestamp: u32,
    pub label: Label,
    pub picture: Picture,
    pub parts: u8,
}

impl Frame {
    fn assert_follows(&self, before: &Self) {
        let (old, new) = (before.label, self.label);
        let stream = |label: &Label| (label.publisher, label.layer);
        if stream(&old) != stream(&new) {
            assert!(self.picture.begins_key_frame, "{before:?}, {self:?}");
        }
        let ticks = self.timestamp.wrapping_sub(before.timestamp);
        assert!((1..1 << 31).contains(&ticks), "{before:?}, {self:?}");
        if !(self.picture.is_numbered && before.picture.is_numbered) {
            return;
        }
        let ids = self.picture.id.wrapping_sub(before.picture.id) & 0x7fff;
        assert!((1..1 << 14).contains(&ids), "{before:?}, {self:?}");
        let steps = self.picture.tl0.wrapping_sub(before.picture.tl0);
        if ids == 1 {
            assert_eq!(
                steps,
                u8::from(self.picture.is_base),
                "{before:?}, {self:?}"
            );
        }
    }
}
