//! One person of a script: what they do, on devices that have real media, and when they really did.
//!
//! Invariant: a page that the server lost comes back by itself, one that left or has no line does
//! not; what was done later than the script says is noted, and nothing else excuses the roll.

use super::school::{Device, School};
use crate::bot::JoinFailed;
use crate::lessons::Lessons;
use crate::light::{LightBot, LightConfig, Performance, Samples};
use crate::patience::passes;
use crate::tone::{Tone, Volume};
use anyhow::{Context, Result, bail};
use homeroom_protocol::{
    Attendance, ClientMessage, ClosedReason, CreatedLesson, ErrorCode, LineId,
};
use homeroom_truth::{Coming, Deed, Kind, Person, Slips, With};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How often somebody looks whether the server is still there.
const LOOK: Duration = Duration::from_millis(50);
/// A page tries again after so long, and up to as much longer.
const RETRY: Duration = Duration::from_millis(150);
/// A server that does not let somebody in for so long has lost them.
const IN_WITHIN: Duration = Duration::from_secs(60);
/// How long the end of a lesson may take.
const ENDS_WITHIN: Duration = Duration::from_secs(10);

/// What everybody of a lesson shares.
pub(super) struct Stage {
    pub(super) school: School,
    pub(super) lesson: CreatedLesson,
    /// Minute 0: planned, and when the teacher has come, that moment.
    pub(super) zero: Arc<watch::Sender<Instant>>,
    pub(super) length_ms: u64,
    /// When the server runs again, by the script.
    pub(super) runs_again_ms: Vec<i64>,
    pub(super) is_over: watch::Sender<bool>,
}

/// How somebody attended.
#[derive(Debug, Clone, Default)]
pub(super) struct Attended {
    /// What was later than the script says.
    pub(super) slips: Slips,
    /// Time in which their devices got a voice and played it.
    pub(super) voiced_ms: u64,
    /// Packets that were not authentic, or of another lesson.
    pub(super) wrong: u64,
}

/// One person.
pub(super) struct Attendee {
    stage: Arc<Stage>,
    person: Person,
    device: Option<Device>,
    samples: Arc<Samples>,
    bot: Option<LightBot>,
    seat_token: Option<String>,
    name: String,
    with: With,
    has_line: bool,
    has_come: bool,
    /// Answers that wait for the line: to which check, pressed when.
    unsent: Vec<(u32, Instant)>,
    /// The check that was last seen.
    check: Option<u32>,
    /// What was added up of the present device already: voices in microseconds, wrong packets.
    counted: (u64, u64),
    attended: Attended,
}

impl Attendee {
    pub(super) fn new(stage: Arc<Stage>, person: Person, device: Option<Device>) -> Self {
        Self {
            stage,
            name: person.name.clone(),
            person,
            device,
            samples: Arc::new(Samples::default()),
            bot: None,
            seat_token: None,
            with: With::Everything,
            has_line: true,
            has_come: false,
            unsent: Vec::new(),
            check: None,
            counted: (0, 0),
            attended: Attended::default(),
        }
    }

    /// Plays the part to the end of the lesson.
    pub(super) async fn attend(mut self) -> Result<Attended> {
        for timed in self.person.does.clone() {
            self.stay_until(timed.at_ms).await?;
            self.act(timed.at_ms, timed.deed).await?;
        }
        let end_ms = i64::try_from(self.stage.length_ms)?;
        self.stay_until(end_ms).await?;
        if self.person.kind == Kind::Teacher {
            self.end_lesson().await?;
        } else {
            let mut is_over = self.stage.is_over.subscribe();
            is_over.wait_for(|is_over| *is_over).await?;
        }
        self.take_up(None);
        Ok(self.attended)
    }

    /// Waits, and comes back if the server was gone.
    async fn stay_until(&mut self, at_ms: i64) -> Result<()> {
        while until(&self.stage.zero, at_ms) > Duration::ZERO {
            let left = until(&self.stage.zero, at_ms);
            tokio::time::sleep(left.min(LOOK)).await;
            let fare = self.bot.as_ref().map(LightBot::fare);
            if let Some(fare) = fare {
                self.check = self.check.max(fare.check);
                if fare.is_gone && self.has_line {
                    if let Some(reason) = fare.closed {
                        bail!("the server closed the socket: {reason:?}");
                    }
                    self.come_back().await?;
                }
            }
        }
        Ok(())
    }

