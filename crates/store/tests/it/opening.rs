//! A database that cannot be used says so in words, with what to do, and without its password.

use homeroom_store::{Database, Store};
use homeroom_testpg::{GUARDED, Postgres};
use sqlx::Executor;
use std::net::TcpListener;

on_both! {
    async fn examining_changes_nothing_and_tells_the_states_apart(home: Home) {
        let before = home.database.examine().await.expect("answers");
        assert!(before.contains("first start") || before == "new and empty", "{before}");
        assert_eq!(home.database.examine().await.expect("answers"), before);
        home.open().await.close().await;
        assert_eq!(home.database.examine().await.expect("answers"), "in use");
    }

    async fn what_a_newer_release_wrote_is_left_alone(home: Home) {
        let store = home.open().await;
        let later = "INSERT INTO _sqlx_migrations \
            (version, description, success, checksum, execution_time) \
            SELECT 9999, 'later', success, checksum, 0 FROM _sqlx_migrations WHERE version = 1";
        home.beside().await.execute(later).await.expect("runs");
        store.close().await;
        for outcome in [
            home.database.examine().await.map(drop),
            Store::open(home.database.clone()).await.map(drop),
        ] {
            let error = outcome.expect_err("is newer").to_string();
            assert!(error.contains("newer release"), "{error}");
        }
    }
}

#[tokio::test]
async fn servers_that_start_together_bring_the_schema_up_once() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let database = Database::server(&server.new_database()).expect("is an address");
    let opening = (0..4).map(|_| tokio::spawn(Store::open(database.clone())));
    for opened in opening.collect::<Vec<_>>() {
        opened.await.expect("does not panic").expect("opens");
    }
}

#[tokio::test]
async fn a_postgresql_that_refuses_is_named_with_what_to_do() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let (guarded, password) = GUARDED;
    let wrong = format!("{guarded}:hush-hush");
    let guarded = format!("{guarded}:{password}");
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let silent = silent.local_addr().expect("has one").port();
    let table = [
        (
            server.url(&wrong, "postgres"),
            "check the user and the password",
        ),
        (server.url("postgres:hush-hush", "nowhere"), "createdb"),
        (
            server.url(&guarded, "postgres"),
            "give the database to this user",
        ),
        (
            "postgres://room:hush-hush@127.0.0.1:1/lessons".to_owned(),
            "does it run",
        ),
        (
            "postgres://room:hush-hush@[::1]:1/lessons?sslmode=require".to_owned(),
            "does it run",
        ),
        (
            format!("postgres://room:hush-hush@127.0.0.1:{silent}/lessons"),
            "firewall",
        ),
    ];
    for (url, expected) in table {
        let database = Database::server(&url).expect("is an address");
        let error = Store::open(database).await.expect_err("refuses");
        for text in [error.to_string(), format!("{error:?}")] {
            assert!(text.contains(expected), "{expected:?} in {text:?}");
            for secret in ["hush", password] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn a_postgresql_without_room_for_every_name_is_refused() {
    let Some(server) = Postgres::shared() else {
        return;
    };
    let url = server.new_database_as("ENCODING 'LATIN1' TEMPLATE template0");
    let database = Database::server(&url).expect("is an address");
    let error = Store::open(database)
        .await
        .expect_err("is LATIN1")
        .to_string();
    assert!(
        error.contains("LATIN1") && error.contains("--encoding=UTF8"),
        "{error}"
    );
}
