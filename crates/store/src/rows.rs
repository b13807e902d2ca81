//! The statements: one function per thing read or written.
//!
//! Invariant: every statement is a literal with bound values, and every insert of the journal may
//! run twice with the same result, because a batch whose commit got no answer is written again.

use crate::{
    ClassId, LessonId, PersonId, Record, RollEvent, RollKind, RosterLine, SeatRole, StoreError,
    StoredLesson, StoredSeat, TokenHash,
};
use crate::{class, roll};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row};

pub(crate) async fn insert_lesson(
    connection: &mut AnyConnection,
    lesson: &StoredLesson,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO lessons (id, code, name, teacher_token, started_ms, class, teacher) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(lesson.id.0)
    .bind(lesson.code.as_str())
    .bind(lesson.name.as_str())
    .bind(lesson.teacher_token.to_hex())
    .bind(to_db(lesson.started_ms))
    .bind(lesson.class.map(|class| class.0))
    .bind(lesson.teacher.map(|person| person.0))
    .execute(connection)
    .await
    .map_err(|error| match error.as_database_error() {
        Some(refused) if refused.is_unique_violation() => StoreError::CodeTaken,
        _ => error.into(),
    })?;
    Ok(())
}

pub(crate) async fn select_lesson(
    pool: &AnyPool,
    code: &str,
) -> Result<Option<StoredLesson>, StoreError> {
    sqlx::query(
        "SELECT id, code, name, teacher_token, started_ms, alive_ms, ended_ms, class, teacher \
         FROM lessons WHERE code = $1",
    )
    .bind(code)
    .fetch_optional(pool)
    .await?
    .map(|row| read_lesson(&row))
    .transpose()
}

pub(crate) async fn select_seats(
    pool: &AnyPool,
    lesson: LessonId,
) -> Result<Vec<StoredSeat>, StoreError> {
    sqlx::query(
        "SELECT participant, person, name, role, token, joined_ms FROM seats \
         WHERE lesson = $1 ORDER BY participant",
    )
    .bind(lesson.0)
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| read_seat(lesson, row))
    .collect()
}

pub(crate) async fn select_roster(
    pool: &AnyPool,
    class: ClassId,
) -> Result<Vec<RosterLine>, StoreError> {
    sqlx::query(
        "SELECT people.id, people.name FROM class_members JOIN people ON people.id = person \
         WHERE class = $1 ORDER BY class_members.number, people.id",
    )
    .bind(class.0)
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| {
        Ok(RosterLine {
            person: PersonId(row.try_get("id")?),
            name: row.try_get("name")?,
        })
    })
    .collect()
}

pub(crate) async fn select_events(
    pool: &AnyPool,
    lesson: LessonId,
) -> Result<Vec<RollEvent>, StoreError> {
    sqlx::query(
        "SELECT number, participant, at_ms, kind, detail FROM roll_events \
         WHERE lesson = $1 ORDER BY number",
    )
    .bind(lesson.0)
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| read_event(lesson, row))
    .collect()
}

pub(crate) async fn write_record(
    connection: &mut AnyConnection,
    record: &Record,
) -> Result<(), StoreError> {
    match record {
        Record::Seat(seat) => insert_seat(connection, seat).await,
        Record::Event(event) => insert_event(connection, event).await,
        Record::Decision(decision) => roll::insert_decision(connection, decision).await.map(drop),
        Record::Rules { lesson, rules } => class::write_rules(connection, *lesson, rules).await,
        Record::Removal(removal) => class::write_removal(connection, removal).await,
        Record::Readmission {
            lesson,
            participant,
        } => class::delete_removal(connection, *lesson, *participant).await,
        Record::SeatToken(more) => class::write_seat_token(connection, more).await,
        Record::StreamKey(made) => class::write_stream_key(connection, made).await,
        Record::Chat(chat) => class::insert_chat(connection, chat).await,
        Record::ChatDeleted {
            lesson,
            number,
            at_ms,
        } => class::delete_chat(connection, *lesson, *number, *at_ms).await,
        Record::Alive { lesson, at_ms } => {
            let sql = "UPDATE lessons SET alive_ms = $1 WHERE id = $2";
            stamp(connection, sql, *lesson, *at_ms).await
        }
        Record::Ended { lesson, at_ms } => {
            let sql = "UPDATE lessons SET ended_ms = $1 WHERE id = $2";
            stamp(connection, sql, *lesson, *at_ms).await
        }
    }
}

