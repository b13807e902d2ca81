//! What became of a link's packets.
//!
//! Invariant: counters only grow.

use std::ops::AddAssign;
use std::time::Duration;

/// What became of the packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkStats {
    /// Given to the link.
    pub pushed: u64,
    /// Their bytes.
    pub pushed_bytes: u64,
    /// Dropped because the queue was full.
    pub overflowed: u64,
    /// Lost at random, or to a cut.
    pub lost: u64,
    /// Delivered twice.
    pub duplicated: u64,
    /// Taken out of the link, copies included.
    pub delivered: u64,
    /// Their bytes.
    pub delivered_bytes: u64,
    /// Have passed the rate limit, be it to be lost behind it.
    pub passed: u64,
    /// How long these took together, from being sent until they had passed.
    pub queued: Duration,
    /// The longest any took.
    pub queued_most: Duration,
}

impl LinkStats {
    pub(super) fn note_queued(&mut self, time: Duration) {
        self.passed += 1;
        self.queued += time;
        self.queued_most = self.queued_most.max(time);
    }

    /// How long a packet took on average to pass the rate limit, its own passing included.
    #[must_use]
    pub fn queued_mean(&self) -> Duration {
        self.queued.div_f64(self.passed.max(1) as f64)
    }
}

impl AddAssign for LinkStats {
    fn add_assign(&mut self, other: Self) {
        self.pushed += other.pushed;
        self.pushed_bytes += other.pushed_bytes;
        self.overflowed += other.overflowed;
        self.lost += other.lost;
        self.duplicated += other.duplicated;
        self.delivered += other.delivered;
        self.delivered_bytes += other.delivered_bytes;
        self.passed += other.passed;
        self.queued += other.queued;
        self.queued_most = self.queued_most.max(other.queued_most);
    }
}
