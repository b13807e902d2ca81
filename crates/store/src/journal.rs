//! One task that writes what happens in all lessons, many records per commit.
//!
//! While one commit runs, further appends gather and share the next: a whole school joining at
//! 9:00 costs a few commits, not hundreds.
//!
//! Invariant: records reach the database in the order in which they were appended, and
//! [`Journal::append`] answers `Ok` only when all of its records are committed. When the database
//! refuses (a full disk), lessons go on: records wait in a bounded backlog and are tried again.

use crate::{Record, Store};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

/// Appends waiting for the writer; a caller beyond waits for its turn.
pub const MAX_QUEUED_APPENDS: usize = 1024;
/// Records kept while the database refuses; beyond, the newest are lost and counted in the log.
pub const MAX_BACKLOG_RECORDS: usize = 100_000;
/// Most records of one commit, so that the first of a batch never waits long for the last.
const MAX_BATCH_RECORDS: usize = 1024;
/// Pause before a refused batch is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The records are not in the database (yet); they are kept and tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database refuses; the records wait in memory")]
pub struct NotDurable;

/// The way into the journal. Clones share one writer, which ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Journal {
    appends: mpsc::Sender<Append>,
}

#[derive(Debug)]
struct Append {
    records: Vec<Record>,
    done: oneshot::Sender<Result<(), NotDurable>>,
}

impl Journal {
    /// Starts the writer. The handle ends after the last clone is dropped and all is written.
    #[must_use]
    pub fn start(store: Store) -> (Self, JoinHandle<()>) {
        let (appends, receiver) = mpsc::channel(MAX_QUEUED_APPENDS);
        let writer = Writer {
            store,
            receiver,
            backlog: VecDeque::new(),
        };
        (Self { appends }, tokio::spawn(writer.run()))
    }

    /// Writes records; returns when they would survive the death of this process.
    ///
    /// # Errors
    /// [`NotDurable`] when the database refuses. The caller goes on: a lesson does not stop for it.
    pub async fn append(&self, records: Vec<Record>) -> Result<(), NotDurable> {
        if records.is_empty() {
            return Ok(());
        }
        let (done, answer) = oneshot::channel();
        let append = Append { records, done };
        self.appends.send(append).await.map_err(|_| NotDurable)?;
        answer.await.map_err(|_| NotDurable)?
    }
}

struct Writer {
    store: Store,
    receiver: mpsc::Receiver<Append>,
    /// What a refused commit left behind, oldest first.
    backlog: VecDeque<Record>,
}

impl Writer {
    async fn run(mut self) {
        let mut retry_at = Instant::now();
        loop {
            let has_backlog = !self.backlog.is_empty();
            tokio::select! {
                biased;
                () = sleep_until(retry_at), if has_backlog => {
                    self.write_backlog().await;
                    retry_at = Instant::now() + RETRY_PAUSE;
                }
                first = self.receiver.recv() => match first {
                    Some(first) => self.write(first).await,
                    None => break,
                },
            }
        }
        self.write_backlog().await;
        if !self.backlog.is_empty() {
            tracing::error!(
                records = self.backlog.len(),
                "journal: records lost at exit"
            );
        }
    }

    async fn write(&mut self, first: Append) {
        let mut waiting = vec![first.done];
        let mut batch = first.records;
        while batch.len() < MAX_BATCH_RECORDS {
            let Ok(next) = self.receiver.try_recv() else {
                break;
            };
            batch.extend(next.records);
            waiting.push(next.done);
        }
        let outcome = self.commit(batch).await;
        for done in waiting {
            // A caller that no longer waits has nothing to be told.
            let _ = done.send(outcome);
        }
    }

    async fn commit(&mut self, batch: Vec<Record>) -> Result<(), NotDurable> {
        if !self.backlog.is_empty() {
            self.keep(batch);
            return Err(NotDurable);
        }
        self.store.commit(&batch).await.map_err(|error| {
            tracing::error!(%error, records = batch.len(), "journal: the database refuses");
            self.keep(batch);
            NotDurable
        })
    }

    fn keep(&mut self, batch: Vec<Record>) {
        let room = MAX_BACKLOG_RECORDS - self.backlog.len();
        if batch.len() > room {
            tracing::error!(
                records = batch.len() - room,
                "journal: backlog full, records lost"
            );
        }
        self.backlog.extend(batch.into_iter().take(room));
    }

