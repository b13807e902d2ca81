//! One direction of a path: a queue before a rate limit, then loss, then the way itself.
//!
//! `bottleneck` is the queue, `luck` the random part, `stats` what became of the packets.
//!
//! Invariants: each packet draws the same number of random values whatever the configuration, and
//! whether it is lost follows from its place among those sent, not from time; so turning one
//! impairment leaves what the others do to each packet as it was. Packets leave in the order they
//! came, but for those that were chosen to fall behind. Every packet sent is lost, overflowed, on
//! its way or delivered.

mod bottleneck;
mod luck;
mod stats;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use crate::{ConfigError, LinkChange, LinkConfig, Schedule, Trace};
use bottleneck::{Bottleneck, Waiting};
use luck::Luck;
pub use stats::LinkStats;

/// Packets that wait or are on the way, beyond which a link drops.
pub const MAX_PACKETS_IN_FLIGHT: usize = 65_536;
/// Their bytes, likewise.
pub const MAX_BYTES_IN_FLIGHT: usize = 128 * 1024 * 1024;

/// One direction of a path.
#[derive(Debug)]
pub struct Link {
    schedule: Schedule,
    luck: Luck,
    bottleneck: Bottleneck,
    /// When the latest packet that keeps its order arrives.
    last_arrival: Option<Instant>,
    in_flight: BinaryHeap<Reverse<InFlight>>,
    bytes_in_flight: usize,
    next_number: u64,
    stats: LinkStats,
}

/// Ordered by arrival; packets due at the same moment keep the order they were sent in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct InFlight {
    at: Instant,
    number: u64,
    packet: Vec<u8>,
}

impl Link {
    /// A link whose every decision follows from `seed`, and whose trace begins at `now`.
    ///
    /// # Panics
    /// If no link can be as `trace` says.
    #[must_use]
    pub fn new(now: Instant, seed: u64, trace: &Trace) -> Self {
        Self::on_schedule(now, seed, Schedule::new(now, trace))
    }

    /// A link whose trace began earlier.
    #[must_use]
    pub fn on_schedule(now: Instant, seed: u64, schedule: Schedule) -> Self {
        let bottleneck = Bottleneck::new(now, schedule.config().rate_bps);
        let mut link = Self {
            schedule,
            luck: Luck::new(seed),
            bottleneck,
            last_arrival: None,
            in_flight: BinaryHeap::new(),
            bytes_in_flight: 0,
            next_number: 0,
            stats: LinkStats::default(),
        };
        link.advance(now);
        link
    }

    /// Holds these settings from now on, in place of what the trace had still to come.
    ///
    /// # Panics
    /// If no link can be so.
    pub fn set_config(&mut self, now: Instant, config: LinkConfig) {
        self.advance(now);
        self.schedule.set(config);
        self.follow(now);
        self.advance(now);
    }

    /// Follows a trace that begins at `now`.
    ///
    /// # Panics
    /// If no link can be as it says.
    pub fn set_trace(&mut self, now: Instant, trace: &Trace) {
        self.advance(now);
        self.schedule = Schedule::new(now, trace);
        self.follow(now);
        self.advance(now);
    }

    /// Changes some settings; the trace goes on from there.
    ///
    /// # Errors
    /// [`ConfigError`] when this, or a step to come, would then make no link; nothing changes.
    pub fn change(&mut self, now: Instant, change: &LinkChange) -> Result<(), ConfigError> {
        self.advance(now);
        self.schedule.change(change)?;
        self.follow(now);
        self.advance(now);
        Ok(())
    }

    /// The settings as of the last call.
    #[must_use]
    pub fn config(&self) -> &LinkConfig {
        self.schedule.config()
    }

    /// What became of the packets so far.
    #[must_use]
    pub fn stats(&self) -> LinkStats {
        self.stats
    }

    /// Sends a packet.
    pub fn push(&mut self, now: Instant, packet: Vec<u8>) {
        self.advance(now);
        self.stats.pushed += 1;
        self.stats.pushed_bytes += packet.len() as u64;
        let config = self.schedule.config();
        let dice = self.luck.roll();
        // Before anything that depends on time, so that the same packets are lost at every rate.
        let is_lost = self.luck.is_lost(&dice, config);
        if config.cut {
            self.stats.lost += 1;
            return;
        }
        let waiting = Waiting {
            since: now,
            dice,
            is_lost,
            takes_bytes: packet.len() + config.overhead_bytes,
            packet,
        };
        if self.is_full(waiting.packet.len()) || !self.bottleneck.has_room(now, &waiting, config) {
            self.stats.overflowed += 1;
            return;
        }
        self.bytes_in_flight += waiting.packet.len();
        self.bottleneck.push(now, waiting);
        self.advance(now);
    }

