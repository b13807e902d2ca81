//! Databases for tests, one per test, and a lesson to put into them.
//!
//! Invariant: nothing is shared between two tests but the PostgreSQL process.

use homeroom_store::{
    Database, Journal, LessonId, Record, RollEvent, RollKind, SeatRole, Spool, Store, StoredLesson,
    StoredSeat, TokenHash,
};
use homeroom_testpg::Postgres;
use sqlx::{AnyConnection, Connection, Executor};
use std::path::PathBuf;
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub const CODE: &str = "k7m-3xh-rp2";
pub const LESSON: LessonId = LessonId(i64::MAX);

/// Makes of one test two: on SQLite, and on PostgreSQL.
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($home:ident: Home) $body:block)+) => {
        $($(#[$meta])* mod $name {
            #[allow(unused_imports)]
            use super::*;
            use crate::support::Home;

            async fn check($home: Home) $body

            #[tokio::test]
            async fn sqlite() {
                check(Home::sqlite()).await;
            }

            #[tokio::test]
            async fn postgres() {
                if let Some(home) = Home::postgres() {
                    check(home).await;
                }
            }
        })+
    };
}

/// A server's data folder and its empty database.
pub struct Home {
    pub database: Database,
    url: String,
    pub folder: TempDir,
}

impl Home {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("homeroom.db");
        Self {
            database: Database::file(&file),
            url: format!("sqlite://{}", file.display()),
            folder,
        }
    }

    pub fn postgres() -> Option<Self> {
        Postgres::shared().map(|server| Self::at(server.new_database()))
    }

    /// Over the PostgreSQL at this URL.
    pub fn at(url: String) -> Self {
        Self {
            database: Database::server(&url).expect("is an address"),
            url,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    /// A connection of somebody beside the server, which has opened the database.
    pub async fn beside(&self) -> AnyConnection {
        AnyConnection::connect(&self.url).await.expect("connects")
    }

    /// Nothing can be written to the roll until the answer is dropped.
    pub async fn hold(&self) -> AnyConnection {
        let mut holder = self.beside().await;
        let statements = match holder.backend_name() {
            "PostgreSQL" => "BEGIN; LOCK TABLE roll_events IN EXCLUSIVE MODE",
            _ => "BEGIN IMMEDIATE",
        };
        holder.execute(statements).await.expect("is free");
        holder
    }

    pub async fn open(&self) -> Store {
        Store::open(self.database.clone()).await.expect("opens")
    }

    /// With [`lesson`] in it.
    pub async fn open_with_lesson(&self) -> Store {
        let store = self.open().await;
        store.create_lesson(&lesson()).await.expect("is new");
        store
    }

    pub fn spool_path(&self) -> PathBuf {
        self.folder.path().join("waiting")
    }

    pub async fn journal(&self, store: &Store) -> (Journal, JoinHandle<()>) {
        let spool = Spool::at(&self.spool_path());
        Journal::start(store.clone(), spool).await.expect("starts")
    }
}

/// The numbers of the lesson's roll.
pub async fn numbers(store: &Store) -> Vec<u32> {
    let saved = store.load(CODE).await.expect("reads");
    let saved = saved.expect("is there");
    saved.events.iter().map(|event| event.number).collect()
}

pub fn lesson() -> StoredLesson {
    StoredLesson {
        id: LESSON,
        class: None,
        teacher: None,
        code: CODE.into(),
        name: "Физика, 9 «Ә»".into(),
        teacher_token: TokenHash::of("teacher"),
        started_ms: 1_700_000_000_000,
        alive_ms: None,
        ended_ms: None,
    }
}

pub fn seat() -> StoredSeat {
    StoredSeat {
        lesson: LESSON,
        participant: 1,
        person: None,
        name: "Әйгерім".into(),
        role: SeatRole::Student,
        token: TokenHash::of("seat"),
        joined_ms: 1_700_000_000_500,
    }
}

pub fn event(number: u32, kind: RollKind) -> RollEvent {
    RollEvent {
        lesson: LESSON,
        number,
        participant: 1,
        at_ms: 1_700_000_001_000,
        kind,
        detail: None,
    }
}

/// One more line of the roll.
pub fn away(number: u32) -> Vec<Record> {
    vec![Record::Event(event(number, RollKind::Away))]
}
