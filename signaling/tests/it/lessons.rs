//! A lesson from its start to its end.

use crate::server::{Client, Server};
use homeroom_protocol::{
    ClientMessage, ClosedReason, CreatedLesson, ErrorCode, ParticipantId, RollEntry, RollStatus,
    ServerMessage,
};
use std::time::Duration;

const FIRST_STUDENT: ParticipantId = ParticipantId(2);

/// The next roll in which the student has this status.
async fn roll_with(teacher: &mut Client, student: ParticipantId, status: RollStatus) -> RollEntry {
    let like = |message: &ServerMessage| match message {
        ServerMessage::Roll { entries } => entries
            .iter()
            .find(|entry| entry.participant == student && entry.status == status)
            .cloned(),
        _ => None,
    };
    teacher.hear_until(like).await
}

async fn teacher_of(server: &Server, lesson: &CreatedLesson) -> Client {
    server
        .join(&lesson.code, "Ms Omarova", Some(&lesson.teacher_token))
        .await
        .0
}

#[tokio::test]
async fn the_teacher_watches_the_roll_live() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let mut teacher = teacher_of(&server, &lesson).await;
    let (mut aida, joined) = server.join(&lesson.code, "Aida", None).await;
    roll_with(&mut teacher, FIRST_STUDENT, RollStatus::Here).await;

    drop(aida);
    roll_with(&mut teacher, FIRST_STUDENT, RollStatus::Away).await;
    (aida, _) = server
        .join(&lesson.code, "", Some(&joined.seat_token))
        .await;
    let entry = roll_with(&mut teacher, FIRST_STUDENT, RollStatus::Here).await;
    assert_eq!(
        (entry.name.as_str(), entry.times_away, entry.rejoins),
        ("Aida", 1, 1)
    );
    aida.say(&ClientMessage::Leave).await;
    assert_eq!(aida.end().await, (vec![], Some(ClosedReason::Left)));
    roll_with(&mut teacher, FIRST_STUDENT, RollStatus::Left).await;
}

#[tokio::test]
async fn opening_a_seat_twice_closes_the_older_page() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let (mut old, joined) = server.join(&lesson.code, "Aida", None).await;
    let (_new, again) = server
        .join(&lesson.code, "", Some(&joined.seat_token))
        .await;
    assert_eq!(again.you, joined.you);
    assert_eq!(old.end().await, (vec![], Some(ClosedReason::Replaced)));
}

#[tokio::test]
async fn an_ended_lesson_is_over_for_everybody_but_its_roll() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let mut teacher = teacher_of(&server, &lesson).await;
    let (mut aida, joined) = server.join(&lesson.code, "Aida", None).await;
    aida.say(&ClientMessage::EndLesson).await;
    let refused = |message: &ServerMessage| match message {
        ServerMessage::Error { code, .. } => Some(*code),
        _ => None,
    };
    assert_eq!(aida.hear_until(refused).await, ErrorCode::NotAllowed);
    teacher.say(&ClientMessage::EndLesson).await;
    for client in [&mut teacher, &mut aida] {
        assert_eq!(client.end().await.1, Some(ClosedReason::LessonEnded));
    }

    let mut late = server.socket().await;
    late.say(&crate::server::join(
        &lesson.code,
        "",
        Some(&joined.seat_token),
    ))
    .await;
    assert_eq!(late.end().await.0, [ErrorCode::LessonNotFound]);
    let roll = csv(&server, &lesson).await;
    assert!(roll.contains("1,Aida,"), "{roll}");
}

#[tokio::test]
async fn a_killed_server_comes_back_with_the_lesson_and_its_roll() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let _teacher = teacher_of(&server, &lesson).await;
    let (_aida, joined) = server.join(&lesson.code, "Aida", None).await;
    let (mut timur, _) = server.join(&lesson.code, "Timur", None).await;
    timur.say(&ClientMessage::Leave).await;
    timur.end().await;

    // What the dead process leaves is a copy of its files taken while it runs.
    let after = tempfile::tempdir().unwrap();
    for name in ["test.db", "test.db-wal"] {
        std::fs::copy(folder.path().join(name), after.path().join(name)).unwrap();
    }
    server.kill();
    tokio::time::sleep(Duration::from_millis(1_100)).await;

    let server = Server::start(after.path()).await;
    let roll = csv(&server, &lesson).await;
    assert!(roll.contains("1,Aida,"), "{roll}");
    let mut teacher = teacher_of(&server, &lesson).await;
    roll_with(&mut teacher, FIRST_STUDENT, RollStatus::Away).await;
    let (_aida, again) = server
        .join(&lesson.code, "", Some(&joined.seat_token))
        .await;
    assert_eq!(
        (again.you, again.seat_token),
        (joined.you, joined.seat_token)
    );
    assert_eq!(again.lesson, joined.lesson);
    let entry = roll_with(&mut teacher, FIRST_STUDENT, RollStatus::Here).await;
    assert_eq!((entry.times_away, entry.rejoins), (0, 0), "the gap is ours");
    assert!(
        entry.present_ms < 1_000,
        "the gap is no presence: {entry:?}"
    );
    let (_new, new) = server.join(&lesson.code, "Timur", None).await;
    assert_eq!(new.you, ParticipantId(4));
}

#[tokio::test]
async fn a_stopping_server_says_so_to_everybody() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let (mut aida, _) = server.join(&lesson.code, "Aida", None).await;
    let (mut timur, _) = server.join(&lesson.code, "Timur", None).await;
    server.signaling.drain().await;
    for client in [&mut aida, &mut timur] {
        assert_eq!(
            client.end().await,
            (vec![], Some(ClosedReason::ServerStopping))
        );
    }
    let mut late = server.socket().await;
    late.say(&crate::server::join(&lesson.code, "Late", None))
        .await;
    assert_eq!(
        late.end().await,
        (vec![], Some(ClosedReason::ServerStopping))
    );
}

#[tokio::test]
async fn a_whole_school_comes_at_once_from_one_address() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Assembly").await;
    let joins = (0..200).map(|number| {
        let (server, lesson) = (&server, &lesson);
        async move {
            server
                .join(&lesson.code, &format!("Pupil {number}"), None)
                .await
        }
    });
    let all = futures_util::future::join_all(joins).await;
    let mut ids: Vec<u32> = all.iter().map(|(_, joined)| joined.you.0).collect();
    ids.sort_unstable();
    assert_eq!(ids, (1..=200).collect::<Vec<_>>());
}

async fn csv(server: &Server, lesson: &CreatedLesson) -> String {
    let url = server.url(&format!("/api/lessons/{}/roll.csv", lesson.code));
    let request = reqwest::Client::new()
        .get(url)
        .bearer_auth(&lesson.teacher_token);
    request.send().await.unwrap().text().await.unwrap()
}
