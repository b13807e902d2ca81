//! Looks at everybody each second, and sums up the window.
//!
//! Invariant: a figure is the difference of two looks at the same people; who came or went between
//! them is not in it.

use super::crowd::Crowd;
use super::own_cpu;
use crate::clip::Clip;
use crate::cost::{Meter, Used};
use crate::generator::{KernelCount, LagWatch, cores, dropped, machine_busy_seconds};
use crate::light::{Fare, Got, Sampled, Samples};
use crate::origin::Origin;
use crate::scenario::{Beside, Scenario};
use crate::spread::{Spread, quantile, round};
use crate::student::Student;
use crate::trial::{FullBots, GeneratorCost, Kernel, LESSON_SECONDS, Second, ServerCost, Trial};
use hdrhistogram::Histogram;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

/// Microseconds of sound in a packet.
const PACKET_US: f64 = 20_000.0;

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
    each: Vec<(Arc<Student>, Fare)>,
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
    teachers: Got,
    told: u64,
    is_this_machine: bool,
    kernel: Option<KernelCount>,
    dropped: u64,
}

pub(super) struct Watch {
    began: Instant,
    meter: Meter,
    is_this_machine: bool,
    samples: Arc<Samples>,
    lag: LagWatch,
    last: Look,
    timeline: Vec<Second>,
    window: Option<Window>,
    sampled: Sampled,
    closed: Option<Closed>,
}

impl Watch {
    pub(super) fn new(server: &Origin, samples: Arc<Samples>, lag: LagWatch) -> Self {
        Self {
            began: Instant::now(),
            meter: Meter::of(server),
            is_this_machine: server.is_this_machine(),
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
                    let fare = student.fare();
                    (student, fare)
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
        let mut told = 0;
        let mut each = Vec::new();
        for (student, before) in &window.each {
            let now = student.fare();
            told += now.frames - before.frames;
            if !now.is_gone {
                let is_full = matches!(**student, Student::Full(_));
                each.push((is_full, now.got.since(&before.got)));
            }
        }
        let kernel = KernelCount::now().zip(window.kernel);
        self.closed = Some(Closed {
            seconds: window.began.elapsed().as_secs_f64().max(1e-3),
            look,
            before: window.look,
            each,
            teachers: teachers(crowd).since(&window.teachers),
            told,
            is_this_machine: self.is_this_machine,
            kernel: kernel.map(|(now, before)| now.since(&before)),
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
            returned: crowd.returned(),
            joined: fares.iter().filter(|fare| !fare.is_gone).count(),
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
            trial.server = closed.server_cost(scenario);
            trial.kernel = closed.agrees_with_kernel(scenario);
        }
        trial.timeline = self.timeline;
        trial
    }

    fn fill(&self, trial: &mut Trial, closed: &Closed) {
        let seconds = closed.seconds;
        let all = closed.all();
        let light: Vec<&Got> = closed
            .each
            .iter()
            .filter(|(f, _)| !f)
            .map(|(_, g)| g)
            .collect();
        let packets = all.voices + all.pictures;
        trial.seconds = round(seconds);
        trial.packets = packets;
        trial.meanwhile.told = closed.told;
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

        let used = closed.look.server.zip(closed.before.server);
        let server_cpu = used.map_or(0.0, |(now, before)| now.cpu_seconds - before.cpu_seconds);
        let here = closed.each.len().max(1) as f64;
        let cpu = closed.look.cpu - closed.before.cpu;
        let machine = closed.look.machine.zip(closed.before.machine);
        let others = machine.map_or(0.0, |(now, before)| now - before) - cpu;
        let late_ms = |is_measured: bool| -> Vec<f64> {
            let seconds = self.timeline.iter();
            let seconds = seconds.filter(|s| (s.at > closed.before.at) == is_measured);
            seconds.map(|second| second.generator_late_ms).collect()
        };
        let sent = all.and(&closed.teachers);
        trial.generator = GeneratorCost {
            cores: round(cpu / seconds),
            of_cores: cores(),
            late_ms: round(quantile(late_ms(true), 0.9)),
            joining_late_ms: round(quantile(late_ms(false), 1.0)),
            left_out_percent: percent(sent.left_out as f64, (sent.made + sent.left_out) as f64),
            dropped_percent: percent(closed.dropped as f64, all.datagrams as f64),
            others_cores: round(((others - server_cpu) / seconds).max(0.0)),
            cpu_ms_per_student: round(cpu * 1e3 / seconds / here),
        };
    }
}

impl Closed {
    /// Of everybody with a seat.
    fn all(&self) -> Got {
        let students = self.each.iter().map(|(_, got)| got);
        students.fold(Got::default(), |sum, got| sum.and(got))
    }

    fn server_cost(&self, scenario: &Scenario) -> Option<ServerCost> {
        let (now, before) = (self.look.server?, self.before.server?);
        let cpu = now.cpu_seconds - before.cpu_seconds;
        let here = self.each.len().max(1) as f64;
        let said = now.packets - before.packets;
        let media = |got: &Got| got.voices + got.pictures;
        let (all, teachers) = (media(&self.all()), media(&self.teachers));
        // Who only passes by gets packets too, and is not asked how many.
        let is_all = scenario.beside.churn_per_second == 0;
        Some(ServerCost {
            cores: round(cpu / self.seconds),
            cpu_us_per_packet: round(cpu * 1e6 / all.max(1) as f64),
            cpu_ms_per_student: round(cpu * 1e3 / self.seconds / here),
            memory_mb: round(now.memory_bytes / 1e6),
            packets: said,
            disagreement_percent: is_all
                .then(|| percent((said - (all + teachers) as f64).abs(), said)),
        })
    }

    /// Beside what the kernel counted: only where light bots alone, who count every byte, were the
    /// network's users.
    fn agrees_with_kernel(&self, scenario: &Scenario) -> Option<Kernel> {
        let is_light = self.each.iter().all(|(is_full, _)| !is_full);
        let kernel = self.kernel.filter(|_| is_light)?;
        if scenario.beside != Beside::default() {
            return None;
        }
        let all = self.all().and(&self.teachers);
        let (mut bytes, mut datagrams) = (all.bytes, all.datagrams);
        // What a server on this machine got, arrived here too.
        if self.is_this_machine {
            bytes += all.sent_bytes;
            datagrams += all.sent_datagrams;
        }
        let apart = kernel.bytes.abs_diff(bytes);
        Some(Kernel {
            bytes: kernel.bytes,
            our_bytes: bytes,
            datagrams: kernel.datagrams,
            our_datagrams: datagrams,
            disagreement_percent: percent(apart as f64, kernel.bytes as f64),
        })
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
