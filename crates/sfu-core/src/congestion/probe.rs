//! Finding out that more fits: a few packets sent faster than the estimate, and how fast they came.
//!
//! What is sent meanwhile anyway is part of the probe; padding fills the rest, so that it works from
//! no media at all. A probe that nearly came as fast as it was sent is followed at once by one of
//! twice its rate: they climb to what the line carries, and until they are there nothing is made of
//! what they have shown. Otherwise the next one waits.
//!
//! Invariant: one probe at a time, of at most [`MAX_PROBE_BYTES`]; over time no more padding than
//! [`PROBE_BYTES_PER_S`], whatever a receiver reports; none while a queue grows.

mod cluster;

pub use cluster::Proof;

use super::history::Judged;
use crate::bounds::{
    MAX_PROBE_BYTES, MAX_PROBE_CREDIT, PROBE_AFTER_DROP, PROBE_AFTER_MOVE, PROBE_BYTES_PER_S,
    PROBE_INTERVAL, PROBE_SHARE, PROBE_TICK, PROBE_UNANSWERED_MAX,
};
use cluster::Cluster;
use std::time::Duration;

/// A probe is at least so long, and longer where the path jitters.
const MIN_SPAN_US: u64 = 15_000;
const MAX_SPAN_US: u64 = 60_000;
/// And at least so many packets.
const MIN_PACKETS: u64 = 5;
/// The first probe, and each one after a success, in multiples of the estimate.
const FIRST_STEP: f64 = 3.0;
const STEP: f64 = 2.0;
/// A step that is no higher than the one before by so much would show the same once more.
const HIGHER: f64 = 1.1;
/// What is probed for at most, in multiples of what is wanted: a little more, so that it is reached
/// though not all of it counts.
const MOST: f64 = 1.2;
/// For so long what a climb has shown is not used before its end.
const CLIMB_US: u64 = 1_000_000;
/// Share of the probed rate that must come for the next step to follow.
const SUCCESS: f64 = 0.7;
/// How long a probe's feedback is waited for.
const ANSWER_US: u64 = 1_000_000;
/// Time after a decrease in which none begins: the queue drains.
const DRAIN_US: u64 = 300_000;
/// A decrease by this share is a drop, and its end worth looking for sooner, for so long.
const DROP: f64 = 0.67;
const DROP_MEMORY_US: u64 = 120_000_000;
/// A limit found so far above the estimate may be one of chance.
const RISE: f64 = 1.15;
/// How long a path that has moved is looked at more often.
const MOVED_MEMORY_US: u64 = 3_000_000;
/// Padding of one packet (RFC 3550 §5.1: its count is a byte) and everything around it.
const MAX_PADDING: usize = 255;
const MIN_PADDING: usize = 60;
const PACKET_OVERHEAD: usize = 36;

/// What a probe is decided by.
#[derive(Debug, Clone, Copy)]
pub struct Situation {
    /// The estimate.
    pub estimate_bps: f64,
    /// What there is use for.
    pub wanted_bps: f64,
    /// A queue grows, or stands.
    pub is_over: bool,
    /// When the estimate fell last.
    pub decreased_us: Option<u64>,
    /// How much the path varies by itself.
    pub jitter_ms: f64,
    /// Share that the path loses by itself.
    pub inherent_loss: f64,
    /// Round trip.
    pub round_trip_us: u64,
}

/// The next probe.
struct Plan {
    target_bps: f64,
    span_us: u64,
    pad: u8,
    /// All of it, if no media were sent meanwhile.
    bytes: f64,
}

/// When and what to probe.
#[derive(Debug)]
pub struct Prober {
    cluster: Option<Cluster>,
    /// Of the cluster, from 1 to 3, so that a late report of one is not taken for the next.
    id: u8,
    next_us: u64,
    /// A success asks for this rate at once.
    next_bps: Option<f64>,
    has_begun: bool,
    /// When the first of the probes that follow each other at once has shown that more fits.
    climbs_since_us: Option<u64>,
    /// The last of them was sent twice.
    has_repeated: bool,
    is_answered: bool,
    unanswered_us: u64,
    credit_bytes: f64,
    credited_us: u64,
    /// The estimate before the last drop, and when it was.
    peak_bps: f64,
    dropped_us: Option<u64>,
    /// When a probe last showed something else than was believed.
    moved_us: Option<u64>,
}

