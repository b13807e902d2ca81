//! The class in a room: door, removal, microphones, locks, adults, chat, and what a restart keeps.

use super::*;
use crate::limits::{ADMITTED_MS, CHAT_RATE, LOBBY_FLUSH_MS, NO_ADULT_MS};
use homeroom_protocol::{
    Audience, ChatMessage, ChatMode, DeviceId, RemovedPerson, Rules, WaitingId, WaitingPerson,
};
use homeroom_store::ClassId;

const FIRST: ParticipantId = ParticipantId(2);
const SECOND: ParticipantId = ParticipantId(3);
const OWNER: PersonId = PersonId(100);
/// Neither voice nor face.
const NOTHING: Sources = Sources {
    microphone: false,
    camera: false,
    screen: false,
};
const FACE: Sources = Sources {
    camera: true,
    ..NOTHING
};

/// A lesson of a class, with a roster elsewhere.
pub(super) fn class_lesson() -> SavedLesson {
    let mut saved = saved();
    saved.lesson.class = Some(ClassId(3));
    saved.lesson.teacher = Some(OWNER);
    saved
}

pub(super) fn person(number: i64, name: &str, role: Role) -> Identity {
    Identity {
        person: PersonId(number),
        name: name.into(),
        role,
    }
}

fn on_device(join: Join, letter: &str) -> Join {
    Join {
        device: DeviceId::parse(&letter.repeat(16)),
        ..join
    }
}

fn chat(text: &str, to: Audience) -> ClientMessage {
    let text = text.into();
    ClientMessage::Chat { text, to }
}

fn microphone(on: bool) -> ClientMessage {
    ClientMessage::SetMedia {
        microphone: on,
        camera: false,
        screen: false,
    }
}

impl Plan {
    /// A class's lesson with its owner on socket 1.
    fn of_class() -> Self {
        let mut plan = Self::open(&class_lesson());
        plan.join_as(1, person(100, "Ms Omarova", Role::Teacher), student(""));
        plan.settle();
        plan
    }

    /// A lesson with a teacher and two students who send, on sockets 1 to 3.
    fn speaking() -> Self {
        let mut plan = Self::new();
        plan.join(1, with_media(teacher()));
        plan.join(2, with_media(student("Aida")));
        plan.join(3, with_media(student("Dana")));
        for id in 1..=3 {
            plan.media(MediaEvent::Connected(ParticipantId(id)));
        }
        plan.settle();
        plan
    }

    fn restarted(&self) -> Self {
        let mut plan = Self::open(&self.saved());
        plan.now_ms = self.now_ms + 5_000;
        plan
    }

    fn lobby(&self, session: u64) -> Option<Vec<WaitingPerson>> {
        let inbox = self.inbox(session).iter().rev();
        let mut lobbies = inbox.filter_map(|message| match message {
            ServerMessage::Lobby { waiting } => Some(waiting.clone()),
            _ => None,
        });
        lobbies.next()
    }

    fn removed(&self, session: u64) -> Vec<RemovedPerson> {
        let inbox = self.inbox(session).iter().rev();
        let mut lists = inbox.filter_map(|message| match message {
            ServerMessage::Removed { people } => Some(people.clone()),
            _ => None,
        });
        lists.next().unwrap_or_default()
    }

    fn rules_told(&self, session: u64) -> Option<Rules> {
        let inbox = self.inbox(session).iter().rev();
        let mut rules = inbox.filter_map(|message| match message {
            ServerMessage::Rules(rules) => Some(*rules),
            _ => None,
        });
        rules.next()
    }

    fn muted_by(&self, session: u64) -> Vec<Option<ParticipantId>> {
        let inbox = self.inbox(session).iter();
        let muted = inbox.filter_map(|message| match message {
            ServerMessage::Muted { by } => Some(*by),
            _ => None,
        });
        muted.collect()
    }

