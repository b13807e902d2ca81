//! The school around its lessons: people, classes, what opens doors for them, the office's audit.
//!
//! Invariant: every change runs in one transaction that first takes the audit's head, and so after
//! every other change: what it has read still holds when it writes, on either database; and no
//! change is without its line in the audit.

mod audit;
mod classes;
mod doors;
mod lessons;
mod names;
mod office;
mod people;
mod roster;
mod roster_plan;

pub use audit::{Actor, AuditLine, Broken, Stamp};
pub use classes::{ClassChange, NewClass, Staff, StaffRole, StoredClass};
pub use doors::{Door, MAX_LOGINS};
pub use lessons::ClassRole;
pub use office::{ApiTokenRow, MAX_API_TOKENS, Setting};
pub use people::{
    Account, LinkStand, NewPerson, PeopleFilter, PersonChange, PersonKind, StoredPerson,
};
pub use roster::Member;
pub use roster_plan::{MAX_ROSTER, PastedLine, PlanError, RosterPlan};

use crate::{Store, StoreError, TokenHash};
use audit::Head;
use sqlx::{Any, Transaction};
use std::time::Duration;

/// People of a school, those who left included.
pub const MAX_PEOPLE: i64 = 100_000;
/// Classes of a school, archived ones included.
pub const MAX_CLASSES: i64 = 10_000;
/// How long a change of a thousand rows may take.
const CHANGE_LIMIT: Duration = Duration::from_secs(20);

/// Why a change of the school, or a look at it, was refused.
#[derive(Debug, thiserror::Error)]
pub enum SchoolError {
    /// There is no such thing.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// Somebody else has this login.
    #[error("somebody else has this login")]
    LoginTaken,
    /// Somebody else has this number in the school's own records.
    #[error("this number of the school's records is taken")]
    ExternalIdTaken,
    /// The school would be left without an administrator.
    #[error("the school would be left without an administrator")]
    LastAdmin,
    /// A link or an invitation that opens nothing any more.
    #[error("the link was opened before, was replaced, or is too old")]
    LinkUsed,
    /// The person is not what this needs.
    #[error("this person is not {0}")]
    NotA(&'static str),
    /// The class is archived.
    #[error("the class is archived")]
    Archived,
    /// A bound is reached.
    #[error("there are too many {0}")]
    TooMany(&'static str),
    /// Lines of a pasted roster that cannot be taken.
    #[error("lines of the roster cannot be taken")]
    Lines(Vec<(u32, PlanError)>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for SchoolError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

/// A change under way; dropped before its end, nothing has happened.
pub(crate) struct Change {
    transaction: Transaction<'static, Any>,
    head: Head,
    stamp: Stamp,
}

impl Change {
    pub(crate) async fn begin(store: &Store, stamp: Stamp) -> Result<Self, SchoolError> {
        let mut transaction = store.pool.begin().await?;
        let head = Head::take(&mut transaction).await?;
        Ok(Self {
            transaction,
            head,
            stamp,
        })
    }

    /// Writes a line of the audit.
    pub(crate) async fn note(
        &mut self,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), SchoolError> {
        let line = self.head.next(&self.stamp, action, subject, detail);
        audit::insert(&mut self.transaction, &line).await?;
        self.head = Head::of(&line);
        Ok(())
    }

    pub(crate) async fn commit(mut self) -> Result<(), SchoolError> {
        self.head.put(&mut self.transaction).await?;
        self.transaction.commit().await?;
        Ok(())
    }
}

/// Whoever waits for the database waits at most this long.
async fn in_time<T>(work: impl Future<Output = Result<T, SchoolError>>) -> Result<T, SchoolError> {
    tokio::time::timeout(CHANGE_LIMIT, work)
        .await
        .unwrap_or(Err(SchoolError::Store(StoreError::NoAnswer)))
}

fn hex(token: &TokenHash) -> String {
    token.to_hex()
}
