//! What is kept, for how long, in how much memory.

use super::*;
use std::time::Duration;

fn packet(index: u64, payload: &[u8]) -> MediaPacket<'_> {
    MediaPacket {
        index,
        timestamp: index as u32,
        clock: None,
        marker: false,
        codec: Codec::Opus,
        picture: None,
        descriptor: &[],
        payload,
    }
}

/// A source of so many packets a second; its payloads tell their index.
struct Stream {
    cache: PacketCache,
    now: Instant,
    interval: Duration,
    bytes: usize,
    next: u64,
}

impl Stream {
    fn new(packets_per_second: u32, bytes: usize) -> Self {
        Self {
            cache: PacketCache::default(),
            now: Instant::now(),
            interval: Duration::from_secs(1) / packets_per_second,
            bytes,
            next: 1_000,
        }
    }

    fn payload(&self, index: u64) -> Vec<u8> {
        index.to_be_bytes().repeat(self.bytes.div_ceil(8))[..self.bytes].to_vec()
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            let payload = self.payload(self.next);
            self.cache.put(self.now, &packet(self.next, &payload));
            self.next += 1;
            self.now += self.interval;
        }
    }

    /// How many of the last packets are all there, and right.
    fn kept(&self) -> u64 {
        let is_kept = |index: &u64| {
            let kept = self.cache.get(*index);
            if let Some(kept) = &kept {
                assert_eq!(kept.payload, self.payload(*index), "{index}");
            }
            kept.is_some()
        };
        (0..self.next).rev().take_while(is_kept).count() as u64
    }
}

#[test]
fn any_source_keeps_its_last_second() {
    for (per_second, bytes) in [(50, 80), (17, 40), (187, 950), (600, 1_100), (50, 1_500)] {
        let mut stream = Stream::new(per_second, bytes);
        for _ in 0..50 {
            stream.run(Duration::from_millis(317));
            let wanted = u64::from(per_second).min(stream.next - 1_000);
            assert!(
                stream.kept() >= wanted,
                "{} of {wanted} at {per_second} x {bytes}",
                stream.kept()
            );
        }
    }
}

#[test]
fn memory_is_what_the_source_needs() {
    let size = |per_second, bytes| {
        let mut stream = Stream::new(per_second, bytes);
        stream.run(Duration::from_secs(20));
        stream.cache.bytes.len()
    };
    assert_eq!(size(50, 80), FIRST_BYTES, "a voice");
    assert_eq!(size(187, 950), 256 * 1024, "720p");
    assert_eq!(size(20_000, 1_500), MAX_CACHE_BYTES, "a flood");
}

#[test]
fn the_table_stops_growing_too() {
    let mut stream = Stream::new(20_000, 1);
    stream.run(Duration::from_secs(2));
    assert_eq!(stream.cache.slots.len(), MAX_CACHE_PACKETS);
    assert_eq!(stream.kept(), MAX_CACHE_PACKETS as u64);
}

#[test]
fn a_late_packet_costs_no_other_its_place() {
    let now = Instant::now();
    let mut cache = PacketCache::default();
    for index in [100, 100 + FIRST_PACKETS as u64, 101, 99] {
        cache.put(now, &packet(index, &index.to_be_bytes()));
    }
    for index in [100, 100 + FIRST_PACKETS as u64, 101, 99] {
        let payload = cache.get(index).map(|packet| packet.payload.to_vec());
        assert_eq!(payload, Some(index.to_be_bytes().to_vec()));
    }
    assert!(cache.get(102).is_none(), "never there");
}

#[test]
fn nothing_is_found_after_its_bytes_were_overwritten() {
    let mut stream = Stream::new(10, 1_000);
    stream.run(Duration::from_secs(60));
    let kept = stream.kept();
    assert!((8..=16).contains(&kept), "8 KiB hold {kept}");
    let first = stream.next - kept;
    assert!((0..first).all(|index| stream.cache.get(index).is_none()));
}

#[test]
fn a_descriptor_is_kept_beside_its_payload() {
    let now = Instant::now();
    let mut cache = PacketCache::default();
    let rows: [(&[u8], &[u8]); 4] = [
        (b"\xc0\0\x01", b"one"),
        (b"", b"two"),
        (b"\xc0\0\x03", b""),
        (b"", b""),
    ];
    for (index, (descriptor, payload)) in (1..).zip(rows) {
        let described = MediaPacket {
            descriptor,
            ..packet(index, payload)
        };
        cache.put(now, &described);
    }
    for (index, expected) in (1..).zip(rows) {
        let kept = cache.get(index).expect("it is here");
        assert_eq!((kept.descriptor, kept.payload), expected);
    }
}
