//! The room in virtual time: who is let in, who shares, who is here, who is told what. The class in
//! it is in `class`, programs that publish and play in `devices`, what is heard in `hearing`, every
//! right of everybody in `matrix`.

mod class;
mod devices;
mod hearing;
mod matrix;

use super::*;
use crate::limits::{
    CONNECT_GRACE_MS, COUNT_FLUSH_HALL_MS, MAX_SEATS, NEW_SEAT_RATE, PRESENCE_FLUSH_MS,
    SILENT_AFTER_MS,
};
use homeroom_protocol::{
    Joined, MAX_PRESENCE, MediaLayout, PROTOCOL_VERSION, Participant, RollEntry, RollStatus,
    SeatState,
};
use homeroom_store::{SavedClass, StoredLesson};

const TEACHER_TOKEN: &str = "teacher-token";
const TEACHER: ParticipantId = ParticipantId(1);

/// A room with its clock, its sockets' inboxes, and an SFU that answers what it is told to.
struct Plan {
    room: Room,
    now_ms: u64,
    inboxes: BTreeMap<SessionId, Vec<ServerMessage>>,
    closed: BTreeMap<SessionId, ClosedReason>,
    journal: Vec<Record>,
    media: Vec<MediaCommand>,
    sfu_answers: Result<String, OfferRefused>,
    finished: bool,
    /// Stream keys made so far.
    secrets: u32,
}

impl Plan {
    /// A new lesson, nobody in it.
    fn new() -> Self {
        Self::open(&saved())
    }

    fn open(saved: &SavedLesson) -> Self {
        let now_ms = 1_000_000;
        let code = LessonCode::parse("k7m3xhrp2").expect("is a code");
        let (room, effects) = Room::open(code, saved, now_ms);
        let mut plan = Self {
            room,
            now_ms,
            inboxes: BTreeMap::new(),
            closed: BTreeMap::new(),
            journal: Vec::new(),
            media: Vec::new(),
            sfu_answers: Ok("answer".into()),
            finished: false,
            secrets: 0,
        };
        plan.perform(effects);
        plan
    }

    /// A lesson with a teacher on socket 1 and students on the next ones; deltas delivered.
    fn class(students: usize) -> Self {
        let mut plan = Self::new();
        plan.join(1, teacher());
        for number in 0..students as u64 {
            plan.join(2 + number, student(&format!("Student {number}")));
        }
        plan.settle();
        plan
    }

    fn input(&mut self, input: Input) {
        let effects = self.room.handle(self.now_ms, input);
        self.perform(effects);
    }

    fn join(&mut self, session: u64, join: Join) {
        self.input(Input::Join {
            session: SessionId(session),
            join: Box::new(join),
            voucher: None,
            fresh_token: format!("seat-token-{session}"),
        });
    }

    fn join_as(&mut self, session: u64, identity: Identity, join: Join) {
        self.input(Input::Join {
            session: SessionId(session),
            join: Box::new(join),
            voucher: Some(Voucher::Person(identity)),
            fresh_token: format!("seat-token-{session}"),
        });
    }

    fn say(&mut self, session: u64, message: ClientMessage) {
        let session = SessionId(session);
        let asks = matches!(message, ClientMessage::Programs { new_key: true });
        self.secrets += u32::from(asks);
        self.input(Input::Message {
            session,
            message,
            new_key: asks.then(|| format!("stream-{}", self.secrets)),
        });
    }

    fn gone(&mut self, session: u64) {
        let heard_ms = self.now_ms;
        let session = SessionId(session);
        self.input(Input::Gone { session, heard_ms });
    }

    fn media(&mut self, event: MediaEvent) {
        self.input(Input::Media(event));
    }

    /// Lets time pass, with every tick the room asked for on the way.
    fn pass(&mut self, ms: u64) {
        let end_ms = self.now_ms + ms;
        while let Some(wake_ms) = self.room.wake_at_ms().filter(|wake| *wake <= end_ms) {
            self.now_ms = self.now_ms.max(wake_ms);
            self.input(Input::Tick);
            if self.finished {
                break;
            }
        }
        self.now_ms = end_ms;
    }

