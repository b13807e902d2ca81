//! Whether loss depends on our rate. A queue that overflows or a policer loses more the more is
//! sent; a weak radio loses the same share whatever is sent, and sending less would not help.
//!
//! The model is that of browsers' second loss-based estimator: below a bandwidth the path loses its
//! own, inherent share; above it also all that does not fit. It is fitted by least squares to the
//! last few seconds, and believed only where it explains them much better than inherent loss alone.
//! Where nothing distinguishes the two, because the rate did not vary, the rate is lowered once and
//! briefly to find out.
//!
//! Invariant: what is called inherent is at most [`MAX_INHERENT_LOSS`]; loss that stays the same at
//! different rates never lowers the rate.

use crate::bounds::MAX_INHERENT_LOSS;
use arrayvec::ArrayVec;

/// Observations that the model is fitted to: about 4 s.
const WINDOW: usize = 14;
/// An observation is at least so long and so many packets.
const MIN_SPAN_US: u64 = 250_000;
const MIN_PACKETS: f64 = 20.0;
/// How much better, in units of the noise's variance, a bandwidth must explain the losses to be
/// believed: more than three deviations, as the best of many bandwidths is taken. Below the other
/// bound nothing speaks for one.
const SIGNIFICANCE: f64 = 12.0;
const INSIGNIFICANCE: f64 = 4.0;
/// Bandwidths tried: each is this share of the one before.
const STEP: f64 = 0.97;
const STEPS: usize = 32;
/// Loss below this is none.
const NO_LOSS: f64 = 0.005;
/// Loss above the inherent that is not worth a reaction.
const MIN_LOSS: f64 = 0.03;
/// Rates that differ by so much tell inherent loss from congestion.
const MIN_VARIETY: f64 = 1.2;
/// Loss above what is known to be inherent that is worth finding out about.
const NEWS: f64 = 0.05;
/// Observations that the lowered rate is kept for.
const TEST_OBSERVATIONS: u32 = 3;

/// A fraction of a second.
#[derive(Debug, Clone, Copy)]
struct Observation {
    rate_bps: f64,
    packets: f64,
    loss: f64,
}

/// What explains the observations.
struct Model {
    error: f64,
    bandwidth_bps: f64,
    inherent: f64,
}

/// What a completed observation means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// Nothing new.
    Unchanged,
    /// We send more than this many bits per second, which is what fits.
    Congested(f64),
    /// Send less for a moment, to see whether loss depends on it.
    Test,
    /// It does not: go on as before.
    TestOver,
}

/// The model.
#[derive(Debug, Default)]
pub struct LossModel {
    window: ArrayVec<Observation, WINDOW>,
    inherent: f64,
    /// The observation under way.
    first_sent_us: Option<u64>,
    last_sent_us: u64,
    bytes: f64,
    packets: f64,
    lost: f64,
    testing: u32,
}

impl LossModel {
    /// The share that the path loses whatever we send, as far as is known.
    pub const fn inherent(&self) -> f64 {
        self.inherent
    }

    /// Takes one packet that is new, in the order of sending.
    pub fn on_packet(&mut self, sent_us: u64, bytes: u32, arrived: bool) {
        self.first_sent_us.get_or_insert(sent_us);
        self.last_sent_us = self.last_sent_us.max(sent_us);
        self.bytes += f64::from(bytes);
        self.packets += 1.0;
        self.lost += if arrived { 0.0 } else { 1.0 };
    }

    /// A packet reported lost has come after all.
    pub fn on_recovered(&mut self) {
        self.lost = (self.lost - 1.0).max(0.0);
    }

    /// Packets in between were not reported on: what was counted is no rate.
    pub fn on_gap(&mut self) {
        self.first_sent_us = None;
        (self.last_sent_us, self.bytes, self.packets, self.lost) = (0, 0.0, 0.0, 0.0);
    }

    /// A path that is known better than from what was seen on it so far.
    pub fn forget(&mut self) {
        self.window.clear();
        self.testing = 0;
    }

    /// Ends the observation under way if it is long enough, and says what follows.
    pub fn poll(&mut self) -> Verdict {
        let Some(first_us) = self.first_sent_us else {
            return Verdict::Unchanged;
        };
        let span_us = self.last_sent_us.saturating_sub(first_us);
        if span_us < MIN_SPAN_US || self.packets < MIN_PACKETS {
            return Verdict::Unchanged;
        }
        let (bps, packets, lost) = (self.bytes * 8e6 / span_us as f64, self.packets, self.lost);
        self.on_gap();
        self.observe(bps, packets, lost)
    }

