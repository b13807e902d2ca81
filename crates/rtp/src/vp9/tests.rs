//! Descriptors as browsers send them, one row per optional field, then properties.

use proptest::prelude::*;

use super::*;

fn parse(descriptor: &[u8]) -> Vp9Descriptor {
    let parsed = Vp9Descriptor::parse(&[descriptor, b"frame"].concat());
    let parsed = parsed.expect("a whole descriptor");
    assert_eq!(parsed.header_len, descriptor.len(), "{descriptor:x?}");
    parsed
}

#[test]
fn picture_ids_of_both_sizes() {
    let id = |value, bits| Some(PictureId { value, bits });
    for (descriptor, expected) in [
        (&[0x0c][..], None),
        (&[0x8c, 0x7f], id(127, 7)),
        (&[0x8c, 0x80, 0x00], id(0, 15)),
        (&[0x8c, 0xff, 0xff], id(0x7fff, 15)),
    ] {
        assert_eq!(parse(descriptor).picture_id, expected, "{descriptor:x?}");
    }
}

#[test]
fn layers_follow_the_picture_id_and_an_index_follows_them_outside_flexible_mode() {
    // Temporal 2, switching point, spatial 1, on the layer below.
    let parsed = parse(&[0xa8, 0x81, 0x02, 0x53, 0x2a]);
    assert_eq!((parsed.temporal_id, parsed.spatial_id), (2, 1));
    assert_eq!(
        (parsed.is_switching_point, parsed.refers_down),
        (true, true)
    );
    assert_eq!(parsed.tl0_pic_idx, Some(0x2a));
    let flexible = parse(&[0xb8, 0x81, 0x02, 0xe4]);
    assert_eq!((flexible.temporal_id, flexible.spatial_id), (7, 2));
    assert_eq!(flexible.tl0_pic_idx, None);
}

#[test]
fn references_come_in_flexible_mode_only_and_three_at_most() {
    for (descriptor, rest) in [
        (&[0x50, 0x02][..], 0),
        (&[0x50, 0x03, 0x04], 0),
        (&[0x50, 0x03, 0x05, 0x07], 0),
        // Not flexible, or not referring to anything.
        (&[0x40], 0),
        (&[0x10], 0),
    ] {
        let parsed = parse(descriptor);
        assert_eq!(parsed.refers_back, descriptor[0] & 0x40 != 0);
        assert_eq!(parsed.header_len, descriptor.len() + rest);
    }
}

#[test]
fn a_structure_tells_layers_and_heights() {
    let sizes = [1, 64, 0, 180, 2, 128, 1, 104, 5, 0, 2, 208];
    let groups = [2, 0b0000_0000, 0b0101_1000, 1, 2];
    for (flags, sized, grouped, expected) in [
        (0x00, false, false, (1, [0, 0, 0])),
        (0x50, true, false, (3, [180, 360, 720])),
        (0x48, false, true, (3, [0, 0, 0])),
        (0x58, true, true, (3, [180, 360, 720])),
    ] {
        let mut descriptor = vec![0x0a, flags];
        descriptor.extend(sized.then_some(sizes).iter().flatten());
        descriptor.extend(grouped.then_some(groups).iter().flatten());
        let structure = parse(&descriptor).structure.expect("the V bit");
        assert_eq!((structure.layers, structure.heights), expected, "{flags:x}");
    }
    // Eight layers: the sizes of the first are told, all are passed over.
    let mut descriptor = vec![0x0a, 0xf0];
    descriptor.extend([0, 8, 0, 9].repeat(8));
    let structure = parse(&descriptor).structure.expect("the V bit");
    assert_eq!((structure.layers, structure.heights), (8, [9, 9, 9]));
}

