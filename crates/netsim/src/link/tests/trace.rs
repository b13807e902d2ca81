//! A link follows its trace: every packet meets the settings of its time.

use super::*;
use crate::{LinkChange, Step};

const S: Duration = Duration::from_secs(1);

fn steps(steps: &[(Duration, LinkChange)]) -> Trace {
    let steps = steps.iter().map(|&(at, change)| Step { at, change });
    Trace::new(LinkConfig::PERFECT, steps.collect()).expect("a trace")
}

fn rate(rate_kbps: f64) -> LinkChange {
    LinkChange {
        rate_kbps: Some(rate_kbps),
        ..LinkChange::default()
    }
}

#[test]
fn each_step_is_met_at_its_time() {
    let [slow, cut, back] = [
        LinkChange {
            delay_ms: Some(80.0),
            ..LinkChange::default()
        },
        LinkChange {
            cut: Some(true),
            ..LinkChange::default()
        },
        LinkChange {
            cut: Some(false),
            delay_ms: Some(0.0),
            ..LinkChange::default()
        },
    ];
    let trace = steps(&[(3 * S, slow), (5 * S, cut), (7 * S, back)]);
    let start = Instant::now();
    let mut link = Link::new(start, 1, &trace);
    let mut arrived = Vec::new();
    for number in 0..10_000 {
        let now = start + MS * number;
        drain(&mut link, start, now, MS, &mut arrived);
        link.push(now, packet(number));
    }
    drain(&mut link, start, start + 60 * S, MS, &mut arrived);
    let expected: Vec<_> = (0..10_000)
        .filter_map(|number| match number {
            0..3_000 => Some((number, Duration::ZERO)),
            3_000..5_000 => Some((number, 80 * MS)),
            5_000..7_000 => None,
            _ => Some((number, Duration::ZERO)),
        })
        .collect();
    assert_eq!(arrived, expected);
}

#[test]
fn each_phase_has_its_rate() {
    let trace = steps(&[
        (Duration::ZERO, rate(2_000.0)),
        (30 * S, rate(250.0)),
        (60 * S, rate(2_000.0)),
    ]);
    let start = Instant::now();
    let mut link = Link::new(start, 1, &trace);
    // One second each, once the queue has the length of its phase.
    let mut met_bps = [(20, 0), (45, 0), (80, 0)];
    for number in 0..30_000_u32 {
        let now = start + 3 * MS * number;
        while let Some(at) = link.next_at().filter(|at| *at <= now) {
            let Some(packet) = link.pop(at) else { continue };
            for (second, bits) in &mut met_bps {
                // Ten seconds long.
                let begins = start + S * *second;
                if (begins..begins + 10 * S).contains(&at) {
                    *bits += packet.len() * 8;
                }
            }
        }
        link.push(now, vec![0; 1_000]);
    }
    for ((_, bits), expected) in met_bps.into_iter().zip([2e6, 0.25e6, 2e6]) {
        let off = bits as f64 / 10.0 / expected - 1.0;
        assert!(off.abs() < 0.01, "{bits} bits in 10 s, not {expected}/s");
    }
}

#[test]
fn a_step_changes_the_pace_of_what_waits() {
    // Two packets of a second each; after half a second four times as fast.
    let trace = steps(&[
        (Duration::ZERO, rate(8.0)),
        (S / 2, rate(32.0)),
        (100 * S, rate(8.0)),
    ]);
    let start = Instant::now();
    let mut link = Link::new(start, 1, &trace);
    link.push(start, packet(0).repeat(250));
    link.push(start, packet(1).repeat(250));
    assert_eq!(link.next_at(), Some(start + S / 2), "the step comes first");
    // Nobody looked in between: the step is taken at its own time all the same.
    assert!(link.pop(start + 624 * MS).is_none());
    assert!(link.pop(start + 625 * MS).is_some());
    assert!(link.pop(start + 874 * MS).is_none());
    assert!(link.pop(start + 875 * MS).is_some());
    assert_eq!(link.next_at(), None, "an idle link needs no clock");
}

#[test]
fn a_change_holds_until_a_step_says_otherwise() {
    let trace = steps(&[(10 * S, rate(8.0))]);
    let start = Instant::now();
    let mut link = Link::new(start, 1, &trace);
    link.change(start + S, &rate(16.0)).expect("a link");
    assert_eq!(link.config().rate_bps, Some(16_000));
    link.push(start + 11 * S, packet(1));
    assert_eq!(link.config().rate_bps, Some(8_000));
}