    fn read(&self, session: u64) -> Vec<&ChatMessage> {
        let inbox = self.inbox(session).iter();
        let read = inbox.filter_map(|message| match message {
            ServerMessage::Chat { messages } => Some(messages),
            _ => None,
        });
        read.flatten().collect()
    }

    fn texts(&self, session: u64) -> Vec<&str> {
        let read = self.read(session).into_iter();
        read.map(|message| message.text.as_str()).collect()
    }

    fn admission(&self, session: u64) -> String {
        let mut inbox = self.inbox(session).iter();
        let token = inbox.find_map(|message| match message {
            ServerMessage::Admitted { token } => Some(token.clone()),
            _ => None,
        });
        token.expect("was let in")
    }

    fn allows(&self) -> Vec<(ParticipantId, Sources)> {
        let commands = self.media.iter();
        let allows = commands.filter_map(|command| match command {
            MediaCommand::Allow {
                participant,
                sources,
            } => Some((*participant, *sources)),
            _ => None,
        });
        allows.collect()
    }
}

mod door {
    use super::*;

    fn knocking() -> Plan {
        let mut plan = Plan::of_class();
        plan.join(5, with_media(student("Guest")));
        plan
    }

    #[test]
    fn a_stranger_of_a_class_waits_and_is_told_nothing_else() {
        let mut plan = knocking();
        let lesson = "Physics".to_owned();
        plan.say(1, chat("hello", Audience::Everyone));
        plan.say(1, ClientMessage::LockMicrophones { locked: true });
        plan.join_as(6, person(7, "Aida", Role::Student), with_media(student("")));
        plan.media(MediaEvent::Speaking(vec![TEACHER]));
        plan.pass(60_000);
        assert_eq!(plan.inbox(5), [ServerMessage::Waiting { lesson }]);
        let offers = plan.media.iter();
        let whose: Vec<_> = offers
            .filter_map(|command| match command {
                MediaCommand::Join { participant, .. } => Some(*participant),
                _ => None,
            })
            .collect();
        assert_eq!(whose, [FIRST], "only the offer of whoever is in");
        assert_eq!(plan.room.seats.len(), 2);
    }

    #[test]
    fn staff_hear_of_the_door_within_two_seconds() {
        let mut plan = knocking();
        plan.pass(LOBBY_FLUSH_MS);
        let lobby = plan.lobby(1).expect("is told");
        assert_eq!(
            (lobby[0].id, lobby[0].name.as_str()),
            (WaitingId(1), "Guest")
        );
        plan.gone(5);
        plan.pass(LOBBY_FLUSH_MS);
        assert_eq!(plan.lobby(1), Some(vec![]));
        plan.join(6, student("Another"));
        plan.join_as(7, person(101, "Mr Li", Role::Assistant), student(""));
        assert_eq!(
            plan.lobby(7).expect("is told").len(),
            1,
            "who comes later too"
        );
    }

    #[test]
    fn whoever_is_let_in_takes_a_seat_under_the_name_that_was_seen() {
        let mut plan = knocking();
        let waiting = vec![WaitingId(1), WaitingId(99)];
        plan.say(1, ClientMessage::Admit { waiting });
        let token = plan.admission(5);
        plan.join(5, with_token(with_media(student("Headmaster")), &token));
        let joined = plan.joined(5);
        assert_eq!(joined.participants[1].name, "Guest");
        assert_eq!(joined.seat_token, token);
        // Once inside the token is that of the seat.
        plan.join(9, with_token(student(""), &token));
        assert_eq!(plan.joined(9).you, FIRST);
    }

    #[test]
    fn an_admission_that_is_not_taken_lapses() {
        let mut plan = knocking();
        let waiting = vec![WaitingId(1)];
        plan.say(1, ClientMessage::Admit { waiting });
        let token = plan.admission(5);
        plan.pass(ADMITTED_MS);
        assert_eq!(plan.closed[&SessionId(5)], ClosedReason::Error);
        plan.join(6, with_token(student("Guest"), &token));
        assert_eq!(plan.errors(6), [ErrorCode::BadToken]);
    }

