//! The class in a room: its rules, who was put out, more tokens of a seat, the stream key, the chat.
//!
//! Invariant: as everywhere in the journal, writing a record twice changes nothing; in the order of
//! the journal the last word about a thing is the one that is read back.

use crate::rows::{corrupt, from_db, to_db};
use crate::{LessonId, StoreError, TokenHash};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AnyPool, Row};

/// Somebody was put out of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredRemoval {
    /// The lesson.
    pub lesson: LessonId,
    /// The seat they had.
    pub participant: u32,
    /// When.
    pub at_ms: u64,
    /// The devices they came with.
    pub devices: Vec<TokenHash>,
}

/// One more token that opens a seat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSeatToken {
    /// The lesson.
    pub lesson: LessonId,
    /// The seat.
    pub participant: u32,
    /// Counts those of this seat; a later one takes the place of an earlier one of the same number.
    pub number: u32,
    /// Opens it.
    pub token: TokenHash,
}

/// What programs publish and play a lesson with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredStreamKey {
    /// The lesson.
    pub lesson: LessonId,
    /// Opens it to them.
    pub key: TokenHash,
    /// When it was made.
    pub made_ms: u64,
}

/// A message of a lesson's chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredChat {
    /// The lesson.
    pub lesson: LessonId,
    /// Counts the messages of this lesson from 1.
    pub number: u32,
    /// Who wrote it.
    pub participant: u32,
    /// Who reads it.
    pub audience: ChatAudience,
    /// What.
    pub text: String,
    /// When.
    pub at_ms: u64,
}

/// Who reads a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChatAudience {
    /// Everybody in the lesson.
    Everyone,
    /// Its staff and whoever wrote it.
    Teachers,
}

impl ChatAudience {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Everyone => "everyone",
            Self::Teachers => "teachers",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Everyone, Self::Teachers];
        all.into_iter().find(|audience| audience.as_str() == text)
    }
}

/// What a lesson's staff decided, and its chat, as they were last written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SavedClass {
    /// The rules, as whoever wrote them put them into JSON; `None` when nobody has changed any.
    pub rules: Option<String>,
    /// Who may not come back, by seat.
    pub removals: Vec<StoredRemoval>,
    /// More tokens, in order.
    pub seat_tokens: Vec<StoredSeatToken>,
    /// What programs come with, if anybody had it made.
    pub stream_key: Option<StoredStreamKey>,
    /// The newest messages that were not taken out, oldest first; at most as many as asked for.
    pub chat: Vec<StoredChat>,
    /// The number of the newest message, taken out or not; 0 when there is none.
    pub last_chat: u32,
}

pub(crate) async fn select(
    pool: &AnyPool,
    lesson: LessonId,
    most_chat: u32,
) -> Result<SavedClass, StoreError> {
    Ok(SavedClass {
        rules: select_rules(pool, lesson).await?,
        removals: select_removals(pool, lesson).await?,
        seat_tokens: select_seat_tokens(pool, lesson).await?,
        stream_key: select_stream_key(pool, lesson).await?,
        chat: select_chat(pool, lesson, most_chat).await?,
        last_chat: select_last_chat(pool, lesson).await?,
    })
}

async fn select_rules(pool: &AnyPool, lesson: LessonId) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT rules FROM lesson_rules WHERE lesson = $1")
        .bind(lesson.0)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| row.try_get("rules")).transpose()?)
}

async fn select_removals(
    pool: &AnyPool,
    lesson: LessonId,
) -> Result<Vec<StoredRemoval>, StoreError> {
    let sql = "SELECT participant, at_ms, devices FROM removals \
               WHERE lesson = $1 ORDER BY at_ms, participant";
    let rows = sqlx::query(sql).bind(lesson.0).fetch_all(pool).await?;
    let read = |row: &sqlx::any::AnyRow| {
        let devices: String = row.try_get("devices")?;
        let devices = devices.split_whitespace().map(|hex| {
            let hash = TokenHash::from_hex(hex);
            hash.ok_or_else(|| corrupt("device", "(hidden)"))
        });
        Ok(StoredRemoval {
            lesson,
            participant: from_db(row.try_get("participant")?, "participant")?,
            at_ms: from_db(row.try_get("at_ms")?, "time")?,
            devices: devices.collect::<Result<_, StoreError>>()?,
        })
    };
    rows.iter().map(read).collect()
}

async fn select_seat_tokens(
    pool: &AnyPool,
    lesson: LessonId,
) -> Result<Vec<StoredSeatToken>, StoreError> {
    let sql = "SELECT participant, number, token FROM seat_tokens \
               WHERE lesson = $1 ORDER BY participant, number";
    let rows = sqlx::query(sql).bind(lesson.0).fetch_all(pool).await?;
    let read = |row: &sqlx::any::AnyRow| {
        let token: String = row.try_get("token")?;
        Ok(StoredSeatToken {
            lesson,
            participant: from_db(row.try_get("participant")?, "participant")?,
            number: from_db(row.try_get("number")?, "number of a token")?,
            token: TokenHash::from_hex(&token).ok_or_else(|| corrupt("token hash", "(hidden)"))?,
        })
    };
    rows.iter().map(read).collect()
}

