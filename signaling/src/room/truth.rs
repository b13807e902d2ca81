//! The truth test: a scripted class in virtual time, its evidence from sockets and media alone, and
//! a roll that must say what happened, to two seconds.
//!
//! Invariant: the script is `loadtest/scenarios/truth.toml` and nothing of it is written twice; a
//! killed server leaves only what was in the journal.

use super::*;
use crate::limits::SILENT_AFTER_MS;
use homeroom_protocol::{
    Attendance, Join, MediaLayout, MediaOffer, PROTOCOL_VERSION, RollFlag, RollLine,
};
use homeroom_store::{RosterLine, StoredLesson};
use serde::Deserialize;
use std::collections::BTreeMap;

const SCRIPT: &str = include_str!("../../../loadtest/scenarios/truth.toml");
/// Minute 0 of the lesson.
const BEGINS_MS: u64 = 1_700_000_000_000;
const TOLERANCE_MS: u64 = 2_000;
/// How long a browser takes to connect, and the SFU to have proof that it hears.
const CONNECTS_MS: u64 = 100;
const PROOF_MS: u64 = 150;
/// When the socket of a lost line is given up.
const SOCKET_DIES_MS: u64 = 11_000;
const TEACHER_TOKEN: &str = "teacher";

#[derive(Deserialize)]
struct Script {
    minutes: u64,
    teacher: Actor,
    server: Deeds,
    pupil: Vec<Actor>,
    guest: Vec<Actor>,
}

#[derive(Deserialize)]
struct Deeds {
    does: Vec<String>,
}

#[derive(Deserialize)]
struct Actor {
    name: String,
    does: Vec<String>,
    roll: Option<Expected>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    status: Attendance,
    measured: Option<Attendance>,
    #[serde(default)]
    flags: Vec<RollFlag>,
    late: Option<String>,
    early: Option<String>,
    heard: Option<String>,
    line: Option<String>,
    device: Option<String>,
    spoke: Option<String>,
    #[serde(default)]
    hands: u32,
    checks: Option<String>,
}

/// `MM:SS` with a minus before the lesson, in milliseconds of the lesson.
fn clock(text: &str) -> i64 {
    let (sign, text) = text.strip_prefix('-').map_or((1, text), |text| (-1, text));
    let (minutes, seconds) = text.split_once(':').expect("minutes:seconds");
    let number = |text: &str| text.parse::<i64>().expect("a number");
    sign * (number(minutes) * 60 + number(seconds)) * 1_000
}

fn ms(text: Option<&String>) -> u64 {
    text.map_or(0, |text| clock(text).unsigned_abs())
}

/// Somebody with a browser.
#[derive(Default)]
struct Person {
    name: String,
    person: Option<PersonId>,
    is_teacher: bool,
    id: Option<ParticipantId>,
    token: Option<String>,
    session: Option<SessionId>,
    inside: bool,
    has_media: bool,
    is_blocked: bool,
    line_is_down: bool,
    /// Answers that wait for the line: which check, pressed when.
    unsent: Vec<(u32, u64)>,
}

/// What happens next, beside the script.
enum Later {
    Script(usize, String),
    Connected(usize, SessionId),
    Proof(usize, SessionId),
    Silent(usize),
    SocketDies(usize, SessionId),
    Quiet,
}

struct World {
    room: Option<Room>,
    saved: SavedLesson,
    now_ms: u64,
    people: Vec<Person>,
    later: BTreeMap<(u64, usize), Later>,
    count: usize,
    checks: u32,
    refused: usize,
    finished: bool,
}

const SERVER: usize = usize::MAX;
const OPEN_DOOR: &str = r#"{"microphones_locked":false,"lesson_locked":false,"lobby":false,"chat":"everyone","floor":[]}"#;

fn code() -> LessonCode {
    LessonCode::parse("k7m3xhrp2").expect("is a code")
}