    /// Delivers what is due and empties the inboxes.
    fn settle(&mut self) {
        self.pass(1_000);
        self.inboxes.clear();
        self.media.clear();
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Journal(record) => self.journal.push(record),
                Effect::Media(command) => {
                    let asks = matches!(command, MediaCommand::Join { .. });
                    self.media.push(command);
                    if asks {
                        let answer = self.sfu_answers.clone();
                        self.input(Input::OfferAnswered { answer });
                    }
                }
                Effect::Send { to, message } => {
                    for session in to {
                        self.inboxes
                            .entry(session)
                            .or_default()
                            .push(message.clone());
                    }
                }
                Effect::Close { session, reason } => {
                    self.closed.insert(session, reason);
                }
                Effect::Finished => self.finished = true,
            }
        }
    }

    fn inbox(&self, session: u64) -> &[ServerMessage] {
        self.inboxes
            .get(&SessionId(session))
            .map_or(&[], Vec::as_slice)
    }

    fn joined(&self, session: u64) -> &Joined {
        let mut inbox = self.inbox(session).iter().rev();
        inbox
            .find_map(|message| match message {
                ServerMessage::Joined(joined) => Some(joined.as_ref()),
                _ => None,
            })
            .expect("was let in")
    }

    fn errors(&self, session: u64) -> Vec<ErrorCode> {
        let inbox = self.inbox(session).iter();
        inbox
            .filter_map(|message| match message {
                ServerMessage::Error { code, .. } => Some(*code),
                _ => None,
            })
            .collect()
    }

    /// The last word about a participant in this inbox's deltas.
    fn told(&self, session: u64, id: ParticipantId) -> Option<&Participant> {
        let changes = self
            .inbox(session)
            .iter()
            .rev()
            .filter_map(|message| match message {
                ServerMessage::Presence { changed, .. } => Some(changed),
                _ => None,
            });
        changes.flatten().find(|participant| participant.id == id)
    }

    /// Newest first.
    fn stages(&self, session: u64) -> Vec<Option<ParticipantId>> {
        let inbox = self.inbox(session).iter().rev();
        inbox
            .filter_map(|message| match message {
                ServerMessage::Stage { sharer } => Some(*sharer),
                _ => None,
            })
            .collect()
    }

    fn status(&self, id: ParticipantId) -> RollStatus {
        self.room.roll.status(id).expect("is on the roll")
    }

    fn entry(&self, id: ParticipantId) -> RollEntry {
        self.room
            .roll
            .entry(id, self.now_ms)
            .expect("is on the roll")
    }

    fn kinds(&self, id: ParticipantId) -> Vec<RollKind> {
        let records = self.journal.iter();
        records
            .filter_map(|record| match record {
                Record::Event(event) if event.participant == id.0 => Some(event.kind),
                _ => None,
            })
            .collect()
    }

    /// What the store would give back after a restart.
    fn saved(&self) -> SavedLesson {
        let mut saved = saved();
        for record in &self.journal {
            match record.clone() {
                Record::Seat(seat) => saved.seats.push(seat),
                Record::Event(event) => saved.events.push(event),
                Record::Decision(said) => saved.decisions.push(said),
                Record::Rules { rules, .. } => saved.class.rules = Some(rules),
                Record::Removal(removal) => saved.class.removals.push(removal),
                Record::Readmission { participant, .. } => {
                    let removals = &mut saved.class.removals;
                    removals.retain(|removal| removal.participant != participant);
                }
                Record::SeatToken(more) => saved.class.seat_tokens.push(more),
                Record::StreamKey(made) => saved.class.stream_key = Some(made),
                Record::Chat(chat) => {
                    saved.class.last_chat = chat.number;
                    saved.class.chat.push(chat);
                }
                Record::ChatDeleted { number, .. } => {
                    saved.class.chat.retain(|chat| chat.number != number);
                }
                Record::Alive { at_ms, .. } => saved.lesson.alive_ms = Some(at_ms),
                Record::Ended { at_ms, .. } => saved.lesson.ended_ms = Some(at_ms),
            }
        }
        saved
    }
}

fn saved() -> SavedLesson {
    let lesson = StoredLesson {
        class: None,
        teacher: None,
        id: LessonId(7),
        code: "k7m-3xh-rp2".into(),
        name: "Physics".into(),
        teacher_token: TokenHash::of(TEACHER_TOKEN),
        started_ms: 500_000,
        alive_ms: None,
        ended_ms: None,
    };
    SavedLesson {
        lesson,
        roster: Vec::new(),
        seats: Vec::new(),
        events: Vec::new(),
        decisions: Vec::new(),
        class: SavedClass::default(),
        kept: None,
        roll_rules: None,
    }
}

fn student(name: &str) -> Join {
    Join {
        version: PROTOCOL_VERSION,
        lesson: LessonCode::parse("k7m3xhrp2").expect("is a code"),
        name: name.into(),
        token: None,
        ticket: None,
        device: None,
        media: None,
        microphone: false,
        camera: false,
    }
}

fn teacher() -> Join {
    Join {
        token: Some(TEACHER_TOKEN.into()),
        ..student("Ms Omarova")
    }
}

fn with_media(join: Join) -> Join {
    Join {
        media: Some(offer()),
        microphone: true,
        ..join
    }
}

fn with_token(join: Join, token: &str) -> Join {
    Join {
        token: Some(token.into()),
        ..join
    }
}

fn offer() -> MediaOffer {
    MediaOffer {
        sdp: "v=0".into(),
        layout: MediaLayout::default(),
    }
}

fn screen(on: bool) -> ClientMessage {
    ClientMessage::SetMedia {
        microphone: false,
        camera: false,
        screen: on,
    }
}

fn allow(participant: ParticipantId, allowed: bool) -> ClientMessage {
    ClientMessage::AllowShare {
        participant,
        allowed,
    }
}

/// Voice and face.
const BOTH: Sources = Sources {
    microphone: true,
    camera: true,
    screen: false,
};

fn allowed(participant: ParticipantId, sources: Sources) -> MediaCommand {
    MediaCommand::Allow {
        participant,
        sources,
    }
}

mod entrance {
    use super::*;

    #[test]
    fn joined_is_written_before_it_is_said() {
        let mut plan = Plan::new();
        let session = SessionId(1);
        let join = Box::new(teacher());
        let fresh_token = "fresh".into();
        let effects = plan.room.handle(
            plan.now_ms,
            Input::Join {
                session,
                join,
                voucher: None,
                fresh_token,
            },
        );
        let position = |is: fn(&Effect) -> bool| effects.iter().position(is).expect("happens");
        let seat = position(|e| matches!(e, Effect::Journal(Record::Seat(_))));
        let event = position(|e| matches!(e, Effect::Journal(Record::Event(_))));
        let said = position(|e| matches!(e, Effect::Send { .. }));
        assert!(seat < event && event < said, "{effects:?}");
    }

    #[test]
    fn the_snapshot_lists_everybody_and_the_others_hear_of_the_newcomer() {
        let mut plan = Plan::class(1);
        plan.join(
            9,
            Join {
                camera: true,
                ..student("Aida")
            },
        );
        let joined = plan.joined(9);
        assert_eq!((joined.you, joined.total), (ParticipantId(3), 3));
        let names: Vec<_> = joined
            .participants
            .iter()
            .map(|p| p.name.as_str())
            .collect();
        assert_eq!(names, ["Ms Omarova", "Student 0", "Aida"]);
        assert_eq!(plan.inbox(2), []);
        plan.pass(PRESENCE_FLUSH_MS);
        assert!(plan.told(2, ParticipantId(3)).expect("is told").camera);
    }

