//! The school's own door: the first administrator, and a way back in.
//!
//! Invariant: a link that the terminal shows opens one account, once; it is not in the database.

use crate::server::watch_for_panics;
use homeroom::Config;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

/// A call of the school: the status and the body.
fn post(address: SocketAddr, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("connects");
    let length = body.len();
    let request = format!(
        "POST /api/v1{path} HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).expect("sends");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("answers");
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok());
    let body = answer
        .split_once("\r\n\r\n")
        .map(|(_, body)| body.to_owned());
    (status.expect("has a status"), body.unwrap_or_default())
}

fn token(link: &str) -> String {
    let (page, token) = link.split_once("#invite=").expect("is an invitation");
    assert!(page.ends_with("/school"), "{page}");
    token.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_start_shows_a_link_until_somebody_has_come() {
    watch_for_panics();
    let folder = tempfile::tempdir().expect("a folder");
    let config = Config {
        https: None,
        workers: 1,
        ..Config::on_free_ports(folder.path().to_owned())
    };
    let running = homeroom::start(config.clone()).await.expect("starts");
    let first = running.admin_link.clone().expect("nobody is there yet");
    assert!(homeroom::banner(&running).contains(&first));
    let address = running.http_addr.expect("HTTP is on");
    // Made beside the server, and the newest counts.
    let second = homeroom::admin_link(&config, None)
        .await
        .expect("makes one");
    let look = |link: &str| {
        let body = format!(r#"{{"token":"{}"}}"#, token(link));
        post(address, "/invitations/look", &body).0
    };
    assert_eq!((look(&first), look(&second)), (410, 200));
    let accept = format!(
        r#"{{"token":"{}","name":"Head","login":"head","password":"correct horse battery"}}"#,
        token(&second)
    );
    assert_eq!(post(address, "/invitations/accept", &accept).0, 200);
    assert_eq!(look(&second), 410);
    running.shutdown().await;

    let running = homeroom::start(config.clone()).await.expect("starts again");
    assert_eq!(running.admin_link, None);
    assert!(!homeroom::banner(&running).contains("#invite="));
    let error = homeroom::admin_link(&config, Some("nobody")).await;
    assert!(
        error
            .expect_err("is not there")
            .to_string()
            .contains("administrator")
    );
    let own = homeroom::admin_link(&config, Some("head"))
        .await
        .expect("is there");
    let address = running.http_addr.expect("HTTP is on");
    let look = format!(r#"{{"token":"{}"}}"#, token(&own));
    let (status, body) = post(address, "/invitations/look", &look);
    assert_eq!(status, 200);
    assert!(body.contains(r#""login":"head""#), "{body}");
    let mut bytes = std::fs::read(folder.path().join("homeroom.db")).expect("reads");
    bytes.extend(std::fs::read(folder.path().join("homeroom.db-wal")).unwrap_or_default());
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains(&token(&own)) && !text.contains("correct horse"));
    running.shutdown().await;
}
