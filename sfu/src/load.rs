//! How busy a worker is, and how patient that makes it.
//!
//! An idle worker sends each packet at once: waiting would save work that nobody needs. A busy one
//! waits for the rest of a picture, since a send of six packets costs little more than of one.
//!
//! Invariant: patience is never longer than [`PATIENCE`], and of an idle worker it is zero.

use std::time::{Duration, Instant};

/// How long the first packet of a picture waits for the last: browsers send most pictures within
/// 0.3 ms, and nine tenths within 1.3.
const PATIENCE: Duration = Duration::from_millis(1);
/// Share of the time from which a worker is busy, in percent.
const BUSY_PERCENT: u32 = 10;
/// Time over which the share is taken.
const WINDOW: Duration = Duration::from_millis(100);

/// The share of one worker's time that goes into work.
#[derive(Debug)]
pub struct Load {
    window_began: Instant,
    working_since: Instant,
    worked: Duration,
    is_busy: bool,
}

impl Load {
    /// Of a worker that starts now.
    pub const fn new(now: Instant) -> Self {
        Self {
            window_began: now,
            working_since: now,
            worked: Duration::ZERO,
            is_busy: false,
        }
    }

    /// The worker may have to wait for work; how patient it is until it has some.
    pub fn pause(&mut self, now: Instant) -> Duration {
        self.worked += now.saturating_duration_since(self.working_since);
        let window = now.saturating_duration_since(self.window_began);
        if window >= WINDOW {
            self.is_busy = self.worked >= window * BUSY_PERCENT / 100;
            self.window_began = now;
            self.worked = Duration::ZERO;
        }
        if self.is_busy {
            PATIENCE
        } else {
            Duration::ZERO
        }
    }

    /// It has waited.
    pub const fn go_on(&mut self, now: Instant) {
        self.working_since = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The patience of a worker that works so long of every millisecond.
    fn check(load: &mut Load, now: &mut Instant, work_us: u64, expected: Duration) {
        let mut patience = None;
        for _ in 0..250 {
            *now += Duration::from_micros(work_us);
            patience = Some(load.pause(*now));
            *now += Duration::from_micros(1_000 - work_us);
            load.go_on(*now);
        }
        assert_eq!(patience, Some(expected), "{work_us} of 1,000 us");
    }

    #[test]
    fn patience_comes_and_goes_with_the_load() {
        let mut now = Instant::now();
        let mut load = Load::new(now);
        for (work_us, expected) in [
            (0, Duration::ZERO),
            (80, Duration::ZERO),
            (120, PATIENCE),
            (1_000, PATIENCE),
            (50, Duration::ZERO),
        ] {
            check(&mut load, &mut now, work_us, expected);
        }
    }

    #[test]
    fn a_long_sleep_is_no_load() {
        let now = Instant::now();
        let mut load = Load::new(now);
        load.pause(now);
        let later = now + Duration::from_secs(60);
        load.go_on(later);
        assert_eq!(load.pause(later + Duration::from_millis(1)), Duration::ZERO);
    }
}
