//! Each packet type there and back, the framing rules, then properties over all bytes.

use proptest::prelude::*;

use super::*;

fn only(bytes: &[u8]) -> RtcpPacket<'_> {
    let mut compound = Compound::parse(bytes).expect("a well-framed compound");
    let packet = compound.next().expect("at least one packet");
    assert_eq!(compound.next(), None, "exactly one packet");
    packet
}

fn written(write: impl FnOnce(&mut [u8]) -> usize) -> Vec<u8> {
    let mut buf = vec![0xee; 1200];
    let len = write(&mut buf);
    buf.truncate(len);
    buf
}

const INFO: SenderInfo = SenderInfo {
    ntp_time: 0x1122_3344_5566_7788,
    rtp_time: 90_000,
    packet_count: 7,
    octet_count: 8_400,
};

const BLOCK: ReportBlock = ReportBlock {
    ssrc: 0xa,
    fraction_lost: 12,
    cumulative_lost: -3,
    extended_highest_sequence: 0x1_0005,
    jitter: 44,
    last_sender_report: 0x3344_5566,
    delay_since_last_sender_report: 65_536,
};

#[test]
fn a_sender_report_round_trips() {
    let bytes = written(|buf| write_sender_report(buf, 5, &INFO, &[BLOCK]));
    assert_eq!(bytes.len(), 52);
    let RtcpPacket::SenderReport(report) = only(&bytes) else {
        panic!("a sender report")
    };
    assert_eq!((report.ssrc, report.info), (5, INFO));
    assert_eq!(report.info.ntp_middle(), 0x3344_5566);
    assert_eq!(report.blocks().collect::<Vec<_>>(), [BLOCK]);
}

#[test]
fn a_receiver_report_holds_none_to_all_of_31_blocks() {
    for count in [0, 1, 31] {
        let blocks = vec![BLOCK; count];
        let bytes = written(|buf| write_receiver_report(buf, 5, &blocks));
        let RtcpPacket::ReceiverReport(report) = only(&bytes) else {
            panic!("a receiver report")
        };
        assert_eq!(report.blocks().collect::<Vec<_>>(), blocks);
    }
}

#[test]
#[should_panic(expected = "at most 31 blocks")]
fn a_32nd_block_is_our_mistake() {
    write_receiver_report(&mut [0; 1200], 5, &[BLOCK; 32]);
}

#[test]
fn cumulative_loss_stays_inside_24_bits() {
    for (lost, expected) in [
        (i32::MAX, 0x7f_ffff),
        (i32::MIN, -0x80_0000),
        (-1, -1),
        (0x7f_ffff, 0x7f_ffff),
    ] {
        let block = ReportBlock {
            cumulative_lost: lost,
            ..BLOCK
        };
        let bytes = written(|buf| write_receiver_report(buf, 5, &[block]));
        let RtcpPacket::ReceiverReport(report) = only(&bytes) else {
            panic!("a receiver report")
        };
        assert_eq!(
            report
                .blocks()
                .map(|block| block.cumulative_lost)
                .collect::<Vec<_>>(),
            [expected]
        );
    }
}

#[test]
fn a_count_larger_than_the_body_makes_the_packet_unknown() {
    let mut bytes = written(|buf| write_receiver_report(buf, 5, &[BLOCK]));
    bytes[0] = 0x82;
    assert_eq!(
        only(&bytes),
        RtcpPacket::Other {
            packet_type: 201,
            format: 2
        }
    );
}

#[test]
fn a_cname_is_terminated_and_padded_to_a_word() {
    for cname in ["", "a", "ab", "abc", "homeroom", &"x".repeat(MAX_CNAME_LEN)] {
        let bytes = written(|buf| write_sdes_cname(buf, 5, cname));
        assert_eq!(only(&bytes), RtcpPacket::Sdes);
        assert_eq!(bytes[8..10], [1, cname.len() as u8]);
        assert_eq!(&bytes[10..10 + cname.len()], cname.as_bytes());
        assert_eq!(bytes.len() % 4, 0);
        assert_eq!(bytes.last(), Some(&0), "the item list ends in zero");
    }
}

