//! Rows of packets of a stream that has all spatial layers in it.

use super::*;
use crate::picture::Described;
use homeroom_rtp::dependency::{Layer, Role};
use homeroom_rtp::vp9;

/// What happens to a selector, row by row.
enum Row {
    /// The target's layers, and the fallback.
    To(u8, u8, Option<u8>),
    /// The target's spatial layer, as the line does not carry what is shown.
    Down(u8, Hurry),
    /// Nothing is to be shown.
    Pause,
    /// Whether a key frame is awaited, and of which layer.
    Awaits(Option<u8>),
    /// A packet: index, picture, what it is of; what is decided, and whether it is the last that is
    /// shown of its picture.
    In(u64, u32, Of, Decision, bool),
}
use Row::{Awaits, Down, In, Pause, To};

/// A packet of a spatial and a temporal layer: a frame whole.
#[derive(Debug, Clone, Copy)]
enum Of {
    /// A key frame; in the base layer's, how many layers there are.
    Key(u8, u8),
    /// A frame that no higher layer needs.
    Alone(u8, u8),
    /// The same, after which higher temporal layers can begin.
    Opens(u8, u8),
    /// A frame that the layer above needs.
    Needed(u8, u8),
    /// All of a frame but its end.
    Part(u8, u8),
    /// Padding.
    Nothing,
}
use Of::{Alone, Key, Needed, Nothing, Opens, Part};

impl Of {
    /// The picture that a packet of it is part of.
    fn picture(self, codec: Codec) -> Option<Picture> {
        let (payload, described) = match codec {
            Codec::Av1 => self.described(),
            _ => (self.payload(), None),
        };
        Picture::read(codec, &payload, described).expect("well-formed")
    }

    /// As a dependency descriptor says it, beside the payload's first byte.
    fn described(self) -> (Vec<u8>, Option<Described>) {
        let of = |spatial: u8, temporal: u8, needed_by: u8, opens_above: bool| Described {
            role: Role {
                layer: Layer { spatial, temporal },
                needed_by,
                opens_above,
            },
            ends_frame: true,
            ..Described::default()
        };
        let described = match self {
            Key(0, layers) => {
                let structure = vp9::Structure {
                    layers,
                    heights: [0; 3],
                };
                let key_frame = Described {
                    begins_key_frame: true,
                    structure: Some(structure),
                    ..of(0, 0, 0b111, true)
                };
                return (vec![0x18], Some(key_frame));
            }
            Key(spatial, _) => of(spatial, 0, 0b111 << spatial, true),
            Alone(spatial, temporal) => of(spatial, temporal, 1 << spatial, false),
            Opens(spatial, temporal) => of(spatial, temporal, 1 << spatial, true),
            Needed(spatial, temporal) => of(spatial, temporal, 0b11 << spatial, false),
            Part(spatial, temporal) => Described {
                ends_frame: false,
                ..of(spatial, temporal, 1 << spatial, false)
            },
            Nothing => return (Vec::new(), None),
        };
        (vec![0x10], Some(described))
    }

    fn payload(self) -> Vec<u8> {
        // I and L; then P, B, E, V, Z, and of the layers' byte U and D (RFC 9628 §4.2).
        let of = |flags: u8, spatial: u8, temporal: u8, bits: u8| {
            vec![0xa0 | flags, 1, temporal << 5 | spatial << 1 | bits, 0]
        };
        match self {
            Key(0, layers) => {
                let mut payload = of(0x0e, 0, 0, 0x10);
                payload.push((layers - 1) << 5);
                payload
            }
            Key(spatial, _) => of(0x0c, spatial, 0, 0x11),
            Alone(spatial, temporal) => of(0x4d, spatial, temporal, 0),
            Opens(spatial, temporal) => of(0x4d, spatial, temporal, 0x10),
            Needed(spatial, temporal) => of(0x4c, spatial, temporal, 1),
            Part(spatial, temporal) => of(0x49, spatial, temporal, 0),
            Nothing => Vec::new(),
        }
    }
}

