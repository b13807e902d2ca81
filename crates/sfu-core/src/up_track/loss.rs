//! What is missing of one source, and when to ask for it again (RFC 4585 §6.2.1).
//!
//! A packet is asked for while its repetition would still come in time to be played, a round trip
//! and a little more between one time and the next: what is lost may be the question, the answer,
//! or both.
//!
//! Invariant: at most [`MAX_MISSING`] packets are asked for at a time, each at most
//! [`MAX_NACK_TRIES`] times; an index is new once.

use crate::bounds::{
    MAX_MISSING, MAX_NACK_TRIES, PICTURE_USEFUL, REORDER_DELAY, VOICE_ROUND_TRIP, VOICE_USEFUL,
};
use std::time::{Duration, Instant};

/// How far back an index can still be told new from seen.
const WINDOW: u64 = 1_024;
const WORDS: usize = (WINDOW / 64) as usize;
/// Asking again sooner than this cannot help, however short the round trip.
const MIN_RETRY: Duration = Duration::from_millis(20);
/// The round trip assumed before one is measured.
const UNKNOWN_ROUND_TRIP: Duration = Duration::from_millis(100);

/// Room a source begins with, at its first loss.
const USUALLY_MISSING: usize = 32;
/// Each time between two tries is longer by one in so many of the first.
const BACKOFF: u32 = 4;

struct Missing {
    index: u64,
    missed_at: Instant,
    ask_at: Instant,
    tries: u8,
}

/// For how long repetitions of a source's packets are worth asking for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repair {
    /// Its sender repeats nothing.
    #[default]
    None,
    /// A voice: soon, or not at all.
    Voice,
    /// A picture: all that follows needs it.
    Picture,
}

impl Repair {
    /// How old a packet may be when it comes; `None` is never to ask.
    fn useful(self, round_trip: Duration) -> Option<Duration> {
        match self {
            Self::Voice if round_trip <= VOICE_ROUND_TRIP => Some(VOICE_USEFUL),
            Self::None | Self::Voice => None,
            Self::Picture => Some(PICTURE_USEFUL),
        }
    }
}

/// The state of one source.
#[derive(Default)]
pub struct Loss {
    highest: Option<u64>,
    seen: [u64; WORDS],
    missing: Vec<Missing>,
    /// When the first of them is to be asked for, or sooner.
    ask_at: Option<Instant>,
    repair: Repair,
}

impl Loss {
    /// A source that is repaired so.
    pub fn repaired(repair: Repair) -> Self {
        Self {
            repair,
            ..Self::default()
        }
    }

    /// The highest index seen.
    pub const fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// Notes a packet; returns whether it is new.
    pub fn on_packet(&mut self, now: Instant, index: u64) -> bool {
        let Some(highest) = self.highest else {
            self.highest = Some(index);
            self.mark(index);
            return true;
        };
        if index > highest {
            self.advance(now, highest, index);
            return true;
        }
        if highest - index >= WINDOW || self.is_seen(index) {
            return false;
        }
        self.mark(index);
        self.missing.retain(|missing| missing.index != index);
        true
    }

    fn advance(&mut self, now: Instant, highest: u64, index: u64) {
        let gap = index - highest - 1;
        for lost in index.saturating_sub(WINDOW).max(highest + 1)..index {
            self.clear(lost);
        }
        if gap as usize > MAX_MISSING || self.repair == Repair::None {
            // The sender paused or restarted: a key frame helps, a thousand NACKs do not.
            self.missing.clear();
        } else {
            let room = MAX_MISSING - gap as usize;
            let surplus = self.missing.len().saturating_sub(room);
            self.missing.drain(..surplus);
            if gap > 0 && self.missing.capacity() == 0 {
                self.missing.reserve_exact(USUALLY_MISSING);
            }
            self.missing
                .extend((highest + 1..index).map(|index| Missing {
                    index,
                    missed_at: now,
                    ask_at: now + REORDER_DELAY,
                    tries: 0,
                }));
            if gap > 0 {
                let ask_at = now + REORDER_DELAY;
                self.ask_at = Some(self.ask_at.map_or(ask_at, |at| at.min(ask_at)));
            }
        }
        self.highest = Some(index);
        self.mark(index);
    }

    /// Collects the sequence numbers to ask for now, in order.
    pub fn poll(&mut self, now: Instant, round_trip: Option<Duration>, ask: &mut Vec<u16>) {
        if self.ask_at.is_none_or(|at| at > now) {
            return;
        }
        let round_trip = round_trip.unwrap_or(UNKNOWN_ROUND_TRIP);
        let useful = self.repair.useful(round_trip);
        let retry = round_trip.max(MIN_RETRY) + MIN_RETRY / 2;
        self.missing.retain_mut(|missing| {
            if missing.ask_at > now {
                return true;
            }
            let comes_after = (now + round_trip).saturating_duration_since(missing.missed_at);
            let is_late = useful.is_none_or(|useful| comes_after > useful);
            if is_late || missing.tries == MAX_NACK_TRIES {
                return false;
            }
            missing.ask_at = now + retry + retry * u32::from(missing.tries) / BACKOFF;
            missing.tries += 1;
            ask.push(missing.index as u16);
            true
        });
        self.ask_at = self.missing.iter().map(|missing| missing.ask_at).min();
    }

    /// When [`Loss::poll`] has something to do.
    pub const fn next_timeout(&self) -> Option<Instant> {
        self.ask_at
    }

    const fn bit(index: u64) -> (usize, u64) {
        let at = index % WINDOW;
        ((at / 64) as usize, 1 << (at % 64))
    }

    fn mark(&mut self, index: u64) {
        let (word, bit) = Self::bit(index);
        self.seen[word] |= bit;
    }

    fn clear(&mut self, index: u64) {
        let (word, bit) = Self::bit(index);
        self.seen[word] &= !bit;
    }

    fn is_seen(&self, index: u64) -> bool {
        let (word, bit) = Self::bit(index);
        self.seen[word] & bit != 0
    }
}

#[cfg(test)]
mod tests;
