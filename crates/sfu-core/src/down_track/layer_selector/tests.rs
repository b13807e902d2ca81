//! Rows of packets in and decisions out.

use super::Decision::{Begin, Drop, Forward, Skip};
use super::*;
use crate::model::Codec;
use crate::picture::Picture;

mod shared_stream;

/// A packet whose payload begins so.
fn packet(payload: &[u8]) -> MediaPacket<'_> {
    MediaPacket {
        index: 1,
        timestamp: 0,
        clock: None,
        marker: false,
        codec: Codec::Vp8,
        picture: Picture::read(Codec::Vp8, payload, None).ok().flatten(),
        descriptor: &[],
        payload,
    }
}

const KEY_FRAME: &[u8] = &[0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, 0, 0];
const REST_OF_A_FRAME: &[u8] = &[0x00, 0x00];
const SECOND_PARTITION: &[u8] = &[0x11, 0x00];
const OTHER_FRAME: &[u8] = &[0x10, 0x01];
const PADDING: &[u8] = &[];

#[test]
fn a_picture_begins_with_the_first_packet_of_a_key_frame() {
    let mut selector = LayerSelector::new(true);
    for payload in [OTHER_FRAME, REST_OF_A_FRAME, SECOND_PARTITION, PADDING] {
        assert_eq!(selector.decide(0, &packet(payload)), Drop, "{payload:?}");
        assert!(selector.awaits(0));
    }
    assert_eq!(selector.decide(0, &packet(KEY_FRAME)), Begin);
    assert!(!selector.awaits(0));
    for payload in [REST_OF_A_FRAME, OTHER_FRAME, PADDING, KEY_FRAME] {
        assert_eq!(selector.decide(0, &packet(payload)), Forward, "{payload:?}");
    }
}

#[test]
fn a_voice_begins_with_any_packet() {
    let mut selector = LayerSelector::new(false);
    assert!(selector.awaits(0));
    assert_eq!(selector.decide(0, &packet(PADDING)), Begin);
    assert!(!selector.awaits(0));
    assert_eq!(selector.decide(0, &packet(PADDING)), Forward);
}

#[test]
fn a_voice_goes_on_at_its_old_rate_until_the_new_one_begins() {
    let mut selector = LayerSelector::new(false);
    let mut decide = |to: Option<(u8, Option<u8>)>, layer| {
        if let Some((spatial, fallback)) = to {
            let target = Target {
                spatial,
                ..Target::WHOLE
            };
            selector.set_target(target, fallback, Hurry::No);
        }
        selector.decide(layer, &packet(PADDING))
    };
    assert_eq!(decide(Some((1, None)), 0), Drop, "it waits for the other");
    assert_eq!(decide(None, 1), Begin);
    assert_eq!(decide(Some((0, None)), 1), Forward);
    assert_eq!(decide(None, 0), Begin);
    assert_eq!(decide(None, 1), Drop);
    // The one that is wanted does not arrive.
    assert_eq!(decide(Some((0, Some(1))), 1), Begin);
    assert_eq!(decide(Some((0, None)), 0), Begin);
    assert_eq!(decide(None, 1), Drop);
}

/// What happens to a selector, row by row.
enum Row {
    /// The target's layers, and the fallback.
    To(u8, u8, Option<u8>),
    /// The target's spatial layer, as the line does not carry what is shown.
    Down(u8, Hurry),
    /// A packet: spatial layer, index, frame, kind; and what is decided.
    In(u8, u64, u32, Kind, Decision),
}
use Row::{Down, In, To};

#[derive(Debug, Clone, Copy)]
enum Kind {
    /// Begins a key frame.
    Key,
    /// Begins a frame of this temporal layer that refers to its own layer.
    T(u8),
    /// The same, but it refers to the base layer only.
    Sync(u8),
    /// A later packet of a frame of this temporal layer.
    Rest(u8),
    /// The same, of a frame that refers to the base layer only.
    RestOfSync(u8),
}
use Kind::{Key, Rest, RestOfSync, Sync, T};

impl Kind {
    fn payload(self) -> Vec<u8> {
        let (start, temporal, sync, frame): (u8, u8, u8, &[u8]) = match self {
            Key => (0x10, 0, 0, &KEY_FRAME[1..]),
            T(temporal) => (0x10, temporal, 0, &[1]),
            Sync(temporal) => (0x10, temporal, 0x20, &[1]),
            Rest(temporal) => (0, temporal, 0, &[1]),
            RestOfSync(temporal) => (0, temporal, 0x20, &[1]),
        };
        // X, then the T bit and its byte (RFC 7741 §4.2).
        let mut payload = vec![0x80 | start, 0x20, temporal << 6 | sync];
        payload.extend(if matches!(self, Key) {
            &frame[1..]
        } else {
            frame
        });
        payload
    }
}

