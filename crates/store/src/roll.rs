//! The roll beside its evidence: decisions, what is kept when the evidence goes, a class's lessons.
//!
//! Invariant: a decision is written once and never changed; evidence is thrown away only in the
//! transaction that writes what it came to.

use crate::rows::{corrupt, from_db, read_lesson, to_db};
use crate::{
    ClassId, DecisionKind, LessonId, PersonId, RollDecision, Store, StoreError, StoredLesson,
};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, AnyPool, Row};

/// The setting that holds the school's rules of attendance.
pub const ROLL_RULES: &str = "roll_rules";
/// The setting that says how many days evidence is kept.
pub const EVIDENCE_DAYS: &str = "evidence_days";
/// Two teachers who decide at once count on: more than a few in a row is no accident.
const MAX_NUMBER_DRAWS: usize = 8;

impl Store {
    /// Writes a decision about a lesson that no longer runs; its number is the next one. Answers it
    /// as written.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn decide(&self, mut decision: RollDecision) -> Result<RollDecision, StoreError> {
        let mut connection = self.pool.acquire().await?;
        for _ in 0..MAX_NUMBER_DRAWS {
            let next: Option<i64> =
                sqlx::query("SELECT MAX(number) AS last FROM roll_decisions WHERE lesson = $1")
                    .bind(decision.lesson.0)
                    .fetch_one(&mut *connection)
                    .await?
                    .try_get("last")?;
            decision.number = from_db(next.map_or(0, |last| last + 1), "decision number")?;
            if insert_decision(&mut connection, &decision).await? {
                return Ok(decision);
            }
        }
        Err(corrupt("decision number", &decision.number.to_string()))
    }

    /// The lessons of a class that have ended, newest first.
    ///
    /// # Errors
    /// When the database refuses or holds what it should not.
    pub async fn ended_lessons(
        &self,
        class: ClassId,
        limit: u32,
    ) -> Result<Vec<StoredLesson>, StoreError> {
        sqlx::query(
            "SELECT id, code, name, teacher_token, started_ms, alive_ms, ended_ms, class, teacher \
             FROM lessons WHERE class = $1 AND ended_ms IS NOT NULL \
             ORDER BY started_ms DESC, id LIMIT $2",
        )
        .bind(class.0)
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?
        .iter()
        .map(read_lesson)
        .collect()
    }

    /// Codes of lessons last alive before that moment, whose evidence is still here.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn lessons_with_old_evidence(
        &self,
        before_ms: u64,
        limit: u32,
    ) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query(
            "SELECT code FROM lessons \
             WHERE COALESCE(ended_ms, alive_ms, started_ms) < $1 \
             AND EXISTS (SELECT 1 FROM roll_events WHERE lesson = lessons.id) \
             ORDER BY started_ms LIMIT $2",
        )
        .bind(to_db(before_ms))
        .bind(i64::from(limit))
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(|row| Ok(row.try_get("code")?)).collect()
    }

    /// Throws a lesson's evidence away and keeps what it came to.
    ///
    /// # Errors
    /// When the database refuses; nothing has changed then.
    pub async fn keep_roll(
        &self,
        lesson: LessonId,
        report: &str,
        at_ms: u64,
    ) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query(
            "INSERT INTO roll_kept (lesson, report, at_ms) VALUES ($1, $2, $3) \
             ON CONFLICT (lesson) DO NOTHING",
        )
        .bind(lesson.0)
        .bind(report)
        .bind(to_db(at_ms))
        .execute(&mut *transaction)
        .await?;
        sqlx::query("DELETE FROM roll_events WHERE lesson = $1")
            .bind(lesson.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A word of the school's own, by its name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn roll_setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        select_setting(&self.pool, name).await
    }

    /// Changes such a word.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_roll_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO settings (name, value) VALUES ($1, $2) \
             ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        )
        .bind(name)
        .bind(value)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}

pub(crate) async fn select_setting(
    pool: &AnyPool,
    name: &str,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT value FROM settings WHERE name = $1")
        .bind(name)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| row.try_get("value")).transpose()?)
}

pub(crate) async fn select_kept(
    pool: &AnyPool,
    lesson: LessonId,
) -> Result<Option<String>, StoreError> {
    let row = sqlx::query("SELECT report FROM roll_kept WHERE lesson = $1")
        .bind(lesson.0)
        .fetch_optional(pool)
        .await?;
    Ok(row.map(|row| row.try_get("report")).transpose()?)
}

pub(crate) async fn select_decisions(
    pool: &AnyPool,
    lesson: LessonId,
) -> Result<Vec<RollDecision>, StoreError> {
    sqlx::query(
        "SELECT number, person, participant, kind, detail, by_person, at_ms FROM roll_decisions \
         WHERE lesson = $1 ORDER BY number",
    )
    .bind(lesson.0)
    .fetch_all(pool)
    .await?
    .iter()
    .map(|row| read_decision(lesson, row))
    .collect()
}

/// Whether it was new.
pub(crate) async fn insert_decision(
    connection: &mut AnyConnection,
    decision: &RollDecision,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO roll_decisions \
         (lesson, number, person, participant, kind, detail, by_person, at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (lesson, number) DO NOTHING",
    )
    .bind(decision.lesson.0)
    .bind(i64::from(decision.number))
    .bind(decision.person.map(|person| person.0))
    .bind(decision.participant.map(i64::from))
    .bind(decision.kind.as_str())
    .bind(decision.detail.as_deref())
    .bind(decision.by.map(|person| person.0))
    .bind(to_db(decision.at_ms))
    .execute(connection)
    .await?;
    Ok(done.rows_affected() > 0)
}

fn read_decision(lesson: LessonId, row: &AnyRow) -> Result<RollDecision, StoreError> {
    let kind: String = row.try_get("kind")?;
    let participant: Option<i64> = row.try_get("participant")?;
    Ok(RollDecision {
        lesson,
        number: from_db(row.try_get("number")?, "decision number")?,
        person: row.try_get::<Option<i64>, _>("person")?.map(PersonId),
        participant: participant
            .map(|number| from_db(number, "participant"))
            .transpose()?,
        kind: DecisionKind::parse(&kind).ok_or_else(|| corrupt("kind of decision", &kind))?,
        detail: row.try_get("detail")?,
        by: row.try_get::<Option<i64>, _>("by_person")?.map(PersonId),
        at_ms: from_db(row.try_get("at_ms")?, "time")?,
    })
}
