//! Rows of packets in and numbers out.

use super::*;
use crate::model::Codec;
use crate::picture::{Described, Picture};
use slotmap::SlotMap;
use std::time::Duration;

const CLOCK: u32 = 90_000;

fn sources<const N: usize>() -> [SourceKey; N] {
    let mut keys = SlotMap::<SourceKey, ()>::with_key();
    [(); N].map(|()| keys.insert(()))
}

/// A packet of a frame with this picture id.
fn packet(index: u64, timestamp: u32, picture_id: u16) -> MediaPacket<'static> {
    let [high, low] = (picture_id & PICTURE_ID_MASK).to_be_bytes();
    let payload = [0x90, 0xc0, 0x80 | high, low, picture_id as u8, 1];
    MediaPacket {
        index,
        timestamp,
        clock: None,
        marker: false,
        codec: Codec::Vp8,
        picture: Picture::read(Codec::Vp8, &payload, None).expect("well-formed"),
        descriptor: &[],
        payload: &[],
    }
}

fn padding(index: u64, timestamp: u32) -> MediaPacket<'static> {
    MediaPacket {
        picture: None,
        ..packet(index, timestamp, 0)
    }
}

/// What a step puts in, and (index, timestamp, picture id) that come out.
enum Step {
    Begin(usize, MediaPacket<'static>),
    Map(MediaPacket<'static>, Option<(u64, u32, u16)>),
    Wait(Duration),
}
use Step::{Begin, Map, Wait};

fn check(mut rewriter: Rewriter, steps: &[Step]) -> Rewriter {
    let keys = sources::<10>();
    let mut now = Instant::now();
    for (row, step) in steps.iter().enumerate() {
        match step {
            Begin(source, packet) => rewriter.begin(now, (keys[*source], 0), packet),
            Wait(time) => now += *time,
            Map(packet, expected) => {
                let mapped = rewriter.map(now, packet);
                let numbers = mapped.map(|m| (m.index, m.timestamp, m.picture_id));
                assert_eq!(numbers, *expected, "row {row}");
            }
        }
    }
    rewriter
}

#[test]
fn numbers_differ_by_constants_within_one_source() {
    check(
        Rewriter::new(100, 7_000, CLOCK),
        &[
            Begin(0, packet(5_000, 90, 40)),
            Map(packet(5_000, 90, 40), Some((100, 7_000, 1))),
            Map(packet(5_002, 3_090, 41), Some((102, 10_000, 2))),
            // Late, but of this stay.
            Map(packet(5_001, 90, 40), Some((101, 7_000, 1))),
            // From before it.
            Map(packet(4_999, 0, 39), None),
            Map(packet(5_003, 6_090, 42), Some((103, 13_000, 3))),
        ],
    );
}

#[test]
fn another_source_goes_on_where_the_last_one_ended() {
    check(
        Rewriter::new(100, 7_000, CLOCK),
        &[
            Begin(0, packet(5_000, 90, 40)),
            Map(packet(5_003, 90, 43), Some((103, 7_000, 4))),
            Wait(Duration::from_secs(2)),
            Begin(1, packet(9, 5, 1_000)),
            // Two seconds later.
            Map(packet(9, 5, 1_000), Some((104, 7_000 + 2 * CLOCK, 5))),
            Map(packet(10, 3_005, 1_001), Some((105, 10_000 + 2 * CLOCK, 6))),
            // The first again, at once: still a tick later.
            Begin(0, packet(5_100, 990, 80)),
            Map(
                packet(5_100, 990, 80),
                Some((106, 10_000 + 2 * CLOCK + 1, 7)),
            ),
        ],
    );
}

#[test]
fn all_numbers_wrap() {
    let turn = 1 << 16;
    let rewriter = check(
        Rewriter::new(turn - 1, u32::MAX, CLOCK),
        &[
            Begin(0, packet(turn - 1, 10, PICTURE_ID_MASK)),
            Map(
                packet(turn - 1, 10, PICTURE_ID_MASK),
                Some((turn - 1, u32::MAX, 1)),
            ),
            Map(packet(turn, 11, 0), Some((turn, 0, 2))),
            Map(
                packet(turn + 1, 11, 0x7ffd),
                Some((turn + 1, 0, PICTURE_ID_MASK)),
            ),
            Map(packet(turn + 2, 12, 0x7ffe), Some((turn + 2, 1, 0))),
            Begin(1, packet(3, 0, 9)),
            Map(packet(3, 0, 9), Some((turn + 3, 2, 1))),
        ],
    );
    let keys = sources::<10>();
    let located = |index: u64| rewriter.locate(index as u16);
    assert_eq!(located(turn - 1), Some(((keys[0], 0), turn - 1)));
    assert_eq!(located(turn + 2), Some(((keys[0], 0), turn + 2)));
    assert_eq!(located(turn + 3), Some(((keys[1], 0), 3)));
    assert_eq!(located(turn + 4), None, "not sent yet");
}

#[test]
fn an_index_is_sent_once() {
    let late = WINDOW - 1;
    check(
        Rewriter::new(0, 0, CLOCK),
        &[
            Begin(0, packet(10, 0, 1)),
            Map(packet(10, 0, 1), Some((0, 0, 1))),
            Map(packet(10, 0, 1), None),
            Map(packet(12, 0, 1), Some((2, 0, 1))),
            Map(packet(11, 0, 1), Some((1, 0, 1))),
            Map(packet(11, 0, 1), None),
            // A lap later the same bits mean other packets; what is too late to know is not sent.
            Map(packet(13 + late, 0, 1), Some((3 + late, 0, 1))),
            Map(packet(13, 0, 1), Some((3, 0, 1))),
            Map(packet(12 + late, 0, 1), Some((2 + late, 0, 1))),
            Map(packet(14 + late, 0, 1), Some((4 + late, 0, 1))),
            Map(packet(13, 0, 1), None),
        ],
    );
}

#[test]
fn a_jump_of_the_source_is_a_new_start_and_not_a_gap() {
    check(
        Rewriter::new(0, 0, CLOCK),
        &[
            Begin(0, packet(10, 0, 1)),
            Map(packet(10, 0, 1), Some((0, 0, 1))),
            Map(packet(11 + MAX_STEP, 5, 2), Some((1 + MAX_STEP, 5, 2))),
            Map(
                packet(13 + 2 * MAX_STEP, 9_000, 77),
                Some((2 + MAX_STEP, 6, 3)),
            ),
            Map(packet(12 + 2 * MAX_STEP, 9_000, 77), None),
        ],
    );
}

#[test]
fn the_base_layer_index_goes_on_too() {
    let keys = sources::<2>();
    let now = Instant::now();
    let mut rewriter = Rewriter::new(0, 0, CLOCK);
    let mut tl0 = |source: SourceKey, begins: bool, index, picture_id| {
        let packet = packet(index, 0, picture_id);
        if begins {
            rewriter.begin(now, (source, 0), &packet);
        }
        rewriter.map(now, &packet).map(|mapped| mapped.tl0_pic_idx)
    };
    assert_eq!(tl0(keys[0], true, 1, 255), Some(1));
    assert_eq!(tl0(keys[0], false, 2, 256), Some(2));
    assert_eq!(tl0(keys[1], true, 1, 77), Some(3));
}

#[test]
fn padding_has_a_sequence_number_but_no_picture() {
    check(
        Rewriter::new(0, 0, CLOCK),
        &[
            Begin(0, packet(10, 0, 500)),
            Map(packet(10, 0, 500), Some((0, 0, 1))),
            Map(packet(11, 30, 501), Some((1, 30, 2))),
            Map(
                padding(12, 30),
                Some((2, 30, (0x8000 - 499) & PICTURE_ID_MASK)),
            ),
            Begin(1, packet(70, 30, 9)),
            Map(packet(70, 30, 9), Some((3, 31, 3))),
        ],
    );
}

#[test]
fn a_nack_finds_its_packet_over_several_stays() {
    let keys = sources::<3>();
    let now = Instant::now();
    let mut rewriter = Rewriter::new(1_000, 0, CLOCK);
    let mut sent = Vec::new();
    for (source, from, picture) in [(0, 7_000, 1), (1, 100, 50), (0, 7_900, 90), (2, 60_000, 7)] {
        let first = packet(from, 5, picture);
        rewriter.begin(now, (keys[source], 0), &first);
        for index in from..from + 10 {
            let packet = packet(index, 5, picture);
            let mapped = rewriter.map(now, &packet).expect("of this stay");
            sent.push((keys[source], packet, mapped));
        }
    }
    for (source, packet, mapped) in &sent {
        let number = mapped.index as u16;
        assert_eq!(rewriter.locate(number), Some(((*source, 0), packet.index)));
        assert_eq!(rewriter.map_again(number, packet), Some(*mapped));
    }
    assert_eq!(rewriter.locate(999), None, "before the first");
    let (_, other, _) = &sent[3];
    assert_eq!(
        rewriter.map_again(1_004, other),
        None,
        "another packet than the one sent"
    );
}

#[test]
fn stays_are_forgotten_at_the_bound() {
    let keys = sources::<2>();
    let now = Instant::now();
    let mut rewriter = Rewriter::new(0, 0, CLOCK);
    for stay in 0..=MAX_SWITCHES {
        assert_eq!(
            rewriter.locate(0).is_some(),
            stay > 0,
            "the first, before stay {stay}"
        );
        let packet = packet(100, 0, 0);
        rewriter.begin(now, (keys[stay % 2], 0), &packet);
        rewriter.map(now, &packet);
    }
    assert_eq!(rewriter.past.len() + 1, MAX_SWITCHES);
    assert_eq!(rewriter.locate(0), None, "one more than can be remembered");
    assert_eq!(rewriter.locate(1), Some(((keys[1], 0), 100)));
}

/// What happens to a slot whose source has frames left out: indices come in, numbers go out.
enum Cut {
    /// Shown: index, picture id; (slot index, picture id).
    Show(u64, u16, Option<(u64, u16)>),
    /// Left out; the slot index that is sent empty.
    Leave(u64, u16, Option<u64>),
}
use Cut::{Leave, Show};

fn cut(first: (u64, u16), first_out: u64, rows: &[Cut]) -> Rewriter {
    let keys = sources::<1>();
    let now = Instant::now();
    let mut rewriter = Rewriter::new(first_out, 0, CLOCK);
    rewriter.expect_skips();
    rewriter.begin(now, (keys[0], 0), &packet(first.0, 0, first.1));
    for (number, row) in rows.iter().enumerate() {
        match row {
            Show(index, id, expected) => {
                let mapped = rewriter.map(now, &packet(*index, 0, *id));
                let numbers = mapped.map(|m| (m.index, m.picture_id));
                assert_eq!(numbers, *expected, "row {number}");
            }
            Leave(index, id, expected) => {
                let filled = rewriter.skip(&packet(*index, 0, *id));
                assert_eq!(filled.map(|m| m.index), *expected, "row {number}");
            }
        }
    }
    rewriter
}

#[test]
fn what_is_left_out_leaves_no_hole() {
    let mut rewriter = cut(
        (10, 100),
        500,
        &[
            Show(10, 100, Some((500, 1))),
            Leave(11, 101, None),
            Leave(12, 101, None),
            Show(13, 102, Some((501, 2))),
            Leave(14, 103, None),
            Leave(15, 104, None),
            Show(16, 105, Some((502, 3))),
            Show(17, 106, Some((503, 4))),
            // What was left out stays out, however late it comes again.
            Leave(11, 101, None),
            Show(12, 101, None),
        ],
    );
    let located: Vec<_> = (499..505)
        .map(|number| rewriter.locate(number).map(|(_, index)| index))
        .collect();
    let expected = [None, Some(10), Some(13), Some(16), Some(17), None];
    assert_eq!(located, expected);
    let mut again = |number, index, id| {
        let mapped = rewriter.map_again(number, &packet(index, 0, id));
        mapped.map(|m| (m.index, m.picture_id))
    };
    assert_eq!(again(501, 13, 102), Some((501, 2)));
    assert_eq!(again(502, 16, 105), Some((502, 3)));
    assert_eq!(again(502, 14, 103), None, "another packet");
}

#[test]
fn a_number_is_kept_for_what_is_missing_and_filled_when_it_is_not_for_the_slot() {
    let mut rewriter = cut(
        (10, 0),
        0,
        &[
            Show(10, 0, Some((0, 1))),
            // 11 is missing before one that is left out, 13 between two, 15 before one shown.
            Leave(12, 2, None),
            Leave(14, 4, None),
            Show(16, 6, Some((4, 5))),
            Show(11, 1, Some((1, 2))),
            Leave(13, 3, Some(2)),
            Leave(13, 3, None),
            Show(15, 5, Some((3, 4))),
            Show(15, 5, None),
            Show(17, 7, Some((5, 6))),
        ],
    );
    assert_eq!(rewriter.map_again(2, &packet(13, 0, 3)), None, "sent empty");
    assert!(rewriter.map_again(1, &packet(11, 0, 1)).is_some());
}

#[test]
fn a_picture_of_which_a_part_is_missing_is_left_out_once() {
    let rows = [
        Show(10, 0, Some((0, 1))),
        Leave(11, 1, None),
        // 12 is missing, and of the same picture.
        Leave(13, 1, None),
        Show(14, 2, Some((2, 2))),
    ];
    cut((10, 0), 0, &rows);
}

#[test]
fn numbers_wrap_with_frames_left_out() {
    let turn = 1 << 16;
    cut(
        (turn - 2, PICTURE_ID_MASK - 1),
        turn - 1,
        &[
            Show(turn - 2, PICTURE_ID_MASK - 1, Some((turn - 1, 1))),
            Leave(turn - 1, PICTURE_ID_MASK, None),
            Show(turn, 0, Some((turn, 2))),
            Leave(turn + 1, 1, None),
            Show(turn + 2, 2, Some((turn + 1, 3))),
        ],
    );
}

#[test]
fn an_index_is_never_sent_twice_whatever_comes_and_is_left_out() {
    for seed in 0..50 {
        let keys = sources::<2>();
        let now = Instant::now();
        let mut rewriter = Rewriter::new(seed, 0, CLOCK);
        rewriter.expect_skips();
        let mut number = seed as usize + 1;
        let mut random = |below: usize| {
            number = (number * 1_103 + 12_345) % 65_537;
            number % below
        };
        let mut sent = std::collections::BTreeMap::new();
        let mut head = 1_000_u64;
        rewriter.begin(now, (keys[0], 0), &packet(head, 0, 0));
        for step in 0..5_000_u64 {
            head += if random(3) == 0 { random(6) as u64 } else { 1 };
            if random(400) == 0 {
                let stream = (keys[random(2)], random(3) as u8);
                head = 1_000 + random(5_000) as u64;
                rewriter.begin(now, stream, &packet(head, 0, 0));
            }
            let late = if random(4) == 0 { random(40) as u64 } else { 0 };
            let index = head.saturating_sub(late);
            let packet = packet(index, 0, index as u16);
            let mapped = if index % 4 == 1 {
                rewriter.skip(&packet)
            } else {
                rewriter.map(now, &packet)
            };
            if let Some(mapped) = mapped {
                let before = sent.insert(mapped.index, step);
                assert_eq!(before, None, "{} of seed {seed}", mapped.index);
            }
        }
    }
}

#[test]
fn layers_of_one_source_share_its_clock() {
    let keys = sources::<1>();
    let mut now = Instant::now();
    let mut rewriter = Rewriter::new(0, 0, CLOCK);
    let at = |index, timestamp, clock| MediaPacket {
        clock,
        ..packet(index, timestamp, 0)
    };
    let frame = 3_000;
    // Layer, timestamp, clock, milliseconds since the row before; what comes out.
    let rows = [
        (0, 70, None, 0, 0),
        // The clock becomes known within a layer.
        (0, 70 + frame, Some(9_000 + frame), 33, frame),
        // Captured a frame later, but 50 ms on the way instead of 33.
        (2, 500, Some(9_000 + 2 * frame), 50, 2 * frame),
        (2, 500 + frame, Some(9_000 + 3 * frame), 33, 3 * frame),
        // Back, with a frame captured at the same time as the last: a tick later.
        (0, 70 + 3 * frame, Some(9_000 + 3 * frame), 1, 3 * frame + 1),
        // The tick is not carried on.
        (2, 500 + 4 * frame, Some(9_000 + 6 * frame), 99, 6 * frame),
        // A report that is out by minutes is not believed: 33 ms are.
        (1, 5, Some(9_000_000), 33, 6 * frame + 2_970),
        // Nor is what that report would have said of the clock: from here on it counts.
        (1, 5 + frame, Some(9_000_000 + frame), 33, 7 * frame + 2_970),
        (2, 900, Some(9_000_000 + 2 * frame), 50, 8 * frame + 2_970),
    ];
    let mut stream = None;
    for (row, (layer, timestamp, clock, ms, expected)) in rows.into_iter().enumerate() {
        now += Duration::from_millis(ms);
        let packet = at(10 + row as u64, timestamp, clock);
        if stream.replace(layer) != Some(layer) {
            rewriter.begin(now, (keys[0], layer), &packet);
        }
        let mapped = rewriter.map(now, &packet).expect("in order");
        assert_eq!(mapped.timestamp, expected, "row {row}");
    }
}

#[test]
fn a_picture_that_comes_late_keeps_its_id_from_the_next_stream() {
    for is_late in [false, true] {
        let keys = sources::<1>();
        let now = Instant::now();
        let mut rewriter = cut((10, 0), 0, &[Show(10, 0, Some((0, 1))), Leave(12, 2, None)]);
        if is_late {
            let late = rewriter.map(now, &packet(11, 0, 1));
            assert_eq!(late.map(|m| m.picture_id), Some(2));
        }
        let next = packet(70, 0, 500);
        rewriter.begin(now, (keys[0], 1), &next);
        let mapped = rewriter.map(now, &next).map(|m| (m.index, m.picture_id));
        assert_eq!(mapped, Some((2, 3)), "late: {is_late}");
    }
}

#[test]
fn what_comes_late_of_an_earlier_stay_is_not_taken_for_this_one() {
    check(
        Rewriter::new(0, 0, CLOCK),
        &[
            Begin(0, packet(10, 0, 1)),
            Map(packet(10, 0, 1), Some((0, 0, 1))),
            Map(packet(14, 90, 2), Some((4, 90, 2))),
            // Another stream, of greater indices; then one of the first that was missing.
            Begin(1, packet(100, 0, 1)),
            Map(packet(100, 0, 1), Some((5, 91, 3))),
            Map(packet(12, 0, 1), None),
            // And back.
            Begin(0, packet(50, 0, 1)),
            Map(packet(50, 0, 1), Some((6, 92, 4))),
            Map(packet(13, 0, 1), None),
        ],
    );
}

#[test]
fn a_number_that_was_sent_empty_is_free_a_lap_later() {
    let mut rewriter = cut(
        (10, 0),
        0,
        &[
            Show(10, 0, Some((0, 1))),
            Leave(12, 2, None),
            Leave(11, 1, Some(1)),
        ],
    );
    let now = Instant::now();
    // The numbers went on from 2, so that the number a lap after 1 is that of this index.
    let index = 13 + WINDOW - 1;
    let later = packet(index, 90, 3);
    let mapped = rewriter.map(now, &later).expect("in order");
    assert_eq!(mapped.index, 1 + WINDOW);
    assert_eq!(
        rewriter.map_again((1 + WINDOW) as u16, &later),
        Some(mapped)
    );
}

#[test]
fn what_was_sent_for_a_nack_is_not_sent_again_when_it_comes() {
    let mut rewriter = cut(
        (10, 0),
        0,
        &[Show(10, 0, Some((0, 1))), Show(12, 2, Some((2, 3)))],
    );
    // The cache had it, though it was not forwarded.
    assert!(rewriter.map_again(1, &packet(11, 0, 1)).is_some());
    assert_eq!(rewriter.map(Instant::now(), &packet(11, 0, 1)), None);
}

#[test]
fn a_jump_before_a_frame_that_is_left_out_keeps_no_numbers() {
    cut(
        (10, 0),
        0,
        &[
            Show(10, 0, Some((0, 1))),
            Leave(12 + MAX_STEP, 2, None),
            Show(13 + MAX_STEP, 3, Some((1, 3))),
        ],
    );
}

/// A packet of a VP9 picture with this id.
fn vp9(index: u64, timestamp: u32, picture_id: u16) -> MediaPacket<'static> {
    let [high, low] = (picture_id & PICTURE_ID_MASK).to_be_bytes();
    let payload = [0xa8, 0x80 | high, low, 0, picture_id as u8];
    MediaPacket {
        codec: Codec::Vp9,
        picture: Picture::read(Codec::Vp9, &payload, None).expect("well-formed"),
        ..packet(index, timestamp, 0)
    }
}

#[test]
fn ids_of_vp9_keep_their_distances_where_frames_are_left_out_and_wrap() {
    let now = Instant::now();
    let [source, other] = sources();
    let mut rewriter = Rewriter::new(0, 0, CLOCK);
    rewriter.expect_skips();
    rewriter.begin(now, (source, 0), &vp9(10, 0, 0x7ffd));
    // Of pictures of two packets the second is left out, and the third picture whole.
    for (index, id, expected) in [
        (10, 0x7ffd, Some((0, 1))),
        (11, 0x7ffd, None),
        (12, 0x7ffe, Some((1, 2))),
        (13, 0x7ffe, None),
        (14, 0x7fff, None),
        (15, 0x7fff, None),
        (16, 0x0000, Some((2, 4))),
        (17, 0x0000, None),
        (18, 0x0001, Some((3, 5))),
    ] {
        let packet = vp9(index, 3_000 * index as u32, id);
        let numbers = match expected {
            Some(_) => rewriter.map(now, &packet),
            None => rewriter.skip(&packet),
        };
        let numbers = numbers.map(|mapped| (mapped.index, mapped.picture_id));
        assert_eq!(numbers, expected, "{index}");
    }
    // Another source's go on.
    let packet = vp9(500, 7, 99);
    rewriter.begin(now, (other, 0), &packet);
    let mapped = rewriter.map(now, &packet).expect("it is new");
    assert_eq!((mapped.index, mapped.picture_id), (4, 6));
}

#[test]
fn what_was_sent_as_the_last_of_its_picture_is_so_again() {
    let now = Instant::now();
    let [source] = sources();
    let mut rewriter = Rewriter::new(0, 0, CLOCK);
    let first = vp9(10, 0, 1);
    rewriter.begin(now, (source, 0), &first);
    for index in 10..10 + 2 * WINDOW {
        let packet = vp9(index, 0, 1);
        let mut mapped = rewriter.map(now, &packet).expect("it is new");
        assert!(!mapped.is_last, "{index}");
        if index % 3 == 0 {
            rewriter.end_picture(&mut mapped);
            assert!(mapped.is_last);
        }
        let again = rewriter.map_again(mapped.index as u16, &packet);
        let again = again.expect("it was sent");
        assert_eq!(again.is_last, index % 3 == 0, "{index}");
    }
}

/// A packet of a frame that a descriptor gives this number.
fn av1(index: u64, number: u16) -> MediaPacket<'static> {
    let described = Described {
        number: Some(number),
        ..Described::default()
    };
    let picture = Picture::read(Codec::Av1, &[0x10], Some(described));
    MediaPacket {
        codec: Codec::Av1,
        picture: picture.expect("well-formed"),
        ..packet(index, 3_000 * index as u32, 0)
    }
}

