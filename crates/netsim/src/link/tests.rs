//! Each impairment does what its number says, over enough packets to measure; seeds repeat.

mod queue;
mod trace;

use super::*;

const PACKETS: u32 = 100_000;
const SEEDS: [u64; 3] = [1, 2, 3];
const MS: Duration = Duration::from_millis(1);

fn packet(number: u32) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn link(now: Instant, config: LinkConfig) -> Link {
    Link::new(now, 1, &config.into())
}

/// What arrives, and how long it took, when packets leave `every` so often.
fn run(seed: u64, config: LinkConfig, packets: u32, every: Duration) -> Vec<(u32, Duration)> {
    let start = Instant::now();
    let mut link = Link::new(start, seed, &config.into());
    let mut arrived = Vec::new();
    for number in 0..packets {
        let now = start + every * number;
        drain(&mut link, start, now, every, &mut arrived);
        link.push(now, packet(number));
    }
    drain(
        &mut link,
        start,
        start + every * packets + Duration::from_secs(3_600),
        every,
        &mut arrived,
    );
    arrived
}

fn drain(
    link: &mut Link,
    start: Instant,
    now: Instant,
    every: Duration,
    arrived: &mut Vec<(u32, Duration)>,
) {
    while let Some(at) = link.next_at().filter(|at| *at <= now) {
        // When only the queue moves on, nothing comes out.
        let Some(bytes) = link.pop(at) else { continue };
        let number = u32::from_be_bytes(bytes.try_into().expect("four bytes"));
        arrived.push((number, at - (start + every * number)));
    }
}

fn loss_of(arrived: &[(u32, Duration)]) -> f64 {
    1.0 - arrived.len() as f64 / f64::from(PACKETS)
}

/// Mean number of packets missing in a row.
fn mean_burst(arrived: &[(u32, Duration)]) -> f64 {
    let gaps: Vec<_> = arrived
        .windows(2)
        .map(|pair| pair[1].0 - pair[0].0 - 1)
        .filter(|gap| *gap > 0)
        .collect();
    f64::from(gaps.iter().sum::<u32>()) / gaps.len() as f64
}

#[test]
fn a_perfect_link_changes_nothing() {
    let arrived = run(1, LinkConfig::PERFECT, 1_000, MS);
    let expected: Vec<_> = (0..1_000).map(|number| (number, Duration::ZERO)).collect();
    assert_eq!(arrived, expected);
}

#[test]
fn a_cut_link_lets_nothing_through() {
    assert_eq!(run(1, LinkConfig::CUT, 1_000, MS), []);
}

#[test]
fn loss_is_met_within_a_third_of_a_point() {
    for seed in SEEDS {
        for loss in [0.01, 0.05, 0.2, 0.5] {
            let config = LinkConfig {
                loss,
                ..LinkConfig::PERFECT
            };
            let met = loss_of(&run(seed, config, PACKETS, MS));
            assert!(
                (met - loss).abs() < 0.003,
                "{met} instead of {loss}, seed {seed}"
            );
        }
    }
}

#[test]
fn bursts_have_their_length_and_keep_the_mean_loss() {
    for seed in SEEDS {
        for (loss, burst) in [(0.05, 3.0), (0.02, 5.0)] {
            let config = LinkConfig {
                loss,
                burst,
                ..LinkConfig::PERFECT
            };
            let arrived = run(seed, config, PACKETS, MS);
            let (met, length) = (loss_of(&arrived), mean_burst(&arrived));
            assert!(
                (met - loss).abs() < 0.005,
                "{met} instead of {loss}, seed {seed}"
            );
            assert!(
                (length - burst).abs() < 0.4,
                "bursts of {length} instead of {burst}, seed {seed}"
            );
        }
    }
}

#[test]
fn every_packet_takes_the_delay_and_at_most_the_jitter() {
    let config = LinkConfig {
        delay: 40 * MS,
        jitter: 10 * MS,
        ..LinkConfig::PERFECT
    };
    let arrived = run(1, config, PACKETS, 20 * MS);
    assert!(
        arrived
            .iter()
            .all(|(_, took)| (40 * MS..=50 * MS).contains(took))
    );
    let mean_ms = arrived
        .iter()
        .map(|(_, took)| took.as_secs_f64() * 1e3)
        .sum::<f64>()
        / f64::from(PACKETS);
    assert!((mean_ms - 45.0).abs() < 0.1, "mean {mean_ms} ms");
}

