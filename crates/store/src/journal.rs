//! One task that writes what happens in all lessons, many records per commit.
//!
//! While one commit runs, further appends gather and share the next: a whole school joining at
//! 9:00 costs a few commits, not hundreds. When the database refuses, or is longer about it than a
//! lesson can wait, records go to the [`Spool`] on disk instead, and from there to the database in
//! the background; when the disk refuses as well, they wait in memory.
//!
//! Invariant: records reach the database in the order in which they were appended, whichever way
//! they go, and [`Journal::append`] answers `Ok` only when all of its records would survive
//! `kill -9`: committed, or on disk.

use crate::waiting::Waiting;
use crate::{JournalState, Record, Spool, Store, StoreError};
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep_until, timeout};

/// Appends waiting for the writer; a caller beyond waits for its turn.
pub const MAX_QUEUED_APPENDS: usize = 1024;
/// Records kept in memory while database and disk refuse; beyond, the newest are lost and counted.
pub const MAX_BACKLOG_RECORDS: usize = 100_000;
/// Most records of one commit, so that the first of a batch never waits long for the last.
const MAX_BATCH_RECORDS: usize = 256;
/// How long a lesson waits for the database before the disk is good enough.
const COMMIT_LIMIT: Duration = Duration::from_secs(2);
/// How long the database may take in the background, where nobody waits.
const REPLAY_LIMIT: Duration = Duration::from_secs(10);
/// Pause before a refused batch is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The records are neither in the database nor on disk (yet); they are kept and tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("database and disk refuse; the records wait in memory")]
pub struct NotDurable;

/// The way into the journal. Clones share one writer, which ends when the last clone is dropped.
#[derive(Debug, Clone)]
pub struct Journal {
    appends: mpsc::Sender<Append>,
    waiting: Arc<Waiting>,
}

#[derive(Debug)]
struct Append {
    records: Vec<Record>,
    done: oneshot::Sender<Result<(), NotDurable>>,
}

impl Journal {
    /// Brings to the database what an earlier process left in the spool, then starts the writer:
    /// nothing may be read before. The handle ends after the last clone is dropped and all is
    /// written.
    ///
    /// # Errors
    /// [`StoreError::Spool`] when what is left cannot be read, or the database does not take it.
    pub async fn start(
        store: Store,
        mut spool: Spool,
    ) -> Result<(Self, JoinHandle<()>), StoreError> {
        let path = spool.path().display().to_string();
        let failed = |reason: String| StoreError::Spool { path, reason };
        let recovered = blocking(move || spool.recover().map(|()| spool)).await;
        let spool = match recovered {
            Ok(spool) => Arc::new(Mutex::new(spool)),
            Err(error) => return Err(failed(error.to_string())),
        };
        let left = lock(&spool).records();
        if let Err(error) = replay(&store, &spool).await {
            return Err(failed(error.to_string()));
        }
        if left > 0 {
            tracing::warn!(
                records = left,
                "journal: brought to the database what had waited"
            );
        }
        let (appends, receiver) = mpsc::channel(MAX_QUEUED_APPENDS);
        let waiting = Arc::clone(&store.waiting);
        let writer = Writer {
            store,
            receiver,
            spool,
            backlog: VecDeque::new(),
            retry_at: Instant::now(),
            trouble: Trouble::default(),
        };
        Ok((Self { appends, waiting }, tokio::spawn(writer.run())))
    }

    /// Writes records; returns when they would survive the death of this process.
    ///
    /// # Errors
    /// [`NotDurable`] when database and disk refuse. The caller goes on: a lesson does not stop
    /// for it.
    pub async fn append(&self, records: Vec<Record>) -> Result<(), NotDurable> {
        if records.is_empty() {
            return Ok(());
        }
        let (done, answer) = oneshot::channel();
        let append = Append { records, done };
        self.appends.send(append).await.map_err(|_| NotDurable)?;
        answer.await.map_err(|_| NotDurable)?
    }