#[test]
fn numbers_of_described_frames_keep_their_distances_and_wrap_at_sixteen_bits() {
    let now = Instant::now();
    let [source, other] = sources();
    let mut rewriter = Rewriter::new(0, 0, CLOCK);
    rewriter.expect_skips();
    rewriter.begin(now, (source, 0), &av1(10, 0x7ffe));
    // Every third frame is left out, and the sender's numbers wrap in the middle and at the end.
    let mut number = 0x7ffe_u16;
    for step in 0..70_000_u64 {
        let packet = av1(10 + step, number);
        if step % 3 == 2 {
            assert_eq!(rewriter.skip(&packet), None);
        } else {
            let mapped = rewriter.map(now, &packet).expect("it is new");
            assert_eq!(mapped.picture_id, (1 + step) as u16, "step {step}");
            let again = rewriter.map_again(mapped.index as u16, &packet);
            assert_eq!(again, Some(mapped));
        }
        number = number.wrapping_add(1);
    }
    // Another codec counts for itself, and its ids wrap at fifteen bits.
    for (index, id, expected) in [(1, 0x7fff, 1), (2, 0, 2), (3, 0x7ffe, 0)] {
        let packet = vp9(index, 7, id);
        if index == 1 {
            rewriter.begin(now, (other, 0), &packet);
        }
        let mapped = rewriter.map(now, &packet).expect("it is new");
        assert_eq!(mapped.picture_id, expected);
    }
    // And then numbers go on after the highest that was sent: steps 0 to 69,999, the last shown.
    let packet = av1(5, 77);
    rewriter.begin(now, (source, 0), &packet);
    let mapped = rewriter.map(now, &packet).expect("it is new");
    assert_eq!(mapped.picture_id, (70_000_u32 + 1) as u16);
}