    #[test]
    fn whoever_is_turned_away_is_told_so() {
        let mut plan = knocking();
        let waiting = WaitingId(1);
        plan.say(1, ClientMessage::TurnAway { waiting });
        assert_eq!(plan.closed[&SessionId(5)], ClosedReason::TurnedAway);
        plan.pass(LOBBY_FLUSH_MS);
        assert_eq!(plan.lobby(1), Some(vec![]));
    }

    #[test]
    fn nobody_waits_at_a_lesson_of_no_class_until_its_teacher_wants_it() {
        let mut plan = Plan::class(0);
        plan.join(5, student("Aida"));
        assert_eq!(plan.joined(5).you, FIRST);
        plan.say(1, ClientMessage::SetLobby { on: true });
        plan.join(6, student("Dana"));
        assert_eq!(plan.room.seats.len(), 2);
        assert!(plan.rules_told(5).expect("is told").lobby);
    }

    #[test]
    fn the_door_holds_so_many_and_ends_with_the_lesson() {
        let mut plan = Plan::of_class();
        for number in 0..=homeroom_protocol::MAX_LOBBY as u64 {
            plan.join(10 + number, student("Guest"));
        }
        let last = 10 + homeroom_protocol::MAX_LOBBY as u64;
        assert_eq!(plan.errors(last), [ErrorCode::Full]);
        assert_eq!(plan.errors(last - 1), []);
        plan.say(1, ClientMessage::EndLesson);
        assert_eq!(plan.closed[&SessionId(10)], ClosedReason::LessonEnded);
    }

    #[test]
    fn a_locked_lesson_takes_nobody_new_but_who_belongs() {
        let mut plan = Plan::of_class();
        plan.say(1, ClientMessage::SetLobby { on: false });
        plan.join(5, student("Guest"));
        plan.say(1, ClientMessage::LockLesson { locked: true });
        plan.join(6, student("Stranger"));
        assert_eq!(plan.errors(6), [ErrorCode::LessonLocked]);
        plan.gone(5);
        plan.join(7, with_token(student(""), "seat-token-5"));
        assert_eq!(plan.joined(7).you, FIRST, "whoever has a seat");
        plan.join_as(8, person(7, "Aida", Role::Student), student(""));
        assert_eq!(plan.joined(8).you, SECOND, "whoever has a ticket");
        plan.say(1, ClientMessage::LockLesson { locked: false });
        plan.join(9, student("Stranger"));
        assert_eq!(plan.errors(9), []);
    }
}

mod tickets {
    use super::*;

    #[test]
    fn a_person_on_another_device_has_the_same_seat_and_a_token_that_opens_it() {
        let mut plan = Plan::of_class();
        for session in 5..8 {
            plan.join_as(session, person(7, "Aida", Role::Student), student(""));
            assert_eq!(plan.joined(session).you, FIRST);
        }
        let mut plan = plan.restarted();
        for session in 5..8 {
            let token = format!("seat-token-{session}");
            plan.join(session, with_token(student(""), &token));
            assert_eq!(plan.joined(session).you, FIRST, "{token}");
        }
    }

    #[test]
    fn a_ticket_lets_nobody_choose_the_token_of_their_seat() {
        let mut plan = Plan::of_class();
        let chosen = with_token(student(""), "chosen");
        plan.join_as(5, person(7, "Aida", Role::Student), chosen);
        assert_eq!(plan.joined(5).seat_token, "seat-token-5");
        plan.join(6, with_token(student(""), "chosen"));
        assert_eq!(plan.errors(6), [ErrorCode::BadToken]);
    }

    #[test]
    fn the_owner_with_ticket_and_token_has_one_seat() {
        let mut plan = Plan::open(&class_lesson());
        plan.join(1, teacher());
        plan.join_as(2, person(100, "Ms Omarova", Role::Teacher), teacher());
        assert_eq!(plan.joined(2).you, TEACHER);
        assert_eq!(plan.room.seats.len(), 1);
    }