#[test]
fn jitter_alone_keeps_the_order() {
    let config = LinkConfig {
        delay: 40 * MS,
        jitter: 30 * MS,
        ..LinkConfig::PERFECT
    };
    assert!(run(1, config, 10_000, MS).is_sorted_by_key(|(number, _)| *number));
}

#[test]
fn reordering_delays_its_share() {
    let config = LinkConfig {
        reorder: 0.05,
        reorder_by: 5 * MS,
        ..LinkConfig::PERFECT
    };
    let arrived = run(1, config, PACKETS, MS);
    assert_eq!(arrived.len(), PACKETS as usize);
    let late =
        arrived.iter().filter(|(_, took)| *took == 5 * MS).count() as f64 / f64::from(PACKETS);
    assert!((late - 0.05).abs() < 0.003, "{late} instead of 0.05");
    assert!(
        arrived
            .iter()
            .all(|(_, took)| [Duration::ZERO, 5 * MS].contains(took))
    );
}

#[test]
fn duplication_repeats_its_share() {
    let config = LinkConfig {
        duplicate: 0.1,
        ..LinkConfig::PERFECT
    };
    let arrived = run(1, config, PACKETS, MS);
    let copies = arrived.len() as f64 / f64::from(PACKETS) - 1.0;
    assert!((copies - 0.1).abs() < 0.003, "{copies} instead of 0.1");
}

#[test]
fn a_narrow_link_passes_its_rate() {
    let start = Instant::now();
    let config = LinkConfig {
        rate_bps: Some(1_000_000),
        queue_bytes: 30_000,
        ..LinkConfig::PERFECT
    };
    let mut link = link(start, config);
    // Twice the rate for ten seconds.
    for number in 0..2_500 {
        link.push(
            start + Duration::from_micros(4_000) * number,
            vec![0; 1_000],
        );
    }
    let mut bytes = 0;
    while let Some(packet) = link.pop(start + Duration::from_secs(10)) {
        bytes += packet.len();
    }
    let rate_bps = bytes as f64 * 8.0 / 10.0;
    assert!((rate_bps - 1e6).abs() < 0.01 * 1e6, "{rate_bps} bit/s");
    let stats = link.stats();
    assert_eq!(stats.delivered, 1_250);
    assert!((1_220..=1_250).contains(&stats.overflowed), "{stats:?}");
}

#[test]
fn the_queue_holds_exactly_its_bytes() {
    let now = Instant::now();
    let config = LinkConfig {
        rate_bps: Some(8_000),
        queue_bytes: 3_000,
        ..LinkConfig::PERFECT
    };
    let mut link = link(now, config);
    for _ in 0..4 {
        link.push(now, vec![0; 1_000]);
    }
    assert_eq!(link.stats().overflowed, 1);
    // One second per packet of 1,000 bytes: the last one leaves after three.
    assert_eq!(
        (0..9)
            .map(|s| link.pop(now + Duration::from_secs(s)).is_some())
            .filter(|due| *due)
            .count(),
        3
    );
    assert_eq!(link.next_at(), None);
}

#[test]
fn packets_on_the_way_are_bounded() {
    let now = Instant::now();
    let mut link = link(
        now,
        LinkConfig {
            delay: MS,
            ..LinkConfig::PERFECT
        },
    );
    for _ in 0..MAX_PACKETS_IN_FLIGHT + 1 {
        link.push(now, Vec::new());
    }
    assert_eq!(link.stats().overflowed, 1);
}

const BAD: LinkConfig = LinkConfig {
    loss: 0.05,
    burst: 3.0,
    delay: Duration::from_millis(50),
    jitter: Duration::from_millis(30),
    reorder: 0.02,
    reorder_by: Duration::from_millis(15),
    duplicate: 0.01,
    rate_bps: Some(64_000),
    queue_bytes: 8_000,
    ..LinkConfig::PERFECT
};

#[test]
fn the_same_seed_gives_the_same_result() {
    let first = run(7, BAD, 10_000, MS);
    assert_eq!(first, run(7, BAD, 10_000, MS));
    assert_ne!(first, run(8, BAD, 10_000, MS));
}

