//! One layer of a source as it comes in: its indices, its losses, what we owe its sender.
//!
//! Invariant: a packet index is passed on once, whether it came as the original or as its
//! retransmission.

mod coding;
mod feedback;
mod key_frame;
mod loss;
mod reception;

use coding::Coding;
pub use coding::Told;
pub use feedback::Feedback;
pub use key_frame::KeyFrameRequest;
pub use loss::{Loss, Repair};

use crate::model::Source;
use crate::sdp::UpLine;
use homeroom_rtp::ParseError;
use homeroom_rtp::rtcp::{ReportBlock, SenderInfo};
use homeroom_rtp::sequence;
use reception::Reception;
use std::time::Instant;

/// A source of one participant, or one spatial layer of it.
pub struct UpTrack {
    /// Which.
    pub source: Source,
    /// Which of the source's layers; 0 when it is one stream.
    pub layer: u8,
    /// All layers of the source are in it.
    pub has_layers: bool,
    /// Its SSRC, from the offer or from its first packet's mid and layer.
    pub ssrc: Option<u32>,
    /// The SSRC of its retransmissions.
    pub rtx_ssrc: Option<u32>,
    /// What is missing.
    pub loss: Loss,
    /// Key frames owed to receivers.
    pub key_frame: KeyFrameRequest,
    reception: Reception,
    coding: Coding,
    /// From its timestamps to the clock that all layers of the source share.
    clock_delta: Option<u32>,
}

impl UpTrack {
    /// A track whose first packet has not come.
    pub fn new(line: &UpLine, layer: u8) -> Self {
        let source = line.source;
        let repair = match (line.nack, source.is_video()) {
            (false, _) => Repair::None,
            (true, false) => Repair::Voice,
            (true, true) => Repair::Picture,
        };
        Self {
            source,
            layer,
            has_layers: line.has_layers,
            ssrc: line.ssrc,
            rtx_ssrc: line.rtx_ssrc,
            loss: Loss::repaired(repair),
            key_frame: KeyFrameRequest::default(),
            reception: Reception::new(source.clock_rate()),
            coding: Coding::default(),
            clock_delta: None,
        }
    }

    /// Notes an original packet; returns whether it is new.
    pub fn on_packet(&mut self, now: Instant, index: u64, timestamp: u32) -> bool {
        self.reception.on_packet(now, index, timestamp);
        self.loss.on_packet(now, index)
    }

    /// Notes a retransmission of `original`; its index, if the packet is new.
    pub fn on_retransmission(&mut self, now: Instant, original: u16) -> Option<u64> {
        let index = sequence::unwrap(self.loss.highest()?, original);
        // A retransmission of what was never sent would move the track's end.
        (self.loss.highest()? >= index && self.loss.on_packet(now, index)).then_some(index)
    }

    /// Notes a dependency descriptor, and reads it.
    pub fn on_descriptor(&mut self, data: &[u8]) -> Result<Told, ParseError> {
        self.coding.note(data)
    }

    /// Notes the sender's report. Its NTP time, counted in our ticks, is what a sender's streams
    /// have in common (RFC 3550 §6.4.1).
    pub fn on_sender_report(&mut self, now: Instant, info: &SenderInfo) {
        self.reception.on_sender_report(now, info.ntp_middle());
        let rate = u64::from(self.source.clock_rate());
        let (seconds, fraction) = (info.ntp_time >> 32, info.ntp_time & 0xffff_ffff);
        let ticks = seconds
            .wrapping_mul(rate)
            .wrapping_add((fraction * rate) >> 32);
        self.clock_delta = Some((ticks as u32).wrapping_sub(info.rtp_time));
    }

    /// A timestamp in the clock that all layers of the source share, once reports have told it.
    pub fn clock(&self, timestamp: u32) -> Option<u32> {
        self.clock_delta.map(|delta| timestamp.wrapping_add(delta))
    }

    /// The report block of this track (RFC 3550 §6.4.1), once it has begun.
    pub fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        self.reception.report(now, self.ssrc?)
    }
}
