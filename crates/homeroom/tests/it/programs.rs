//! The stream key: it publishes and plays one lesson until it is renewed, and opens nothing else. And
//! what the routes for programs say when they cannot: too late, too often, too many, not now.

use crate::class::{Class, expect};
use crate::server::{Program, Server};
use homeroom_loadtest::{Bot, BotConfig, Observed, Streams, stream};
use homeroom_protocol::{ClientMessage, ClosedReason, ErrorCode, Role};
use homeroom_store::TokenHash;
use reqwest::{Client, Method, Response, StatusCode};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Wrong codes that one address may try at once; a few more come back while they are tried.
const GUESSES: usize = 300;
/// Seats that the stream key makes in one lesson.
const SEATS: usize = 100;

/// The offer of a program that publishes a voice, or plays one.
fn offer(direction: &str) -> String {
    let fingerprint = ["AB"; 32].join(":");
    [
        "v=0",
        "o=- 1 1 IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=group:BUNDLE 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "c=IN IP4 0.0.0.0",
        "a=mid:0",
        direction,
        "a=rtcp-mux",
        "a=ice-ufrag:abcd",
        "a=ice-pwd:abcdefghijklmnopqrstuvwx",
        &format!("a=fingerprint:sha-256 {fingerprint}"),
        "a=setup:actpass",
        "a=rtpmap:111 opus/48000/2",
        "",
    ]
    .join("\r\n")
}

async fn ask(method: Method, url: &str, key: &str, body: String) -> Response {
    let request = Client::new().request(method, url).bearer_auth(key);
    let request = request.header("Content-Type", "application/sdp").body(body);
    request.send().await.expect("the server answers")
}

async fn publish(url: &str, key: &str) -> Response {
    ask(Method::POST, url, key, offer("a=sendonly")).await
}

async fn new_key(teacher: &Bot) -> String {
    let before = teacher.observed().room.stream_key;
    teacher.say(ClientMessage::Programs { new_key: true }).await;
    let is_new = |seen: &Observed| seen.room.stream_key != before;
    let seen = expect(teacher, "a stream key", is_new).await;
    seen.room.stream_key.expect("was told")
}

