//! Some settings of a link and no others, as text names them: what a trace's step and a command to
//! the proxy say.
//!
//! Invariant: a key nobody knows is an error, never ignored; what is not named stays as it was.

use serde::{Deserialize, Serialize};
use std::time::Duration;

use crate::{ConfigError, LinkConfig};

/// A change of some settings. Each is explained at its field of [`LinkConfig`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LinkChange {
    /// Whether the line is gone.
    pub cut: Option<bool>,
    /// Mean share of packets lost.
    pub loss: Option<f64>,
    /// Mean length of a burst, in packets.
    pub burst: Option<f64>,
    /// Share lost in a burst.
    pub burst_loss: Option<f64>,
    /// Share lost between bursts.
    pub base_loss: Option<f64>,
    /// Delay.
    pub delay_ms: Option<f64>,
    /// Jitter.
    pub jitter_ms: Option<f64>,
    /// Share of packets that fall behind.
    pub reorder: Option<f64>,
    /// By how much.
    pub reorder_by_ms: Option<f64>,
    /// Share of packets that arrive twice.
    pub duplicate: Option<f64>,
    /// Rate in 1,000 bits per second; 0 lets everything wait.
    pub rate_kbps: Option<f64>,
    /// `true` takes the limit of the rate away.
    pub unlimited: Option<bool>,
    /// Bytes that may wait.
    pub queue_bytes: Option<usize>,
    /// How long a packet may have to wait.
    pub queue_ms: Option<f64>,
    /// Bytes beside each packet's own.
    pub overhead_bytes: Option<usize>,
}

impl LinkChange {
    /// The configuration `before`, changed.
    ///
    /// # Errors
    /// [`ConfigError`] when the result makes no link.
    pub fn apply(&self, before: LinkConfig) -> Result<LinkConfig, ConfigError> {
        let queue_time = optional_ms("queue_ms", self.queue_ms)?;
        let after = LinkConfig {
            cut: self.cut.unwrap_or(before.cut),
            loss: self.loss.unwrap_or(before.loss),
            burst: self.burst.unwrap_or(before.burst),
            burst_loss: self.burst_loss.unwrap_or(before.burst_loss),
            base_loss: self.base_loss.unwrap_or(before.base_loss),
            delay: optional_ms("delay_ms", self.delay_ms)?.unwrap_or(before.delay),
            jitter: optional_ms("jitter_ms", self.jitter_ms)?.unwrap_or(before.jitter),
            reorder: self.reorder.unwrap_or(before.reorder),
            reorder_by: optional_ms("reorder_by_ms", self.reorder_by_ms)?
                .unwrap_or(before.reorder_by),
            duplicate: self.duplicate.unwrap_or(before.duplicate),
            rate_bps: self.rate_after(before.rate_bps)?,
            queue_bytes: self.queue_bytes.unwrap_or(before.queue_bytes),
            queue_time: queue_time.or(before.queue_time),
            overhead_bytes: self.overhead_bytes.unwrap_or(before.overhead_bytes),
        };
        after.validate()?;
        Ok(after)
    }

    fn rate_after(&self, before: Option<u64>) -> Result<Option<u64>, ConfigError> {
        let unlimited = self.unlimited == Some(true);
        match self.rate_kbps {
            Some(_) if unlimited => Err(ConfigError::TwoRates),
            Some(kbps) => {
                let most = crate::config::MAX_RATE_BPS as f64 / 1e3;
                check("rate_kbps", kbps, most)?;
                Ok(Some((kbps * 1e3).round() as u64))
            }
            None if unlimited => Ok(None),
            None => Ok(before),
        }
    }
}

fn optional_ms(name: &'static str, ms: Option<f64>) -> Result<Option<Duration>, ConfigError> {
    let Some(ms) = ms else { return Ok(None) };
    check(name, ms, crate::config::MAX_TIME.as_secs_f64() * 1e3)?;
    Ok(Some(Duration::from_secs_f64(ms / 1e3)))
}

/// Before the number becomes one that cannot be negative.
fn check(name: &'static str, value: f64, most: f64) -> Result<(), ConfigError> {
    if (0.0..=most).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::OutOfRange { name, value, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(json: &str) -> LinkChange {
        serde_json::from_str(json).expect("a change")
    }

    #[test]
    fn only_what_is_named_changes() {
        let before = LinkConfig {
            loss: 0.1,
            rate_bps: Some(1_000),
            queue_time: Some(Duration::from_secs(1)),
            ..LinkConfig::PERFECT
        };
        let table = [
            ("{}", before),
            (
                r#"{"rate_kbps":250.5,"queue_ms":300}"#,
                LinkConfig {
                    rate_bps: Some(250_500),
                    queue_time: Some(Duration::from_millis(300)),
                    ..before
                },
            ),
            (
                r#"{"unlimited":true,"delay_ms":0.5}"#,
                LinkConfig {
                    rate_bps: None,
                    delay: Duration::from_micros(500),
                    ..before
                },
            ),
            (
                r#"{"cut":true}"#,
                LinkConfig {
                    cut: true,
                    ..before
                },
            ),
        ];
        for (json, after) in table {
            assert_eq!(change(json).apply(before), Ok(after), "{json}");
        }
    }

    #[test]
    fn mistakes_are_named() {
        let table = [
            (r#"{"rate_kbps":-1}"#, "rate_kbps = -1"),
            (r#"{"delay_ms":-5}"#, "delay_ms = -5"),
            (r#"{"loss":20}"#, "loss = 20 is not a share"),
            (r#"{"rate_kbps":1,"unlimited":true}"#, "exclude"),
        ];
        for (json, expected) in table {
            let error = change(json).apply(LinkConfig::PERFECT);
            let text = error.expect_err("is a mistake").to_string();
            assert!(text.contains(expected), "{expected:?} in {text:?}");
        }
        let unknown = serde_json::from_str::<LinkChange>(r#"{"rate":250}"#);
        let text = unknown.expect_err("no such key").to_string();
        assert!(text.contains("unknown field `rate`"), "{text}");
    }
}
