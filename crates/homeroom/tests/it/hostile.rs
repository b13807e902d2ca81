//! Rubbish gets a clear no, or silence, and nobody else notices.

use crate::class::{Class, assert_clean, hears_and_sees, more_than};
use crate::server::Server;
use homeroom_loadtest::{Socket, Tone};
use homeroom_protocol::{
    ClientMessage, ErrorCode, Join, LessonCode, MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH,
    MediaLayout, MediaOffer, PROTOCOL_VERSION, ServerMessage,
};
use std::net::Ipv4Addr;
use std::time::Duration;
use tokio::net::UdpSocket;

/// A socket that said something wrong is closed within this time.
const CLOSED_WITHIN: Duration = Duration::from_secs(3);
/// How long the media port must stay silent to be called silent: an answer takes microseconds.
const SILENCE: Duration = Duration::from_millis(300);

fn join(class: &Class) -> Join {
    Join {
        version: PROTOCOL_VERSION,
        lesson: class.lesson.code.clone(),
        name: "Mallory".to_owned(),
        token: None,
        ticket: None,
        device: None,
        media: None,
        microphone: false,
        camera: false,
    }
}

fn offering(class: &Class, sdp: &str) -> String {
    let layout = MediaLayout {
        microphone: Some("0".into()),
        ..MediaLayout::default()
    };
    let media = Some(MediaOffer {
        sdp: sdp.to_owned(),
        layout,
    });
    text(Join {
        media,
        ..join(class)
    })
}

fn text(join: Join) -> String {
    serde_json::to_string(&ClientMessage::Join(Box::new(join))).expect("a join is JSON")
}

/// First frames and the refusal each must get.
fn first_frames(class: &Class) -> Vec<(String, ErrorCode)> {
    use ErrorCode::{BadMessage, BadName, BadOffer, BadToken, LessonNotFound, UnsupportedVersion};
    let other = LessonCode::parse("222-222-222").expect("a code");
    let deep = "[".repeat(MAX_JSON_DEPTH + 1);
    vec![
        ("hello".to_owned(), BadMessage),
        (String::new(), BadMessage),
        ("{\"type\":\"join\"}".to_owned(), BadMessage),
        ("{\"type\":\"leave\"}".to_owned(), BadMessage),
        ("{\"type\":\"no_such_thing\"}".to_owned(), BadMessage),
        (deep, BadMessage),
        ("9".repeat(MAX_CLIENT_FRAME_BYTES + 1), BadMessage),
        (
            text(Join {
                version: PROTOCOL_VERSION + 1,
                ..join(class)
            }),
            UnsupportedVersion,
        ),
        (
            text(Join {
                lesson: other,
                ..join(class)
            }),
            LessonNotFound,
        ),
        (
            text(Join {
                name: " ".to_owned(),
                ..join(class)
            }),
            BadName,
        ),
        (
            text(Join {
                name: "a\u{7}b".to_owned(),
                ..join(class)
            }),
            BadName,
        ),
        (
            text(Join {
                token: Some("guess".to_owned()),
                ..join(class)
            }),
            BadToken,
        ),
        (offering(class, "rubbish"), BadOffer),
        (
            offering(class, "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"),
            BadOffer,
        ),
    ]
}

/// Says one thing and tells what refusal came before the socket was closed.
async fn say_once(server: &Server, frame: String) -> Option<ErrorCode> {
    let mut socket = Socket::open(server.http()).await.expect("a socket");
    // A server that closes while a long frame is being sent makes the sending fail.
    let _ = socket.send_text(frame).await;
    let mut refusal = None;
    let closing = async {
        while let Some(message) = socket.next().await.expect("our own protocol") {
            match message {
                ServerMessage::Error { code, .. } => refusal = Some(code),
                ServerMessage::Closed { .. } => {}
                other => panic!("a stranger was told {other:?}"),
            }
        }
    };
    tokio::time::timeout(CLOSED_WITHIN, closing)
        .await
        .expect("the socket closes");
    refusal
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_first_frame_gets_a_clear_error_and_a_closed_socket() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    teacher.watch(&[student.id()]).await;
    let before = hears_and_sees(&teacher, Tone::nth(1), student.id()).await;
    for (frame, code) in first_frames(&class) {
        let start: String = frame.chars().take(60).collect();
        assert_eq!(say_once(&server, frame).await, Some(code), "{start}");
    }
    let after = more_than(&teacher, &before, Tone::nth(1), student.id()).await;
    assert_clean(&after);
    assert_eq!(
        (after.room.total, after.room.roll.len()),
        (2, 2),
        "no seat for strangers"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_no_client_sends_close_the_socket() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    teacher.watch(&[student.id()]).await;
    let before = hears_and_sees(&teacher, Tone::nth(1), student.id()).await;

    let mut binary = Socket::open(server.http()).await.expect("a socket");
    binary.send_bytes(vec![0; 100]).await.expect("sent");
    let mut silent = Socket::open(server.http()).await.expect("a socket");
    let enormous = tokio::spawn(send_enormous(server.http().to_owned()));
    for socket in [&mut binary, &mut silent] {
        let closing = async { while let Ok(Some(_)) = socket.next().await {} };
        tokio::time::timeout(Duration::from_secs(8), closing)
            .await
            .expect("the socket closes");
    }
    enormous.await.expect("the socket closes");
    assert_clean(&more_than(&teacher, &before, Tone::nth(1), student.id()).await);
}

/// A frame of sixteen megabytes; the server need not read it to the end.
async fn send_enormous(server: String) {
    let mut socket = Socket::open(&server).await.expect("a socket");
    let _ = socket.send_text("x".repeat(16 << 20)).await;
    let closing = async { while let Ok(Some(_)) = socket.next().await {} };
    tokio::time::timeout(CLOSED_WITHIN, closing)
        .await
        .expect("the socket closes");
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_on_the_media_port_gets_silence() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    teacher.watch(&[student.id()]).await;
    let before = hears_and_sees(&teacher, Tone::nth(1), student.id()).await;

    let stranger = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .expect("a port");
    let media = teacher
        .media_address()
        .expect("the answer names a candidate");
    stranger.connect(media).await.expect("an address");
    for datagram in rubbish() {
        stranger.send(&datagram).await.expect("sent");
    }
    let answer = tokio::time::timeout(SILENCE, stranger.recv(&mut [0; 2048])).await;
    assert!(
        answer.is_err(),
        "the media port answered a stranger: {answer:?}"
    );
    assert_clean(&more_than(&teacher, &before, Tone::nth(1), student.id()).await);
}

/// Something of every kind the demultiplexer knows (RFC 7983), none of it authentic.
fn rubbish() -> Vec<Vec<u8>> {
    let mut binding_request = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
    binding_request.resize(20, 7);
    let mut datagrams = vec![vec![], vec![0], binding_request];
    for first in [0_u8, 1, 19, 20, 22, 63, 64, 79, 128, 144, 191, 200, 255] {
        for length in [1, 12, 100, 1200, 1500] {
            let mut datagram = vec![first; length];
            datagram
                .iter_mut()
                .skip(1)
                .for_each(|byte| *byte = rand_byte(length, first));
            datagrams.push(datagram);
        }
    }
    datagrams
}

fn rand_byte(length: usize, first: u8) -> u8 {
    (length as u8).wrapping_mul(31) ^ first.wrapping_mul(17)
}
