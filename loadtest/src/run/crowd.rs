//! Everybody of a run: lessons, teachers, students.
//!
//! Invariant: who is in the crowd has a seat; who did not get one is counted, and nothing else.

use super::Options;
use crate::bot::{Bot, BotConfig, JoinFailed};
use crate::lessons::Lessons;
use crate::light::{LightBot, LightConfig, Performance, Samples};
use crate::origin::Origin;
use crate::patience::as_a_page;
use crate::peer::Lines;
use crate::scenario::Scenario;
use crate::student::{FullStudent, Student};
use crate::tone::{Tone, Volume};
use anyhow::{Context, Result};
use futures_util::{StreamExt, stream};
use homeroom_protocol::{AUDIO_SLOTS, ClientMessage, CreatedLesson, ParticipantId};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::warn;

/// Who leaves at the same time.
const LEAVING_AT_ONCE: usize = 64;
/// How long a teacher's media may take.
const TEACHER_WITHIN: Duration = Duration::from_secs(10);
/// How often a server may say that lessons are started too fast, a second apart.
const MAX_TRIES: u32 = 60;
/// Camera slots of a phone's page.
const PHONE_SLOTS: usize = 4;

/// What a place in a class is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    lesson: usize,
    number: usize,
    speaks: bool,
    camera: bool,
    is_full: bool,
}

struct Seated {
    place: Place,
    student: Arc<Student>,
}

/// Everybody.
pub(super) struct Crowd {
    scenario: Scenario,
    server: Origin,
    via: Option<SocketAddr>,
    from: IpAddr,
    samples: Arc<Samples>,
    lessons: Vec<CreatedLesson>,
    teachers: Vec<LightBot>,
    places: Vec<Place>,
    seated: Mutex<Vec<Seated>>,
    /// Who was told to come again in a moment, and got in.
    returned: AtomicUsize,
}

impl Crowd {
    /// Opens the lessons and lets the teachers in.
    pub(super) async fn open(
        scenario: &Scenario,
        students: usize,
        options: &Options,
        samples: &Arc<Samples>,
    ) -> Result<Self> {
        let http = Lessons::at(&options.server);
        let count = scenario.lessons(students);
        let mut lessons = options.lessons.clone();
        lessons.truncate(count);
        while lessons.len() < count {
            lessons.push(create(&http).await?);
        }
        let mut crowd = Self {
            scenario: scenario.clone(),
            server: options.server.clone(),
            via: options.via,
            from: options.from,
            samples: Arc::clone(samples),
            places: places(scenario, students),
            lessons,
            teachers: Vec::new(),
            seated: Mutex::new(Vec::new()),
            returned: AtomicUsize::new(0),
        };
        let teachers = crowd.lessons.iter().map(|lesson| crowd.teacher(lesson));
        let teachers: Vec<_> = stream::iter(teachers).buffered(8).collect().await;
        for teacher in teachers {
            crowd.teachers.push(teacher?);
        }
        Ok(crowd)
    }