#[test]
fn a_decoder_begins_with_the_base_layer_of_a_key_frame_alone() {
    for (descriptor, begins) in [
        (&[0x08][..], true),
        (&[0x0c], true),
        (&[0x00], false),
        (&[0x48], false),
        (&[0xa8, 0x01, 0x00, 0x07], true),
        (&[0xa8, 0x01, 0x02, 0x07], false),
        (&[0xa8, 0x01, 0x03, 0x07], false),
        (&[0xa8, 0x01, 0x01, 0x07], false),
    ] {
        let begins_key_frame = parse(descriptor).begins_key_frame();
        assert_eq!(begins_key_frame, begins, "{descriptor:x?}");
    }
}

#[test]
fn frames_begin_and_end_and_say_who_needs_them() {
    for (flags, expected) in [
        (0x40, (false, false, false)),
        (0x48, (true, false, false)),
        (0x44, (false, true, false)),
        (0x4d, (true, true, true)),
    ] {
        let parsed = parse(&[flags]);
        let ends = (
            parsed.begins_frame,
            parsed.ends_frame,
            parsed.is_not_for_upper,
        );
        assert_eq!(ends, expected, "{flags:x}");
    }
}

#[test]
fn what_is_cut_short_is_refused() {
    let whole: [&[u8]; 5] = [
        &[0x8c, 0x80, 0x00],
        &[0xa8, 0x81, 0x02, 0x53, 0x2a],
        &[0x50, 0x03, 0x05, 0x07],
        &[0x0a, 0x30, 0, 1, 0, 1, 0, 2, 0, 2],
        &[0x0a, 0x08, 1, 0x0c, 1, 2, 3],
    ];
    for descriptor in whole {
        parse(descriptor);
        for len in 0..descriptor.len() {
            let cut = Vp9Descriptor::parse(&descriptor[..len]);
            assert_eq!(cut, Err(ParseError::Truncated), "{descriptor:x?} to {len}");
        }
    }
}

#[test]
fn rewriting_wraps_at_the_size_of_the_id() {
    for (descriptor, picture_id, tl0, expected) in [
        (
            &[0xac, 0xff, 0xff, 0x00, 0x05][..],
            0,
            6,
            &[0xac, 0x80, 0x00, 0x00, 0x06][..],
        ),
        (
            &[0xac, 0x7f, 0x00, 0x05],
            0x80,
            255,
            &[0xac, 0x00, 0x00, 0xff],
        ),
        (&[0x8c, 0x81, 0x02], 0x7fff, 9, &[0x8c, 0xff, 0xff]),
        (&[0x2c, 0x00, 0x05], 77, 9, &[0x2c, 0x00, 0x09]),
        (
            &[0xbc, 0x81, 0x02, 0x00],
            0x0304,
            9,
            &[0xbc, 0x83, 0x04, 0x00],
        ),
        (&[0x0c], 77, 9, &[0x0c]),
    ] {
        let parsed = parse(descriptor);
        let mut payload = [descriptor, b"frame"].concat();
        rewrite(&mut payload, &parsed, picture_id, tl0);
        assert_eq!(payload, [expected, b"frame"].concat(), "{descriptor:x?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused_and_rewriting_keeps_the_rest(
        bytes in proptest::collection::vec(any::<u8>(), 0..80),
        picture_id: u16,
        tl0: u8,
    ) {
        if let Ok(before) = Vp9Descriptor::parse(&bytes) {
            prop_assert!(before.header_len <= bytes.len());
            let mut rewritten = bytes.clone();
            rewrite(&mut rewritten, &before, picture_id, tl0);
            let after = Vp9Descriptor::parse(&rewritten).expect("still a descriptor");
            let expected = before.picture_id.map(|id| PictureId {
                value: picture_id & ((1 << id.bits) - 1),
                ..id
            });
            prop_assert_eq!(after.picture_id, expected);
            prop_assert_eq!(after.tl0_pic_idx, before.tl0_pic_idx.map(|_| tl0));
            prop_assert_eq!(after.header_len, before.header_len);
            prop_assert_eq!(&rewritten[before.header_len..], &bytes[before.header_len..]);
        }
    }
}
