//! The bottleneck: its rate, its two bounds, and what a change of the rate does to what waits.

use super::*;

const S: Duration = Duration::from_secs(1);

/// Bytes that come out between `from` and `to` when 1,000 bytes go in every `every`.
fn bytes_through(config: LinkConfig, every: Duration, from: Duration, to: Duration) -> usize {
    let start = Instant::now();
    let mut link = link(start, config);
    let (mut now, mut bytes) = (start, 0);
    while now < start + to {
        link.push(now, vec![0; 1_000]);
        now += every;
        while let Some(packet) = link.pop(now) {
            if now > start + from {
                bytes += packet.len();
            }
        }
    }
    bytes
}

#[test]
fn the_rate_is_met_within_a_hundredth() {
    for rate_bps in [64_000, 250_000, 2_000_000, 50_000_000] {
        let config = LinkConfig {
            rate_bps: Some(rate_bps),
            ..LinkConfig::PERFECT
        };
        // One and a half times what passes.
        let every = Duration::from_secs_f64(8_000.0 / rate_bps as f64 / 1.5);
        let met = bytes_through(config, every, 10 * S, 70 * S) as f64 * 8.0 / 60.0;
        let off = met / rate_bps as f64 - 1.0;
        assert!(off.abs() < 0.01, "{met} instead of {rate_bps} bit/s");
    }
}

#[test]
fn overhead_takes_its_share_of_the_rate() {
    let config = LinkConfig {
        rate_bps: Some(1_000_000),
        overhead_bytes: 250,
        ..LinkConfig::PERFECT
    };
    let met = bytes_through(config, 5 * MS, 10 * S, 70 * S) as f64 * 8.0 / 60.0;
    assert!((met / 800_000.0 - 1.0).abs() < 0.01, "{met} bit/s");
}

#[test]
fn no_packet_waits_longer_than_the_queue_may_take() {
    let config = LinkConfig {
        rate_bps: Some(250_000),
        queue_time: Some(300 * MS),
        queue_bytes: crate::MAX_QUEUE_BYTES,
        ..LinkConfig::PERFECT
    };
    let start = Instant::now();
    let mut link = link(start, config);
    for number in 0..10_000 {
        let now = start + number * 4 * MS;
        while link.pop(now).is_some() {}
        link.push(now, vec![0; 500]);
        let delay = link.queue_delay(now).expect("it moves");
        // What waits in front, and the last one's own 16 ms.
        assert!(delay <= 316 * MS + MS / 1_000, "{delay:?}");
    }
    while link.pop(start + 100 * S).is_some() {}
    let stats = link.stats();
    assert!(
        (300 * MS..=316 * MS + MS / 1_000).contains(&stats.queued_most),
        "{stats:?}"
    );
    // A quarter of what is sent passes; the rest, but for what fits the queue, is dropped.
    let share = stats.overflowed as f64 / stats.pushed as f64;
    assert!((share - 0.75).abs() < 0.01, "{share}");
}

#[test]
fn at_the_bound_in_time_a_packet_still_fits() {
    let config = LinkConfig {
        rate_bps: Some(8_000),
        queue_time: Some(2 * S),
        ..LinkConfig::PERFECT
    };
    let now = Instant::now();
    let mut link = link(now, config);
    // A second each: the third one waits for exactly two, the fourth would wait for three.
    for _ in 0..4 {
        link.push(now, vec![0; 1_000]);
    }
    assert_eq!(link.packets_in_flight(), 3);
    assert_eq!(link.stats().overflowed, 1);
}

#[test]
fn a_new_rate_holds_for_what_waits() {
    let start = Instant::now();
    let at = |rate_bps| LinkConfig {
        rate_bps,
        ..LinkConfig::PERFECT
    };
    // (changed after half a second to this rate, when the two packets of a second each arrive)
    let table = [
        (Some(8_000), vec![1_000, 2_000]),
        (Some(16_000), vec![750, 1_250]),
        (Some(4_000), vec![1_500, 3_500]),
        (Some(0), vec![]),
        (None, vec![500, 500]),
    ];
    for (rate_bps, expected_ms) in table {
        let mut link = link(start, at(Some(8_000)));
        link.push(start, vec![0; 1_000]);
        link.push(start, vec![0; 1_000]);
        link.set_config(start + 500 * MS, at(rate_bps));
        let mut arrived_ms = Vec::new();
        while let Some(at) = link.next_at() {
            if link.pop(at).is_some() {
                arrived_ms.push((at - start).as_millis());
            }
        }
        assert_eq!(arrived_ms, expected_ms, "{rate_bps:?}");
    }
}

#[test]
fn a_line_that_stands_still_keeps_what_waits() {
    let start = Instant::now();
    let still = LinkConfig {
        rate_bps: Some(0),
        queue_bytes: 2_000,
        ..LinkConfig::PERFECT
    };
    let mut link = link(start, still);
    for number in 0..3 {
        link.push(start, vec![number; 1_000]);
    }
    assert_eq!(link.next_at(), None);
    assert_eq!(link.queue_delay(start), None, "for ever");
    assert_eq!(link.pop(start + 10 * S), None);
    link.set_config(start + 10 * S, LinkConfig::PERFECT);
    assert_eq!(link.pop(start + 10 * S), Some(vec![0; 1_000]));
    assert_eq!(link.pop(start + 10 * S), Some(vec![1; 1_000]));
    assert_eq!(link.stats().overflowed, 1);
}

#[test]
fn a_cut_loses_what_waits_and_not_what_is_on_its_way() {
    let start = Instant::now();
    let slow = LinkConfig {
        rate_bps: Some(8_000),
        delay: 5 * S,
        ..LinkConfig::PERFECT
    };
    let mut link = link(start, slow);
    for number in 0..3 {
        link.push(start, vec![number; 1_000]);
    }
    link.set_config(start + 1_500 * MS, LinkConfig { cut: true, ..slow });
    assert_eq!(link.next_at(), Some(start + 6 * S));
    assert_eq!(link.pop(start + 6 * S), Some(vec![0; 1_000]));
    assert_eq!(link.packets_in_flight(), 0);
    assert_eq!(link.stats().lost, 2);
}