    async fn teacher(&self, lesson: &CreatedLesson) -> Result<LightBot> {
        let act = self.scenario.teacher;
        let config = LightConfig {
            token: Some(lesson.teacher_token.clone()),
            performance: Performance {
                voice: act.speaks.then_some((Tone::nth(0), Volume::Normal)),
                layers: act.layers,
            },
            via: self.via,
            from: self.from,
            ..LightConfig::new(&self.server, &lesson.code, "Teacher", &self.samples)
        };
        let bot = LightBot::join(config).await;
        let bot = bot.context("a teacher could not join")?;
        let connected = async {
            while bot.fare().connected.is_none() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let within = tokio::time::timeout(TEACHER_WITHIN, connected).await;
        within.context("a teacher's media did not come up")?;
        Ok(bot)
    }

    /// Lets the students in, at the scenario's pace.
    pub(super) async fn let_in(self: &Arc<Self>) {
        let joining = self.scenario.joining;
        let pace = Duration::from_secs(1) / joining.per_second.max(1);
        let turns = Arc::new(Semaphore::new(joining.at_once.max(1)));
        let mut clock = tokio::time::interval(pace.max(Duration::from_micros(1)));
        let mut tasks = JoinSet::new();
        for place in self.places.clone() {
            clock.tick().await;
            // Never closed.
            let Ok(turn) = Arc::clone(&turns).acquire_owned().await else {
                break;
            };
            let crowd = Arc::clone(self);
            tasks.spawn(async move {
                crowd.seat(place).await;
                drop(turn);
            });
        }
        tasks.join_all().await;
    }

    async fn seat(&self, place: Place) {
        let started = Instant::now();
        match as_a_page(|| self.join(started, place)).await {
            Ok(patient) => {
                if patient.returns > 0 {
                    self.returned.fetch_add(1, Ordering::Relaxed);
                }
                let student = Arc::new(patient.got);
                if self.scenario.class.see_teacher {
                    let teacher = self.teachers[place.lesson].id();
                    student.watch(&[teacher], self.scenario.class.height).await;
                }
                self.seats().push(Seated { place, student });
            }
            Err(error) => warn!(%error, "a student could not join"),
        }
    }

    async fn join(&self, started: Instant, place: Place) -> Result<Student, JoinFailed> {
        let lesson = &self.lessons[place.lesson];
        let name = format!("Student {}", place.number + 1);
        let watched = self.scenario.watched();
        // Few tones are told apart by level: only the first of a class are loud.
        let is_loud = place.number + 1 < AUDIO_SLOTS;
        let volume = if is_loud {
            Volume::Normal
        } else {
            Volume::Whisper
        };
        let tone = Tone::nth(place.number + 1);
        if place.is_full {
            let config = BotConfig {
                lines: Lines {
                    screen: false,
                    video_slots: watched.max(PHONE_SLOTS),
                    ..Lines::DESKTOP
                },
                microphone: false,
                camera: false,
                via: self.via,
                from: self.from,
                ..BotConfig::new(&self.server, &lesson.code, &name, tone)
            };
            let bot = Bot::join_since(started, config).await?;
            return Ok(Student::Full(Box::new(FullStudent::new(bot))));
        }
        let config = LightConfig {
            video_slots: watched.max(PHONE_SLOTS),
            performance: Performance {
                voice: place.speaks.then_some((tone, volume)),
                layers: if place.camera {
                    self.scenario.class.layers
                } else {
                    0
                },
            },
            via: self.via,
            from: self.from,
            ..LightConfig::new(&self.server, &lesson.code, &name, &self.samples)
        };
        let bot = LightBot::join_since(started, config).await?;
        Ok(Student::Light(bot))
    }

    /// Everybody chooses whom to see, and knows what to expect.
    pub(super) async fn look_around(&self) {
        let class = self.scenario.class;
        let seated: Vec<(Place, Arc<Student>, ParticipantId)> = {
            let seats = self.seats();
            let all = seats.iter();
            let all = all.map(|s| (s.place, Arc::clone(&s.student), s.student.id()));
            all.collect()
        };
        for (place, student, _) in &seated {
            let others = seated.iter().filter(|(other, ..)| {
                other.lesson == place.lesson && other.camera && other.number != place.number
            });
            let others: Vec<(usize, ParticipantId)> =
                others.map(|(other, _, id)| (other.number, *id)).collect();
            // The next ones after it, around the class.
            let after = others.iter().filter(|(number, _)| *number > place.number);
            let before = others.iter().filter(|(number, _)| *number < place.number);
            let teacher = class.see_teacher && self.scenario.teacher.layers > 0;
            let teacher = teacher.then(|| self.teachers[place.lesson].id());
            let seen: Vec<ParticipantId> = teacher
                .into_iter()
                .chain(after.chain(before).take(class.see).map(|(_, id)| *id))
                .collect();
            student.watch(&seen, class.height).await;
            let speakers = seated.iter().filter(|(other, ..)| {
                other.lesson == place.lesson && other.speaks && other.number != place.number
            });
            let voices = usize::from(self.scenario.teacher.speaks) + speakers.count();
            // The loudest are chosen for all, so one of them hears one fewer.
            let is_loud = place.speaks && place.number + 1 < AUDIO_SLOTS;
            let most = AUDIO_SLOTS - usize::from(is_loud);
            let pictures = u32::try_from(seen.len()).unwrap_or(0);
            let voices = u32::try_from(voices.min(most)).unwrap_or(0);
            student.expect(voices, pictures).await;
        }
    }

    /// Whether everybody with a seat has media.
    pub(super) fn is_connected(&self) -> bool {
        let seats = self.seats();
        seats
            .iter()
            .all(|seated| seated.student.fare().connected.is_some())
    }

    /// Students who were told to come again in a moment, and got in.
    pub(super) fn returned(&self) -> usize {
        self.returned.load(Ordering::Relaxed)
    }

    /// Everybody with a seat, in the order of their coming.
    pub(super) fn students(&self) -> Vec<Arc<Student>> {
        self.seats()
            .iter()
            .map(|s| Arc::clone(&s.student))
            .collect()
    }

    /// Packets and bytes that teachers got too.
    pub(super) fn teachers(&self) -> &[LightBot] {
        &self.teachers
    }

    /// The lessons.
    pub(super) fn lessons(&self) -> &[CreatedLesson] {
        &self.lessons
    }

    /// Everybody leaves politely, then the lessons end.
    pub(super) async fn disperse(&self) {
        let seated = std::mem::take(&mut *self.seats());
        let leaving = seated.into_iter().map(|seated| async move {
            if let Some(student) = Arc::into_inner(seated.student) {
                student.leave().await;
            }
        });
        let leaving = stream::iter(leaving).buffer_unordered(LEAVING_AT_ONCE);
        leaving.collect::<Vec<()>>().await;
        for teacher in &self.teachers {
            teacher.say(ClientMessage::EndLesson).await;
        }
        let ended = async {
            while !self.teachers.iter().all(|teacher| teacher.fare().is_gone) {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        // A server that does not close the sockets has been told anyway.
        let _ = tokio::time::timeout(Duration::from_secs(2), ended).await;
    }

    fn seats(&self) -> std::sync::MutexGuard<'_, Vec<Seated>> {
        self.seated.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts a lesson, at the pace that the server allows.
async fn create(http: &Lessons) -> Result<CreatedLesson> {
    let mut tries = 0;
    loop {
        match http.create("Load test").await {
            Err(error) if tries < MAX_TRIES && error.to_string().starts_with("429") => {
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return other.context("a lesson could not be started"),
        }
    }
}

/// Full bots are the last, who only listen.
fn places(scenario: &Scenario, students: usize) -> Vec<Place> {
    let per_lesson = scenario.per_lesson.unwrap_or(students);
    let class = scenario.class;
    let place = |index: usize| {
        let number = index % per_lesson;
        let is_full = index + scenario.full >= students && students > scenario.full;
        Place {
            lesson: index / per_lesson,
            number,
            speaks: number < class.speak && !is_full,
            camera: number < class.cameras && !is_full,
            is_full,
        }
    };
    (0..students).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_lesson_by_lesson() {
        let seminar = Scenario::load("seminar").expect("shipped");
        let places = places(&seminar, 45);
        assert_eq!(places.len(), 45);
        assert_eq!(places.iter().filter(|p| p.lesson == 1).count(), 15);
        assert_eq!(places.iter().filter(|p| p.speaks).count(), 4);
        let cameras = places.iter().filter(|p| p.camera).count();
        assert_eq!((cameras, places[44].is_full), (44, true));
    }
}
