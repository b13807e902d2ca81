//! What congestion control costs a receiver in memory, counted by the allocator.
//!
//! Invariant: what others allocate meanwhile is not counted.

use allocation_counter::measure;
use homeroom_rtp::rtcp::{Compound, RtcpPacket, write_transport_feedback};
use homeroom_sfu_core::congestion::Congestion;
use std::time::{Duration, Instant};

/// Most bytes of a receiver who reports arrivals.
const MOST_BYTES: usize = 9 * 1024;
const PACKETS: u64 = 100_000;

#[test]
fn a_receiver_costs_little_once_and_nothing_after() {
    let start = Instant::now();
    let not_negotiated = measure(|| Congestion::new(start, None).start(start));
    assert_eq!(not_negotiated.bytes_total, 0, "not negotiated");
    let mut congestion = Congestion::new(start, None);
    let before = measure(|| congestion = Congestion::new(start, Some(3)));
    assert_eq!(before.bytes_total, 0, "not before the start");
    let begun = measure(|| congestion.start(start));
    let bytes = begun.bytes_total as usize + size_of::<Congestion>();
    assert!(bytes <= MOST_BYTES, "{bytes} bytes");
    let after = measure(|| run(start, &mut congestion));
    assert_eq!(after.count_total, 0, "after the start");
    assert!(congestion.estimate().bitrate_bps > 1_000_000);
}

fn run(start: Instant, congestion: &mut Congestion) {
    let mut feedback = [0; 1_200];
    for packet in 0..PACKETS {
        // Four milliseconds a packet, and a feedback for each 25.
        let now = start + Duration::from_millis(4) * packet as u32;
        let stamp = congestion.stamp().expect("it was started");
        congestion.on_sent(congestion.micros(now), 1_200, true);
        if packet % 25 != 24 {
            continue;
        }
        let arrivals = (0..25).map(|i| {
            let number = stamp.number.wrapping_sub(24 - i);
            let at_us = 4_000 * (packet - 24 + u64::from(i)) + 30_000;
            (number, (!number.is_multiple_of(10)).then_some(at_us))
        });
        let written = write_transport_feedback(&mut feedback, 1, 2, 0, arrivals);
        let now = now + Duration::from_millis(60);
        for packet in Compound::parse(&feedback[..written.len]).expect("our own") {
            if let RtcpPacket::TransportFeedback(feedback) = packet {
                congestion.on_feedback(now, &feedback);
            }
        }
        congestion.poll(now);
        while let Some(pad) = congestion.padding_due(now) {
            congestion.on_padding(now, Some(usize::from(pad) + 36));
        }
        assert!(congestion.next_timeout().is_none_or(|at| at > now));
    }
}
