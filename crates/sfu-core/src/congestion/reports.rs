//! Receivers that send no transport-wide feedback: the loss in their receiver reports (RFC 3550
//! §6.4) and the limit they set themselves (REMB).
//!
//! Invariant: a report counts once; blocks about other streams than ours do not reach this.

use crate::bounds::{MAX_REPORTED_STREAMS, REMB_VALID};
use arrayvec::ArrayVec;
use homeroom_rtp::rtcp::ReportBlock;

/// Reports closer together than this are one observation.
const MIN_SPAN_US: u64 = 700_000;
/// Packets that an observation is made of, at least.
const MIN_PACKETS: f64 = 20.0;

/// What was reported since the last observation.
#[derive(Debug, Default)]
pub struct Reports {
    /// The highest sequence number of each stream, extended, and all it lost.
    streams: ArrayVec<(u32, u32, i32), MAX_REPORTED_STREAMS>,
    packets: f64,
    lost: f64,
    begun: Option<(u64, u64)>,
    remb: Option<(u64, f64)>,
}

/// A second or so of reports.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// What was sent meanwhile.
    pub rate_bps: f64,
    /// Packets expected.
    pub packets: f64,
    /// Of those, lost.
    pub lost: f64,
}

impl Reports {
    /// Takes a block about one of our streams.
    pub fn on_block(&mut self, block: &ReportBlock) {
        let (highest, lost) = (block.extended_highest_sequence, block.cumulative_lost);
        let mut streams = self.streams.iter_mut();
        let Some(known) = streams.find(|(ssrc, ..)| *ssrc == block.ssrc) else {
            // More streams than we remember do not count; nobody has so many slots.
            let _ = self.streams.try_push((block.ssrc, highest, lost));
            return;
        };
        let expected = highest.wrapping_sub(known.1) as i32;
        let newly_lost = lost.wrapping_sub(known.2);
        (known.1, known.2) = (highest, lost);
        // Backwards: reordered reports, or a receiver that began anew.
        if (1..1 << 16).contains(&expected) {
            self.packets += f64::from(expected);
            self.lost += f64::from(newly_lost.clamp(0, expected));
        }
    }

    /// The observation that is complete; `sent` is all bytes that went to this receiver.
    pub fn poll(&mut self, now_us: u64, sent: u64) -> Option<Observation> {
        let (begun_us, sent_before) = *self.begun.get_or_insert((now_us, sent));
        let span_us = now_us - begun_us;
        if span_us < MIN_SPAN_US || self.packets < MIN_PACKETS {
            return None;
        }
        let observation = Observation {
            rate_bps: (sent - sent_before) as f64 * 8e6 / span_us as f64,
            packets: self.packets,
            lost: self.lost,
        };
        self.begun = Some((now_us, sent));
        (self.packets, self.lost) = (0.0, 0.0);
        Some(observation)
    }

    /// The receiver sets a limit.
    pub fn on_remb(&mut self, now_us: u64, bitrate_bps: u64) {
        self.remb = Some((now_us, bitrate_bps as f64));
    }

    /// The limit, while it is fresh.
    pub fn limit_bps(&self, now_us: u64) -> Option<f64> {
        let (at_us, bps) = self.remb?;
        (now_us < at_us + REMB_VALID.as_micros() as u64).then_some(bps)
    }
}
