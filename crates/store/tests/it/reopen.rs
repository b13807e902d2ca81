//! What a lesson leaves behind, read back by another process's eyes.

use crate::support::{CODE, Home, LESSON, away, event, lesson, numbers, seat};
use homeroom_store::{LessonId, Record, RollKind, Store, StoreError, StoredLesson, TokenHash};

on_both! {
    async fn a_lesson_comes_back_whole(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, writer) = home.journal(&store).await;
        let kinds = [
            RollKind::Joined,
            RollKind::Away,
            RollKind::Back,
            RollKind::Left,
            RollKind::Rejoined,
            RollKind::Cut,
        ];
        let mut records = vec![Record::Seat(seat())];
        let events = (0..).zip(kinds).map(|(number, kind)| Record::Event(event(number, kind)));
        records.extend(events);
        records.push(Record::Alive { lesson: LESSON, at_ms: 5 });
        records.push(Record::Ended { lesson: LESSON, at_ms: 6 });
        journal.append(records).await.expect("is durable");
        drop(journal);
        writer.await.expect("ends when the last journal is dropped");
        store.close().await;

        let saved = home.open().await.load(CODE).await.expect("reads").expect("is there");
        let ended = StoredLesson { alive_ms: Some(5), ended_ms: Some(6), ..lesson() };
        assert_eq!(saved.lesson, ended);
        assert_eq!(saved.seats, [seat()]);
        let read: Vec<RollKind> = saved.events.iter().map(|event| event.kind).collect();
        assert_eq!(read, kinds);
    }

    async fn appends_of_many_rooms_share_commits_and_all_arrive(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, _writer) = home.journal(&store).await;
        let appends = (0..500).map(|number| {
            let journal = journal.clone();
            tokio::spawn(async move { journal.append(away(number)).await })
        });
        for append in appends.collect::<Vec<_>>() {
            append.await.expect("does not panic").expect("is durable");
        }
        assert_eq!(numbers(&store).await.len(), 500);
    }

    async fn writing_twice_changes_nothing(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, _writer) = home.journal(&store).await;
        for _ in 0..2 {
            let records = [vec![Record::Seat(seat())], away(4)].concat();
            journal.append(records).await.expect("is durable");
        }
        assert_eq!(numbers(&store).await, [4]);
    }

    async fn a_code_is_given_once(home: Home) {
        let store = home.open_with_lesson().await;
        let same_code = StoredLesson { id: LessonId(2), ..lesson() };
        let refused = store.create_lesson(&same_code).await;
        assert!(matches!(refused, Err(StoreError::CodeTaken)), "{refused:?}");
        assert_eq!(store.lesson("222-222-222").await.expect("reads"), None);
    }
}

/// A killed process leaves the database file and its write-ahead log as they are: so does a copy
/// taken while everything is still open.
#[tokio::test]
async fn what_append_answered_survives_a_kill() {
    let home = Home::sqlite();
    let store = home.open_with_lesson().await;
    let (journal, _writer) = home.journal(&store).await;
    for records in [vec![Record::Seat(seat())], away(0)] {
        journal.append(records).await.expect("is durable");
    }
    let after = Home::sqlite();
    for name in ["homeroom.db", "homeroom.db-wal"] {
        let copy = after.folder.path().join(name);
        std::fs::copy(home.folder.path().join(name), copy).expect("copies");
    }
    let saved = after
        .open()
        .await
        .load(CODE)
        .await
        .expect("reads")
        .expect("is there");
    assert_eq!((saved.seats.len(), saved.events.len()), (1, 1));
}

#[tokio::test]
async fn no_token_is_written() {
    let home = Home::sqlite();
    let store = home.open().await;
    let lesson = StoredLesson {
        teacher_token: TokenHash::of("open-sesame-42"),
        ..lesson()
    };
    store.create_lesson(&lesson).await.expect("is new");
    store.close().await;
    let bytes = std::fs::read(home.folder.path().join("homeroom.db")).expect("reads");
    let text = String::from_utf8_lossy(&bytes);
    assert!(!text.contains("open-sesame-42"));
    assert!(text.contains(&TokenHash::of("open-sesame-42").to_hex()));
}

#[tokio::test]
async fn any_folder_name_works_and_a_missing_one_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let odd = folder.path().join("Мектеп №1 ?#% x");
    std::fs::create_dir(&odd).expect("makes");
    Store::open(&odd.join("homeroom.db")).await.expect("opens");
    assert!(odd.join("homeroom.db").exists());

    let missing = folder.path().join("nowhere/homeroom.db");
    let error = Store::open(&missing).await.expect_err("no such folder");
    assert!(error.to_string().contains("nowhere/homeroom.db"), "{error}");
}