#[test]
fn goodbye_names_streams() {
    let bytes = [0x82, 203, 0, 2, 0, 0, 0, 7, 0, 0, 0, 9];
    let RtcpPacket::Bye(bye) = only(&bytes) else {
        panic!("a goodbye")
    };
    assert_eq!(bye.ssrcs().collect::<Vec<_>>(), [7, 9]);
}

#[test]
fn a_nack_packs_neighbours_into_one_word() {
    for (lost, words) in [
        (&[100][..], 1),
        (&[100, 101, 116], 1),
        (&[100, 117], 2),
        (&[65_535, 0, 15], 1),
        (&[65_530, 65_531, 20], 2),
    ] {
        let bytes = written(|buf| write_nack(buf, 1, 2, lost.iter().copied()));
        assert_eq!(bytes.len(), 12 + 4 * words, "{lost:?}");
        let RtcpPacket::Nack(nack) = only(&bytes) else {
            panic!("a NACK")
        };
        assert_eq!((nack.sender_ssrc, nack.media_ssrc), (1, 2));
        assert_eq!(nack.lost().collect::<Vec<_>>(), lost);
    }
}

#[test]
fn a_nack_leaves_out_what_passes_its_bound() {
    for (asked, expected) in [
        (MAX_NACK_WORDS, MAX_NACK_WORDS),
        (MAX_NACK_WORDS + 1, MAX_NACK_WORDS),
    ] {
        let lost = (0..asked as u16).map(|i| i * 17);
        let bytes = written(|buf| write_nack(buf, 1, 2, lost));
        let RtcpPacket::Nack(nack) = only(&bytes) else {
            panic!("a NACK")
        };
        assert_eq!(nack.lost().count(), expected);
    }
}

#[test]
fn key_frame_requests_name_the_stream() {
    let bytes = written(|buf| write_pli(buf, 1, 2));
    assert_eq!(
        only(&bytes),
        RtcpPacket::Pli(Pli {
            sender_ssrc: 1,
            media_ssrc: 2
        })
    );

    let bytes = [
        0x84, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9, 3, 0, 0, 0,
    ];
    let RtcpPacket::Fir(fir) = only(&bytes) else {
        panic!("a FIR")
    };
    assert_eq!(
        fir.entries().collect::<Vec<_>>(),
        [FirEntry {
            media_ssrc: 9,
            command_sequence: 3
        }]
    );
}

#[test]
fn remb_reads_mantissa_and_exponent() {
    for (rate, expected) in [
        ([0x00, 0x00, 0x01], 1),
        ([0x0b, 0xff, 0xff], 0x3_ffff << 2),
        ([0xff, 0xff, 0xff], u64::MAX),
    ] {
        let bytes = [
            &[0x8f, 206, 0, 5, 0, 0, 0, 1, 0, 0, 0, 0][..],
            b"REMB\x01",
            &rate,
            &[0, 0, 0, 9],
        ]
        .concat();
        let RtcpPacket::Remb(remb) = only(&bytes) else {
            panic!("an estimate")
        };
        assert_eq!((remb.sender_ssrc, remb.bitrate_bps), (1, expected));
        assert_eq!(remb.ssrcs().collect::<Vec<_>>(), [9]);
    }
}

#[test]
fn other_application_feedback_is_not_an_estimate() {
    let bytes = [
        &[0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0][..],
        b"LNTF\0\0\0\0",
    ]
    .concat();
    assert_eq!(
        only(&bytes),
        RtcpPacket::Other {
            packet_type: 206,
            format: 15
        }
    );
}

