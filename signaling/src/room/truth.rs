//! The truth test in virtual time: a scripted class, its evidence from sockets and media alone, and
//! a roll that must say what happened, to two seconds.
//!
//! Invariant: what happens and what the roll must say is in the scripts of `homeroom-truth`, which
//! real bots play too; a killed server leaves only what was in the journal.

use super::*;
use crate::limits::SILENT_AFTER_MS;
use homeroom_protocol::{Attendance, Join, MediaLayout, MediaOffer, PROTOCOL_VERSION, RollRules};
use homeroom_store::{RosterLine, StoredLesson};
use homeroom_truth::{Coming, Deed, Kind, Person as Actor, Script, ServerDeed, Slips, With};
use std::collections::BTreeMap;

/// Minute 0 of the lesson.
const BEGINS_MS: u64 = 1_700_000_000_000;
const TOLERANCE_MS: u64 = homeroom_truth::TOLERANCE_MS;
/// How long a browser takes to connect, and the SFU to have proof that it hears.
const CONNECTS_MS: u64 = 100;
const PROOF_MS: u64 = 150;
/// When the socket of a lost line is given up.
const SOCKET_DIES_MS: u64 = 11_000;
const TEACHER_TOKEN: &str = "teacher";
/// When the server loses its media alone, where it does, and for how long.
const MEDIA_LOST_MS: u64 = BEGINS_MS + 40 * 60_000;
const MEDIA_LOST_FOR_MS: u64 = 8_000;

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

impl Person {
    const fn is_connected(&self) -> bool {
        self.inside && !self.line_is_down
    }
}

/// What happens next, beside the script.
enum Later {
    Script(usize, Deed),
    Server(ServerDeed),
    MediaFails,
    MediaAgain,
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

const OPEN_DOOR: &str = r#"{"microphones_locked":false,"lesson_locked":false,"lobby":false,"chat":"everyone","floor":[]}"#;

fn code() -> LessonCode {
    LessonCode::parse("k7m3xhrp2").expect("is a code")
}

fn moment(at_ms: i64) -> u64 {
    BEGINS_MS.checked_add_signed(at_ms).expect("in range")
}

impl World {
    fn new(script: &Script) -> Self {
        let roster = (1..).zip(script.pupils());
        let roster = roster.map(|(number, pupil)| RosterLine {
            person: PersonId(number),
            name: pupil.name.clone(),
        });
        let rules = RollRules {
            late_after_ms: script.late_after_ms,
            early_before_ms: script.early_before_ms,
            ..RollRules::default()
        };
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
            roll_rules: serde_json::to_string(&rules).ok(),
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
        let mut number = 0;
        for actor in &script.people {
            number += i64::from(actor.kind == Kind::Pupil);
            let person = (actor.kind == Kind::Pupil).then_some(PersonId(number));
            world.add(actor, person);
        }
        for timed in &script.server {
            world.at(moment(timed.at_ms), Later::Server(timed.deed));
        }
        world
    }