    #[test]
    fn an_observer_is_seen_by_all_and_on_no_roll() {
        let mut plan = Plan::of_class();
        plan.join_as(5, person(7, "Aida", Role::Student), student(""));
        let looks_on = person(102, "Head", Role::Observer);
        plan.join_as(6, looks_on, with_media(student("")));
        plan.media(MediaEvent::Connected(SECOND));
        plan.pass(PRESENCE_FLUSH_MS);
        let seen = plan.told(5, SECOND).expect("is seen");
        assert_eq!((seen.role, seen.microphone), (Role::Observer, false));
        assert_eq!(seen.state, SeatState::Here);
        assert_eq!(plan.room.roll.total(), 2);
        assert_eq!(plan.room.roll.entries(plan.now_ms).len(), 2);
        let sources = plan.media.iter().find_map(|command| match command {
            MediaCommand::Join { sources, .. } => Some(*sources),
            _ => None,
        });
        assert_eq!(sources, Some(NOTHING), "and heard by nobody");
    }
}

mod removal {
    use super::*;

    fn remove(participant: ParticipantId) -> ClientMessage {
        ClientMessage::Remove { participant }
    }

    #[test]
    fn whoever_is_put_out_is_gone_at_once() {
        let mut plan = Plan::speaking();
        plan.say(1, allow(FIRST, true));
        plan.say(2, screen(true));
        plan.media.clear();
        plan.say(1, remove(FIRST));
        assert_eq!(plan.closed[&SessionId(2)], ClosedReason::Removed);
        assert!(plan.media.contains(&MediaCommand::Leave(FIRST)));
        assert!(plan.media.contains(&MediaCommand::Stage(None)));
        assert_eq!(plan.status(FIRST), RollStatus::Left);
        assert_eq!(plan.removed(1)[0].name, "Aida");
        plan.pass(PRESENCE_FLUSH_MS);
        let gone = |message: &ServerMessage| match message {
            ServerMessage::Presence { gone, .. } => gone.contains(&FIRST),
            _ => false,
        };
        assert!(plan.inbox(3).iter().any(gone));
        let lists = |message: &ServerMessage| matches!(message, ServerMessage::Removed { .. });
        assert!(!plan.inbox(3).iter().any(lists), "only staff have the list");
    }

    /// Every way back, before and after the server was killed.
    #[test]
    fn nothing_that_was_theirs_opens_the_lesson_again() {
        let mut plan = Plan::new();
        plan.join(1, teacher());
        plan.join(2, on_device(student("Aida"), "d"));
        plan.join_as(3, person(7, "Dana", Role::Student), student(""));
        plan.say(1, remove(FIRST));
        plan.say(1, remove(SECOND));
        for mut plan in [plan.restarted(), plan] {
            plan.join(10, with_token(student("Aida"), "seat-token-2"));
            plan.join(11, on_device(student("Somebody else"), "d"));
            plan.join_as(12, person(7, "Dana", Role::Student), student(""));
            plan.join(13, with_token(student("Dana"), "seat-token-3"));
            for session in 10..=13 {
                let reason = plan.closed.get(&SessionId(session));
                assert_eq!(reason, Some(&ClosedReason::Removed), "socket {session}");
                assert_eq!(plan.inbox(session), [], "socket {session}");
            }
            assert_eq!(plan.room.seats.len(), 3);
            // The same computer is no reason to keep out somebody the school knows.
            let other = person(8, "Timur", Role::Student);
            plan.join_as(14, other, on_device(student(""), "d"));
            assert!(plan.joined(14).you > SECOND);
            plan.join(15, on_device(student("Guest"), "e"));
            assert_eq!(plan.errors(15), []);
        }
    }