#[test]
fn an_unknown_packet_does_not_hide_its_neighbours() {
    let mut bytes = written(|buf| write_pli(buf, 1, 2));
    bytes.extend_from_slice(&[0x81, 207, 0, 1, 9, 9, 9, 9]);
    bytes.extend_from_slice(&written(|buf| write_pli(buf, 3, 4)));
    let packets: Vec<_> = Compound::parse(&bytes)
        .expect("three framed packets")
        .collect();
    assert_eq!(
        packets,
        [
            RtcpPacket::Pli(Pli {
                sender_ssrc: 1,
                media_ssrc: 2
            }),
            RtcpPacket::Other {
                packet_type: 207,
                format: 1
            },
            RtcpPacket::Pli(Pli {
                sender_ssrc: 3,
                media_ssrc: 4
            }),
        ]
    );
}

#[test]
fn framing_is_checked_before_anything_is_read() {
    for (bytes, expected) in [
        (&[][..], ParseError::Truncated),
        (&[0x80, 201, 0], ParseError::Truncated),
        (&[0x80, 201, 0, 1, 0, 0, 0], ParseError::Truncated),
        (&[0x40, 201, 0, 1, 0, 0, 0, 1], ParseError::Version),
        (&[0x80, 201, 0, 1, 0, 0, 0, 1, 0x80], ParseError::Truncated),
        (&[0xa0, 201, 0, 1, 0, 0, 0, 0], ParseError::Padding),
        (&[0xa0, 201, 0, 1, 0, 0, 0, 5], ParseError::Padding),
        (&[0xa0, 201, 0, 0], ParseError::Padding),
    ] {
        assert_eq!(Compound::parse(bytes), Err(expected), "{bytes:?}");
    }
}

#[test]
fn padding_belongs_to_no_field() {
    let bytes = [0xa1, 206, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 4];
    assert_eq!(
        only(&bytes),
        RtcpPacket::Pli(Pli {
            sender_ssrc: 1,
            media_ssrc: 2
        })
    );
}

#[test]
fn a_compound_is_bounded() {
    let one = written(|buf| write_receiver_report(buf, 5, &[]));
    let most = one.repeat(MAX_RTCP_PACKETS);
    assert_eq!(
        Compound::parse(&most).map(Iterator::count),
        Ok(MAX_RTCP_PACKETS)
    );
    let too_many = one.repeat(MAX_RTCP_PACKETS + 1);
    assert_eq!(Compound::parse(&too_many), Err(ParseError::TooManyPackets));
}

/// Arrivals of `arrivals_us` from sequence number `base` on, there and back.
fn feedback_round_trip(
    base: u16,
    arrivals_us: &[Option<u64>],
    room: usize,
) -> (usize, Vec<(u16, Option<i64>)>) {
    let packets = (0..=u16::MAX)
        .zip(arrivals_us)
        .map(|(i, arrival)| (base.wrapping_add(i), *arrival));
    let mut buf = vec![0xee; room];
    let written = write_transport_feedback(&mut buf, 1, 2, 77, packets);
    let RtcpPacket::TransportFeedback(feedback) = only(&buf[..written.len]) else {
        panic!("feedback")
    };
    assert_eq!((feedback.sender_ssrc, feedback.media_ssrc), (1, 2));
    assert_eq!(
        (feedback.base_sequence, feedback.feedback_count),
        (base, 77)
    );
    assert_eq!(usize::from(feedback.packet_count), written.packets);
    (written.packets, feedback.packets().collect())
}

/// What the other side must read: the same arrivals, rounded down to whole ticks.
fn expected(base: u16, arrivals_us: &[Option<u64>]) -> Vec<(u16, Option<i64>)> {
    let rounded = arrivals_us
        .iter()
        .map(|arrival| arrival.map(|us| (us / 250 * 250) as i64));
    (0..=u16::MAX)
        .zip(rounded)
        .map(|(i, arrival)| (base.wrapping_add(i), arrival))
        .collect()
}

