//! One table per rule of the header, then properties over all bytes.

use proptest::prelude::*;

use super::*;

const FIELDS: HeaderFields = HeaderFields {
    marker: true,
    payload_type: 96,
    sequence_number: 0x1234,
    timestamp: 0x5678_9abc,
    ssrc: 0xdead_beef,
};

/// A packet with the given first byte, then what follows the fixed header.
fn packet(flags: u8, rest: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; FIXED_HEADER_LEN];
    write_header(&mut bytes, &FIELDS, &[]);
    bytes[0] = flags;
    bytes.extend_from_slice(rest);
    bytes
}

#[track_caller]
fn check_refused(bytes: &[u8], expected: ParseError) {
    assert_eq!(RtpPacket::parse(bytes), Err(expected));
}

#[test]
fn reads_every_field_of_a_plain_packet() {
    let bytes = packet(0x80, b"media");
    let packet = RtpPacket::parse(&bytes).expect("a well-formed packet");
    assert_eq!(packet.fields(), FIELDS);
    assert!(packet.marker());
    assert_eq!(packet.payload_type(), 96);
    assert_eq!(packet.sequence_number(), 0x1234);
    assert_eq!(packet.timestamp(), 0x5678_9abc);
    assert_eq!(packet.ssrc(), 0xdead_beef);
    assert_eq!(packet.header_len(), 12);
    assert_eq!(packet.payload(), b"media");
    assert_eq!(packet.extension(1), None);
}

#[test]
fn refuses_other_versions() {
    for flags in [0x00, 0x40, 0xc0] {
        check_refused(&packet(flags, b"media"), ParseError::Version);
    }
}

#[test]
fn refuses_every_truncation_of_the_header() {
    // One CSRC and one word of extension: 12 + 4 + 4 + 4 bytes.
    let bytes = packet(0x91, &[0, 0, 0, 7, 0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0]);
    assert_eq!(
        RtpHeader::parse(&bytes).map(|header| header.header_len()),
        Ok(24)
    );
    for len in 0..bytes.len() {
        assert_eq!(
            RtpHeader::parse(&bytes[..len]),
            Err(ParseError::Truncated),
            "{len} bytes"
        );
    }
}

#[test]
fn skips_contributing_sources() {
    let bytes = packet(0x82, &[0, 0, 0, 1, 0, 0, 0, 2, b'm']);
    let packet = RtpPacket::parse(&bytes).expect("two CSRCs are there");
    assert_eq!(
        (packet.header_len(), packet.payload()),
        (20, b"m".as_slice())
    );
}

#[test]
fn padding_is_cut_off_and_checked() {
    for (rest, expected) in [
        (b"media\x01".as_slice(), Ok((b"media".as_slice(), 1))),
        (b"media\x00\x00\x03", Ok((b"media", 3))),
        (b"\x00\x02", Ok((b"", 2))),
        (b"media\x00", Err(ParseError::Padding)),
        (b"media\x07", Err(ParseError::Padding)),
        (b"", Err(ParseError::Padding)),
    ] {
        let bytes = packet(0xa0, rest);
        let parsed =
            RtpPacket::parse(&bytes).map(|packet| (packet.payload(), packet.padding_len()));
        assert_eq!(parsed, expected);
    }
}

#[test]
fn the_header_alone_ignores_encrypted_padding() {
    let bytes = packet(0xa0, b"ciphertext\x00");
    let header = RtpHeader::parse(&bytes).expect("padding is not known yet");
    assert!(header.has_padding());
}

/// The elements of an extension block of the given profile.
fn elements(profile: u16, block: &[u8]) -> Vec<(u8, Vec<u8>)> {
    assert_eq!(block.len() % 4, 0, "extension blocks are whole words");
    let mut rest = profile.to_be_bytes().to_vec();
    rest.extend_from_slice(&((block.len() / 4) as u16).to_be_bytes());
    rest.extend_from_slice(block);
    let bytes = packet(0x90, &rest);
    let header = RtpHeader::parse(&bytes).expect("the block is framed");
    header
        .extensions()
        .map(|extension| (extension.id, extension.data.to_vec()))
        .collect()
}

#[test]
fn one_byte_elements() {
    for (block, expected) in [
        (
            &[0x10, 0xaa, 0x21, 1, 2, 0, 0, 0][..],
            vec![(1, vec![0xaa]), (2, vec![1, 2])],
        ),
        // Padding between elements.
        (
            &[0, 0x10, 0xaa, 0, 0x20, 0xbb, 0, 0],
            vec![(1, vec![0xaa]), (2, vec![0xbb])],
        ),
        // Id 15 ends the block.
        (
            &[0x10, 0xaa, 0xf0, 0, 0x20, 0xbb, 0, 0],
            vec![(1, vec![0xaa])],
        ),
        // An element that reaches past the block ends it.
        (&[0x10, 0xaa, 0x25, 1], vec![(1, vec![0xaa])]),
        (&[], vec![]),
    ] {
        assert_eq!(elements(0xbede, block), expected, "{block:?}");
    }
}

