//! The one estimate, and everything that moves it: it grows until the path objects, falls below
//! what arrives when a queue grows (draft-ietf-rmcat-gcc-02 §5.5), and takes what a probe proved.
//!
//! Invariant: between [`MIN_ESTIMATE_BPS`] and [`MAX_ESTIMATE_BPS`] whatever a receiver reports;
//! without arrivals that prove more, it does not grow.

use super::probe::Proof;
use super::trend::Usage;
use crate::bounds::{MAX_ESTIMATE_BPS, MIN_ESTIMATE_BPS, START_ESTIMATE_BPS};

/// Why the estimate is what it is: what moved it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reason {
    /// Nothing is known yet.
    #[default]
    Start,
    /// Nothing objects: it grows.
    Growth,
    /// A queue grew on the way.
    Delay,
    /// Loss depends on our rate.
    Loss,
    /// A probe showed that so much fits.
    Probe,
    /// What is sent is not reported on any more.
    Silence,
    /// The receiver's own limit (REMB).
    Remb,
}

/// What may be sent to a receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Bits per second of whole datagrams, without IP and UDP headers.
    pub bitrate_bps: u64,
    /// What moved it last.
    pub reason: Reason,
}

/// What arrives when a queue grows, times this, lets the queue drain.
const DECREASE: f64 = 0.85;
/// Of what is sent more than this share comes where the queue is somebody else's.
const COMES: f64 = 0.7;
/// A long queue is drained with no less than this.
const LEAST: f64 = 0.3;
/// A queue of less is drained.
const DRAINED_S: f64 = 0.04;
/// Nothing grows while more than this waits.
const TOLERATED_S: f64 = 0.05;
/// A probe that shows less than this share of the estimate contradicts it.
const LOW: f64 = 0.7;
/// Growth per second while no limit is known, and at most near one.
const GROWTH: f64 = 0.08;
/// Growth per second near the last known limit, in bits per second: the same for all who share a
/// link, so that they end up with equal shares.
const CAREFUL_GROWTH_BPS: f64 = 40_000.0;
/// Beyond this multiple of the known limit it no longer holds.
const LIMIT_HOLDS: f64 = 1.2;
/// No more is believed than this multiple of what arrives, and a little.
const PROVEN: f64 = 1.5;
const PROVEN_MORE_BPS: f64 = 10_000.0;
/// A decrease shows its effect after a round trip and a feedback.
const FEEDBACK_US: u64 = 100_000;

/// The estimate.
#[derive(Debug)]
pub struct Rate {
    bps: f64,
    reason: Reason,
    /// What fitted when a queue last grew.
    limit_bps: Option<f64>,
    updated_us: Option<u64>,
    decreased_us: Option<u64>,
    /// What it was before loss was put to the test.
    before_test_bps: Option<f64>,
    /// What to return to when a long queue is drained.
    drained_bps: Option<f64>,
    /// Probes in a row that showed much less.
    low_proofs: u32,
}

/// What a feedback says of the path.
#[derive(Debug, Clone, Copy)]
pub struct Signals {
    /// Whether a queue grows, or stands.
    pub usage: Usage,
    /// What would arrive without the path's own loss.
    pub arriving_bps: Option<f64>,
    /// About as much is sent as may be.
    pub is_filled: bool,
    /// Little is sent, of what may be.
    pub is_idle: bool,
    /// What is sent.
    pub sent_bps: f64,
    /// How long packets wait at least, in seconds.
    pub queue_s: f64,
    /// Round trip.
    pub round_trip_us: u64,
}

impl Default for Rate {
    fn default() -> Self {
        Self {
            bps: START_ESTIMATE_BPS as f64,
            reason: Reason::Start,
            limit_bps: None,
            updated_us: None,
            decreased_us: None,
            before_test_bps: None,
            drained_bps: None,
            low_proofs: 0,
        }
    }
}

impl Rate {
    /// The estimate.
    pub const fn estimate(&self) -> Estimate {
        Estimate {
            bitrate_bps: self.bps as u64,
            reason: self.reason,
        }
    }

    /// In bits per second.
    pub const fn bps(&self) -> f64 {
        self.bps
    }

    /// When it was last lowered.
    pub const fn decreased_us(&self) -> Option<u64> {
        self.decreased_us
    }

    /// Follows the path's delay.
    pub fn on_signals(&mut self, now_us: u64, signals: &Signals) {
        let elapsed_us = now_us - self.updated_us.replace(now_us).unwrap_or(now_us);
        match (signals.usage, signals.arriving_bps) {
            (Usage::Under, _) | (Usage::Normal, None) => {}
            (Usage::Normal, Some(arriving_bps)) => {
                self.restore(signals.queue_s);
                if signals.queue_s > TOLERATED_S {
                    return;
                }
                let elapsed_s = elapsed_us.min(1_000_000) as f64 / 1e6;
                self.grow(elapsed_s, arriving_bps, signals.is_filled);
            }
            (Usage::Over, _) => self.decrease(now_us, signals),
        }
    }