    #[test]
    fn who_is_turned_away_and_why() {
        let long = "x".repeat(65);
        let table = [
            (student(""), ErrorCode::BadName),
            (student(&long), ErrorCode::BadName),
            (student("a\u{202e}b"), ErrorCode::BadName),
            (with_token(student("Aida"), "nonsense"), ErrorCode::BadToken),
        ];
        for (join, code) in table {
            let mut plan = Plan::class(0);
            plan.join(5, join);
            assert_eq!(plan.errors(5), [code]);
            assert_eq!(plan.closed[&SessionId(5)], ClosedReason::Error);
            assert_eq!(plan.room.seats.len(), 1, "{code:?} took a seat");
        }
    }

    #[test]
    fn an_offer_the_sfu_refuses_takes_no_seat_and_replaces_nobody() {
        let mut plan = Plan::class(1);
        plan.sfu_answers = Err(OfferRefused::Bad("no ICE".into()));
        plan.join(5, with_media(student("Aida")));
        plan.join(6, with_media(with_token(student(""), "seat-token-2")));
        assert_eq!(plan.errors(5), [ErrorCode::BadOffer]);
        assert_eq!(plan.errors(6), [ErrorCode::BadOffer]);
        assert_eq!(plan.room.seats.len(), 2);
        assert!(!plan.closed.contains_key(&SessionId(2)));
    }

    #[test]
    fn the_same_name_is_told_apart() {
        let mut plan = Plan::new();
        plan.join(1, student("Dana"));
        plan.join(2, student("dana"));
        assert_eq!(plan.joined(2).participants[1].name, "dana (2)");
    }

    #[test]
    fn a_seat_opened_again_replaces_the_older_socket() {
        let mut plan = Plan::class(1);
        plan.join(5, with_token(student("Other name"), "seat-token-2"));
        assert_eq!(plan.closed[&SessionId(2)], ClosedReason::Replaced);
        let joined = plan.joined(5);
        assert_eq!(joined.you, ParticipantId(2));
        assert_eq!(joined.participants[1].name, "Student 0");
        assert_eq!(joined.seat_token, "seat-token-2");
        // The old socket's end comes later and means nothing any more.
        plan.gone(2);
        assert_eq!(plan.status(ParticipantId(2)), RollStatus::Here);
        assert_eq!(plan.kinds(ParticipantId(2)), [RollKind::Joined]);
    }

    #[test]
    fn the_teachers_token_always_opens_the_same_seat() {
        let mut plan = Plan::class(0);
        plan.join(5, teacher());
        assert_eq!(plan.joined(5).you, TEACHER);
        assert_eq!(plan.joined(5).participants[0].role, Role::Teacher);
        assert_eq!(plan.closed[&SessionId(1)], ClosedReason::Replaced);
    }

    #[test]
    fn the_lesson_has_so_many_seats_and_one_for_the_teacher() {
        let mut plan = Plan::new();
        for number in 0..MAX_SEATS as u64 {
            plan.now_ms += 200;
            plan.join(10 + number, student(&format!("{number}")));
        }
        assert_eq!(plan.room.seats.len(), MAX_SEATS);
        plan.join(5, student("One more"));
        assert_eq!(plan.errors(5), [ErrorCode::Full]);
        plan.join(6, teacher());
        assert_eq!(plan.joined(6).total as usize, MAX_SEATS + 1);
    }

    #[test]
    fn a_lecture_enters_at_the_bell_and_an_endless_crowd_does_not() {
        let (per_second, burst) = NEW_SEAT_RATE;
        let mut plan = Plan::new();
        for number in 0..u64::from(burst) {
            plan.join(10 + number, student(&format!("{number}")));
        }
        assert_eq!(plan.room.seats.len(), burst as usize);
        plan.join(5, student("One more"));
        assert_eq!(plan.errors(5), [ErrorCode::TooFast]);
        assert_eq!(plan.closed[&SessionId(5)], ClosedReason::Error);
        // Whoever has a seat, and the teacher, are no crowd.
        plan.join(6, with_token(student(""), "seat-token-10"));
        plan.join(7, teacher());
        assert_eq!(plan.errors(6), []);
        assert_eq!(plan.errors(7), []);
        plan.now_ms += 1_000;
        for session in 0..=u64::from(per_second) {
            plan.join(9_000 + session, student(&format!("Late {session}")));
        }
        let last = 9_000 + u64::from(per_second);
        assert_eq!(plan.errors(last - 1), []);
        assert_eq!(plan.errors(last), [ErrorCode::TooFast]);
    }

    #[test]
    fn a_hall_of_as_many_as_there_are_seats_gets_in_before_a_page_gives_up() {
        // The shortest pauses of `web-client/src/room/backoff.ts`, as often as a page comes again.
        const PAUSES_MS: [u64; 6] = [0, 250, 500, 1_000, 2_000, 4_000];
        let mut plan = Plan::new();
        let mut sessions = 10..;
        let mut outside = MAX_SEATS;
        for pause_ms in PAUSES_MS {
            plan.now_ms += pause_ms;
            let tries = sessions.by_ref().take(outside);
            let tries: Vec<u64> = tries.collect();
            outside = 0;
            for session in tries {
                plan.join(session, student(&format!("{session}")));
                outside += plan.errors(session).len();
            }
        }
        assert_eq!((outside, plan.room.seats.len()), (0, MAX_SEATS));
    }

    #[test]
    fn a_second_join_on_a_socket_is_refused() {
        let mut plan = Plan::class(0);
        plan.join(1, student("Again"));
        assert_eq!(plan.errors(1), [ErrorCode::BadMessage]);
        assert_eq!(plan.room.seats.len(), 1);
    }

    #[test]
    fn who_left_may_come_back_to_the_seat() {
        let mut plan = Plan::class(1);
        plan.say(2, ClientMessage::Leave);
        assert_eq!(plan.closed[&SessionId(2)], ClosedReason::Left);
        plan.pass(PRESENCE_FLUSH_MS);
        let gone = vec![ParticipantId(2)];
        let expected = ServerMessage::Presence {
            changed: vec![],
            gone,
            total: 1,
        };
        assert!(plan.inbox(1).contains(&expected), "{:?}", plan.inbox(1));
        plan.join(5, with_token(student(""), "seat-token-2"));
        assert_eq!(plan.joined(5).you, ParticipantId(2));
        let kinds = [RollKind::Joined, RollKind::Left, RollKind::Rejoined];
        assert_eq!(plan.kinds(ParticipantId(2)), kinds);
    }
}

