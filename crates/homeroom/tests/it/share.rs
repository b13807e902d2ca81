//! Only who may share is seen sharing; a teacher always can.

use crate::class::{Class, expect, hears_and_sees, more_than};
use crate::server::Server;
use homeroom_loadtest::{Bot, Observed, Tone};
use homeroom_protocol::{ClientMessage, ErrorCode, ParticipantId};

fn refused(seen: &Observed, with: ErrorCode) -> bool {
    seen.room.errors.iter().any(|(code, _)| *code == with)
}

async fn sees_screen(bot: &Bot, sharer: ParticipantId, tone: Tone) -> Observed {
    let before = bot.observed().screen_frames_of(sharer);
    let shown = |seen: &Observed| {
        seen.room.sharer == Some(sharer)
            && seen.screen_frames_of(sharer) >= before + 12
            && seen.screen_sound.now == Some(tone)
    };
    expect(bot, "a screen with its sound", shown).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_shares_only_while_allowed() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    teacher.watch(&[student.id()]).await;
    hears_and_sees(&teacher, Tone::nth(1), student.id()).await;

    // Not allowed: the request is refused, and packets sent all the same go nowhere.
    student.set_media(true, true, true).await;
    expect(&student, "a refusal", |seen| {
        refused(seen, ErrorCode::NotAllowed)
    })
    .await;
    let before = teacher.observed();
    let seen = more_than(&teacher, &before, Tone::nth(1), student.id()).await;
    let screen_packets = seen.screen.arrivals.unique() + seen.screen_sound.arrivals.unique();
    assert_eq!((screen_packets, seen.room.sharer), (0, None), "{seen}");

    // Allowed: it flows, and the camera beside it.
    let allow = |allowed| ClientMessage::AllowShare {
        participant: student.id(),
        allowed,
    };
    teacher.say(allow(true)).await;
    let may = |seen: &Observed| {
        seen.room
            .participants
            .get(&student.id())
            .is_some_and(|person| person.may_share)
    };
    expect(&student, "the permission", may).await;
    student.set_media(true, true, true).await;
    let seen = sees_screen(&teacher, student.id(), Tone::nth(21)).await;
    more_than(&teacher, &seen, Tone::nth(1), student.id()).await;

    // Taken back: it stops.
    teacher.say(allow(false)).await;
    let stopped = expect(&teacher, "an empty stage", |seen| {
        seen.room.sharer.is_none()
    })
    .await;
    let seen = more_than(&teacher, &stopped, Tone::nth(1), student.id()).await;
    let after = seen.screen.arrivals.unique() - stopped.screen.arrivals.unique();
    assert!(
        after <= 3,
        "{after} screen packets after the permission was taken back"
    );
    assert_eq!(seen.faults(), 0, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_shares_at_a_time_and_the_teacher_takes_over() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let (first, second) = (class.student(1).await, class.student(2).await);
    for student in [&first, &second] {
        let participant = student.id();
        teacher
            .say(ClientMessage::AllowShare {
                participant,
                allowed: true,
            })
            .await;
        let may = |seen: &Observed| seen.room.participants[&participant].may_share;
        expect(student, "the permission", may).await;
    }
    first.set_media(true, true, true).await;
    sees_screen(&second, first.id(), Tone::nth(21)).await;
    second.set_media(true, true, true).await;
    expect(&second, "a refusal", |seen| {
        refused(seen, ErrorCode::ShareBusy)
    })
    .await;

    teacher.set_media(true, true, true).await;
    let seen = sees_screen(&second, teacher.id(), Tone::nth(20)).await;
    assert_eq!(
        seen.faults(),
        0,
        "one screen becomes another at a key frame\n{seen}"
    );
    teacher.set_media(true, true, false).await;
    expect(&second, "an empty stage", |seen| seen.room.sharer.is_none()).await;
}
