//! What is heard counts from the moment a device could hear, though the proof of it takes seconds.

use super::*;
use crate::limits::DEAF_AFTER_MS;
use homeroom_protocol::RollLine;

const AIDA: ParticipantId = ParticipantId(2);

/// A lesson that has begun, and Aida's page, which came just now and connects.
fn connecting() -> Plan {
    let mut plan = Plan::class(1);
    plan.join(
        9,
        Join {
            microphone: true,
            ..with_token(teacher(), TEACHER_TOKEN)
        },
    );
    plan.pass(60_000);
    plan.join(5, with_media(with_token(student("Aida"), "seat-token-2")));
    plan
}

fn line(plan: &Plan) -> RollLine {
    let key = plan.room.roll.key_of(AIDA).expect("is a pupil");
    plan.room
        .roll
        .roll_line(key, plan.now_ms)
        .expect("is on the roll")
}

fn is_heard(plan: &mut Plan, hearing: bool) {
    plan.media(MediaEvent::Hearing {
        participant: AIDA,
        hearing,
    });
}

#[test]
fn a_proof_counts_from_when_the_transport_came_up() {
    let mut plan = connecting();
    plan.media(MediaEvent::Connected(AIDA));
    plan.pass(4_000);
    is_heard(&mut plan, true);
    assert_eq!(line(&plan).heard_ms, 4_000);
    // Another device takes over, and its proof takes seconds too.
    plan.pass(6_000);
    plan.join(6, with_media(with_token(student("Aida"), "seat-token-2")));
    plan.media(MediaEvent::Connected(AIDA));
    plan.pass(3_000);
    is_heard(&mut plan, true);
    plan.pass(1_000);
    assert_eq!(line(&plan).heard_ms, 14_000);
    // And one more after that, before anything was proven of the one between.
    for (session, ms) in [(7, 2_000), (8, 3_000)] {
        plan.join(
            session,
            with_media(with_token(student("Aida"), "seat-token-2")),
        );
        plan.media(MediaEvent::Connected(AIDA));
        plan.pass(ms);
    }
    is_heard(&mut plan, true);
    assert_eq!(line(&plan).heard_ms, 19_000);
    // And where the proof of one comes when the next is already on its way.
    plan.join(10, with_media(with_token(student("Aida"), "seat-token-2")));
    plan.media(MediaEvent::Connected(AIDA));
    plan.pass(3_000);
    plan.join(11, with_media(with_token(student("Aida"), "seat-token-2")));
    is_heard(&mut plan, true);
    plan.media(MediaEvent::Connected(AIDA));
    plan.pass(3_000);
    is_heard(&mut plan, true);
    assert_eq!(line(&plan).heard_ms, 25_000);
}

#[test]
fn a_proof_that_comes_too_late_counts_from_itself() {
    let mut plan = connecting();
    plan.media(MediaEvent::Connected(AIDA));
    plan.pass(DEAF_AFTER_MS);
    is_heard(&mut plan, true);
    assert_eq!(line(&plan).heard_ms, 0);
    // Nor does what was lost on the way come back with the next proof.
    plan.pass(30_000);
    is_heard(&mut plan, false);
    assert_eq!(line(&plan).heard_ms, 30_000 - DEAF_AFTER_MS);
    plan.pass(5_000);
    is_heard(&mut plan, true);
    plan.pass(1_000);
    assert_eq!(line(&plan).heard_ms, 30_000 - DEAF_AFTER_MS + 1_000);
}
