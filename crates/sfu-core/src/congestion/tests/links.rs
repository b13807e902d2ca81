//! What the estimate does on links of many kinds, each with several seeds. `--nocapture` prints the
//! figures.

use super::path::{Flow, Media, Path};
use homeroom_netsim::LinkConfig;
use std::time::Duration;

const SEEDS: std::ops::Range<u64> = 1..6;

fn link(rate_bps: u64) -> LinkConfig {
    LinkConfig {
        delay: Duration::from_millis(25),
        rate_bps: Some(rate_bps),
        ..LinkConfig::PERFECT
    }
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Shares of a link's rate.
#[derive(Debug)]
struct Figures {
    mean: f64,
    least: f64,
    waits: Duration,
    reached: Option<Duration>,
}

/// What the first of the flows made of 40 s, after 10.
fn figures(flow: &Flow, rate_bps: u64) -> Figures {
    let rate = rate_bps as f64;
    Figures {
        mean: flow.mean(10, 40) / rate,
        least: flow.least(10, 40) / rate,
        waits: flow.queued(10, 0.99),
        reached: flow.reached(Duration::ZERO, 0.85 * rate),
    }
}

/// Runs media that follows the estimate for 40 s over a link, and judges each run.
#[track_caller]
fn check(name: &str, config: LinkConfig, media: Media, is_good: impl Fn(&Figures) -> bool) {
    for seed in SEEDS {
        // Links without chance differ in their length.
        let delay = config.delay + Duration::from_millis(5 * (seed % 8));
        let mut path = Path::new(10 * seed, LinkConfig { delay, ..config }, &[media]);
        path.run(secs(40));
        let figures = figures(&path.flows[0], config.rate_bps.expect("a limited link"));
        println!("{name}, seed {seed}: {figures:.2?}");
        assert!(is_good(&figures), "{name}, seed {seed}: {figures:?}");
    }
}

#[test]
fn it_converges_to_what_the_link_carries() {
    for (rate, within) in [(250_000, 2), (1_000_000, 2), (2_500_000, 3)] {
        check(&format!("{rate} bit/s"), link(rate), Media::Follow, |f| {
            (0.85..=1.0).contains(&f.mean)
                && f.least >= 0.8
                && f.reached.is_some_and(|at| at <= secs(within))
                && f.waits < Duration::from_millis(220)
        });
    }
}

#[test]
fn a_lesson_fits_into_64_kilobits() {
    check("64 kbit/s", link(64_000), Media::Follow, |f| {
        (0.8..=1.0).contains(&f.mean)
    });
}

#[test]
fn loss_that_does_not_depend_on_the_rate_does_not_lower_it() {
    for loss in [0.05, 0.1, 0.2] {
        let config = LinkConfig {
            loss,
            ..link(1_000_000)
        };
        check(&format!("loss {loss}"), config, Media::Follow, |f| {
            (0.8..=1.05).contains(&f.mean) && f.waits < Duration::from_millis(250)
        });
    }
}

#[test]
fn loss_in_bursts_and_heavy_loss_leave_most_of_it() {
    for (loss, burst) in [(0.1, 3.0), (0.3, 1.0)] {
        let config = LinkConfig {
            loss,
            burst,
            ..link(1_000_000)
        };
        check(
            &format!("loss {loss}/{burst}"),
            config,
            Media::Follow,
            |f| (0.7..=1.1).contains(&f.mean),
        );
    }
}

#[test]
fn loss_that_depends_on_the_rate_limits_it() {
    // A queue of 48 ms, which no delay can tell from jitter.
    let config = LinkConfig {
        queue_bytes: 6_000,
        ..link(1_000_000)
    };
    check("a short queue", config, Media::Follow, |f| {
        (0.8..=1.25).contains(&f.mean)
    });
}

#[test]
fn jitter_does_not_collapse_it() {
    for rate in [250_000, 1_000_000] {
        let config = LinkConfig {
            jitter: Duration::from_millis(30),
            ..link(rate)
        };
        check(&format!("jitter at {rate}"), config, Media::Follow, |f| {
            (0.8..=1.05).contains(&f.mean) && f.least > 0.6
        });
    }
}

#[test]
fn who_is_sent_less_than_fits_knows_what_fits() {
    for media in [Media::None, Media::Voice, Media::Fixed(300_000)] {
        check(&format!("{media:?}"), link(1_000_000), media, |f| {
            (0.85..=1.1).contains(&f.mean) && f.reached.is_some_and(|at| at <= secs(2))
        });
    }
}

/// IMC'21's shape: how long from the link's return to 90 % of it, and what was left meanwhile.
#[test]
fn it_is_back_within_five_seconds_of_the_link() {
    for media in [Media::Follow, Media::Voice, Media::None] {
        for seed in SEEDS {
            let config = LinkConfig {
                jitter: Duration::from_millis(3 * (seed % 5)),
                loss: 0.01 * (seed % 5) as f64,
                ..link(2_000_000)
            };
            let mut path = Path::new(seed, config, &[media]);
            path.run(secs(10));
            path.set_rate(250_000);
            path.run(secs(30));
            let squeezed = path.flows[0].mean(35, 40) / 250_000.0;
            path.set_rate(2_000_000);
            path.run(secs(20));
            let back = path.flows[0].reached(secs(40), 1_800_000.0);
            println!("{media:?}, seed {seed}: {squeezed:.2}, back after {back:?}");
            assert!((0.8..=1.3).contains(&squeezed), "{media:?}: {squeezed}");
            assert!(back.is_some_and(|t| t <= secs(5)), "{media:?}: {back:?}");
        }
    }
}

#[test]
fn two_who_share_a_link_share_it() {
    for seed in SEEDS {
        let flows = [Media::Follow, Media::Follow];
        let mut path = Path::new(seed, link(2_000_000), &flows);
        path.flows[1].from = secs(10) + Duration::from_millis(517 * seed);
        path.run(secs(100));
        let shares = [0, 1].map(|i| path.flows[i].mean(40, 100) / 2_000_000.0);
        let waits = path.flows[0].queued(40, 0.5);
        println!("seed {seed}: {shares:.2?}, waits {waits:?}");
        let ratio = shares[0] / shares[1];
        assert!((0.5..=2.0).contains(&ratio), "{shares:?}");
        let both = shares[0] + shares[1];
        assert!((0.8..=1.15).contains(&both), "{both}");
        assert!(waits < Duration::from_millis(200), "{waits:?}");
    }
}
