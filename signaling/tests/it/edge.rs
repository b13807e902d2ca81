//! HTTP: routes, headers, origins, files.

use crate::server::Server;
use homeroom_protocol::{LessonInfo, ServerInfo};
use homeroom_signaling::SECURITY_HEADERS;
use reqwest::{Client, Method, StatusCode};

#[tokio::test]
async fn every_route_answers_with_every_security_header() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let code = lesson.code.as_str();
    let routes = [
        (Method::GET, "/".to_owned(), StatusCode::OK),
        (Method::GET, "/nowhere".to_owned(), StatusCode::NOT_FOUND),
        (
            Method::POST,
            "/api/lessons".to_owned(),
            StatusCode::BAD_REQUEST,
        ),
        (
            Method::GET,
            "/api/lessons".to_owned(),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
        (Method::GET, format!("/api/lessons/{code}"), StatusCode::OK),
        (
            Method::GET,
            "/api/lessons/222222222".to_owned(),
            StatusCode::NOT_FOUND,
        ),
        (
            Method::GET,
            "/api/lessons/nonsense!".to_owned(),
            StatusCode::NOT_FOUND,
        ),
        (
            Method::GET,
            format!("/api/lessons/{code}/qr.svg"),
            StatusCode::OK,
        ),
        (
            Method::GET,
            format!("/api/lessons/{code}/roll.csv"),
            StatusCode::UNAUTHORIZED,
        ),
        (Method::GET, "/api/server".to_owned(), StatusCode::OK),
        (Method::GET, "/api/ws".to_owned(), StatusCode::BAD_REQUEST),
        (Method::GET, "/metrics".to_owned(), StatusCode::OK),
        (Method::GET, "/healthz".to_owned(), StatusCode::OK),
        (Method::GET, "/version".to_owned(), StatusCode::OK),
        (Method::GET, format!("/whip/{code}"), StatusCode::NO_CONTENT),
        (
            Method::POST,
            format!("/whep/{code}"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ),
        (
            Method::PUT,
            format!("/whip/{code}/x"),
            StatusCode::METHOD_NOT_ALLOWED,
        ),
    ];
    for (method, path, status) in routes {
        let request = Client::new().request(method.clone(), server.url(&path));
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), status, "{method} {path}");
        for (name, value) in SECURITY_HEADERS {
            assert_eq!(
                answer.headers().get(&name),
                Some(&value),
                "{name} of {method} {path}"
            );
        }
        if path.starts_with("/api") && status == StatusCode::OK {
            assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
        }
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_ask_programs_routes_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let ask = async |method: Method, path: String| {
        let request = Client::new().request(method, server.url(&path));
        let request = request.header("origin", "https://player.example");
        request.send().await.unwrap()
    };
    for way in ["whip", "whep"] {
        for path in [
            format!("/{way}/{}", lesson.code),
            format!("/{way}/{}/x", lesson.code),
        ] {
            let answer = ask(Method::OPTIONS, path.clone()).await;
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            let headers = answer.headers();
            assert_eq!(headers["accept-post"], "application/sdp");
            assert_eq!(headers["access-control-allow-origin"], "*");
            let allowed = headers["access-control-allow-headers"].to_str().unwrap();
            assert!(allowed.contains("authorization") && allowed.contains("if-match"));
        }
    }
    // Without a token nothing happens, whoever asks; the refusal can be read.
    let answer = ask(Method::DELETE, format!("/whip/{}/x", lesson.code)).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
    let answer = ask(Method::POST, "/api/lessons".to_owned()).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
    assert!(!answer.headers().contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn the_policy_allows_no_inline_code_and_no_stranger() {
    let (_, policy) = SECURITY_HEADERS
        .into_iter()
        .find(|(name, _)| name == "content-security-policy")
        .unwrap();
    let policy = policy.to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';"),
        "{policy}"
    );
    for never in ["unsafe", "http:", "https:", "*"] {
        assert!(!policy.contains(never), "{never} in {policy}");
    }
}

#[tokio::test]
async fn a_foreign_page_opens_no_socket_and_starts_no_lesson() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let own = format!("http://{}", server.addr);
    let table = [
        (
            own.as_str(),
            StatusCode::CREATED,
            StatusCode::SWITCHING_PROTOCOLS,
        ),
        (
            "https://evil.example",
            StatusCode::FORBIDDEN,
            StatusCode::FORBIDDEN,
        ),
        ("null", StatusCode::FORBIDDEN, StatusCode::FORBIDDEN),
    ];
    for (origin, created, upgraded) in table {
        let post = Client::new()
            .post(server.url("/api/lessons"))
            .body(r#"{"name":"Physics"}"#);
        let answer = post.header("origin", origin).send().await.unwrap();
        assert_eq!(answer.status(), created, "{origin}");
        let upgrade = Client::new()
            .get(server.url("/api/ws"))
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        let answer = upgrade.header("origin", origin).send().await.unwrap();
        assert_eq!(answer.status(), upgraded, "{origin}");
    }
}

#[tokio::test]
async fn a_lesson_is_started_and_found_by_its_code_however_it_is_typed() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("  Физика 9 Ә  ").await;
    assert_eq!(
        lesson.join_url,
        format!("https://192.0.2.7:8443/l/{}", lesson.code)
    );
    assert_eq!(lesson.teacher_token.len(), 32);
    let typed = lesson.code.as_str().replace('-', "").to_uppercase();
    let answer = reqwest::get(server.url(&format!("/api/lessons/{typed}")))
        .await
        .unwrap();
    let info: LessonInfo = answer.json().await.unwrap();
    assert_eq!(info.name, "Физика 9 Ә");
    assert_eq!((info.code, info.join_url), (lesson.code, lesson.join_url));
    let server_info: ServerInfo = reqwest::get(server.url("/api/server"))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        server_info.protocol_version,
        homeroom_protocol::PROTOCOL_VERSION
    );
}