    async fn write_backlog(&mut self) {
        while !self.backlog.is_empty() {
            let batch: Vec<Record> = self
                .backlog
                .iter()
                .take(MAX_BATCH_RECORDS)
                .cloned()
                .collect();
            if self.store.commit(&batch).await.is_ok() {
                self.backlog.drain(..batch.len());
            } else if !self.write_oldest(&batch[0]).await {
                return;
            }
        }
    }

    /// A record that breaks a rule of the schema is our mistake and would be refused for ever:
    /// it is dropped, so that it does not hold up every other lesson. Says whether to go on.
    async fn write_oldest(&mut self, oldest: &Record) -> bool {
        match self.store.commit(std::slice::from_ref(oldest)).await {
            Err(error) if !error.breaks_constraint() => {
                tracing::warn!(%error, records = self.backlog.len(), "journal: still refused");
                return false;
            }
            Err(error) => tracing::error!(%error, "journal: a record breaks the schema; dropped"),
            Ok(()) => {}
        }
        self.backlog.pop_front();
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LessonId, RollEvent, RollKind, StoredLesson, TokenHash};

    const LESSON: LessonId = LessonId(7);

    async fn writer(folder: &std::path::Path) -> (Writer, mpsc::Sender<Append>) {
        let store = Store::open(&folder.join("store.db")).await.expect("opens");
        let lesson = StoredLesson {
            class: None,
            teacher: None,
            id: LESSON,
            code: "abc-abc-abc".into(),
            name: "Physics".into(),
            teacher_token: TokenHash::of("t"),
            started_ms: 1,
            alive_ms: None,
            ended_ms: None,
        };
        store.create_lesson(&lesson).await.expect("is new");
        let (appends, receiver) = mpsc::channel(MAX_QUEUED_APPENDS);
        let backlog = VecDeque::new();
        (
            Writer {
                store,
                receiver,
                backlog,
            },
            appends,
        )
    }

    fn event(lesson: LessonId, number: u32) -> Record {
        let kind = RollKind::Away;
        Record::Event(RollEvent {
            lesson,
            number,
            participant: 1,
            at_ms: 5,
            kind,
            detail: None,
        })
    }

    async fn numbers(store: &Store) -> Vec<u32> {
        let saved = store
            .load("abc-abc-abc")
            .await
            .expect("reads")
            .expect("is there");
        saved.events.iter().map(|event| event.number).collect()
    }

    async fn execute(store: &Store, sql: &'static str) {
        sqlx::query(sql).execute(&store.pool).await.expect("runs");
    }

    #[tokio::test]
    async fn refused_records_are_written_later_in_order() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, _appends) = writer(folder.path()).await;
        execute(&writer.store, "ALTER TABLE roll_events RENAME TO hidden").await;
        assert_eq!(writer.commit(vec![event(LESSON, 0)]).await, Err(NotDurable));
        execute(&writer.store, "ALTER TABLE hidden RENAME TO roll_events").await;
        // Later records wait behind the earlier ones although the database would take them.
        assert_eq!(writer.commit(vec![event(LESSON, 1)]).await, Err(NotDurable));
        writer.write_backlog().await;
        assert_eq!(writer.commit(vec![event(LESSON, 2)]).await, Ok(()));
        assert_eq!(numbers(&writer.store).await, [0, 1, 2]);
    }

    #[tokio::test]
    async fn a_record_of_no_lesson_does_not_hold_up_the_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, _appends) = writer(folder.path()).await;
        let batch = vec![event(LessonId(99), 0), event(LESSON, 0)];
        assert_eq!(writer.commit(batch).await, Err(NotDurable));
        writer.write_backlog().await;
        assert_eq!(numbers(&writer.store).await, [0]);
        assert!(writer.backlog.is_empty());
    }

    #[tokio::test]
    async fn the_backlog_is_bounded() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, _appends) = writer(folder.path()).await;
        let many = |count| (0..count).map(|number| event(LESSON, number)).collect();
        writer.keep(many(MAX_BACKLOG_RECORDS as u32 - 1));
        writer.keep(many(3));
        assert_eq!(writer.backlog.len(), MAX_BACKLOG_RECORDS);
    }

    #[tokio::test]
    async fn writing_twice_changes_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let (mut writer, _appends) = writer(folder.path()).await;
        for _ in 0..2 {
            assert_eq!(writer.commit(vec![event(LESSON, 4)]).await, Ok(()));
        }
        assert_eq!(numbers(&writer.store).await, [4]);
    }
}
