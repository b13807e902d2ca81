//! A school's server speaks HTTPS, often with a certificate of the school's own authority: the load
//! test knows it by that, and holds nobody else for it.

use crate::server::Server;
use homeroom::Tls;
use homeroom_loadtest::{Lessons, Options, Origin, Scenario, Socket, hold};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const LESSON: &str = r#"
students = 3
full = 1
about = { kk = "a", ru = "b", en = "c" }
teacher = { layers = 1, speaks = true }
class = { see_teacher = true, height = 180 }
time = { settle_seconds = 1, seconds = 2 }
limits = { voice_ms = 500, picture_ms = 500, join_ms = 10000, frozen_percent = 20 }
"#;

/// A school's authority, and what it says of a server at 127.0.0.1.
struct Authority {
    folder: TempDir,
}

impl Authority {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text);
        let mut params = CertificateParams::new(Vec::new()).expect("parameters");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let own = params.self_signed(&key).expect("signs");
        let issuer = Issuer::new(params, key);
        let names = vec!["127.0.0.1".to_owned()];
        let server = CertificateParams::new(names).expect("parameters");
        let server_key = KeyPair::generate().expect("a key");
        let certificate = server.signed_by(&server_key, &issuer).expect("signs");
        write("ca.pem", own.pem()).expect("writes");
        write("server.pem", certificate.pem()).expect("writes");
        write("key.pem", server_key.serialize_pem()).expect("writes");
        Self { folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn tls(&self) -> Tls {
        Tls::Files {
            certificate: self.file("server.pem"),
            key: self.file("key.pem"),
        }
    }
}

async fn is_reached(server: &Server, authority: &Path) -> (bool, bool) {
    let origin = Origin::known_by(&server.https(), Some(authority)).expect("can be read");
    let by_http = Lessons::at(&origin).is_healthy().await;
    let by_socket = Socket::open(&origin).await.is_ok();
    (by_http, by_socket)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lesson_is_held_over_https_of_the_schools_own_authority() {
    let authority = Authority::new();
    let server = Server::start_secure(authority.tls()).await;
    let origin = Origin::known_by(&server.https(), Some(&authority.file("ca.pem")));
    let options = Options::quiet(origin.expect("can be read"));
    let scenario = Scenario::parse("lesson", LESSON).expect("a scenario");
    let trial = hold(&scenario, scenario.students, &options).await;
    let trial = trial.expect("the lesson is held");
    assert_eq!(trial.limits_hit, [], "{trial:#?}");
    assert_eq!((trial.heard, trial.full.bots), (3, 1));
    assert!(
        trial.server.is_some(),
        "its figures are read over HTTPS too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_another_authority_is_another_server() {
    let authority = Authority::new();
    let server = Server::start_secure(authority.tls()).await;
    let known = is_reached(&server, &authority.file("ca.pem")).await;
    assert_eq!(known, (true, true));
    let unknown = is_reached(&server, &Authority::new().file("ca.pem")).await;
    assert_eq!(unknown, (false, false));
    // Nor does this machine trust it; one that trusts nobody says so.
    if let Ok(origin) = Origin::known_by(&server.https(), None) {
        assert!(!Lessons::at(&origin).is_healthy().await);
        assert!(Socket::open(&origin).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_that_a_server_made_for_itself_will_do() {
    let server = Server::start_secure(Tls::SelfSigned).await;
    let reached = is_reached(&server, &server.own_certificate()).await;
    assert_eq!(reached, (true, true));
}
