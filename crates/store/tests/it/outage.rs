//! A database that goes away or hangs loses nothing and stops nobody.

use crate::support::{CODE, Home, away, numbers};
use homeroom_store::{
    Journal, JournalState, LessonId, NotDurable, Record, RollEvent, Spool, StoreError,
};
use homeroom_testpg::Postgres;
use std::time::Duration;

/// Long enough for a busy machine, short enough to notice what never comes.
const PATIENCE: Duration = Duration::from_secs(30);

/// Returns when nothing waits any more.
async fn settled(journal: &Journal) {
    let settling = async {
        while journal.state().waiting_records > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = tokio::time::timeout(PATIENCE, settling).await;
    in_time.expect("the database is back");
}

#[tokio::test]
async fn a_dead_postgresql_loses_nothing_and_brings_it_in_order() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let home = Home::at(server.new_database());
    let store = home.open_with_lesson().await;
    let (journal, _writer) = home.journal(&store).await;
    journal.append(away(0)).await.expect("is in the database");
    server.kill();
    for number in 1..200 {
        journal.append(away(number)).await.expect("is on disk");
    }
    assert_eq!(journal.state().waiting_records, 199);
    // Nobody is given a lesson that is not all there.
    let error = store.load(CODE).await.expect_err("is away");
    assert!(error.is_passing(), "{error}");
    server.resume();
    settled(&journal).await;
    assert_eq!(numbers(&store).await, (0..200).collect::<Vec<_>>());
    journal.append(away(200)).await.expect("is in the database");
    assert_eq!(journal.state(), JournalState::default());
    assert!(!home.spool_path().exists());
}

on_both! {
    /// Somebody holds the table and does not let go: the same as a database that does not answer.
    async fn a_database_that_hangs_does_not_hold_up_a_lesson(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, _writer) = home.journal(&store).await;
        let holder = home.hold().await;
        for number in 0..3 {
            let append = journal.append(away(number));
            let in_time = tokio::time::timeout(Duration::from_secs(4), append).await;
            in_time.expect("does not hang").expect("is on disk");
        }
        assert!(home.spool_path().exists());
        let waits = store.load(CODE).await;
        assert!(matches!(waits, Err(StoreError::Waiting)), "{waits:?}");
        drop(holder);
        settled(&journal).await;
        assert_eq!(numbers(&store).await, [0, 1, 2]);
    }

    async fn the_next_start_brings_what_waited_before_anything_is_read(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, writer) = home.journal(&store).await;
        let holder = home.hold().await;
        for number in 0..3 {
            journal.append(away(number)).await.expect("is on disk");
        }
        // As a kill leaves it: the writer has no say any more.
        let left = home.folder.path().join("left");
        std::fs::copy(home.spool_path(), &left).expect("is there");
        writer.abort();
        let _ = writer.await;
        drop((journal, holder));
        let store = home.open().await;
        assert_eq!(numbers(&store).await.len(), 0);
        let started = Journal::start(store.clone(), Spool::at(&left)).await;
        let (journal, _writer) = started.expect("starts");
        assert_eq!(numbers(&store).await, [0, 1, 2]);
        assert_eq!(journal.state(), JournalState::default());
    }

    /// A full journal is a full disk: records wait in memory, in their order.
    async fn a_full_disk_is_said_and_nothing_is_mixed_up(home: Home) {
        let store = home.open_with_lesson().await;
        let spool = Spool::at(&home.spool_path()).max_bytes(400);
        let (journal, _writer) = Journal::start(store.clone(), spool).await.expect("starts");
        let holder = home.hold().await;
        let mut outcomes = Vec::new();
        for number in 0..6 {
            outcomes.push(journal.append(away(number)).await);
        }
        assert_eq!(outcomes[..2], [Ok(()), Ok(())]);
        assert_eq!(outcomes[3..], [Err(NotDurable); 3]);
        let state = journal.state();
        assert_eq!((state.waiting_records, state.lost_records), (6, 0));
        assert!(state.waiting_bytes <= 400, "{state:?}");
        drop(holder);
        settled(&journal).await;
        assert_eq!(numbers(&store).await, (0..6).collect::<Vec<_>>());
        journal.append(away(6)).await.expect("is in the database");
    }

    /// A record that breaks the schema is our mistake; it must not hold up every other lesson.
    async fn a_record_of_no_lesson_does_not_hold_up_the_others(home: Home) {
        let store = home.open_with_lesson().await;
        let (journal, _writer) = home.journal(&store).await;
        let Some(Record::Event(event)) = away(0).pop() else {
            unreachable!("is an event");
        };
        let stray = Record::Event(RollEvent { lesson: LessonId(99), ..event });
        let records = [vec![stray], away(0)].concat();
        journal.append(records).await.expect("is on disk");
        settled(&journal).await;
        assert_eq!(numbers(&store).await, [0]);
        assert_eq!(journal.state(), JournalState::default());
    }
}