    fn decrease(&mut self, now_us: u64, signals: &Signals) {
        let again_us = signals.round_trip_us + FEEDBACK_US;
        if self.decreased_us.is_some_and(|at| now_us < at + again_us) {
            return;
        }
        let arriving_bps = signals.arriving_bps.unwrap_or(self.bps);
        // Who sends little, and all of it comes, sees a queue that is hardly of their making.
        if signals.is_idle && arriving_bps > COMES * signals.sent_bps {
            let lowered = DECREASE * arriving_bps.max(self.bps);
            self.lower(now_us, lowered, Reason::Delay);
            return;
        }
        self.limit_bps = Some(match self.limit_bps {
            Some(limit) if (limit / arriving_bps - 1.0).abs() < 0.25 => {
                0.7 * limit + 0.3 * arriving_bps
            }
            _ => arriving_bps,
        });
        // A long queue is drained in about a second, and then there is no need to stay so low.
        let drains = (1.0 - signals.queue_s).clamp(LEAST, DECREASE);
        self.lower(now_us, drains * arriving_bps, Reason::Delay);
        self.drained_bps = (drains < DECREASE).then_some(DECREASE * arriving_bps);
    }

    /// A long queue is gone: what arrived while it was there is what fits.
    fn restore(&mut self, queue_s: f64) {
        if queue_s < DRAINED_S
            && let Some(fits_bps) = self.drained_bps.take()
            && fits_bps > self.bps
        {
            self.set(fits_bps, Reason::Growth);
        }
    }

    fn grow(&mut self, elapsed_s: f64, arriving_bps: f64, is_filled: bool) {
        if self.before_test_bps.is_some() {
            return;
        }
        if self
            .limit_bps
            .is_some_and(|limit| arriving_bps > LIMIT_HOLDS * limit)
        {
            self.limit_bps = None;
        }
        let growth = GROWTH * self.bps;
        let growth = match self.limit_bps {
            Some(limit) if self.bps < LIMIT_HOLDS * limit => growth.min(CAREFUL_GROWTH_BPS),
            _ => growth,
        };
        let proven = PROVEN * arriving_bps + PROVEN_MORE_BPS;
        // What is not sent cannot show that a limit is gone.
        let proven = match self.limit_bps {
            Some(limit) if !is_filled => proven.min(limit),
            _ => proven,
        };
        if self.bps < proven {
            self.set((self.bps + growth * elapsed_s).min(proven), Reason::Growth);
        }
    }

    /// A probe has shown what fits. Twice in a row it is believed too when that is less: who is sent
    /// little would not notice otherwise.
    pub fn on_probe(&mut self, now_us: u64, proof: Proof, is_filled: bool) {
        // What is believed at the start is a guess, and one proof better.
        let is_guess = self.reason == Reason::Start;
        let is_low = (!is_filled || is_guess) && proof.is_limit && proof.bps < LOW * self.bps;
        if is_low && (is_guess || self.low_proofs > 0) {
            self.lower(now_us, proof.bps, Reason::Probe);
        }
        self.low_proofs = if is_low { self.low_proofs + 1 } else { 0 };
        if proof.bps > self.bps {
            self.before_test_bps = None;
            self.set(proof.bps, Reason::Probe);
        }
        if !is_filled && proof.is_limit && !is_low && proof.bps < self.bps {
            // Jitter errs both ways; the highest of many measures would be too high.
            self.set(0.8 * self.bps + 0.2 * proof.bps, Reason::Probe);
        }
        if !is_low {
            self.limit_bps = proof.is_limit.then_some(proof.bps);
        }
    }

    /// More is sent than fits.
    pub fn on_congestion(&mut self, now_us: u64, bandwidth_bps: f64) {
        self.limit_bps = Some(bandwidth_bps);
        if bandwidth_bps < self.bps {
            self.lower(now_us, bandwidth_bps, Reason::Loss);
        }
    }

    /// Lowers the rate until [`Rate::end_test`].
    pub fn begin_test(&mut self) {
        self.before_test_bps = Some(self.bps);
        self.set(0.8 * self.bps, Reason::Loss);
    }

    /// Loss did not depend on it.
    pub fn end_test(&mut self) {
        if let Some(before) = self.before_test_bps.take() {
            self.set(before.max(self.bps), Reason::Growth);
        }
    }

    /// Nothing is heard of what is sent.
    pub fn on_silence(&mut self, now_us: u64) {
        self.lower(now_us, 0.5 * self.bps, Reason::Silence);
    }

    /// Grows by a share, at most to `most_bps`: the only growth where no arrivals are known.
    pub fn grow_blindly(&mut self, share: f64, most_bps: f64) {
        if self.bps < most_bps {
            self.set((self.bps * (1.0 + share)).min(most_bps), Reason::Growth);
        }
    }

    /// The receiver's own limit.
    pub fn limit(&mut self, most_bps: f64) {
        if self.bps > most_bps {
            self.set(most_bps, Reason::Remb);
        }
    }

    fn lower(&mut self, now_us: u64, bps: f64, reason: Reason) {
        self.decreased_us = Some(now_us);
        self.before_test_bps = None;
        self.drained_bps = None;
        if bps < self.bps {
            self.set(bps, reason);
        }
    }

    fn set(&mut self, bps: f64, reason: Reason) {
        self.bps = bps.clamp(MIN_ESTIMATE_BPS as f64, MAX_ESTIMATE_BPS as f64);
        self.reason = reason;
    }
}
