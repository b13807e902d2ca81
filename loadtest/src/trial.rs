//! What one number of students got: the figures of one run, and what is to be said of them.
//!
//! Invariant: every figure is of the same window; what a limit says of it is decided here alone.

use crate::scenario::Limits;
use crate::spread::Spread;
use serde::{Deserialize, Serialize};

/// Share of its cores that the load test may use before what goes wrong is held against nobody.
const MAX_GENERATOR_BUSY: f64 = 0.85;
/// How late the load test's own turns may be before that, in milliseconds.
const MAX_LAG_MS: f64 = 50.0;
/// Share of what the load test was to send that it may leave out, in percent: beyond, the lesson
/// was smaller than is said.
const MAX_LEFT_OUT_PERCENT: f64 = 0.1;
/// Cores of the machine that others may use before it is mentioned; and before what went wrong
/// beside them is held against nobody.
const MAX_OTHERS: f64 = 0.1;
/// Share of what came that our own sockets may have dropped, in percent.
const MAX_DROPPED_PERCENT: f64 = 0.02;
/// How far two counts of the same may be apart, in percent.
pub const MAX_DISAGREEMENT_PERCENT: f64 = 1.0;

/// A lesson, in seconds.
pub(crate) const LESSON_SECONDS: f64 = 45.0 * 60.0;

/// What stands in the way of "yes".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Not everybody got in.
    Joined,
    /// It took too long until there was sound.
    JoinTime,
    /// Sound was missing.
    Voice,
    /// Sound came late.
    VoiceDelay,
    /// Packets were lost.
    Loss,
    /// Pictures stood still.
    Picture,
    /// Pictures came late.
    PictureDelay,
    /// Pictures were small.
    Sharpness,
    /// Something came that should not have.
    Wrong,
}

impl Limit {
    /// Whether it concerns pictures alone, so that a lesson goes on by voice.
    #[must_use]
    pub const fn is_of_pictures(self) -> bool {
        match self {
            Self::Picture | Self::PictureDelay | Self::Sharpness => true,
            Self::Joined
            | Self::JoinTime
            | Self::Voice
            | Self::VoiceDelay
            | Self::Loss
            | Self::Wrong => false,
        }
    }

    /// Whether it concerns how people came in.
    const fn is_of_joining(self) -> bool {
        match self {
            Self::Joined | Self::JoinTime => true,
            Self::Voice
            | Self::VoiceDelay
            | Self::Loss
            | Self::Picture
            | Self::PictureDelay
            | Self::Sharpness
            | Self::Wrong => false,
        }
    }
}

/// Why a run proves nothing about the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Doubt {
    /// The load test had no CPU time left.
    GeneratorBusy,
    /// The load test's own turns came late, or so late that it sent less than it was to.
    GeneratorLate,
    /// The load test's own sockets were full.
    GeneratorDropped,
    /// It did not go well, and other programs used the machine meanwhile.
    Others,
    /// It was ended before it was measured.
    Interrupted,
}

/// What does not make a run invalid, and should be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// Other programs used this machine too.
    Others,
    /// The server said nothing of its CPU time.
    NoServerCost,
    /// Load test and server shared cores.
    SharedCores,
    /// The load test was near its own limits, and yet all went well: what it is late for it counts
    /// against the server, never for it.
    Strained,
}

/// A second of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// Since the run began.
    pub at: f64,
    /// Students with a seat.
    pub joined: usize,
    /// Students whose media is up.
    pub connected: usize,
    /// To all students, in Mbit/s.
    pub mbit: f64,
    /// Packets of media to all students.
    pub packets: u64,
    /// Of them, those that did not come when they were sent, in percent.
    pub loss_percent: f64,
    /// Sound that should have been heard and was not, in percent.
    pub concealed_percent: f64,
    /// Time in which pictures stood still, in percent.
    pub frozen_percent: f64,
    /// From mouth to ear on the wire, ms: half are below, 99 of 100 are below.
    pub voice_ms: [f64; 2],
    /// From camera to screen on the wire, ms.
    pub picture_ms: [f64; 2],
    /// Cores that the server used.
    pub server_cores: Option<f64>,
    /// Its memory, in MB.
    pub server_mb: Option<f64>,
    /// Cores that the load test used.
    pub generator_cores: f64,
    /// How late its own turns were, ms.
    pub generator_late_ms: f64,
}

