//! What one socket can do to itself, and to nobody else.

use crate::server::{Server, join};
use futures_util::SinkExt;
use homeroom_protocol::{ClientMessage, ClosedReason, ErrorCode, LessonCode, ServerMessage};
use tokio_tungstenite::tungstenite::Message;

const CLOSED: Option<ClosedReason> = Some(ClosedReason::Error);

#[tokio::test]
async fn frames_that_are_no_message_end_their_socket_and_hurt_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let (mut aida, _) = server.join(&lesson.code, "Aida", None).await;
    let frames = [
        Message::text("nonsense"),
        Message::text("{}"),
        Message::text(r#"{"type":"fly"}"#),
        Message::text(r#"{"type":"raise_hand","raised":true,"participant":1}"#),
        Message::text("[".repeat(1_000)),
        Message::text(format!(
            r#"{{"type":"leave","x":"{}"}}"#,
            "y".repeat(20_000)
        )),
        Message::text("x".repeat(300 * 1024)),
        Message::binary(vec![0_u8; 10]),
    ];
    for frame in frames {
        let what = frame.to_string().chars().take(40).collect::<String>();
        let (mut timur, _) = server.join(&lesson.code, "Timur", None).await;
        timur.socket.send(frame).await.unwrap();
        assert_eq!(
            timur.end().await,
            (vec![ErrorCode::BadMessage], CLOSED),
            "{what}"
        );
    }
    // Far over the cap the frame is not even read.
    let (mut timur, _) = server.join(&lesson.code, "Timur", None).await;
    let _ = timur.socket.send(Message::text("x".repeat(3 << 20))).await;
    timur.end().await;
    aida.say(&ClientMessage::RaiseHand { raised: true }).await;
    let raised = |message: &ServerMessage| match message {
        ServerMessage::Presence { changed, .. } => {
            changed.iter().any(|p| p.hand_ms.is_some()).then_some(())
        }
        other => panic!("Aida was told {other:?}"),
    };
    aida.hear_until(raised).await;
}

#[tokio::test]
async fn the_first_message_is_a_join_that_names_a_lesson_and_our_version() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let text = |message: &ClientMessage| serde_json::to_string(message).unwrap();
    let good = text(&join(&lesson.code, "Aida", None));
    let nowhere = LessonCode::parse("222222222").unwrap();
    let table = [
        (text(&ClientMessage::Leave), ErrorCode::BadMessage),
        (
            text(&join(&nowhere, "Aida", None)),
            ErrorCode::LessonNotFound,
        ),
        (text(&join(&lesson.code, "", None)), ErrorCode::BadName),
        (
            text(&join(&lesson.code, "Aida", Some("x"))),
            ErrorCode::BadToken,
        ),
        (
            good.replace("\"version\":1", "\"version\":2"),
            ErrorCode::UnsupportedVersion,
        ),
    ];
    for (frame, code) in table {
        let mut client = server.socket().await;
        client.say_text(frame.clone()).await;
        assert_eq!(client.end().await, (vec![code], CLOSED), "{frame}");
    }
}

#[tokio::test]
async fn a_socket_that_says_nothing_is_closed_in_time() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut silent = server.socket().await;
    let begun = tokio::time::Instant::now();
    // A ping is a sign of life, not a join.
    silent
        .socket
        .send(Message::Ping(Default::default()))
        .await
        .unwrap();
    assert_eq!(silent.end().await, (vec![ErrorCode::BadMessage], CLOSED));
    let waited = begun.elapsed();
    assert!((4..7).contains(&waited.as_secs()), "{waited:?}");
}

#[tokio::test]
async fn a_flood_ends_the_flooder() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let (mut aida, _) = server.join(&lesson.code, "Aida", None).await;
    let (mut timur, _) = server.join(&lesson.code, "Timur", None).await;
    for _ in 0..50 {
        aida.say(&ClientMessage::RaiseHand { raised: false }).await;
    }
    for _ in 0..200 {
        let frame = serde_json::to_string(&ClientMessage::RaiseHand { raised: true }).unwrap();
        if timur.socket.send(Message::text(frame)).await.is_err() {
            break;
        }
    }
    assert_eq!(timur.end().await, (vec![ErrorCode::TooFast], CLOSED));
    aida.say(&ClientMessage::Leave).await;
    assert_eq!(
        aida.end().await,
        (vec![], Some(ClosedReason::Left)),
        "a burst of 50 is fine"
    );
}