impl World {
    fn new(script: &Script) -> Self {
        let roster = (1..).zip(&script.pupil).map(|(number, pupil)| RosterLine {
            person: PersonId(number),
            name: pupil.name.clone(),
        });
        let saved = SavedLesson {
            lesson: StoredLesson {
                id: LessonId(7),
                class: Some(homeroom_store::ClassId(3)),
                teacher: None,
                code: "k7m-3xh-rp2".into(),
                name: "Physics".into(),
                teacher_token: TokenHash::of(TEACHER_TOKEN),
                started_ms: BEGINS_MS - 3_600_000,
                alive_ms: None,
                ended_ms: None,
            },
            roster: roster.collect(),
            seats: Vec::new(),
            events: Vec::new(),
            decisions: Vec::new(),
            // Guests come in by the link: the teacher keeps the door open.
            class: homeroom_store::SavedClass {
                rules: Some(OPEN_DOOR.into()),
                ..homeroom_store::SavedClass::default()
            },
            kept: None,
            roll_rules: None,
        };
        let mut world = Self {
            room: None,
            saved,
            now_ms: BEGINS_MS - 90_000,
            people: Vec::new(),
            later: BTreeMap::new(),
            count: 0,
            checks: 0,
            refused: 0,
            finished: false,
        };
        world.open();
        world.add(&script.teacher, None, true);
        for (number, pupil) in (1..).zip(&script.pupil) {
            world.add(pupil, Some(PersonId(number)), false);
        }
        for guest in &script.guest {
            world.add(guest, None, false);
        }
        for deed in &script.server.does {
            world.plan(SERVER, deed);
        }
        world
    }

    fn add(&mut self, actor: &Actor, person: Option<PersonId>, is_teacher: bool) {
        let place = self.people.len();
        self.people.push(Person {
            name: actor.name.clone(),
            person,
            is_teacher,
            token: is_teacher.then(|| TEACHER_TOKEN.to_owned()),
            ..Person::default()
        });
        for deed in &actor.does {
            self.plan(place, deed);
        }
    }

    fn plan(&mut self, who: usize, deed: &str) {
        let (at, what) = deed.split_once(' ').expect("when and what");
        let at_ms = BEGINS_MS.checked_add_signed(clock(at)).expect("in range");
        self.at(at_ms, Later::Script(who, what.to_owned()));
    }

    fn at(&mut self, at_ms: u64, what: Later) {
        self.count += 1;
        self.later.insert((at_ms, self.count), what);
    }

    fn soon(&mut self, ms: u64, what: Later) {
        self.at(self.now_ms + ms, what);
    }

    fn play_until(&mut self, end_ms: u64) {
        while let Some(entry) = self
            .later
            .first_entry()
            .filter(|next| next.key().0 <= end_ms)
        {
            let ((at_ms, _), what) = entry.remove_entry();
            self.pass(at_ms);
            self.happen(what);
        }
        self.pass(end_ms);
    }

    /// Lets time pass with every tick that the room asks for.
    fn pass(&mut self, until_ms: u64) {
        while let Some(wake_ms) = self.room.as_ref().and_then(Room::wake_at_ms) {
            if wake_ms > until_ms {
                break;
            }
            assert!(!self.finished, "the room ended");
            self.now_ms = self.now_ms.max(wake_ms);
            self.input(Input::Tick);
        }
        self.now_ms = until_ms;
    }

    fn open(&mut self) {
        let (room, effects) = Room::open(code(), &self.saved, self.now_ms);
        self.room = Some(room);
        self.perform(effects);
    }

    fn input(&mut self, input: Input) {
        let Some(room) = &mut self.room else { return };
        let effects = room.handle(self.now_ms, input);
        self.perform(effects);
    }

