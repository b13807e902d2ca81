//! Looks at everybody each second, and sums up the window.
//!
//! Invariant: a figure is the difference of two looks at the same people; who came or went between
//! them is not in it.

use super::crowd::Crowd;
use super::own_cpu;
use crate::clip::Clip;
use crate::cost::{Meter, Used};
use crate::generator::{KernelCount, LagWatch, cores, dropped, machine_busy_seconds};
use crate::light::{Got, Sampled, Samples};
use crate::scenario::Scenario;
use crate::spread::{Spread, quantile, round};
use crate::student::Student;
use crate::trial::{FullBots, GeneratorCost, Kernel, Second, ServerCost, Trial};
use hdrhistogram::Histogram;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// Microseconds of sound in a packet.
const PACKET_US: f64 = 20_000.0;
/// A lesson, in seconds.
const LESSON_SECONDS: f64 = 45.0 * 60.0;

/// One look.
#[derive(Clone, Default)]
struct Look {
    at: f64,
    all: Got,
    cpu: f64,
    machine: Option<f64>,
    server: Option<Used>,
}

/// What was got by each when the window opened.
struct Window {
    began: Instant,
    look: Look,
    each: Vec<(Arc<Student>, Got)>,
    teachers: Got,
    kernel: Option<KernelCount>,
    dropped: u64,
}

/// The figures when it closed.
struct Closed {
    seconds: f64,
    look: Look,
    before: Look,
    each: Vec<(bool, Got)>,
    ours: u64,
    kernel: Option<u64>,
    dropped: u64,
}

pub(super) struct Watch {
    began: Instant,
    meter: Meter,
    samples: Arc<Samples>,
    lag: LagWatch,
    last: Look,
    timeline: Vec<Second>,
    window: Option<Window>,
    sampled: Sampled,
    closed: Option<Closed>,
}

impl Watch {
    pub(super) fn new(server: &str, samples: Arc<Samples>, lag: LagWatch) -> Self {
        Self {
            began: Instant::now(),
            meter: Meter::of(server),
            samples,
            lag,
            last: Look {
                cpu: own_cpu(),
                machine: machine_busy_seconds(),
                ..Look::default()
            },
            timeline: Vec::new(),
            window: None,
            sampled: Sampled::default(),
            closed: None,
        }
    }

    async fn see(&self, crowd: &Crowd) -> Look {
        let server = self.meter.read().await;
        let students = crowd.students();
        let got = students.iter().map(|student| student.fare().got);
        Look {
            at: self.began.elapsed().as_secs_f64(),
            all: got.fold(Got::default(), |sum, got| sum.and(&got)),
            cpu: own_cpu(),
            machine: machine_busy_seconds(),
            server,
        }
    }

    /// Looks at everybody.
    pub(super) async fn look(&mut self, crowd: &Crowd) -> Second {
        let now = self.see(crowd).await;
        let sampled = self.samples.take();
        if self.window.is_some() {
            self.sampled.add(&sampled);
        }
        let students = crowd.students();
        let connected = students.iter().filter(|s| s.fare().connected.is_some());
        let before = std::mem::replace(&mut self.last, now.clone());
        let seconds = (now.at - before.at).max(1e-3);
        // Somebody who left took what they got along.
        let got = if now.all.datagrams >= before.all.datagrams {
            now.all.since(&before.all)
        } else {
            Got::default()
        };
        let used = now.server.zip(before.server);
        let second = Second {
            at: round(now.at),
            joined: students.len(),
            connected: connected.count(),
            mbit: round(got.bytes as f64 * 8.0 / 1e6 / seconds),
            packets: ((got.voices + got.pictures) as f64 / seconds) as u64,
            loss_percent: percent(got.lost as f64, got.sent as f64),
            concealed_percent: concealed(&got),
            frozen_percent: percent(got.frozen_us as f64, got.pictures_due_us as f64),
            voice_ms: [0.5, 0.99].map(|q| at(&sampled.voice_us, q)),
            picture_ms: [0.5, 0.99].map(|q| at(&sampled.picture_us, q)),
            server_cores: used.map(|(now, b)| round((now.cpu_seconds - b.cpu_seconds) / seconds)),
            server_mb: now.server.map(|used| round(used.memory_bytes / 1e6)),
            generator_cores: round((now.cpu - before.cpu) / seconds),
            generator_late_ms: round(self.lag.take_p99_ms()),
        };
        self.timeline.push(second);
        second
    }

