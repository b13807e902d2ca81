//! The queue that does not go away: the least delay of the last second above the least delay ever
//! seen lately. A trend sees a queue only while it grows; two senders that share a link can keep one
//! full between them for ever (RFC 8289 §3.2 on standing queues).
//!
//! Invariant: a path that has become longer for good is taken for a queue only for as long as
//! [`PATIENCE`] reactions to it change nothing.

/// A path's own delay is the least of this time and as much before it.
const BASE_US: u64 = 30_000_000;
/// The least of so long stands.
const BUCKET_US: u64 = 250_000;
const BUCKETS: usize = 4;
/// A queue of less is nobody's harm.
const TOLERATED_US: i64 = 60_000;
/// Reactions without effect after which it was no queue of ours.
const PATIENCE: u32 = 5;

/// Least delays, on the difference of two clocks.
#[derive(Debug)]
pub struct Standing {
    base_us: [i64; 2],
    base_since_us: u64,
    recent_us: [i64; BUCKETS],
    /// The bucket under way, counted from the clock's start.
    bucket: u64,
    /// Buckets since the last reaction.
    filled: usize,
    reactions: u32,
    first_us: i64,
}

const NEVER: i64 = i64::MAX;

impl Default for Standing {
    fn default() -> Self {
        Self {
            base_us: [NEVER; 2],
            base_since_us: 0,
            recent_us: [NEVER; BUCKETS],
            bucket: 0,
            filled: 0,
            reactions: 0,
            first_us: 0,
        }
    }
}

impl Standing {
    /// Takes a packet's delay; `now_us` is when that became known.
    pub fn on_packet(&mut self, now_us: u64, delay_us: i64) {
        if now_us >= self.base_since_us + BASE_US {
            self.base_since_us = now_us;
            self.base_us = [NEVER, self.base_us[0]];
        }
        self.base_us[0] = self.base_us[0].min(delay_us);
        let bucket = now_us / BUCKET_US;
        if bucket != self.bucket {
            self.bucket = bucket;
            self.filled = (self.filled + 1).min(BUCKETS);
            self.recent_us.rotate_right(1);
            self.recent_us[0] = NEVER;
        }
        self.recent_us[0] = self.recent_us[0].min(delay_us);
    }

    /// How long packets wait at least, in microseconds.
    pub fn queue_us(&self) -> i64 {
        let least = |of: &[i64]| of.iter().copied().min().unwrap_or(NEVER);
        let (recent, base) = (least(&self.recent_us), least(&self.base_us));
        if recent == NEVER || base == NEVER {
            return 0;
        }
        recent.saturating_sub(base)
    }

    /// Whether more waits than should.
    pub fn is_standing(&self) -> bool {
        self.queue_us() > TOLERATED_US
    }

    /// Whether something must be done about that, each second once.
    pub fn poll(&mut self) -> bool {
        let queue_us = self.queue_us();
        if queue_us <= TOLERATED_US {
            self.reactions = 0;
            return false;
        }
        if self.filled < BUCKETS {
            return false;
        }
        self.filled = 0;
        if self.reactions == 0 {
            self.first_us = queue_us;
        }
        self.reactions += 1;
        if self.reactions > PATIENCE {
            self.reactions = 0;
            if 5 * queue_us > 4 * self.first_us {
                let longer = self.recent_us.iter().copied().min().unwrap_or(NEVER);
                self.base_us = [longer, longer];
                return false;
            }
        }
        true
    }

    /// Forgets a path whose clock has jumped.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}
