//! What a participant is told in RTCP: reports, NACKs, key-frame requests, transport-wide feedback.
//!
//! Invariant: every compound fits [`MAX_COMPOUND_BYTES`]; what does not fit goes into the next one.

use super::{MAX_UP_TRACKS, Participant};
use crate::bounds::REPORT_INTERVAL;
use crate::down_track::DownTrack;
use crate::stats::Stats;
use crate::transmit::TransmitBatch;
use arrayvec::ArrayVec;
use homeroom_rtp::rtcp::{
    MAX_NACK_WORDS, ReportBlock, write_nack, write_pli, write_receiver_report, write_sdes_cname,
    write_sender_report,
};
use std::time::Instant;

/// A compound stays under any path's MTU.
const MAX_COMPOUND_BYTES: usize = 1_150;
/// Down tracks whose sender reports share a compound: each takes 28 bytes.
const SENDER_REPORTS_PER_COMPOUND: usize = 16;
/// Streams reported on: RFC 3550 §6.4.2 lets a report have 31.
const MAX_REPORT_BLOCKS: usize = MAX_UP_TRACKS;

impl Participant {
    /// Sends what is due.
    pub fn poll_reports(
        &mut self,
        now: Instant,
        ntp_time: u64,
        cname: &str,
        stats: &mut Stats,
        out: &mut TransmitBatch,
    ) {
        self.poll_nacks(now, stats, out);
        self.poll_key_frames(now, stats, out);
        self.poll_feedback(now, out);
        self.poll_probe(now, stats, out);
        if self.report_at <= now {
            self.report_at = now + REPORT_INTERVAL;
            self.send_reports(now, ntp_time, cname, out);
        }
    }

    /// Asks the publisher for the key frames that receivers wait for.
    pub fn poll_key_frames(&mut self, now: Instant, stats: &mut Stats, out: &mut TransmitBatch) {
        if self.transport.egress().is_none() {
            return;
        }
        let sender = self.report_ssrc();
        for i in 0..self.up_tracks.len() {
            let track = &mut self.up_tracks[i];
            // The first frame of a camera that has never sent is a key frame.
            let Some(ssrc) = track.ssrc.filter(|_| track.loss.highest().is_some()) else {
                continue;
            };
            if track.key_frame.poll(now) {
                stats.key_frames_requested += 1;
                self.send_control(out, |buffer| write_pli(buffer, sender, ssrc));
            }
        }
    }

    fn poll_nacks(&mut self, now: Instant, stats: &mut Stats, out: &mut TransmitBatch) {
        let sender = self.report_ssrc();
        let round_trip = self.transport.round_trip();
        let mut ask = std::mem::take(&mut self.ask);
        for i in 0..self.up_tracks.len() {
            let track = &mut self.up_tracks[i];
            ask.clear();
            track.loss.poll(now, round_trip, &mut ask);
            let Some(ssrc) = track.ssrc else { continue };
            stats.nacks_sent += ask.len() as u64;
            // Each number takes at most one word, so a chunk always fits.
            for ask in ask.chunks(MAX_NACK_WORDS) {
                let ask = ask.iter().copied();
                self.send_control(out, |buffer| write_nack(buffer, sender, ssrc, ask));
            }
        }
        self.ask = ask;
    }

    fn poll_feedback(&mut self, now: Instant, out: &mut TransmitBatch) {
        let sender = self.report_ssrc();
        let media = self
            .up_tracks
            .iter()
            .find_map(|track| track.ssrc)
            .unwrap_or(0);
        while self.feedback.next_timeout().is_some_and(|at| at <= now) {
            let Some((to, sealer)) = self.transport.egress() else {
                return;
            };
            let feedback = &mut self.feedback;
            let sent = out.push(to, |buffer| {
                let room = &mut buffer[..MAX_COMPOUND_BYTES];
                let len = feedback.poll(now, room, sender, media)?;
                sealer.seal_rtcp(buffer, len).ok()
            });
            if !sent {
                return;
            }
        }
    }

    /// Sends what is due of a probe: padding on the first stream for retransmissions. Without one
    /// there is nothing to probe with.
    fn poll_probe(&mut self, now: Instant, stats: &mut Stats, out: &mut TransmitBatch) {
        if let Some(round_trip) = self.transport.round_trip() {
            self.congestion.set_round_trip(round_trip);
        }
        self.congestion.poll(now);
        let can_probe =
            |track: &DownTrack| track.labels.is_stamped && track.labels.rtx_ssrc.is_some();
        while let Some(pad) = self.congestion.padding_due(now) {
            let track = self.down_tracks.iter_mut().find(|track| can_probe(track));
            let mut sent = None;
            if let Some(track) = track
                && let Some((to, sealer)) = self.transport.egress()
                && let Some(stamp) = self.congestion.stamp()
            {
                out.push(to, |buffer| {
                    sent = track.probe(now, pad, stamp, sealer, buffer);
                    sent
                });
            }
            self.congestion.on_padding(now, sent);
            stats.rtp_sent += u64::from(sent.is_some());
            stats.probes_sent += u64::from(sent.is_some());
        }
    }

    fn send_reports(&mut self, now: Instant, ntp_time: u64, cname: &str, out: &mut TransmitBatch) {
        let sender = self.report_ssrc();
        let blocks: ArrayVec<ReportBlock, MAX_REPORT_BLOCKS> = (self.up_tracks.iter_mut())
            .filter_map(|track| track.report(now))
            .take(MAX_REPORT_BLOCKS)
            .collect();
        self.send_control(out, |buffer| {
            let len = write_receiver_report(buffer, sender, &blocks);
            len + write_sdes_cname(&mut buffer[len..], sender, cname)
        });
        for first in (0..self.down_tracks.len()).step_by(SENDER_REPORTS_PER_COMPOUND) {
            let tracks = self.down_tracks[first..].iter();
            let reports: ArrayVec<_, SENDER_REPORTS_PER_COMPOUND> = tracks
                .take(SENDER_REPORTS_PER_COMPOUND)
                .filter_map(|track| Some((track.labels.ssrc, track.sender_info(now, ntp_time)?)))
                .collect();
            let Some((sender, _)) = reports.first() else {
                continue;
            };
            self.send_control(out, |buffer| {
                let mut len = 0;
                for (ssrc, info) in &reports {
                    len += write_sender_report(&mut buffer[len..], *ssrc, info, &[]);
                }
                len + write_sdes_cname(&mut buffer[len..], *sender, cname)
            });
        }
    }

    fn send_control(&mut self, out: &mut TransmitBatch, write: impl FnOnce(&mut [u8]) -> usize) {
        if let Some((to, sealer)) = self.transport.egress() {
            out.push(to, |buffer| {
                let len = write(&mut buffer[..MAX_COMPOUND_BYTES]);
                sealer.seal_rtcp(buffer, len).ok()
            });
        }
    }

    /// The SSRC we report under: any of ours will do, 1 when the peer receives nothing.
    fn report_ssrc(&self) -> u32 {
        self.down_tracks
            .first()
            .map_or(1, |track| track.labels.ssrc)
    }
}