impl Prober {
    /// Probes from `now_us` on.
    pub fn new(now_us: u64) -> Self {
        Self {
            cluster: None,
            id: 0,
            next_us: now_us,
            next_bps: None,
            has_begun: false,
            climbs_since_us: None,
            has_repeated: false,
            is_answered: false,
            unanswered_us: us(PROBE_INTERVAL),
            credit_bytes: f64::from(MAX_PROBE_CREDIT),
            credited_us: now_us,
            peak_bps: 0.0,
            dropped_us: None,
            moved_us: None,
        }
    }

    /// The label of packets sent now.
    pub fn label(&self) -> u8 {
        match self.cluster {
            Some(Cluster { sent: None, .. }) => self.id,
            _ => 0,
        }
    }

    /// Whether more was shown to fit, and how much more is just being found out.
    pub fn is_climbing(&self, now_us: u64) -> bool {
        self.climbs_since_us
            .is_some_and(|at| now_us < at + CLIMB_US)
    }

    /// When [`Prober::poll`] has something to do.
    pub fn next_us(&self, situation: &Situation) -> Option<u64> {
        match &self.cluster {
            Some(cluster) => Some(match cluster.sent {
                None => cluster.next_tick_us,
                Some((_, at)) => at + ANSWER_US + 2 * situation.round_trip_us,
            }),
            None if situation.estimate_bps >= situation.wanted_bps => None,
            None => Some(self.next_us.max(self.drained_us(situation))),
        }
    }

    /// Begins a probe that is due; gives up one that is not answered.
    pub fn poll(&mut self, now_us: u64, packets: u64, bytes: u64, situation: &Situation) {
        self.watch_drops(now_us, situation);
        let per_s = (PROBE_SHARE * situation.estimate_bps / 8.0).min(f64::from(PROBE_BYTES_PER_S));
        let earned = (now_us - self.credited_us) as f64 / 1e6 * per_s;
        self.credit_bytes = (self.credit_bytes + earned).min(f64::from(MAX_PROBE_CREDIT));
        self.credited_us = now_us;
        if let Some(Cluster {
            sent: Some((_, at)),
            ..
        }) = self.cluster
            && now_us >= at + ANSWER_US + 2 * situation.round_trip_us
        {
            self.cluster = None;
            self.climbs_since_us = None;
            self.wait(now_us, situation);
            if !self.is_answered {
                self.next_us = now_us + self.unanswered_us;
                self.unanswered_us = (2 * self.unanswered_us).min(us(PROBE_UNANSWERED_MAX));
            }
        }
        let is_due = self.cluster.is_none()
            && now_us >= self.next_us.max(self.drained_us(situation))
            && situation.estimate_bps < situation.wanted_bps;
        if is_due {
            let plan = self.plan(situation);
            if situation.is_over || self.credit_bytes < plan.bytes {
                self.next_us = now_us + DRAIN_US;
                self.next_bps = None;
                self.climbs_since_us = None;
                return;
            }
            self.begin(now_us, packets, bytes, &plan);
        }
    }

    fn plan(&self, situation: &Situation) -> Plan {
        let step = if self.has_begun { STEP } else { FIRST_STEP };
        let next_bps = self.next_bps.unwrap_or(0.0);
        let target_bps = next_bps.max(step * situation.estimate_bps);
        let target_bps = target_bps.min(MOST * situation.wanted_bps);
        let span_us = MIN_SPAN_US + (6_000.0 * situation.jitter_ms) as u64;
        let most_us = f64::from(MAX_PROBE_BYTES) * 8e6 / target_bps;
        let span_us = span_us.min(MAX_SPAN_US).min(most_us as u64);
        let share = target_bps * span_us as f64 / 8e6 / MIN_PACKETS as f64;
        let pad = (share as usize).saturating_sub(PACKET_OVERHEAD);
        let pad = pad.clamp(MIN_PADDING, MAX_PADDING);
        let least = MIN_PACKETS as f64 * (pad + PACKET_OVERHEAD) as f64;
        Plan {
            target_bps,
            span_us,
            pad: pad as u8,
            bytes: least.max(target_bps * span_us as f64 / 8e6),
        }
    }

