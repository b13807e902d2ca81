//! The parts by themselves, where a whole loop would hide what one of them does.

use super::path::{Media, Path};
use crate::bounds::{MAX_PROBE_CREDIT, PROBE_BYTES_PER_S, SENT_HISTORY};
use crate::congestion::groups::Groups;
use crate::congestion::history::{History, Judged};
use crate::congestion::probe::{Prober, Situation};
use crate::congestion::trend::{Trend, Usage};
use homeroom_netsim::LinkConfig;
use std::time::Duration;

#[test]
fn a_packet_is_judged_by_its_number_while_it_is_remembered() {
    let mut history = History::new();
    assert_eq!(history.judge(0, 0, true), None, "nothing was sent");
    let sent = SENT_HISTORY as u64 + 10;
    for n in 0..sent {
        assert_eq!(history.next_number(), n as u16);
        history.push(1_000 * n, 100 + n as usize % 7, (n % 4) as u8);
    }
    let now_us = 1_000 * sent;
    for (number, is_known) in [
        (sent, false),
        (9, false),
        (10, true),
        (sent - 1, true),
        (40_000, false),
        (65_535, false),
    ] {
        let judged = history.judge(now_us, number as u16, true);
        assert_eq!(judged.is_some(), is_known, "{number}");
    }
    let judged = history.judge(now_us, 500, false).expect("it is known");
    let expected = Judged {
        index: (1 << 16) + 500,
        sent_us: 500_000,
        bytes: 100 + 500 % 7,
        cluster: 0,
        arrived: false,
        was_lost: false,
    };
    assert_eq!(judged, expected);
}

#[test]
fn a_packet_is_lost_once_and_comes_once() {
    let mut history = History::new();
    (0..3).for_each(|n| history.push(n, 100, 0));
    let mut judge = |arrived| history.judge(9, 1, arrived).map(|judged| judged.was_lost);
    assert_eq!(judge(false), Some(false));
    assert_eq!(judge(false), None);
    assert_eq!(judge(true), Some(true), "it has come after all");
    assert_eq!(judge(true), None);
    assert_eq!(judge(false), None);
}

#[test]
fn what_was_sent_again_counts_as_lost_whenever_it_comes() {
    let mut history = History::new();
    (0..3).for_each(|n| history.push(n, 100, 0));
    history.on_resent(1);
    history.on_resent(9);
    let mut judge = |arrived| history.judge(9, 1, arrived).map(|judged| judged.arrived);
    assert_eq!(judge(true), Some(false));
    assert_eq!(judge(true), None);
}

#[test]
fn a_time_of_sending_outlives_the_turn_of_its_clock() {
    for now_us in [0, u64::from(u32::MAX) - 5, 1 << 40] {
        let mut history = History::new();
        history.push(now_us, 100, 0);
        let judged = history.judge(now_us + 60_000_000, 0, true);
        assert_eq!(judged.map(|judged| judged.sent_us), Some(now_us));
    }
}

/// Sent and arrival times of packets in milliseconds, and the variations they make.
#[track_caller]
fn check_groups(packets: &[(u64, i64)], expected: &[i64]) {
    let mut groups = Groups::default();
    let variations = packets.iter().filter_map(|(sent, arrived)| {
        let variation = groups.on_packet(1_000 * sent, 1_000 * arrived)?;
        Some(variation.delay_us / 1_000)
    });
    assert_eq!(variations.collect::<Vec<_>>(), expected, "{packets:?}");
}

#[test]
fn groups_are_compared_by_their_last_packets() {
    // Three frames; the second takes 10 ms longer, the third is only begun.
    check_groups(&[(0, 50), (1, 51), (33, 90), (34, 95), (66, 130)], &[11]);
    // Within a frame one packet overtakes another.
    check_groups(
        &[(0, 50), (33, 90), (34, 83), (66, 120), (99, 150)],
        &[6, -2],
    );
    // A radio that was asleep hands over everything at once: one group.
    check_groups(
        &[(0, 50), (10, 90), (20, 91), (30, 92), (99, 150), (130, 180)],
        &[12, -11],
    );
    // Another clock.
    check_groups(&[(0, 50), (33, 83), (66, 9_000_000), (99, 9_000_033)], &[0]);
}

