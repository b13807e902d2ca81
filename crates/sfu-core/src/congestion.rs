//! How much one receiver's link carries, from what it reports about what it was sent.
//!
//! 1. `history`: every packet with a transport-wide number is noted: when, how long.
//! 2. [`Congestion::on_feedback`]: the receiver says when each arrived. From that
//! 3. `groups` → `trend`: does a queue grow? `throughput`: how much arrives?
//! 4. `loss`: does loss depend on our rate, or is the path just lossy?
//! 5. `probe`: does more fit? [`Congestion::poll`] says when, [`Congestion::padding_due`] with what.
//! 6. `rate`: the one [`Estimate`] that all of them move; `pacer`: what may leave at it now.
//!
//! Receivers without such feedback are judged by `reports`.
//!
//! Invariant: no clock and no allocation after [`Congestion::start`]; the estimate follows from
//! nothing but what was sent, what was reported, and when. What a receiver reports can hurt only
//! what it gets itself, within the limits of `bounds`.

mod groups;
mod history;
mod loss;
mod loss_share;
mod pacer;
mod path;
mod probe;
mod rate;
mod reports;
mod standing;
mod throughput;
mod trend;

pub use rate::{Estimate, Reason};

use crate::bounds::{DEFAULT_WANTED_BPS, MAX_ESTIMATE_BPS};
use homeroom_rtp::rtcp::{ReportBlock, TransportFeedback};
use loss::{LossModel, Verdict};
use loss_share::LossShare;
use pacer::Pacer;
use path::Path;
use probe::Situation;
use rate::{Rate, Signals};
use reports::Reports;
use std::time::{Duration, Instant};
use trend::Usage;

/// A round trip, until one was measured.
const FIRST_ROUND_TRIP: Duration = Duration::from_millis(100);
const MAX_ROUND_TRIP: Duration = Duration::from_secs(1);
/// Sending less than this share of the estimate is not limited by it.
const IDLE: f64 = 0.65;
/// Sending more than this share of it shows whether that much fits.
const FILLED: f64 = 0.8;
/// Growth per report without any sign of delay.
const BLIND_GROWTH: f64 = 0.05;
/// How long a queue is believed in without feedback.
const QUEUE_MEMORY_US: u64 = 1_500_000;
/// From this share on a repetition is sent twice: it costs less than waiting for another request.
const MUCH_LOSS: f64 = 0.03;
/// From this share on a few tries do not bring everything within what a browser holds.
const TOO_MUCH_LOSS: f64 = 0.15;
/// How long the first feedback on arrivals is waited for.
const FIRST_WORD_US: u64 = 3_000_000;

/// A transport-wide number and the header extension that carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The extension's id, as negotiated.
    pub id: u8,
    /// The number.
    pub number: u16,
}

/// One receiver's congestion control.
pub struct Congestion {
    epoch: Instant,
    extension: Option<u8>,
    rate: Rate,
    pacer: Pacer,
    wanted_bps: f64,
    round_trip_us: u64,
    /// Bytes of all datagrams with media so far.
    sent_bytes: u64,
    /// What transport-wide feedback is compared with; taken at the start, if it was negotiated.
    path: Option<Box<Path>>,
    /// What receiver reports are compared with; taken at the first one.
    fallback: Option<Box<(Reports, LossModel)>>,
    /// What is said of losses where arrivals are not reported.
    reported_loss: LossShare,
    /// Reports have objected, and nothing has shown since that all that is wanted fits.
    is_limited: bool,
}

impl Congestion {
    /// Nothing is known. `extension` is the id of the transport-wide sequence number, if the
    /// receiver agreed to give feedback.
    pub fn new(epoch: Instant, extension: Option<u8>) -> Self {
        Self {
            epoch,
            extension,
            rate: Rate::default(),
            pacer: Pacer::default(),
            wanted_bps: DEFAULT_WANTED_BPS as f64,
            round_trip_us: FIRST_ROUND_TRIP.as_micros() as u64,
            sent_bytes: 0,
            path: None,
            fallback: None,
            reported_loss: LossShare::default(),
            is_limited: false,
        }
    }

    /// The receiver can be sent to from now on.
    pub fn start(&mut self, now: Instant) {
        let now_us = self.micros(now);
        if self.extension.is_some() && self.path.is_none() {
            self.path = Some(Box::new(Path::new(now_us)));
        }
    }

    /// What may be sent, and why.
    pub const fn estimate(&self) -> Estimate {
        self.rate.estimate()
    }

    /// The estimate where it is to be obeyed. Without feedback on arrivals only what a receiver
    /// objects to is a limit: what it was never sent, nobody can know.
    pub fn limit_bps(&self, now: Instant) -> Option<u64> {
        let estimate = self.estimate();
        let path = self.path.as_deref();
        let is_awaited = path.is_some_and(|path| self.micros(now) < path.heard_us + FIRST_WORD_US);
        let is_heard = path.is_some_and(|path| path.is_heard);
        (is_heard || is_awaited || self.is_limited).then_some(estimate.bitrate_bps)
    }