#[track_caller]
fn check(rows: &[Row]) {
    let mut selector = LayerSelector::new(true);
    for (number, row) in rows.iter().enumerate() {
        match row {
            To(spatial, temporal, fallback) => {
                let (spatial, temporal) = (*spatial, *temporal);
                selector.set_target(Target { spatial, temporal }, *fallback, Hurry::No);
            }
            Down(spatial, hurry) => {
                let target = Target {
                    spatial: *spatial,
                    temporal: MAX_TEMPORAL,
                };
                selector.set_target(target, None, *hurry);
            }
            In(layer, index, frame, kind, expected) => {
                let payload = kind.payload();
                let packet = MediaPacket {
                    index: *index,
                    timestamp: 3_000u32.wrapping_mul(*frame),
                    ..packet(&payload)
                };
                let decision = selector.decide(*layer, &packet);
                assert_eq!(decision, *expected, "row {number}: {kind:?}");
            }
        }
    }
}

#[test]
fn a_line_that_is_too_narrow_has_fewer_frames_at_once_and_all_of_the_smaller_layer() {
    check(&[
        To(2, 3, None),
        In(2, 10, 1, Key, Begin),
        In(2, 11, 2, T(2), Forward),
        Down(0, Hurry::Base),
        // What has begun is ended.
        In(2, 12, 2, Rest(2), Forward),
        In(2, 13, 3, T(1), Skip),
        In(2, 14, 4, T(0), Forward),
        In(2, 15, 5, Sync(2), Skip),
        In(0, 50, 5, Key, Begin),
        In(2, 16, 6, T(0), Drop),
        In(0, 51, 6, T(2), Forward),
        In(0, 52, 7, T(1), Forward),
        // Up again nothing hurries.
        Down(1, Hurry::Base),
        In(0, 53, 8, T(2), Forward),
        // And a change of mind takes nothing away for long.
        Down(0, Hurry::Base),
        In(1, 90, 8, Key, Drop),
    ]);
}

#[test]
fn a_line_that_carries_nothing_of_it_gets_nothing_of_it() {
    check(&[
        To(2, 3, None),
        In(2, 10, 1, Key, Begin),
        Down(1, Hurry::Stop),
        In(2, 11, 1, Rest(0), Drop),
        In(2, 12, 2, T(0), Drop),
        // What comes first, begins.
        In(0, 50, 2, Key, Begin),
        In(1, 70, 3, Key, Begin),
        In(0, 51, 3, T(0), Drop),
        // A change of mind begins with a key frame too.
        Down(0, Hurry::Stop),
        To(1, 3, None),
        In(1, 71, 4, T(0), Drop),
        In(1, 72, 5, Key, Begin),
        // What is no larger goes on.
        Down(1, Hurry::Stop),
        In(1, 73, 6, T(0), Forward),
    ]);
}

#[test]
fn where_nothing_is_shown_the_smallest_layer_may_come_first() {
    check(&[
        To(2, 3, None),
        In(1, 50, 1, Key, Drop),
        In(0, 10, 1, Key, Begin),
        In(0, 11, 2, T(0), Forward),
        In(2, 90, 3, Key, Begin),
        In(0, 12, 4, Key, Drop),
    ]);
}

#[test]
fn a_switch_holds_the_old_layer_until_a_key_frame_of_the_new_one() {
    check(&[
        To(0, 3, None),
        In(0, 10, 1, Key, Begin),
        In(0, 11, 2, T(0), Forward),
        To(2, 3, None),
        In(2, 70, 2, T(0), Drop),
        In(0, 12, 3, T(0), Forward),
        // A key frame of neither.
        In(1, 50, 3, Key, Drop),
        In(2, 71, 3, Rest(0), Drop),
        In(2, 72, 4, Key, Begin),
        In(0, 13, 4, Key, Drop),
        In(2, 73, 4, Rest(0), Forward),
        // And down.
        To(0, 3, None),
        In(2, 74, 5, T(0), Forward),
        In(0, 14, 5, T(0), Drop),
        In(0, 15, 6, Key, Begin),
        In(2, 75, 6, T(0), Drop),
    ]);
}

#[test]
fn a_target_taken_back_changes_nothing() {
    check(&[
        To(1, 3, None),
        In(1, 10, 1, Key, Begin),
        To(2, 3, None),
        To(1, 3, None),
        In(2, 70, 2, Key, Drop),
        In(1, 11, 2, T(0), Forward),
    ]);
}

#[test]
fn a_layer_that_stands_in_is_shown_until_the_wanted_one_comes() {
    check(&[
        To(2, 3, Some(1)),
        In(0, 10, 1, Key, Begin),
        In(1, 50, 1, Key, Begin),
        In(2, 70, 2, T(0), Drop),
        In(2, 71, 3, Key, Begin),
        // It dies, and another stands in.
        To(2, 3, Some(0)),
        In(1, 51, 4, Key, Drop),
        In(0, 11, 4, Key, Begin),
        In(2, 72, 5, Key, Begin),
    ]);
}