mod liveness {
    use super::*;

    /// A class whose one student (socket 2) has live media.
    fn with_live_student() -> Plan {
        let mut plan = Plan::class(0);
        plan.join(2, with_media(student("Aida")));
        plan.media(MediaEvent::Connected(AIDA));
        plan.settle();
        plan
    }

    const AIDA: ParticipantId = ParticipantId(2);

    #[test]
    fn a_lost_socket_over_live_media_is_nothing() {
        let mut plan = with_live_student();
        plan.gone(2);
        plan.pass(60_000);
        assert_eq!(plan.status(AIDA), RollStatus::Here);
    }

    #[test]
    fn silence_counts_from_the_last_packet_whatever_the_socket_says() {
        let mut plan = with_live_student();
        plan.media(MediaEvent::Silent(AIDA));
        let entry = plan.entry(AIDA);
        assert_eq!(entry.status, RollStatus::Away);
        assert_eq!(
            entry.last_seen_ms,
            Some(plan.now_ms - 5_000).max(Some(entry.joined_ms))
        );
        plan.pass(PRESENCE_FLUSH_MS);
        assert_eq!(plan.told(1, AIDA).expect("is told").state, SeatState::Away);
        plan.media(MediaEvent::Alive(AIDA));
        assert_eq!(plan.status(AIDA), RollStatus::Here);
        assert_eq!(
            plan.kinds(AIDA),
            [RollKind::Joined, RollKind::Away, RollKind::Back]
        );
    }

    #[test]
    fn minutes_end_with_the_last_packet() {
        let mut plan = with_live_student();
        plan.pass(60_000 - 1_000 + SILENT_AFTER_MS);
        plan.media(MediaEvent::Silent(AIDA));
        plan.pass(30_000);
        assert_eq!(plan.entry(AIDA).present_ms, 60_000);
    }

    #[test]
    fn without_media_the_socket_speaks() {
        let mut plan = Plan::class(1);
        plan.pass(60_000);
        assert_eq!(plan.status(AIDA), RollStatus::Here);
        plan.gone(2);
        assert_eq!(plan.status(AIDA), RollStatus::Away);
        plan.join(5, with_token(student(""), "seat-token-2"));
        assert_eq!(plan.status(AIDA), RollStatus::Here);
    }

    #[test]
    fn media_that_never_comes_up_is_believed_for_its_grace_only() {
        let mut plan = Plan::class(0);
        plan.join(2, with_media(student("Aida")));
        plan.pass(CONNECT_GRACE_MS - 1);
        assert_eq!(plan.status(AIDA), RollStatus::Here);
        plan.pass(1);
        assert_eq!(plan.status(AIDA), RollStatus::Away);
        // Renewing again and again does not count as being here; a packet does.
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        assert_eq!(plan.status(AIDA), RollStatus::Away);
        plan.media(MediaEvent::Connected(AIDA));
        assert_eq!(plan.status(AIDA), RollStatus::Here);
    }

    #[test]
    fn renewing_while_connecting_does_not_prolong_the_grace() {
        let mut plan = Plan::class(0);
        plan.join(2, with_media(student("Aida")));
        for _ in 0..3 {
            plan.pass(CONNECT_GRACE_MS / 3);
            plan.say(2, ClientMessage::RenewMedia { media: offer() });
        }
        plan.pass(1);
        assert_eq!(plan.status(AIDA), RollStatus::Away);
    }

    #[test]
    fn renewed_media_is_the_same_person_without_a_gap() {
        let mut plan = with_live_student();
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        let answer = "answer".into();
        assert_eq!(plan.inbox(2), [ServerMessage::Media { answer }]);
        plan.pass(3_000);
        plan.media(MediaEvent::Connected(AIDA));
        assert_eq!(plan.kinds(AIDA), [RollKind::Joined]);
    }

    #[test]
    fn a_refresh_is_no_absence() {
        let mut plan = with_live_student();
        plan.gone(2);
        plan.pass(1_500);
        plan.join(5, with_media(with_token(student(""), "seat-token-2")));
        plan.pass(1_000);
        plan.media(MediaEvent::Connected(AIDA));
        assert_eq!(plan.kinds(AIDA), [RollKind::Joined]);
        assert_eq!(plan.entry(AIDA).rejoins, 0);
    }

    #[test]
    fn neither_socket_nor_media_is_away() {
        let mut plan = with_live_student();
        plan.media(MediaEvent::Failed(AIDA));
        assert_eq!(plan.status(AIDA), RollStatus::Away);
        plan.gone(2);
        assert_eq!(plan.kinds(AIDA), [RollKind::Joined, RollKind::Away]);
        assert_eq!(plan.joined_total(), 2);
    }

    #[test]
    fn news_of_an_earlier_transport_is_ignored() {
        let mut plan = with_live_student();
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        plan.media(MediaEvent::Silent(AIDA));
        assert_eq!(plan.status(AIDA), RollStatus::Here);
        plan.say(2, ClientMessage::Leave);
        plan.media(MediaEvent::Connected(AIDA));
        assert_eq!(plan.status(AIDA), RollStatus::Left);
    }

    #[test]
    fn packets_heal_whatever_was_believed() {
        type Step = fn(&mut Plan);
        let table: [(&str, Step); 3] = [
            ("silent", |plan| plan.media(MediaEvent::Silent(AIDA))),
            ("dead", |plan| plan.media(MediaEvent::Failed(AIDA))),
            ("connecting too long", |plan| {
                plan.say(2, ClientMessage::RenewMedia { media: offer() });
                plan.pass(CONNECT_GRACE_MS);
            }),
        ];
        for (why, step) in table {
            let mut plan = with_live_student();
            step(&mut plan);
            assert_eq!(plan.status(AIDA), RollStatus::Away, "{why}");
            plan.media(MediaEvent::Alive(AIDA));
            assert_eq!(plan.status(AIDA), RollStatus::Here, "{why}");
        }
        let mut plan = with_live_student();
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        plan.media(MediaEvent::Alive(AIDA));
        plan.pass(CONNECT_GRACE_MS);
        assert_eq!(plan.status(AIDA), RollStatus::Here, "connecting");
        plan.say(2, ClientMessage::Leave);
        plan.media(MediaEvent::Alive(AIDA));
        assert_eq!(plan.status(AIDA), RollStatus::Left);
    }

