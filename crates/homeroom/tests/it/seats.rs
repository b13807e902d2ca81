//! A refreshed page, a lost socket, a changed network: the same seat.

use crate::class::{Class, assert_clean, expect, hears_and_sees, more_than, student_name};
use crate::server::Server;
use homeroom_loadtest::{Bot, BotConfig, JoinFailed, Tone};
use homeroom_protocol::{ClosedReason, ErrorCode};

#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_page_keeps_its_seat_and_the_old_one_is_told() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, before) = (class.teacher().await, class.student(1).await);
    let token = Some(before.seat_token().to_owned());
    let again = BotConfig {
        token,
        name: "Somebody else".into(),
        ..class.student_config(1)
    };
    let after = Bot::join(again).await.expect("the seat opens again");
    assert_eq!(after.id(), before.id());
    let told = expect(&before, "a goodbye", |seen| !seen.socket_open).await;
    assert_eq!(told.room.closed, Some(ClosedReason::Replaced));

    teacher.watch(&[after.id()]).await;
    let seen = hears_and_sees(&teacher, Tone::nth(1), after.id()).await;
    assert_eq!((seen.faults(), seen.room.total), (0, 2), "{seen}");
    assert!(
        seen.room.named(&student_name(1)).is_some(),
        "a seat keeps its name"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_socket_costs_no_packet() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, mut student) = (class.teacher().await, class.student(1).await);
    teacher.watch(&[student.id()]).await;
    student.watch(&[teacher.id()]).await;
    hears_and_sees(&teacher, Tone::nth(1), student.id()).await;
    hears_and_sees(&student, Tone::nth(0), teacher.id()).await;

    student.lose_socket();
    let seen = student.observed();
    more_than(&student, &seen, Tone::nth(0), teacher.id()).await;
    student.resume().await.expect("the seat is still there");
    let seen = student.observed();
    assert_eq!(seen.room.total, 2, "a fresh snapshot");
    assert_clean(&more_than(&student, &seen, Tone::nth(0), teacher.id()).await);
    assert_clean(&hears_and_sees(&teacher, Tone::nth(1), student.id()).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_network_needs_only_new_media() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, mut student) = (class.teacher().await, class.student(1).await);
    teacher.watch(&[student.id()]).await;
    student.watch(&[teacher.id()]).await;
    hears_and_sees(&teacher, Tone::nth(1), student.id()).await;
    hears_and_sees(&student, Tone::nth(0), teacher.id()).await;

    student
        .renew_media()
        .await
        .expect("new media for the same seat");
    student.watch(&[teacher.id()]).await;
    assert_clean(&hears_and_sees(&student, Tone::nth(0), teacher.id()).await);
    let seen = more_than(&teacher, &teacher.observed(), Tone::nth(1), student.id()).await;
    assert_eq!(
        seen.faults(),
        0,
        "the teacher's slot goes on at a key frame\n{seen}"
    );
    assert_eq!(
        seen.lost_packets(),
        0,
        "and its numbers without a hole\n{seen}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_opens_one_seat_in_one_lesson() {
    let server = Server::start().await;
    let (algebra, biology) = (Class::open(&server).await, Class::open(&server).await);
    let student = algebra.student(1).await;
    for token in [
        student.seat_token(),
        &algebra.lesson.teacher_token,
        "guess",
        "",
    ] {
        let config = BotConfig {
            token: Some(token.to_owned()),
            ..biology.student_config(1)
        };
        match Bot::join(config).await.map(|bot| bot.id()) {
            Err(JoinFailed::Refused(ErrorCode::BadToken, _)) => {}
            other => panic!("{token:?} in another lesson: {other:?}"),
        }
    }
}
