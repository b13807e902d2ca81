//! A decrypted RTCP compound.

use homeroom_rtp::rtcp::{
    Compound, MAX_RTCP_PACKETS, RtcpPacket, write_nack, write_pli, write_receiver_report,
    write_sender_report, write_transport_feedback,
};

/// Every packet is read to its end within bounds, and what we can write survives the round trip.
pub fn rtcp(data: &[u8]) {
    let Ok(compound) = Compound::parse(data) else {
        return;
    };
    let packets: Vec<_> = compound.collect();
    assert!((1..=MAX_RTCP_PACKETS).contains(&packets.len()));
    for packet in packets {
        check(packet, data.len());
    }
}

fn check(packet: RtcpPacket<'_>, bytes: usize) {
    let mut buf = [0; 1_500];
    match packet {
        RtcpPacket::SenderReport(report) => {
            let blocks: Vec<_> = report.blocks().collect();
            let len = write_sender_report(&mut buf, report.ssrc, &report.info, &blocks);
            assert_eq!(reread(&buf[..len]), RtcpPacket::SenderReport(report));
        }
        RtcpPacket::ReceiverReport(report) => {
            let blocks: Vec<_> = report.blocks().collect();
            let len = write_receiver_report(&mut buf, report.ssrc, &blocks);
            assert_eq!(reread(&buf[..len]), RtcpPacket::ReceiverReport(report));
        }
        RtcpPacket::Pli(pli) => {
            let len = write_pli(&mut buf, pli.sender_ssrc, pli.media_ssrc);
            assert_eq!(reread(&buf[..len]), RtcpPacket::Pli(pli));
        }
        RtcpPacket::Nack(nack) => {
            let lost: Vec<_> = nack.lost().collect();
            assert!(
                lost.len() <= bytes / 4 * 17,
                "a word asks for at most 17 packets"
            );
            write_nack(&mut buf, nack.sender_ssrc, nack.media_ssrc, lost);
        }
        RtcpPacket::TransportFeedback(feedback) => {
            let arrivals: Vec<_> = feedback.packets().collect();
            assert_eq!(arrivals.len(), usize::from(feedback.packet_count));
            check_feedback(&arrivals, &mut buf);
        }
        RtcpPacket::Bye(bye) => assert!(bye.ssrcs().count() <= bytes / 4),
        RtcpPacket::Fir(fir) => assert!(fir.entries().count() <= bytes / 8),
        RtcpPacket::Remb(remb) => assert!(remb.ssrcs().count() <= bytes / 4),
        RtcpPacket::Sdes | RtcpPacket::Other { .. } => {}
    }
}

fn check_feedback(arrivals: &[(u16, Option<i64>)], buf: &mut [u8]) {
    let is_writable = |us: &Option<i64>| us.is_none_or(|us| us >= 0);
    if arrivals.is_empty() || !arrivals.iter().all(|(_, us)| is_writable(us)) {
        return;
    }
    let packets = arrivals
        .iter()
        .map(|(seq, us)| (*seq, us.map(i64::cast_unsigned)));
    let written = write_transport_feedback(buf, 1, 2, 3, packets);
    let RtcpPacket::TransportFeedback(again) = reread(&buf[..written.len]) else {
        panic!("what we write is well-formed");
    };
    assert!((1..=arrivals.len()).contains(&written.packets));
    let reference_wraps = arrivals
        .iter()
        .flat_map(|(_, us)| us)
        .any(|us| *us >= 64_000 << 24);
    if !reference_wraps {
        assert!(
            again
                .packets()
                .eq(arrivals.iter().copied().take(written.packets))
        );
    }
}

fn reread(bytes: &[u8]) -> RtcpPacket<'_> {
    let mut compound = Compound::parse(bytes).expect("what we write is well-formed");
    compound.next().expect("one packet")
}