    #[test]
    fn a_device_is_told_that_its_media_is_dead() {
        let mut plan = with_live_student();
        plan.media(MediaEvent::Failed(AIDA));
        assert_eq!(plan.errors(2), [ErrorCode::Internal]);
        assert_eq!(plan.errors(1), [], "it is nobody else's business");
    }

    #[test]
    fn a_device_that_slept_is_told_when_it_comes_back() {
        let mut plan = with_live_student();
        plan.gone(2);
        plan.media(MediaEvent::Failed(AIDA));
        plan.join(5, with_token(student(""), "seat-token-2"));
        let last = plan.inbox(5).last().expect("was told");
        assert!(matches!(plan.inbox(5)[0], ServerMessage::Joined(_)));
        assert!(
            matches!(last, ServerMessage::Error { code, .. } if *code == ErrorCode::Internal),
            "{last:?}"
        );
        plan.gone(5);
        plan.join(6, with_media(with_token(student(""), "seat-token-2")));
        assert_eq!(plan.errors(6), [], "new media needs no asking");
    }

    #[test]
    fn our_own_media_failure_makes_nobody_away() {
        let mut plan = with_live_student();
        plan.media(MediaEvent::RoomFailed);
        let nothing_left = [MediaCommand::CloseRoom];
        assert_eq!(plan.media, nothing_left, "new offers find a new room");
        assert_eq!(plan.errors(1), [ErrorCode::Internal]);
        assert_eq!(plan.errors(2), [ErrorCode::Internal]);
        plan.pass(3_000);
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        plan.media(MediaEvent::Connected(AIDA));
        assert_eq!(plan.kinds(AIDA), [RollKind::Joined, RollKind::Deaf]);
    }

    impl Plan {
        fn joined_total(&self) -> u32 {
            self.room.roll.total()
        }
    }
}

mod floor {
    use super::*;

    const FIRST: ParticipantId = ParticipantId(2);
    const SECOND: ParticipantId = ParticipantId(3);

    #[test]
    fn a_student_shares_only_when_allowed() {
        let mut plan = Plan::class(0);
        plan.join(2, with_media(student("Aida")));
        plan.settle();
        plan.say(2, screen(true));
        assert_eq!(plan.errors(2), [ErrorCode::NotAllowed]);
        plan.say(1, allow(FIRST, true));
        plan.say(2, screen(true));
        assert_eq!(plan.stages(1), [Some(FIRST)]);
        let given = allowed(
            FIRST,
            Sources {
                screen: true,
                ..BOTH
            },
        );
        assert_eq!(plan.media, [given, MediaCommand::Stage(Some(FIRST))]);
    }

    #[test]
    fn one_shares_at_a_time_and_the_teacher_takes_over() {
        let mut plan = Plan::class(0);
        plan.join(2, with_media(student("Aida")));
        plan.join(3, with_media(student("Dana")));
        for student in [FIRST, SECOND] {
            plan.say(1, allow(student, true));
        }
        plan.say(2, screen(true));
        plan.say(3, screen(true));
        assert_eq!(plan.errors(3), [ErrorCode::ShareBusy]);
        plan.media.clear();
        plan.say(1, screen(true));
        assert_eq!(plan.stages(2), [Some(TEACHER), Some(FIRST)]);
        let taken = allowed(FIRST, BOTH);
        assert_eq!(plan.media[0], taken, "the old right goes first");
        plan.say(3, screen(true));
        assert_eq!(plan.errors(3), [ErrorCode::ShareBusy, ErrorCode::ShareBusy]);
    }

    /// Each way a share ends, by what the sharer (socket 2) or the teacher does.
    #[test]
    fn a_share_ends_when() {
        type Step = fn(&mut Plan);
        let table: [(&str, Step); 4] = [
            ("the sharer stops", |plan| plan.say(2, screen(false))),
            ("the teacher takes the right back", |plan| {
                plan.say(1, allow(FIRST, false))
            }),
            ("the sharer leaves", |plan| {
                plan.say(2, ClientMessage::Leave)
            }),
            ("the sharer's page is opened anew", |plan| {
                plan.join(9, with_media(with_token(student(""), "seat-token-2")));
            }),
        ];
        for (why, step) in table {
            let mut plan = Plan::class(1);
            plan.say(1, allow(FIRST, true));
            plan.say(2, screen(true));
            step(&mut plan);
            assert_eq!(plan.stages(1), [None, Some(FIRST)], "{why}");
            assert!(plan.media.contains(&MediaCommand::Stage(None)), "{why}");
        }
    }

    /// A page that reconnects takes the stage again; it must not be told first that it lost it.
    #[test]
    fn a_sharer_that_comes_back_hears_of_the_stage_from_joined_only() {
        let mut plan = Plan::class(1);
        plan.say(1, allow(FIRST, true));
        plan.say(2, screen(true));
        plan.join(9, with_media(with_token(student(""), "seat-token-2")));
        assert_eq!(plan.joined(9).sharer, None);
        assert_eq!(plan.stages(9), []);
        plan.say(9, screen(true));
        assert_eq!(plan.stages(1)[0], Some(FIRST));
    }

    #[test]
    fn a_share_survives_a_lost_socket_and_renewed_media() {
        let mut plan = Plan::class(0);
        plan.join(2, with_media(student("Aida")));
        plan.media(MediaEvent::Connected(FIRST));
        plan.say(1, allow(FIRST, true));
        plan.say(2, screen(true));
        plan.gone(2);
        plan.join(5, with_token(student(""), "seat-token-2"));
        assert_eq!(plan.joined(5).sharer, Some(FIRST));
        plan.media.clear();
        plan.say(5, ClientMessage::RenewMedia { media: offer() });
        let with_screen =
            |c: &MediaCommand| matches!(c, MediaCommand::Join { sources, .. } if sources.screen);
        assert!(plan.media.iter().any(with_screen), "{:?}", plan.media);
        assert!(plan.media.contains(&MediaCommand::Stage(Some(FIRST))));
    }