    fn begin(&mut self, now_us: u64, packets: u64, bytes: u64, plan: &Plan) {
        self.has_begun = true;
        self.next_bps = None;
        self.id = self.id % 3 + 1;
        self.cluster = Some(Cluster {
            target_bps: plan.target_bps,
            begun_us: now_us,
            span_us: plan.span_us,
            next_tick_us: now_us,
            pad: plan.pad,
            packets_before: packets,
            bytes_before: bytes,
            sent: None,
            arrived: 0,
            bytes: 0,
            first_sent_us: u64::MAX,
            last_sent: (0, 0),
            first_arrived: (i64::MAX, 0),
            last_arrived_us: i64::MIN,
        });
    }

    /// How many bytes of padding the next packet of the probe under way has, if it is due.
    pub fn padding_due(&mut self, now_us: u64, packets: u64, bytes: u64) -> Option<u8> {
        let cluster = self.cluster.as_mut().filter(|c| c.sent.is_none())?;
        cluster.next_tick_us = now_us + us(PROBE_TICK);
        let elapsed_us = now_us - cluster.begun_us;
        let packets = packets - cluster.packets_before;
        let bytes = bytes - cluster.bytes_before;
        let goal = |us: u64| (cluster.target_bps * us as f64 / 8e6) as u64;
        let is_over = elapsed_us >= cluster.span_us;
        let is_enough = packets >= MIN_PACKETS && bytes >= goal(cluster.span_us);
        // A worker that was away for long must not make up for it with one burst.
        let is_late = elapsed_us > 4 * cluster.span_us;
        if is_over && is_enough || is_late || bytes >= u64::from(MAX_PROBE_BYTES) {
            cluster.sent = Some((packets, now_us));
            return None;
        }
        let next = u64::from(cluster.pad) + PACKET_OVERHEAD as u64;
        let is_due = bytes == 0 || bytes + next <= goal(elapsed_us + us(PROBE_TICK));
        (is_over || is_due).then_some(cluster.pad)
    }

    /// Counts padding that was sent.
    pub fn on_padding(&mut self, bytes: usize) {
        self.credit_bytes -= bytes as f64;
    }

    /// Nothing can be sent now.
    pub fn abort(&mut self, now_us: u64, situation: &Situation) {
        self.cluster = None;
        self.climbs_since_us = None;
        self.wait(now_us, situation);
    }

    /// Takes a report on a packet; `arrived_us` is `None` for a lost one.
    pub fn on_judged(&mut self, packet: &Judged, arrived_us: Option<i64>) {
        let id = self.id;
        let Some(cluster) = self.cluster.as_mut().filter(|_| packet.cluster == id) else {
            return;
        };
        let Some(arrived_us) = arrived_us else { return };
        cluster.arrived += 1;
        cluster.bytes += u64::from(packet.bytes);
        cluster.first_sent_us = cluster.first_sent_us.min(packet.sent_us);
        if packet.sent_us >= cluster.last_sent.0 {
            cluster.last_sent = (packet.sent_us, packet.bytes);
        }
        if arrived_us < cluster.first_arrived.0 {
            cluster.first_arrived = (arrived_us, packet.bytes);
        }
        cluster.last_arrived_us = cluster.last_arrived_us.max(arrived_us);
    }

