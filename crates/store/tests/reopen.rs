//! What a lesson leaves on disk, read back by another process's eyes: real files, no fakes.

use homeroom_store::{
    Journal, LessonId, Record, RollEvent, RollKind, SeatRole, Store, StoreError, StoredLesson,
    StoredSeat, TokenHash,
};
use std::path::Path;

const CODE: &str = "k7m-3xh-rp2";
const LESSON: LessonId = LessonId(i64::MAX);

fn lesson() -> StoredLesson {
    StoredLesson {
        class: None,
        teacher: None,
        id: LESSON,
        code: CODE.into(),
        name: "Физика, 9 «Ә»".into(),
        teacher_token: TokenHash::of("teacher"),
        started_ms: 1_700_000_000_000,
        alive_ms: None,
        ended_ms: None,
    }
}

fn seat() -> StoredSeat {
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

fn event(number: u32, kind: RollKind) -> RollEvent {
    RollEvent {
        lesson: LESSON,
        number,
        participant: 1,
        at_ms: 1_700_000_001_000,
        kind,
        detail: None,
    }
}

async fn open(folder: &Path) -> Store {
    Store::open(&folder.join("homeroom.db"))
        .await
        .expect("opens")
}

#[tokio::test]
async fn a_lesson_comes_back_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await;
    store.create_lesson(&lesson()).await.expect("is new");
    let (journal, writer) = Journal::start(store.clone());
    let kinds = [
        RollKind::Joined,
        RollKind::Away,
        RollKind::Back,
        RollKind::Left,
        RollKind::Rejoined,
        RollKind::Cut,
    ];
    let mut records = vec![Record::Seat(seat())];
    records.extend(
        (0..)
            .zip(kinds)
            .map(|(number, kind)| Record::Event(event(number, kind))),
    );
    records.push(Record::Alive {
        lesson: LESSON,
        at_ms: 5,
    });
    records.push(Record::Ended {
        lesson: LESSON,
        at_ms: 6,
    });
    journal.append(records).await.expect("is durable");
    drop(journal);
    writer.await.expect("ends when the last journal is dropped");
    store.close().await;

    let saved = open(folder.path())
        .await
        .load(CODE)
        .await
        .expect("reads")
        .expect("is there");
    let ended = StoredLesson {
        alive_ms: Some(5),
        ended_ms: Some(6),
        ..lesson()
    };
    assert_eq!(saved.lesson, ended);
    assert_eq!(saved.seats, [seat()]);
    let read: Vec<RollKind> = saved.events.iter().map(|event| event.kind).collect();
    assert_eq!(read, kinds);
}

/// A killed process leaves the database file and its write-ahead log as they are: so does a copy
/// taken while everything is still open.
#[tokio::test]
async fn what_append_answered_survives_a_kill() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await;
    store.create_lesson(&lesson()).await.expect("is new");
    let (journal, _writer) = Journal::start(store);
    journal
        .append(vec![Record::Seat(seat())])
        .await
        .expect("is durable");
    journal
        .append(vec![Record::Event(event(0, RollKind::Joined))])
        .await
        .expect("is durable");

    let after = tempfile::tempdir().expect("a folder");
    for name in ["homeroom.db", "homeroom.db-wal"] {
        std::fs::copy(folder.path().join(name), after.path().join(name)).expect("copies");
    }
    let saved = open(after.path())
        .await
        .load(CODE)
        .await
        .expect("reads")
        .expect("is there");
    assert_eq!((saved.seats.len(), saved.events.len()), (1, 1));
}

#[tokio::test]
async fn appends_of_many_rooms_share_commits_and_all_arrive() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await;
    store.create_lesson(&lesson()).await.expect("is new");
    let (journal, _writer) = Journal::start(store.clone());
    let appends = (0..500).map(|number| {
        let journal = journal.clone();
        let record = Record::Event(event(number, RollKind::Away));
        tokio::spawn(async move { journal.append(vec![record]).await })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.expect("does not panic").expect("is durable");
    }
    let saved = store.load(CODE).await.expect("reads").expect("is there");
    assert_eq!(saved.events.len(), 500);
}

#[tokio::test]
async fn a_code_is_given_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await;
    store.create_lesson(&lesson()).await.expect("is new");
    let same_code = StoredLesson {
        class: None,
        teacher: None,
        id: LessonId(2),
        ..lesson()
    };
    let refused = store.create_lesson(&same_code).await;
    assert!(matches!(refused, Err(StoreError::CodeTaken)), "{refused:?}");
    assert_eq!(store.lesson("222-222-222").await.expect("reads"), None);
}

#[tokio::test]
async fn any_folder_name_works_and_a_missing_one_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let odd = folder.path().join("Мектеп №1 ?#% x");
    std::fs::create_dir(&odd).expect("makes");
    open(&odd).await;
    assert!(odd.join("homeroom.db").exists());

    let missing = folder.path().join("nowhere/homeroom.db");
    let error = Store::open(&missing)
        .await
        .expect_err("no such folder")
        .to_string();
    assert!(error.contains("nowhere/homeroom.db"), "{error}");
}

#[tokio::test]
async fn no_token_is_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = open(folder.path()).await;
    let lesson = StoredLesson {
        teacher_token: TokenHash::of("open-sesame-42"),
        ..lesson()
    };
    store.create_lesson(&lesson).await.expect("is new");
    store.close().await;
    let bytes = std::fs::read(folder.path().join("homeroom.db")).expect("reads");
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("open-sesame-42"));
    assert!(text.contains(&TokenHash::of("open-sesame-42").to_hex()));
}
