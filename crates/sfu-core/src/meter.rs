//! How many bits per second a stream takes.
//!
//! A camera is judged by its peak, a shared screen, which is a burst now and then, by its mean.
//!
//! Invariant: pure; the peak rises at once and falls slowly, and what is silent keeps the one it had,
//! so that a pause is not taken for cheapness; the mean counts silence as such.

use std::time::{Duration, Instant};

/// Time over which bytes are counted together: several groups of frames.
const WINDOW: Duration = Duration::from_secs(1);
/// A window that took longer had a pause in it and says nothing.
const LONGEST_WINDOW: Duration = Duration::from_secs(2);

/// What is less than before is believed by this part a second: encoders begin low after a pause, and
/// pictures move again.
const MEMORY: u64 = 32;

/// Seconds that a mean is about.
const MEAN_OF: u64 = 8;
/// After so long nothing is left of what was before.
const LONGEST_SILENCE_S: u64 = 60;

/// The count of one stream.
#[derive(Debug, Default)]
pub struct Meter {
    began_at: Option<Instant>,
    bytes: u64,
    bps: Option<u64>,
    mean_bps: Option<u64>,
}

impl Meter {
    /// Counts what came.
    pub fn note(&mut self, now: Instant, bytes: usize) {
        let began_at = *self.began_at.get_or_insert(now);
        let elapsed = now.saturating_duration_since(began_at);
        if elapsed >= WINDOW {
            if elapsed < LONGEST_WINDOW {
                let bps = 8_000_000 * self.bytes / elapsed.as_micros() as u64;
                let before = self.bps.unwrap_or(0);
                self.bps = Some(bps.max(before - before / MEMORY));
            }
            self.mean_bps = self.mean_at(now);
            self.began_at = Some(now);
            self.bytes = 0;
        }
        self.bytes += bytes as u64;
    }

    /// Bits per second over the last seconds, the last of them counting most.
    pub fn mean_at(&self, now: Instant) -> Option<u64> {
        let elapsed = now.saturating_duration_since(self.began_at?);
        if elapsed < WINDOW {
            return self.mean_bps;
        }
        let bps = 8_000_000 * self.bytes / elapsed.as_micros() as u64;
        let Some(mean) = self.mean_bps else {
            // One burst at the start is not what goes on.
            return Some(bps / 2);
        };
        let seconds = elapsed.as_secs().min(LONGEST_SILENCE_S);
        Some((0..seconds).fold(mean, |mean, _| (MEAN_OF * mean - mean + bps) / MEAN_OF))
    }

    /// Bits per second lately, once known.
    pub const fn bps(&self) -> Option<u64> {
        self.bps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What it says after so many packets of 125 bytes, ten milliseconds apart.
    fn after(meter: &mut Meter, start: Instant, packets: u32, bytes: usize) -> Option<u64> {
        for packet in 0..packets {
            meter.note(start + Duration::from_millis(10) * packet, bytes);
        }
        meter.bps()
    }

    #[test]
    fn it_rises_at_once_falls_slowly_and_outlasts_a_pause() {
        let start = Instant::now();
        let mut meter = Meter::default();
        assert_eq!(after(&mut meter, start, 100, 125), None);
        assert_eq!(after(&mut meter, start + WINDOW, 101, 125), Some(100_000));
        let later = start + 20 * WINDOW;
        assert_eq!(after(&mut meter, later, 100, 12), Some(100_000), "a pause");
        assert_eq!(after(&mut meter, later + WINDOW, 1, 12), Some(96_875));
        let bps = after(&mut meter, later + WINDOW, 101, 1_250);
        assert_eq!(bps, Some(1_000_096));
    }

    #[test]
    fn a_burst_now_and_then_is_cheap_in_the_mean() {
        let start = Instant::now();
        let at = |s: u64| start + Duration::from_secs(s);
        let mut meter = Meter::default();
        assert_eq!(meter.mean_at(at(9)), None);
        for second in (0..120).step_by(20) {
            after(&mut meter, at(second), 50, 1_200);
            let burst = meter.mean_at(at(second + 1)).expect("a second");
            assert!((30_000..=240_000).contains(&burst), "{burst}");
        }
        let between = meter.mean_at(at(119)).expect("long known");
        assert!((10_000..=30_000).contains(&between), "{between}");
        assert!(meter.mean_at(at(300)) < Some(4_000), "silence");
    }
}