    #[test]
    fn whoever_was_put_out_does_not_wait_at_the_door() {
        let mut plan = Plan::class(0);
        plan.join(2, on_device(student("Aida"), "d"));
        plan.say(1, ClientMessage::SetLobby { on: true });
        plan.join(5, on_device(student("Dana"), "d"));
        plan.say(1, remove(FIRST));
        assert_eq!(plan.closed[&SessionId(5)], ClosedReason::Removed);
        plan.join(6, on_device(student("Dana"), "d"));
        assert_eq!(plan.closed[&SessionId(6)], ClosedReason::Removed);
        plan.pass(LOBBY_FLUSH_MS);
        assert_eq!(plan.lobby(1), Some(vec![]));
    }

    #[test]
    fn a_removal_is_taken_back() {
        let mut plan = Plan::class(1);
        plan.say(1, remove(FIRST));
        plan.say(1, ClientMessage::Readmit { participant: FIRST });
        assert_eq!(plan.removed(1), []);
        for mut plan in [plan.restarted(), plan] {
            plan.join(5, with_token(student(""), "seat-token-2"));
            assert_eq!(plan.joined(5).you, FIRST);
        }
    }
}

mod microphones {
    use super::*;

    fn mute(participant: ParticipantId) -> ClientMessage {
        ClientMessage::Mute { participant }
    }

    fn floor(participant: ParticipantId, given: bool) -> ClientMessage {
        ClientMessage::GiveFloor { participant, given }
    }

    #[test]
    fn a_muted_voice_passes_again_only_when_it_is_turned_on() {
        let mut plan = Plan::speaking();
        plan.say(1, mute(FIRST));
        assert_eq!(plan.allows(), [(FIRST, FACE)]);
        assert_eq!(plan.muted_by(2), [Some(TEACHER)]);
        assert_eq!(plan.muted_by(3), []);
        plan.pass(PRESENCE_FLUSH_MS);
        let seen = plan.told(3, FIRST).expect("is told");
        assert_eq!((seen.microphone, seen.may_speak), (false, true));
        plan.say(2, ClientMessage::RenewMedia { media: offer() });
        let offered =
            |c: &MediaCommand| matches!(c, MediaCommand::Join { sources, .. } if *sources == FACE);
        assert!(plan.media.iter().any(offered), "new media changes nothing");
        plan.media.clear();
        plan.say(2, microphone(true));
        assert_eq!(plan.allows(), [(FIRST, BOTH)]);
    }

    #[test]
    fn a_page_that_missed_the_word_is_not_heard_and_told_again() {
        let mut plan = Plan::speaking();
        plan.gone(2);
        plan.say(1, mute(FIRST));
        plan.media.clear();
        plan.join(5, with_media(with_token(student(""), "seat-token-2")));
        let MediaCommand::Join { sources, .. } = &plan.media[0] else {
            panic!("{:?}", plan.media);
        };
        assert_eq!(*sources, FACE);
        assert_eq!(plan.muted_by(5), [None]);
        assert!(!plan.joined(5).participants[1].microphone);
    }

    #[test]
    fn muting_all_spares_who_gives_the_lesson() {
        let mut plan = Plan::speaking();
        plan.say(1, ClientMessage::MuteAll);
        assert_eq!(plan.allows(), [(FIRST, FACE), (SECOND, FACE)]);
        assert_eq!(plan.muted_by(1), []);
        assert_eq!(plan.muted_by(3), [Some(TEACHER)]);
    }

