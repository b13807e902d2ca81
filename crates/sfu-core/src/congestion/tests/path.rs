//! A closed loop in virtual time: senders under congestion control, one bottleneck, receivers that
//! report as browsers do.
//!
//! Invariant: nothing but a seed and what the test says; every millisecond each part has its turn in
//! the same order.

use crate::congestion::{Congestion, Estimate};
use homeroom_netsim::{Link, LinkConfig};
use homeroom_rtp::rtcp::{Compound, RtcpPacket, write_transport_feedback};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Header, tag and padding count of a probe's packet.
pub const PROBE_OVERHEAD: usize = 36;
const STEP: Duration = Duration::from_millis(1);
const FRAME_MS: u64 = 33;
const PACKET_BYTES: usize = 1_200;
const VOICE_BYTES: usize = 110;

/// What a flow's media does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Media {
    /// Nothing at all.
    None,
    /// A voice: 50 packets a second.
    Voice,
    /// As much as the estimate allows, 30 frames a second, each in one burst, and a voice.
    Follow,
    /// So many bits per second whatever the estimate.
    Fixed(u64),
}

/// A moment of a flow.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    pub at: Duration,
    pub estimate: Estimate,
}

/// One sender and its receiver.
pub struct Flow {
    pub congestion: Congestion,
    pub media: Media,
    pub from: Duration,
    pub samples: Vec<Sample>,
    /// Time that each packet waited in the queue, by arrival.
    pub queued: Vec<(Duration, Duration)>,
    /// Bytes of probes sent.
    pub padding: usize,
    pub sent: usize,
    sent_at: BTreeMap<u16, Instant>,
    arrivals: BTreeMap<u64, u64>,
    base: u64,
    highest: Option<u64>,
    feedbacks: u8,
    carry: f64,
}

/// The loop.
pub struct Path {
    pub forth: Link,
    pub back: Link,
    pub flows: Vec<Flow>,
    pub feedback_interval_ms: u64,
    config: LinkConfig,
    start: Instant,
    now: Instant,
}

impl Path {
    pub fn new(seed: u64, config: LinkConfig, flows: &[Media]) -> Self {
        let start = Instant::now();
        let back = LinkConfig {
            delay: config.delay,
            ..LinkConfig::PERFECT
        };
        Self {
            forth: Link::new(start, seed, &config.into()),
            back: Link::new(start, seed + 1, &back.into()),
            flows: flows.iter().map(|media| Flow::new(start, *media)).collect(),
            feedback_interval_ms: 100,
            config,
            start,
            now: start,
        }
    }

    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    pub fn now(&self) -> Instant {
        self.now
    }

    pub fn set_rate(&mut self, rate_bps: u64) {
        self.change(|config| config.rate_bps = Some(rate_bps));
    }

    /// Changes the way of the reports.
    pub fn set_back(&mut self, config: LinkConfig) {
        self.back.set_config(self.now, config);
    }

    pub fn change(&mut self, change: impl Fn(&mut LinkConfig)) {
        change(&mut self.config);
        self.forth.set_config(self.now, self.config);
    }

    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += STEP;
            self.step();
        }
    }

    fn step(&mut self) {
        let (now, elapsed) = (self.now, self.now - self.start);
        for (id, flow) in self.flows.iter_mut().enumerate() {
            if elapsed >= flow.from {
                flow.send(id as u8, now, elapsed, &mut self.forth);
            }
        }
        while let Some(at) = self.forth.next_at().filter(|at| *at <= now)
            && let Some(packet) = self.forth.pop(now)
        {
            let flow = &mut self.flows[usize::from(packet[0])];
            flow.receive(at, self.start, self.config.delay, &packet);
        }
        if (elapsed.as_millis() as u64).is_multiple_of(self.feedback_interval_ms) {
            for (id, flow) in self.flows.iter_mut().enumerate() {
                flow.report(id as u8, now, &mut self.back);
            }
        }
        while let Some(packet) = self.back.pop(now) {
            let flow = &mut self.flows[usize::from(packet[0])];
            flow.take_feedback(now, &packet[1..]);
        }
        for flow in &mut self.flows {
            if elapsed.as_millis().is_multiple_of(10) {
                flow.samples.push(Sample {
                    at: elapsed,
                    estimate: flow.congestion.estimate(),
                });
            }
        }
    }
}

impl Flow {
    fn new(start: Instant, media: Media) -> Self {
        let mut congestion = Congestion::new(start, Some(3));
        congestion.start(start);
        congestion.set_round_trip(Duration::from_millis(50));
        Self {
            congestion,
            media,
            from: Duration::ZERO,
            samples: Vec::new(),
            queued: Vec::new(),
            padding: 0,
            sent: 0,
            sent_at: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            base: 0,
            highest: None,
            feedbacks: 0,
            carry: 0.0,
        }
    }