    /// Takes a whole observation, from a receiver's report.
    pub fn observe(&mut self, rate_bps: f64, packets: f64, lost: f64) -> Verdict {
        if self.window.is_full() {
            self.window.remove(0);
        }
        let loss = (lost / packets).clamp(0.0, 1.0);
        self.window.push(Observation {
            rate_bps,
            packets,
            loss,
        });
        self.decide()
    }

    fn decide(&mut self) -> Verdict {
        let was_testing = self.testing > 0;
        self.testing = self.testing.saturating_sub(1);
        let is_over = was_testing && self.testing == 0;
        let mean = self.mean_loss();
        if mean < NO_LOSS {
            // Most paths, most of the time: there is nothing to explain.
            self.inherent = mean;
            return if is_over {
                Verdict::TestOver
            } else {
                Verdict::Unchanged
            };
        }
        let (inherent, plain_error) = self.fit(f64::INFINITY);
        let best = self.best();
        // Losses in bursts are noisier than chance; what the better model leaves says by how much.
        let noise = (best.error / (self.window.len() as f64 - 2.0).max(1.0)).max(1.0);
        let better = (plain_error - best.error) / noise;
        if better > SIGNIFICANCE && self.is_above(&best) {
            self.testing = 0;
            return Verdict::Congested(best.bandwidth_bps);
        }
        let is_told = self.variety() >= MIN_VARIETY && better < INSIGNIFICANCE;
        if is_over || is_told || mean < self.inherent {
            self.inherent = inherent;
        } else if self.testing == 0 && self.recent_loss() > self.inherent + NEWS {
            self.testing = TEST_OBSERVATIONS;
            return Verdict::Test;
        }
        if is_over {
            return Verdict::TestOver;
        }
        Verdict::Unchanged
    }

    /// The bandwidth that explains the losses best.
    fn best(&self) -> Model {
        let most_bps = self.window.iter().map(|o| o.rate_bps).fold(0.0, f64::max);
        let mut best = Model {
            error: f64::INFINITY,
            bandwidth_bps: most_bps,
            inherent: 0.0,
        };
        let mut bandwidth_bps = most_bps;
        for _ in 0..STEPS {
            bandwidth_bps *= STEP;
            let (inherent, error) = self.fit(bandwidth_bps);
            if error < best.error {
                best = Model {
                    error,
                    bandwidth_bps,
                    inherent,
                };
            }
        }
        best
    }

    /// Whether we send more than that now, and lose it.
    fn is_above(&self, model: &Model) -> bool {
        let last = self.window.last();
        last.is_some_and(|last| {
            last.rate_bps > model.bandwidth_bps && last.loss > model.inherent + MIN_LOSS
        })
    }

    /// The inherent loss that explains the window best if so much fits, and the squared error that
    /// is left, in units of the variance that chance alone gives.
    fn fit(&self, bandwidth_bps: f64) -> (f64, f64) {
        // loss = excess + inherent · (1 − excess), linear in the inherent share.
        let excess = |o: &Observation| (1.0 - bandwidth_bps / o.rate_bps).max(0.0);
        let (mut above, mut below) = (0.0, 0.0);
        for o in &self.window {
            let kept = 1.0 - excess(o);
            above += o.packets * (o.loss - excess(o)) * kept;
            below += o.packets * kept * kept;
        }
        let inherent = if below > 0.0 { above / below } else { 0.0 };
        let inherent = inherent.clamp(0.0, MAX_INHERENT_LOSS);
        let mean = self.mean_loss();
        let variance = (mean * (1.0 - mean)).max(0.02);
        let error = |o: &Observation| {
            let off = o.loss - excess(o) - inherent * (1.0 - excess(o));
            o.packets * off * off / variance
        };
        (inherent, self.window.iter().map(error).sum())
    }

    fn mean_loss(&self) -> f64 {
        mean(self.window.iter())
    }

    fn recent_loss(&self) -> f64 {
        mean(self.window.iter().rev().take(4))
    }

    fn variety(&self) -> f64 {
        let rates = self.window.iter().map(|o| o.rate_bps);
        let least = rates.clone().fold(f64::INFINITY, f64::min);
        rates.fold(0.0, f64::max) / least
    }
}

fn mean<'a>(of: impl Iterator<Item = &'a Observation>) -> f64 {
    let (lost, packets) = of.fold((0.0, 0.0), |(lost, packets), o| {
        (lost + o.loss * o.packets, packets + o.packets)
    });
    if packets > 0.0 { lost / packets } else { 0.0 }
}
