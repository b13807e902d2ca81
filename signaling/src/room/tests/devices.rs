//! Programs that the teacher's token or the stream key vouches for: their seats, beside the teacher's,
//! and the key itself.

use super::*;
use crate::limits::{MAX_STREAM_KEY_SEATS, NO_ADULT_MS};
use homeroom_protocol::Program;
use homeroom_store::{SeatRole, StoredSeat};

const CAMERA: ParticipantId = ParticipantId(2);

impl Plan {
    fn join_device(&mut self, session: u64, role: Role, token: &str) {
        self.join_with_key(session, role, token, DeviceKey::Teachers);
    }

    fn join_by_stream_key(&mut self, session: u64, role: Role, token: &str, key: &str) {
        let key = DeviceKey::Stream(TokenHash::of(key));
        self.join_with_key(session, role, token, key);
    }

    fn join_with_key(&mut self, session: u64, role: Role, token: &str, key: DeviceKey) {
        self.input(Input::Join {
            session: SessionId(session),
            join: Box::new(with_media(with_token(student("Board"), token))),
            voucher: Some(Voucher::Device { role, key }),
            fresh_token: format!("seat-token-{session}"),
        });
    }

    /// What the teacher on this socket was last told of programs: the key, when the one that opens
    /// was made, and who is connected.
    fn programs(&self, session: u64) -> (Option<String>, Option<u64>, Vec<Program>) {
        let mut inbox = self.inbox(session).iter().rev();
        let said = inbox.find_map(|message| match message {
            ServerMessage::Programs {
                key,
                key_made_ms,
                programs,
            } => Some((key.clone(), *key_made_ms, programs.clone())),
            _ => None,
        });
        said.expect("was told")
    }

    fn new_key(&mut self, session: u64) -> String {
        self.say(session, ClientMessage::Programs { new_key: true });
        self.programs(session).0.expect("a key")
    }
}

#[test]
fn a_camera_is_a_teacher_beside_the_teacher_whose_page_stays() {
    let mut plan = Plan::new();
    plan.join(1, with_media(teacher()));
    plan.join_device(2, Role::Teacher, "camera");
    assert_eq!(plan.joined(2).you, CAMERA);
    assert_eq!(plan.closed, BTreeMap::new());
    let camera = plan.joined(2).participants.last().expect("itself");
    assert_eq!(
        (camera.name.as_str(), camera.role),
        ("Board", Role::Teacher)
    );
    // Below the lesson's owner, who may put it out.
    plan.say(
        1,
        ClientMessage::Mute {
            participant: CAMERA,
        },
    );
    let muted = Sources {
        microphone: false,
        ..BOTH
    };
    assert_eq!(plan.media.last(), Some(&allowed(CAMERA, muted)));
    plan.say(
        2,
        ClientMessage::Mute {
            participant: TEACHER,
        },
    );
    assert_eq!(plan.errors(2), [ErrorCode::NotAllowed]);
}

#[test]
fn whoever_comes_again_has_the_same_seat_also_after_a_restart() {
    let mut plan = Plan::new();
    plan.join(1, teacher());
    plan.join_device(2, Role::Teacher, "camera");
    plan.join_device(3, Role::Teacher, "camera");
    assert_eq!(plan.joined(3).you, CAMERA);
    let replaced = BTreeMap::from([(SessionId(2), ClosedReason::Replaced)]);
    assert_eq!(plan.closed, replaced);
    let mut plan = Plan::open(&plan.saved());
    plan.join_device(4, Role::Teacher, "camera");
    assert_eq!(plan.joined(4).you, CAMERA);
    plan.join_device(5, Role::Teacher, "other camera");
    assert_eq!(plan.joined(5).you, ParticipantId(3));
}

#[test]
fn lobby_and_lock_are_for_strangers_and_removal_is_for_all() {
    let mut plan = Plan::new();
    plan.join(1, teacher());
    plan.say(1, ClientMessage::SetLobby { on: true });
    plan.say(1, ClientMessage::LockLesson { locked: true });
    plan.join_device(2, Role::Teacher, "camera");
    plan.say(
        1,
        ClientMessage::Remove {
            participant: CAMERA,
        },
    );
    plan.join_device(3, Role::Teacher, "camera");
    let removed = ClosedReason::Removed;
    let closed = BTreeMap::from([(SessionId(2), removed), (SessionId(3), removed)]);
    assert_eq!(plan.closed, closed);
    assert_eq!(plan.room.who_receives(SessionId(3)), None);
}