    /// The store and the SFU; what is said to pages goes to whoever it is for.
    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Journal(Record::Seat(seat)) => self.saved.seats.push(seat),
                Effect::Journal(Record::Event(event)) => self.saved.events.push(event),
                Effect::Journal(Record::Decision(said)) => self.saved.decisions.push(said),
                Effect::Journal(Record::Alive { at_ms, .. }) => {
                    self.saved.lesson.alive_ms = Some(at_ms);
                }
                Effect::Journal(Record::Ended { at_ms, .. }) => {
                    self.saved.lesson.ended_ms = Some(at_ms);
                }
                Effect::Media(MediaCommand::Join { .. }) => {
                    let answer = Ok("answer".to_owned());
                    self.input(Input::OfferAnswered { answer });
                }
                Effect::Send { to, message } => self.hear(&to, &message),
                Effect::Close { session, .. } => {
                    for person in &mut self.people {
                        if person.session == Some(session) {
                            person.session = None;
                        }
                    }
                }
                Effect::Finished => self.finished = true,
                #[allow(unreachable_patterns)]
                Effect::Media(_) | Effect::Journal(_) => {}
            }
        }
    }

    fn hear(&mut self, to: &[SessionId], message: &ServerMessage) {
        for person in &mut self.people {
            if !person.session.is_some_and(|session| to.contains(&session)) {
                continue;
            }
            match message {
                ServerMessage::Joined(joined) => {
                    person.id = Some(joined.you);
                    person.token = Some(joined.seat_token.clone());
                }
                ServerMessage::Check { number, .. } => self.checks = self.checks.max(*number),
                // A broken medium asks for a new offer in these words.
                ServerMessage::Error { code, .. } if *code != ErrorCode::Internal => {
                    self.refused += 1;
                }
                _ => {}
            }
        }
    }

    fn happen(&mut self, what: Later) {
        match what {
            Later::Script(SERVER, what) => self.serve(&what),
            Later::Script(who, what) => self.act(who, &what),
            Later::Connected(who, session) => {
                if let Some(id) = self.media_of(who, session) {
                    self.input(Input::Media(MediaEvent::Connected(id)));
                    self.soon(PROOF_MS, Later::Proof(who, session));
                }
            }
            Later::Proof(who, session) => {
                if let Some(participant) = self.media_of(who, session) {
                    let hearing = true;
                    self.input(Input::Media(MediaEvent::Hearing {
                        participant,
                        hearing,
                    }));
                }
            }
            Later::Silent(who) => {
                let id = self.people[who]
                    .id
                    .filter(|_| self.people[who].line_is_down);
                if let Some(id) = id {
                    self.input(Input::Media(MediaEvent::Silent(id)));
                }
            }
            Later::SocketDies(who, session) => {
                if self.people[who].session == Some(session) && self.people[who].line_is_down {
                    self.people[who].session = None;
                    let heard_ms = self.now_ms - SOCKET_DIES_MS;
                    self.input(Input::Gone { session, heard_ms });
                }
            }
            Later::Quiet => self.input(Input::Media(MediaEvent::Speaking(Vec::new()))),
        }
    }

    fn media_of(&self, who: usize, session: SessionId) -> Option<ParticipantId> {
        let person = &self.people[who];
        let lives = person.session == Some(session) && !person.line_is_down;
        person.id.filter(|_| lives && self.room.is_some())
    }

    fn serve(&mut self, what: &str) {
        let inside = |person: &Person| person.inside && !person.line_is_down;
        match what {
            "is killed" => {
                self.room = None;
                for person in &mut self.people {
                    person.session = None;
                }
            }
            "runs again" => {
                self.open();
                for who in 0..self.people.len() {
                    self.now_ms += 10;
                    if inside(&self.people[who]) {
                        self.join(who, None);
                    }
                }
            }
            "loses its media" => self.input(Input::Media(MediaEvent::RoomFailed)),
            "has media again" => {
                for who in 0..self.people.len() {
                    let person = &self.people[who];
                    if let (true, true, Some(session)) =
                        (inside(person), person.has_media, person.session)
                    {
                        let media = offer();
                        let message = ClientMessage::RenewMedia { media };
                        self.input(Input::Message { session, message });
                        self.soon(CONNECTS_MS, Later::Connected(who, session));
                        self.say_blocked(who);
                    }
                }
            }
            other => panic!("the server cannot {other:?}"),
        }
    }

    fn act(&mut self, who: usize, what: &str) {
        let now_ms = self.now_ms;
        if let Some(name) = what.strip_prefix("comes as ") {
            return self.come(who, true, Some(name));
        }
        if let Some(time) = what.strip_prefix("speaks for ") {
            let id = self.people[who].id.expect("is there");
            self.input(Input::Media(MediaEvent::Speaking(vec![id])));
            return self.soon(clock(time).unsigned_abs(), Later::Quiet);
        }
        match what {
            "comes" => self.come(who, true, None),
            "comes without media" => self.come(who, false, None),
            "comes with the sound blocked" => {
                self.people[who].is_blocked = true;
                self.come(who, true, None);
            }
            "lets the sound play" => {
                self.people[who].is_blocked = false;
                self.say(who, ClientMessage::Playing { audio: true });
            }
            "opens another device" => self.join(who, None),
            "leaves" => {
                self.say(who, ClientMessage::Leave);
                self.people[who].inside = false;
            }
            "loses the line" => {
                self.people[who].line_is_down = true;
                self.soon(SILENT_AFTER_MS, Later::Silent(who));
                if let Some(session) = self.people[who].session {
                    self.soon(SOCKET_DIES_MS, Later::SocketDies(who, session));
                }
            }
            "has the line again" => {
                self.people[who].line_is_down = false;
                self.join(who, None);
                for (check, pressed_ms) in std::mem::take(&mut self.people[who].unsent) {
                    let ago_ms = now_ms - pressed_ms;
                    self.say(who, ClientMessage::AnswerCheck { check, ago_ms });
                }
            }
            "answers" => {
                let (check, ago_ms) = (self.checks, 0);
                if self.people[who].line_is_down {
                    self.people[who].unsent.push((check, now_ms));
                } else {
                    self.say(who, ClientMessage::AnswerCheck { check, ago_ms });
                }
            }
            "raises a hand" => self.say(who, ClientMessage::RaiseHand { raised: true }),
            "says that several are here" => {
                self.say(who, ClientMessage::SeveralHere { several: true });
            }
            "says that this is wrong" => {
                let text = "I was there".to_owned();
                self.say(who, ClientMessage::DisputeRoll { text });
            }
            other => self.teach(who, other),
        }
    }

    fn teach(&mut self, who: usize, what: &str) {
        if let Some(time) = what.strip_prefix("asks who is there for ") {
            let seconds = u16::try_from(clock(time) / 1_000).expect("short");
            return self.say(who, ClientMessage::StartCheck { seconds });
        }
        let mark = |line, status, reason: &str| ClientMessage::SetAttendance {
            line,
            status,
            reason: reason.to_owned(),
        };
        if let Some(name) = what.strip_prefix("excuses ") {
            let line = self.line_of(name);
            self.say(who, mark(line, Some(Attendance::Excused), "ill"));
        } else if let Some(name) = what.strip_prefix("takes back ") {
            let line = self.line_of(name);
            self.say(who, mark(line, None, ""));
        } else if let Some(name) = what.strip_prefix("marks ") {
            let name = name.strip_suffix(" present").expect("present");
            let line = self.line_of(name);
            self.say(who, mark(line, Some(Attendance::Present), "was there"));
        } else if let Some(text) = what.strip_prefix("seats ") {
            let (names, screen) = text.split_once(" at ").expect("at whose screen");
            let screen = self.line_of(screen);
            let lines = names.split(", ").map(|name| self.line_of(name)).collect();
            self.say(who, ClientMessage::MarkInRoom { screen, lines });
        } else {
            panic!("nobody can {what:?}");
        }
    }

    fn line_of(&self, name: &str) -> homeroom_protocol::LineId {
        let room = self.room.as_ref().expect("runs");
        let mut lines = room.roll.roll_lines(self.now_ms).into_iter();
        lines
            .find(|line| line.name == name)
            .expect("is on the roll")
            .id
    }

    fn come(&mut self, who: usize, has_media: bool, name: Option<&str>) {
        self.people[who].inside = true;
        self.people[who].has_media = has_media;
        self.join(who, name);
    }

    fn join(&mut self, who: usize, name: Option<&str>) {
        self.count += 1;
        let session = SessionId(self.count as u64);
        let person = &mut self.people[who];
        let media = person.has_media.then(offer);
        let join = Join {
            version: PROTOCOL_VERSION,
            lesson: code(),
            name: name.unwrap_or(&person.name).to_owned(),
            token: person.token.clone(),
            ticket: None,
            device: None,
            media,
            microphone: person.is_teacher,
            camera: false,
        };
        let voucher = person.person.map(|known| {
            Voucher::Person(Identity {
                person: known,
                name: person.name.clone(),
                role: Role::Student,
            })
        });
        person.session = Some(session);
        self.input(Input::Join {
            session,
            join: Box::new(join),
            voucher,
            fresh_token: format!("token-{session:?}"),
        });
        if self.people[who].has_media {
            self.soon(CONNECTS_MS, Later::Connected(who, session));
            self.say_blocked(who);
        }
    }

    fn say_blocked(&mut self, who: usize) {
        if self.people[who].is_blocked {
            self.say(who, ClientMessage::Playing { audio: false });
        }
    }

    fn say(&mut self, who: usize, message: ClientMessage) {
        let session = self.people[who].session.expect("is connected");
        self.input(Input::Message { session, message });
    }
}