/// A packet that begins a frame of a temporal layer.
fn layered(index: u64, picture_id: u16, tl0: u8, temporal: u8) -> MediaPacket<'static> {
    let [high, low] = (picture_id & PICTURE_ID_MASK).to_be_bytes();
    let payload = [0x90, 0xe0, 0x80 | high, low, tl0, temporal << 6, 1];
    MediaPacket {
        picture: Picture::read(Codec::Vp8, &payload, None).expect("well-formed"),
        ..packet(index, 0, picture_id)
    }
}

#[test]
fn a_chain_begins_and_ends_with_a_picture_of_the_base_layer() {
    let [source] = sources::<1>();
    let now = Instant::now();
    let mut rewriter = Rewriter::new(0, 0, CLOCK);
    let told = |mapped: Option<Mapped>| mapped.map(|m| (m.tl0_pic_idx, m.chain));
    // Index, picture and base-layer index at the source, temporal layer; what is told of it.
    let rows = [
        (false, (10, 500, 70, 0), (1, false)),
        (false, (11, 501, 70, 2), (1, false)),
        (true, (12, 502, 70, 1), (1, false)),
        (true, (13, 503, 71, 0), (2, true)),
        (true, (14, 504, 71, 2), (3, true)),
        (true, (15, 505, 71, 1), (4, true)),
        // 16 is missing.
        (false, (17, 507, 71, 2), (6, true)),
        (false, (18, 508, 72, 0), (7, false)),
        (false, (19, 509, 72, 2), (7, false)),
        (true, (20, 510, 72, 1), (7, false)),
        // What is missing before it may still come: the next one will do.
        (true, (22, 512, 73, 0), (8, false)),
        (true, (23, 513, 74, 0), (9, true)),
    ];
    let layered = |(index, id, tl0, temporal)| layered(index, id, tl0, temporal);
    rewriter.begin(now, (source, 0), &layered(rows[0].1));
    for (chains, packet, expected) in rows {
        rewriter.chain(chains);
        let mapped = rewriter.map(now, &layered(packet));
        assert_eq!(told(mapped), Some(expected), "{packet:?}");
    }
    // Late or again, each is what it would have been, or was.
    assert_eq!(
        told(rewriter.map(now, &layered((16, 506, 71, 2)))),
        Some((5, true))
    );
    for (_, packet, expected) in rows {
        let sequence_number = (packet.0 - 10) as u16;
        let again = rewriter.map_again(sequence_number, &layered(packet));
        assert_eq!(told(again), Some(expected), "{packet:?} again");
    }
}