    fn send(&mut self, id: u8, now: Instant, elapsed: Duration, link: &mut Link) {
        let ms = elapsed.as_millis() as u64;
        if ms.is_multiple_of(20) && !matches!(self.media, Media::None | Media::Fixed(_)) {
            self.packet(id, now, VOICE_BYTES, link);
        }
        if ms.is_multiple_of(FRAME_MS) {
            let estimate = self.congestion.estimate().bitrate_bps as f64;
            let bps = match self.media {
                Media::None | Media::Voice => 0.0,
                Media::Follow => (estimate - 44_000.0).max(0.0),
                Media::Fixed(bps) => bps as f64,
            };
            self.carry += bps * FRAME_MS as f64 / 8_000.0;
            while self.carry >= 50.0 {
                let bytes = (self.carry as usize).min(PACKET_BYTES);
                self.carry -= bytes as f64;
                self.packet(id, now, bytes, link);
            }
        }
        if ms.is_multiple_of(1_000) || self.congestion.next_timeout().is_some_and(|at| at <= now) {
            self.congestion.poll(now);
            while let Some(pad) = self.congestion.padding_due(now) {
                let bytes = usize::from(pad) + PROBE_OVERHEAD;
                self.launch(id, now, bytes, link);
                self.congestion.on_padding(now, Some(bytes));
                self.padding += bytes;
            }
        }
    }

    fn packet(&mut self, id: u8, now: Instant, bytes: usize, link: &mut Link) {
        self.launch(id, now, bytes, link);
        let now_us = self.congestion.micros(now);
        self.congestion.on_sent(now_us, bytes, true);
        self.sent += bytes;
    }

    fn launch(&mut self, id: u8, now: Instant, bytes: usize, link: &mut Link) {
        let stamp = self.congestion.stamp().expect("it was started");
        let mut packet = vec![0; bytes];
        packet[0] = id;
        packet[1..3].copy_from_slice(&stamp.number.to_be_bytes());
        self.sent_at.insert(stamp.number, now);
        link.push(now, packet);
    }

    fn receive(&mut self, at: Instant, start: Instant, delay: Duration, packet: &[u8]) {
        let number = u16::from_be_bytes([packet[1], packet[2]]);
        let sent_at = self.sent_at[&number];
        self.queued
            .push((at - start, (at - sent_at).saturating_sub(delay)));
        let reference = self.highest.unwrap_or(1 << 16);
        let index = homeroom_rtp::sequence::unwrap(reference, number);
        if self.highest.is_none() {
            self.base = index;
        }
        self.highest = Some(self.highest.unwrap_or(0).max(index));
        // The receiver's clock is another one.
        let arrived_us = (at - start).as_micros() as u64 + 777_000_000;
        self.arrivals.entry(index).or_insert(arrived_us);
    }

    fn report(&mut self, id: u8, now: Instant, link: &mut Link) {
        let Some(highest) = self.highest.filter(|highest| *highest >= self.base) else {
            return;
        };
        let mut buffer = vec![0; 1_200];
        let arrivals = &self.arrivals;
        let packets =
            (self.base..=highest).map(|index| (index as u16, arrivals.get(&index).copied()));
        let written = write_transport_feedback(&mut buffer, 1, 2, self.feedbacks, packets);
        self.feedbacks = self.feedbacks.wrapping_add(1);
        self.base += written.packets as u64;
        buffer.truncate(written.len);
        buffer.insert(0, id);
        link.push(now, buffer);
    }

    pub fn take_feedback(&mut self, now: Instant, rtcp: &[u8]) {
        for packet in Compound::parse(rtcp).expect("a compound of ours") {
            if let RtcpPacket::TransportFeedback(feedback) = packet {
                self.congestion.on_feedback(now, &feedback);
            }
        }
    }

    fn within(&self, from: u64, to: u64) -> impl Iterator<Item = f64> + Clone {
        let (from, to) = (Duration::from_secs(from), Duration::from_secs(to));
        let samples = self.samples.iter();
        let samples = samples.filter(move |s| s.at >= from && s.at < to);
        samples.map(|s| s.estimate.bitrate_bps as f64)
    }

    /// The mean estimate between two seconds, in bits per second.
    pub fn mean(&self, from: u64, to: u64) -> f64 {
        let samples = self.within(from, to);
        samples.clone().sum::<f64>() / samples.count() as f64
    }

    /// The lowest estimate between two seconds.
    pub fn least(&self, from: u64, to: u64) -> f64 {
        self.within(from, to).fold(f64::INFINITY, f64::min)
    }

    /// When the estimate first reached `bps` after `from`.
    pub fn reached(&self, from: Duration, bps: f64) -> Option<Duration> {
        let mut samples = self.samples.iter();
        let reached = samples.find(|s| s.at >= from && s.estimate.bitrate_bps as f64 >= bps);
        reached.map(|sample| sample.at - from)
    }

    /// The time that the given share of packets waited at most, from a second on.
    pub fn queued(&self, from: u64, share: f64) -> Duration {
        let from = Duration::from_secs(from);
        let late = self.queued.iter().filter(|(at, _)| *at >= from);
        let mut waits: Vec<Duration> = late.map(|(_, wait)| *wait).collect();
        waits.sort();
        waits[((waits.len() - 1) as f64 * share) as usize]
    }
}
