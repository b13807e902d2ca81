//! When to look at what: a heap of due times, at most one live entry per participant or room.
//!
//! Invariant: an entry may fire early or for somebody gone, never late; the heap holds no more
//! entries than there were calls to `schedule` for an earlier time.

use crate::participant::ParticipantKey;
use crate::router::RoomKey;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// A participant's transport, reports or NACKs.
    Participant(ParticipantKey),
    /// A room's choice of voices.
    Room(RoomKey),
}

/// The heap.
#[derive(Default)]
pub struct Timers(BinaryHeap<Reverse<(Instant, Due)>>);

impl Timers {
    /// Adds an entry unless `scheduled`, the last one of the same thing, fires early enough.
    pub fn schedule(&mut self, at: Instant, due: Due, scheduled: &mut Option<Instant>) {
        if scheduled.is_none_or(|earlier| at < earlier) {
            *scheduled = Some(at);
            self.0.push(Reverse((at, due)));
        }
    }

    /// When the next entry fires.
    pub fn next(&self) -> Option<Instant> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    /// The next entry that has fired.
    pub fn pop(&mut self, now: Instant) -> Option<(Instant, Due)> {
        if self.next()? > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }
}
