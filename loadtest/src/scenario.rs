//! A scenario: who comes, what they do, and what must not happen meanwhile. Data, not code:
//! `scenarios/*.toml`, or any file of the same form.
//!
//! Invariant: a key that this release does not know is an error, never ignored.

use anyhow::{Context, Result, ensure};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Most students of one run: more than one machine's addresses and files are asked for.
pub const MAX_STUDENTS: usize = 5_000;
/// Camera slots a bot can have.
const MAX_WATCHED: usize = homeroom_protocol::MAX_VIDEO_SLOTS;

/// The shipped scenarios, by name.
const SHIPPED: [(&str, &str); 8] = [
    ("lecture", include_str!("../scenarios/lecture.toml")),
    ("seminar", include_str!("../scenarios/seminar.toml")),
    ("audio", include_str!("../scenarios/audio.toml")),
    ("rooms", include_str!("../scenarios/rooms.toml")),
    ("stampede", include_str!("../scenarios/stampede.toml")),
    ("churn", include_str!("../scenarios/churn.toml")),
    ("presence", include_str!("../scenarios/presence.toml")),
    ("hostile", include_str!("../scenarios/hostile.toml")),
];

/// The same sentence in the languages of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

/// A scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// What happens, in a few words.
    pub about: Words,
    /// How many students come where nobody says otherwise, in all lessons together.
    pub students: usize,
    /// At most so many to a lesson; one lesson for all where nothing is said.
    #[serde(default)]
    pub per_lesson: Option<usize>,
    /// So many of the students are full bots, which decode what they hear.
    #[serde(default)]
    pub full: usize,
    /// Each lesson's teacher.
    pub teacher: Teacher,
    /// The students of a lesson.
    #[serde(default)]
    pub class: Class,
    /// How they come.
    #[serde(default)]
    pub joining: Joining,
    /// What else goes on.
    #[serde(default)]
    pub beside: Beside,
    /// How long it takes.
    #[serde(default)]
    pub time: Time,
    /// What must not happen.
    #[serde(default)]
    pub limits: Limits,
    /// Where the search for the most students looks.
    #[serde(default)]
    pub search: Search,
}

/// What a teacher sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Teacher {
    /// Layers of the camera, 0 for none.
    pub layers: usize,
    /// Speaks all the time.
    pub speaks: bool,
}

/// What the students of a lesson send and see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// So many of a lesson speak.
    #[serde(default)]
    pub speak: usize,
    /// So many of a lesson have their cameras on.
    #[serde(default)]
    pub cameras: usize,
    /// Layers of their cameras.
    #[serde(default)]
    pub layers: usize,
    /// Everybody sees the teacher's camera.
    #[serde(default)]
    pub see_teacher: bool,
    /// And so many other students'.
    #[serde(default)]
    pub see: usize,
    /// How high pictures are shown, in pixels.
    #[serde(default)]
    pub height: u16,
}

/// How students come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Joining {
    /// So many a second.
    pub per_second: u32,
    /// At most so many on their way at a time.
    pub at_once: usize,
}

impl Default for Joining {
    fn default() -> Self {
        Self {
            per_second: 40,
            at_once: 32,
        }
    }
}

/// What goes on beside the lesson, while it is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beside {
    /// So many students a second leave and come again.
    #[serde(default)]
    pub churn_per_second: u32,
    /// So many hands a second go up or down.
    #[serde(default)]
    pub hands_per_second: u32,
    /// So many clients send rubbish.
    #[serde(default)]
    pub hostile: usize,
}

/// How long a run takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// From the last join until it is measured.
    pub settle_seconds: u64,
    /// How long it is measured.
    pub seconds: u64,
}

impl Default for Time {
    fn default() -> Self {
        Self {
            settle_seconds: 8,
            seconds: 20,
        }
    }
}

