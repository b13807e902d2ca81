//! Durable school data behind one interface: lessons, their seats and the roll.
//!
//! [`Store`] reads and creates; whatever happens *during* a lesson goes through the [`Journal`],
//! which commits many rooms' records together and answers when they would survive `kill -9`.
//! SQL lives only in this crate, and only in its portable part (`$1`, `BIGINT`, `TEXT`), so the
//! same statements run on SQLite today and on PostgreSQL when a school outgrows it.
//!
//! Invariant: a token never reaches the database, only its [`TokenHash`].

mod journal;
mod records;
mod roll;
mod rows;
mod token;

pub use journal::{Journal, MAX_BACKLOG_RECORDS, MAX_QUEUED_APPENDS, NotDurable};
pub use records::{
    ClassId, DecisionKind, LessonId, PersonId, Record, RollDecision, RollEvent, RollKind,
    RosterLine, SavedLesson, SeatRole, StoredLesson, StoredSeat,
};
pub use roll::{EVIDENCE_DAYS, ROLL_RULES};
pub use token::TokenHash;

use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

/// Connections kept to the database: one writes the journal, the others answer look-ups.
const MAX_CONNECTIONS: u32 = 4;
/// How long a caller waits for a free connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// Why the database could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file cannot be opened or brought to this release's schema.
    #[error("cannot open the database {path}: {reason}")]
    Open {
        /// The file.
        path: String,
        /// The database's word.
        reason: String,
    },
    /// Another lesson has this code.
    #[error("the lesson code is taken")]
    CodeTaken,
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
    /// Whether the statement would be refused however often it is tried.
    fn breaks_constraint(&self) -> bool {
        use sqlx::error::ErrorKind;
        let Self::Database(sqlx::Error::Database(error)) = self else {
            return false;
        };
        matches!(
            error.kind(),
            ErrorKind::ForeignKeyViolation
                | ErrorKind::NotNullViolation
                | ErrorKind::CheckViolation
        )
    }
}

/// The database. Clones share one pool of connections.
#[derive(Debug, Clone)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Opens the SQLite file, making it when it is missing, and applies the migrations.
    ///
    /// # Errors
    /// [`StoreError::Open`] when the file cannot be used, or a newer release has written it.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let failed = |reason: String| StoreError::Open {
            path: file.display().to_string(),
            reason,
        };
        install_drivers();
        let pool = AnyPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .after_connect(|connection, _| Box::pin(prepare_connection(connection)))
            .connect(&sqlite_url(file))
            .await
            .map_err(|error| failed(error.to_string()))?;
        sqlx::migrate!()
            .run(&pool)
            .await
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self { pool })
    }

    /// Writes a new lesson.
    ///
    /// # Errors
    /// [`StoreError::CodeTaken`] when the code is in use: draw another.
    pub async fn create_lesson(&self, lesson: &StoredLesson) -> Result<(), StoreError> {
        rows::insert_lesson(&self.pool, lesson).await
    }

    /// The lesson with this code, without its seats.
    ///
    /// # Errors
    /// When the database refuses or holds what it should not.
    pub async fn lesson(&self, code: &str) -> Result<Option<StoredLesson>, StoreError> {
        rows::select_lesson(&self.pool, code).await
    }

    /// The lesson with this code, its seats and its roll: enough to open its room again.
    ///
    /// # Errors
    /// When the database refuses or holds what it should not.
    pub async fn load(&self, code: &str) -> Result<Option<SavedLesson>, StoreError> {
        let Some(lesson) = rows::select_lesson(&self.pool, code).await? else {
            return Ok(None);
        };
        let roster = match lesson.class {
            Some(class) => rows::select_roster(&self.pool, class).await?,
            None => Vec::new(),
        };
        Ok(Some(SavedLesson {
            roster,
            seats: rows::select_seats(&self.pool, lesson.id).await?,
            events: rows::select_events(&self.pool, lesson.id).await?,
            decisions: roll::select_decisions(&self.pool, lesson.id).await?,
            kept: roll::select_kept(&self.pool, lesson.id).await?,
            roll_rules: roll::select_setting(&self.pool, ROLL_RULES).await?,
            lesson,
        }))
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

fn install_drivers() {
    static ONCE: Once = Once::new();
    ONCE.call_once(sqlx::any::install_default_drivers);
}

/// WAL lets look-ups go on beside the journal's commits. `synchronous = NORMAL` leaves a committed
/// record in the kernel's hands: safe from a killed process, not from a power cut in the same second.
async fn prepare_connection(connection: &mut sqlx::AnyConnection) -> Result<(), sqlx::Error> {
    use sqlx::Executor;
    connection
        .execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000; \
             PRAGMA foreign_keys = ON",
        )
        .await?;
    Ok(())
}

/// Percent-encodes what has a meaning in a URL, so that any folder name works.
fn sqlite_url(file: &Path) -> String {
    use std::fmt::Write;
    let mut url = String::from("sqlite://");
    for byte in file.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' => {
                url.push(byte.into());
            }
            _ => write!(url, "%{byte:02X}").expect("writing to a String cannot fail"),
        }
    }
    url.push_str("?mode=rwc");
    url
}
