//! Who joins hears and sees the others, and only them, soon, with nothing lost.

use crate::class::{Class, assert_clean, expect, hears_and_sees, more_than};
use crate::server::Server;
use homeroom_loadtest::{Bot, BotConfig, Lines, Observed, Tone, Volume};
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn two_people_hear_and_see_each_other() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let student = class.student(1).await;
    teacher.watch(&[student.id(), teacher.id()]).await;
    student.watch(&[teacher.id(), student.id()]).await;

    let at_teacher = hears_and_sees(&teacher, Tone::nth(1), student.id()).await;
    let at_student = hears_and_sees(&student, Tone::nth(0), teacher.id()).await;
    for (seen, from) in [(&at_teacher, 1), (&at_student, 0)] {
        assert_clean(seen);
        assert_eq!(
            seen.tones(),
            [Tone::nth(from)],
            "the right voice, and not one's own"
        );
        assert_eq!(seen.room.total, 2);
    }
    let own = at_teacher.frames_of(teacher.id()) + at_student.frames_of(student.id());
    assert_eq!(own, 0, "nobody is shown to themselves");
    let first_picture = at_student.timings.first_picture.expect("seen");
    assert!(
        first_picture < Duration::from_secs(2),
        "{:?}",
        at_student.timings
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_student_without_camera_and_microphone_hears_and_sees() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let listener = BotConfig {
        lines: Lines {
            microphone: false,
            camera: false,
            screen: false,
            ..Lines::PHONE
        },
        microphone: false,
        camera: false,
        ..class.student_config(1)
    };
    let listener = Bot::join(listener).await.expect("a listener joins");
    listener.watch(&[teacher.id()]).await;
    assert_clean(&hears_and_sees(&listener, Tone::nth(0), teacher.id()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_cameras_asked_for_are_sent() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let first = class.student(1).await;
    let second = class.student(2).await;

    teacher.watch(&[first.id()]).await;
    let seen = hears_and_sees(&teacher, Tone::nth(1), first.id()).await;
    assert_eq!(seen.frames_of(second.id()), 0);
    teacher.watch(&[second.id()]).await;
    let seen = hears_and_sees(&teacher, Tone::nth(2), second.id()).await;
    let before = seen.frames_of(first.id());
    let seen = more_than(&teacher, &seen, Tone::nth(2), second.id()).await;
    assert_eq!(
        seen.frames_of(first.id()),
        before,
        "the first is not sent any more"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_changes_its_person_without_a_seam() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let students = [class.student(1).await, class.student(2).await];
    // Frames seen between changes: never a second, so that a change falls between key frames.
    for (turn, frames) in [4, 7, 5, 9, 6, 8].into_iter().enumerate() {
        let shown = students[turn % 2].id();
        let wanted = teacher.observed().frames_of(shown) + frames;
        teacher.watch(&[shown]).await;
        expect(&teacher, "the other one", |seen| {
            seen.frames_of(shown) >= wanted
        })
        .await;
    }
    assert_clean(&teacher.observed());
}

#[tokio::test(flavor = "multi_thread")]
async fn in_a_crowd_a_whispering_teacher_is_always_heard() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = BotConfig {
        volume: Volume::Whisper,
        ..class.teacher_config()
    };
    let teacher = Bot::join(teacher).await.expect("the teacher joins");
    let mut crowd = Vec::new();
    for n in 1..=5 {
        crowd.push(class.student(n).await);
    }
    let listener = &crowd[0];
    let before = expect(listener, "the teacher's voice", |seen| {
        seen.heard_ms(Tone::nth(0)) > 0
    });
    let before = before.await;
    let voices = |seen: &Observed| seen.voices.iter().map(|v| v.arrivals.unique()).sum::<u64>();
    let after = expect(listener, "six seconds of voices", |seen| {
        voices(seen) >= voices(&before) + 300
    });
    let after = after.await;
    assert_clean(&after);
    let teacher_ms = after.heard_ms(Tone::nth(0)) - before.heard_ms(Tone::nth(0));
    // 300 packets in three slots are two seconds of each.
    assert!(
        teacher_ms >= 1_900,
        "the teacher was heard for {teacher_ms} ms\n{after}"
    );
    assert_eq!(after.heard_ms(Tone::nth(1)), 0, "nobody hears themselves");
    drop(teacher);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_muted_microphone_and_a_covered_camera_send_nothing() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let student = class.student(1).await;
    teacher.watch(&[student.id()]).await;
    hears_and_sees(&teacher, Tone::nth(1), student.id()).await;

    student.set_media(false, false, false).await;
    let off = |seen: &Observed| {
        let person = seen.room.participants.get(&student.id());
        person.is_some_and(|person| !person.microphone && !person.camera)
    };
    expect(&teacher, "both shown as off", off).await;
    student.set_media(true, true, false).await;
    hears_and_sees(&teacher, Tone::nth(1), student.id()).await;
    let seen = teacher.observed();
    assert_eq!(seen.faults(), 0, "{seen}");
}