async fn insert_seat(connection: &mut AnyConnection, seat: &StoredSeat) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO seats (lesson, participant, name, role, token, joined_ms, person) \
         VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (lesson, participant) DO NOTHING",
    )
    .bind(seat.lesson.0)
    .bind(i64::from(seat.participant))
    .bind(seat.name.as_str())
    .bind(seat.role.as_str())
    .bind(seat.token.to_hex())
    .bind(to_db(seat.joined_ms))
    .bind(seat.person.map(|person| person.0))
    .execute(connection)
    .await?;
    Ok(())
}

async fn insert_event(connection: &mut AnyConnection, event: &RollEvent) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO roll_events (lesson, number, participant, at_ms, kind, detail) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (lesson, number) DO NOTHING",
    )
    .bind(event.lesson.0)
    .bind(i64::from(event.number))
    .bind(i64::from(event.participant))
    .bind(to_db(event.at_ms))
    .bind(event.kind.as_str())
    .bind(event.detail.as_deref())
    .execute(connection)
    .await?;
    Ok(())
}

async fn stamp(
    connection: &mut AnyConnection,
    sql: &'static str,
    lesson: LessonId,
    at_ms: u64,
) -> Result<(), StoreError> {
    sqlx::query(sql)
        .bind(to_db(at_ms))
        .bind(lesson.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(crate) fn read_lesson(row: &AnyRow) -> Result<StoredLesson, StoreError> {
    Ok(StoredLesson {
        id: LessonId(row.try_get("id")?),
        class: row.try_get::<Option<i64>, _>("class")?.map(ClassId),
        teacher: row.try_get::<Option<i64>, _>("teacher")?.map(PersonId),
        code: row.try_get("code")?,
        name: row.try_get("name")?,
        teacher_token: read_token(row, "teacher_token")?,
        started_ms: from_db(row.try_get("started_ms")?, "time")?,
        alive_ms: read_optional_ms(row, "alive_ms")?,
        ended_ms: read_optional_ms(row, "ended_ms")?,
    })
}

fn read_seat(lesson: LessonId, row: &AnyRow) -> Result<StoredSeat, StoreError> {
    let role: String = row.try_get("role")?;
    Ok(StoredSeat {
        lesson,
        participant: from_db(row.try_get("participant")?, "participant")?,
        person: row.try_get::<Option<i64>, _>("person")?.map(PersonId),
        name: row.try_get("name")?,
        role: SeatRole::parse(&role).ok_or_else(|| corrupt("role", &role))?,
        token: read_token(row, "token")?,
        joined_ms: from_db(row.try_get("joined_ms")?, "time")?,
    })
}

fn read_event(lesson: LessonId, row: &AnyRow) -> Result<RollEvent, StoreError> {
    let kind: String = row.try_get("kind")?;
    Ok(RollEvent {
        lesson,
        number: from_db(row.try_get("number")?, "event number")?,
        participant: from_db(row.try_get("participant")?, "participant")?,
        at_ms: from_db(row.try_get("at_ms")?, "time")?,
        kind: RollKind::parse(&kind).ok_or_else(|| corrupt("kind of roll event", &kind))?,
        detail: row.try_get("detail")?,
    })
}

fn read_token(row: &AnyRow, column: &'static str) -> Result<TokenHash, StoreError> {
    let hex: String = row.try_get(column)?;
    TokenHash::from_hex(&hex).ok_or_else(|| corrupt("token hash", "(hidden)"))
}

fn read_optional_ms(row: &AnyRow, column: &'static str) -> Result<Option<u64>, StoreError> {
    row.try_get::<Option<i64>, _>(column)?
        .map(|value| from_db(value, "time"))
        .transpose()
}

/// Databases have no unsigned numbers; ours all fit into 63 bits.
pub(crate) fn to_db(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(crate) fn from_db<T: TryFrom<i64>>(value: i64, what: &'static str) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| corrupt(what, &value.to_string()))
}

pub(crate) fn corrupt(what: &'static str, value: &str) -> StoreError {
    let value = value.to_owned();
    StoreError::Corrupt { what, value }
}
