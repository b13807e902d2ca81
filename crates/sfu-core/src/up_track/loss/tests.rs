//! Arrivals in, sequence numbers to ask for out.

use super::*;

/// Longer than [`REORDER_DELAY`].
const LATER: Duration = Duration::from_millis(11);

fn asked(loss: &mut Loss, now: Instant) -> Vec<u16> {
    let mut ask = Vec::new();
    loss.poll(now, Some(Duration::from_millis(50)), &mut ask);
    ask
}

#[test]
fn a_gap_is_asked_for_after_the_time_for_reordering() {
    for (arrivals, missing) in [
        (&[10, 11, 12][..], &[][..]),
        (&[10, 13], &[11, 12]),
        (&[10, 13, 11], &[12]),
        (&[10, 13, 12, 11], &[]),
        (&[10, 12, 14, 16], &[11, 13, 15]),
        (&[65_534, 65_537], &[65_535, 0]),
    ] {
        let (start, mut loss) = (Instant::now(), Loss::default());
        for index in arrivals {
            assert!(loss.on_packet(start, *index), "{index} is new");
            assert!(!loss.on_packet(start, *index), "{index} is not new again");
        }
        assert!(asked(&mut loss, start).is_empty(), "it may be reordering");
        assert_eq!(asked(&mut loss, start + LATER), missing, "{arrivals:?}");
        assert_eq!(loss.next_timeout().is_some(), !missing.is_empty());
    }
}

#[test]
fn a_packet_is_asked_for_again_and_then_given_up() {
    let (mut now, mut loss) = (Instant::now(), Loss::default());
    loss.on_packet(now, 1);
    loss.on_packet(now, 3);
    let mut tries = 0;
    while let Some(at) = loss.next_timeout() {
        assert!(at > now || tries == 0, "time goes on");
        now = at;
        tries += asked(&mut loss, now).len();
        assert!(asked(&mut loss, now).is_empty(), "not twice at once");
    }
    assert_eq!(tries, usize::from(MAX_NACK_TRIES));
    assert!(loss.on_packet(now, 2), "late is still new");
}

#[test]
fn retries_are_a_round_trip_apart() {
    for (round_trip_ms, retry_ms) in [(Some(5), 30), (Some(200), 210), (None, 110)] {
        let (start, mut loss) = (Instant::now(), Loss::default());
        loss.on_packet(start, 1);
        loss.on_packet(start, 3);
        let (at, mut ask) = (start + REORDER_DELAY, Vec::new());
        loss.poll(at, round_trip_ms.map(Duration::from_millis), &mut ask);
        let next = loss.next_timeout().map(|next| next - at);
        assert_eq!(
            next,
            Some(Duration::from_millis(retry_ms)),
            "{round_trip_ms:?}"
        );
    }
}

#[test]
fn a_gap_of_the_bound_is_asked_for_and_a_wider_one_is_not() {
    let most = MAX_MISSING as u64;
    for (gap, asked_for) in [
        (most - 1, MAX_MISSING - 1),
        (most, MAX_MISSING),
        (most + 1, 0),
    ] {
        let (start, mut loss) = (Instant::now(), Loss::default());
        loss.on_packet(start, 0);
        loss.on_packet(start, gap + 1);
        assert_eq!(
            asked(&mut loss, start + LATER).len(),
            asked_for,
            "a gap of {gap}"
        );
    }
}

#[test]
fn older_gaps_make_room_for_newer_ones() {
    let (start, mut loss) = (Instant::now(), Loss::default());
    // Every second packet is missing: three hundred in all.
    for index in (0..=600).step_by(2) {
        loss.on_packet(start, index);
    }
    let asked = asked(&mut loss, start + LATER);
    assert_eq!(asked.len(), MAX_MISSING);
    assert_eq!((asked[0], asked[MAX_MISSING - 1]), (101, 599), "the newest");
}

#[test]
fn new_and_seen_are_told_apart_within_the_window() {
    let (start, mut loss) = (Instant::now(), Loss::default());
    loss.on_packet(start, 5_000);
    for (index, is_new) in [
        (5_000, false),
        (5_000 - WINDOW, false),
        (5_000 - WINDOW + 1, true),
        (5_000 - WINDOW + 1, false),
        (4_999, true),
        (5_000 + 3 * WINDOW, true),
        // A lap later the same bits mean other packets.
        (5_000 + 2 * WINDOW + 1, true),
        (5_000 + 3 * WINDOW - 1, true),
        (5_000 + 3 * WINDOW - 1, false),
    ] {
        assert_eq!(loss.on_packet(start, index), is_new, "{index}");
    }
    assert_eq!(loss.highest(), Some(5_000 + 3 * WINDOW));
}

#[test]
fn a_new_gap_is_asked_for_in_its_own_time_though_an_older_one_waits_longer() {
    let start = Instant::now();
    let ms = Duration::from_millis;
    let mut loss = Loss::default();
    let mut ask = Vec::new();
    loss.on_packet(start, 1);
    loss.on_packet(start, 3);
    loss.poll(start + REORDER_DELAY, Some(ms(200)), &mut ask);
    assert_eq!(ask, [2]);
    loss.on_packet(start + ms(20), 5);
    assert_eq!(loss.next_timeout(), Some(start + ms(20) + REORDER_DELAY));
}
