//! The office: the school's settings, and tokens for its own tools.
//!
//! Invariant: a tool's token is here as its hash only; a setting that changes is noted by its name,
//! never by its value.

use super::{Change, SchoolError, Stamp, hex, in_time};
use crate::rows::{from_db, to_db};
use crate::{PersonId, Store, StoreError, TokenHash};
use sqlx::Row;
use sqlx::any::AnyRow;
use std::collections::BTreeMap;

/// Tokens of tools, ended ones included.
pub const MAX_API_TOKENS: i64 = 1_000;

/// A setting's name and value.
pub type Setting = (&'static str, String);

/// A tool's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiTokenRow {
    /// Its number: random, below 2^53.
    pub id: i64,
    /// Which tool.
    pub name: String,
    /// What it may: words separated by spaces.
    pub scopes: String,
    /// When it was made.
    pub created_ms: u64,
    /// When it stops to open anything.
    pub expires_ms: Option<u64>,
    /// When it was ended.
    pub revoked_ms: Option<u64>,
}

impl Store {
    /// The school's settings by their names.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn settings(&self) -> Result<BTreeMap<String, String>, SchoolError> {
        in_time(async {
            let rows = sqlx::query("SELECT name, value FROM settings")
                .fetch_all(&self.pool)
                .await?;
            let read = |row: &AnyRow| Ok((row.try_get("name")?, row.try_get("value")?));
            rows.iter().map(read).collect()
        })
        .await
    }

    /// Changes settings.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn change_settings(
        &self,
        stamp: Stamp,
        settings: &[Setting],
    ) -> Result<(), SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let mut changed = Vec::new();
            for (name, value) in settings {
                let done = sqlx::query(
                    "INSERT INTO settings (name, value) VALUES ($1, $2) \
                     ON CONFLICT (name) DO UPDATE SET value = excluded.value \
                     WHERE settings.value <> excluded.value",
                )
                .bind(*name)
                .bind(value.as_str())
                .execute(&mut *change.transaction)
                .await?;
                if done.rows_affected() > 0 {
                    changed.push(*name);
                }
            }
            if !changed.is_empty() {
                change
                    .note("settings.change", "school", &changed.join(" "))
                    .await?;
            }
            change.commit().await
        })
        .await
    }

    /// Writes a new tool's token down.
    ///
    /// # Errors
    /// When there are too many, or the database refuses.
    pub async fn add_api_token(
        &self,
        stamp: Stamp,
        by: PersonId,
        about: &ApiTokenRow,
        token: &TokenHash,
    ) -> Result<(), SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let count = sqlx::query("SELECT COUNT(*) AS tokens FROM api_tokens")
                .fetch_one(&mut *change.transaction)
                .await?;
            if count.try_get::<i64, _>("tokens")? >= MAX_API_TOKENS {
                return Err(SchoolError::TooMany("tokens of tools"));
            }
            sqlx::query(
                "INSERT INTO api_tokens \
                 (id, token, name, scopes, created_by, created_ms, expires_ms) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(about.id)
            .bind(hex(token))
            .bind(about.name.as_str())
            .bind(about.scopes.as_str())
            .bind(by.0)
            .bind(to_db(about.created_ms))
            .bind(about.expires_ms.map(to_db))
            .execute(&mut *change.transaction)
            .await?;
            let subject = format!("tool:{}", about.id);
            change.note("token.add", &subject, &about.scopes).await?;
            change.commit().await
        })
        .await
    }

    /// All tools' tokens, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn api_tokens(&self) -> Result<Vec<ApiTokenRow>, SchoolError> {
        in_time(async {
            let rows = sqlx::query(
                "SELECT id, name, scopes, created_ms, expires_ms, revoked_ms FROM api_tokens \
                 ORDER BY created_ms DESC, id",
            )
            .fetch_all(&self.pool)
            .await?;
            Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Ends a tool's token.
    ///
    /// # Errors
    /// When there is no such token, or the database refuses.
    pub async fn revoke_api_token(&self, stamp: Stamp, id: i64) -> Result<(), SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let done = sqlx::query(
                "UPDATE api_tokens SET revoked_ms = COALESCE(revoked_ms, $1) WHERE id = $2",
            )
            .bind(to_db(stamp.at_ms))
            .bind(id)
            .execute(&mut *change.transaction)
            .await?;
            if done.rows_affected() == 0 {
                return Err(SchoolError::NotFound("token"));
            }
            change.note("token.end", &format!("tool:{id}"), "").await?;
            change.commit().await
        })
        .await
    }

    /// The tool that comes with this token, if it still opens anything.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tool(
        &self,
        token: &TokenHash,
        now_ms: u64,
    ) -> Result<Option<ApiTokenRow>, SchoolError> {
        in_time(async {
            let row = sqlx::query(
                "SELECT id, name, scopes, created_ms, expires_ms, revoked_ms FROM api_tokens \
                 WHERE token = $1 AND revoked_ms IS NULL",
            )
            .bind(hex(token))
            .fetch_optional(&self.pool)
            .await?;
            let tool = row.map(|row| read(&row)).transpose()?;
            Ok(tool.filter(|tool| tool.expires_ms.is_none_or(|at| at > now_ms)))
        })
        .await
    }
}

fn read(row: &AnyRow) -> Result<ApiTokenRow, StoreError> {
    let time = |column| {
        let value: Option<i64> = row.try_get(column)?;
        value.map(|value| from_db(value, "time")).transpose()
    };
    Ok(ApiTokenRow {
        id: row.try_get("id")?,
        name: row.try_get("name")?,
        scopes: row.try_get("scopes")?,
        created_ms: from_db(row.try_get("created_ms")?, "time")?,
        expires_ms: time("expires_ms")?,
        revoked_ms: time("revoked_ms")?,
    })
}
