//! Which share of what a receiver is sent does not arrive by itself, over the last few seconds.
//!
//! Invariant: between 0 and 1.

/// What one packet counts, once there were as many: two or three seconds of a voice.
const WEIGHT: f64 = 1.0 / 128.0;

/// The share.
#[derive(Debug, Default)]
pub struct LossShare {
    share: f64,
}

impl LossShare {
    /// Notes whether a packet arrived.
    pub fn on_packet(&mut self, arrived: bool) {
        let lost = if arrived { 0.0 } else { 1.0 };
        self.share += WEIGHT * (lost - self.share);
    }

    /// Takes a receiver's word for its last packets (RFC 3550 §6.4.1: in 256ths).
    pub fn on_report(&mut self, fraction_lost: u8) {
        self.share = (self.share + f64::from(fraction_lost) / 256.0) / 2.0;
    }

    /// The share.
    pub const fn share(&self) -> f64 {
        self.share
    }
}
