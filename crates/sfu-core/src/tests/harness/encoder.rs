//! How much a browser's encoder makes of a layer: as much as it may, but not from the start. When a
//! layer is turned on or off it begins all of them anew, with key frames, and takes seconds to find
//! its rate again (Chromium 156, VP8: 2.3 s to nine tenths).
//!
//! Invariant: pure; frames are never empty.

use std::time::{Duration, Instant};

/// Longest payload of a packet, about as browsers cut them.
const PACKET_BYTES: u64 = 1_100;
/// What it begins with, in percent of its rate, and when it has reached that.
const FIRST_PERCENT: u64 = 20;
const RAMP: Duration = Duration::from_millis(2_500);

/// The encoder of one layer.
#[derive(Debug, Clone, Copy)]
pub struct Encoder {
    pub bps: u64,
    pub begun_at: Instant,
}

impl Encoder {
    /// Packets of a frame, and the bytes of each.
    pub fn frame(&self, now: Instant, interval: Duration) -> (u8, usize) {
        let elapsed = now.saturating_duration_since(self.begun_at).min(RAMP);
        let more = (100 - FIRST_PERCENT) * elapsed.as_millis() as u64 / RAMP.as_millis() as u64;
        let bps = self.bps * (FIRST_PERCENT + more) / 100;
        let bytes = bps * interval.as_micros() as u64 / 8_000_000;
        let parts = bytes.div_ceil(PACKET_BYTES).max(1);
        (parts as u8, (bytes / parts) as usize)
    }
}
