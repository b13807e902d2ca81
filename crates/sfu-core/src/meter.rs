//! How many bits per second a stream takes.
//!
//! Invariant: pure; what it says rises at once and falls slowly, and what is silent keeps what it
//! had, so that a pause is not taken for cheapness.

use std::time::{Duration, Instant};

/// Time over which bytes are counted together: several groups of frames.
const WINDOW: Duration = Duration::from_secs(1);
/// A window that took longer had a pause in it and says nothing.
const LONGEST_WINDOW: Duration = Duration::from_secs(2);

/// What is less than before is believed by this part a second: encoders begin low after a pause, and
/// pictures move again.
const MEMORY: u64 = 32;

/// The count of one stream.
#[derive(Debug, Default)]
pub struct Meter {
    began_at: Option<Instant>,
    bytes: u64,
    bps: Option<u64>,
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
            self.began_at = Some(now);
            self.bytes = 0;
        }
        self.bytes += bytes as u64;
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
}
