//! What is known of one path whose receiver reports arrivals: every report goes to each of the parts
//! that learn from it.
//!
//! Invariant: a packet reaches the parts once for each thing that is new of it, in the order of the
//! report; packets of a probe say nothing about the queue that media makes.

use super::groups::Groups;
use super::history::{History, Judged};
use super::loss::LossModel;
use super::loss_share::LossShare;
use super::probe::Prober;
use super::standing::Standing;
use super::throughput::Throughput;
use super::trend::Trend;
use crate::bounds::{NO_FEEDBACK_AFTER, SENT_HISTORY};
use homeroom_rtp::rtcp::TransportFeedback;

/// The sent rate is averaged over about so long.
const SENT_MEMORY_US: f64 = 500_000.0;
/// Packets without a report that make silence.
const SILENT_PACKETS: u64 = 5;

/// What is known of a path with transport-wide feedback.
pub struct Path {
    pub history: History,
    /// The label of packets sent now.
    pub cluster: u8,
    clock: Clock,
    groups: Groups,
    pub trend: Trend,
    pub standing: Standing,
    pub throughput: Throughput,
    pub loss: LossModel,
    pub loss_share: LossShare,
    pub prober: Prober,
    /// The index after the last one that was reported on.
    reported: u64,
    pub is_heard: bool,
    silence: (u64, u64),
    pub heard_us: u64,
    pub sent_bps: f64,
    sent_seen: (u64, u64),
}

impl Path {
    pub fn new(now_us: u64) -> Self {
        Self {
            history: History::new(),
            cluster: 0,
            clock: Clock::default(),
            groups: Groups::default(),
            trend: Trend::default(),
            standing: Standing::default(),
            throughput: Throughput::default(),
            loss: LossModel::default(),
            loss_share: LossShare::default(),
            prober: Prober::new(now_us),
            reported: 0,
            is_heard: false,
            silence: (0, 0),
            heard_us: now_us,
            sent_bps: 0.0,
            sent_seen: (now_us, 0),
        }
    }

    /// Takes what is new in a feedback; whether anything is, and whether delays are.
    pub fn take(&mut self, now_us: u64, feedback: &TransportFeedback<'_>) -> (bool, bool) {
        let Some(to_ours_us) = self.clock.follow(feedback.reference_time) else {
            self.groups.reset();
            self.throughput.reset();
            self.standing.reset();
            return (false, false);
        };
        let (mut has_news, mut has_trend) = (false, false);
        for (number, arrived_us) in feedback.packets().take(SENT_HISTORY) {
            let arrived_us = arrived_us.map(|us| us + to_ours_us);
            let judged = self.history.judge(now_us, number, arrived_us.is_some());
            let Some(packet) = judged else { continue };
            let arrived_us = arrived_us.filter(|_| packet.arrived);
            has_news = true;
            self.note_loss(&packet, packet.arrived);
            self.prober.on_judged(&packet, arrived_us);
            if let Some(arrived_us) = arrived_us {
                self.throughput.on_arrival(arrived_us, packet.bytes);
                has_trend |= self.note_delay(now_us, &packet, arrived_us);
            }
        }
        (has_news, has_trend)
    }

    fn note_loss(&mut self, packet: &Judged, arrived: bool) {
        if packet.was_lost {
            self.loss.on_recovered();
        } else if packet.index >= self.reported {
            if packet.index > self.reported {
                self.loss.on_gap();
            }
            self.reported = packet.index + 1;
            self.loss.on_packet(packet.sent_us, packet.bytes, arrived);
            self.loss_share.on_packet(arrived);
        }
    }

    fn note_delay(&mut self, now_us: u64, packet: &Judged, arrived_us: i64) -> bool {
        if packet.cluster != 0 {
            // The queue that a probe makes is on purpose, and short.
            self.groups.reset();
            return false;
        }
        self.standing
            .on_packet(now_us, arrived_us - packet.sent_us as i64);
        let variation = self.groups.on_packet(packet.sent_us, arrived_us);
        if let Some(variation) = variation {
            self.trend.on_variation(variation);
        }
        variation.is_some()
    }

    pub fn note_sent(&mut self, now_us: u64, sent_bytes: u64) {
        let (seen_us, seen_bytes) = self.sent_seen;
        let elapsed_us = now_us.saturating_sub(seen_us) as f64;
        if elapsed_us < 40_000.0 {
            return;
        }
        let bps = (sent_bytes - seen_bytes) as f64 * 8e6 / elapsed_us;
        self.sent_bps += (bps - self.sent_bps) * elapsed_us / (elapsed_us + SENT_MEMORY_US);
        self.sent_seen = (now_us, sent_bytes);
    }

    /// Whether packets went out and nobody said a word about them, each second once.
    pub fn is_silent(&mut self, now_us: u64, round_trip_us: u64) -> bool {
        let (told_us, told_packets) = self.silence;
        let patience_us = NO_FEEDBACK_AFTER.as_micros() as u64 + round_trip_us;
        let waiting = self.history.waiting_since(now_us);
        let is_silent = self.is_heard
            && waiting.is_some_and(|since| now_us >= since + patience_us)
            && now_us >= self.heard_us + patience_us
            && now_us >= told_us + 1_000_000
            && self.history.sent() >= told_packets + SILENT_PACKETS;
        if is_silent {
            self.silence = (now_us, self.history.sent());
        }
        is_silent
    }
}

/// The receiver's clock: 24 bits of 64 ms that turn, made to go on.
#[derive(Debug, Default)]
struct Clock {
    last: Option<u32>,
    reference_us: i64,
}

impl Clock {
    const UNIT_US: i64 = 64_000;
    /// A step beyond this is another clock.
    const MAX_STEP_US: i64 = 600_000_000;

    /// What turns the feedback's times into ours; `None` if the clock has jumped.
    fn follow(&mut self, reference: u32) -> Option<i64> {
        let last = self.last.replace(reference).unwrap_or(reference);
        let step = (reference.wrapping_sub(last) << 8) as i32 >> 8;
        let step_us = i64::from(step) * Self::UNIT_US;
        if step_us.abs() > Self::MAX_STEP_US {
            self.reference_us = 0;
            return None;
        }
        self.reference_us += step_us;
        Some(self.reference_us - i64::from(reference) * Self::UNIT_US)
    }
}