#[test]
fn two_byte_elements() {
    for (block, expected) in [
        (
            &[1, 0, 20, 1, 0xaa, 0, 0, 0][..],
            vec![(1, vec![]), (20, vec![0xaa])],
        ),
        (&[15, 2, 1, 2], vec![(15, vec![1, 2])]),
        (&[1, 1, 0xaa, 2], vec![(1, vec![0xaa])]),
        (&[1, 3, 0xaa, 2], vec![]),
    ] {
        assert_eq!(elements(0x1000, block), expected, "{block:?}");
        assert_eq!(
            elements(0x100f, block),
            expected,
            "application bits do not matter"
        );
    }
}

#[test]
fn an_unknown_profile_is_skipped_whole() {
    assert_eq!(elements(0x1234, &[0x10, 0xaa, 0, 0]), vec![]);
}

#[test]
fn elements_past_the_bound_are_ignored() {
    let block = [0x10, 0xaa].repeat(MAX_EXTENSIONS + 2);
    assert_eq!(elements(0xbede, &block).len(), MAX_EXTENSIONS);
    let block = [0x10, 0xaa].repeat(MAX_EXTENSIONS);
    assert_eq!(elements(0xbede, &block).len(), MAX_EXTENSIONS);
}

#[test]
#[should_panic(expected = "one-byte ids are 1–14")]
fn the_reserved_id_is_never_written() {
    write_header(&mut [0; 64], &FIELDS, &[Extension { id: 15, data: &[0] }]);
}

prop_compose! {
    fn any_fields()(
        marker: bool,
        payload_type in 0..128u8,
        sequence_number: u16,
        timestamp: u32,
        ssrc: u32,
    ) -> HeaderFields {
        HeaderFields { marker, payload_type, sequence_number, timestamp, ssrc }
    }
}

fn any_extensions() -> impl Strategy<Value = Vec<(u8, Vec<u8>)>> {
    let element = (1..15u8, prop::collection::vec(any::<u8>(), 1..=16));
    prop::collection::vec(element, 0..=MAX_EXTENSIONS)
}

proptest! {
    #[test]
    fn parsing_what_was_written_gives_it_back(
        fields in any_fields(),
        extensions in any_extensions(),
        payload in prop::collection::vec(any::<u8>(), 0..64),
    ) {
        let borrowed: Vec<_> =
            extensions.iter().map(|(id, data)| Extension { id: *id, data }).collect();
        let mut bytes = vec![0; 512];
        let header_len = write_header(&mut bytes, &fields, &borrowed);
        bytes.truncate(header_len);
        bytes.extend_from_slice(&payload);

        let packet = RtpPacket::parse(&bytes).expect("what we write is well-formed");
        prop_assert_eq!(packet.fields(), fields);
        prop_assert_eq!(packet.header_len(), header_len);
        prop_assert_eq!(packet.extensions().collect::<Vec<_>>(), borrowed);
        prop_assert_eq!(packet.payload(), payload);
    }

    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in prop::collection::vec(any::<u8>(), 0..160)) {
        let _ = RtpPacket::parse(&bytes);
        if let Some(first) = bytes.first_mut() {
            *first = 0x80 | *first & 0x3f;
        }
        if let Ok(packet) = RtpPacket::parse(&bytes) {
            let total = packet.header_len() + packet.payload().len() + packet.padding_len();
            prop_assert_eq!(total, bytes.len());
            prop_assert!(packet.extensions().count() <= MAX_EXTENSIONS);
        }
    }
}

#[test]
fn a_numbered_header_is_one_with_that_extension() {
    for (id, number) in [(1, 0), (3, 0xbeef), (14, u16::MAX)] {
        let (mut quick, mut plain) = ([0xff; 32], [0xff; 32]);
        let data = &u16::to_be_bytes(number);
        let len = write_header(&mut plain, &FIELDS, &[Extension { id, data }]);
        assert_eq!(write_numbered_header(&mut quick, &FIELDS, id, number), len);
        assert_eq!(quick, plain);
    }
}

#[test]
fn an_element_that_is_long_makes_all_of_them_long() {
    let fields = HeaderFields {
        marker: true,
        payload_type: 45,
        sequence_number: 9,
        timestamp: 8,
        ssrc: 7,
    };
    for len in [1, 3, 16, 17, 90, 255] {
        let data: Vec<u8> = (0..len).map(|byte| byte as u8).collect();
        let extensions = [
            Extension {
                id: 3,
                data: &[1, 2],
            },
            Extension {
                id: 13,
                data: &data,
            },
        ];
        let mut buf = vec![0xff; 300];
        let header_len = write_long_header(&mut buf, &fields, &extensions);
        assert!(header_len.is_multiple_of(4) && header_len <= 16 + 4 + 2 + len + 3);
        assert_eq!(buf[12..14] == [0xbe, 0xde], len <= 16, "{len}");
        let header = RtpHeader::parse(&buf).expect("well-formed");
        assert_eq!(header.header_len(), header_len);
        assert!(header.extensions().eq(extensions), "{len}");
        assert_eq!((header.ssrc(), header.sequence_number()), (7, 9));
    }
}