    #[test]
    fn an_absent_sharer_holds_the_stage_for_nobody() {
        let mut plan = Plan::class(2);
        for student in [FIRST, SECOND] {
            plan.say(1, allow(student, true));
        }
        plan.say(2, screen(true));
        plan.gone(2);
        plan.say(3, screen(true));
        assert_eq!(plan.stages(1), [Some(SECOND), Some(FIRST)]);
    }

    #[test]
    fn students_may_not_do_what_teachers_do() {
        for message in [allow(FIRST, true), ClientMessage::EndLesson] {
            let mut plan = Plan::class(1);
            plan.say(2, message);
            assert_eq!(plan.errors(2), [ErrorCode::NotAllowed]);
            assert!(!plan.finished);
        }
    }

    #[test]
    fn hands_keep_the_servers_time_of_their_first_raising() {
        let mut plan = Plan::class(2);
        plan.say(2, ClientMessage::RaiseHand { raised: true });
        let first_ms = plan.now_ms;
        plan.pass(500);
        plan.say(3, ClientMessage::RaiseHand { raised: true });
        plan.say(2, ClientMessage::RaiseHand { raised: true });
        plan.pass(500);
        assert_eq!(
            plan.told(1, FIRST).expect("is told").hand_ms,
            Some(first_ms)
        );
        assert_eq!(
            plan.told(1, SECOND).expect("is told").hand_ms,
            Some(first_ms + 500)
        );
        plan.say(2, ClientMessage::RaiseHand { raised: false });
        plan.pass(500);
        assert_eq!(plan.told(1, FIRST).expect("is told").hand_ms, None);
    }

    #[test]
    fn watching_names_only_who_is_in_the_lesson() {
        let mut plan = Plan::class(1);
        let slots = vec![Some(TEACHER), Some(ParticipantId(99)), None];
        let heights = vec![720, 180];
        plan.say(2, ClientMessage::Watch { slots, heights });
        let slots = vec![Some(TEACHER), None, None];
        let heights = vec![720, 180];
        assert_eq!(
            plan.media,
            [MediaCommand::Watch {
                participant: FIRST,
                slots,
                heights
            }]
        );
    }

    /// The SFU's word about a student's camera.
    fn wanted(camera: [bool; 3]) -> MediaEvent {
        MediaEvent::Wanted {
            participant: FIRST,
            layers: Layers {
                camera: camera.to_vec(),
                screen: vec![false; 3],
            },
        }
    }

    /// What a socket was told about its camera since it was last asked.
    fn told(plan: &mut Plan, session: u64) -> Vec<Vec<bool>> {
        let inbox = plan.inboxes.remove(&SessionId(session)).unwrap_or_default();
        let camera = |message| match message {
            ServerMessage::Wanted { camera, .. } => Some(camera),
            _ => None,
        };
        inbox.into_iter().filter_map(camera).collect()
    }

    #[test]
    fn what_is_wanted_is_told_to_the_sender_alone() {
        let mut plan = Plan::class(2);
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        plan.media(MediaEvent::Connected(FIRST));
        plan.media(wanted([true, false, false]));
        assert_eq!(told(&mut plan, 2), [[true, false, false]]);
        assert!(told(&mut plan, 1).is_empty() && told(&mut plan, 3).is_empty());
    }

    #[test]
    fn a_resumed_page_hears_again_what_is_wanted_and_new_media_begins_with_everything() {
        let mut plan = Plan::class(1);
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        plan.media(MediaEvent::Connected(FIRST));
        plan.media(wanted([true, true, false]));
        told(&mut plan, 2);
        plan.gone(2);
        plan.media(wanted([true, false, false]));
        plan.join(12, with_token(student("Student 0"), "seat-token-2"));
        assert_eq!(told(&mut plan, 12), [[true, false, false]]);
        // A word about the media before is none about this.
        plan.say(12, ClientMessage::RenewMedia { media: offer() });
        plan.media(wanted([false; 3]));
        assert!(told(&mut plan, 12).is_empty());
        plan.gone(12);
        plan.join(13, with_token(student("Student 0"), "seat-token-2"));
        assert!(told(&mut plan, 13).is_empty());
        plan.media(MediaEvent::Connected(FIRST));
        plan.media(wanted([false, true, false]));
        assert_eq!(told(&mut plan, 13), [[false, true, false]]);
    }

    /// The SFU's word about a student's line.
    fn withheld(screen: bool) -> MediaEvent {
        MediaEvent::Withheld {
            participant: FIRST,
            cameras: vec![TEACHER],
            screen,
        }
    }

    /// What a socket was told about its line since it was last asked.
    fn told_of_line(plan: &mut Plan, session: u64) -> Vec<(Vec<ParticipantId>, bool)> {
        let inbox = plan.inboxes.remove(&SessionId(session)).unwrap_or_default();
        let line = |message| match message {
            ServerMessage::Withheld { cameras, screen } => Some((cameras, screen)),
            _ => None,
        };
        inbox.into_iter().filter_map(line).collect()
    }

    #[test]
    fn what_a_line_does_not_carry_is_told_to_whom_it_concerns_and_again_to_a_resumed_page() {
        let mut plan = Plan::class(2);
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        // A word about the media before is none about this.
        plan.media(withheld(true));
        assert!(told_of_line(&mut plan, 2).is_empty());
        plan.media(MediaEvent::Connected(FIRST));
        plan.media(withheld(false));
        assert_eq!(told_of_line(&mut plan, 2), [(vec![TEACHER], false)]);
        assert!(told_of_line(&mut plan, 1).is_empty() && told_of_line(&mut plan, 3).is_empty());
        plan.gone(2);
        plan.media(withheld(true));
        plan.join(12, with_token(student("Student 0"), "seat-token-2"));
        assert_eq!(told_of_line(&mut plan, 12), [(vec![TEACHER], true)]);
        plan.say(12, ClientMessage::RenewMedia { media: offer() });
        plan.gone(12);
        plan.join(13, with_token(student("Student 0"), "seat-token-2"));
        assert!(told_of_line(&mut plan, 13).is_empty());
    }
}

