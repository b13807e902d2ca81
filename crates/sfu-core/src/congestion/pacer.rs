//! How many bytes may leave to a receiver now: a bucket that the estimate fills.
//!
//! Invariant: at most [`PACE_BURST`] is saved up; what must not wait (audio) leaves anyway and is
//! owed, at most for [`PACE_DEBT`].

use crate::bounds::{PACE_BURST, PACE_DEBT};

/// A queue of ours must drain faster than the estimate, or a key frame would wait for ever.
const FACTOR: f64 = 1.5;
/// A slide drains for seconds, and so long the line must not be full.
const SLIDE_FACTOR: f64 = 0.9;

/// The bucket.
#[derive(Debug, Default)]
pub struct Pacer {
    /// Negative when owed.
    bytes: f64,
    filled_us: Option<u64>,
    /// All that had been sent at that time.
    sent_before: u64,
}

impl Pacer {
    /// Bytes that may leave now, of a receiver to whom `sent` bytes have gone in all.
    pub fn budget(&mut self, now_us: u64, estimate_bps: f64, is_slide: bool, sent: u64) -> usize {
        let factor = if is_slide { SLIDE_FACTOR } else { FACTOR };
        let per_us = factor * estimate_bps / 8e6;
        let most = per_us * PACE_BURST.as_micros() as f64;
        let least = per_us * PACE_DEBT.as_micros() as f64;
        let elapsed_us = now_us - self.filled_us.replace(now_us).unwrap_or(now_us);
        let spent = (sent - self.sent_before) as f64;
        self.sent_before = sent;
        self.bytes = (self.bytes - spent + per_us * elapsed_us as f64).clamp(-least, most);
        self.bytes.max(0.0) as usize
    }
}