    /// Measures from now on.
    pub(super) async fn open(&mut self, crowd: &Crowd) {
        let look = self.see(crowd).await;
        let students = crowd.students();
        let ports = ports(crowd);
        drop(self.samples.take());
        self.window = Some(Window {
            began: Instant::now(),
            look,
            each: students
                .into_iter()
                .map(|student| {
                    let got = student.fare().got;
                    (student, got)
                })
                .collect(),
            teachers: teachers(crowd),
            kernel: KernelCount::now(),
            dropped: dropped(&ports),
        });
    }

    /// Measures no longer.
    pub(super) async fn close(&mut self, crowd: &Crowd) {
        let look = self.see(crowd).await;
        self.sampled.add(&self.samples.take());
        let Some(window) = self.window.take() else {
            return;
        };
        let each: Vec<(bool, Got)> = window
            .each
            .iter()
            .filter(|(student, _)| !student.fare().is_gone)
            .map(|(student, before)| {
                let is_full = matches!(**student, Student::Full(_));
                (is_full, student.fare().got.since(before))
            })
            .collect();
        let is_light = each.iter().all(|(is_full, _)| !is_full);
        let both_ways = |got: &Got| got.bytes + got.sent_bytes;
        let students: u64 = each.iter().map(|(_, got)| both_ways(got)).sum();
        let ours = students + both_ways(&teachers(crowd).since(&window.teachers));
        let kernel = KernelCount::now().zip(window.kernel);
        self.closed = Some(Closed {
            seconds: window.began.elapsed().as_secs_f64(),
            look,
            before: window.look,
            each,
            ours,
            kernel: kernel
                .filter(|_| is_light)
                .map(|(now, before)| now.bytes.saturating_sub(before.bytes)),
            dropped: dropped(&ports(crowd)).saturating_sub(window.dropped),
        });
    }

    /// What there is to say; without a closed window only of the joins.
    pub(super) fn finish(self, scenario: &Scenario, students: usize, crowd: &Crowd) -> Trial {
        let here = crowd.students();
        let fares: Vec<_> = here.iter().map(|student| student.fare()).collect();
        let ms = |duration: Option<std::time::Duration>| duration.map(|d| d.as_secs_f64() * 1e3);
        let sound: Vec<f64> = fares.iter().filter_map(|f| ms(f.first_sound)).collect();
        let mut trial = Trial {
            students,
            lessons: scenario.lessons(students),
            joined: here.len(),
            heard: sound.len(),
            join_ms: Spread::of(here.iter().filter_map(|s| ms(s.joined())).collect()).rounded(),
            sound_p95_ms: round(quantile(sound.clone(), 0.95)),
            sound_ms: Spread::of(sound).rounded(),
            picture_after_ms: Spread::of(
                fares.iter().filter_map(|f| ms(f.first_picture)).collect(),
            )
            .rounded(),
            full: full_bots(&here),
            ..Trial::default()
        };
        if let Some(closed) = &self.closed {
            self.fill(&mut trial, closed);
        }
        trial.timeline = self.timeline;
        trial
    }

