//! How much arrives: bytes acknowledged over the last half second of the receiver's clock.
//!
//! Invariant: a fixed number of buckets; time that runs backwards adds to the newest, a jump
//! forward empties all.

const BUCKET_US: i64 = 50_000;
const BUCKETS: usize = 10;
/// Less than this of a window says nothing.
const MIN_WINDOW_US: i64 = 200_000;

/// The window.
#[derive(Debug, Default)]
pub struct Throughput {
    /// Bytes by bucket, modulo their number.
    bytes: [u32; BUCKETS],
    /// The newest bucket and the oldest that counts.
    newest: i64,
    first: i64,
    last_arrival_us: i64,
    is_begun: bool,
}

impl Throughput {
    /// Takes an arrival.
    pub fn on_arrival(&mut self, arrived_us: i64, bytes: u32) {
        let bucket = arrived_us.div_euclid(BUCKET_US);
        let ahead = bucket - self.newest;
        if !self.is_begun || !(-(BUCKETS as i64)..=2 * BUCKETS as i64).contains(&ahead) {
            *self = Self {
                newest: bucket,
                first: bucket,
                last_arrival_us: arrived_us,
                is_begun: true,
                ..Self::default()
            };
        }
        for passed in self.newest + 1..=bucket {
            self.bytes[place(passed)] = 0;
        }
        self.newest = self.newest.max(bucket);
        self.first = self.first.max(self.newest + 1 - BUCKETS as i64);
        let counted = &mut self.bytes[place(bucket.max(self.first))];
        *counted = counted.saturating_add(bytes);
        self.last_arrival_us = self.last_arrival_us.max(arrived_us);
    }

    /// Bits per second, once the window is long enough.
    pub fn bps(&self) -> Option<f64> {
        let window_us = self.last_arrival_us - self.first * BUCKET_US;
        if !self.is_begun || window_us < MIN_WINDOW_US {
            return None;
        }
        let buckets = self.first..=self.newest;
        let bytes: u64 = buckets.map(|b| u64::from(self.bytes[place(b)])).sum();
        Some(bytes as f64 * 8e6 / window_us as f64)
    }

    /// Forgets a path that has changed.
    pub fn reset(&mut self) {
        *self = Self::default();
    }
}

const fn place(bucket: i64) -> usize {
    bucket.rem_euclid(BUCKETS as i64) as usize
}