    /// How much waits, and how much was lost.
    #[must_use]
    pub fn state(&self) -> JournalState {
        self.waiting.state()
    }
}

struct Writer {
    store: Store,
    receiver: mpsc::Receiver<Append>,
    spool: Arc<Mutex<Spool>>,
    /// What the disk refused too, behind what is on it, oldest first.
    backlog: VecDeque<Record>,
    /// When the database is asked again.
    retry_at: Instant,
    trouble: Trouble,
}

/// What has been said in the log, so that it is said once.
#[derive(Default)]
struct Trouble {
    database: bool,
    disk: bool,
    memory: bool,
}

impl Writer {
    async fn run(mut self) {
        // At most one task, which ends with this one.
        let mut replays = JoinSet::new();
        loop {
            if replays.is_empty() && !self.spool_is_empty() {
                let (store, spool) = (self.store.clone(), Arc::clone(&self.spool));
                let retry_at = self.retry_at;
                replays.spawn(async move {
                    sleep_until(retry_at).await;
                    replay(&store, &spool).await
                });
            }
            let retries_backlog = replays.is_empty() && !self.backlog.is_empty();
            tokio::select! {
                biased;
                Some(ended) = replays.join_next() => {
                    self.retried(ended.unwrap_or(Err(StoreError::NoAnswer)));
                }
                () = sleep_until(self.retry_at), if retries_backlog => {
                    let outcome = self.write_backlog().await;
                    self.retried(outcome);
                }
                first = self.receiver.recv() => match first {
                    Some(first) => self.write(first, !replays.is_empty()).await,
                    None => break,
                },
            }
        }
        // What it leaves, the last try below meets.
        replays.join_next().await;
        self.finish().await;
    }

    /// One last try; what is on disk by then is for the next process.
    async fn finish(mut self) {
        let outcome = match replay(&self.store, &self.spool).await {
            Ok(()) => self.write_backlog().await,
            refused => refused,
        };
        self.retried(outcome);
        let left = lock(&self.spool).records();
        if left > 0 {
            tracing::warn!(
                records = left,
                "journal: records wait on disk for the next start"
            );
        }
        if !self.backlog.is_empty() {
            let records = self.backlog.len();
            tracing::error!(records, "journal: records lost at exit");
        }
    }

    async fn write(&mut self, first: Append, replaying: bool) {
        let mut waiting = vec![first.done];
        let mut batch = first.records;
        while batch.len() < MAX_BATCH_RECORDS {
            let Ok(next) = self.receiver.try_recv() else {
                break;
            };
            batch.extend(next.records);
            waiting.push(next.done);
        }
        let is_next = !replaying && self.spool_is_empty() && self.backlog.is_empty();
        let outcome = if is_next {
            self.commit(batch).await
        } else {
            self.keep(batch).await
        };
        for done in waiting {
            // A caller that no longer waits has nothing to be told.
            let _ = done.send(outcome);
        }
    }

