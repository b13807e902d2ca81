//! What a slot received of layers that share a stream, as a decoder of VP9 or AV1 takes it.
//!
//! Invariant: a picture is what lies between two markers; its highest layer is what is shown.

use super::slot::{Seen, Slot};
use crate::model::ParticipantId;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Frames in which what was lost of a picture is repaired.
const REPAIR: usize = 8;

/// A picture as it arrived.
#[derive(Debug, Clone)]
pub struct Superframe {
    /// When its last packet came.
    pub at: Instant,
    pub publisher: ParticipantId,
    pub timestamp: u32,
    /// Its id and base-layer index in the slot.
    pub numbers: (u16, u8),
    /// It has them.
    is_numbered: bool,
    /// Counts the sender's pictures.
    pub number: u32,
    pub temporal: u8,
    pub is_key_frame: bool,
    /// The highest layer of it.
    pub top: u8,
    /// The layers that came whole.
    whole: BTreeSet<u8>,
    references: [u32; 2],
    /// Markers on its packets, and whether the last one has one.
    markers: usize,
    is_ended: bool,
}

impl Superframe {
    fn of(packets: &[&Seen]) -> Self {
        let (first, last) = (packets[0], packets[packets.len() - 1]);
        let top = last.label.layer;
        let is_whole = |layer: &u8| {
            let of_layer = packets.iter().filter(|seen| seen.label.layer == *layer);
            of_layer.clone().count() > 0
                && of_layer.clone().count() == usize::from(first_of(of_layer).label.parts)
        };
        let layers: Vec<u8> = packets.iter().map(|seen| seen.label.layer).collect();
        assert!(layers.is_sorted(), "layers come from below: {layers:?}");
        let picture = first.picture.expect("a slot of pictures");
        let numbers = (picture.id, picture.tl0);
        for seen in packets {
            let picture = seen.picture.expect("a slot of pictures");
            assert_eq!((picture.id, picture.tl0), numbers, "one picture: {seen:?}");
        }
        Self {
            at: packets.iter().map(|seen| seen.at).max().expect("some"),
            publisher: first.label.publisher,
            timestamp: first.timestamp,
            numbers,
            is_numbered: picture.is_numbered,
            number: first.label.frame,
            temporal: first.label.temporal,
            is_key_frame: picture.begins_key_frame,
            top,
            whole: (0..=top).filter(is_whole).collect(),
            references: last.label.references,
            markers: packets.iter().filter(|seen| seen.marker).count(),
            is_ended: last.marker,
        }
    }
}

fn first_of<'a>(mut packets: impl Iterator<Item = &'a &'a Seen>) -> &'a Seen {
    packets.next().expect("there is one")
}

impl Slot {
    /// The pictures that came, in the order of the stream.
    pub fn superframes(&self) -> Vec<Superframe> {
        let seen: Vec<&Seen> = self.seen.values().collect();
        let of = |seen: &Seen| (seen.label.publisher, seen.label.frame, seen.timestamp);
        let frames = seen.chunk_by(|a, b| of(a) == of(b));
        frames.map(Superframe::of).collect()
    }

    /// Whether a decoder can decode all of it: every picture ends in its one marker and has what it
    /// refers to; ids, indices and timestamps go on. What was lost for good may end in a key frame.
    pub fn assert_superframes_decodable(&self) {
        self.assert_numbered();
        let frames = self.superframes();
        let mut decoded: BTreeSet<(ParticipantId, u8, u32)> = BTreeSet::new();
        let mut before: Option<&Superframe> = None;
        for (place, frame) in frames.iter().enumerate() {
            let next = &frames[place + 1..frames.len().min(place + 1 + REPAIR)];
            let is_repaired = next.len() < REPAIR || next.iter().any(|f| f.is_key_frame);
            let of = |number: u32| (frame.publisher, frame.top, number);
            let mut references = frame.references.iter().filter(|number| **number != 0);
            let can = match frame.is_key_frame {
                true => (0..=frame.top).all(|layer| frame.whole.contains(&layer)),
                false => {
                    frame.whole.contains(&frame.top)
                        && frame.references != [0, 0]
                        && references.all(|number| decoded.contains(&of(*number)))
                }
            };
            if !can {
                assert!(is_repaired, "cannot be decoded: {frame:?} after {before:?}");
                continue;
            }
            assert!(frame.is_ended && frame.markers == 1, "ends once: {frame:?}");
            if frame.is_key_frame {
                decoded.extend((0..=frame.top).map(|l| (frame.publisher, l, frame.number)));
            } else {
                decoded.insert(of(frame.number));
            }
            if let Some(before) = before {
                frame.assert_follows(before);
            }
            before = Some(frame);
        }
    }

    /// The layers that were shown since a moment.
    pub fn tops_since(&self, from: Instant) -> BTreeSet<u8> {
        let frames = self.superframes().into_iter();
        let recent = frames.filter(|frame| frame.at >= from);
        recent.map(|frame| frame.top).collect()
    }

    /// When a picture of which this is the highest layer first came after a moment.
    pub fn first_of_top(&self, layer: u8, from: Instant) -> Option<Instant> {
        let mut frames = self.superframes().into_iter();
        let is_it = |frame: &Superframe| frame.at > from && frame.top == layer;
        frames.find(is_it).map(|frame| frame.at)
    }

    /// The longest time without a new picture between two moments.
    pub fn longest_pause(&self, from: Instant, until: Instant) -> Duration {
        let frames = self.superframes();
        let times = frames.iter().map(|frame| frame.at);
        let mut times: Vec<_> = times.filter(|at| (from..until).contains(at)).collect();
        times.extend([from, until]);
        times.sort_unstable();
        let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
        gaps.max().unwrap_or_default()
    }
}

impl Superframe {
    fn assert_follows(&self, before: &Self) {
        let ticks = self.timestamp.wrapping_sub(before.timestamp);
        assert!((1..1 << 31).contains(&ticks), "{before:?}, {self:?}");
        let is_numbered = self.is_numbered && before.is_numbered;
        let ids = self.numbers.0.wrapping_sub(before.numbers.0) & 0x7fff;
        assert!(
            !is_numbered || (1..1 << 14).contains(&ids),
            "{before:?}, {self:?}"
        );
        let is_other = self.publisher != before.publisher;
        if is_other || before.top != self.top {
            assert!(self.is_key_frame, "{before:?}, {self:?}");
        }
        if is_other || !is_numbered {
            return;
        }
        // Distances tell a decoder what a picture refers to.
        let numbers = self.number - before.number;
        let begins_anew = self.is_key_frame;
        assert!(
            u32::from(ids) == numbers || begins_anew,
            "{before:?}, {self:?}"
        );
    }
}