    /// What the probe has shown, once all of it is reported on; `reported` is how many of all packets
    /// are.
    pub fn take_proof(
        &mut self,
        now_us: u64,
        reported: u64,
        situation: &Situation,
    ) -> Option<Proof> {
        let cluster = self.cluster?;
        let (sent, _) = cluster
            .sent
            .filter(|(sent, _)| reported >= cluster.packets_before + sent)?;
        self.cluster = None;
        let climbs_since_us = self.climbs_since_us.take();
        self.is_answered = true;
        self.unanswered_us = us(PROBE_INTERVAL);
        self.wait(now_us, situation);
        let Some(proof) = cluster.proof(sent, situation.inherent_loss) else {
            self.repeat(now_us, &cluster, climbs_since_us);
            return None;
        };
        let proof = Proof {
            bps: proof.bps.min(cluster.target_bps),
            ..proof
        };
        let change = proof.bps / situation.estimate_bps;
        if change >= RISE || proof.is_limit && change < DROP {
            // Much more or less than was believed: that is worth more looks soon.
            self.moved_us = Some(now_us);
            self.wait(now_us, situation);
        }
        let goes_on = !proof.is_limit || proof.bps >= SUCCESS * cluster.target_bps;
        let next_bps = self.step(&proof).min(MOST * situation.wanted_bps);
        let is_higher = !proof.is_limit || next_bps > HIGHER * cluster.target_bps;
        if proof.bps >= situation.wanted_bps {
            return Some(proof);
        }
        if goes_on && is_higher {
            self.next_bps = Some(next_bps);
            self.next_us = now_us;
            self.climbs_since_us = climbs_since_us.or(Some(now_us));
            self.has_repeated = false;
        } else {
            self.repeat(now_us, &cluster, climbs_since_us);
        }
        Some(proof)
    }

    /// What is tried after a proof: on a line that carried more until a drop, all of that at once, as
    /// a probe that is too fast still says how much came.
    fn step(&self, proof: &Proof) -> f64 {
        let known_bps = match self.dropped_us {
            Some(_) if !proof.is_limit => self.peak_bps,
            Some(_) | None => 0.0,
        };
        known_bps.max(STEP * proof.bps)
    }

    /// What ends a climb back to what there was may be of chance: it is looked at once more, as what
    /// is made of it lasts.
    fn repeat(&mut self, now_us: u64, last: &Cluster, climbs_since_us: Option<u64>) {
        let is_back = climbs_since_us.is_some() && self.dropped_us.is_some();
        if is_back && !self.has_repeated {
            self.has_repeated = true;
            self.next_bps = Some(last.target_bps);
            self.next_us = now_us;
            self.climbs_since_us = climbs_since_us;
        }
    }

    fn wait(&mut self, now_us: u64, situation: &Situation) {
        let is_recent = |at: u64| now_us < at + DROP_MEMORY_US;
        let lost_bps = self.peak_bps.min(situation.wanted_bps);
        let is_down = situation.estimate_bps < DROP * lost_bps;
        let has_moved = |at: u64| now_us < at + MOVED_MEMORY_US;
        let interval = if is_down && self.dropped_us.is_some_and(is_recent) {
            PROBE_AFTER_DROP
        } else if self.moved_us.is_some_and(has_moved) {
            PROBE_AFTER_MOVE
        } else if situation.estimate_bps >= 0.5 * situation.wanted_bps {
            // What is missing matters less.
            2 * PROBE_INTERVAL
        } else {
            PROBE_INTERVAL
        };
        self.next_us = now_us + us(interval);
    }

    /// Remembers what there was before a drop, for a while.
    fn watch_drops(&mut self, now_us: u64, situation: &Situation) {
        let estimate = situation.estimate_bps;
        if self
            .dropped_us
            .is_some_and(|at| now_us >= at + DROP_MEMORY_US)
        {
            self.dropped_us = None;
            self.peak_bps = estimate;
        }
        if estimate >= self.peak_bps {
            self.peak_bps = estimate;
            self.dropped_us = None;
        } else if estimate < DROP * self.peak_bps && self.dropped_us.is_none() {
            self.dropped_us = Some(now_us);
            self.next_us = self.next_us.min(now_us + us(PROBE_AFTER_DROP));
        }
    }

    fn drained_us(&self, situation: &Situation) -> u64 {
        situation
            .decreased_us
            .map_or(0, |at| at + DRAIN_US + situation.round_trip_us)
    }
}

const fn us(time: Duration) -> u64 {
    time.as_micros() as u64
}
