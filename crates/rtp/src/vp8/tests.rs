//! Descriptors as browsers send them, one row per optional field, then properties.

use proptest::prelude::*;

use super::*;

/// The start of a 640×480 key frame: tag, start code, width, height.
const KEY_FRAME: [u8; 10] = [0x50, 0x2c, 0x00, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01];
const INTER_FRAME: [u8; 4] = [0x51, 0x2c, 0x00, 0x00];

fn parse(descriptor: &[u8], frame: &[u8]) -> Vp8Descriptor {
    Vp8Descriptor::parse(&[descriptor, frame].concat()).expect("a whole descriptor")
}

#[test]
fn picture_ids_of_both_sizes() {
    for (descriptor, expected) in [
        (&[0x10][..], None),
        (
            &[0x90, 0x80, 0x7f],
            Some(PictureId {
                value: 127,
                bits: 7,
                offset: 2,
            }),
        ),
        (
            &[0x90, 0x80, 0x80, 0x00],
            Some(PictureId {
                value: 0,
                bits: 15,
                offset: 2,
            }),
        ),
        (
            &[0x90, 0x80, 0xff, 0xff],
            Some(PictureId {
                value: 0x7fff,
                bits: 15,
                offset: 2,
            }),
        ),
    ] {
        let parsed = parse(descriptor, &INTER_FRAME);
        assert_eq!(parsed.picture_id, expected, "{descriptor:?}");
        assert_eq!(parsed.header_len, descriptor.len());
    }
}

#[test]
fn layers_follow_the_picture_id() {
    let parsed = parse(&[0x90, 0xe0, 0x81, 0x02, 0x2a, 0x60], &INTER_FRAME);
    assert_eq!(
        parsed.tl0_pic_idx,
        Some(Tl0PicIdx {
            value: 0x2a,
            offset: 4
        })
    );
    assert_eq!((parsed.temporal_id, parsed.layer_sync), (Some(1), true));
    assert_eq!(parsed.header_len, 6);
}

#[test]
fn a_key_index_alone_takes_a_byte_but_names_no_layer() {
    let parsed = parse(&[0x90, 0x10, 0xff], &INTER_FRAME);
    assert_eq!(
        (parsed.temporal_id, parsed.layer_sync, parsed.header_len),
        (None, false, 3)
    );
}

#[test]
fn a_key_frame_is_told_by_the_first_packet_of_its_first_partition() {
    for (flags, frame, is_key_frame) in [
        (0x10, &KEY_FRAME[..], true),
        (0x10, &INTER_FRAME[..], false),
        // Not the start of a partition: these bytes are the middle of a frame.
        (0x00, &KEY_FRAME[..], false),
        // The start of the second partition.
        (0x11, &KEY_FRAME[..], false),
        (0x10, &[][..], false),
    ] {
        let parsed = parse(&[flags], frame);
        assert_eq!(parsed.is_key_frame, is_key_frame, "{flags:#x} {frame:?}");
        assert_eq!(parsed.key_frame_size, is_key_frame.then_some((640, 480)));
    }
}

#[test]
fn the_scaling_bits_are_no_part_of_the_size() {
    let mut frame = KEY_FRAME;
    frame[7] |= 0xc0;
    frame[9] |= 0x40;
    assert_eq!(parse(&[0x10], &frame).key_frame_size, Some((640, 480)));
}

#[test]
fn a_cut_key_frame_has_no_size() {
    for len in 1..KEY_FRAME.len() {
        let parsed = parse(&[0x10], &KEY_FRAME[..len]);
        assert_eq!(
            (parsed.is_key_frame, parsed.key_frame_size),
            (true, None),
            "{len} bytes"
        );
    }
}

#[test]
fn a_cut_descriptor_is_refused() {
    let whole = [0x90, 0xf0, 0x81, 0x02, 0x2a, 0x60];
    for len in 0..whole.len() {
        assert_eq!(
            Vp8Descriptor::parse(&whole[..len]),
            Err(ParseError::Truncated),
            "{len} bytes"
        );
    }
}

#[test]
fn rewriting_keeps_the_size_of_the_id() {
    for (descriptor, expected) in [
        (&[0x90, 0xc0, 0x05, 0x01][..], &[0x90, 0xc0, 0x45, 0x99][..]),
        (
            &[0x90, 0xc0, 0x80, 0x05, 0x01],
            &[0x90, 0xc0, 0xa3, 0x45, 0x99],
        ),
        (&[0x90, 0x80, 0x05], &[0x90, 0x80, 0x45]),
        (&[0x10], &[0x10]),
    ] {
        let mut payload = descriptor.to_vec();
        let parsed = parse(descriptor, &[]);
        rewrite(&mut payload, &parsed, 0x2345, 0x99);
        assert_eq!(payload, expected);
    }
}

#[test]
fn a_frame_is_told_to_be_of_the_base_layer_where_it_names_one() {
    for (descriptor, expected) in [
        // TID 2, Y, KEYIDX 5.
        (
            &[0x90, 0xf0, 0x80, 0x05, 0x01, 0xa5][..],
            &[0x90, 0xf0, 0x80, 0x05, 0x01, 0x05][..],
        ),
        // KEYIDX alone; no index; nothing.
        (
            &[0x90, 0xd0, 0x05, 0x01, 0xa5],
            &[0x90, 0xd0, 0x05, 0x01, 0xa5],
        ),
        (&[0x90, 0xa0, 0x05, 0xa5], &[0x90, 0xa0, 0x05, 0xa5]),
        (&[0x10], &[0x10]),
    ] {
        let mut payload = descriptor.to_vec();
        tell_base_layer(&mut payload, &parse(descriptor, &[]));
        assert_eq!(payload, expected);
    }
}

proptest! {
    #[test]
    fn rewriting_changes_only_the_two_ids(
        mut payload in prop::collection::vec(any::<u8>(), 1..32),
        picture_id: u16,
        tl0: u8,
    ) {
        let Ok(before) = Vp8Descriptor::parse(&payload) else { return Ok(()) };
        rewrite(&mut payload, &before, picture_id, tl0);
        let after = Vp8Descriptor::parse(&payload).expect("still a descriptor");
        let expected = Vp8Descriptor {
            picture_id: before.picture_id.map(|id| PictureId { value: picture_id & ((1 << id.bits) - 1), ..id }),
            tl0_pic_idx: before.tl0_pic_idx.map(|idx| Tl0PicIdx { value: tl0, ..idx }),
            ..before
        };
        prop_assert_eq!(after, expected);

        tell_base_layer(&mut payload, &before);
        let told = Vp8Descriptor::parse(&payload).expect("still a descriptor");
        let may_tell = before.tl0_pic_idx.is_some() && before.temporal_id.is_some();
        let expected = match may_tell {
            true => Vp8Descriptor { temporal_id: Some(0), layer_sync: false, ..expected },
            false => expected,
        };
        prop_assert_eq!(told, expected);
    }

    #[test]
    fn arbitrary_bytes_never_panic(payload in prop::collection::vec(any::<u8>(), 0..24)) {
        if let Ok(descriptor) = Vp8Descriptor::parse(&payload) {
            prop_assert!(descriptor.header_len <= payload.len());
        }
    }
}