    #[test]
    fn while_microphones_are_locked_only_who_has_the_floor_speaks() {
        let mut plan = Plan::speaking();
        plan.say(2, ClientMessage::RaiseHand { raised: true });
        plan.say(1, ClientMessage::LockMicrophones { locked: true });
        assert!(plan.rules_told(2).expect("is told").microphones_locked);
        assert_eq!(plan.allows(), [(FIRST, FACE), (SECOND, FACE)]);
        plan.media.clear();
        plan.say(2, microphone(true));
        assert_eq!(plan.errors(2), [ErrorCode::NotAllowed]);
        assert_eq!(plan.muted_by(2), [Some(TEACHER), None]);
        assert_eq!(plan.allows(), []);

        plan.say(1, floor(FIRST, true));
        plan.say(2, microphone(true));
        assert_eq!(plan.allows(), [(FIRST, BOTH)]);
        plan.pass(PRESENCE_FLUSH_MS);
        let seen = plan.told(3, FIRST).expect("is told");
        assert_eq!(
            (seen.floor, seen.may_speak, seen.hand_ms),
            (true, true, None)
        );
        assert!(!plan.told(2, SECOND).expect("is told").may_speak);
        plan.media.clear();
        plan.say(1, floor(FIRST, false));
        assert_eq!(plan.allows(), [(FIRST, FACE)]);

        plan.media.clear();
        plan.say(1, ClientMessage::LockMicrophones { locked: false });
        assert_eq!(plan.allows(), [], "and stay off until they are turned on");
        plan.say(3, microphone(true));
        assert_eq!(plan.allows(), [(SECOND, BOTH)]);
    }

    #[test]
    fn locks_and_the_floor_survive_the_server() {
        let mut plan = Plan::speaking();
        plan.say(1, ClientMessage::LockMicrophones { locked: true });
        plan.say(1, floor(FIRST, true));
        plan.say(1, ClientMessage::LockLesson { locked: true });
        let mode = ChatMode::TeachersOnly;
        plan.say(1, ClientMessage::SetChat { mode });
        let mut plan = plan.restarted();
        plan.join(1, with_media(teacher()));
        let rules = plan.joined(1).rules;
        assert!(rules.microphones_locked && rules.lesson_locked && !rules.paused);
        assert_eq!(rules.chat, ChatMode::TeachersOnly);
        for (session, sources) in [(2, BOTH), (3, FACE)] {
            plan.media.clear();
            let token = format!("seat-token-{session}");
            plan.join(session, with_media(with_token(student(""), &token)));
            let MediaCommand::Join { sources: told, .. } = &plan.media[0] else {
                panic!("{:?}", plan.media);
            };
            assert_eq!(*told, sources, "socket {session}");
        }
        assert!(plan.joined(2).participants[1].floor);
    }

    #[test]
    fn hands_are_lowered_from_the_front() {
        let mut plan = Plan::speaking();
        for session in [2, 3] {
            plan.say(session, ClientMessage::RaiseHand { raised: true });
        }
        plan.pass(PRESENCE_FLUSH_MS);
        assert!(plan.told(1, FIRST).expect("is told").hand_ms.is_some());
        plan.say(1, ClientMessage::LowerHand { participant: FIRST });
        plan.pass(PRESENCE_FLUSH_MS);
        assert_eq!(plan.told(1, FIRST).expect("is told").hand_ms, None);
        plan.say(1, ClientMessage::LowerAllHands);
        plan.pass(PRESENCE_FLUSH_MS);
        assert_eq!(plan.told(1, SECOND).expect("is told").hand_ms, None);
    }
}

mod adults {
    use super::*;

    #[test]
    fn a_lesson_whose_adults_are_gone_pauses_after_a_minute_and_goes_on_with_the_next() {
        let mut plan = Plan::speaking();
        plan.say(1, ClientMessage::Leave);
        plan.pass(NO_ADULT_MS - 1);
        assert_eq!(plan.rules_told(2), None);
        plan.pass(1);
        assert!(plan.rules_told(2).expect("is told").paused);
        assert_eq!(plan.allows(), [(FIRST, NOTHING), (SECOND, NOTHING)]);
        plan.say(2, chat("anybody?", Audience::Everyone));
        assert_eq!(plan.errors(2), [ErrorCode::NotAllowed]);
        plan.say(2, chat("we wait", Audience::Teachers));
        assert_eq!(plan.errors(2).len(), 1);
        plan.media.clear();

        plan.join_as(9, person(101, "Mr Li", Role::Assistant), student(""));
        assert!(!plan.joined(9).rules.paused);
        assert!(!plan.rules_told(2).expect("is told").paused);
        assert_eq!(plan.allows(), [(FIRST, BOTH), (SECOND, BOTH)]);
        assert_eq!(plan.texts(9), ["we wait"]);
    }

