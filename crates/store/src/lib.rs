//! Durable school data behind one interface: lessons, their seats and the roll.
//!
//! [`Store`] reads and creates; whatever happens *during* a lesson goes through the [`Journal`],
//! which commits many rooms' records together and answers when they would survive `kill -9`.
//! SQL lives only in this crate, and only in its portable part (`$1`, `BIGINT`, `TEXT`), so the
//! same statements run on SQLite and on the PostgreSQL of a school that outgrows it.
//!
//! Invariant: a token never reaches the database, only its [`TokenHash`].

mod backup;
mod class;
mod database;
mod journal;
mod records;
mod roll;
mod rows;
mod school;
mod spool;
mod token;
mod waiting;

pub use class::{
    ChatAudience, SavedClass, StoredChat, StoredRemoval, StoredSeatToken, StoredStreamKey,
};
pub use database::Database;
pub use journal::{Journal, MAX_BACKLOG_RECORDS, MAX_QUEUED_APPENDS, NotDurable};
pub use records::{
    ClassId, DecisionKind, LessonId, PersonId, Record, RollDecision, RollEvent, RollKind,
    RosterLine, SavedLesson, SeatRole, StoredLesson, StoredSeat,
};
pub use roll::{EVIDENCE_DAYS, ROLL_RULES};
pub use school::{
    Account, Actor, ApiTokenRow, AuditLine, Broken, ClassChange, ClassRole, Door, LinkStand,
    MAX_API_TOKENS, MAX_CLASSES, MAX_LOGINS, MAX_PEOPLE, MAX_ROSTER, Member, NewClass, NewPerson,
    PastedLine, PeopleFilter, PersonChange, PersonKind, PlanError, RosterPlan, SchoolError,
    Setting, Staff, StaffRole, Stamp, StoredClass, StoredPerson,
};
pub use spool::{MAX_SPOOL_BYTES, Spool};
pub use token::TokenHash;
pub use waiting::JournalState;

use sqlx::AnyPool;
use std::sync::Arc;
use std::time::Duration;
use waiting::Waiting;

/// How long an answer may take: a database that is longer about it is gone.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// Messages of a lesson's chat that are read back with it, the newest.
pub const MAX_SAVED_CHAT: u32 = 200;

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, used, or brought to this release's schema.
    #[error("cannot open the database {database}: {reason}")]
    Open {
        /// Which.
        database: String,
        /// What is in the way, for a person.
        reason: String,
    },
    /// The setting is not the address of a database. It may hold a password and is not repeated.
    #[error("not the address of a PostgreSQL, which is like postgres://user:password@host/name")]
    Address,
    /// Records of an earlier run cannot be brought to the database.
    #[error("records wait in {path} for the database: {reason}")]
    Spool {
        /// The file.
        path: String,
        /// What is in the way.
        reason: String,
    },
    /// Another lesson has this code.
    #[error("the lesson code is taken")]
    CodeTaken,
    /// What is asked for is not all in the database yet; soon it is.
    #[error("records of this lesson still wait for the database")]
    Waiting,
    /// The database is longer about it than it may.
    #[error("the database does not answer")]
    NoAnswer,
    /// A copy cannot be written.
    #[error("cannot write the backup {path}: {reason}")]
    Backup {
        /// The file.
        path: String,
        /// What is in the way.
        reason: String,
    },
    /// A row holds what this release never wrote.
    #[error("the database holds an unknown {what}: {value}")]
    Corrupt {
        /// Which column.
        what: &'static str,
        /// What was found there.
        value: String,
    },
    /// The database refused.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
}

impl StoreError {
    /// Whether the same may well work in a minute: the database is gone, or just back.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Waiting | Self::NoAnswer => true,
            Self::Database(error) => match error {
                sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
                // Connection exceptions, too many connections, being shut down or starting.
                sqlx::Error::Database(error) => error.code().is_some_and(|code| {
                    let code = code.as_ref();
                    code.starts_with("08") || code.starts_with("57P") || code == "53300"
                }),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether the statement would be refused however often it is tried.
    fn breaks_constraint(&self) -> bool {
        use sqlx::error::ErrorKind;
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        // PostgreSQL's "data exception": text it cannot hold.
        let holds = error.code().is_none_or(|code| !code.starts_with("22"));
        let kinds = [
            ErrorKind::ForeignKeyViolation,
            ErrorKind::NotNullViolation,
            ErrorKind::CheckViolation,
        ];
        !holds || kinds.contains(&error.kind())
    }
}

/// The database. Clones share one pool of connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
    waiting: Arc<Waiting>,
}

impl Store {
    /// Opens the database (a path is that of an SQLite file, made when it is missing) and applies
    /// the migrations.
    ///
    /// # Errors
    /// [`StoreError::Open`] when it cannot be used, or a newer release has written it.
    pub async fn open(database: impl Into<Database>) -> Result<Self, StoreError> {
        let pool = database.into().open().await?;
        let waiting = Arc::default();
        Ok(Self { pool, waiting })
    }

    /// Writes a new lesson.
    ///
    /// # Errors
    /// [`StoreError::CodeTaken`] when the code is in use: draw another.
    pub async fn create_lesson(&self, lesson: &StoredLesson) -> Result<(), StoreError> {
        in_time(async {
            let mut connection = self.pool.acquire().await?;
            rows::insert_lesson(&mut connection, lesson).await
        })
        .await
    }

    /// The lesson with this code, without its seats.
    ///
    /// # Errors
    /// When the database refuses or holds what it should not; [`StoreError::Waiting`] when it does
    /// not have all of this lesson yet.
    pub async fn lesson(&self, code: &str) -> Result<Option<StoredLesson>, StoreError> {
        let lesson = in_time(rows::select_lesson(&self.pool, code)).await?;
        match lesson {
            Some(lesson) if self.waiting.has(lesson.id) => Err(StoreError::Waiting),
            other => Ok(other),
        }
    }

    /// The lesson with this code, its seats and its roll: enough to open its room again.
    ///
    /// # Errors
    /// As [`Store::lesson`].
    pub async fn load(&self, code: &str) -> Result<Option<SavedLesson>, StoreError> {
        let Some(lesson) = self.lesson(code).await? else {
            return Ok(None);
        };
        in_time(self.load_around(lesson)).await.map(Some)
    }

    async fn load_around(&self, lesson: StoredLesson) -> Result<SavedLesson, StoreError> {
        let roster = match lesson.class {
            Some(class) => rows::select_roster(&self.pool, class).await?,
            None => Vec::new(),
        };
        Ok(SavedLesson {
            roster,
            seats: rows::select_seats(&self.pool, lesson.id).await?,
            events: rows::select_events(&self.pool, lesson.id).await?,
            decisions: roll::select_decisions(&self.pool, lesson.id).await?,
            kept: roll::select_kept(&self.pool, lesson.id).await?,
            class: class::select(&self.pool, lesson.id, MAX_SAVED_CHAT).await?,
            roll_rules: roll::select_setting(&self.pool, ROLL_RULES).await?,
            lesson,
        })
    }

    /// Closes the connections; SQLite then folds its journal back into the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// Writes a batch in one transaction; all of it is durable, or none.
    async fn commit(&self, records: &[Record]) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for record in records {
            rows::write_record(&mut transaction, record).await?;
        }
        transaction.commit().await?;
        Ok(())
    }
}

/// Whoever waits for the database waits at most this long.
async fn in_time<T>(answer: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(ANSWER_LIMIT, answer)
        .await
        .unwrap_or(Err(StoreError::NoAnswer))
}
