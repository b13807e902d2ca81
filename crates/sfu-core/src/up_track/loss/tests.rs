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
        let (start, mut loss) = (Instant::now(), Loss::repaired(Repair::Picture));
        for index in arrivals {
            assert!(loss.on_packet(start, *index), "{index} is new");
            assert!(!loss.on_packet(start, *index), "{index} is not new again");
        }
        assert!(asked(&mut loss, start).is_empty(), "it may be reordering");
        assert_eq!(asked(&mut loss, start + LATER), missing, "{arrivals:?}");
        assert_eq!(loss.next_timeout().is_some(), !missing.is_empty());
    }
}

/// When the one missing packet of a source is asked for, in ms after it was missed.
fn times(repair: Repair, round_trip_ms: Option<u64>) -> Vec<u128> {
    let (start, mut loss) = (Instant::now(), Loss::repaired(repair));
    loss.on_packet(start, 1);
    loss.on_packet(start, 3);
    let (mut times, mut ask) = (Vec::new(), Vec::new());
    while let Some(at) = loss.next_timeout() {
        ask.clear();
        loss.poll(at, round_trip_ms.map(Duration::from_millis), &mut ask);
        assert_ne!(loss.next_timeout(), Some(at), "not twice at once");
        times.extend(ask.iter().map(|_| (at - start).as_millis()));
    }
    assert!(loss.on_packet(start, 2), "late is still new");
    times
}

#[test]
fn a_packet_is_asked_for_while_its_repetition_would_be_of_use() {
    use Repair::{None as Nothing, Picture, Voice};
    for (repair, round_trip_ms, expected) in [
        (Nothing, Some(20), &[][..]),
        (
            Picture,
            Some(2),
            &[10, 40, 77, 122, 175, 235, 302, 377, 460, 550],
        ),
        (
            Picture,
            Some(50),
            &[10, 70, 145, 235, 340, 460, 595, 745, 910],
        ),
        (Picture, Some(150), &[10, 170, 370, 610]),
        (Picture, None, &[10, 120, 257, 422, 615, 835]),
        (Picture, Some(300), &[10, 320]),
        (Voice, Some(50), &[10, 70, 145, 235, 340]),
        (Voice, Some(100), &[10, 120, 257]),
        (Voice, Some(200), &[10, 220]),
        (Voice, Some(201), &[]),
    ] {
        let times = times(repair, round_trip_ms);
        assert_eq!(times, expected, "{repair:?} over {round_trip_ms:?} ms");
        assert!(times.len() <= usize::from(MAX_NACK_TRIES));
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
        let (start, mut loss) = (Instant::now(), Loss::repaired(Repair::Picture));
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
    let (start, mut loss) = (Instant::now(), Loss::repaired(Repair::Picture));
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
    let (start, mut loss) = (Instant::now(), Loss::repaired(Repair::Picture));
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
    let mut loss = Loss::repaired(Repair::Picture);
    let mut ask = Vec::new();
    loss.on_packet(start, 1);
    loss.on_packet(start, 3);
    loss.poll(start + REORDER_DELAY, Some(ms(200)), &mut ask);
    assert_eq!(ask, [2]);
    loss.on_packet(start + ms(20), 5);
    assert_eq!(loss.next_timeout(), Some(start + ms(20) + REORDER_DELAY));
}