    #[test]
    fn before_the_first_adult_came_nothing_passes() {
        let mut plan = Plan::open(&class_lesson());
        let early = person(7, "Aida", Role::Student);
        plan.join_as(2, early, with_media(student("")));
        assert!(plan.joined(2).rules.paused);
        let MediaCommand::Join { sources, .. } = &plan.media[0] else {
            panic!("{:?}", plan.media);
        };
        assert_eq!(*sources, NOTHING);
        plan.join(3, student("Guest"));
        let waits = matches!(plan.inbox(3), [ServerMessage::Waiting { .. }]);
        assert!(waits, "and strangers wait");
    }

    #[test]
    fn an_adult_who_comes_back_in_time_is_not_missed_nor_is_an_observer_one() {
        let mut plan = Plan::speaking();
        plan.gone(1);
        plan.media(MediaEvent::Failed(TEACHER));
        plan.join_as(8, person(102, "Head", Role::Observer), student(""));
        plan.pass(NO_ADULT_MS / 2);
        plan.join(1, with_media(teacher()));
        plan.media(MediaEvent::Connected(TEACHER));
        plan.pass(NO_ADULT_MS * 2);
        assert_eq!(plan.rules_told(2), None);
        plan.media(MediaEvent::Failed(TEACHER));
        plan.pass(NO_ADULT_MS);
        assert!(plan.rules_told(2).expect("is told").paused);
    }

    #[test]
    fn after_a_crash_an_adult_has_a_minute_to_come_back() {
        let mut plan = Plan::speaking().restarted();
        plan.join(2, with_media(with_token(student(""), "seat-token-2")));
        assert!(!plan.joined(2).rules.paused);
        plan.pass(NO_ADULT_MS);
        assert!(plan.rules_told(2).expect("is told").paused);
    }
}

mod chatting {
    use super::*;

    #[test]
    fn a_message_reaches_its_audience_and_nobody_else() {
        let mut plan = Plan::class(2);
        plan.say(2, chat("to all", Audience::Everyone));
        plan.say(2, chat("I hear nothing", Audience::Teachers));
        plan.say(1, chat("staff only", Audience::Teachers));
        assert_eq!(plan.texts(1), ["to all", "I hear nothing", "staff only"]);
        assert_eq!(plan.texts(2), ["to all", "I hear nothing"]);
        assert_eq!(plan.texts(3), ["to all"]);
        let first = plan.read(1)[0];
        assert_eq!((first.number, first.from), (1, FIRST));
        assert_eq!(
            (first.name.as_str(), first.role),
            ("Student 0", Role::Student)
        );
        plan.join(7, student("Late"));
        assert_eq!(plan.texts(7), ["to all"]);
        plan.join(8, with_token(student(""), "seat-token-2"));
        assert_eq!(plan.texts(8), ["to all", "I hear nothing"]);
    }

    #[test]
    fn a_stranger_in_a_class_reads_what_was_written_since_they_came() {
        let mut plan = Plan::of_class();
        plan.say(1, chat("before", Audience::Everyone));
        plan.say(1, ClientMessage::SetLobby { on: false });
        plan.pass(10);
        plan.join(5, student("Guest"));
        plan.join_as(6, person(7, "Aida", Role::Student), student(""));
        plan.say(1, chat("after", Audience::Everyone));
        assert_eq!(plan.texts(5), ["after"]);
        assert_eq!(plan.texts(6), ["before", "after"]);
        plan.join(8, with_token(student(""), "seat-token-5"));
        assert_eq!(plan.texts(8), ["after"], "nor later");
    }