    fn fill(&self, trial: &mut Trial, closed: &Closed) {
        let seconds = closed.seconds.max(1e-3);
        let all = closed
            .each
            .iter()
            .fold(Got::default(), |sum, (_, got)| sum.and(got));
        let light: Vec<&Got> = closed
            .each
            .iter()
            .filter(|(f, _)| !f)
            .map(|(_, g)| g)
            .collect();
        let packets = all.voices + all.pictures;
        trial.seconds = round(seconds);
        trial.packets = packets;
        trial.loss_percent = percent(all.lost as f64, all.sent as f64);
        trial.repaired_percent = percent(all.repaired as f64, all.sent as f64);
        trial.concealed_percent = concealed(&all);
        trial.frozen_percent = percent(all.frozen_us as f64, all.pictures_due_us as f64);
        let each = |of: fn(&Got) -> f64| {
            let each = closed.each.iter().map(|(_, got)| of(got)).collect();
            round(quantile(each, 0.95))
        };
        trial.concealed_p95_percent = each(concealed);
        trial.frozen_p95_percent =
            each(|got| percent(got.frozen_us as f64, got.pictures_due_us as f64));
        trial.voice_ms = spread_of(&self.sampled.voice_us);
        trial.picture_ms = spread_of(&self.sampled.picture_us);
        let frames: u64 = self.sampled.layers.iter().sum();
        trial.heights_percent = self
            .sampled
            .layers
            .map(|n| percent(n as f64, frames as f64));
        let most = (0..3).max_by_key(|layer| self.sampled.layers[*layer]);
        trial.height = most
            .filter(|_| frames > 0)
            .map_or(0, |layer| Clip::HEIGHTS[layer]);
        let bytes: u64 = light.iter().map(|got| got.bytes).sum();
        let each_bps = bytes as f64 * 8.0 / seconds / light.len().max(1) as f64;
        trial.kbit = round(each_bps / 1e3);
        trial.mb_per_lesson = round(each_bps / 8.0 * LESSON_SECONDS / 1e6);
        trial.wrong = light.iter().map(|got| got.wrong).sum();
        let full = closed
            .each
            .iter()
            .filter(|(is_full, _)| *is_full)
            .map(|(_, got)| got);
        let full = full.fold(Got::default(), |sum, got| sum.and(got));
        trial.full.concealed_percent = concealed(&full);

        let here = closed.each.len().max(1) as f64;
        let used = closed.look.server.zip(closed.before.server);
        let server_cpu = used.map(|(now, before)| now.cpu_seconds - before.cpu_seconds);
        trial.server = used.zip(server_cpu).map(|((now, before), cpu)| {
            let said = now.packets - before.packets;
            ServerCost {
                cores: round(cpu / seconds),
                cpu_us_per_packet: round(cpu * 1e6 / packets.max(1) as f64),
                cpu_ms_per_student: round(cpu * 1e3 / seconds / here),
                memory_mb: round(now.memory_bytes / 1e6),
                packets: said,
                disagreement_percent: percent((said - packets as f64).abs(), said),
            }
        });
        let cpu = closed.look.cpu - closed.before.cpu;
        let machine = closed.look.machine.zip(closed.before.machine);
        let others = machine.map_or(0.0, |(now, before)| now - before) - cpu;
        let late = self.timeline.iter().filter(|s| s.at > closed.before.at);
        let late: Vec<f64> = late.map(|second| second.generator_late_ms).collect();
        trial.generator = GeneratorCost {
            cores: round(cpu / seconds),
            of_cores: cores(),
            late_ms: round(quantile(late, 0.9)),
            dropped_percent: percent(closed.dropped as f64, all.datagrams as f64),
            others_cores: round(((others - server_cpu.unwrap_or(0.0)) / seconds).max(0.0)),
            cpu_ms_per_student: round(cpu * 1e3 / seconds / here),
        };
        trial.kernel = closed.kernel.map(|bytes| Kernel {
            bytes,
            our_bytes: closed.ours,
            disagreement_percent: percent(bytes.abs_diff(closed.ours) as f64, bytes as f64),
        });
    }
}

fn ports(crowd: &Crowd) -> BTreeSet<u16> {
    crowd
        .students()
        .iter()
        .filter_map(|student| student.port())
        .collect()
}

fn teachers(crowd: &Crowd) -> Got {
    let teachers = crowd.teachers().iter().map(|teacher| teacher.fare().got);
    teachers.fold(Got::default(), |sum, got| sum.and(&got))
}

fn full_bots(students: &[Arc<Student>]) -> FullBots {
    let mut full = FullBots::default();
    let mut latency: Option<Histogram<u32>> = None;
    for observed in students.iter().filter_map(|student| student.observed()) {
        full.bots += 1;
        full.faults += observed.faults();
        for picture in observed.pictures() {
            match &mut latency {
                None => latency = Some(picture.latency_us.clone()),
                // They are made alike, so they add.
                Some(all) => drop(all.add(&picture.latency_us)),
            }
        }
    }
    full.picture_ms = latency.as_ref().map(spread_of).unwrap_or_default();
    full
}

/// Sound that should have been heard and was not, in percent.
fn concealed(got: &Got) -> f64 {
    let due = got.voices_due_us as f64 / PACKET_US;
    percent((due - got.voices as f64).max(0.0), due)
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 {
        round(100.0 * part / whole)
    } else {
        0.0
    }
}

fn at(histogram: &Histogram<u32>, quantile: f64) -> f64 {
    round(histogram.value_at_quantile(quantile) as f64 / 1e3)
}

fn spread_of(histogram: &Histogram<u32>) -> Spread {
    Spread {
        p50: at(histogram, 0.5),
        p99: at(histogram, 0.99),
        max: round(histogram.max() as f64 / 1e3),
    }
}