mod presence {
    use super::*;

    #[test]
    fn many_changes_are_one_message() {
        let mut plan = Plan::class(3);
        for session in 2..=4 {
            plan.say(session, ClientMessage::RaiseHand { raised: true });
        }
        plan.pass(PRESENCE_FLUSH_MS);
        for session in 1..=4 {
            assert_eq!(plan.inbox(session).len(), 1, "socket {session}");
        }
    }

    #[test]
    fn up_to_the_cap_students_know_everybody() {
        let mut plan = Plan::class(MAX_PRESENCE - 2);
        plan.join(900, student("Last"));
        assert_eq!(plan.joined(900).participants.len(), MAX_PRESENCE);
        plan.join(901, student("One more"));
        let names: Vec<_> = plan
            .joined(901)
            .participants
            .iter()
            .map(|p| &p.name)
            .collect();
        assert_eq!(names, ["Ms Omarova", "One more"]);
        assert_eq!(plan.joined(901).total as usize, MAX_PRESENCE + 1);
    }

    #[test]
    fn in_a_hall_students_see_the_stage_and_teachers_everybody() {
        let mut plan = Plan::class(MAX_PRESENCE + 10);
        plan.join(900, student("Quiet"));
        let quiet = plan.joined(900).you;
        plan.pass(1_000);
        assert!(plan.told(1, quiet).is_some());
        assert!(
            plan.told(2, quiet).is_none(),
            "students hear only of the number"
        );
        plan.say(900, ClientMessage::RaiseHand { raised: true });
        plan.pass(1_000);
        assert!(
            plan.told(2, quiet)
                .expect("a hand is seen")
                .hand_ms
                .is_some()
        );
        plan.say(900, ClientMessage::RaiseHand { raised: false });
        plan.pass(1_000);
        let off = |message: &ServerMessage| matches!(message, ServerMessage::Presence { gone, .. } if gone.contains(&quiet));
        assert!(plan.inbox(2).iter().any(off));
        assert_eq!(plan.told(900, quiet).expect("themselves").hand_ms, None);
    }

    #[test]
    fn students_of_a_hall_hear_of_its_number_now_and_then() {
        let mut plan = Plan::class(MAX_PRESENCE + 10);
        plan.pass(COUNT_FLUSH_HALL_MS);
        plan.settle();
        // One comes every half a second.
        for number in 0..60 {
            plan.join(900 + number, student(&format!("Late {number}")));
            plan.pass(500);
        }
        let told = |plan: &Plan, session| {
            let counts = plan.inbox(session).iter().filter_map(|m| match m {
                ServerMessage::Presence { total, .. } => Some(*total),
                _ => None,
            });
            counts.collect::<Vec<u32>>()
        };
        let often = 30_000 / COUNT_FLUSH_HALL_MS as usize;
        assert!(told(&plan, 1).len() >= 60, "a teacher hears of each");
        let students = told(&plan, 2).len();
        assert!((often..=often + 1).contains(&students), "{students}");
        // A hand is seen at once all the same, and brings the number with it.
        plan.join(990, student("Last"));
        plan.say(900, ClientMessage::RaiseHand { raised: true });
        plan.pass(300);
        let all = MAX_PRESENCE as u32 + 10 + 1 + 60 + 1;
        assert_eq!(told(&plan, 2).last(), Some(&all));
        plan.say(990, ClientMessage::Leave);
        plan.pass(COUNT_FLUSH_HALL_MS + 300);
        assert_eq!(told(&plan, 2).last(), Some(&(all - 1)), "nothing is lost");
    }

    #[test]
    fn in_a_hall_speakers_have_names() {
        let mut plan = Plan::class(MAX_PRESENCE + 10);
        let speaker = ParticipantId(40);
        plan.media(MediaEvent::Speaking(vec![speaker, ParticipantId(9_999)]));
        let participants = vec![speaker];
        assert_eq!(plan.inbox(2), [ServerMessage::Speaking { participants }]);
        plan.pass(1_000);
        assert!(plan.told(2, speaker).is_some());
    }

    #[test]
    fn the_stage_of_a_hall_is_capped() {
        let mut plan = Plan::class(2 * MAX_PRESENCE);
        for session in 2..2 + 2 * MAX_PRESENCE as u64 {
            plan.say(session, ClientMessage::RaiseHand { raised: true });
        }
        plan.pass(1_000);
        plan.join(900, student("Late"));
        assert_eq!(plan.joined(900).participants.len(), MAX_PRESENCE + 1);
    }

    /// Replays a client: its snapshot and every delta give what a newcomer would be told.
    #[test]
    fn snapshot_and_deltas_agree_with_the_room() {
        for students in [5, MAX_PRESENCE + 5] {
            let mut plan = Plan::new();
            plan.join(1, teacher());
            plan.join(2, student("Watcher"));
            for number in 0..students as u64 {
                plan.join(10 + number, student(&format!("S{number}")));
                plan.pass(number * 17 % 130);
            }
            plan.say(12, ClientMessage::RaiseHand { raised: true });
            plan.say(13, ClientMessage::Leave);
            plan.gone(14);
            plan.pass(1_000);
            let you = ParticipantId(2);
            let mut known: BTreeMap<_, _> = plan
                .joined(2)
                .participants
                .iter()
                .map(|p| (p.id, p.clone()))
                .collect();
            for message in plan.inbox(2) {
                if let ServerMessage::Presence { changed, gone, .. } = message {
                    known.retain(|id, _| !gone.contains(id));
                    known.extend(changed.iter().map(|p| (p.id, p.clone())));
                }
            }
            let now: Vec<_> = plan.room.snapshot_for(you);
            assert_eq!(
                known.into_values().collect::<Vec<_>>(),
                now,
                "{students} students"
            );
        }
    }
}