/// Noise of up to `size` ms either way on groups 20 ms apart, for two minutes: how much of the
/// second one looked like overuse.
fn overuse_in_noise(size: i64) -> f64 {
    let (mut groups, mut trend) = (Groups::default(), Trend::default());
    let mut noise = 1_u64;
    let mut over = 0;
    for n in 0..6_000_u64 {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let late_us = (noise >> 33) as i64 % (2_000 * size);
        if let Some(variation) = groups.on_packet(20_000 * n, 20_000 * n as i64 + late_us) {
            trend.on_variation(variation);
        }
        over += i32::from(n >= 3_000 && trend.usage() == Usage::Over);
    }
    f64::from(over) / 3_000.0
}

#[test]
fn a_path_that_always_jitters_is_learned() {
    for size in [2, 15, 30] {
        let share = overuse_in_noise(size);
        println!("{size} ms: {share:.3}");
        assert!(share < 0.03, "{share} of {size} ms");
    }
}

#[test]
fn it_grows_without_probes_too() {
    let config = LinkConfig {
        delay: Duration::from_millis(25),
        rate_bps: Some(1_000_000),
        ..LinkConfig::PERFECT
    };
    let mut path = Path::new(1, config, &[Media::Follow]);
    path.flows[0].congestion.set_wanted(0);
    path.run(Duration::from_secs(40));
    assert_eq!(path.flows[0].padding, 0);
    let share = path.flows[0].mean(20, 40) / 1e6;
    assert!((0.85..=1.0).contains(&share), "{share}");
}

/// Ten minutes with somebody whose link seems to change with every probe.
#[test]
fn padding_is_bounded_whatever_the_probes_show() {
    let mut prober = Prober::new(0);
    let mut history = History::new();
    let (mut bytes, mut probes) = (0_u64, 0);
    let mut situation = Situation {
        estimate_bps: 4e6,
        wanted_bps: 12e6,
        is_over: false,
        decreased_us: None,
        jitter_ms: 0.0,
        inherent_loss: 0.0,
        round_trip_us: 0,
    };
    const MINUTES: u64 = 10;
    for now_us in (0..60_000_000 * MINUTES).step_by(1_000) {
        prober.poll(now_us, history.sent(), bytes, &situation);
        while let Some(pad) = prober.padding_due(now_us, history.sent(), bytes) {
            let number = history.next_number();
            let packet = usize::from(pad) + 36;
            history.push(now_us, packet, prober.label());
            prober.on_padding(packet);
            bytes += packet as u64;
            // Every other probe comes as sent, every other one much slower.
            let slower = 1 + probes % 2 * 9;
            let judged = history.judge(now_us, number, true).expect("it was sent");
            prober.on_judged(&judged, Some((now_us * slower) as i64));
        }
        if let Some(proof) = prober.take_proof(now_us, history.reported(), &situation) {
            situation.estimate_bps = proof.bps.clamp(4e6, 9e6);
            probes += 1;
        }
    }
    let most = u64::from(MAX_PROBE_CREDIT) + 60 * MINUTES * u64::from(PROBE_BYTES_PER_S);
    println!("{probes} probes, {bytes} of {most} bytes");
    assert!(probes > 200, "{probes}");
    assert!(bytes <= most + 300, "{bytes} of {most}");
}

/// What probes show of a line whose datagrams have IPv4 and UDP around them: their padding comes in
/// short packets, pictures do not.
#[test]
fn a_line_is_not_judged_by_what_is_around_short_packets() {
    for rate_bps in [1_000_000, 2_000_000] {
        for media in [Media::None, Media::Voice] {
            let config = LinkConfig {
                delay: Duration::from_millis(25),
                rate_bps: Some(rate_bps),
                overhead_bytes: 28,
                ..LinkConfig::PERFECT
            };
            let mut path = Path::new(1, config, &[media]);
            path.run(Duration::from_secs(40));
            // Three voices, and pictures in packets of 1,100 bytes.
            let carried = (rate_bps as f64 - 34_000.0) / (1.0 + 28.0 / 1_100.0);
            let share = path.flows[0].mean(10, 40) / carried;
            println!("{rate_bps} bit/s, {media:?}: {share:.3}");
            assert!(
                (0.94..=1.03).contains(&share),
                "{rate_bps}, {media:?}: {share}"
            );
        }
    }
}
