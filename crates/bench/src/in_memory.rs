//! Row 4: what forwarding a packet costs in memory: one camera, 50 receivers, 1200-byte packets,
//! AEAD_AES_128_GCM, everything but the sockets.
//!
//! Nanoseconds and allocations per forwarded packet beside the same packet's AEAD seal alone, both
//! measured in turn so that the machine's drift hits both. A run in which a receiver did not get
//! every packet is invalid.
//!
//! Invariant: only the SFU is inside the measured time; making and sealing the publisher's packets
//! is not.

mod lesson;

use crate::report::Row;
use crate::statistics::median;
use homeroom_rtp::{HeaderFields, write_header};
use homeroom_sfu_core::transport::srtp::{SrtpKeys, SrtpProfile, SrtpSealer};
use lesson::{Lesson, PAYLOAD_BYTES, RECEIVERS};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Packets of one round: about two seconds of 720p.
const PACKETS: usize = 402;
/// Rounds measured; the median is told.
const ROUNDS: usize = 25;
/// The same in a hurry.
const QUICK_ROUNDS: usize = 5;

/// One round's figures, per forwarded packet.
struct Round {
    forward_ns: f64,
    seal_ns: f64,
    allocations: f64,
}

/// The row.
#[must_use]
pub fn rows(quick: bool) -> Vec<Row> {
    eprintln!("row 4: 1 → {RECEIVERS} in memory");
    let mut lesson = Lesson::connected();
    let mut seal = Seal::new();
    // The first round pays for the cache and the arena.
    measure(&mut lesson, &mut seal);
    let rounds = if quick { QUICK_ROUNDS } else { ROUNDS };
    let rounds: Vec<Round> = (0..rounds)
        .map(|_| measure(&mut lesson, &mut seal))
        .collect();
    let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
    let allocations = rounds.iter().map(|r| r.allocations).fold(0.0, f64::max);
    let workload = format!("1 → {RECEIVERS}, {PAYLOAD_BYTES} B, AEAD_AES_128_GCM, in memory");
    let mut row = Row::new(4, workload, "ns/packet").against(
        middle(|round| round.forward_ns),
        "AEAD seal alone",
        middle(|round| round.seal_ns),
    );
    row.ratio = middle(|round| round.forward_ns / round.seal_ns);
    row.invalid_unless(
        lesson.all_delivered(),
        "a receiver did not get every packet",
    );
    vec![row.detail("allocations a packet", allocations)]
}

fn measure(lesson: &mut Lesson, seal: &mut Seal) -> Round {
    let mut packets = lesson.next_packets(PACKETS);
    let region = Region::new(ALLOCATOR);
    let started = Instant::now();
    let forwarded = lesson.forward(&mut packets) as f64;
    let forward_ns = started.elapsed().as_nanos() as f64 / forwarded;
    let allocations = region.change().allocations as f64 / forwarded;
    let started = Instant::now();
    seal.run(PACKETS * RECEIVERS);
    let seal_ns = started.elapsed().as_nanos() as f64 / (PACKETS * RECEIVERS) as f64;
    Round {
        forward_ns,
        seal_ns,
        allocations,
    }
}

/// The baseline: the same packet sealed again and again, nothing else.
struct Seal {
    sealer: SrtpSealer,
    packet: [u8; 1_600],
    index: u64,
}

impl Seal {
    fn new() -> Self {
        let profile = SrtpProfile::AeadAes128Gcm;
        let block = vec![7; 2 * (profile.key_len() + profile.salt_len())];
        let keys = SrtpKeys::from_exporter(profile, &block, false).expect("of the right length");
        let provider = rtc_crypto::default_provider().expect("ring is compiled in");
        Self {
            sealer: SrtpSealer::new(&keys, provider.crypto()).expect("supported"),
            packet: [7; 1_600],
            index: 0,
        }
    }

    fn run(&mut self, packets: usize) {
        for _ in 0..packets {
            self.index += 1;
            let fields = HeaderFields {
                marker: false,
                payload_type: 96,
                sequence_number: self.index as u16,
                timestamp: 0,
                ssrc: 1,
            };
            let header_len = write_header(&mut self.packet, &fields, &[]);
            let len = header_len + PAYLOAD_BYTES;
            let sealed = self
                .sealer
                .seal_rtp(&mut self.packet, len, header_len, self.index);
            std::hint::black_box(sealed.expect("there is room"));
        }
    }
}
