//! Not one packet crosses from a lesson to another, or to somebody who left.

use crate::class::{Class, assert_clean, expect, hears_and_sees, more_than};
use crate::server::Server;
use homeroom_loadtest::{Bot, BotConfig, Observed, Tone};
use homeroom_protocol::ClientMessage;

#[tokio::test(flavor = "multi_thread")]
async fn two_lessons_do_not_hear_or_see_each_other() {
    let server = Server::start().await;
    let (algebra, biology) = (Class::open(&server).await, Class::open(&server).await);
    let pairs = [(&algebra, 2, 3), (&biology, 4, 5)];
    let mut bots = Vec::new();
    for (class, teachers, students) in pairs {
        let teacher = BotConfig {
            tone: Tone::nth(teachers),
            ..class.teacher_config()
        };
        let teacher = Bot::join(teacher).await.expect("a teacher joins");
        let student = class.student(students).await;
        teacher.watch(&[student.id()]).await;
        student.watch(&[teacher.id()]).await;
        bots.push((teacher, student, teachers, students));
    }
    for (teacher, student, teachers, students) in &bots {
        let at_teacher = hears_and_sees(teacher, Tone::nth(*students), student.id()).await;
        let at_student = hears_and_sees(student, Tone::nth(*teachers), teacher.id()).await;
        for (seen, tone) in [(at_teacher, students), (at_student, teachers)] {
            // A frame of the other lesson would be a fault.
            assert_clean(&seen);
            assert_eq!(seen.tones(), [Tone::nth(*tone)]);
            assert_eq!(seen.room.participants.len(), 2);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_reaches_a_lesson_where_nobody_speaks() {
    let server = Server::start().await;
    let (busy, quiet) = (Class::open(&server).await, Class::open(&server).await);
    let alone = Bot::join(BotConfig {
        microphone: false,
        camera: false,
        ..quiet.teacher_config()
    });
    let alone = alone.await.expect("joins");
    let (teacher, student) = (busy.teacher().await, busy.student(1).await);
    // Numbers of the other lesson's people are asked for as well.
    alone.watch(&[teacher.id(), student.id()]).await;
    student.watch(&[teacher.id()]).await;
    let seen = hears_and_sees(&student, Tone::nth(0), teacher.id()).await;
    more_than(&student, &seen, Tone::nth(0), teacher.id()).await;
    let seen = alone.observed();
    assert_eq!(seen.packets(), 0, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_left_receives_nothing_more() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let (stays, leaves) = (class.student(1).await, class.student(2).await);
    for student in [&stays, &leaves] {
        student.watch(&[teacher.id()]).await;
        hears_and_sees(student, Tone::nth(0), teacher.id()).await;
    }
    // Says goodbye but keeps listening.
    leaves.say(ClientMessage::Leave).await;
    expect(&leaves, "a closed socket", |seen| !seen.socket_open).await;
    let gone = |seen: &Observed| !seen.room.participants.contains_key(&leaves.id());
    expect(&stays, "one fewer", gone).await;

    let (at_goodbye, before) = (leaves.observed().packets(), stays.observed());
    more_than(&stays, &before, Tone::nth(0), teacher.id()).await;
    let after = leaves.observed().packets() - at_goodbye;
    // What was on its way when the goodbye arrived.
    assert!(after <= 5, "{after} packets after leaving");
}