async fn select_stream_key(
    pool: &AnyPool,
    lesson: LessonId,
) -> Result<Option<StoredStreamKey>, StoreError> {
    let row = sqlx::query("SELECT stream_key, made_ms FROM stream_keys WHERE lesson = $1")
        .bind(lesson.0)
        .fetch_optional(pool)
        .await?;
    let read = |row: sqlx::any::AnyRow| {
        let key: String = row.try_get("stream_key")?;
        Ok(StoredStreamKey {
            lesson,
            key: TokenHash::from_hex(&key).ok_or_else(|| corrupt("token hash", "(hidden)"))?,
            made_ms: from_db(row.try_get("made_ms")?, "time")?,
        })
    };
    row.map(read).transpose()
}

async fn select_chat(
    pool: &AnyPool,
    lesson: LessonId,
    most: u32,
) -> Result<Vec<StoredChat>, StoreError> {
    let sql = "SELECT number, participant, audience, text, at_ms FROM chat_messages \
               WHERE lesson = $1 AND deleted_ms IS NULL ORDER BY number DESC LIMIT $2";
    let rows = sqlx::query(sql)
        .bind(lesson.0)
        .bind(i64::from(most))
        .fetch_all(pool)
        .await?;
    let read = |row: &sqlx::any::AnyRow| {
        let audience: String = row.try_get("audience")?;
        Ok(StoredChat {
            lesson,
            number: from_db(row.try_get("number")?, "number of a message")?,
            participant: from_db(row.try_get("participant")?, "participant")?,
            audience: ChatAudience::parse(&audience)
                .ok_or_else(|| corrupt("audience", &audience))?,
            text: row.try_get("text")?,
            at_ms: from_db(row.try_get("at_ms")?, "time")?,
        })
    };
    rows.iter().rev().map(read).collect()
}

async fn select_last_chat(pool: &AnyPool, lesson: LessonId) -> Result<u32, StoreError> {
    let sql = "SELECT COALESCE(MAX(number), 0) AS number FROM chat_messages WHERE lesson = $1";
    let row = sqlx::query(sql).bind(lesson.0).fetch_one(pool).await?;
    from_db(row.try_get("number")?, "number of a message")
}

pub(crate) async fn write_rules(
    connection: &mut AnyConnection,
    lesson: LessonId,
    rules: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO lesson_rules (lesson, rules) VALUES ($1, $2) \
         ON CONFLICT (lesson) DO UPDATE SET rules = excluded.rules",
    )
    .bind(lesson.0)
    .bind(rules)
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn write_removal(
    connection: &mut AnyConnection,
    removal: &StoredRemoval,
) -> Result<(), StoreError> {
    let devices: Vec<_> = removal.devices.iter().map(TokenHash::to_hex).collect();
    sqlx::query(
        "INSERT INTO removals (lesson, participant, at_ms, devices) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (lesson, participant) \
         DO UPDATE SET at_ms = excluded.at_ms, devices = excluded.devices",
    )
    .bind(removal.lesson.0)
    .bind(i64::from(removal.participant))
    .bind(to_db(removal.at_ms))
    .bind(devices.join(" "))
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn delete_removal(
    connection: &mut AnyConnection,
    lesson: LessonId,
    participant: u32,
) -> Result<(), StoreError> {
    sqlx::query("DELETE FROM removals WHERE lesson = $1 AND participant = $2")
        .bind(lesson.0)
        .bind(i64::from(participant))
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) async fn write_seat_token(
    connection: &mut AnyConnection,
    more: &StoredSeatToken,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO seat_tokens (lesson, participant, number, token) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (lesson, participant, number) DO UPDATE SET token = excluded.token",
    )
    .bind(more.lesson.0)
    .bind(i64::from(more.participant))
    .bind(i64::from(more.number))
    .bind(more.token.to_hex())
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn write_stream_key(
    connection: &mut AnyConnection,
    made: &StoredStreamKey,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO stream_keys (lesson, stream_key, made_ms) VALUES ($1, $2, $3) \
         ON CONFLICT (lesson) \
         DO UPDATE SET stream_key = excluded.stream_key, made_ms = excluded.made_ms",
    )
    .bind(made.lesson.0)
    .bind(made.key.to_hex())
    .bind(to_db(made.made_ms))
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn insert_chat(
    connection: &mut AnyConnection,
    chat: &StoredChat,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO chat_messages (lesson, number, participant, audience, text, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (lesson, number) DO NOTHING",
    )
    .bind(chat.lesson.0)
    .bind(i64::from(chat.number))
    .bind(i64::from(chat.participant))
    .bind(chat.audience.as_str())
    .bind(chat.text.as_str())
    .bind(to_db(chat.at_ms))
    .execute(connection)
    .await?;
    Ok(())
}

pub(crate) async fn delete_chat(
    connection: &mut AnyConnection,
    lesson: LessonId,
    number: u32,
    at_ms: u64,
) -> Result<(), StoreError> {
    sqlx::query("UPDATE chat_messages SET deleted_ms = $1 WHERE lesson = $2 AND number = $3")
        .bind(to_db(at_ms))
        .bind(lesson.0)
        .bind(i64::from(number))
        .execute(connection)
        .await?;
    Ok(())
}
