//! One teacher, many students, for a while: what every student got, in figures.
//!
//! Invariant: a lecture is held in a lesson it opened itself, on a server of this machine; nobody
//! else's lesson and nobody else's server is loaded.

use crate::bot::{Bot, BotConfig};
use crate::lessons::Lessons;
use crate::observed::{Link, Observed};
use crate::peer::Lines;
use crate::tone::Tone;
use anyhow::{Context, Result, ensure};
use futures_util::{StreamExt, stream};
use hdrhistogram::Histogram;
use homeroom_protocol::LessonCode;
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;
use std::time::Duration;
use tracing::warn;

/// Most students of one lecture: more than this process could listen for on one machine.
pub const MAX_STUDENTS: usize = 500;
/// Joins under way at the same time.
const JOINS_AT_ONCE: usize = 8;
/// How long the last student may take to see the teacher before the figures are taken anyway.
const SETTLE: Duration = Duration::from_secs(15);

/// A lecture to hold.
#[derive(Debug, Clone)]
pub struct Lecture {
    /// The server, like `http://127.0.0.1:8080`.
    pub server: String,
    /// How many listen.
    pub students: usize,
    /// How long, once everybody sees the teacher.
    pub duration: Duration,
}

/// Median, 99th percentile and maximum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Half of them are below.
    pub p50: f64,
    /// 99 of 100 are below.
    pub p99: f64,
    /// The worst.
    pub max: f64,
}

/// What the students got.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LectureReport {
    /// Students asked for.
    pub students: usize,
    /// Students who got in.
    pub joined: usize,
    /// Students who heard the teacher.
    pub heard: usize,
    /// Students who saw the teacher.
    pub saw: usize,
    /// From the first byte to `joined`, ms.
    pub join_ms: Spread,
    /// From the first byte to ICE and DTLS being up, ms.
    pub connected_ms: Spread,
    /// From the first byte to the first sound, ms.
    pub first_sound_ms: Spread,
    /// From the first byte to the first usable key frame, ms.
    pub first_picture_ms: Spread,
    /// Packets that were sent to the students.
    pub packets: u64,
    /// Packets of these that did not arrive.
    pub lost: u64,
    /// Wrong, broken or mixed pictures and sounds.
    pub faults: u64,
    /// From the teacher's camera to the student's whole frame, ms. Both ends run in this process,
    /// so it contains the bots' own work and says nothing below what that costs.
    pub latency_ms: Spread,
}

impl Lecture {
    /// Opens a lesson, holds the lecture, ends it.
    ///
    /// # Errors
    /// When the server is elsewhere, or the lesson cannot be opened.
    pub async fn hold(&self) -> Result<LectureReport> {
        ensure!(
            is_this_machine(&self.server),
            "only servers of this machine are loaded"
        );
        ensure!(
            (1..=MAX_STUDENTS).contains(&self.students),
            "1 to {MAX_STUDENTS} students"
        );
        let lesson = Lessons::at(&self.server).create("Load test").await?;
        let teacher = Bot::join(BotConfig {
            token: Some(lesson.teacher_token),
            lines: Lines {
                screen: false,
                video_slots: 1,
                ..Lines::DESKTOP
            },
            ..BotConfig::new(&self.server, &lesson.code, "Teacher", Tone::nth(0))
        });
        let teacher = teacher.await.context("the teacher could not join")?;
        let up = |seen: &Observed| seen.link == Link::Connected;
        teacher.until(SETTLE, "the teacher's link", up).await?;

        let students = self.seat_students(&lesson.code, &teacher).await;
        wait_until_all_see(&students, &teacher).await;
        tokio::time::sleep(self.duration).await;
        let seen: Vec<Observed> = students.iter().map(Bot::observed).collect();
        drop(students);
        teacher
            .say(homeroom_protocol::ClientMessage::EndLesson)
            .await;
        let report = summarize(self.students, &seen, &teacher);
        teacher.leave().await;
        Ok(report)
    }

    async fn seat_students(&self, lesson: &LessonCode, teacher: &Bot) -> Vec<Bot> {
        let joins = (0..self.students).map(|n| {
            let config = BotConfig {
                lines: Lines {
                    screen: false,
                    video_slots: 4,
                    ..Lines::DESKTOP
                },
                microphone: false,
                camera: false,
                ..BotConfig::new(
                    &self.server,
                    lesson,
                    &format!("Student {}", n + 1),
                    Tone::nth(1),
                )
            };
            async move {
                let bot = Bot::join(config).await;
                let bot = bot
                    .inspect_err(|error| warn!(%error, "a student could not join"))
                    .ok()?;
                bot.watch(&[teacher.id()]).await;
                Some(bot)
            }
        });
        let joined = stream::iter(joins).buffer_unordered(JOINS_AT_ONCE);
        joined.filter_map(|bot| async { bot }).collect().await
    }
}