#[test]
fn whoever_plays_looks_on() {
    let mut plan = Plan::new();
    plan.join(1, teacher());
    plan.join_device(2, Role::Observer, "hall");
    let Some(MediaCommand::Join { sources, role, .. }) = plan.media.last() else {
        panic!("{:?}", plan.media)
    };
    assert_eq!((*sources, *role), (Sources::default(), Role::Observer));
    assert_eq!(plan.room.who_receives(SessionId(2)), Some(CAMERA));
    let entries = plan.room.roll.entries(plan.now_ms);
    assert!(
        entries.iter().all(|entry| entry.participant != CAMERA),
        "on no roll"
    );
}

#[test]
fn so_many_seats_and_no_more_whatever_the_names() {
    let mut saved = saved();
    let seat = |participant: u32| StoredSeat {
        lesson: saved.lesson.id,
        participant,
        person: None,
        name: format!("Display {participant}"),
        role: SeatRole::Observer,
        token: TokenHash::of(&format!("display {participant}")),
        joined_ms: 500_000,
    };
    let seats: Vec<_> = (1..=MAX_SEATS as u32).map(seat).collect();
    saved.seats = seats;
    let mut plan = Plan::open(&saved);
    plan.join_device(1, Role::Teacher, "one more");
    assert_eq!(plan.errors(1), [ErrorCode::Full]);
    plan.join_device(2, Role::Observer, "display 1");
    assert_eq!(plan.joined(2).you, ParticipantId(1));
}

#[test]
fn a_stream_key_is_told_once_to_whoever_had_it_made_and_is_written_before() {
    let mut plan = Plan::new();
    plan.join(1, teacher());
    plan.say(1, ClientMessage::Programs { new_key: false });
    assert_eq!(plan.programs(1), (None, None, vec![]));
    let (session, new_key) = (SessionId(1), Some("stream-x".to_owned()));
    let message = ClientMessage::Programs { new_key: true };
    let input = Input::Message {
        session,
        message,
        new_key,
    };
    let effects = plan.room.handle(plan.now_ms, input);
    let position = |is: fn(&Effect) -> bool| effects.iter().position(is).expect("happens");
    let written = position(|e| matches!(e, Effect::Journal(Record::StreamKey(_))));
    let told = position(|e| matches!(e, Effect::Send { .. }));
    assert!(written < told);
    plan.perform(effects);
    let made_ms = Some(plan.now_ms);
    let key = Some("stream-x".to_owned());
    assert_eq!(plan.programs(1), (key, made_ms, vec![]));
    let written = format!("{:?}", plan.journal);
    assert!(!written.contains("stream-x"), "only its hash: {written}");
    plan.say(1, ClientMessage::Programs { new_key: false });
    assert_eq!(plan.programs(1), (None, made_ms, vec![]));
}

#[test]
fn teachers_see_which_programs_come_and_go() {
    let mut plan = Plan::new();
    plan.join(1, teacher());
    plan.join(9, student("Bolat"));
    let key = plan.new_key(1);
    let key_ms = Some(plan.now_ms);
    plan.pass(5_000);
    let since_ms = plan.now_ms;
    plan.join_by_stream_key(2, Role::Teacher, "obs", &key);
    plan.join_device(3, Role::Observer, "hall");
    let program = |participant: u32, publishes| Program {
        participant: ParticipantId(participant),
        publishes,
        since_ms,
    };
    let both = vec![program(3, true), program(4, false)];
    assert_eq!(plan.programs(1), (None, key_ms, both));
    plan.say(2, ClientMessage::Leave);
    assert_eq!(plan.programs(1).2, [program(4, false)]);
    plan.gone(3);
    assert_eq!(plan.programs(1).2, []);
    let is_told = |message: &ServerMessage| matches!(message, ServerMessage::Programs { .. });
    assert!(!plan.inbox(9).iter().any(is_told), "no student is told");
}

#[test]
fn a_renewed_stream_key_puts_out_whoever_came_with_the_one_before_and_nobody_else() {
    let mut plan = Plan::new();
    plan.join(1, teacher());
    let old = plan.new_key(1);
    plan.join_by_stream_key(2, Role::Teacher, "obs", &old);
    plan.join_by_stream_key(3, Role::Observer, "hall", &old);
    plan.join_device(4, Role::Teacher, "camera");
    let (obs, hall) = (plan.joined(2).you, plan.joined(3).you);
    // Of this one the socket is gone, and its media may still come.
    plan.media(MediaEvent::Connected(hall));
    plan.gone(3);
    plan.media.clear();
    let new = plan.new_key(1);
    assert_ne!(old, new);
    assert_eq!(plan.closed, [(SessionId(2), ClosedReason::Left)].into());
    let left = [MediaCommand::Leave(obs), MediaCommand::Leave(hall)];
    assert_eq!(plan.media, left);
    assert_eq!(plan.status(obs), RollStatus::Left);
    let connected: Vec<_> = plan.programs(1).2.iter().map(|p| p.participant).collect();
    assert_eq!(connected, [plan.joined(4).you]);

    plan.join_by_stream_key(5, Role::Teacher, "obs", &old);
    assert_eq!(plan.errors(5), [ErrorCode::BadToken]);
    plan.join_by_stream_key(6, Role::Teacher, "other", &new);
    plan.joined(6);
    // Two of one moment are told apart.
    let before_ms = plan.programs(1).1;
    plan.new_key(1);
    assert!(plan.programs(1).1 > before_ms);
}