    /// Whether the estimate is on its way up and will be more in a moment.
    pub fn is_climbing(&self, now: Instant) -> bool {
        let path = self.path.as_deref();
        path.is_some_and(|path| path.prober.is_climbing(self.micros(now)))
    }

    /// Which share of what is sent gets lost, whatever the reason.
    pub fn loss_share(&self) -> f64 {
        let path = self.path.as_ref().filter(|path| path.is_heard);
        path.map_or(&self.reported_loss, |path| &path.loss_share)
            .share()
    }

    /// Says what there is use for: more is not looked for.
    pub fn set_wanted(&mut self, bitrate_bps: u64) {
        self.wanted_bps = bitrate_bps.min(MAX_ESTIMATE_BPS) as f64;
    }

    /// Whether so much is lost, whatever we send, that a repetition is likely to be lost too.
    pub fn loses_much(&self) -> bool {
        self.inherent_loss() >= MUCH_LOSS
    }

    /// Whether so much is lost that repairs matter, and little enough that a few tries bring all.
    pub fn is_repaired(&self) -> bool {
        (MUCH_LOSS..TOO_MUCH_LOSS).contains(&self.inherent_loss())
    }

    /// The share that is lost whatever we send.
    fn inherent_loss(&self) -> f64 {
        let path = self.path.as_deref();
        path.map_or(0.0, |path| path.loss.inherent())
    }

    /// What there is use for.
    pub const fn wanted_bps(&self) -> u64 {
        self.wanted_bps as u64
    }

    /// A path's round trip as it was measured elsewhere.
    pub fn set_round_trip(&mut self, round_trip: Duration) {
        self.round_trip_us = round_trip.min(MAX_ROUND_TRIP).as_micros() as u64;
    }

    /// Bytes that may leave now, of a screen or of a face; voices leave anyway and are owed.
    pub fn budget(&mut self, now: Instant, is_screen: bool) -> usize {
        let now_us = self.micros(now);
        let bps = self.rate.bps();
        self.pacer.budget(now_us, bps, is_screen, self.sent_bytes)
    }

