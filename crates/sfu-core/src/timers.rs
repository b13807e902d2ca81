//! When to look at what: a wheel of milliseconds, at most one live entry per participant or room.
//!
//! Scheduling and taking cost the same however many wait. What is due after the wheel's turn is
//! put at its end and found too early there; whoever is looked at schedules itself anew.
//!
//! Invariant: an entry may fire early or for somebody gone, and late by at most one tick; the wheel
//! holds no more entries than there were calls to `schedule` for an earlier time.

use crate::participant::ParticipantKey;
use crate::router::RoomKey;
use std::time::{Duration, Instant};

/// The wheel's resolution.
const TICK: Duration = Duration::from_millis(1);
/// Ticks of a turn: most timers are a second or less.
const TICKS: u64 = 2_048;
const WORDS: usize = (TICKS / 64) as usize;
/// The end of a list.
const NONE: u32 = u32::MAX;

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Due {
    /// A participant's transport, reports or NACKs.
    Participant(ParticipantKey),
    /// A room's choice of voices.
    Room(RoomKey),
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    at: Instant,
    due: Due,
    next: u32,
}

/// The wheel.
pub struct Timers {
    epoch: Instant,
    /// The first tick that may hold entries; all of them are less than a turn after it.
    tick: u64,
    /// The newest entry of each tick.
    heads: Box<[u32]>,
    /// Which ticks have entries.
    occupied: [u64; WORDS],
    /// All entries, and those free for use again.
    entries: Vec<Entry>,
    free: u32,
}

impl Timers {
    /// A wheel whose first tick is at `epoch`.
    pub fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            tick: 0,
            heads: vec![NONE; TICKS as usize].into_boxed_slice(),
            occupied: [0; WORDS],
            entries: Vec::new(),
            free: NONE,
        }
    }

    /// Adds an entry unless `scheduled`, the last one of the same thing, fires early enough.
    pub fn schedule(&mut self, at: Instant, due: Due, scheduled: &mut Option<Instant>) {
        if scheduled.is_some_and(|earlier| earlier <= at) {
            return;
        }
        *scheduled = Some(at);
        let since = at.saturating_duration_since(self.epoch);
        let tick = since.as_nanos().div_ceil(TICK.as_nanos()) as u64;
        let tick = tick.clamp(self.tick, self.tick + TICKS - 1);
        let place = (tick % TICKS) as usize;
        let entry = Entry {
            at,
            due,
            next: self.heads[place],
        };
        self.heads[place] = self.keep(entry);
        self.occupied[place / 64] |= 1 << (place % 64);
    }

    /// When the next entry fires.
    pub fn next(&self) -> Option<Instant> {
        let since = TICK.as_nanos() as u64 * self.next_tick()?;
        Some(self.epoch + Duration::from_nanos(since))
    }

    /// The next entry that has fired.
    pub fn pop(&mut self, now: Instant) -> Option<(Instant, Due)> {
        let since = now.saturating_duration_since(self.epoch);
        let now = (since.as_nanos() / TICK.as_nanos()) as u64;
        let Some(tick) = self.next_tick().filter(|tick| *tick <= now) else {
            self.tick = self.tick.max(now);
            return None;
        };
        self.tick = tick;
        let place = (tick % TICKS) as usize;
        let taken = self.heads[place];
        let Entry { at, due, next } = self.entries[taken as usize];
        self.heads[place] = next;
        if next == NONE {
            self.occupied[place / 64] &= !(1 << (place % 64));
        }
        self.entries[taken as usize].next = self.free;
        self.free = taken;
        Some((at, due))
    }

    fn keep(&mut self, entry: Entry) -> u32 {
        if self.free == NONE {
            self.entries.push(entry);
            return (self.entries.len() - 1) as u32;
        }
        let place = self.free;
        self.free = std::mem::replace(&mut self.entries[place as usize], entry).next;
        place
    }

    /// The first tick with entries, in the order of the wheel from [`Timers::tick`] on.
    fn next_tick(&self) -> Option<u64> {
        let start = self.tick % TICKS;
        let (first, shift) = ((start / 64) as usize, start % 64);
        // The word where it starts comes first for its upper bits and last for its lower.
        (0..=WORDS).find_map(|step| {
            let word = (first + step) % WORDS;
            let bits = match step {
                0 => self.occupied[word] >> shift << shift,
                WORDS => self.occupied[word] & ((1 << shift) - 1),
                _ => self.occupied[word],
            };
            let place = 64 * word as u64 + u64::from(bits.trailing_zeros());
            (bits != 0).then(|| self.tick + (place + TICKS - start) % TICKS)
        })
    }
}

#[cfg(test)]
mod tests;
