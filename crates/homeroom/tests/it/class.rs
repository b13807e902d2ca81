//! A lesson with bots in it.
//!
//! Invariant: the teacher hums tone 0 and student `n` tone `n`, so who is heard is never in doubt.

use crate::server::Server;
use homeroom_loadtest::{Bot, BotConfig, Lessons, Observed, Tone};
use homeroom_protocol::{CreatedLesson, ParticipantId};
use std::time::Duration;

/// Long enough for anything that should happen at once, on a loaded machine.
pub const SOON: Duration = Duration::from_secs(10);
/// The name the teacher joins with.
pub const TEACHER: &str = "Teacher";

/// A lesson on a running server.
pub struct Class {
    pub lessons: Lessons,
    pub lesson: CreatedLesson,
}

impl Class {
    /// Starts a lesson.
    pub async fn open(server: &Server) -> Self {
        Self::open_at(server.http()).await
    }

    /// Starts a lesson on the server at `http`.
    pub async fn open_at(http: &str) -> Self {
        let lessons = Lessons::at(http);
        let lesson = lessons.create("Algebra").await.expect("a lesson");
        Self { lessons, lesson }
    }

    /// What the teacher would join with.
    pub fn teacher_config(&self) -> BotConfig {
        BotConfig {
            token: Some(self.lesson.teacher_token.clone()),
            screen_tone: Tone::nth(20),
            ..BotConfig::new(
                self.lessons.server(),
                &self.lesson.code,
                TEACHER,
                Tone::nth(0),
            )
        }
    }

    /// What student `n` would join with.
    pub fn student_config(&self, n: usize) -> BotConfig {
        let server = self.lessons.server();
        BotConfig {
            screen_tone: Tone::nth(21),
            ..BotConfig::new(server, &self.lesson.code, &student_name(n), Tone::nth(n))
        }
    }

    /// The teacher, joined.
    pub async fn teacher(&self) -> Bot {
        Bot::join(self.teacher_config())
            .await
            .expect("the teacher joins")
    }

    /// Student `n`, joined; `n` from 1.
    pub async fn student(&self, n: usize) -> Bot {
        let joined = Bot::join(self.student_config(n)).await;
        joined.unwrap_or_else(|error| panic!("student {n} joins: {error}"))
    }
}

/// The name student `n` joins with.
pub fn student_name(n: usize) -> String {
    format!("Student {n}")
}

/// Waits until `bot` sees the camera of `person` and hears `tone`, for about a second.
pub async fn hears_and_sees(bot: &Bot, tone: Tone, person: ParticipantId) -> Observed {
    more_than(bot, &bot.observed(), tone, person).await
}

/// Waits until `bot` heard `tone` and saw `person` for about a second since `before`.
pub async fn more_than(
    bot: &Bot,
    before: &Observed,
    tone: Tone,
    person: ParticipantId,
) -> Observed {
    let (ms, frames) = (before.heard_ms(tone) + 1000, before.frames_of(person) + 12);
    let enough = |now: &Observed| now.heard_ms(tone) >= ms && now.frames_of(person) >= frames;
    expect(bot, "a second of sound and picture", enough).await
}

/// Waits for a condition that must come true soon.
pub async fn expect(bot: &Bot, what: &str, wanted: impl FnMut(&Observed) -> bool) -> Observed {
    match bot.until(SOON, what, wanted).await {
        Ok(seen) => seen,
        Err(late) => panic!("{late}"),
    }
}

/// Nothing lost, nothing wrong.
#[track_caller]
pub fn assert_clean(seen: &Observed) {
    assert_eq!((seen.lost_packets(), seen.faults()), (0, 0), "{seen}");
}
