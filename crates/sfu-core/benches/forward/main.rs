//! What forwarding a packet costs in memory: one camera, 50 receivers, 1200-byte packets,
//! AEAD_AES_128_GCM, everything but the sockets.
//!
//! Prints nanoseconds and allocations per forwarded packet beside the same packet's AEAD seal
//! alone, both measured in turn so that the machine's drift hits both. A run in which a receiver
//! did not get every packet is invalid and says so. `target/bench.json` gets the row.
//!
//! Invariant: only the SFU is inside the measured time; making and sealing the publisher's packets
//! is not.

mod lesson;

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

/// One round's figures, per forwarded packet.
struct Round {
    forward_ns: f64,
    seal_ns: f64,
    allocations: f64,
}

fn main() -> std::io::Result<()> {
    let mut lesson = Lesson::connected();
    let mut seal = Seal::new();
    // The first round pays for the cache and the arena.
    measure(&mut lesson, &mut seal);
    let mut rounds: Vec<Round> = (0..ROUNDS)
        .map(|_| measure(&mut lesson, &mut seal))
        .collect();
    let allocations = rounds.iter().map(|r| r.allocations).fold(0.0, f64::max);
    let seal_ns = median(&mut rounds, |round| round.seal_ns);
    let forward_ns = median(&mut rounds, |round| round.forward_ns);
    let ratio = median(&mut rounds, |round| round.forward_ns / round.seal_ns);
    let valid = lesson.all_delivered();
    println!("row 4   1 -> {RECEIVERS}, {PAYLOAD_BYTES} B payload, AEAD_AES_128_GCM, in memory");
    println!("  forwarded packet   {forward_ns:7.0} ns   {allocations:.3} allocations");
    println!("  AEAD seal alone    {seal_ns:7.0} ns");
    println!("  ratio              {ratio:7.2}");
    if !valid {
        println!("  INVALID: a receiver did not get every packet");
    }
    std::fs::create_dir_all(target_dir())?;
    let row = format!(
        concat!(
            r#"[{{"row":4,"workload":"1 -> {}, {} B, AEAD_AES_128_GCM, in memory","ours":{:.1},"#,
            r#""unit":"ns/packet","baseline":{:.1},"baseline_name":"AEAD seal alone","#,
            r#""ratio":{:.3},"allocations":{:.3},"valid":{}}}]"#
        ),
        RECEIVERS, PAYLOAD_BYTES, forward_ns, seal_ns, ratio, allocations, valid
    );
    std::fs::write(target_dir().join("bench.json"), row + "\n")
}

fn target_dir() -> std::path::PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| default.into(), Into::into)
}

fn measure(lesson: &mut Lesson, seal: &mut Seal) -> Round {
    let packets = lesson.next_packets(PACKETS);
    let region = Region::new(ALLOCATOR);
    let started = Instant::now();
    let forwarded = lesson.forward(packets) as f64;
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

fn median(rounds: &mut [Round], figure: impl Fn(&Round) -> f64) -> f64 {
    rounds.sort_by(|a, b| figure(a).total_cmp(&figure(b)));
    figure(&rounds[rounds.len() / 2])
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