    fn add(&mut self, actor: &Actor, person: Option<PersonId>) {
        let place = self.people.len();
        let is_teacher = actor.kind == Kind::Teacher;
        self.people.push(Person {
            name: actor.name.clone(),
            person,
            is_teacher,
            token: is_teacher.then(|| TEACHER_TOKEN.to_owned()),
            ..Person::default()
        });
        for timed in &actor.does {
            self.at(
                moment(timed.at_ms),
                Later::Script(place, timed.deed.clone()),
            );
        }
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
            Later::Script(who, deed) => self.act(who, deed),
            Later::Server(deed) => self.serve(deed),
            Later::MediaFails => self.input(Input::Media(MediaEvent::RoomFailed)),
            Later::MediaAgain => self.bring_media_again(),
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

    fn serve(&mut self, deed: ServerDeed) {
        match deed {
            ServerDeed::IsKilled => {
                self.room = None;
                for person in &mut self.people {
                    person.session = None;
                }
            }
            ServerDeed::RunsAgain => {
                self.open();
                for who in 0..self.people.len() {
                    self.now_ms += 10;
                    if self.people[who].is_connected() {
                        self.join(who, None);
                    }
                }
            }
        }
    }

    /// Pages that were told that the media of the lesson failed bring new offers.
    fn bring_media_again(&mut self) {
        for who in 0..self.people.len() {
            let person = &self.people[who];
            if let (true, true, Some(session)) =
                (person.is_connected(), person.has_media, person.session)
            {
                let media = offer();
                let message = ClientMessage::RenewMedia { media };
                self.input(Input::Message {
                    session,
                    message,
                    new_key: None,
                });
                self.soon(CONNECTS_MS, Later::Connected(who, session));
                self.say_blocked(who);
            }
        }
    }

    fn act(&mut self, who: usize, deed: Deed) {
        let now_ms = self.now_ms;
        match deed {
            Deed::Comes(Coming { name, with }) => {
                self.people[who].is_blocked = with == With::SoundBlocked;
                self.come(who, with != With::NoMedia, name.as_deref());
            }
            Deed::LetsSoundPlay => {
                self.people[who].is_blocked = false;
                self.say(who, ClientMessage::Playing { audio: true });
            }
            Deed::OpensAnotherDevice => self.join(who, None),
            Deed::Leaves => {
                self.say(who, ClientMessage::Leave);
                self.people[who].inside = false;
            }
            Deed::LosesLine => {
                self.people[who].line_is_down = true;
                self.soon(SILENT_AFTER_MS, Later::Silent(who));
                if let Some(session) = self.people[who].session {
                    self.soon(SOCKET_DIES_MS, Later::SocketDies(who, session));
                }
            }
            Deed::HasLineAgain => {
                self.people[who].line_is_down = false;
                self.join(who, None);
                for (check, pressed_ms) in std::mem::take(&mut self.people[who].unsent) {
                    let ago_ms = now_ms - pressed_ms;
                    self.say(who, ClientMessage::AnswerCheck { check, ago_ms });
                }
            }
            Deed::Answers => {
                let (check, ago_ms) = (self.checks, 0);
                if self.people[who].line_is_down {
                    self.people[who].unsent.push((check, now_ms));
                } else {
                    self.say(who, ClientMessage::AnswerCheck { check, ago_ms });
                }
            }
            Deed::RaisesHand => self.say(who, ClientMessage::RaiseHand { raised: true }),
            Deed::Speaks { for_ms } => {
                let id = self.people[who].id.expect("is there");
                self.input(Input::Media(MediaEvent::Speaking(vec![id])));
                self.soon(for_ms, Later::Quiet);
            }
            Deed::SaysSeveral => {
                self.say(who, ClientMessage::SeveralHere { several: true });
            }
            Deed::SaysWrong => {
                let text = "I was there".to_owned();
                self.say(who, ClientMessage::DisputeRoll { text });
            }
            Deed::Asks { for_ms } => {
                let seconds = u16::try_from(for_ms / 1_000).expect("is short");
                self.say(who, ClientMessage::StartCheck { seconds });
            }
            Deed::Excuses(name) => self.mark(who, &name, Some(Attendance::Excused), "ill"),
            Deed::Marks(name) => self.mark(who, &name, Some(Attendance::Present), "was there"),
            Deed::TakesBack(name) => self.mark(who, &name, None, ""),
            Deed::Seats { names, screen } => {
                let screen = self.line_of(&screen);
                let lines = names.iter().map(|name| self.line_of(name)).collect();
                self.say(who, ClientMessage::MarkInRoom { screen, lines });
            }
        }
    }

    fn mark(&mut self, who: usize, name: &str, status: Option<Attendance>, reason: &str) {
        let (line, reason) = (self.line_of(name), reason.to_owned());
        let message = ClientMessage::SetAttendance {
            line,
            status,
            reason,
        };
        self.say(who, message);
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
        self.input(Input::Message {
            session,
            message,
            new_key: None,
        });
    }
}

fn offer() -> MediaOffer {
    MediaOffer {
        sdp: "v=0".into(),
        layout: MediaLayout::default(),
    }
}

fn play(script: &Script, media_is_lost: bool) -> World {
    let mut world = World::new(script);
    if media_is_lost {
        world.at(MEDIA_LOST_MS, Later::MediaFails);
        world.at(MEDIA_LOST_MS + MEDIA_LOST_FOR_MS, Later::MediaAgain);
    }
    world.play_until(BEGINS_MS + script.length_ms);
    world.say(0, ClientMessage::EndLesson);
    world
}

fn report_of(world: &World) -> homeroom_protocol::RollReport {
    crate::roll_call::report::of_saved(&world.saved).expect("a report")
}

fn scripts() -> [Script; 2] {
    [Script::whole(), Script::short()].map(|script| script.expect("the script can be read"))
}

#[test]
fn truth_the_roll_says_what_happened() {
    for script in scripts() {
        let world = play(&script, false);
        let report = report_of(&world);
        assert_eq!(report.lines.len(), script.on_roll().count());
        let mut wrong = Vec::new();
        for (line, (actor, expected)) in report.lines.iter().zip(script.on_roll()) {
            assert_eq!(
                line.name, actor.name,
                "in the list's order, by the school's names"
            );
            let judgement = expected.judge(line, &Slips::default());
            wrong.extend(
                judgement
                    .wrong
                    .iter()
                    .map(|it| format!("{}: {it}", line.name)),
            );
        }
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
        assert_eq!(world.refused, 0, "nobody was refused anything");
    }
}

#[test]
fn truth_media_that_the_server_loses_is_nobodys_absence() {
    let [whole, _] = scripts();
    let (plain, lossy) = (
        report_of(&play(&whole, false)),
        report_of(&play(&whole, true)),
    );
    let mut touched = 0;
    for (was, is) in plain.lines.iter().zip(&lossy.lines) {
        let name = &was.name;
        let heard_then = was.first_heard_ms.is_some_and(|at| at < MEDIA_LOST_MS)
            && was.last_heard_ms.is_some_and(|at| at > MEDIA_LOST_MS);
        let lost_ms = if heard_then { MEDIA_LOST_FOR_MS } else { 0 };
        touched += u32::from(heard_then);
        assert_eq!((is.status, &is.flags), (was.status, &was.flags), "{name}");
        for (what, less, more) in [
            ("heard", was.heard_ms, is.heard_ms),
            ("ours", is.ours_ms, was.ours_ms),
        ] {
            // A socket alone, and a loudspeaker that waits, are with our media as without it.
            if what == "heard" || heard_then {
                let off_ms = (less - more).abs_diff(lost_ms);
                assert!(
                    off_ms <= TOLERANCE_MS,
                    "{name}: {what} is off by {off_ms} ms"
                );
            }
        }
        assert_eq!(is.line_ms.abs_diff(was.line_ms), 0, "{name}");
    }
    assert!(touched > 15, "most of the class was there");
}

#[test]
fn truth_what_the_room_says_is_what_the_journal_says() {
    for script in scripts() {
        let mut world = play(&script, false);
        let room = world.room.take().expect("ran to the end");
        let replayed = RollCall::replay(&world.saved);
        let now_ms = world.now_ms;
        assert_eq!(room.roll.roll_lines(now_ms), replayed.roll_lines(now_ms));
        assert_eq!(room.roll.head(), replayed.head());
        assert_eq!(room.roll.sessions(now_ms), replayed.sessions(now_ms));
    }
}

#[test]
fn truth_the_lesson_begins_with_the_teachers_voice_and_somebody_to_hear_it() {
    for script in scripts() {
        let report = report_of(&play(&script, false));
        let started_ms = report.head.started_ms.expect("began");
        assert!(started_ms.abs_diff(BEGINS_MS) <= TOLERANCE_MS);
    }
}