#[test]
fn temporal_layers_go_at_the_next_frame_and_not_within_one() {
    check(&[
        To(0, 3, None),
        In(0, 10, 1, Key, Begin),
        In(0, 11, 2, T(2), Forward),
        To(0, 0, None),
        In(0, 12, 2, Rest(2), Forward),
        In(0, 13, 3, T(1), Skip),
        In(0, 14, 3, Rest(1), Skip),
        In(0, 15, 4, T(2), Skip),
        In(0, 16, 5, T(0), Forward),
        In(0, 17, 6, Sync(2), Skip),
    ]);
}

#[test]
fn temporal_layers_come_back_where_they_depend_on_nothing_left_out() {
    check(&[
        To(0, 0, None),
        In(0, 10, 1, Key, Begin),
        In(0, 11, 2, T(2), Skip),
        To(0, 2, None),
        // Sync or not: the layer below is not back yet.
        In(0, 12, 3, Sync(2), Skip),
        In(0, 13, 4, T(1), Skip),
        In(0, 14, 5, Sync(1), Forward),
        In(0, 15, 5, Rest(1), Forward),
        In(0, 16, 6, T(2), Skip),
        In(0, 17, 7, T(0), Forward),
        In(0, 18, 8, Sync(2), Forward),
        In(0, 19, 9, T(1), Forward),
        In(0, 20, 10, T(2), Forward),
    ]);
}

#[test]
fn a_key_frame_brings_every_temporal_layer_back() {
    check(&[
        To(0, 0, None),
        In(0, 10, 1, Key, Begin),
        To(0, 3, None),
        In(0, 11, 2, T(2), Skip),
        In(0, 12, 3, Key, Forward),
        In(0, 13, 4, T(2), Forward),
        In(0, 14, 5, T(1), Forward),
    ]);
}

#[test]
fn a_late_packet_is_judged_as_in_its_place() {
    check(&[
        To(0, 3, None),
        In(0, 10, 1, Key, Begin),
        In(0, 12, 2, Rest(2), Forward),
        To(0, 0, None),
        In(0, 14, 4, T(0), Forward),
        // Of a frame that was still shown, and of one that was not.
        In(0, 11, 2, T(2), Forward),
        In(0, 15, 5, T(2), Skip),
        To(0, 3, None),
        In(0, 18, 7, Sync(1), Forward),
        In(0, 20, 8, Sync(2), Forward),
        In(0, 16, 5, Rest(2), Skip),
        In(0, 17, 6, T(0), Forward),
        In(0, 19, 7, Rest(1), Forward),
    ]);
}

#[test]
fn timestamps_wrap() {
    let last = u32::MAX / 3_000;
    check(&[
        To(0, 3, None),
        In(0, 10, last, Key, Begin),
        To(0, 0, None),
        In(0, 11, last, Rest(0), Forward),
        In(0, 12, last + 1, T(1), Skip),
        In(0, 13, last + 2, T(0), Forward),
    ]);
}

#[test]
fn it_has_use_for_what_it_shows_and_what_it_waits_for() {
    let mut selector = LayerSelector::new(true);
    let target = |spatial| Target {
        spatial,
        temporal: 3,
    };
    selector.set_target(target(2), Some(1), Hurry::No);
    assert_eq!(selector.layers(), LayerSet::ALL, "or the smallest, first");
    let key = Key.payload();
    selector.decide(1, &packet(&key));
    selector.set_target(target(0), None, Hurry::No);
    assert_eq!(selector.layers(), LayerSet::of(0).with(1));
    assert!(selector.awaits(0) && !selector.awaits(1) && !selector.awaits(2));
}

#[test]
fn what_is_missing_when_a_layer_goes_is_of_the_frame_that_had_not_ended() {
    for (ended, decision) in [(true, Skip), (false, Forward)] {
        let mut selector = LayerSelector::new(true);
        let (key, upper, base) = (Key.payload(), T(2).payload(), T(0).payload());
        let at = |index, payload, marker| MediaPacket {
            index,
            timestamp: 3_000 * index as u32,
            marker,
            ..packet(payload)
        };
        let target = |temporal| Target {
            spatial: 0,
            temporal,
        };
        selector.set_target(target(3), None, Hurry::No);
        assert_eq!(selector.decide(0, &at(10, &key, true)), Begin);
        assert_eq!(selector.decide(0, &at(11, &upper, ended)), Forward);
        selector.set_target(target(0), None, Hurry::No);
        assert_eq!(selector.decide(0, &at(13, &base, true)), Forward);
        assert_eq!(selector.decide(0, &at(12, &upper, true)), decision);
    }
}

#[test]
fn a_frame_whose_beginning_is_missing_brings_no_layer_back() {
    check(&[
        To(0, 0, None),
        In(0, 10, 1, Key, Begin),
        To(0, 2, None),
        In(0, 11, 2, RestOfSync(1), Skip),
        In(0, 12, 3, T(0), Forward),
        In(0, 13, 4, Sync(1), Forward),
    ]);
}