/// What the full bots among the students perceived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct FullBots {
    /// How many.
    pub bots: usize,
    /// Sound that they should have decoded and did not, in percent.
    pub concealed_percent: f64,
    /// Wrong, broken or foreign pictures and sounds.
    pub faults: u64,
    /// From camera to whole frame, ms; contains their own work.
    pub picture_ms: Spread,
}

/// What the server used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerCost {
    /// Cores.
    pub cores: f64,
    /// CPU time per packet that arrived, in microseconds.
    pub cpu_us_per_packet: f64,
    /// CPU time per student and second, in milliseconds.
    pub cpu_ms_per_student: f64,
    /// Memory, in MB.
    pub memory_mb: f64,
    /// Packets that it says it sent.
    pub packets: f64,
    /// How far that is from what arrived, in percent; nothing where others got packets too.
    pub disagreement_percent: Option<f64>,
}

/// What the load test used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct GeneratorCost {
    /// Cores used, of how many.
    pub cores: f64,
    /// See [`GeneratorCost::cores`].
    pub of_cores: usize,
    /// How late its own turns were in the worst second but one in ten, ms.
    pub late_ms: f64,
    /// The same in the worst second before it was measured, when everybody came.
    #[serde(default)]
    pub joining_late_ms: f64,
    /// Voices and pictures that it was to send and left out, in percent.
    #[serde(default)]
    pub left_out_percent: f64,
    /// Datagrams that our own sockets had no room for, in percent.
    pub dropped_percent: f64,
    /// Cores that other programs used.
    pub others_cores: f64,
    /// CPU time per student and second, in milliseconds, all bots together.
    pub cpu_ms_per_student: f64,
}

/// What the kernel counted meanwhile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Kernel {
    /// Contents of UDP that came in, in bytes; also those that a server on this machine got.
    pub bytes: u64,
    /// What the bots counted of it.
    pub our_bytes: u64,
    /// Datagrams of it; runs of them where they travelled as one.
    pub datagrams: u64,
    /// What the bots counted of them, each for itself.
    pub our_datagrams: u64,
    /// How far the bytes are apart, in percent.
    pub disagreement_percent: f64,
}

/// What went on beside the lesson while it was measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meanwhile {
    /// Students who came, stayed a little and went.
    pub passers: u64,
    /// Of them those who did not get in, or heard nothing.
    pub turned_away: u64,
    /// Hands that went up or down.
    pub hands: u64,
    /// Messages that light bots among the students got from the server.
    pub told: u64,
    /// Connections that brought rubbish.
    pub rubbish: u64,
}

/// The figures of one number of students.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// Students asked for.
    pub students: usize,
    /// In so many lessons.
    pub lessons: usize,
    /// Students who got in, and were not put out.
    pub joined: usize,
    /// Students who got in, and had to come again for it, as the server told them to.
    #[serde(default)]
    pub returned: usize,
    /// Students who heard something.
    pub heard: usize,
    /// From the first byte to the seat, ms.
    pub join_ms: Spread,
    /// From the first byte to the first sound, ms.
    pub sound_ms: Spread,
    /// The same for 95 of 100 students.
    pub sound_p95_ms: f64,
    /// From the first byte to the first picture, ms.
    pub picture_after_ms: Spread,
    /// How long it was measured.
    pub seconds: f64,
    /// Packets of media that arrived.
    pub packets: u64,
    /// Packets that did not come when they were sent, in percent.
    pub loss_percent: f64,
    /// And of all packets those that came when asked for again.
    pub repaired_percent: f64,
    /// Sound that was said and not heard, in percent: all students, and 95 of 100.
    pub concealed_percent: f64,
    /// See [`Trial::concealed_percent`].
    pub concealed_p95_percent: f64,
    /// Time in which pictures stood still, in percent: all students, and 95 of 100.
    pub frozen_percent: f64,
    /// See [`Trial::frozen_percent`].
    pub frozen_p95_percent: f64,
    /// From mouth to ear on the wire, ms.
    pub voice_ms: Spread,
    /// From camera to screen on the wire, ms.
    pub picture_ms: Spread,
    /// Pictures by their height (180, 360, 720), in percent.
    pub heights_percent: [f64; 3],
    /// The height of most pictures; 0 without pictures.
    pub height: u16,
    /// To each student, in kbit/s.
    pub kbit: f64,
    /// To each student in a lesson of 45 minutes, in MB.
    pub mb_per_lesson: f64,
    /// What came that should not have.
    pub wrong: u64,
    /// The full bots among them.
    pub full: FullBots,
    /// What went on beside them.
    pub meanwhile: Meanwhile,
    /// What the server used.
    pub server: Option<ServerCost>,
    /// What the load test used.
    pub generator: GeneratorCost,
    /// What the kernel counted, where it counts nothing else.
    pub kernel: Option<Kernel>,
    /// What stood in the way of "yes".
    pub limits_hit: Vec<Limit>,
    /// Why it proves nothing.
    pub doubts: Vec<Doubt>,
    /// What should be known.
    pub remarks: Vec<Remark>,
    /// How it went.
    pub timeline: Vec<Second>,
}

