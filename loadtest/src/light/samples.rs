//! What the sampled packets of all light bots say: how long they were on their way, and how large
//! the pictures are.
//!
//! Invariant: shared by many, held for a moment each time; nothing waits while holding it.

use hdrhistogram::Histogram;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Figures of one span of time.
#[derive(Debug, Clone)]
pub struct Sampled {
    /// From a microphone's packet to its arrival, microseconds.
    pub voice_us: Histogram<u32>,
    /// From a camera's frame to the arrival of its last packet, microseconds.
    pub picture_us: Histogram<u32>,
    /// Sampled pictures by the layer they are from, the smallest first.
    pub layers: [u64; 3],
}

impl Default for Sampled {
    fn default() -> Self {
        let histogram = || {
            Histogram::new_with_bounds(1, 60_000_000, 2)
                .expect("one microsecond to one minute is a histogram")
        };
        Self {
            voice_us: histogram(),
            picture_us: histogram(),
            layers: [0; 3],
        }
    }
}

impl Sampled {
    /// Adds the figures of another span.
    pub fn add(&mut self, other: &Self) {
        // They are made alike, so they add.
        let _ = self.voice_us.add(&other.voice_us);
        let _ = self.picture_us.add(&other.picture_us);
        for (sum, more) in self.layers.iter_mut().zip(other.layers) {
            *sum += more;
        }
    }
}

/// Where the samples of all bots come together.
#[derive(Debug, Default)]
pub struct Samples(Mutex<Sampled>);

impl Samples {
    pub(super) fn voice(&self, delay: Duration) {
        self.with(|sampled| sampled.voice_us.saturating_record(micros(delay)));
    }

    pub(super) fn picture(&self, delay: Duration, layer: u8) {
        self.with(|sampled| {
            sampled.picture_us.saturating_record(micros(delay));
            if let Some(count) = sampled.layers.get_mut(usize::from(layer)) {
                *count += 1;
            }
        });
    }

    /// What came together since the last time.
    #[must_use]
    pub fn take(&self) -> Sampled {
        self.with(std::mem::take)
    }

    fn with<T>(&self, act: impl FnOnce(&mut Sampled) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn micros(delay: Duration) -> u64 {
    u64::try_from(delay.as_micros()).unwrap_or(u64::MAX).max(1)
}