mod roll {
    use super::*;

    fn rolls(plan: &Plan, session: u64) -> Vec<Vec<u32>> {
        let inbox = plan.inbox(session).iter();
        inbox
            .filter_map(|message| match message {
                ServerMessage::Roll { entries } => {
                    Some(entries.iter().map(|entry| entry.participant.0).collect())
                }
                _ => None,
            })
            .collect()
    }

    #[test]
    fn the_teacher_gets_the_whole_roll_then_changes_and_students_get_none() {
        let mut plan = Plan::class(3);
        plan.join(9, teacher());
        plan.gone(3);
        plan.pass(PRESENCE_FLUSH_MS);
        assert_eq!(rolls(&plan, 9), [vec![1, 2, 3, 4], vec![3]]);
        assert_eq!(rolls(&plan, 2), Vec::<Vec<u32>>::new());
    }

    #[test]
    fn ending_the_lesson_closes_everybody_and_the_roll() {
        let mut plan = Plan::class(2);
        plan.gone(3);
        plan.pass(10_000);
        plan.say(1, ClientMessage::EndLesson);
        assert!(plan.finished);
        for session in [1, 2] {
            assert_eq!(plan.closed[&SessionId(session)], ClosedReason::LessonEnded);
        }
        assert!(plan.media.contains(&MediaCommand::CloseRoom));
        for id in 1..=3 {
            assert_eq!(plan.kinds(ParticipantId(id)).last(), Some(&RollKind::Left));
        }
        assert_eq!(plan.saved().lesson.ended_ms, Some(plan.now_ms));
        assert_eq!(rolls(&plan, 1), [vec![3], vec![1, 2, 3]]);
    }

    #[test]
    fn after_a_crash_the_gap_is_ours() {
        let mut before = Plan::class(2);
        before.say(3, ClientMessage::Leave);
        before.pass(60_000);
        // The process is killed here: the store has what was journalled, no more.
        let saved = before.saved();
        let alive_ms = saved.lesson.alive_ms.expect("a pulse");
        assert!(before.now_ms - alive_ms <= PULSE_MS);
        let present_ms = before.entry(ParticipantId(2)).present_ms;

        let mut after = Plan::open(&saved);
        after.now_ms = before.now_ms + 300_000;
        assert_eq!(after.kinds(ParticipantId(2)), [RollKind::Cut]);
        assert_eq!(after.status(ParticipantId(2)), RollStatus::Away);
        assert_eq!(after.status(ParticipantId(3)), RollStatus::Left);
        after.join(7, with_token(student(""), "seat-token-2"));
        let entry = after.entry(ParticipantId(2));
        assert_eq!(
            (entry.status, entry.times_away, entry.rejoins),
            (RollStatus::Here, 0, 0)
        );
        assert!(
            present_ms.abs_diff(entry.present_ms) <= PULSE_MS,
            "{entry:?}"
        );
        after.join(8, student("New"));
        assert_eq!(
            after.joined(8).you,
            ParticipantId(4),
            "numbers are never reused"
        );
    }

    #[test]
    fn a_stopping_server_tells_everybody_and_marks_its_gap() {
        let mut plan = Plan::class(1);
        plan.input(Input::Stop);
        assert!(plan.finished);
        assert_eq!(plan.closed[&SessionId(2)], ClosedReason::ServerStopping);
        assert_eq!(
            plan.kinds(ParticipantId(2)),
            [RollKind::Joined, RollKind::Cut]
        );
    }

    #[test]
    fn event_numbers_go_on_after_a_restart() {
        let mut before = Plan::class(1);
        before.input(Input::Stop);
        let saved = before.saved();
        let mut after = Plan::open(&saved);
        after.join(7, teacher());
        let numbers: Vec<u32> = saved.events.iter().map(|event| event.number).collect();
        assert_eq!(numbers, [0, 1, 2, 3]);
        let next = after.journal.iter().find_map(|record| match record {
            Record::Event(event) => Some(event.number),
            _ => None,
        });
        assert_eq!(next, Some(4));
    }

    #[test]
    fn an_empty_room_is_unloaded_and_no_other() {
        let mut plan = Plan::class(1);
        plan.pass(UNLOAD_AFTER_MS * 2);
        assert!(!plan.finished);
        plan.gone(1);
        plan.gone(2);
        plan.pass(UNLOAD_AFTER_MS);
        assert!(plan.finished);
        assert_eq!(plan.saved().lesson.ended_ms, None);
    }

    #[test]
    fn an_unloaded_room_comes_back_as_it_was() {
        let mut before = Plan::class(3);
        before.say(3, ClientMessage::Leave);
        before.gone(4);
        before.pass(60_000);
        before.gone(1);
        before.gone(2);
        before.pass(UNLOAD_AFTER_MS);
        assert!(before.finished);
        let mut after = Plan::open(&before.saved());
        after.now_ms = before.now_ms;
        let roll = before.room.roll.entries(before.now_ms);
        assert_eq!(after.room.roll.entries(after.now_ms), roll);
        assert_eq!(after.journal, [], "nobody was cut");
        after.join(7, with_token(student(""), "seat-token-2"));
        after.join(8, teacher());
        assert_eq!(after.joined(7).you, ParticipantId(2));
        assert_eq!(after.joined(8).you, TEACHER);
        assert_eq!(after.entry(ParticipantId(2)).rejoins, 1);
    }

    #[test]
    fn a_room_stays_while_the_store_knows_less() {
        let mut plan = Plan::class(0);
        plan.room.journalled(false);
        plan.gone(1);
        plan.journal.clear();
        plan.pass(UNLOAD_AFTER_MS);
        assert!(!plan.finished);
        let asked = |record: &Record| matches!(record, Record::Alive { .. });
        assert!(plan.journal.iter().any(asked), "{:?}", plan.journal);
        plan.room.journalled(true);
        plan.pass(UNLOAD_AFTER_MS);
        assert!(plan.finished);
    }
}
