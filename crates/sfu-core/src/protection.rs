//! How many earlier packets go with each packet of a voice to one receiver (RFC 2198).
//!
//! Repeating what was lost takes a round trip, and the question and the answer may be lost too; what
//! goes along anyway is there at once. It costs as much as the voice itself, so it is for lines that
//! lose much and are not full: what is lost on those goes up with what is sent.
//!
//! Invariant: pure; between where it begins and where it ends there is room, so that it does not
//! flicker.

use crate::bounds::MAX_REDUNDANCY;

/// Loss at which the first and the second earlier packet begin to go along, and at which they end.
const BEGINS_AT: [f64; MAX_REDUNDANCY] = [0.03, 0.07];
const ENDS_BELOW: [f64; MAX_REDUNDANCY] = [0.015, 0.04];
/// What one earlier packet with each costs, in bits per second: a voice without its headers.
pub const REDUNDANCY_BPS: u64 = 32_000;
/// Earlier packets are at most one in so many of what the line carries.
const LINE_SHARE: u64 = 4;

/// How many are to go along now that there were `before`: `loss` is the share of packets that do
/// not arrive, `estimate_bps` what the line carries.
pub fn redundancy(before: usize, loss: f64, estimate_bps: u64) -> usize {
    let is_wanted = |count: &usize| {
        let at = if *count <= before {
            ENDS_BELOW[count - 1]
        } else {
            BEGINS_AT[count - 1]
        };
        loss >= at
    };
    let fits = |count: &usize| *count as u64 * REDUNDANCY_BPS * LINE_SHARE <= estimate_bps;
    (1..=MAX_REDUNDANCY)
        .take_while(|count| is_wanted(count) && fits(count))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_follows_the_loss_and_does_not_flicker() {
        for (loss, from) in [
            (0.0, [0, 0, 0]),
            (0.014, [0, 0, 0]),
            (0.015, [0, 1, 1]),
            (0.029, [0, 1, 1]),
            (0.03, [1, 1, 1]),
            (0.039, [1, 1, 1]),
            (0.04, [1, 1, 2]),
            (0.069, [1, 1, 2]),
            (0.07, [2, 2, 2]),
            (0.5, [2, 2, 2]),
        ] {
            let now = [0, 1, 2].map(|before| redundancy(before, loss, 1_000_000));
            assert_eq!(now, from, "{loss}");
        }
    }

    #[test]
    fn a_full_line_carries_none() {
        for (estimate_bps, most) in [
            (64_000, 0),
            (127_999, 0),
            (128_000, 1),
            (255_999, 1),
            (256_000, 2),
        ] {
            for before in 0..=MAX_REDUNDANCY {
                let now = redundancy(before, 0.2, estimate_bps);
                assert_eq!(now, most, "{estimate_bps} bit/s, before {before}");
            }
        }
    }
}
