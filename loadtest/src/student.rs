//! A student of a run: a light bot, or a full one that is watched.
//!
//! Invariant: both are told by the same [`Fare`], so that a crowd may be mixed freely.

use crate::bot::Bot;
use crate::light::{Fare, Got, LightBot};
use crate::observed::{Link, Observed};
use crate::perceived::PACKET_MS;
use homeroom_protocol::{ClientMessage, ParticipantId};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How often a full bot is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// A picture that has not moved for so long stands still.
const FREEZE: Duration = Duration::from_millis(500);

/// Somebody who attends.
pub(crate) enum Student {
    Light(LightBot),
    Full(Box<FullStudent>),
}

impl Student {
    /// Its number in the lesson.
    pub(crate) fn id(&self) -> ParticipantId {
        match self {
            Self::Light(bot) => bot.id(),
            Self::Full(full) => full.bot.id(),
        }
    }

    pub(crate) fn fare(&self) -> Fare {
        match self {
            Self::Light(bot) => bot.fare(),
            Self::Full(full) => *full.fare.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    /// From the first byte to `joined`.
    pub(crate) fn joined(&self) -> Option<Duration> {
        match self {
            Self::Light(bot) => Some(bot.joined()),
            Self::Full(full) => full.changes.borrow().timings.joined,
        }
    }

    pub(crate) fn port(&self) -> Option<u16> {
        match self {
            Self::Light(bot) => bot.port(),
            Self::Full(_) => None,
        }
    }

    pub(crate) async fn watch(&self, people: &[ParticipantId], height: u16) {
        match self {
            Self::Light(bot) => bot.watch(people, height).await,
            Self::Full(full) => {
                let slots: Vec<_> = people.iter().copied().map(Some).collect();
                let heights = vec![height; slots.len()];
                full.bot.say(ClientMessage::Watch { slots, heights }).await;
            }
        }
    }

    pub(crate) async fn expect(&self, voices: u32, pictures: u32) {
        match self {
            Self::Light(bot) => bot.expect(voices, pictures).await,
            Self::Full(full) => {
                full.expected.0.store(voices, Ordering::Relaxed);
                full.expected.1.store(pictures, Ordering::Relaxed);
            }
        }
    }

    pub(crate) async fn say(&self, message: ClientMessage) {
        match self {
            Self::Light(bot) => bot.say(message).await,
            Self::Full(full) => full.bot.say(message).await,
        }
    }

    /// What a full bot perceives.
    pub(crate) fn observed(&self) -> Option<Observed> {
        match self {
            Self::Light(_) => None,
            Self::Full(full) => Some(full.bot.observed()),
        }
    }

    pub(crate) async fn leave(self) {
        match self {
            Self::Light(bot) => bot.leave().await,
            Self::Full(full) => {
                drop(full.looking);
                full.bot.leave().await;
            }
        }
    }
}

/// A full bot, and who looks at it.
pub(crate) struct FullStudent {
    bot: Bot,
    changes: watch::Receiver<Observed>,
    fare: Arc<Mutex<Fare>>,
    expected: Arc<(AtomicU32, AtomicU32)>,
    looking: Looking,
}

impl FullStudent {
    pub(crate) fn new(bot: Bot) -> Self {
        let changes = bot.changes();
        let fare = Arc::new(Mutex::new(Fare::default()));
        let expected = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
        let looking = tokio::spawn(look(
            changes.clone(),
            Arc::clone(&fare),
            Arc::clone(&expected),
        ));
        let looking = Looking(looking);
        Self {
            bot,
            changes,
            fare,
            expected,
            looking,
        }
    }
}

/// Ends with the student.
struct Looking(JoinHandle<()>);

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Judges ten times a second what a full bot hears and sees, as a light one judges itself.
async fn look(
    changes: watch::Receiver<Observed>,
    fare: Arc<Mutex<Fare>>,
    expected: Arc<(AtomicU32, AtomicU32)>,
) {
    let mut due = (0, 0, 0);
    let mut moved: Vec<(u64, Option<Instant>)> = Vec::new();
    let mut last = Instant::now();
    loop {
        tokio::time::sleep(LOOK).await;
        let now = Instant::now();
        let us = now
            .duration_since(std::mem::replace(&mut last, now))
            .as_micros() as u64;
        let voices = expected.0.load(Ordering::Relaxed);
        let pictures = expected.1.load(Ordering::Relaxed);
        let mut seen = {
            let observed = changes.borrow();
            moved.resize(observed.cameras.len(), (0, None));
            for (camera, (frames, at)) in observed.cameras.iter().zip(&mut moved) {
                if camera.total_frames() != *frames {
                    (*frames, *at) = (camera.total_frames(), Some(now));
                }
            }
            fare_of(&observed)
        };
        let moving = moved
            .iter()
            .filter(|(_, at)| at.is_some_and(|at| now - at < FREEZE));
        let moving = (moving.count() as u32).min(pictures);
        due.0 += us * u64::from(voices);
        due.1 += us * u64::from(pictures);
        due.2 += us * u64::from(pictures - moving);
        seen.got.voices_due_us = due.0;
        seen.got.pictures_due_us = due.1;
        seen.got.frozen_us = due.2;
        *fare.lock().unwrap_or_else(PoisonError::into_inner) = seen;
    }
}

/// Only what was decoded and known counts as heard.
fn fare_of(observed: &Observed) -> Fare {
    let heard_ms: u64 = observed
        .voices
        .iter()
        .flat_map(|v| v.tones_ms.values())
        .sum();
    let got = Got {
        voices: heard_ms / PACKET_MS,
        pictures: observed.pictures().map(|s| s.arrivals.unique()).sum(),
        sent: observed.expected_packets(),
        lost: observed.lost_packets(),
        frames: observed.cameras.iter().map(|s| s.total_frames()).sum(),
        wrong: observed.faults(),
        ..Got::default()
    };
    Fare {
        got,
        connected: observed.timings.connected,
        first_sound: observed.timings.first_sound,
        first_picture: observed.timings.first_picture,
        is_gone: observed.link == Link::Failed || !observed.socket_open,
        closed: observed.room.closed,
        ..Fare::default()
    }
}