#[track_caller]
fn check(rows: &[Row]) {
    for codec in [Codec::Vp9, Codec::Av1] {
        check_in(codec, rows);
    }
}

#[track_caller]
fn check_in(codec: Codec, rows: &[Row]) {
    let mut selector = LayerSelector::new(true);
    selector.share_stream(true);
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
            Pause => selector.pause(),
            Awaits(layer) => {
                assert_eq!(selector.awaits(0), layer.is_some(), "row {number}");
                let awaited = layer.map_or(LayerSet::NONE, LayerSet::of);
                assert_eq!(selector.awaited(), awaited, "row {number}");
                assert!(!selector.awaits(1), "there is one stream");
            }
            In(index, frame, of, expected, is_last) => {
                let packet = MediaPacket {
                    index: *index,
                    timestamp: 3_000u32.wrapping_mul(*frame),
                    codec,
                    picture: of.picture(codec),
                    ..packet(&[])
                };
                let decision = selector.decide(0, &packet);
                assert_eq!(decision, *expected, "row {number}: {of:?}");
                let is_shown = matches!(decision, Begin | Forward);
                let ends = is_shown && selector.is_last(&packet);
                assert_eq!(ends, *is_last, "row {number}: {of:?}");
            }
        }
    }
}

#[test]
fn a_layer_is_shown_with_what_it_needs_of_those_below() {
    check(&[
        To(1, 3, None),
        Awaits(Some(1)),
        // A frame that begins nothing, and the upper layers of a key frame.
        In(8, 1, Alone(0, 0), Drop, false),
        In(9, 2, Key(1, 3), Drop, false),
        In(10, 3, Key(0, 3), Begin, false),
        Awaits(None),
        In(11, 3, Key(1, 3), Forward, true),
        In(12, 3, Key(2, 3), Skip, false),
        // Each goes on by itself.
        In(13, 4, Alone(0, 2), Skip, false),
        In(14, 4, Part(1, 2), Forward, false),
        In(15, 4, Alone(1, 2), Forward, true),
        In(16, 4, Alone(2, 2), Skip, false),
        In(17, 4, Nothing, Forward, false),
        // Or needs the one below: two layers of an L3T3.
        In(18, 5, Needed(0, 0), Forward, false),
        In(19, 5, Needed(1, 0), Forward, true),
        In(20, 5, Alone(2, 0), Skip, false),
    ]);
}

#[test]
fn a_switch_holds_the_old_layer_until_a_key_frame() {
    check(&[
        To(0, 3, None),
        In(10, 1, Key(0, 3), Begin, true),
        In(11, 1, Key(1, 3), Skip, false),
        To(2, 3, None),
        Awaits(Some(2)),
        In(12, 2, Alone(0, 0), Forward, true),
        In(13, 2, Alone(2, 0), Skip, false),
        In(14, 3, Key(0, 3), Forward, false),
        Awaits(None),
        In(15, 3, Key(1, 3), Forward, false),
        In(16, 3, Key(2, 3), Forward, true),
        In(17, 4, Alone(0, 0), Skip, false),
        In(18, 4, Alone(2, 0), Forward, true),
        // And down.
        To(1, 3, None),
        Awaits(Some(1)),
        In(19, 5, Alone(1, 0), Skip, false),
        In(20, 5, Alone(2, 0), Forward, true),
        In(21, 6, Key(0, 3), Forward, false),
        In(22, 6, Key(1, 3), Forward, true),
        In(23, 6, Key(2, 3), Skip, false),
        // A target taken back changes nothing.
        To(2, 3, None),
        To(1, 3, None),
        Awaits(None),
        In(24, 7, Key(0, 3), Forward, false),
        In(25, 7, Key(2, 3), Skip, false),
    ]);
}

