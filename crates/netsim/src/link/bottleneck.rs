//! The narrowest place of a path: a drop-tail queue, and a rate at which its first packet passes.
//!
//! Invariant: a change of the rate holds from its moment for what already waits, as it does for a
//! modem's queue: a packet that is half through passes its other half at the new rate.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::luck::Dice;
use crate::LinkConfig;

/// A packet in the queue, with what has been decided about it.
#[derive(Debug)]
pub(super) struct Waiting {
    /// When it came.
    pub since: Instant,
    pub dice: Dice,
    /// It takes its share of the rate all the same: it is lost behind the bottleneck.
    pub is_lost: bool,
    /// With its overhead.
    pub takes_bytes: usize,
    pub packet: Vec<u8>,
}

#[derive(Debug)]
pub(super) struct Bottleneck {
    rate_bps: Option<u64>,
    /// The first one is passing.
    waiting: VecDeque<Waiting>,
    /// Of all that wait, the first one's included.
    waiting_bytes: usize,
    /// How much of the first one had passed at `as_of`.
    passed_bits: f64,
    as_of: Instant,
}

impl Bottleneck {
    pub fn new(now: Instant, rate_bps: Option<u64>) -> Self {
        Self {
            rate_bps,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            passed_bits: 0.0,
            as_of: now,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether the packet fits behind those that wait.
    pub fn has_room(&self, now: Instant, packet: &Waiting, config: &LinkConfig) -> bool {
        if self.rate_bps.is_none() {
            return true;
        }
        // Half a byte and half a microsecond of tolerance for times that are whole nanoseconds.
        let bytes = self.backlog_bits(now) / 8.0 + packet.takes_bytes as f64;
        if bytes > config.queue_bytes as f64 + 0.5 {
            return false;
        }
        match (config.queue_time, self.delay(now)) {
            (Some(most), Some(delay)) => delay <= most + Duration::from_nanos(500),
            (None, _) | (_, None) => true,
        }
    }

    pub fn push(&mut self, now: Instant, packet: Waiting) {
        if self.is_empty() {
            self.passed_bits = 0.0;
            self.as_of = now;
        }
        self.waiting_bytes += packet.takes_bytes;
        self.waiting.push_back(packet);
    }

    /// When the first packet has passed; `None` if there is none, or nothing passes.
    pub fn leaves_at(&self) -> Option<Instant> {
        let first = self.waiting.front()?;
        let left_bits = first.takes_bytes as f64 * 8.0 - self.passed_bits;
        Some(self.as_of + self.time_for(left_bits)?)
    }

    /// The first packet, if it has passed by `now`, and when it had.
    pub fn pop(&mut self, now: Instant) -> Option<(Instant, Waiting)> {
        let at = self.leaves_at().filter(|at| *at <= now)?;
        let packet = self.waiting.pop_front()?;
        self.waiting_bytes -= packet.takes_bytes;
        self.passed_bits = 0.0;
        self.as_of = at;
        Some((at, packet))
    }

    pub fn set_rate(&mut self, now: Instant, rate_bps: Option<u64>) {
        self.passed_bits = self.passed_bits(now);
        self.as_of = now;
        self.rate_bps = rate_bps;
    }

    pub fn clear(&mut self) -> VecDeque<Waiting> {
        self.waiting_bytes = 0;
        self.passed_bits = 0.0;
        std::mem::take(&mut self.waiting)
    }

    /// How long what waits takes to pass; `None` for ever.
    pub fn delay(&self, now: Instant) -> Option<Duration> {
        self.time_for(self.backlog_bits(now))
    }

    fn backlog_bits(&self, now: Instant) -> f64 {
        (self.waiting_bytes as f64 * 8.0 - self.passed_bits(now)).max(0.0)
    }

    fn passed_bits(&self, now: Instant) -> f64 {
        let Some(first) = self.waiting.front() else {
            return 0.0;
        };
        let all = first.takes_bytes as f64 * 8.0;
        let Some(rate_bps) = self.rate_bps else {
            return all;
        };
        let since = now.duration_since(self.as_of).as_secs_f64();
        (self.passed_bits + since * rate_bps as f64).min(all)
    }

    fn time_for(&self, bits: f64) -> Option<Duration> {
        match self.rate_bps {
            None => Some(Duration::ZERO),
            _ if bits <= 0.0 => Some(Duration::ZERO),
            Some(0) => None,
            // A packet of the largest size at 1 bit/s: a week, which any clock can hold.
            Some(rate_bps) => Some(Duration::from_secs_f64(bits / rate_bps as f64)),
        }
    }
}
