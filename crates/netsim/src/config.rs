//! How a link treats packets, and which numbers make no link.
//!
//! Invariant: a configuration that [`LinkConfig::validate`] accepts can be met: its mean loss is
//! reachable with its bursts, and every time and size is bounded.

use std::time::Duration;

/// The longest that delay, jitter or a queue may take.
pub const MAX_TIME: Duration = Duration::from_secs(60);
/// The most bytes a queue may hold, and a packet's overhead may have.
pub const MAX_QUEUE_BYTES: usize = 64 * 1024 * 1024;
/// The highest rate; more is as good as none.
pub const MAX_RATE_BPS: u64 = 1_000_000_000_000;
/// The longest mean burst, in packets.
pub const MAX_BURST: f64 = 1e6;

/// How a link treats packets. The default is a perfect one.
///
/// A packet meets, in this order: a cut, the queue before the rate limit, loss, delay with its
/// jitter, reordering, and duplication.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkConfig {
    /// The line is gone: what is sent is lost, and so is what waits. What is past the rate limit
    /// still arrives. A line that only stands still is `rate_bps: Some(0)`.
    pub cut: bool,
    /// Mean share of packets lost, 0–1.
    pub loss: f64,
    /// Mean length of a burst, in packets; 1 or less means that losses are independent.
    ///
    /// With bursts, the link is a Gilbert–Elliott chain: it is either in a burst or between two.
    pub burst: f64,
    /// Share of packets lost in a burst, 0–1; at 1 the chain is Gilbert's, and `burst` is the mean
    /// number of packets lost in a row.
    pub burst_loss: f64,
    /// Share of packets lost between bursts, 0–1.
    pub base_loss: f64,
    /// Time every packet takes.
    pub delay: Duration,
    /// Each packet takes up to so much longer, evenly spread; order is kept.
    pub jitter: Duration,
    /// Share of packets that fall behind those sent after them, 0–1.
    pub reorder: f64,
    /// How much longer these take.
    pub reorder_by: Duration,
    /// Share of packets that arrive twice, 0–1.
    pub duplicate: f64,
    /// Bits per second that pass; `None` is no limit, 0 lets everything wait.
    pub rate_bps: Option<u64>,
    /// Bytes that may wait to pass; a packet that finds no room is dropped.
    pub queue_bytes: usize,
    /// How long a packet may have to wait, at the present rate, before it begins to pass; one that
    /// would have to wait longer is dropped. At rate 0 only `queue_bytes` counts.
    pub queue_time: Option<Duration>,
    /// Bytes that each packet takes of rate and queue beside its own: 28 for IPv4 and UDP.
    pub overhead_bytes: usize,
}

/// Why a configuration makes no link.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ConfigError {
    /// Shares are 0–1, not percent.
    #[error("{name} = {value} is not a share between 0 and 1")]
    NotAShare {
        /// The setting.
        name: &'static str,
        /// What it was.
        value: f64,
    },
    /// Negative, not a number, or above the bound.
    #[error("{name} = {value} is not between 0 and {most}")]
    OutOfRange {
        /// The setting.
        name: &'static str,
        /// What it was.
        value: f64,
        /// The highest it may be.
        most: f64,
    },
    /// The mean lies between what is lost in and between bursts.
    #[error("with bursts, base_loss <= loss < burst_loss must hold, or all three be 1")]
    MeanOutsideStates,
    /// Bursts would have to follow each other without a packet between them.
    #[error("bursts of {burst} packets can reach a loss of at most {most:.3}, not {loss}")]
    Unreachable {
        /// The wanted mean length.
        burst: f64,
        /// The wanted mean.
        loss: f64,
        /// What is possible.
        most: f64,
    },
    /// Two settings exclude each other.
    #[error("unlimited = true and rate_kbps exclude each other")]
    TwoRates,
}

impl LinkConfig {
    /// Loses nothing and takes no time.
    pub const PERFECT: Self = Self {
        cut: false,
        loss: 0.0,
        burst: 1.0,
        burst_loss: 1.0,
        base_loss: 0.0,
        delay: Duration::ZERO,
        jitter: Duration::ZERO,
        reorder: 0.0,
        reorder_by: Duration::from_millis(20),
        duplicate: 0.0,
        rate_bps: None,
        queue_bytes: 64 * 1024,
        queue_time: None,
        overhead_bytes: 0,
    };

    /// Lets nothing through.
    pub const CUT: Self = Self {
        cut: true,
        ..Self::PERFECT
    };