fn url(server: &str, way: &str, class: &Class) -> String {
    format!("{server}/{way}/{}", class.lesson.code)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_key_publishes_and_plays_its_lesson() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    // Or players would be shown the teacher.
    teacher.set_media(false, false, false).await;
    let key = new_key(&teacher).await;
    let at = |way: &str| url(server.http(), way, &class).parse().expect("a URL");
    let streams = Streams {
        bearer: Some(key),
        players: 2,
        seconds: 2,
        ..Streams::at(server.http(), at("whip"), at("whep"))
    };
    let report = stream(&streams).await.expect("somebody publishes");
    assert_eq!((report.playing, report.wrong), (2, 0), "{report:?}");
    assert!(report.voice_ms.is_some(), "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_key_opens_nothing_else() {
    let server = Server::start().await;
    let (class, other) = (Class::open(&server).await, Class::open(&server).await);
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    let key = new_key(&teacher).await;
    // A program that publishes has a seat of its own, and what it is opened with is nobody's to know.
    let whip = url(server.http(), "whip", &class);
    assert_eq!(publish(&whip, &key).await.status(), StatusCode::CREATED);
    let there = |seen: &Observed| seen.room.named("OBS").is_some();
    let obs = expect(&student, "OBS", there).await;
    assert_eq!(obs.room.named("OBS").expect("there").role, Role::Teacher);

    let guesses = [
        key.clone(),
        TokenHash::of(&key).to_hex(),
        TokenHash::of(&format!("whip\n0\nOBS\n{key}")).to_hex(),
    ];
    for token in guesses {
        let page = BotConfig {
            token: Some(token),
            ..class.student_config(2)
        };
        let refused = Bot::join(page).await.map(|bot| bot.id());
        let refused = format!("{refused:?}");
        assert!(refused.contains("BadToken"), "{refused}");
    }
    for way in ["whip", "whep"] {
        let elsewhere = publish(&url(server.http(), way, &other), &key).await;
        assert_eq!(elsewhere.status(), StatusCode::UNAUTHORIZED, "{way}");
    }
    let lesson = format!("{}/api/lessons/{}", server.http(), class.lesson.code);
    let school = format!("{}/api/v1", server.http());
    for (method, url) in [
        (Method::GET, format!("{lesson}/roll.json")),
        (Method::GET, format!("{lesson}/roll.csv")),
        (Method::POST, format!("{lesson}/roll")),
        (Method::GET, format!("{lesson}/load-test")),
        (Method::GET, format!("{school}/me")),
        (Method::GET, format!("{school}/classes")),
    ] {
        let refused = ask(method.clone(), &url, &key, String::new()).await;
        let status = refused.status();
        assert!(status.is_client_error(), "{method} {url}: {status}");
        assert_ne!(
            status,
            StatusCode::NOT_FOUND,
            "{method} {url} is asked at all"
        );
    }

    // Nor is anybody but a teacher given one.
    let asks = ClientMessage::Programs { new_key: true };
    student.say(asks).await;
    let refused = |seen: &Observed| {
        let mut errors = seen.room.errors.iter();
        errors.any(|(code, _)| *code == ErrorCode::NotAllowed)
    };
    let seen = expect(&student, "a no", refused).await;
    assert_eq!(seen.room.stream_key, None);
    let again = ask(Method::POST, &whip, &key, offer("a=sendonly")).await;
    assert_eq!(
        again.status(),
        StatusCode::CREATED,
        "it is the key as before"
    );
    assert_eq!(teacher.observed().room.closed, None::<ClosedReason>);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_renewed_stream_key_is_dead_at_once_and_so_are_its_sessions() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let (teacher, student) = (class.teacher().await, class.student(1).await);
    let (whip, whep) = (
        url(server.http(), "whip", &class),
        url(server.http(), "whep", &class),
    );
    let old = new_key(&teacher).await;
    let begun = publish(&whip, &old).await;
    assert_eq!(begun.status(), StatusCode::CREATED);
    let session = begun.headers()["Location"].to_str().expect("text");
    let session = format!("{}{session}", server.http());
    let plays = ask(Method::POST, &whep, &old, offer("a=recvonly")).await;
    assert_eq!(plays.status(), StatusCode::CREATED);
    let by_token = format!("{whip}?name=Board");
    let by_token = publish(&by_token, &class.lesson.teacher_token).await;
    assert_eq!(by_token.status(), StatusCode::CREATED);
    let three = |seen: &Observed| seen.room.programs.len() == 3;
    let seen = expect(&teacher, "three programs", three).await;
    let publishes: Vec<_> = seen.room.programs.iter().map(|p| p.publishes).collect();
    assert_eq!(publishes, [true, false, true]);
    let are_seen = |seen: &Observed| {
        let mut names = ["OBS", "Display", "Board"].into_iter();
        names.all(|name| seen.room.named(name).is_some())
    };
    expect(&student, "all three", are_seen).await;

    let new = new_key(&teacher).await;
    let gone = |seen: &Observed| {
        let names = ["OBS", "Display"];
        names.iter().all(|name| seen.room.named(name).is_none())
    };
    let seen = expect(&student, "both gone", gone).await;
    assert!(seen.room.named("Board").is_some(), "it came with the token");
    let end = ask(Method::DELETE, &session, &old, String::new()).await;
    assert_eq!(end.status(), StatusCode::NOT_FOUND);
    for (url, direction) in [(&whip, "a=sendonly"), (&whep, "a=recvonly")] {
        let refused = ask(Method::POST, url, &old, offer(direction)).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let begun = ask(Method::POST, url, &new, offer(direction)).await;
        assert_eq!(begun.status(), StatusCode::CREATED);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_key_survives_a_killed_server_and_ends_with_its_lesson() {
    let mut server = Program::start().await;
    let class = Class::open_at(&server.http()).await;
    let teacher = class.teacher().await;
    let old = new_key(&teacher).await;
    let key = new_key(&teacher).await;
    server.kill();
    drop(teacher);
    server.restart().await;
    let whip = url(&server.http(), "whip", &class);
    assert_eq!(publish(&whip, &key).await.status(), StatusCode::CREATED);
    let dead = publish(&whip, &old).await.status();
    assert_eq!(dead, StatusCode::UNAUTHORIZED);
    let teacher = class.teacher().await;
    teacher.say(ClientMessage::EndLesson).await;
    let ended = |seen: &Observed| seen.room.closed == Some(ClosedReason::LessonEnded);
    expect(&teacher, "the end", ended).await;
    let over = publish(&whip, &key).await.status();
    assert_eq!(over, StatusCode::NOT_FOUND);
}

/// Whoever finds the key publishes under as many names as they like, and fills no lesson with them.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_key_makes_so_many_seats_and_then_there_is_no_place() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let teacher = class.teacher().await;
    let key = new_key(&teacher).await;
    let at = |name: usize| format!("{}?name={name}", url(server.http(), "whep", &class));
    let play = |name: usize| {
        let (url, key) = (at(name), key.clone());
        async move { ask(Method::POST, &url, &key, offer("a=recvonly")).await }
    };
    for name in 0..SEATS {
        assert_eq!(play(name).await.status(), StatusCode::CREATED, "{name}");
    }
    let refused = play(SEATS).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(refused.headers()["Retry-After"], "5");
    let token = &class.lesson.teacher_token;
    let by_token = ask(Method::POST, &at(SEATS), token, offer("a=recvonly")).await;
    assert_eq!(by_token.status(), StatusCode::CREATED);
    class.student(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_tries_code_after_code_is_asked_to_slow_down() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let wrong = format!("{}/whip/222222222", server.http());
    let mut statuses = Vec::new();
    // The last is far beyond what comes back while they are tried.
    while statuses.last() != Some(&StatusCode::TOO_MANY_REQUESTS) && statuses.len() < 2 * GUESSES {
        statuses.push(publish(&wrong, "x").await.status());
    }
    assert!(statuses.len() > GUESSES, "{}", statuses.len());
    let (last, others) = statuses.split_last().expect("some");
    assert_eq!(*last, StatusCode::TOO_MANY_REQUESTS);
    assert!(others.iter().all(|status| *status == StatusCode::NOT_FOUND));
    // Nor is that one told whether another code is right.
    let token = &class.lesson.teacher_token;
    let refused = publish(&url(server.http(), "whip", &class), token).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.headers()["Retry-After"], "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_does_not_come_is_waited_for_so_long() {
    let server = Server::start().await;
    let class = Class::open(&server).await;
    let address = server.http().trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).await.expect("connects");
    let head = format!(
        "POST /whip/{} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/sdp\r\nContent-Length: 100\r\n\r\nv=0\r\n",
        class.lesson.code, class.lesson.teacher_token
    );
    socket.write_all(head.as_bytes()).await.expect("is sent");
    let mut said = [0; 12];
    let read = timeout(Duration::from_secs(30), socket.read_exact(&mut said)).await;
    read.expect("in time").expect("an answer");
    assert_eq!(&said, b"HTTP/1.1 408");
}