async fn wait_until_all_see(students: &[Bot], teacher: &Bot) {
    let deadline = tokio::time::Instant::now() + SETTLE;
    for student in students {
        let left = deadline.saturating_duration_since(tokio::time::Instant::now());
        let sees = |seen: &Observed| seen.frames_of(teacher.id()) > 0;
        if student
            .until(left, "the teacher's picture", sees)
            .await
            .is_err()
        {
            warn!("a student does not see the teacher");
        }
    }
}

fn summarize(asked: usize, seen: &[Observed], teacher: &Bot) -> LectureReport {
    let timing = |of: fn(&Observed) -> Option<Duration>| {
        spread(
            seen.iter()
                .filter_map(of)
                .map(|d| d.as_secs_f64() * 1000.0)
                .collect(),
        )
    };
    let tone = Tone::nth(0);
    LectureReport {
        students: asked,
        joined: seen.len(),
        heard: seen.iter().filter(|o| o.heard_ms(tone) > 0).count(),
        saw: seen
            .iter()
            .filter(|o| o.frames_of(teacher.id()) > 0)
            .count(),
        join_ms: timing(|o| o.timings.joined),
        connected_ms: timing(|o| o.timings.connected),
        first_sound_ms: timing(|o| o.timings.first_sound),
        first_picture_ms: timing(|o| o.timings.first_picture),
        packets: seen.iter().map(Observed::expected_packets).sum(),
        lost: seen.iter().map(Observed::lost_packets).sum(),
        faults: seen.iter().map(Observed::faults).sum(),
        latency_ms: latency(seen),
    }
}

fn latency(seen: &[Observed]) -> Spread {
    let mut all: Option<Histogram<u32>> = None;
    for picture in seen.iter().flat_map(Observed::pictures) {
        match &mut all {
            None => all = Some(picture.latency_us.clone()),
            // The histograms are made alike, so they add.
            Some(all) => all
                .add(&picture.latency_us)
                .expect("histograms of the same bounds"),
        }
    }
    let Some(all) = all else {
        return Spread::default();
    };
    let ms = |micros: u64| micros as f64 / 1000.0;
    Spread {
        p50: ms(all.value_at_quantile(0.5)),
        p99: ms(all.value_at_quantile(0.99)),
        max: ms(all.max()),
    }
}

fn spread(mut values: Vec<f64>) -> Spread {
    values.sort_unstable_by(f64::total_cmp);
    let at = |quantile: f64| {
        let index = (values.len() as f64 * quantile).ceil() as usize;
        values
            .get(index.saturating_sub(1))
            .copied()
            .unwrap_or_default()
    };
    Spread {
        p50: at(0.5),
        p99: at(0.99),
        max: at(1.0),
    }
}

fn is_this_machine(server: &str) -> bool {
    let host = server
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next());
    let Some(host) = host else { return false };
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
    name == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

impl LectureReport {
    /// Everyone got in, heard and saw, and nothing was wrong or lost.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let all = [self.joined, self.heard, self.saw];
        all.iter().all(|n| *n == self.students) && self.faults == 0 && self.lost == 0
    }
}

impl fmt::Display for LectureReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loss = 100.0 * self.lost as f64 / self.packets.max(1) as f64;
        writeln!(
            f,
            "students   {:>8} asked {:>8} joined",
            self.students, self.joined
        )?;
        writeln!(
            f,
            "           {:>8} heard {:>8} saw the teacher",
            self.heard, self.saw
        )?;
        writeln!(
            f,
            "packets    {:>8}       {:>8} lost ({loss:.3} %)",
            self.packets, self.lost
        )?;
        writeln!(f, "faults     {:>8}", self.faults)?;
        writeln!(f, "ms                p50      p99      max")?;
        for (name, spread) in [
            ("joined", self.join_ms),
            ("connected", self.connected_ms),
            ("sound", self.first_sound_ms),
            ("picture", self.first_picture_ms),
            ("latency", self.latency_ms),
        ] {
            let Spread { p50, p99, max } = spread;
            writeln!(f, "{name:<12} {p50:>8.1} {p99:>8.1} {max:>8.1}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_loaded() {
        let check =
            |server: &str, ours: bool| assert_eq!(is_this_machine(server), ours, "{server}");
        check("http://127.0.0.1:8080", true);
        check("http://127.9.9.9", true);
        check("http://localhost:8080/", true);
        check("http://[::1]:8080", true);
        check("http://10.0.0.1:8080", false);
        check("http://localhost.example.org:80", false);
        check("http://example.org/127.0.0.1", false);
        check("http://127.0.0.1@example.org:80", false);
        check("https://127.0.0.1:8443", false);
        check("", false);
    }

    #[test]
    fn a_spread_is_of_the_values_themselves() {
        let values = (1..=200).rev().map(f64::from).collect();
        assert_eq!(
            spread(values),
            Spread {
                p50: 100.0,
                p99: 198.0,
                max: 200.0
            }
        );
        assert_eq!(spread(vec![1.0, 2.0, 3.0]).p50, 2.0);
        assert_eq!(spread(vec![]), Spread::default());
        assert_eq!(
            spread(vec![3.0]),
            Spread {
                p50: 3.0,
                p99: 3.0,
                max: 3.0
            }
        );
    }
}
