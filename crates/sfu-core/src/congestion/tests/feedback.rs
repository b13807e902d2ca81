//! Feedback as networks and receivers may make it: lost, late, twice, or made up.

use super::path::{Media, Path};
use crate::bounds::{
    MAX_ESTIMATE_BPS, MAX_PROBE_CREDIT, MIN_ESTIMATE_BPS, PROBE_BYTES_PER_S, START_ESTIMATE_BPS,
};
use crate::congestion::Reason;
use homeroom_netsim::LinkConfig;
use homeroom_rtp::rtcp::write_transport_feedback;
use std::time::Duration;

const RATE: u64 = 1_000_000;

fn link() -> LinkConfig {
    LinkConfig {
        delay: Duration::from_millis(25),
        rate_bps: Some(RATE),
        ..LinkConfig::PERFECT
    }
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn feedback_that_is_lost_late_or_doubled_does_no_harm() {
    let back = LinkConfig {
        delay: Duration::from_millis(25),
        ..LinkConfig::PERFECT
    };
    let reorder_by = Duration::from_millis(150);
    for back in [
        LinkConfig { loss: 0.3, ..back },
        LinkConfig {
            reorder: 0.2,
            reorder_by,
            ..back
        },
        LinkConfig {
            duplicate: 0.5,
            ..back
        },
    ] {
        for seed in 1..4 {
            let mut path = Path::new(seed, link(), &[Media::Follow]);
            path.set_back(back);
            path.run(secs(40));
            let mean = path.flows[0].mean(10, 40) / RATE as f64;
            println!("{back:?}: {mean:.2}");
            assert!((0.7..=1.1).contains(&mean), "{mean} of {back:?}");
        }
    }
}

#[test]
fn packets_that_overtake_each_other_do_no_harm() {
    let config = LinkConfig {
        reorder: 0.05,
        ..link()
    };
    let mut path = Path::new(1, config, &[Media::Follow]);
    path.run(secs(40));
    let mean = path.flows[0].mean(10, 40) / RATE as f64;
    assert!((0.8..=1.1).contains(&mean), "{mean}");
}

#[test]
fn silence_lowers_it_and_an_end_of_silence_is_noticed() {
    let mut path = Path::new(1, link(), &[Media::Follow]);
    path.run(secs(10));
    path.set_back(LinkConfig::CUT);
    path.run(secs(10));
    let estimate = path.flows[0].congestion.estimate();
    assert_eq!(estimate.reason, Reason::Silence);
    assert!(estimate.bitrate_bps < RATE / 4, "{estimate:?}");
    path.set_back(LinkConfig::PERFECT);
    path.run(secs(5));
    let estimate = path.flows[0].congestion.estimate();
    assert!(estimate.bitrate_bps > RATE * 8 / 10, "{estimate:?}");
}

#[test]
fn who_is_sent_nothing_is_not_silent() {
    let mut path = Path::new(1, link(), &[Media::Follow]);
    path.run(secs(10));
    path.flows[0].congestion.set_wanted(0);
    path.flows[0].media = Media::None;
    path.set_back(LinkConfig::CUT);
    let before = path.flows[0].congestion.estimate().bitrate_bps;
    path.run(secs(20));
    let after = path.flows[0].congestion.estimate().bitrate_bps;
    assert!(after >= before / 3, "at most once: {before}, {after}");
}

/// What a receiver claims about each number, given the number and the time in microseconds.
type Claim = fn(u16, u64) -> Option<u64>;

/// Whatever a receiver claims, it gets no more padding than the bound and the estimate stays within
/// its own.
#[test]
fn no_claim_makes_us_send_more_than_the_bounds() {
    let claims: [(&str, Claim); 8] = [
        ("all at once", |_, now| Some(now)),
        ("before it was sent", |n, now| {
            Some(now.saturating_sub(1_000_000) + u64::from(n))
        }),
        ("all at one moment", |_, _| Some(5_000_000)),
        ("nothing", |_, _| None),
        ("every other", |n, now| (n % 2 == 0).then_some(now)),
        ("backwards", |n, _| {
            Some(90_000_000 - 300 * u64::from(n % 9_000))
        }),
        ("far ahead", |n, now| {
            Some(now + 7_000_000 * u64::from(n % 2))
        }),
        ("congested and free in turn", |n, now| {
            let slow = now / 3_000_000 % 2;
            Some(now + slow * 2_000 * u64::from(n % 1_000))
        }),
    ];
    for (name, claim) in claims {
        for media in [Media::None, Media::Voice, Media::Follow] {
            let mut path = Path::new(
                1,
                LinkConfig {
                    rate_bps: None,
                    ..link()
                },
                &[media],
            );
            // Its true feedback never comes.
            path.set_back(LinkConfig::CUT);
            path.flows[0].congestion.set_wanted(u64::MAX);
            let mut next = 0_u16;
            for _ in 0..1_200 {
                path.run(Duration::from_millis(50));
                let now_us = path.elapsed().as_micros() as u64;
                let end = path.flows[0].congestion.stamp().expect("started").number;
                lie(&mut path, next, end, now_us, claim);
                next = end;
                let estimate = path.flows[0].congestion.estimate().bitrate_bps;
                let bounds = MIN_ESTIMATE_BPS..=MAX_ESTIMATE_BPS;
                assert!(bounds.contains(&estimate), "{name}: {estimate}");
            }
            let padding = path.flows[0].padding as u64;
            let most = u64::from(MAX_PROBE_CREDIT) + 60 * u64::from(PROBE_BYTES_PER_S);
            println!(
                "{name}, {media:?}: {padding} of {most} bytes, {:?}",
                path.flows[0].congestion.estimate()
            );
            assert!(padding <= most, "{name}, {media:?}: {padding} of {most}");
        }
    }
}

fn lie(path: &mut Path, from: u16, to: u16, now_us: u64, claim: Claim) {
    let count = to.wrapping_sub(from);
    if count == 0 {
        return;
    }
    let packets = (0..count).map(|i| {
        let number = from.wrapping_add(i);
        (number, claim(number, now_us))
    });
    let mut buffer = vec![0; 4_000];
    let written = write_transport_feedback(&mut buffer, 1, 2, 0, packets);
    let now = path.now();
    path.flows[0].take_feedback(now, &buffer[..written.len]);
}

#[test]
fn what_was_never_sent_or_is_long_gone_is_ignored() {
    let mut path = Path::new(1, link(), &[Media::Voice]);
    path.flows[0].congestion.set_wanted(0);
    // Three minutes of voice: the numbers of the first are forgotten.
    path.set_back(LinkConfig::CUT);
    path.run(secs(180));
    let end = path.flows[0].congestion.stamp().expect("started").number;
    let before = path.flows[0].congestion.estimate();
    assert_eq!(before.bitrate_bps, START_ESTIMATE_BPS);
    for from in [
        end,
        end.wrapping_add(1_000),
        0,
        end.wrapping_sub(2_000),
        end.wrapping_add(40_000),
    ] {
        for _ in 0..50 {
            lie(
                &mut path,
                from,
                from.wrapping_add(900),
                10_000_000,
                |_, now| Some(now),
            );
        }
    }
    assert_eq!(path.flows[0].congestion.estimate(), before);
}

#[test]
fn a_clock_that_jumps_is_another_clock() {
    let mut path = Path::new(1, link(), &[Media::Follow]);
    path.run(secs(10));
    for jump in [1_u64 << 36, 0, 1 << 38, 3] {
        path.set_back(LinkConfig::CUT);
        let from = path.flows[0].congestion.stamp().expect("started").number;
        path.run(Duration::from_millis(100));
        let to = path.flows[0].congestion.stamp().expect("started").number;
        lie(&mut path, from, to, jump, |n, jump| {
            Some(jump + u64::from(n))
        });
        path.set_back(LinkConfig::PERFECT);
        path.run(secs(5));
        let estimate = path.flows[0].congestion.estimate();
        assert!(estimate.bitrate_bps > RATE / 2, "{estimate:?} after {jump}");
    }
}