#[track_caller]
fn check_feedback(base: u16, arrivals_us: &[Option<u64>]) {
    let (packets, read) = feedback_round_trip(base, arrivals_us, 1200);
    assert_eq!(packets, arrivals_us.len());
    assert_eq!(read, expected(base, arrivals_us));
}

#[test]
fn feedback_tells_arrivals_and_losses() {
    check_feedback(0, &[Some(0)]);
    check_feedback(
        65_534,
        &[Some(1_000_000), None, Some(1_000_300), Some(1_005_000)],
    );
    // Reordered, and farther apart than a one-byte delta.
    check_feedback(
        9,
        &[
            Some(500_000),
            Some(499_000),
            Some(700_000),
            None,
            None,
            Some(699_999),
        ],
    );
    check_feedback(9, &[None, None, None]);
}

#[test]
fn long_runs_take_one_chunk_each() {
    let arrivals: Vec<_> = [vec![Some(64_000); 300], vec![None; 9_000]].concat();
    let packets = (0..).zip(&arrivals).map(|(seq, arrival)| (seq, *arrival));
    let mut buf = [0; 1200];
    let written = write_transport_feedback(&mut buf, 1, 2, 0, packets);
    assert_eq!(written.packets, 9_300);
    // 20 of header, a chunk of 300, two for 9,000 (a chunk counts to 8,191), 300 deltas, padding.
    assert_eq!(written.len, 328);
    check_feedback(0, &arrivals);
}

#[test]
fn what_does_not_fit_goes_into_the_next_feedback() {
    let arrivals: Vec<_> = (0..500).map(|i| Some(1_000_000 + i * 1_000)).collect();
    let (packets, read) = feedback_round_trip(0, &arrivals, 100);
    assert!(
        (70..80).contains(&packets),
        "{packets} packets in 100 bytes"
    );
    assert_eq!(read, expected(0, &arrivals[..packets]));
    let (packets, _) = feedback_round_trip(0, &arrivals, 28);
    assert!(packets >= 1);
}

#[test]
fn a_gap_past_16_bits_of_ticks_goes_into_the_next_feedback() {
    let edge = 32_767 * 250;
    assert_eq!(feedback_round_trip(0, &[Some(0), Some(edge)], 1200).0, 2);
    assert_eq!(
        feedback_round_trip(0, &[Some(0), Some(edge + 250)], 1200).0,
        1
    );
}

#[test]
fn feedback_covers_at_most_65535_packets() {
    let arrivals = vec![None; 65_536];
    let (packets, read) = feedback_round_trip(3, &arrivals, 1200);
    assert_eq!((packets, read.len()), (65_535, 65_535));
}

#[test]
fn one_bit_vectors_are_read() {
    // Chunk 10_1010…: packets 0, 2, 4 of five arrived, deltas 1, 2, 3 ticks, one byte of padding.
    let bytes = [
        &[0xaf, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2][..],
        &[0, 100, 0, 5, 0, 0, 1, 0],
        &[0b1010_1010, 0, 1, 2, 3, 0, 0, 3],
    ]
    .concat();
    let RtcpPacket::TransportFeedback(feedback) = only(&bytes) else {
        panic!("feedback")
    };
    assert_eq!(
        feedback.packets().collect::<Vec<_>>(),
        [
            (100, Some(64_250)),
            (101, None),
            (102, Some(64_750)),
            (103, None),
            (104, Some(65_500))
        ]
    );
}

#[test]
fn an_empty_run_stands_for_no_packet() {
    let bytes = [
        &[0x8f, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2][..],
        &[0, 100, 0, 2, 0, 0, 1, 0],
        &[0, 0, 0x20, 2, 1, 2, 0, 0],
    ]
    .concat();
    let RtcpPacket::TransportFeedback(feedback) = only(&bytes) else {
        panic!("feedback")
    };
    let packets: Vec<_> = feedback.packets().collect();
    assert_eq!(packets, [(100, Some(64_250)), (101, Some(64_750))]);
}