#[tokio::test]
async fn a_lesson_needs_a_name_and_a_small_body() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(121));
    let huge = " ".repeat(4 * 1024 + 1);
    let table = [
        (r#"{"name":" "}"#, StatusCode::BAD_REQUEST),
        (r#"{"name":"a","more":1}"#, StatusCode::BAD_REQUEST),
        ("nonsense", StatusCode::BAD_REQUEST),
        (&long, StatusCode::BAD_REQUEST),
        (&huge, StatusCode::PAYLOAD_TOO_LARGE),
    ];
    for (body, status) in table {
        let post = Client::new()
            .post(server.url("/api/lessons"))
            .body(body.to_owned());
        assert_eq!(post.send().await.unwrap().status(), status, "{body:.40}");
    }
}

#[tokio::test]
async fn the_roll_is_a_file_for_the_teacher_only() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let (_teacher, _) = server
        .join(&lesson.code, "Ms Omarova", Some(&lesson.teacher_token))
        .await;
    let (_student, joined) = server.join(&lesson.code, "=HYPERLINK(1)", None).await;
    let url = server.url(&format!("/api/lessons/{}/roll.csv", lesson.code));
    let ask = |token: String| Client::new().get(&url).bearer_auth(token).send();

    let refused = ask(joined.seat_token).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let answer = ask(lesson.teacher_token).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/csv; charset=utf-8");
    let disposition = answer.headers()["content-disposition"]
        .to_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        disposition,
        format!("attachment; filename=\"roll-{}.csv\"", lesson.code)
    );
    let bytes = answer.bytes().await.unwrap();
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.starts_with('\u{feff}'));
    assert!(text.contains("1,'=HYPERLINK(1),absent,"), "{text}");
    // Who gives the lesson is not on the roll of who attends it.
    assert!(!text.contains("Omarova"), "{text}");
}

#[tokio::test]
async fn a_guesser_is_slowed_and_a_class_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let lesson = server.create("Physics").await;
    let right = server.url(&format!("/api/lessons/{}", lesson.code));
    for _ in 0..400 {
        assert_eq!(reqwest::get(&right).await.unwrap().status(), StatusCode::OK);
    }
    let wrong = server.url("/api/lessons/222-222-222");
    let mut tries = 0;
    while reqwest::get(&wrong).await.unwrap().status() == StatusCode::NOT_FOUND {
        tries += 1;
        assert!(tries < 2_000, "never slowed");
    }
    assert!(tries >= 300, "slowed after {tries}");
}