impl Trial {
    /// Decides what these figures say. `wanted` is the height that pictures were asked for.
    pub fn judge(&mut self, limits: &Limits, wanted: u16) {
        let Meanwhile {
            passers,
            turned_away,
            ..
        } = self.meanwhile;
        // Who only passes by is to get in as well.
        let wanted_in = (self.students as u64 + passers).max(1);
        let got_in = self.heard.min(self.joined) as u64 + passers.saturating_sub(turned_away);
        let joined = 100.0 * got_in as f64 / wanted_in as f64;
        let sharp: f64 = [180, 360, 720]
            .iter()
            .zip(self.heights_percent)
            .filter(|(height, _)| 2 * **height >= u32::from(wanted))
            .map(|(_, percent)| percent)
            .sum();
        let has_pictures = self.height > 0;
        let concealed = self.concealed_p95_percent.max(self.full.concealed_percent);
        let hit = [
            (Limit::Joined, joined < limits.joined_percent),
            (Limit::JoinTime, self.sound_p95_ms > limits.join_ms),
            (Limit::Voice, concealed > limits.concealed_percent),
            (Limit::VoiceDelay, self.voice_ms.p99 > limits.voice_ms),
            (Limit::Loss, self.loss_percent > limits.loss_percent),
            (
                Limit::Picture,
                self.frozen_p95_percent > limits.frozen_percent,
            ),
            (Limit::PictureDelay, self.picture_ms.p99 > limits.picture_ms),
            (
                Limit::Sharpness,
                has_pictures && sharp < limits.sharp_percent,
            ),
            (Limit::Wrong, self.wrong + self.full.faults > 0),
        ];
        let hit = hit.into_iter().filter(|(_, is_hit)| *is_hit);
        self.limits_hit = hit.map(|(limit, _)| limit).collect();

        let generator = &self.generator;
        let busy = generator.cores / generator.of_cores.max(1) as f64;
        let has_others = generator.others_cores > MAX_OTHERS;
        let is_good = self.is_good();
        let is_busy = busy > MAX_GENERATOR_BUSY;
        let is_late = generator.late_ms > MAX_LAG_MS;
        // Whose turn to join comes late waits longer, whatever the server does.
        let hit_joining = self.limits_hit.iter().any(|limit| limit.is_of_joining());
        let is_late_for = hit_joining && generator.joining_late_ms > MAX_LAG_MS;
        let left_out = generator.left_out_percent > MAX_LEFT_OUT_PERCENT;
        let doubts = [
            (Doubt::GeneratorBusy, is_busy && !is_good),
            (
                Doubt::GeneratorLate,
                left_out || is_late_for || (is_late && !is_good),
            ),
            (
                Doubt::GeneratorDropped,
                generator.dropped_percent > MAX_DROPPED_PERCENT,
            ),
            (Doubt::Others, has_others && !is_good),
        ];
        let doubts = doubts.into_iter().filter(|(_, is)| *is);
        self.doubts.extend(doubts.map(|(doubt, _)| doubt));
        self.remarks = [
            (Remark::Others, has_others),
            (Remark::NoServerCost, self.server.is_none()),
            (Remark::Strained, is_good && (is_busy || is_late)),
        ]
        .into_iter()
        .filter(|(_, is)| *is)
        .map(|(remark, _)| remark)
        .collect();
    }

