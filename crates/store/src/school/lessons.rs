//! The lessons of classes, and who is what in them.
//!
//! Invariant: a lesson of a class is written in the transaction that saw the class open.

use super::classes::{self, StaffRole};
use super::{Change, SchoolError, Stamp, in_time};
use crate::rows::{insert_lesson, read_lesson, to_db};
use crate::{ClassId, PersonId, Store, StoreError, StoredLesson};
use sqlx::Row;
use sqlx::any::AnyRow;

/// What somebody is in a class, and so in its lessons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassRole {
    /// On its staff.
    Staff(StaffRole),
    /// On its roster.
    Student,
}

/// The columns [`read_lesson`] reads.
macro_rules! columns {
    () => {
        "lessons.id, lessons.code, lessons.name, lessons.teacher_token, lessons.started_ms, \
         lessons.alive_ms, lessons.ended_ms, lessons.class, lessons.teacher"
    };
}

impl Store {
    /// Writes a new lesson of a class.
    ///
    /// # Errors
    /// [`StoreError::CodeTaken`]: draw another; when the class is over, or the database refuses.
    pub async fn start_lesson(
        &self,
        stamp: Stamp,
        class: ClassId,
        lesson: &StoredLesson,
    ) -> Result<(), SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            classes::select_open(&mut change.transaction, class).await?;
            insert_lesson(&mut change.transaction, lesson).await?;
            let subject = classes::subject(class);
            change.note("lesson.start", &subject, &lesson.code).await?;
            change.commit().await
        })
        .await
    }

    /// A page of a class's lessons, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn class_lessons(
        &self,
        class: ClassId,
        ended_only: bool,
        before: Option<(u64, i64)>,
        limit: u32,
    ) -> Result<Vec<StoredLesson>, SchoolError> {
        let (at_ms, id) = before.map_or((i64::MAX, i64::MAX), |(at, id)| (to_db(at), id));
        in_time(async {
            let rows = sqlx::query(concat!(
                "SELECT ",
                columns!(),
                " FROM lessons WHERE class = $1 AND ($2 = 0 OR ended_ms IS NOT NULL) \
                 AND (started_ms < $3 OR (started_ms = $3 AND id < $4)) \
                 ORDER BY started_ms DESC, id DESC LIMIT $5"
            ))
            .bind(class.0)
            .bind(i64::from(ended_only))
            .bind(at_ms)
            .bind(id)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
            Ok(rows.iter().map(read_lesson).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Lessons of a person's classes that have not ended and ran after that moment, the newest
    /// first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn running_lessons(
        &self,
        person: PersonId,
        since_ms: u64,
        limit: u32,
    ) -> Result<Vec<StoredLesson>, SchoolError> {
        in_time(async {
            let rows = sqlx::query(concat!(
                "SELECT ",
                columns!(),
                " FROM lessons WHERE ended_ms IS NULL AND COALESCE(alive_ms, started_ms) >= $2 \
                 AND class IN (SELECT class FROM class_members WHERE person = $1 \
                 UNION SELECT class FROM class_staff WHERE person = $1) \
                 ORDER BY started_ms DESC, id DESC LIMIT $3"
            ))
            .bind(person.0)
            .bind(to_db(since_ms))
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
            Ok(rows.iter().map(read_lesson).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// What somebody is in a class; `None` when they have nothing to do with it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn role_in(
        &self,
        class: ClassId,
        person: PersonId,
    ) -> Result<Option<ClassRole>, SchoolError> {
        in_time(async {
            let row = sqlx::query(
                "SELECT role FROM class_staff WHERE class = $1 AND person = $2 \
                 UNION ALL SELECT '' FROM class_members WHERE class = $1 AND person = $2",
            )
            .bind(class.0)
            .bind(person.0)
            .fetch_optional(&self.pool)
            .await?;
            Ok(row.map(|row| read_role(&row)).transpose()?)
        })
        .await
    }

    /// The open classes of a person, by name, and what they are in each.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn classes_of(
        &self,
        person: PersonId,
    ) -> Result<Vec<(ClassId, String, String, ClassRole)>, SchoolError> {
        in_time(async {
            let rows = sqlx::query(
                "SELECT classes.id, classes.name, classes.subject, mine.role FROM classes JOIN \
                 (SELECT class, role FROM class_staff WHERE person = $1 \
                  UNION ALL SELECT class, '' FROM class_members WHERE person = $1) AS mine \
                 ON mine.class = classes.id WHERE classes.archived_ms IS NULL \
                 ORDER BY classes.name_key, classes.id",
            )
            .bind(person.0)
            .fetch_all(&self.pool)
            .await?;
            let read = |row: &AnyRow| {
                Ok::<_, StoreError>((
                    ClassId(row.try_get("id")?),
                    row.try_get("name")?,
                    row.try_get("subject")?,
                    read_role(row)?,
                ))
            };
            Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
        })
        .await
    }
}

fn read_role(row: &AnyRow) -> Result<ClassRole, StoreError> {
    let role: String = row.try_get("role")?;
    Ok(match role.as_str() {
        "" => ClassRole::Student,
        role => ClassRole::Staff(StaffRole::parse(role)?),
    })
}
