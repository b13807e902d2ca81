//! Arrivals in, feedback packets out, read back.

use super::*;
use homeroom_rtp::rtcp::{Compound, RtcpPacket};
use std::time::Duration;

const LONG: Duration = Duration::from_secs(1);

/// All feedback that is due at `now`: each packet's sequence numbers and arrivals in µs.
fn due(feedback: &mut Feedback, now: Instant) -> Vec<Vec<(u16, Option<i64>)>> {
    let mut written = Vec::new();
    let mut buffer = [0; 1_150];
    while let Some(len) = feedback.poll(now, &mut buffer, 1, 2) {
        let mut compound = Compound::parse(&buffer[..len]).expect("well-formed");
        let Some(RtcpPacket::TransportFeedback(read)) = compound.next() else {
            panic!("transport-wide feedback");
        };
        written.push(read.packets().collect());
        assert!(written.len() < 10, "it ends");
    }
    written
}

fn covered(feedback: &mut Feedback, now: Instant) -> Vec<(u16, bool)> {
    let all = due(feedback, now).concat();
    all.into_iter()
        .map(|(number, at)| (number, at.is_some()))
        .collect()
}

#[test]
fn feedback_waits_for_its_interval_and_tells_when_packets_came() {
    let start = Instant::now();
    let mut feedback = Feedback::new(start);
    assert_eq!(feedback.next_timeout(), None);
    let ms = Duration::from_millis;
    feedback.on_packet(start + ms(1_000), 7);
    feedback.on_packet(start + ms(1_005), 8);
    feedback.on_packet(start + ms(1_020), 9);
    let at = start + ms(1_000) + FEEDBACK_INTERVAL;
    assert_eq!(feedback.next_timeout(), Some(at));
    assert!(due(&mut feedback, at - ms(1)).is_empty());
    let told = due(&mut feedback, at);
    let at = [
        (7, Some(1_000_000)),
        (8, Some(1_005_000)),
        (9, Some(1_020_000)),
    ];
    assert_eq!(told, [at], "in µs since the epoch");
    assert_eq!(feedback.next_timeout(), None, "nothing more to tell");
}

#[test]
fn each_number_is_covered_once_with_its_gaps() {
    let start = Instant::now();
    for (rounds, expected) in [
        (
            &[&[5, 6, 7][..], &[8]][..],
            &[&[(5, true), (6, true), (7, true)][..], &[(8, true)]][..],
        ),
        // A gap inside, and one between two reports.
        (
            &[&[5, 7], &[9]],
            &[
                &[(5, true), (6, false), (7, true)],
                &[(8, false), (9, true)],
            ],
        ),
        // Reordering within a report; what comes after it was told lost is not told again.
        (
            &[&[5, 7, 6], &[4, 8]],
            &[&[(5, true), (6, true), (7, true)], &[(8, true)]],
        ),
        (
            &[&[5, 8], &[6, 9]],
            &[
                &[(5, true), (6, false), (7, false), (8, true)],
                &[(9, true)],
            ],
        ),
        (
            &[&[65_534, 0], &[1]],
            &[&[(65_534, true), (65_535, false), (0, true)], &[(1, true)]],
        ),
    ] {
        let mut feedback = Feedback::new(start);
        let mut now = start;
        for (numbers, expected) in rounds.iter().zip(expected) {
            for number in *numbers {
                feedback.on_packet(now, *number);
            }
            now += LONG;
            assert_eq!(covered(&mut feedback, now), *expected, "{rounds:?}");
        }
    }
}

#[test]
fn a_gap_within_the_bound_is_told_and_a_wider_one_begins_anew() {
    let start = Instant::now();
    let most = MAX_FEEDBACK_PACKETS as u16;
    for (next, told) in [(most - 1, MAX_FEEDBACK_PACKETS), (most, 1), (most + 500, 1)] {
        let mut feedback = Feedback::new(start);
        feedback.on_packet(start, 0);
        feedback.on_packet(start, next);
        let told_now = covered(&mut feedback, start + LONG);
        assert_eq!(told_now.len(), told, "0 and {next}");
        assert_eq!(told_now.last(), Some(&(next, true)));
        // Nothing of before the jump shines through.
        assert_eq!(
            told_now.iter().filter(|(_, came)| *came).count(),
            told.min(2)
        );
    }
}

#[test]
fn a_lap_later_no_arrival_is_taken_for_another() {
    let start = Instant::now();
    let mut feedback = Feedback::new(start);
    let lap = MAX_FEEDBACK_PACKETS as u16;
    for number in 0..lap {
        feedback.on_packet(start, number);
    }
    assert_eq!(covered(&mut feedback, start + LONG).len(), usize::from(lap));
    feedback.on_packet(start + LONG, lap);
    feedback.on_packet(start + LONG, lap + 9);
    let told = covered(&mut feedback, start + 2 * LONG);
    let came: Vec<_> = told
        .iter()
        .filter(|(_, came)| *came)
        .map(|(number, _)| *number)
        .collect();
    assert_eq!((told.len(), came), (10, vec![lap, lap + 9]));
}

#[test]
fn a_burst_that_does_not_fit_one_packet_goes_on_in_the_next() {
    let start = Instant::now();
    let mut feedback = Feedback::new(start);
    // Far apart in time, so that each needs a large delta, up to what one delta can say (8 s).
    for number in 0..40 {
        feedback.on_packet(start + u32::from(number) * Duration::from_secs(7), number);
    }
    feedback.on_packet(start + Duration::from_secs(600), 40);
    let packets = due(&mut feedback, start + Duration::from_secs(700));
    assert!(
        packets.len() > 1,
        "a delta of minutes needs a packet of its own"
    );
    let numbers: Vec<_> = packets
        .concat()
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(numbers, (0..=40).collect::<Vec<_>>());
}
