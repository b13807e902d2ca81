//! One direction of a path: a bottleneck with a queue, then loss, then the way itself.
//!
//! Invariant: each packet draws the same number of random values whatever the configuration, so
//! turning one impairment leaves what the others do to each packet as it was.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Packets on the way beyond which a link drops, whatever its queue.
pub const MAX_PACKETS_IN_FLIGHT: usize = 65_536;

/// How a link treats packets. The default is a perfect one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkConfig {
    /// Share of packets lost, 0–1.
    pub loss: f64,
    /// Mean number of packets lost in a row; 1 or less means that losses are independent.
    pub burst: f64,
    /// Time every packet takes.
    pub delay: Duration,
    /// Each packet takes up to so much longer, evenly spread; order is kept.
    pub jitter: Duration,
    /// Share of packets that fall behind those sent after them, 0–1.
    pub reorder: f64,
    /// How much longer these take.
    pub reorder_by: Duration,
    /// Share of packets that arrive twice, 0–1.
    pub duplicate: f64,
    /// Bits per second that pass; `None` is no limit.
    pub rate_bps: Option<u64>,
    /// Bytes that may wait to pass; a packet that finds no room is dropped.
    pub queue_bytes: usize,
}

impl LinkConfig {
    /// Loses nothing and takes no time.
    pub const PERFECT: Self = Self {
        loss: 0.0,
        burst: 1.0,
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        reorder: 0.0,
        reorder_by: Duration::from_millis(20),
        duplicate: 0.0,
        rate_bps: None,
        queue_bytes: 64 * 1024,
    };

    /// Lets nothing through.
    pub const CUT: Self = Self {
        loss: 1.0,
        ..Self::PERFECT
    };
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self::PERFECT
    }
}

/// What became of the packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Given to the link.
    pub pushed: u64,
    /// Dropped because the queue was full.
    pub overflowed: u64,
    /// Lost at random.
    pub lost: u64,
    /// Delivered twice.
    pub duplicated: u64,
    /// Taken out of the link, copies included.
    pub delivered: u64,
}

/// One direction of a path.
#[derive(Debug)]
pub struct Link {
    config: LinkConfig,
    rng: ChaCha8Rng,
    /// The bottleneck is busy with what waits until then.
    busy_until: Option<Instant>,
    /// A burst of losses is under way.
    in_burst: bool,
    /// When the latest packet that keeps its order arrives.
    last_arrival: Option<Instant>,
    in_flight: BinaryHeap<Reverse<InFlight>>,
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

/// The random values of one packet, each in 0–1.
struct Dice {
    burst: f64,
    loss: f64,
    jitter: f64,
    reorder: f64,
    duplicate: f64,
}

impl Link {
    /// A link whose every decision follows from `seed`.
    #[must_use]
    pub fn new(seed: u64, config: LinkConfig) -> Self {
        Self {
            config,
            rng: ChaCha8Rng::seed_from_u64(seed),
            busy_until: None,
            in_burst: false,
            last_arrival: None,
            in_flight: BinaryHeap::new(),
            next_number: 0,
            stats: LinkStats::default(),
        }
    }

    /// Changes how packets sent from now on are treated.
    pub fn set_config(&mut self, config: LinkConfig) {
        self.config = config;
    }

    /// What became of the packets so far.
    #[must_use]
    pub fn stats(&self) -> LinkStats {
        self.stats
    }

    /// Sends a packet.
    pub fn push(&mut self, now: Instant, packet: Vec<u8>) {
        self.stats.pushed += 1;
        let dice = self.roll();
        let Some(sent_at) = self.pass_bottleneck(now, packet.len()) else {
            self.stats.overflowed += 1;
            return;
        };
        if self.is_lost(&dice) {
            self.stats.lost += 1;
            return;
        }
        let at = self.arrival(sent_at, &dice);
        if dice.duplicate < self.config.duplicate {
            self.stats.duplicated += 1;
            self.launch(at, packet.clone());
        }
        self.launch(at, packet);
    }

    /// The next packet that has arrived by `now`.
    pub fn pop(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.next_at()? > now {
            return None;
        }
        self.stats.delivered += 1;
        self.in_flight.pop().map(|Reverse(arrived)| arrived.packet)
    }

    /// When the next packet arrives.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        self.in_flight.peek().map(|Reverse(first)| first.at)
    }

    fn roll(&mut self) -> Dice {
        Dice {
            burst: self.rng.random(),
            loss: self.rng.random(),
            jitter: self.rng.random(),
            reorder: self.rng.random(),
            duplicate: self.rng.random(),
        }
    }

    /// When the packet has left the bottleneck; `None` if it found the queue full.
    fn pass_bottleneck(&mut self, now: Instant, len: usize) -> Option<Instant> {
        let Some(rate_bps) = self.config.rate_bps else {
            return Some(now);
        };
        let starts_at = self
            .busy_until
            .map_or(now, |busy_until| busy_until.max(now));
        let waiting_bytes = (starts_at - now).as_secs_f64() * rate_bps as f64 / 8.0;
        // Half a byte of tolerance for times that are whole nanoseconds.
        if waiting_bytes + len as f64 > self.config.queue_bytes as f64 + 0.5 {
            return None;
        }
        let leaves_at =
            starts_at + Duration::from_secs_f64(len as f64 * 8.0 / rate_bps.max(1) as f64);
        self.busy_until = Some(leaves_at);
        Some(leaves_at)
    }

    /// Gilbert's model: nothing gets through a burst, everything does between bursts. Mean burst
    /// length and mean loss fix both its probabilities.
    fn is_lost(&mut self, dice: &Dice) -> bool {
        let LinkConfig { loss, burst, .. } = self.config;
        if burst <= 1.0 || loss >= 1.0 {
            return dice.loss < loss;
        }
        self.in_burst = match self.in_burst {
            true => dice.burst >= 1.0 / burst,
            false => dice.burst < loss / (1.0 - loss) / burst,
        };
        self.in_burst
    }

    fn arrival(&mut self, sent_at: Instant, dice: &Dice) -> Instant {
        let at = sent_at + self.config.delay + self.config.jitter.mul_f64(dice.jitter);
        let at = self.last_arrival.map_or(at, |last| last.max(at));
        if dice.reorder < self.config.reorder {
            return at + self.config.reorder_by;
        }
        self.last_arrival = Some(at);
        at
    }

    fn launch(&mut self, at: Instant, packet: Vec<u8>) {
        if self.in_flight.len() >= MAX_PACKETS_IN_FLIGHT {
            self.stats.overflowed += 1;
            return;
        }
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
