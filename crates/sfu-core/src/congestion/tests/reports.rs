//! Receivers without transport-wide feedback, and the pacer's budget.

use crate::bounds::{MIN_ESTIMATE_BPS, PACE_BURST, START_ESTIMATE_BPS};
use crate::congestion::{Congestion, Reason};
use homeroom_rtp::rtcp::ReportBlock;
use std::time::{Duration, Instant};

const SSRC: u32 = 7;

/// A receiver that only reports, once a second; `lost` says how many of a second's packets went
/// missing, given the rate sent in bits per second.
fn run(seconds: u32, lost: impl Fn(f64, f64) -> f64) -> Congestion {
    let start = Instant::now();
    let mut congestion = Congestion::new(start, None);
    congestion.start(start);
    let (mut highest, mut missing) = (0_u32, 0.0);
    for second in 1..=seconds {
        // What may be sent, in packets of 1,000 bytes.
        let bps = congestion.estimate().bitrate_bps as f64;
        let packets = (bps / 8_000.0).ceil();
        for packet in 0..packets as u32 {
            let at = Duration::from_secs(second.into()) - Duration::from_secs(1);
            let at = at + Duration::from_secs(1) * packet / packets as u32;
            let now_us = congestion.micros(start + at);
            congestion.on_sent(now_us, 1_000, false);
        }
        highest += packets as u32;
        missing += lost(bps, packets);
        let block = ReportBlock {
            ssrc: SSRC,
            cumulative_lost: missing as i32,
            extended_highest_sequence: highest,
            ..ReportBlock::default()
        };
        congestion.on_report(start + Duration::from_secs(second.into()), &block);
    }
    congestion
}

#[test]
fn without_loss_it_grows() {
    let estimate = run(40, |_, _| 0.0).estimate();
    assert_eq!(estimate.reason, Reason::Growth);
    assert!(
        estimate.bitrate_bps > 4 * START_ESTIMATE_BPS,
        "{estimate:?}"
    );
}

#[test]
fn loss_that_is_the_same_at_any_rate_does_not_stop_it() {
    let estimate = run(60, |_, packets| 0.1 * packets).estimate();
    assert!(
        estimate.bitrate_bps > 2 * START_ESTIMATE_BPS,
        "{estimate:?}"
    );
}

#[test]
fn loss_of_what_does_not_fit_limits_it() {
    for link in [500_000.0, 1_000_000.0] {
        let overflow = |bps: f64, packets: f64| (1.0 - link / bps).max(0.0) * packets;
        let share = run(60, overflow).estimate().bitrate_bps as f64 / link;
        println!("{share:.2} of {link}");
        assert!((0.7..=1.3).contains(&share), "{share} of {link}");
    }
}

#[test]
fn a_receivers_own_limit_holds_while_it_is_fresh() {
    let start = Instant::now();
    let mut congestion = Congestion::new(start, None);
    congestion.on_remb(start, 200_000);
    let estimate = congestion.estimate();
    assert_eq!(
        (estimate.bitrate_bps, estimate.reason),
        (200_000, Reason::Remb)
    );
    congestion.on_remb(start, 0);
    assert_eq!(congestion.estimate().bitrate_bps, MIN_ESTIMATE_BPS);
    congestion.on_remb(start, u64::MAX);
    let estimate = congestion.estimate().bitrate_bps;
    assert!(estimate <= 2 * MIN_ESTIMATE_BPS, "in steps: {estimate}");
}

#[test]
fn the_budget_is_what_the_estimate_allows() {
    let start = Instant::now();
    let mut congestion = Congestion::new(start, None);
    let per_ms = 1.5 * START_ESTIMATE_BPS as f64 / 8_000.0;
    assert_eq!(
        congestion.budget(start, false),
        0,
        "nothing is saved up yet"
    );
    let at = |ms: u64| start + Duration::from_millis(ms);
    assert_eq!(congestion.budget(at(4), false), (4.0 * per_ms) as usize);
    // Idle for an hour: no more than the burst.
    let most = (PACE_BURST.as_millis() as f64 * per_ms) as usize;
    assert_eq!(congestion.budget(at(3_600_000), false), most);
    // A voice leaves anyway and is owed.
    congestion.on_sent(0, most + 100, false);
    assert_eq!(congestion.budget(at(3_600_000), false), 0);
    assert_eq!(
        congestion.budget(at(3_600_001), false),
        0,
        "100 bytes are owed"
    );
    // The burst is 562.5 bytes, of which half a byte was left.
    assert_eq!(
        congestion.budget(at(3_600_003), false),
        (3.0 * per_ms - 99.5) as usize
    );
}