    async fn act(&mut self, at_ms: i64, deed: Deed) -> Result<()> {
        match deed {
            Deed::Comes(Coming { name, with }) => {
                self.with = with;
                self.name = name.unwrap_or_else(|| self.person.name.clone());
                self.come(at_ms).await?;
            }
            Deed::LetsSoundPlay => {
                self.put_by();
                self.with = With::Everything;
                self.say(ClientMessage::Playing { audio: true }).await?;
                self.attended.slips.sound_ms += self.slip_ms(at_ms);
            }
            Deed::OpensAnotherDevice => {
                // The first one stays where it is until the server says otherwise.
                let next = self.join(None).await?;
                self.take_up(Some(next));
            }
            Deed::Leaves => {
                self.put_by();
                let bot = self.bot.take().context("is not there")?;
                self.counted = (0, 0);
                self.attended.slips.left_ms += self.slip_ms(at_ms);
                bot.leave().await;
            }
            Deed::LosesLine => {
                self.put_by();
                self.has_line = false;
                self.bot.as_ref().context("is not there")?.lose_line().await;
            }
            Deed::HasLineAgain => {
                let token = self.seat_token.clone();
                let next = self.join(token).await?;
                self.take_up(Some(next));
                self.has_line = true;
                self.attended.slips.line_ms += self.slip_ms(at_ms);
                for (check, pressed) in std::mem::take(&mut self.unsent) {
                    let ago_ms = u64::try_from(pressed.elapsed().as_millis())?;
                    self.say(ClientMessage::AnswerCheck { check, ago_ms })
                        .await?;
                }
            }
            Deed::Answers => {
                let check = self.check.context("was asked nothing")?;
                if self.has_line {
                    let ago_ms = 0;
                    self.say(ClientMessage::AnswerCheck { check, ago_ms })
                        .await?;
                } else {
                    self.unsent.push((check, Instant::now()));
                }
            }
            Deed::RaisesHand => self.say(ClientMessage::RaiseHand { raised: true }).await?,
            Deed::Speaks { for_ms } => self.speak(at_ms, for_ms).await?,
            Deed::SaysSeveral => {
                self.say(ClientMessage::SeveralHere { several: true })
                    .await?;
            }
            Deed::SaysWrong => {
                let text = "I was there".to_owned();
                self.say(ClientMessage::DisputeRoll { text }).await?;
            }
            Deed::Asks { for_ms } => {
                let seconds = u16::try_from(for_ms / 1_000)?;
                self.say(ClientMessage::StartCheck { seconds }).await?;
            }
            Deed::Excuses(name) => self.mark(&name, Some(Attendance::Excused), "ill").await?,
            Deed::Marks(name) => {
                self.mark(&name, Some(Attendance::Present), "was there")
                    .await?;
            }
            Deed::TakesBack(name) => self.mark(&name, None, "").await?,
            Deed::Seats { names, screen } => {
                let screen = self.line_of(&screen).await?;
                let mut lines = Vec::new();
                for name in &names {
                    lines.push(self.line_of(name).await?);
                }
                self.say(ClientMessage::MarkInRoom { screen, lines })
                    .await?;
            }
        }
        Ok(())
    }

    async fn come(&mut self, at_ms: i64) -> Result<()> {
        let token = self.seat_token.clone();
        let bot = self.join(token).await?;
        self.take_up(Some(bot));
        let is_first = !std::mem::replace(&mut self.has_come, true);
        if self.person.kind == Kind::Teacher && is_first {
            // The lesson begins now, and everything else is counted from here.
            self.stage.zero.send_replace(Instant::now());
            self.say(ClientMessage::SetLobby { on: false }).await?;
        }
        let slip_ms = if at_ms < 0 { 0 } else { self.slip_ms(at_ms) };
        if is_first {
            self.attended.slips.came_ms = slip_ms;
        } else {
            // Away for longer than the script says, but not later in the lesson.
            self.attended.slips.left_ms -= slip_ms;
        }
        Ok(())
    }

    /// The server was gone, and they were there.
    async fn come_back(&mut self) -> Result<()> {
        self.take_up(None);
        let bot = self.join(self.seat_token.clone()).await?;
        self.take_up(Some(bot));
        let now_ms = now_ms(&self.stage.zero);
        let ran_ms = self.stage.runs_again_ms.iter().rev();
        // A server that answers early is back early.
        let ran_ms = ran_ms.min_by_key(|ran_ms| now_ms.abs_diff(**ran_ms));
        let ran_ms = ran_ms.context("a server that nobody killed was gone")?;
        self.attended.slips.outage_ms += now_ms - ran_ms;
        Ok(())
    }

    /// Tries again and again while the server is gone or busy, as a page does: after it was killed
    /// a whole school comes at once.
    async fn join(&mut self, token: Option<String>) -> Result<LightBot> {
        let began = Instant::now();
        loop {
            match self.try_join(token.clone()).await {
                Ok(bot) => return Ok(bot),
                Err(error) if is_final(&error) || began.elapsed() > IN_WITHIN => return Err(error),
                Err(_) => tokio::time::sleep(RETRY.mul_f64(1.0 + rand::random::<f64>())).await,
            }
        }
    }