fn offer() -> MediaOffer {
    MediaOffer {
        sdp: "v=0".into(),
        layout: MediaLayout::default(),
    }
}

fn play() -> (Script, World) {
    let script: Script = toml::from_str(SCRIPT).expect("the script can be read");
    let mut world = World::new(&script);
    world.play_until(BEGINS_MS + script.minutes * 60_000);
    world.say(0, ClientMessage::EndLesson);
    (script, world)
}

fn check_line(line: &RollLine, expected: &Expected, wrong: &mut Vec<String>) {
    let name = &line.name;
    let measured = expected.measured.unwrap_or(match expected.status {
        Attendance::Excused | Attendance::InTheRoom => Attendance::Absent,
        other => other,
    });
    if (line.status, line.measured) != (expected.status, measured) {
        wrong.push(format!(
            "{name}: {:?}, measured {:?}",
            line.status, line.measured
        ));
    }
    let mut flags = expected.flags.clone();
    flags.sort_unstable();
    let mut raised = line.flags.clone();
    raised.sort_unstable();
    if raised != flags {
        wrong.push(format!("{name}: flags {raised:?}, not {flags:?}"));
    }
    let times = [
        ("late", line.late_ms, expected.late.as_ref()),
        ("early", line.left_early_ms, expected.early.as_ref()),
        ("heard", line.heard_ms, expected.heard.as_ref()),
        ("line", line.line_ms, expected.line.as_ref()),
        ("device", line.device_ms, expected.device.as_ref()),
        ("spoke", line.spoke_ms, expected.spoke.as_ref()),
    ];
    for (what, is_ms, expected) in times {
        let expected_ms = ms(expected);
        if is_ms.abs_diff(expected_ms) > TOLERANCE_MS {
            wrong.push(format!("{name}: {what} {is_ms} ms, not {expected_ms}"));
        }
    }
    let checks = format!("{} of {}", line.checks_answered, line.checks_sent);
    if expected
        .checks
        .as_ref()
        .is_some_and(|expected| *expected != checks)
    {
        wrong.push(format!("{name}: checks {checks}"));
    }
    if line.hands != expected.hands {
        wrong.push(format!("{name}: {} hands", line.hands));
    }
}