    async fn commit(&mut self, batch: Vec<Record>) -> Result<(), NotDurable> {
        match commit_within(COMMIT_LIMIT, &self.store, &batch).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.refused(&error);
                self.keep(batch).await
            }
        }
    }

    /// On disk if it takes it, else in memory.
    async fn keep(&mut self, batch: Vec<Record>) -> Result<(), NotDurable> {
        self.store.waiting.add(&batch);
        let room = MAX_BACKLOG_RECORDS - self.backlog.len();
        if batch.len() > room {
            self.store.waiting.lose(batch.len() - room);
            if !std::mem::replace(&mut self.trouble.memory, true) {
                tracing::error!("journal: memory is full as well, records are lost");
            }
        }
        self.backlog.extend(batch.into_iter().take(room));
        let outcome = self.spool_backlog().await;
        if let Err(error) = &outcome
            && !std::mem::replace(&mut self.trouble.disk, true)
        {
            tracing::error!(%error, "journal: the disk refuses as well, records wait in memory");
        }
        self.count();
        outcome.map_err(|_| NotDurable)
    }

    async fn spool_backlog(&mut self) -> io::Result<()> {
        while !self.backlog.is_empty() {
            let batch = self.oldest_of_backlog();
            let count = batch.len();
            let spool = Arc::clone(&self.spool);
            blocking(move || lock(&spool).append(&batch)).await?;
            self.backlog.drain(..count);
        }
        Ok(())
    }

    async fn write_backlog(&mut self) -> Result<(), StoreError> {
        while !self.backlog.is_empty() {
            let batch = self.oldest_of_backlog();
            let taken = bring(COMMIT_LIMIT, &self.store, &batch).await?;
            self.backlog.drain(..taken);
        }
        Ok(())
    }

    fn oldest_of_backlog(&self) -> Vec<Record> {
        let oldest = self.backlog.iter().take(MAX_BATCH_RECORDS);
        oldest.cloned().collect()
    }

    /// After the database was asked for what waits.
    fn retried(&mut self, outcome: Result<(), StoreError>) {
        if let Err(error) = outcome {
            self.refused(&error);
        }
        if self.spool_is_empty() && self.backlog.is_empty() {
            self.store.waiting.clear();
            if std::mem::take(&mut self.trouble).database {
                tracing::warn!("journal: the database has everything again");
            }
        }
        self.count();
    }

    fn refused(&mut self, error: &StoreError) {
        self.retry_at = Instant::now() + RETRY_PAUSE;
        if !std::mem::replace(&mut self.trouble.database, true) {
            let file = lock(&self.spool).path().display().to_string();
            tracing::error!(%error, file, "journal: the database refuses, records wait on disk");
        }
    }

    fn spool_is_empty(&self) -> bool {
        lock(&self.spool).records() == 0
    }

    fn count(&self) {
        let spool = lock(&self.spool);
        let records = spool.records() + self.backlog.len() as u64;
        self.store.waiting.count(records, spool.bytes());
    }
}

/// Brings to the database what is on disk, until nothing is.
async fn replay(store: &Store, spool: &Arc<Mutex<Spool>>) -> Result<(), StoreError> {
    let broken = |error: io::Error| StoreError::Spool {
        path: lock(spool).path().display().to_string(),
        reason: error.to_string(),
    };
    loop {
        let reader = Arc::clone(spool);
        let batch = blocking(move || lock(&reader).oldest(MAX_BATCH_RECORDS));
        let batch = batch.await.map_err(broken)?;
        if batch.is_empty() {
            return Ok(());
        }
        let taken = bring(REPLAY_LIMIT, store, &batch).await?;
        let writer = Arc::clone(spool);
        blocking(move || lock(&writer).drop_oldest(taken))
            .await
            .map_err(broken)?;
    }
}

/// Writes a batch, or at least its first record; answers how many need not be tried again.
///
/// A record that breaks a rule of the schema is our mistake and would be refused for ever: it is
/// dropped, so that it does not hold up every other lesson.
async fn bring(limit: Duration, store: &Store, batch: &[Record]) -> Result<usize, StoreError> {
    match commit_within(limit, store, batch).await {
        Ok(()) => return Ok(batch.len()),
        Err(error) if !error.breaks_constraint() => return Err(error),
        Err(_) => {}
    }
    match commit_within(limit, store, &batch[..1]).await {
        Ok(()) => Ok(1),
        Err(error) if error.breaks_constraint() => {
            tracing::error!(%error, "journal: a record breaks the schema; dropped");
            Ok(1)
        }
        Err(error) => Err(error),
    }
}

async fn commit_within(limit: Duration, store: &Store, batch: &[Record]) -> Result<(), StoreError> {
    timeout(limit, store.commit(batch))
        .await
        .unwrap_or(Err(StoreError::NoAnswer))
}

fn lock(spool: &Mutex<Spool>) -> MutexGuard<'_, Spool> {
    spool.lock().expect("nothing panics with it in hand")
}

/// Disks take their time; tasks do not wait for them on the threads that lessons run on.
async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(act).await.map_err(io::Error::other)?
}
