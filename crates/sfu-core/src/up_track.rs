//! One source as it comes in: its indices, its losses, what we owe its sender.
//!
//! Invariant: a packet index is passed on once, whether it came as the original or as its
//! retransmission.

mod feedback;
mod key_frame;
mod loss;
mod reception;

pub use feedback::Feedback;
pub use key_frame::KeyFrameRequest;
pub use loss::Loss;

use crate::model::Source;
use homeroom_rtp::rtcp::ReportBlock;
use homeroom_rtp::sequence;
use reception::Reception;
use std::time::Instant;

/// A source of one participant.
pub struct UpTrack {
    /// Which.
    pub source: Source,
    /// Its SSRC, from the offer or from its first packet's mid.
    pub ssrc: Option<u32>,
    /// The SSRC of its retransmissions.
    pub rtx_ssrc: Option<u32>,
    /// What is missing.
    pub loss: Loss,
    /// Key frames owed to receivers.
    pub key_frame: KeyFrameRequest,
    reception: Reception,
}

impl UpTrack {
    /// A track whose first packet has not come.
    pub fn new(source: Source, ssrc: Option<u32>, rtx_ssrc: Option<u32>) -> Self {
        Self {
            source,
            ssrc,
            rtx_ssrc,
            loss: if source.is_video() {
                Loss::default()
            } else {
                Loss::without_asking()
            },
            key_frame: KeyFrameRequest::default(),
            reception: Reception::new(source.clock_rate()),
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

    /// Notes the sender's report: `ntp_middle` are the middle 32 bits of its NTP time.
    pub fn on_sender_report(&mut self, now: Instant, ntp_middle: u32) {
        self.reception.on_sender_report(now, ntp_middle);
    }

    /// The report block of this track (RFC 3550 §6.4.1), once it has begun.
    pub fn report(&mut self, now: Instant) -> Option<ReportBlock> {
        self.reception.report(now, self.ssrc?)
    }
}
