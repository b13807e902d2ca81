//! What leaves a slot, to the last bit: resends and probes beside the packets themselves.

use super::sent::RESENDABLE;
use super::*;
use crate::sdp::CodecTypes;
use crate::transport::srtp::{SrtpKeys, SrtpProfile};
use homeroom_rtp::RtpHeader;
use std::collections::BTreeSet;
use std::time::Instant;

const RTX: (u32, u8) = (2, 97);

const fn types(main: u8, rtx: Option<u8>) -> CodecTypes {
    CodecTypes { main, rtx }
}

struct Bench {
    now: Instant,
    cache: PacketCache,
    track: DownTrack,
    sealer: SrtpSealer,
    number: u16,
}

impl Bench {
    fn new(slot: SlotKind, rtx: Option<(u32, u8)>, is_stamped: bool) -> Self {
        let profile = SrtpProfile::AeadAes128Gcm;
        let block = vec![7; 2 * (profile.key_len() + profile.salt_len())];
        let keys = SrtpKeys::from_exporter(profile, &block, false).expect("of the right length");
        let provider = rtc_crypto::default_provider().expect("ring is compiled in");
        let labels = SlotLabels {
            ssrc: 1,
            payload_types: PayloadTypes::default()
                .with(Codec::Opus, types(111, None))
                .with(Codec::Vp8, types(96, Some(97))),
            red: Some(63),
            rtx_ssrc: rtx.map(|(ssrc, _)| ssrc),
            dependency: Some(12),
            is_stamped,
        };
        let mut track = DownTrack::new(slot, labels, 1_000, 0);
        track.set_source(Some(SourceKey::default()));
        Self {
            now: Instant::now(),
            cache: PacketCache::default(),
            track,
            sealer: SrtpSealer::new(&keys, provider.crypto()).expect("supported"),
            number: 0,
        }
    }

    fn stamp(&mut self) -> Option<Stamp> {
        self.number += 1;
        let number = self.number;
        self.track
            .labels
            .is_stamped
            .then_some(Stamp { id: 3, number })
    }

    /// The packet of an index, on the wire.
    fn forward(&mut self, index: u64) -> Vec<u8> {
        let stamp = self.stamp();
        let (now, packet) = (self.now, packet(index));
        self.cache.put(now, &packet);
        let (track, sealer, cache) = (&mut self.track, &mut self.sealer, Some(&self.cache));
        written(|buffer| track.forward(now, 0, &packet, cache, 0, stamp, sealer, buffer))
            .expect("it is forwarded")
    }

    fn resend(&mut self, first: &[u8], index: u64) -> Option<Vec<u8>> {
        let number = RtpHeader::parse(first).expect("a header").sequence_number();
        let stamp = self.stamp();
        let (track, sealer, cache) = (&mut self.track, &mut self.sealer, &self.cache);
        written(|buffer| track.resend(number, 0, &packet(index), cache, stamp, sealer, buffer))
    }

    fn probe(&mut self) -> Vec<u8> {
        let stamp = self.stamp().expect("probes are stamped");
        let (track, sealer) = (&mut self.track, &mut self.sealer);
        written(|buffer| track.probe(self.now, 200, stamp, sealer, buffer)).expect("it is sent")
    }
}

fn packet(index: u64) -> MediaPacket<'static> {
    MediaPacket {
        index,
        timestamp: 960 * index as u32,
        marker: false,
        codec: Codec::Opus,
        picture: None,
        clock: None,
        descriptor: &[],
        payload: b"twenty milliseconds",
    }
}

fn written(write: impl FnOnce(&mut [u8]) -> Option<usize>) -> Option<Vec<u8>> {
    let mut buffer = vec![0; 1_600];
    let len = write(&mut buffer)?;
    buffer.truncate(len);
    Some(buffer)
}