    async fn try_join(&mut self, token: Option<String>) -> Result<LightBot> {
        let stage = &self.stage;
        let is_teacher = self.person.kind == Kind::Teacher;
        let ticket = match (&self.device, &token) {
            (Some(device), None) => Some(stage.school.ticket(device, &stage.lesson.code).await?),
            (Some(_), Some(_)) | (None, _) => None,
        };
        let teachers = is_teacher.then(|| stage.lesson.teacher_token.clone());
        let voice = is_teacher.then_some((Tone::nth(0), Volume::Normal));
        let (server, code) = (stage.school.server(), &stage.lesson.code);
        let config = LightConfig {
            token: teachers.or(token),
            ticket,
            has_media: self.with != With::NoMedia,
            performance: Performance { voice, layers: 0 },
            ..LightConfig::new(server, code, &self.name, &self.samples)
        };
        let bot = LightBot::join(config).await?;
        if self.with == With::SoundBlocked {
            bot.say(ClientMessage::Playing { audio: false }).await;
        }
        self.seat_token = Some(bot.seat_token().to_owned());
        Ok(bot)
    }

    async fn speak(&mut self, at_ms: i64, for_ms: u64) -> Result<()> {
        let set = |microphone| ClientMessage::SetMedia {
            microphone,
            camera: false,
            screen: false,
        };
        self.say(set(true)).await?;
        let bot = self.bot.as_ref().context("is not there")?;
        bot.speak(Some((Tone::nth(1), Volume::Normal))).await;
        self.stay_until(at_ms + i64::try_from(for_ms)?).await?;
        let bot = self.bot.as_ref().context("is not there")?;
        bot.speak(None).await;
        self.say(set(false)).await
    }

    async fn mark(&self, name: &str, status: Option<Attendance>, reason: &str) -> Result<()> {
        let (line, reason) = (self.line_of(name).await?, reason.to_owned());
        self.say(ClientMessage::SetAttendance {
            line,
            status,
            reason,
        })
        .await
    }

    /// As a teacher's page knows it.
    async fn line_of(&self, name: &str) -> Result<LineId> {
        let lesson = &self.stage.lesson;
        let lessons = Lessons::at(self.stage.school.server());
        let roll = lessons.roll(&lesson.code, &lesson.teacher_token).await?;
        let line = roll.lines.into_iter().find(|line| line.name == name);
        let line = line.with_context(|| format!("{name} is not on the roll"))?;
        Ok(line.id)
    }

    async fn end_lesson(&mut self) -> Result<()> {
        self.say(ClientMessage::EndLesson).await?;
        let bot = self.bot.as_ref().context("is not there")?;
        let ended = async {
            while bot.fare().closed != Some(ClosedReason::LessonEnded) {
                tokio::time::sleep(LOOK).await;
            }
        };
        let ended = tokio::time::timeout(ENDS_WITHIN, ended).await;
        self.stage.is_over.send_replace(true);
        ended.context("the lesson does not end")
    }

    async fn say(&self, message: ClientMessage) -> Result<()> {
        self.bot
            .as_ref()
            .context("is not there")?
            .say(message)
            .await;
        Ok(())
    }

    /// How much later than the script says it is now.
    fn slip_ms(&self, at_ms: i64) -> i64 {
        (now_ms(&self.stage.zero) - at_ms).max(0)
    }

    /// Adds up what the present device has got since it was last asked.
    fn put_by(&mut self) {
        let Some(bot) = &self.bot else { return };
        let fare = bot.fare();
        self.check = self.check.max(fare.check);
        let got = (fare.got.voiced_us, fare.got.wrong);
        let before = std::mem::replace(&mut self.counted, got);
        self.attended.wrong += got.1 - before.1;
        if self.with == With::Everything {
            self.attended.voiced_ms += (got.0 - before.0) / 1_000;
        }
    }

    /// From now on it is this device, or none.
    fn take_up(&mut self, bot: Option<LightBot>) {
        self.put_by();
        self.counted = (0, 0);
        self.bot = bot;
    }
}

/// Whether coming again is of no use: as a page sees it, but that a lesson that is full may have a
/// place in a moment, as here others leave by the script.
fn is_final(error: &anyhow::Error) -> bool {
    match error.downcast_ref() {
        Some(JoinFailed::Refused(ErrorCode::Full, _)) | None => false,
        Some(failed) => !passes(failed),
    }
}

/// How long until that moment of the lesson.
fn until(zero: &watch::Sender<Instant>, at_ms: i64) -> Duration {
    let left_ms = at_ms - now_ms(zero);
    Duration::from_millis(left_ms.max(0).unsigned_abs())
}

/// Where the lesson is.
fn now_ms(zero: &watch::Sender<Instant>) -> i64 {
    let (zero, now) = (*zero.borrow(), Instant::now());
    let ms = |length: Duration| i64::try_from(length.as_millis()).unwrap_or(i64::MAX);
    ms(now.saturating_duration_since(zero)) - ms(zero.saturating_duration_since(now))
}

/// Waits until so long before that moment of the lesson.
pub(super) async fn wait_for(zero: &watch::Sender<Instant>, at_ms: i64, early: Duration) {
    let at_ms = at_ms - i64::try_from(early.as_millis()).unwrap_or(0);
    while until(zero, at_ms) > Duration::ZERO {
        tokio::time::sleep(until(zero, at_ms).min(LOOK)).await;
    }
}