#[test]
fn another_teacher_hears_of_a_new_key_and_not_the_key() {
    let mut plan = Plan::open(&class::class_lesson());
    plan.join_as(1, class::person(100, "Asel", Role::Teacher), student(""));
    plan.join_as(2, class::person(101, "Marat", Role::Teacher), student(""));
    plan.join_as(3, class::person(102, "Dina", Role::Assistant), student(""));
    let key = plan.new_key(2);
    assert_eq!(plan.programs(1), (None, Some(plan.now_ms), vec![]));
    let inbox = format!("{:?}", plan.inbox(1));
    assert!(!inbox.contains(&key));
    // What comes with it is a teacher's: not an assistant's to have made.
    plan.say(3, ClientMessage::Programs { new_key: true });
    assert_eq!(plan.errors(3), [ErrorCode::NotAllowed]);
    assert_eq!(plan.programs(1).1, Some(plan.now_ms));
}

#[test]
fn a_stream_key_outlives_a_restart() {
    let mut plan = Plan::new();
    plan.join(1, teacher());
    let key = plan.new_key(1);
    let made_ms = plan.programs(1).1;
    let mut plan = Plan::open(&plan.saved());
    plan.join_by_stream_key(2, Role::Teacher, "obs", &key);
    plan.joined(2);
    plan.join(1, teacher());
    plan.say(1, ClientMessage::Programs { new_key: false });
    assert_eq!(plan.programs(1).1, made_ms);
}

#[test]
fn a_stream_key_opens_no_seat_to_a_page_and_nothing_where_there_is_none() {
    let mut plan = Plan::new();
    plan.join_by_stream_key(1, Role::Teacher, "obs", "stream-1");
    assert_eq!(plan.errors(1), [ErrorCode::BadToken]);
    plan.join(2, teacher());
    let key = plan.new_key(2);
    plan.join_by_stream_key(3, Role::Teacher, "obs", &key);
    plan.join(4, with_token(student("Mallory"), &key));
    assert_eq!(plan.errors(4), [ErrorCode::BadToken]);
}

/// Who has the key need not be an adult, and students are not left to themselves.
#[test]
fn a_program_with_the_stream_key_is_no_adult_and_one_with_the_teachers_token_is() {
    for (by_stream_key, paused) in [(true, true), (false, false)] {
        let mut plan = Plan::new();
        plan.join(1, teacher());
        plan.join(2, student("Bolat"));
        let key = plan.new_key(1);
        if by_stream_key {
            plan.join_by_stream_key(3, Role::Teacher, "obs", &key);
        } else {
            plan.join_device(3, Role::Teacher, "obs");
        }
        let obs = plan.joined(3).you;
        plan.media(MediaEvent::Connected(obs));
        plan.say(1, ClientMessage::Leave);
        plan.pass(NO_ADULT_MS + 1);
        assert_eq!(plan.room.rules().paused, paused, "{by_stream_key}");
        // What it sends is heard either way, as a teacher's is.
        let sources = plan.room.seats[&obs].allowed;
        assert_eq!(sources, BOTH, "{by_stream_key}");
    }
}

#[test]
fn a_stream_key_makes_so_many_seats_whatever_the_names() {
    let mut plan = Plan::new();
    plan.join(1, teacher());
    let key = plan.new_key(1);
    let at = |n: usize| 10 + n as u64;
    for n in 0..MAX_STREAM_KEY_SEATS {
        plan.join_by_stream_key(at(n), Role::Observer, &format!("display {n}"), &key);
        plan.joined(at(n));
    }
    plan.join_by_stream_key(2, Role::Observer, "one more", &key);
    assert_eq!(plan.errors(2), [ErrorCode::Full]);
    plan.join_by_stream_key(3, Role::Observer, "display 7", &key);
    plan.joined(3);
    plan.join(4, student("Bolat"));
    plan.joined(4);
}