    /// Nothing stood in the way.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.limits_hit.is_empty()
    }

    /// Everybody hears, whatever pictures do.
    #[must_use]
    pub fn is_good_by_voice(&self) -> bool {
        self.limits_hit.iter().all(|limit| limit.is_of_pictures())
    }

    /// It says something about the server.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        self.doubts.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Trial {
        Trial {
            students: 100,
            joined: 100,
            heard: 100,
            height: 720,
            heights_percent: [0.0, 0.0, 100.0],
            server: Some(ServerCost::default()),
            generator: GeneratorCost {
                of_cores: 1,
                ..GeneratorCost::default()
            },
            ..Trial::default()
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Trial), limits: &[Limit], doubts: &[Doubt]) {
        let mut trial = good();
        change(&mut trial);
        let strict = Limits {
            sharp_percent: 90.0,
            ..Limits::default()
        };
        trial.judge(&strict, 720);
        assert_eq!((&trial.limits_hit[..], &trial.doubts[..]), (limits, doubts));
    }

    #[test]
    fn each_limit_is_hit_by_its_own_figure() {
        check(|_| {}, &[], &[]);
        check(|t| t.heard = 99, &[Limit::Joined], &[]);
        check(|t| t.joined = 99, &[Limit::Joined], &[]);
        check(|t| t.meanwhile.passers = 9, &[], &[]);
        check(
            |t| (t.meanwhile.passers, t.meanwhile.turned_away) = (9, 1),
            &[Limit::Joined],
            &[],
        );
        check(|t| t.sound_p95_ms = 3_001.0, &[Limit::JoinTime], &[]);
        check(|t| t.concealed_p95_percent = 1.1, &[Limit::Voice], &[]);
        check(|t| t.full.concealed_percent = 1.1, &[Limit::Voice], &[]);
        check(|t| t.voice_ms.p99 = 101.0, &[Limit::VoiceDelay], &[]);
        check(|t| t.loss_percent = 0.6, &[Limit::Loss], &[]);
        check(|t| t.frozen_p95_percent = 2.1, &[Limit::Picture], &[]);
        check(|t| t.picture_ms.p99 = 201.0, &[Limit::PictureDelay], &[]);
        check(
            |t| t.heights_percent = [20.0, 0.0, 80.0],
            &[Limit::Sharpness],
            &[],
        );
        check(|t| t.full.faults = 1, &[Limit::Wrong], &[]);
    }

    #[test]
    fn a_generator_without_time_to_spare_proves_nothing_against_a_server() {
        fn both(one: fn(&mut Trial), other: fn(&mut Trial)) -> impl FnOnce(&mut Trial) {
            move |trial| {
                one(trial);
                other(trial);
            }
        }
        let lossy = |t: &mut Trial| t.loss_percent = 0.6;
        let busy = |t: &mut Trial| t.generator.cores = 0.9;
        let late = |t: &mut Trial| t.generator.late_ms = 51.0;
        check(both(busy, lossy), &[Limit::Loss], &[Doubt::GeneratorBusy]);
        check(both(late, lossy), &[Limit::Loss], &[Doubt::GeneratorLate]);
        // What goes well beside it goes well.
        check(both(busy, late), &[], &[]);
        let mut trial = good();
        busy(&mut trial);
        trial.judge(&Limits::default(), 720);
        assert_eq!(trial.remarks, [Remark::Strained]);
        let slow = |t: &mut Trial| t.sound_p95_ms = 3_001.0;
        let held_up = |t: &mut Trial| t.generator.joining_late_ms = 51.0;
        check(
            both(slow, held_up),
            &[Limit::JoinTime],
            &[Doubt::GeneratorLate],
        );
        check(both(held_up, lossy), &[Limit::Loss], &[]);
    }

    #[test]
    fn a_generator_that_sends_less_than_it_says_proves_nothing() {
        check(
            |t| t.generator.left_out_percent = 0.2,
            &[],
            &[Doubt::GeneratorLate],
        );
        check(
            |t| t.generator.dropped_percent = 0.1,
            &[],
            &[Doubt::GeneratorDropped],
        );
    }

    #[test]
    fn what_goes_wrong_beside_other_programs_proves_nothing() {
        check(|t| t.generator.others_cores = 0.2, &[], &[]);
        let late = |t: &mut Trial| {
            t.generator.others_cores = 0.2;
            t.voice_ms.p99 = 101.0;
        };
        check(late, &[Limit::VoiceDelay], &[Doubt::Others]);
    }

    #[test]
    fn a_lesson_goes_on_by_voice_when_only_pictures_suffer() {
        let mut trial = good();
        trial.frozen_p95_percent = 50.0;
        trial.judge(&Limits::default(), 720);
        assert!(!trial.is_good() && trial.is_good_by_voice());
    }
}
