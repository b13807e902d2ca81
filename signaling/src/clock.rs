//! The server's time: Unix milliseconds that never step back.
//!
//! Invariant: two readings differ by the time that passed, whatever happens to the system's clock;
//! so no lesson gains or loses minutes when the clock is set.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clock; copies agree.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    started: Instant,
    started_ms: u64,
}

impl Clock {
    /// Reads the system's clock once.
    #[must_use]
    pub fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        Self {
            started: Instant::now(),
            started_ms: to_ms(since_epoch.unwrap_or_default()),
        }
    }

    /// Milliseconds since the Unix epoch (UTC).
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.started_ms + to_ms(self.started.elapsed())
    }
}

fn to_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