    #[test]
    fn staff_say_who_may_write() {
        let mut plan = Plan::class(1);
        for (mode, to_all, to_teachers) in [
            (ChatMode::Everyone, true, true),
            (ChatMode::TeachersOnly, false, true),
            (ChatMode::Off, false, false),
        ] {
            plan.say(1, ClientMessage::SetChat { mode });
            for (to, may) in [
                (Audience::Everyone, to_all),
                (Audience::Teachers, to_teachers),
            ] {
                plan.inboxes.clear();
                plan.pass(2_000);
                plan.say(2, chat("x", to));
                assert_eq!(plan.texts(2).len(), usize::from(may), "{mode:?} {to:?}");
                plan.say(1, chat("y", to));
                assert!(plan.texts(1).contains(&"y"), "{mode:?} {to:?}");
            }
        }
    }

    #[test]
    fn a_message_is_taken_out_for_everybody_and_for_good() {
        let mut plan = Plan::class(2);
        plan.say(2, chat("rude", Audience::Everyone));
        plan.say(3, chat("kind", Audience::Everyone));
        plan.say(1, ClientMessage::DeleteChat { number: 1 });
        let out = ServerMessage::ChatDeleted { number: 1 };
        assert!(plan.inbox(3).contains(&out));
        plan.say(1, ClientMessage::DeleteChat { number: 1 });
        assert_eq!(plan.errors(1), [ErrorCode::BadMessage]);
        let mut plan = plan.restarted();
        plan.join(1, teacher());
        assert_eq!(plan.texts(1), ["kind"]);
        plan.say(1, chat("next", Audience::Everyone));
        assert_eq!(plan.read(1)[1].number, 3, "numbers go on");
    }

    #[test]
    fn nobody_floods_the_chat() {
        let mut plan = Plan::class(1);
        for _ in 0..=CHAT_RATE.1 {
            plan.say(2, chat("x", Audience::Everyone));
        }
        assert_eq!(plan.errors(2), [ErrorCode::TooFast]);
        assert_eq!(plan.texts(1).len(), CHAT_RATE.1 as usize);
        plan.pass(1_000);
        plan.say(2, chat("y", Audience::Everyone));
        assert_eq!(plan.errors(2).len(), 1);
        plan.say(2, chat("\u{200b}", Audience::Everyone));
        assert_eq!(plan.errors(2)[1], ErrorCode::BadMessage);
    }

    #[test]
    fn a_message_is_written_before_it_is_read_and_shows_that_its_author_is_there() {
        let mut plan = Plan::class(1);
        let session = SessionId(2);
        let message = chat("x", Audience::Everyone);
        let effects = plan.room.handle(
            plan.now_ms,
            Input::Message {
                session,
                message,
                new_key: None,
            },
        );
        let position = |is: fn(&Effect) -> bool| effects.iter().position(is).expect("happens");
        let written = position(|e| matches!(e, Effect::Journal(Record::Chat(_))));
        let read = position(|e| matches!(e, Effect::Send { .. }));
        assert!(written < read);
        let evidence = plan.room.roll.evidence(FIRST).expect("has a line");
        assert_eq!(evidence.messages, 1);
    }

    #[test]
    fn whoever_comes_late_is_told_so_much_and_the_newest() {
        let mut plan = Plan::class(0);
        let long = "ә".repeat(homeroom_protocol::MAX_CHAT_CHARS);
        for _ in 0..200 {
            plan.pass(1_000);
            plan.say(1, chat(&long, Audience::Everyone));
        }
        plan.join(5, student("Late"));
        let bytes: usize = plan.texts(5).iter().map(|text| text.len()).sum();
        let most = crate::limits::CHAT_HISTORY_BYTES;
        assert!(bytes <= most && bytes > most - long.len(), "{bytes}");
        let last = plan.read(5).last().map(|message| message.number);
        assert_eq!(last, Some(200));
    }
}