    /// Whether a link can be like this.
    ///
    /// # Errors
    /// [`ConfigError`] names the setting.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let shares = [
            ("loss", self.loss),
            ("burst_loss", self.burst_loss),
            ("base_loss", self.base_loss),
            ("reorder", self.reorder),
            ("duplicate", self.duplicate),
        ];
        for (name, value) in shares {
            if !(0.0..=1.0).contains(&value) {
                return Err(ConfigError::NotAShare { name, value });
            }
        }
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let most_ms = ms(MAX_TIME);
        let bounded = [
            ("burst", self.burst, MAX_BURST),
            ("delay_ms", ms(self.delay), most_ms),
            ("jitter_ms", ms(self.jitter), most_ms),
            ("reorder_by_ms", ms(self.reorder_by), most_ms),
            ("queue_ms", ms(self.queue_time.unwrap_or_default()), most_ms),
            (
                "rate_kbps",
                self.rate_bps.unwrap_or(0) as f64 / 1e3,
                MAX_RATE_BPS as f64 / 1e3,
            ),
            (
                "queue_bytes",
                self.queue_bytes as f64,
                MAX_QUEUE_BYTES as f64,
            ),
            (
                "overhead_bytes",
                self.overhead_bytes as f64,
                MAX_QUEUE_BYTES as f64,
            ),
        ];
        for (name, value, most) in bounded {
            if !(0.0..=most).contains(&value) {
                return Err(ConfigError::OutOfRange { name, value, most });
            }
        }
        self.validate_bursts()
    }

    fn validate_bursts(&self) -> Result<(), ConfigError> {
        let (burst, loss) = (self.burst, self.loss);
        if burst <= 1.0 || loss >= 1.0 {
            return Ok(());
        }
        if !(self.base_loss <= loss && loss < self.burst_loss) {
            return Err(ConfigError::MeanOutsideStates);
        }
        // The chain leaves a burst with 1 / burst and may begin the next with at most 1.
        let most_in_bursts = burst / (burst + 1.0);
        if self.share_in_bursts() > most_in_bursts {
            let most = self.base_loss + most_in_bursts * (self.burst_loss - self.base_loss);
            return Err(ConfigError::Unreachable { burst, loss, most });
        }
        Ok(())
    }

    /// Share of packets that are sent during a burst, so that the mean loss comes out.
    pub(crate) fn share_in_bursts(&self) -> f64 {
        (self.loss - self.base_loss) / (self.burst_loss - self.base_loss)
    }
}

impl Default for LinkConfig {
    fn default() -> Self {
        Self::PERFECT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_link_can_be_is_named() {
        let perfect = LinkConfig::PERFECT;
        let minute = MAX_TIME + Duration::from_millis(1);
        #[rustfmt::skip]
        let table = [
            (LinkConfig { loss: 5.0, ..perfect }, "loss = 5 is not a share"),
            (LinkConfig { loss: f64::NAN, ..perfect }, "loss = NaN"),
            (LinkConfig { reorder: -0.1, ..perfect }, "reorder = -0.1"),
            (LinkConfig { delay: minute, ..perfect }, "delay_ms = 60001"),
            (LinkConfig { queue_bytes: MAX_QUEUE_BYTES + 1, ..perfect }, "queue_bytes"),
            (LinkConfig { rate_bps: Some(MAX_RATE_BPS + 1_000), ..perfect }, "rate_kbps"),
            (LinkConfig { burst: f64::INFINITY, ..perfect }, "burst = inf"),
            (LinkConfig { loss: 0.5, burst: 3.0, burst_loss: 0.4, ..perfect }, "base_loss <= loss"),
            (LinkConfig { loss: 0.1, burst: 3.0, base_loss: 0.2, ..perfect }, "base_loss <= loss"),
            (LinkConfig { loss: 0.9, burst: 3.0, ..perfect }, "at most 0.750, not 0.9"),
        ];
        for (config, expected) in table {
            let text = config.validate().expect_err(expected).to_string();
            assert!(text.contains(expected), "{expected:?} in {text:?}");
        }
    }

    #[test]
    fn the_edges_are_links() {
        let all = LinkConfig {
            loss: 0.75,
            burst: 3.0,
            delay: MAX_TIME,
            jitter: MAX_TIME,
            reorder: 1.0,
            duplicate: 1.0,
            rate_bps: Some(0),
            queue_bytes: MAX_QUEUE_BYTES,
            queue_time: Some(MAX_TIME),
            ..LinkConfig::PERFECT
        };
        for config in [all, LinkConfig::PERFECT, LinkConfig::CUT] {
            assert_eq!(config.validate(), Ok(()));
        }
    }
}
