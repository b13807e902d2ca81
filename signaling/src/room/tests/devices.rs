//! Programs that the teacher's token vouches for: their seats, beside the teacher's.

use super::*;
use homeroom_store::{SeatRole, StoredSeat};

const CAMERA: ParticipantId = ParticipantId(2);

impl Plan {
    fn join_device(&mut self, session: u64, role: Role, token: &str) {
        self.input(Input::Join {
            session: SessionId(session),
            join: Box::new(with_media(with_token(student("Board"), token))),
            voucher: Some(Voucher::Device(role)),
            fresh_token: format!("seat-token-{session}"),
        });
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