#[test]
fn a_chain_goes_on_over_what_is_left_out_and_over_another_source() {
    let [one, other] = sources::<2>();
    let now = Instant::now();
    let mut rewriter = Rewriter::new(0, 0, CLOCK);
    rewriter.chain(true);
    let mut tl0 = Vec::new();
    let mut told = |mapped: Option<Mapped>| tl0.extend(mapped.map(|m| (m.tl0_pic_idx, m.chain)));
    rewriter.begin(now, (one, 0), &layered(10, 500, 70, 0));
    told(rewriter.map(now, &layered(10, 500, 70, 0)));
    assert_eq!(rewriter.skip(&layered(11, 501, 70, 2)), None);
    told(rewriter.map(now, &layered(12, 502, 70, 1)));
    assert_eq!(rewriter.skip(&layered(13, 503, 70, 2)), None);
    told(rewriter.map(now, &layered(14, 504, 71, 0)));
    assert_eq!(rewriter.skip(&layered(15, 505, 71, 2)), None);
    rewriter.begin(now, (other, 0), &layered(90, 7, 3, 0));
    told(rewriter.map(now, &layered(90, 7, 3, 0)));
    told(rewriter.map(now, &layered(91, 8, 3, 2)));
    // Its pictures are in no layers.
    rewriter.begin(now, (one, 0), &packet(20, 0, 900));
    told(rewriter.map(now, &packet(20, 0, 900)));
    let expected = [1, 2, 3, 4, 5].map(|tl0| (tl0, true));
    assert_eq!(tl0, [&expected[..], &[(6, false)]].concat());
}