#[test]
fn turning_one_impairment_leaves_the_others() {
    let arrived = |config| {
        run(7, config, 10_000, MS)
            .into_iter()
            .map(|(number, _)| number)
            .collect::<Vec<_>>()
    };
    let lossy = LinkConfig {
        loss: 0.05,
        ..LinkConfig::PERFECT
    };
    let lossy_and_late = LinkConfig {
        delay: 30 * MS,
        jitter: 10 * MS,
        ..lossy
    };
    assert_eq!(
        arrived(lossy),
        arrived(lossy_and_late),
        "the same packets are lost"
    );
}

#[test]
fn a_changed_configuration_holds_from_then_on() {
    let now = Instant::now();
    let mut link = link(
        now,
        LinkConfig {
            delay: 10 * MS,
            ..LinkConfig::PERFECT
        },
    );
    link.push(now, packet(1));
    link.set_config(now, LinkConfig::CUT);
    link.push(now, packet(2));
    assert_eq!(link.pop(now + 10 * MS), Some(packet(1)));
    assert_eq!(link.next_at(), None);
}

#[test]
fn a_burst_that_loses_a_part_keeps_the_mean_loss() {
    for seed in SEEDS {
        let config = LinkConfig {
            loss: 0.05,
            burst: 10.0,
            burst_loss: 0.5,
            base_loss: 0.01,
            ..LinkConfig::PERFECT
        };
        let arrived = run(seed, config, PACKETS, MS);
        let met = loss_of(&arrived);
        assert!((met - 0.05).abs() < 0.005, "{met}, seed {seed}");
        // After a lost packet the next one is lost far more often than on average: the share of
        // losses within bursts (0.84), times staying there (0.9), times losing there (0.5).
        let mut is_lost = vec![true; PACKETS as usize];
        for (number, _) in &arrived {
            is_lost[*number as usize] = false;
        }
        let pairs = is_lost.windows(2).filter(|pair| pair[0]);
        let (after_loss, both) = pairs.fold((0.0, 0.0), |(all, both), pair| {
            (all + 1.0, both + f64::from(u8::from(pair[1])))
        });
        let share = both / after_loss;
        assert!((0.35..=0.42).contains(&share), "{share}, seed {seed}");
    }
}

#[test]
fn the_same_packets_are_lost_at_every_rate() {
    let lost = |rate_bps| {
        let config = LinkConfig {
            loss: 0.1,
            burst: 3.0,
            rate_bps,
            queue_bytes: 100_000,
            ..LinkConfig::PERFECT
        };
        let arrived = run(3, config, 1_000, MS);
        arrived.into_iter().map(|(n, _)| n).collect::<Vec<_>>()
    };
    // At this rate they come faster than they pass.
    assert_eq!(lost(None), lost(Some(20_000)));
}

#[test]
fn no_packet_is_unaccounted_for() {
    let start = Instant::now();
    let mut link = Link::new(start, 7, &BAD.into());
    for number in 0..10_000 {
        let now = start + MS * number;
        link.push(now, packet(number));
        if number % 3 == 0 {
            link.pop(now);
        }
        if number % 1_000 == 500 {
            link.set_config(
                now,
                LinkConfig {
                    cut: number % 2_000 == 500,
                    ..BAD
                },
            );
        }
        let LinkStats {
            pushed,
            overflowed,
            lost,
            duplicated,
            delivered,
            ..
        } = link.stats();
        let on_the_way = link.packets_in_flight() as u64;
        assert_eq!(
            pushed + duplicated,
            overflowed + lost + delivered + on_the_way
        );
    }
}

#[test]
fn bytes_on_the_way_are_bounded() {
    let now = Instant::now();
    let config = LinkConfig {
        delay: MS,
        ..LinkConfig::PERFECT
    };
    let mut link = link(now, config);
    let large = vec![0; 1024 * 1024];
    for _ in 0..MAX_BYTES_IN_FLIGHT / large.len() {
        link.push(now, large.clone());
    }
    assert_eq!(link.stats().overflowed, 0);
    link.push(now, vec![0]);
    assert_eq!(link.stats().overflowed, 1);
    assert!(link.pop(now + MS).is_some());
    link.push(now + MS, vec![0]);
    assert_eq!(link.stats().overflowed, 1);
}

#[test]
#[should_panic(expected = "no link is like this: loss = 5")]
fn no_link_is_made_of_nonsense() {
    let loss = 5.0;
    link(
        Instant::now(),
        LinkConfig {
            loss,
            ..LinkConfig::PERFECT
        },
    );
}
