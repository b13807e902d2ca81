//! Rows of packets in and numbers out.

use super::*;
use homeroom_rtp::vp8::Vp8Descriptor;
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
        marker: false,
        vp8: Some(Vp8Descriptor::parse(&payload).expect("well-formed")),
        payload: &[],
    }
}

fn padding(index: u64, timestamp: u32) -> MediaPacket<'static> {
    MediaPacket {
        vp8: None,
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
            Begin(source, packet) => rewriter.begin(now, keys[*source], packet),
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
            // Two seconds later, and at least one tick.
            Map(packet(9, 5, 1_000), Some((104, 7_000 + 2 * CLOCK + 1, 5))),
            Map(
                packet(10, 3_005, 1_001),
                Some((105, 10_000 + 2 * CLOCK + 1, 6)),
            ),
            // The first again, at once: still a tick later.
            Begin(0, packet(5_100, 990, 80)),
            Map(
                packet(5_100, 990, 80),
                Some((106, 10_000 + 2 * CLOCK + 2, 7)),
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
    assert_eq!(located(turn - 1), Some((keys[0], turn - 1)));
    assert_eq!(located(turn + 2), Some((keys[0], turn + 2)));
    assert_eq!(located(turn + 3), Some((keys[1], 3)));
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
            rewriter.begin(now, source, &packet);
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
        rewriter.begin(now, keys[source], &first);
        for index in from..from + 10 {
            let packet = packet(index, 5, picture);
            let mapped = rewriter.map(now, &packet).expect("of this stay");
            sent.push((keys[source], packet, mapped));
        }
    }
    for (source, packet, mapped) in &sent {
        let number = mapped.index as u16;
        assert_eq!(rewriter.locate(number), Some((*source, packet.index)));
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
    for stay in 0..=MAX_EPOCHS {
        assert_eq!(
            rewriter.locate(0).is_some(),
            stay > 0,
            "the first, before stay {stay}"
        );
        let packet = packet(100, 0, 0);
        rewriter.begin(now, keys[stay % 2], &packet);
        rewriter.map(now, &packet);
    }
    assert_eq!(rewriter.past.len() + 1, MAX_EPOCHS);
    assert_eq!(rewriter.locate(0), None, "one more than can be remembered");
    assert_eq!(rewriter.locate(1), Some((keys[1], 100)));
}