/// RFC 7714 §8.1: one nonce, one packet; another stamp would make it another packet.
#[test]
fn without_rtx_a_packet_is_sent_again_to_the_last_bit() {
    for is_stamped in [true, false] {
        let mut bench = Bench::new(SlotKind::Audio(0), None, is_stamped);
        let first: Vec<_> = (0..RESENDABLE + 10).map(|i| bench.forward(i)).collect();
        for index in 10..RESENDABLE + 10 {
            let sent = &first[index as usize];
            assert_eq!(bench.resend(sent, index).as_ref(), Some(sent), "{index}");
        }
        assert_eq!(
            bench.resend(&first[9], 9),
            None,
            "how it was sent is forgotten"
        );
    }
}

#[test]
fn a_packet_with_earlier_ones_is_sent_again_with_the_same() {
    let mut bench = Bench::new(SlotKind::Audio(0), None, true);
    let mut first = Vec::new();
    for index in 0..60 {
        bench.track.redundancy = index as usize / 20;
        // 30 is missing when 31 and 32 leave, and comes after them.
        if index != 30 {
            first.push((index, bench.forward(index)));
        }
        if index == 33 {
            first.push((30, bench.forward(30)));
        }
    }
    for (index, sent) in &first {
        let kind = RtpHeader::parse(sent).expect("a header").payload_type();
        let carries = *index >= 20 && *index != 30 && *index != 31;
        assert_eq!(kind, if carries { 63 } else { 111 }, "{index}");
        assert_eq!(bench.resend(sent, *index).as_ref(), Some(sent), "{index}");
    }
    bench.cache = PacketCache::default();
    let (index, sent) = &first[50];
    assert_eq!(bench.resend(sent, *index), None, "what it carried is gone");
}

/// RFC 3550 §6.4.1: what reports count is payload, and earlier packets are part of it.
#[test]
fn reports_count_what_is_carried_and_no_padding() {
    let mut bench = Bench::new(SlotKind::Audio(0), Some(RTX), false);
    let len = packet(0).payload.len();
    let mut sent = 0;
    for (index, redundancy, pad, octets) in [
        (0, 0, 0, len),
        (1, 0, 20, len),
        (2, 1, 20, red::written_len(1, 2 * len)),
    ] {
        let packet = packet(index);
        bench.cache.put(bench.now, &packet);
        let (track, sealer, cache) = (&mut bench.track, &mut bench.sealer, Some(&bench.cache));
        track.redundancy = redundancy;
        let now = bench.now;
        written(|buffer| track.forward(now, 0, &packet, cache, pad, None, sealer, buffer))
            .expect("it is forwarded");
        let count = track.sender_info(now, 0).expect("it sends").octet_count;
        assert_eq!((count - sent) as usize, octets, "{index}");
        sent = count;
    }
}

#[test]
fn a_source_that_comes_into_the_slot_carries_nothing_from_before() {
    let mut bench = Bench::new(SlotKind::Audio(0), None, true);
    bench.track.redundancy = 2;
    (0..5).for_each(|index| bench.cache.put(bench.now, &packet(index)));
    let kinds = [5, 6, 7].map(|index| {
        let sent = bench.forward(index);
        RtpHeader::parse(&sent).expect("a header").payload_type()
    });
    assert_eq!(kinds, [111, 63, 63]);
}

#[test]
fn resends_and_probes_share_a_stream_and_never_an_index() {
    let mut bench = Bench::new(SlotKind::Screen, Some(RTX), true);
    // A slot for pictures that has nothing in it yet can be probed.
    let mut seen = BTreeSet::new();
    for _ in 0..50 {
        let probe = bench.probe();
        let header = RtpHeader::parse(&probe).expect("a header");
        assert_eq!((header.ssrc(), header.payload_type()), RTX);
        assert!(header.has_padding());
        let stamp = header.extension(3).expect("a stamp");
        assert_eq!(stamp, bench.number.to_be_bytes());
        assert!(seen.insert(header.sequence_number()));
    }
}