    /// The next packet that has arrived by `now`.
    pub fn pop(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.advance(now);
        self.in_flight.peek().filter(|first| first.0.at <= now)?;
        let Reverse(InFlight { packet, .. }) = self.in_flight.pop()?;
        self.bytes_in_flight -= packet.len();
        self.stats.delivered += 1;
        self.stats.delivered_bytes += packet.len() as u64;
        Some(packet)
    }

    /// When [`Self::pop`] has something to do next: a packet arrives, or the queue moves on.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        let arrives = self.in_flight.peek().map(|Reverse(first)| first.at);
        // While nothing waits, a step can be taken when the next packet is sent.
        let steps = self.schedule.next_at();
        let steps = steps.filter(|_| !self.bottleneck.is_empty());
        let moves = [arrives, self.bottleneck.leaves_at(), steps];
        moves.into_iter().flatten().min()
    }

    /// How long a packet sent at `now` would wait before it began to pass; `None` while the rate
    /// is 0 and something waits.
    #[must_use]
    pub fn queue_delay(&self, now: Instant) -> Option<Duration> {
        self.bottleneck.delay(now)
    }

    /// Packets that wait or are on the way.
    #[must_use]
    pub fn packets_in_flight(&self) -> usize {
        self.bottleneck.len() + self.in_flight.len()
    }

    /// Lets happen what was to happen by `now`, in order: what leaves the bottleneck at the time
    /// of a step leaves before it.
    fn advance(&mut self, now: Instant) {
        loop {
            let step_at = self.schedule.next_at().filter(|at| *at <= now);
            if let Some((at, waiting)) = self.bottleneck.pop(step_at.unwrap_or(now)) {
                self.travel(at, waiting);
            } else if let Some(at) = self.schedule.step(now) {
                self.follow(at);
            } else {
                return;
            }
        }
    }

    /// Does as the settings say that hold since `now`.
    fn follow(&mut self, now: Instant) {
        let LinkConfig { rate_bps, cut, .. } = *self.schedule.config();
        self.bottleneck.set_rate(now, rate_bps);
        if cut {
            let gone = self.bottleneck.clear();
            self.stats.lost += gone.len() as u64;
            self.bytes_in_flight -= gone.iter().map(|w| w.packet.len()).sum::<usize>();
        }
    }

    fn is_full(&self, more_bytes: usize) -> bool {
        self.packets_in_flight() >= MAX_PACKETS_IN_FLIGHT
            || self.bytes_in_flight + more_bytes > MAX_BYTES_IN_FLIGHT
    }

    /// What happens behind the bottleneck to a packet that leaves it at `at`.
    fn travel(&mut self, at: Instant, waiting: Waiting) {
        let config = *self.schedule.config();
        let waited = at.duration_since(waiting.since);
        let packet = waiting.packet;
        self.bytes_in_flight -= packet.len();
        self.stats.note_queued(waited);
        if waiting.is_lost {
            self.stats.lost += 1;
            return;
        }
        let at = self.arrival(at, &waiting.dice, &config);
        if waiting.dice.duplicate < config.duplicate && !self.is_full(packet.len()) {
            self.stats.duplicated += 1;
            self.launch(at, packet.clone());
        }
        self.launch(at, packet);
    }

    fn arrival(&mut self, left_at: Instant, dice: &luck::Dice, config: &LinkConfig) -> Instant {
        let at = left_at + config.delay + config.jitter.mul_f64(dice.jitter);
        let at = self.last_arrival.map_or(at, |last| last.max(at));
        if dice.reorder < config.reorder {
            return at + config.reorder_by;
        }
        self.last_arrival = Some(at);
        at
    }

    fn launch(&mut self, at: Instant, packet: Vec<u8>) {
        self.bytes_in_flight += packet.len();
        self.in_flight.push(Reverse(InFlight {
            at,
            number: self.next_number,
            packet,
        }));
        self.next_number += 1;
    }
}

#[cfg(test)]
mod tests;