#[test]
fn truth_the_roll_says_what_happened() {
    let (script, world) = play();
    let report = crate::roll_call::report::of_saved(&world.saved).expect("a report");
    let expected = script.pupil.iter().chain(&script.guest);
    assert_eq!(report.lines.len(), expected.clone().count());
    assert!(report.lines.len() > 30, "a whole class");
    let mut wrong = Vec::new();
    for (line, actor) in report.lines.iter().zip(expected) {
        assert_eq!(
            line.name, actor.name,
            "in the list's order, by the school's names"
        );
        let expected = actor.roll.as_ref().expect("what the roll must say");
        check_line(line, expected, &mut wrong);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(world.refused, 0, "nobody was refused anything");
}

#[test]
fn truth_every_status_is_in_the_script() {
    let script: Script = toml::from_str(SCRIPT).expect("the script can be read");
    let all = script.pupil.iter().chain(&script.guest);
    let seen: std::collections::BTreeSet<_> = all
        .filter_map(|actor| Some(actor.roll.as_ref()?.status))
        .collect();
    assert_eq!(seen.len(), 9, "{seen:?}");
}

#[test]
fn truth_what_the_room_says_is_what_the_journal_says() {
    let (_, mut world) = play();
    let room = world.room.take().expect("ran to the end");
    let replayed = RollCall::replay(&world.saved);
    assert_eq!(
        room.roll.roll_lines(world.now_ms),
        replayed.roll_lines(world.now_ms)
    );
    assert_eq!(room.roll.head(), replayed.head());
    assert_eq!(
        room.roll.sessions(world.now_ms),
        replayed.sessions(world.now_ms)
    );
}

#[test]
fn truth_the_lesson_begins_with_the_teachers_voice_and_somebody_to_hear_it() {
    let (_, world) = play();
    let report = crate::roll_call::report::of_saved(&world.saved).expect("a report");
    let started_ms = report.head.started_ms.expect("began");
    assert!(started_ms.abs_diff(BEGINS_MS) <= TOLERANCE_MS);
}
