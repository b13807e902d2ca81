//! Median, 99th percentile, maximum.
//!
//! Invariant: of the values themselves; nothing is interpolated.

use serde::{Deserialize, Serialize};

/// How values are spread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Half of them are below.
    pub p50: f64,
    /// 99 of 100 are below.
    pub p99: f64,
    /// The worst.
    pub max: f64,
}

impl Spread {
    /// Of these values; all zero when there are none.
    #[must_use]
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_unstable_by(f64::total_cmp);
        Self {
            p50: sorted_quantile(&values, 0.5),
            p99: sorted_quantile(&values, 0.99),
            max: sorted_quantile(&values, 1.0),
        }
    }

    /// With three decimals.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self {
            p50: round(self.p50),
            p99: round(self.p99),
            max: round(self.max),
        }
    }
}

/// The value that this share of all values does not exceed; 0 when there are none.
#[must_use]
pub fn quantile(mut values: Vec<f64>, quantile: f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    sorted_quantile(&values, quantile)
}

fn sorted_quantile(values: &[f64], quantile: f64) -> f64 {
    let index = (values.len() as f64 * quantile).ceil() as usize;
    values.get(index.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// Reports are for people: three decimals, which also read back as what they were.
#[must_use]
pub fn round(value: f64) -> f64 {
    (value * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_of_the_values_themselves() {
        let check = |values: Vec<f64>, p50, p99, max| {
            assert_eq!(Spread::of(values), Spread { p50, p99, max });
        };
        check(
            (1..=200).rev().map(f64::from).collect(),
            100.0,
            198.0,
            200.0,
        );
        check(vec![1.0, 2.0, 3.0], 2.0, 3.0, 3.0);
        check(vec![3.0], 3.0, 3.0, 3.0);
        check(vec![], 0.0, 0.0, 0.0);
        assert_eq!(quantile(vec![4.0, 1.0, 3.0, 2.0], 0.75), 3.0);
    }
}