#[test]
fn a_run_past_the_last_packet_needs_no_more_deltas() {
    let bytes = [
        &[0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2][..],
        &[0, 100, 0, 2, 0, 0, 1, 0],
        &[0x20, 20, 1, 2],
    ]
    .concat();
    let RtcpPacket::TransportFeedback(feedback) = only(&bytes) else {
        panic!("feedback")
    };
    let packets: Vec<_> = feedback.packets().collect();
    assert_eq!(packets, [(100, Some(64_250)), (101, Some(64_750))]);
}

#[test]
fn feedback_declares_its_padding() {
    for (arrived, padding) in [(1, 1), (2, 0), (3, 3), (4, 2)] {
        let packets = (0..arrived).map(|seq| (seq, Some(1_000)));
        let bytes = written(|buf| write_transport_feedback(buf, 1, 2, 3, packets).len);
        let declared = if bytes[0] & 0x20 == 0 {
            0
        } else {
            bytes[bytes.len() - 1]
        };
        assert_eq!(declared, padding, "{arrived} packets");
    }
}

#[test]
fn feedback_without_its_deltas_is_unknown() {
    let bytes = [
        &[0x8f, 205, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2][..],
        &[0, 100, 0, 5, 0, 0, 1, 0],
        &[0x20, 5, 1, 2],
    ]
    .concat();
    assert_eq!(
        only(&bytes),
        RtcpPacket::Other {
            packet_type: 205,
            format: 15
        }
    );
}

/// Uses every iterator, so that a panic anywhere shows.
fn exhaust(packet: RtcpPacket<'_>) -> usize {
    match packet {
        RtcpPacket::SenderReport(report) => report.blocks().count(),
        RtcpPacket::ReceiverReport(report) => report.blocks().count(),
        RtcpPacket::Bye(bye) => bye.ssrcs().count(),
        RtcpPacket::Nack(nack) => nack.lost().count(),
        RtcpPacket::Fir(fir) => fir.entries().count(),
        RtcpPacket::Remb(remb) => remb.ssrcs().count(),
        RtcpPacket::TransportFeedback(feedback) => feedback.packets().count(),
        RtcpPacket::Sdes | RtcpPacket::Pli(_) | RtcpPacket::Other { .. } => 0,
    }
}

proptest! {
    #[test]
    fn arbitrary_bodies_never_panic(
        flags in 0x80..=0xbf_u8,
        packet_type in 199..=207_u8,
        mut body in prop::collection::vec(any::<u8>(), 0..120),
    ) {
        body.truncate(body.len() & !3);
        let mut bytes = vec![flags, packet_type, 0, (body.len() / 4) as u8];
        bytes.extend_from_slice(&body);
        if let Ok(compound) = Compound::parse(&bytes) {
            compound.for_each(|packet| { exhaust(packet); });
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
        if let Ok(compound) = Compound::parse(&bytes) {
            prop_assert!(compound.count() <= MAX_RTCP_PACKETS);
        }
    }

    #[test]
    fn any_losses_round_trip(lost in prop::collection::btree_set(any::<u16>(), 1..30)) {
        let bytes = written(|buf| write_nack(buf, 1, 2, lost.iter().copied()));
        let RtcpPacket::Nack(nack) = only(&bytes) else { panic!("a NACK") };
        prop_assert!(nack.lost().eq(lost));
    }

    #[test]
    fn any_arrivals_round_trip(
        base: u16,
        start_us in 0..1_000_000_000_u64,
        steps in prop::collection::vec(prop::option::weighted(0.8, 0..200_000_u64), 1..200),
        run in 0..40_usize,
    ) {
        let mut arrivals: Vec<_> = steps.iter().map(|step| step.map(|us| start_us + us)).collect();
        arrivals.extend(vec![arrivals[0]; run]);
        let (packets, read) = feedback_round_trip(base, &arrivals, 1200);
        prop_assert_eq!(packets, arrivals.len());
        prop_assert_eq!(read, expected(base, &arrivals));
    }
}
