//! The audit: a chain of lines, each sealed with the one before it.
//!
//! Invariant: a line's hash is SHA-256 over the JSON array `[hash before, number, at_ms, actor,
//! action, subject, detail]`, so that anybody who has the lines can check them. It holds numbers of
//! people, never their names.

use super::{Change, SchoolError, in_time};
use crate::rows::{from_db, to_db};
use crate::{PersonId, Store, StoreError};
use sha2::{Digest, Sha256};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::fmt;

/// Lines read at once when all are checked.
const LINES_AT_ONCE: i64 = 1_000;

/// Who does something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// A person.
    Person(PersonId),
    /// A tool of the school, by the number of its token.
    Tool(i64),
    /// The server itself, or whoever runs it.
    Server,
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "person:{}", person.0),
            Self::Tool(tool) => write!(f, "tool:{tool}"),
            Self::Server => f.write_str("server"),
        }
    }
}

/// Who changes something, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Who.
    pub actor: Actor,
    /// When.
    pub at_ms: u64,
}

/// A line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Counts all lines from 1.
    pub number: u64,
    /// When.
    pub at_ms: u64,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// What the action alone does not say.
    pub detail: String,
    /// The seal.
    pub hash: String,
}

/// What a check of all lines found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// Lines read.
    pub lines: u64,
    /// The first that is not as it was written, or is gone.
    pub first: Option<u64>,
}

/// The last line's number and seal.
pub(super) struct Head {
    number: u64,
    hash: String,
}

impl Head {
    /// Takes the head; whoever comes next waits until the transaction ends.
    pub async fn take(connection: &mut AnyConnection) -> Result<Self, StoreError> {
        let sql = "UPDATE audit_head SET number = number WHERE id = 1 RETURNING number, hash";
        Self::read(&sqlx::query(sql).fetch_one(connection).await?)
    }

    fn read(row: &AnyRow) -> Result<Self, StoreError> {
        Ok(Self {
            number: from_db(row.try_get("number")?, "line number")?,
            hash: row.try_get("hash")?,
        })
    }

    pub fn of(line: &AuditLine) -> Self {
        Self {
            number: line.number,
            hash: line.hash.clone(),
        }
    }

    pub fn next(&self, stamp: &Stamp, action: &str, subject: &str, detail: &str) -> AuditLine {
        let mut line = AuditLine {
            number: self.number + 1,
            at_ms: stamp.at_ms,
            actor: stamp.actor.to_string(),
            action: action.to_owned(),
            subject: subject.to_owned(),
            detail: detail.to_owned(),
            hash: String::new(),
        };
        line.hash = seal(&self.hash, &line);
        line
    }

    pub async fn put(&self, connection: &mut AnyConnection) -> Result<(), StoreError> {
        sqlx::query("UPDATE audit_head SET number = $1, hash = $2 WHERE id = 1")
            .bind(to_db(self.number))
            .bind(self.hash.as_str())
            .execute(connection)
            .await?;
        Ok(())
    }
}

fn seal(before: &str, line: &AuditLine) -> String {
    let text = serde_json::json!([
        before,
        line.number,
        line.at_ms,
        line.actor,
        line.action,
        line.subject,
        line.detail
    ]);
    let hash = Sha256::digest(text.to_string().as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) async fn insert(
    connection: &mut AnyConnection,
    line: &AuditLine,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO audit (number, at_ms, actor, action, subject, detail, hash) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(to_db(line.number))
    .bind(to_db(line.at_ms))
    .bind(line.actor.as_str())
    .bind(line.action.as_str())
    .bind(line.subject.as_str())
    .bind(line.detail.as_str())
    .bind(line.hash.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

impl Store {
    /// Notes what is no change but must not go unseen: a bulk export.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note(
        &self,
        stamp: Stamp,
        action: &str,
        subject: &str,
        detail: &str,
    ) -> Result<(), SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            change.note(action, subject, detail).await?;
            change.commit().await
        })
        .await
    }

    /// The lines before a number, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn audit(&self, before: u64, limit: u32) -> Result<Vec<AuditLine>, SchoolError> {
        in_time(async {
            let rows = sqlx::query(
                "SELECT number, at_ms, actor, action, subject, detail, hash FROM audit \
                 WHERE number < $1 ORDER BY number DESC LIMIT $2",
            )
            .bind(to_db(before))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
            Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Reads all lines and says whether they are as they were written. Lines written meanwhile are
    /// left for the next time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn verify_audit(&self) -> Result<Broken, SchoolError> {
        let head = sqlx::query("SELECT number, hash FROM audit_head WHERE id = 1")
            .fetch_one(&self.pool)
            .await?;
        let head = Head::read(&head)?;
        let mut last = Head {
            number: 0,
            hash: String::new(),
        };
        loop {
            let lines = self.lines_after(last.number, head.number).await?;
            if lines.is_empty() {
                let first = (last.number < head.number || last.hash != head.hash)
                    .then_some((last.number + 1).min(head.number.max(1)));
                let lines = last.number;
                return Ok(Broken { lines, first });
            }
            for line in lines {
                let expected = last.number + 1;
                if line.number != expected || line.hash != seal(&last.hash, &line) {
                    return Ok(Broken {
                        lines: last.number,
                        first: Some(expected),
                    });
                }
                last = Head::of(&line);
            }
        }
    }

    async fn lines_after(&self, after: u64, until: u64) -> Result<Vec<AuditLine>, SchoolError> {
        in_time(async {
            let rows = sqlx::query(
                "SELECT number, at_ms, actor, action, subject, detail, hash FROM audit \
                 WHERE number > $1 AND number <= $2 ORDER BY number LIMIT $3",
            )
            .bind(to_db(after))
            .bind(to_db(until))
            .bind(LINES_AT_ONCE)
            .fetch_all(&self.pool)
            .await?;
            Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn read(row: &AnyRow) -> Result<AuditLine, StoreError> {
    Ok(AuditLine {
        number: from_db(row.try_get("number")?, "line number")?,
        at_ms: from_db(row.try_get("at_ms")?, "time")?,
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        detail: row.try_get("detail")?,
        hash: row.try_get("hash")?,
    })
}
