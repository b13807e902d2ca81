//! Whether the queue on the way grows: a line through the last delays, and a threshold that learns
//! how much this path varies by itself (draft-ietf-rmcat-gcc-02 §5.3–5.4; the line replaces the
//! draft's Kalman filter, as in browsers).
//!
//! Invariant: a pure function of the variations it was given; nothing but + − × ÷, so that the same
//! feedback gives the same usage on every machine.

use super::groups::Variation;
use arrayvec::ArrayVec;

/// Groups that the line goes through.
const WINDOW: usize = 20;
/// Share of the past in the smoothed delay.
const SMOOTHING: f64 = 0.9;
/// Makes slopes comparable with milliseconds of delay.
const GAIN: f64 = 4.0;
/// A path that has been watched longer than so many groups is not trusted more.
const MAX_GROUPS: u32 = 60;
const FIRST_THRESHOLD_MS: f64 = 12.5;
const MIN_THRESHOLD_MS: f64 = 6.0;
const MAX_THRESHOLD_MS: f64 = 600.0;
/// How fast the threshold follows, per millisecond: slowly up, or it would follow a queue.
const FOLLOW_UP: f64 = 0.0087;
const FOLLOW_DOWN: f64 = 0.039;
/// A spike this far above the threshold teaches nothing.
const SPIKE_MS: f64 = 15.0;
const MAX_STEP_MS: f64 = 100.0;
/// Overuse must last so long.
const OVERUSE_MS: f64 = 10.0;

/// What a path's delay says of our rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Usage {
    /// Delay stays.
    #[default]
    Normal,
    /// A queue grows.
    Over,
    /// A queue drains.
    Under,
}

/// The line and its threshold.
#[derive(Debug)]
pub struct Trend {
    /// Arrival and smoothed delay of the last groups, in ms.
    points: ArrayVec<(f64, f64), WINDOW>,
    begun_us: Option<i64>,
    delay_ms: f64,
    smoothed_ms: f64,
    groups: u32,
    previous: f64,
    threshold_ms: f64,
    learned_at_ms: Option<f64>,
    over_for_ms: f64,
    over_groups: u32,
    usage: Usage,
    /// Mean size of a variation, in ms: how much this path jitters.
    jitter_ms: f64,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            points: ArrayVec::new(),
            begun_us: None,
            delay_ms: 0.0,
            smoothed_ms: 0.0,
            groups: 0,
            previous: 0.0,
            threshold_ms: FIRST_THRESHOLD_MS,
            learned_at_ms: None,
            over_for_ms: 0.0,
            over_groups: 0,
            usage: Usage::Normal,
            jitter_ms: 0.0,
        }
    }
}

impl Trend {
    /// What is known now.
    pub const fn usage(&self) -> Usage {
        self.usage
    }

    /// How much the path's delay varies from group to group, in ms.
    pub const fn jitter_ms(&self) -> f64 {
        self.jitter_ms
    }

    /// Takes the next group.
    pub fn on_variation(&mut self, variation: Variation) {
        let begun_us = *self.begun_us.get_or_insert(variation.arrived_us);
        let at_ms = (variation.arrived_us - begun_us) as f64 / 1_000.0;
        let delta_ms = variation.delay_us as f64 / 1_000.0;
        self.groups = (self.groups + 1).min(MAX_GROUPS);
        self.jitter_ms += (delta_ms.abs() - self.jitter_ms) / 32.0;
        self.delay_ms += delta_ms;
        self.smoothed_ms = SMOOTHING * self.smoothed_ms + (1.0 - SMOOTHING) * self.delay_ms;
        if self.points.is_full() {
            self.points.remove(0);
        }
        self.points.push((at_ms, self.smoothed_ms));
        let slope = if self.points.is_full() {
            slope(&self.points).unwrap_or(self.previous)
        } else {
            0.0
        };
        self.detect(slope, at_ms, variation.sent_us as f64 / 1_000.0);
    }

    fn detect(&mut self, slope: f64, at_ms: f64, sent_ms: f64) {
        let trend_ms = slope * f64::from(self.groups) * GAIN;
        if trend_ms > self.threshold_ms {
            // The first group counts half: overuse began somewhere in it.
            let share = if self.over_groups == 0 { 0.5 } else { 1.0 };
            self.over_for_ms += share * sent_ms;
            self.over_groups += 1;
            if self.over_for_ms > OVERUSE_MS && self.over_groups > 1 && slope >= self.previous {
                self.over_for_ms = 0.0;
                self.over_groups = 0;
                self.usage = Usage::Over;
            }
        } else {
            self.over_for_ms = 0.0;
            self.over_groups = 0;
            self.usage = if trend_ms < -self.threshold_ms {
                Usage::Under
            } else {
                Usage::Normal
            };
        }
        self.previous = slope;
        self.learn(trend_ms.abs(), at_ms);
    }

    fn learn(&mut self, trend_ms: f64, at_ms: f64) {
        let since_ms = at_ms - self.learned_at_ms.unwrap_or(at_ms);
        self.learned_at_ms = Some(at_ms);
        if trend_ms > self.threshold_ms + SPIKE_MS {
            return;
        }
        let speed = if trend_ms < self.threshold_ms {
            FOLLOW_DOWN
        } else {
            FOLLOW_UP
        };
        let step = speed * (trend_ms - self.threshold_ms) * since_ms.clamp(0.0, MAX_STEP_MS);
        self.threshold_ms = (self.threshold_ms + step).clamp(MIN_THRESHOLD_MS, MAX_THRESHOLD_MS);
    }
}

/// Least squares; `None` when all points are at one time.
fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let rise: f64 = points
        .iter()
        .map(|(x, y)| (x - mean_x) * (y - mean_y))
        .sum();
    let run: f64 = points
        .iter()
        .map(|(x, _)| (x - mean_x) * (x - mean_x))
        .sum();
    (run > 0.0).then(|| rise / run)
}
