//! How soon a picture is whole again when a line is: `make quality`'s shape in virtual time, with an
//! encoder that takes its time as a browser's does. `--nocapture` prints what happened when.

use super::harness::*;
use crate::event::Event;
use crate::model::{SlotKind, Source};
use homeroom_netsim::LinkConfig;
use std::time::{Duration, Instant};

/// What the page lets its camera's layers have (`web-client/src/media.ts`).
const LAYERS_BPS: [u64; 3] = [150_000, 450_000, 1_500_000];
/// From the server's word to the sender's encoder.
const TELLING: Duration = Duration::from_millis(60);
/// Of what there was before.
const BACK_PERCENT: u64 = 90;
/// Three seconds of them are the encoder's.
const SOON: Duration = Duration::from_millis(4_250);
const WINDOW: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(250);

fn line(rate_kbps: u64, jitter: Duration) -> LinkConfig {
    LinkConfig {
        delay: ms(25),
        jitter,
        rate_bps: Some(1_000 * rate_kbps),
        queue_time: Some(ms(250)),
        // IPv4 and UDP.
        overhead_bytes: 28,
        ..LinkConfig::PERFECT
    }
}

struct Lesson {
    world: World,
    teacher: usize,
    student: usize,
}

impl Lesson {
    /// A teacher whom one student shows on the whole screen, over a line of 2 Mbit/s.
    fn new(seed: u64, jitter: Duration) -> Self {
        let mut world = World::seeded(1, seed);
        world.pauses = Some(TELLING);
        let join = Join::student(2).reporting();
        let people = world.lesson(&[Join::teacher(1).with_layers(), join]);
        let (teacher, student) = (people[0], people[1]);
        let now = world.now();
        let layers = world.clients[teacher].layers(Source::Camera);
        for (track, bps) in layers.zip(LAYERS_BPS) {
            track.encode(now, bps);
        }
        world.publish(teacher, &[Source::Microphone, Source::Camera]);
        world.watch_at(student, &[(1, 720)]);
        let mut lesson = Self {
            world,
            teacher,
            student,
        };
        lesson.set(line(2_000, jitter));
        lesson
    }

    fn set(&mut self, line: LinkConfig) {
        let who = &self.world.clients[self.student].who;
        let (server, at) = (who.server, who.at);
        let back = LinkConfig {
            rate_bps: None,
            ..line
        };
        self.world.network.set_link(server, at, line);
        self.world.network.set_link(at, server, back);
    }

    fn picture(&self) -> &Slot {
        self.world.clients[self.student].slot(SlotKind::Video(0))
    }

    /// Bits per second of the picture in the window before a moment.
    fn bps(&self, until: Instant) -> u64 {
        let seen = self.picture().seen.values();
        let within = seen.filter(|seen| (until - WINDOW..until).contains(&seen.at));
        within.map(|seen| 8 * seen.bytes as u64).sum()
    }

    /// Runs on; says each step what is believed, shown and coded.
    fn run(&mut self, time: Duration) {
        let end = self.world.now() + time;
        while self.world.now() < end {
            self.world.run(STEP.min(end - self.world.now()));
            let now = self.world.now();
            let estimates = self.world.sfu(0).estimates();
            let student = estimates.filter(|(_, id, _)| id.0 == 2).last();
            let (_, _, estimate) = student.expect("the student");
            let frames = self.picture().frames();
            let layer = frames.last().map(|frame| frame.label.layer);
            let bps = self.bps(now);
            let layers = self.world.clients[self.teacher].layers(Source::Camera);
            let coded = layers.filter(|track| track.is_active);
            let coded: Vec<u8> = coded.map(|track| track.layer).collect();
            println!(
                "{:>6} ms: estimate {} by {:?}, layer {layer:?} at {bps}, coded {coded:?}",
                self.world.network.elapsed().as_millis(),
                estimate.bitrate_bps,
                estimate.reason,
            );
        }
    }

    /// How long from now until as much comes as before.
    fn back(&mut self, before: u64) -> Duration {
        let begun = self.world.now();
        while self.bps(self.world.now()) * 100 < before * BACK_PERCENT {
            self.run(STEP);
            assert!(self.world.now() < begun + secs(60), "it never comes back");
        }
        self.world.now() - begun
    }

    fn voice_gap(&self, from: Instant) -> Duration {
        let slots = &self.world.clients[self.student].slots;
        let voices = slots
            .iter()
            .filter(|s| matches!(s.kind, SlotKind::Audio(_)));
        let times = voices.flat_map(|slot| slot.seen.values().map(|seen| seen.at));
        let mut times: Vec<_> = times.filter(|at| *at >= from).collect();
        times.extend([from, self.world.now()]);
        times.sort_unstable();
        let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
        gaps.max().unwrap_or_default()
    }
}

#[test]
fn a_picture_is_back_soon_after_its_line() {
    let mut slowest = ms(0);
    for seed in 1..9 {
        let jitter = ms(3 * seed % 12);
        let mut lesson = Lesson::new(seed, jitter);
        lesson.run(secs(20));
        let before = lesson.bps(lesson.world.now());
        assert!(before > 1_400_000, "{before} before");
        let dropped_at = lesson.world.now();
        lesson.set(line(250, jitter));
        // The line is back at any moment between two probes.
        lesson.run(secs(30) + ms(170 * seed));
        let told = |lesson: &Lesson| {
            let is_it = |event: &Event| matches!(event, Event::Wanted { .. });
            lesson.world.count(is_it)
        };
        let told_before = told(&lesson);
        println!("back");
        lesson.set(line(2_000, jitter));
        let took = lesson.back(before);
        println!("seed {seed}: back after {took:?}");
        slowest = slowest.max(took);
        let gap = lesson.voice_gap(dropped_at);
        assert!(gap < ms(500), "{gap:?} without a voice");
        let told = told(&lesson) - told_before;
        assert!(told <= 2, "the sender is told once what to code: {told}");
        let from = lesson.world.now();
        lesson.run(secs(20));
        let frames = lesson.picture().frames();
        let late = frames.iter().filter(|frame| frame.at > from);
        assert!(late.clone().all(|frame| frame.label.layer == 2), "it stays");
    }
    println!("slowest: {slowest:?}");
    assert!(slowest <= SOON, "{slowest:?}");
}