/// What counts as good. Beyond any of these a school would notice.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Students who got in, at least, in percent.
    pub joined_percent: f64,
    /// From a tap to sound, for 95 of 100 students, in milliseconds.
    pub join_ms: f64,
    /// Sound that was said and not heard, for 95 of 100 students, in percent.
    pub concealed_percent: f64,
    /// Packets that did not come when they were sent, in percent.
    pub loss_percent: f64,
    /// Time in which pictures stood still, for 95 of 100 students, in percent.
    pub frozen_percent: f64,
    /// From mouth to ear on the wire, for 99 of 100 packets, in milliseconds.
    pub voice_ms: f64,
    /// From camera to screen on the wire, for 99 of 100 frames, in milliseconds.
    pub picture_ms: f64,
    /// Pictures in the size that was asked for or the next smaller one, at least, in percent; 0 is
    /// any.
    pub sharp_percent: f64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            joined_percent: 100.0,
            join_ms: 3_000.0,
            concealed_percent: 1.0,
            loss_percent: 0.5,
            frozen_percent: 2.0,
            voice_ms: 100.0,
            picture_ms: 200.0,
            sharp_percent: 0.0,
        }
    }
}

/// Where the most students are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Search {
    /// The first number tried; it doubles while all is well.
    pub from: usize,
    /// The answer is so exact.
    pub step: usize,
    /// More are not tried.
    pub most: usize,
}

impl Default for Search {
    fn default() -> Self {
        Self {
            from: 50,
            step: 25,
            most: 2_000,
        }
    }
}

impl Scenario {
    /// A shipped scenario by its name, or any by its file.
    ///
    /// # Errors
    /// When there is none, or the file is not one.
    pub fn load(name: &str) -> Result<Self> {
        let shipped = SHIPPED.iter().find(|(shipped, _)| *shipped == name);
        if let Some((_, text)) = shipped {
            return Self::parse(name, text);
        }
        let path = Path::new(name);
        let text = std::fs::read_to_string(path).with_context(|| {
            let names: Vec<&str> = SHIPPED.iter().map(|(name, _)| *name).collect();
            format!("{name} is no file, and none of {}", names.join(", "))
        })?;
        let stem = path.file_stem().map(|stem| stem.to_string_lossy());
        Self::parse(&stem.unwrap_or_default(), &text)
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is none, or asks for what bots cannot do.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let mut scenario: Self =
            toml::from_str(text).with_context(|| format!("{name} is not a scenario"))?;
        if scenario.name.is_empty() {
            name.clone_into(&mut scenario.name);
        }
        scenario.check().with_context(|| format!("in {name}"))?;
        Ok(scenario)
    }

    /// Whether bots can do it.
    ///
    /// # Errors
    /// When they cannot.
    pub fn check(&self) -> Result<()> {
        ensure!(
            (1..=MAX_STUDENTS).contains(&self.students),
            "1 to {MAX_STUDENTS} students"
        );
        ensure!(self.per_lesson != Some(0), "a lesson without students");
        ensure!(self.full <= self.students, "more full bots than students");
        ensure!(
            self.watched() <= MAX_WATCHED,
            "nobody sees more than {MAX_WATCHED} pictures"
        );
        ensure!(
            self.search.step > 0 && self.search.from > 0,
            "a search that stands still"
        );
        Ok(())
    }

    /// Lessons for so many students.
    #[must_use]
    pub fn lessons(&self, students: usize) -> usize {
        self.per_lesson.map_or(1, |each| students.div_ceil(each))
    }

    /// Pictures a student sees at most.
    #[must_use]
    pub fn watched(&self) -> usize {
        usize::from(self.class.see_teacher) + self.class.see
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_scenario_is_one_and_speaks_three_languages() {
        for (name, _) in SHIPPED {
            let scenario = Scenario::load(name).unwrap_or_else(|error| panic!("{error:#}"));
            let Words { kk, ru, en } = &scenario.about;
            assert!([kk, ru, en].iter().all(|text| !text.is_empty()), "{name}");
            assert!(scenario.lessons(scenario.students) >= 1);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let check = |change: (&str, &str), expected: &str| {
            let text = SHIPPED[0].1.replacen(change.0, change.1, 1);
            let error = Scenario::parse("mine", &text).expect_err("is a mistake");
            let error = format!("{error:#}");
            assert!(error.contains(expected), "{expected:?} in {error:?}");
        };
        check(("students", "pupils"), "line");
        check(("see_teacher = true", "see = 40"), "12 pictures");
        check(("students = 300", "students = 0"), "1 to 5000 students");
        let error = Scenario::load("nowhere").expect_err("is none");
        assert!(format!("{error:#}").contains("lecture, seminar"));
    }
}