#[test]
fn a_late_packet_is_judged_as_in_its_place() {
    check(&[
        To(0, 3, None),
        In(10, 1, Key(0, 3), Begin, true),
        In(14, 2, Alone(0, 0), Forward, true),
        To(2, 3, None),
        In(20, 3, Key(0, 3), Forward, false),
        // Of the picture before the switch, and of the one with it.
        In(17, 2, Alone(2, 0), Skip, false),
        In(15, 2, Alone(0, 0), Forward, true),
        In(22, 3, Key(2, 3), Forward, true),
        In(21, 3, Key(1, 3), Forward, false),
        // A key frame whose beginning comes late has been decided about.
        To(0, 3, None),
        In(24, 4, Key(1, 3), Forward, false),
        In(23, 4, Key(0, 3), Forward, false),
        Awaits(Some(0)),
        In(25, 4, Key(2, 3), Forward, true),
    ]);
}

#[test]
fn what_a_stream_has_no_more_is_not_waited_for_in_vain() {
    check(&[
        To(2, 3, None),
        // Its key frame says so, before anybody else does.
        In(10, 1, Key(0, 2), Begin, false),
        In(11, 1, Key(1, 2), Forward, true),
        Awaits(Some(2)),
        To(2, 3, Some(1)),
        Awaits(None),
        In(12, 2, Alone(1, 0), Forward, true),
        To(2, 3, None),
        In(13, 3, Key(0, 3), Forward, false),
        In(14, 3, Key(2, 3), Forward, true),
        // It dies again, and a layer stands in from the next key frame on.
        To(2, 3, Some(0)),
        Awaits(Some(0)),
        In(15, 4, Alone(0, 0), Skip, false),
        In(16, 5, Key(0, 1), Forward, true),
    ]);
}

#[test]
fn temporal_layers_go_at_the_next_picture_and_come_back_where_they_can_begin() {
    check(&[
        To(1, 3, None),
        In(10, 1, Key(0, 2), Begin, false),
        In(11, 1, Key(1, 2), Forward, true),
        In(12, 2, Alone(0, 2), Skip, false),
        To(1, 0, None),
        In(13, 2, Alone(1, 2), Forward, true),
        In(14, 3, Alone(0, 1), Skip, false),
        In(15, 3, Alone(1, 1), Skip, false),
        In(16, 4, Alone(1, 0), Forward, true),
        To(1, 1, None),
        In(17, 5, Opens(1, 2), Skip, false),
        // Of a layer that is not shown itself, it opens none.
        In(18, 6, Opens(1, 1), Skip, false),
        In(19, 7, Alone(1, 0), Forward, true),
        In(20, 8, Alone(1, 1), Skip, false),
        In(21, 9, Opens(0, 0), Skip, false),
        In(22, 9, Opens(1, 0), Forward, true),
        In(23, 10, Alone(1, 2), Skip, false),
        In(24, 11, Alone(1, 1), Forward, true),
        To(1, 3, None),
        In(25, 12, Alone(1, 2), Skip, false),
        In(26, 13, Opens(1, 1), Forward, true),
        In(27, 14, Alone(1, 2), Forward, true),
        // A switch of spatial layers brings all of them.
        To(0, 0, None),
        In(28, 15, Alone(1, 2), Skip, false),
        To(0, 3, None),
        In(29, 16, Key(0, 2), Forward, true),
        In(30, 17, Alone(0, 2), Forward, true),
    ]);
}

#[test]
fn a_line_that_is_too_narrow_has_fewer_frames_or_none_until_the_key_frame() {
    check(&[
        To(2, 3, None),
        In(10, 1, Key(0, 3), Begin, false),
        Down(0, Hurry::Base),
        In(11, 2, Alone(2, 2), Skip, false),
        In(12, 3, Alone(2, 0), Forward, true),
        In(13, 3, Alone(0, 0), Skip, false),
        In(14, 4, Key(0, 3), Forward, true),
        In(15, 5, Alone(0, 2), Forward, true),
        To(2, 3, None),
        In(16, 6, Key(0, 3), Forward, false),
        Down(1, Hurry::Stop),
        In(17, 6, Key(1, 3), Drop, false),
        In(18, 7, Nothing, Drop, false),
        Awaits(Some(1)),
        In(19, 8, Key(0, 3), Begin, false),
        Pause,
        Awaits(None),
        In(20, 9, Key(0, 3), Drop, false),
        To(0, 3, None),
        In(21, 10, Key(0, 3), Begin, true),
    ]);
}