    /// Time on the clock of what follows.
    pub fn micros(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.epoch).as_micros() as u64
    }

    /// What the next packet carries.
    #[inline]
    pub fn stamp(&self) -> Option<Stamp> {
        Some(Stamp {
            id: self.extension?,
            number: self.path.as_ref()?.history.next_number(),
        })
    }

    /// Reads a byte of what [`Congestion::on_sent`] needs.
    pub fn touch(&self) -> u8 {
        self.path.as_ref().map_or(0, |path| path.history.touch())
    }

    /// Notes a packet that was sent, with the last [`Congestion::stamp`] or without one.
    #[inline]
    pub fn on_sent(&mut self, now_us: u64, bytes: usize, is_stamped: bool) {
        self.sent_bytes += bytes as u64;
        if is_stamped && let Some(path) = &mut self.path {
            path.history.push(now_us, bytes, path.cluster);
        }
    }

    /// Notes a packet that was sent again with the stamp it had.
    pub fn on_resent(&mut self, bytes: usize, stamp: Option<Stamp>) {
        self.sent_bytes += bytes as u64;
        if let Some((path, stamp)) = self.path.as_mut().zip(stamp) {
            path.history.on_resent(stamp.number);
        }
    }

    /// Takes transport-wide feedback.
    pub fn on_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>) {
        let now_us = self.micros(now);
        let situation = self.situation(now_us);
        let Some(path) = &mut self.path else { return };
        let (has_news, has_trend) = path.take(now_us, feedback);
        if !has_news {
            return;
        }
        path.is_heard = true;
        path.heard_us = now_us;
        path.note_sent(now_us, self.sent_bytes);
        if let Some(proof) = path
            .prober
            .take_proof(now_us, path.history.reported(), &situation)
        {
            if proof.bps > self.rate.bps() {
                path.loss.forget();
            }
            let is_filled = path.sent_bps > FILLED * self.rate.bps();
            self.rate.on_probe(now_us, proof, is_filled);
        }
        // Who shares a full queue loses whatever they send; delay says so better than loss.
        let verdict = if path.standing.is_standing() {
            path.loss.on_gap();
            Verdict::Unchanged
        } else {
            path.loss.poll()
        };
        if has_trend {
            let fits = 1.0 - path.loss.inherent();
            let stands = path.standing.poll();
            let signals = Signals {
                usage: match path.trend.usage() {
                    Usage::Normal if stands => Usage::Over,
                    usage => usage,
                },
                arriving_bps: path.throughput.bps().map(|bps| bps / fits),
                is_filled: path.sent_bps > FILLED * self.rate.bps(),
                is_idle: path.sent_bps < IDLE * self.rate.bps(),
                sent_bps: path.sent_bps,
                queue_s: path.standing.queue_us() as f64 / 1e6,
                round_trip_us: self.round_trip_us,
            };
            self.rate.on_signals(now_us, &signals);
        }
        self.on_verdict(now_us, verdict);
    }

    /// Takes a report block about one of our streams.
    pub fn on_report(&mut self, now: Instant, block: &ReportBlock) {
        let now_us = self.micros(now);
        if self.path.as_ref().is_some_and(|path| path.is_heard) {
            return;
        }
        self.reported_loss.on_report(block.fraction_lost);
        let (reports, loss) = &mut **self.fallback.get_or_insert_default();
        reports.on_block(block);
        let Some(seen) = reports.poll(now_us, self.sent_bytes) else {
            return;
        };
        let limit = reports.limit_bps(now_us);
        let verdict = loss.observe(seen.rate_bps, seen.packets, seen.lost);
        if verdict == Verdict::Unchanged {
            // Without arrivals, what was sent without harm is all that is proven.
            self.rate.grow_blindly(BLIND_GROWTH, 1.5 * seen.rate_bps);
        }
        self.is_limited |= matches!(verdict, Verdict::Congested(_));
        self.on_verdict(now_us, verdict);
        if let Some(limit) = limit {
            self.rate.limit(limit);
        }
        self.is_limited &= self.rate.bps() < self.wanted_bps;
    }

    /// Takes the limit that a receiver sets itself.
    pub fn on_remb(&mut self, now: Instant, bitrate_bps: u64) {
        let now_us = self.micros(now);
        if self.path.as_ref().is_some_and(|path| path.is_heard) {
            return;
        }
        let (reports, _) = &mut **self.fallback.get_or_insert_default();
        reports.on_remb(now_us, bitrate_bps);
        // Its estimator sees arrivals, ours does not.
        self.rate.grow_blindly(1.0, bitrate_bps as f64);
        self.rate.limit(bitrate_bps as f64);
        self.is_limited = self.rate.bps() < self.wanted_bps;
    }

    fn on_verdict(&mut self, now_us: u64, verdict: Verdict) {
        match verdict {
            Verdict::Unchanged => {}
            Verdict::Congested(bandwidth_bps) => self.rate.on_congestion(now_us, bandwidth_bps),
            Verdict::Test => self.rate.begin_test(),
            Verdict::TestOver => self.rate.end_test(),
        }
    }

    /// When [`Congestion::poll`] has something to do.
    pub fn next_timeout(&self) -> Option<Instant> {
        let situation = self.situation(self.path.as_ref()?.heard_us);
        let next_us = self.path.as_ref()?.prober.next_us(&situation)?;
        Some(self.epoch + Duration::from_micros(next_us))
    }

    /// Does what is due: begins a probe, or notices silence.
    pub fn poll(&mut self, now: Instant) {
        let now_us = self.micros(now);
        let situation = self.situation(now_us);
        let Some(path) = &mut self.path else { return };
        if path.is_silent(now_us, self.round_trip_us) {
            self.rate.on_silence(now_us);
        }
        let packets = path.history.sent();
        path.prober
            .poll(now_us, packets, self.sent_bytes, &situation);
        path.cluster = path.prober.label();
    }

    /// How much padding a packet of the probe under way has, if one is due.
    pub fn padding_due(&mut self, now: Instant) -> Option<u8> {
        let now_us = self.micros(now);
        let path = self.path.as_mut()?;
        let packets = path.history.sent();
        let due = path.prober.padding_due(now_us, packets, self.sent_bytes);
        path.cluster = path.prober.label();
        due
    }

    /// Notes the padding that was sent; `None` if none could be.
    pub fn on_padding(&mut self, now: Instant, bytes: Option<usize>) {
        let now_us = self.micros(now);
        let situation = self.situation(now_us);
        match (bytes, &mut self.path) {
            (Some(bytes), Some(path)) => {
                path.prober.on_padding(bytes);
                self.on_sent(now_us, bytes, true);
            }
            (None, Some(path)) => {
                path.prober.abort(now_us, &situation);
                path.cluster = 0;
            }
            (_, None) => {}
        }
    }

    fn situation(&self, now_us: u64) -> Situation {
        let path = self.path.as_deref();
        // A queue that nothing was heard of for long is gone, as nothing was sent into it.
        let is_recent = path.is_some_and(|path| now_us < path.heard_us + QUEUE_MEMORY_US);
        Situation {
            estimate_bps: self.rate.bps(),
            wanted_bps: self.wanted_bps,
            is_over: path.filter(|_| is_recent).is_some_and(|path| {
                path.trend.usage() == Usage::Over || path.standing.is_standing()
            }),
            decreased_us: self.rate.decreased_us(),
            jitter_ms: path.map_or(0.0, |path| path.trend.jitter_ms()),
            inherent_loss: path.map_or(0.0, |path| path.loss.inherent()),
            round_trip_us: self.round_trip_us,
        }
    }
}

#[cfg(test)]
mod tests;
