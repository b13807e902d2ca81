//! Classes and who teaches them.
//!
//! Invariant: a class is never deleted, only archived; an archived one gets no lesson, student or
//! link.

use super::names::sort_key;
use super::people::PersonKind;
use super::{Change, MAX_CLASSES, SchoolError, Stamp, in_time, people};
use crate::rows::{corrupt, from_db, to_db};
use crate::{ClassId, PersonId, Store, StoreError};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// What somebody of the staff is in a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StaffRole {
    /// Gives its lessons.
    Teacher,
    /// Helps.
    Assistant,
    /// Looks on.
    Observer,
}

impl StaffRole {
    const ALL: [Self; 3] = [Self::Teacher, Self::Assistant, Self::Observer];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Teacher => "teacher",
            Self::Assistant => "assistant",
            Self::Observer => "observer",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        let mut all = Self::ALL.into_iter();
        all.find(|role| role.as_str() == text)
            .ok_or_else(|| corrupt("role of staff", text))
    }
}

/// Somebody of a class's staff.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staff {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: String,
    /// What they are in the class.
    pub role: StaffRole,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredClass {
    /// Its number.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// What is taught.
    pub subject: String,
    /// Its number in the school's own records.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_ms: u64,
    /// Since when it is over.
    pub archived_ms: Option<u64>,
    /// Students on its roster.
    pub students: u32,
    /// Who teaches and looks on.
    pub staff: Vec<Staff>,
}

/// A new class.
#[derive(Debug, Clone)]
pub struct NewClass {
    /// Its number: random, below 2^53.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// What is taught.
    pub subject: String,
    /// Its number in the school's own records.
    pub external_id: Option<String>,
    /// Who is its teacher from the beginning.
    pub teacher: Option<PersonId>,
}

/// What changes about a class; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct ClassChange {
    /// Its name.
    pub name: Option<String>,
    /// What is taught.
    pub subject: Option<String>,
    /// Its number in the school's own records, or no longer one.
    pub external_id: Option<Option<String>>,
    /// Whether it is over.
    pub archived: Option<bool>,
}

macro_rules! columns {
    () => {
        "classes.id, classes.name, classes.subject, classes.external_id, classes.created_ms, \
         classes.archived_ms, classes.name_key, \
         (SELECT COUNT(*) FROM class_members WHERE class = classes.id) AS students"
    };
}

impl Store {
    /// A class with its staff.
    ///
    /// # Errors
    /// [`SchoolError::NotFound`], or when the database refuses.
    pub async fn class(&self, id: ClassId) -> Result<StoredClass, SchoolError> {
        in_time(async {
            let mut connection = self.pool.acquire().await?;
            select(&mut connection, id).await
        })
        .await
    }

    /// A page of classes by name, each with where it stands: all of them, or those on whose staff
    /// this person is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn classes(
        &self,
        of: Option<PersonId>,
        archived: bool,
        after: Option<(String, i64)>,
        limit: u32,
    ) -> Result<Vec<(StoredClass, (String, i64))>, SchoolError> {
        let (key, id) = after.unwrap_or((String::new(), i64::MIN));
        in_time(async {
            let rows = sqlx::query(concat!(
                "SELECT ",
                columns!(),
                " FROM classes WHERE ($1 < 0 OR EXISTS \
                 (SELECT 1 FROM class_staff WHERE class = classes.id AND person = $1)) \
                 AND ($2 = 1 OR archived_ms IS NULL) \
                 AND (name_key > $3 OR (name_key = $3 AND id > $4)) \
                 ORDER BY name_key, id LIMIT $5"
            ))
            .bind(of.map_or(-1, |person| person.0))
            .bind(i64::from(archived))
            .bind(key)
            .bind(id)
            .bind(i64::from(limit))
            .fetch_all(&self.pool)
            .await?;
            let mut page = Vec::with_capacity(rows.len());
            for row in &rows {
                let class = read(row)?;
                let place = (row.try_get("name_key")?, class.id.0);
                page.push((class, place));
            }
            self.add_staff(&mut page).await?;
            Ok(page)
        })
        .await
    }

    async fn add_staff(
        &self,
        page: &mut [(StoredClass, (String, i64))],
    ) -> Result<(), SchoolError> {
        let (Some(first), Some(last)) = (page.first(), page.last()) else {
            return Ok(());
        };
        let rows = sqlx::query(
            "SELECT class_staff.class, people.id, people.name, class_staff.role \
             FROM class_staff JOIN people ON people.id = class_staff.person \
             JOIN classes ON classes.id = class_staff.class \
             WHERE classes.name_key >= $1 AND classes.name_key <= $2 \
             ORDER BY people.name_key, people.id",
        )
        .bind(first.1.0.as_str())
        .bind(last.1.0.as_str())
        .fetch_all(&self.pool)
        .await?;
        for row in &rows {
            let class: i64 = row.try_get("class")?;
            if let Some((found, _)) = page.iter_mut().find(|(known, _)| known.id.0 == class) {
                found.staff.push(read_staff(row)?);
            }
        }
        Ok(())
    }

    /// Writes a new class down.
    ///
    /// # Errors
    /// When the number in the school's records is taken, or the database refuses.
    pub async fn add_class(
        &self,
        stamp: Stamp,
        class: &NewClass,
    ) -> Result<StoredClass, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let count = sqlx::query("SELECT COUNT(*) AS classes FROM classes")
                .fetch_one(&mut *change.transaction)
                .await?;
            if count.try_get::<i64, _>("classes")? >= MAX_CLASSES {
                return Err(SchoolError::TooMany("classes"));
            }
            sqlx::query(
                "INSERT INTO classes (id, name, subject, created_ms, name_key) \
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(class.id.0)
            .bind(class.name.as_str())
            .bind(class.subject.as_str())
            .bind(to_db(stamp.at_ms))
            .bind(sort_key(&class.name))
            .execute(&mut *change.transaction)
            .await?;
            if let Some(external_id) = &class.external_id {
                set_external_id(&mut change.transaction, class.id, Some(external_id)).await?;
            }
            if let Some(teacher) = class.teacher {
                put_staff(
                    &mut change.transaction,
                    class.id,
                    teacher,
                    StaffRole::Teacher,
                )
                .await?;
            }
            change.note("class.add", &subject(class.id), "").await?;
            let written = select(&mut change.transaction, class.id).await?;
            change.commit().await?;
            Ok(written)
        })
        .await
    }

    /// Changes a class.
    ///
    /// # Errors
    /// When there is no such class, the number is taken, or the database refuses.
    pub async fn change_class(
        &self,
        stamp: Stamp,
        id: ClassId,
        new: &ClassChange,
    ) -> Result<StoredClass, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let old = select(&mut change.transaction, id).await?;
            let mut done = Vec::new();
            let name = new.name.as_ref().unwrap_or(&old.name);
            let taught = new.subject.as_ref().unwrap_or(&old.subject);
            if *name != old.name {
                done.push("name");
            }
            if *taught != old.subject {
                done.push("subject");
            }
            let archived_ms = match new.archived {
                Some(true) => Some(old.archived_ms.unwrap_or(stamp.at_ms)),
                Some(false) => None,
                None => old.archived_ms,
            };
            if archived_ms.is_some() != old.archived_ms.is_some() {
                let word = if archived_ms.is_some() {
                    "archived"
                } else {
                    "unarchived"
                };
                done.push(word);
            }
            sqlx::query(
                "UPDATE classes SET name = $1, subject = $2, archived_ms = $3, name_key = $4 \
                 WHERE id = $5",
            )
            .bind(name.as_str())
            .bind(taught.as_str())
            .bind(archived_ms.map(to_db))
            .bind(sort_key(name))
            .bind(id.0)
            .execute(&mut *change.transaction)
            .await?;
            if let Some(external_id) = &new.external_id
                && *external_id != old.external_id
            {
                set_external_id(&mut change.transaction, id, external_id.as_deref()).await?;
                done.push("external_id");
            }
            if !done.is_empty() {
                change
                    .note("class.change", &subject(id), &done.join(" "))
                    .await?;
            }
            let written = select(&mut change.transaction, id).await?;
            change.commit().await?;
            Ok(written)
        })
        .await
    }

    /// Puts somebody on a class's staff, or changes what they are on it.
    ///
    /// # Errors
    /// When there is no such class or person, the person is a student, or the database refuses.
    pub async fn set_staff(
        &self,
        stamp: Stamp,
        class: ClassId,
        person: PersonId,
        role: StaffRole,
    ) -> Result<StoredClass, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            select(&mut change.transaction, class).await?;
            let who = people::select(&mut change.transaction, person).await?;
            if who.kind == PersonKind::Student || who.disabled_ms.is_some() {
                return Err(SchoolError::NotA("staff"));
            }
            if who.kind == PersonKind::Observer && role != StaffRole::Observer {
                return Err(SchoolError::NotA("a teacher"));
            }
            put_staff(&mut change.transaction, class, person, role).await?;
            let detail = format!("{} {}", people::subject(person), role.as_str());
            change.note("class.staff", &subject(class), &detail).await?;
            let written = select(&mut change.transaction, class).await?;
            change.commit().await?;
            Ok(written)
        })
        .await
    }

    /// Takes somebody off a class's staff; whoever is not on it may be taken off too.
    ///
    /// # Errors
    /// When there is no such class, or the database refuses.
    pub async fn remove_staff(
        &self,
        stamp: Stamp,
        class: ClassId,
        person: PersonId,
    ) -> Result<StoredClass, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            select(&mut change.transaction, class).await?;
            let gone = sqlx::query("DELETE FROM class_staff WHERE class = $1 AND person = $2")
                .bind(class.0)
                .bind(person.0)
                .execute(&mut *change.transaction)
                .await?;
            if gone.rows_affected() > 0 {
                let detail = format!("{} removed", people::subject(person));
                change.note("class.staff", &subject(class), &detail).await?;
            }
            let written = select(&mut change.transaction, class).await?;
            change.commit().await?;
            Ok(written)
        })
        .await
    }
}

/// How the audit names a class.
pub(super) fn subject(class: ClassId) -> String {
    format!("class:{}", class.0)
}

pub(super) async fn select(
    connection: &mut AnyConnection,
    id: ClassId,
) -> Result<StoredClass, SchoolError> {
    let sql = concat!("SELECT ", columns!(), " FROM classes WHERE id = $1");
    let row = sqlx::query(sql)
        .bind(id.0)
        .fetch_optional(&mut *connection)
        .await?;
    let mut class = read(&row.ok_or(SchoolError::NotFound("class"))?)?;
    let rows = sqlx::query(
        "SELECT people.id, people.name, class_staff.role FROM class_staff \
         JOIN people ON people.id = class_staff.person WHERE class_staff.class = $1 \
         ORDER BY people.name_key, people.id",
    )
    .bind(id.0)
    .fetch_all(connection)
    .await?;
    class.staff = rows.iter().map(read_staff).collect::<Result<_, _>>()?;
    Ok(class)
}

/// A class that is not over.
pub(super) async fn select_open(
    connection: &mut AnyConnection,
    id: ClassId,
) -> Result<StoredClass, SchoolError> {
    let class = select(connection, id).await?;
    if class.archived_ms.is_some() {
        return Err(SchoolError::Archived);
    }
    Ok(class)
}

fn read(row: &AnyRow) -> Result<StoredClass, StoreError> {
    let archived: Option<i64> = row.try_get("archived_ms")?;
    Ok(StoredClass {
        id: ClassId(row.try_get("id")?),
        name: row.try_get("name")?,
        subject: row.try_get("subject")?,
        external_id: row.try_get("external_id")?,
        created_ms: from_db(row.try_get("created_ms")?, "time")?,
        archived_ms: archived.map(|at| from_db(at, "time")).transpose()?,
        students: from_db(row.try_get("students")?, "count")?,
        staff: Vec::new(),
    })
}

fn read_staff(row: &AnyRow) -> Result<Staff, StoreError> {
    let role: String = row.try_get("role")?;
    Ok(Staff {
        person: PersonId(row.try_get("id")?),
        name: row.try_get("name")?,
        role: StaffRole::parse(&role)?,
    })
}

async fn put_staff(
    connection: &mut AnyConnection,
    class: ClassId,
    person: PersonId,
    role: StaffRole,
) -> Result<(), SchoolError> {
    sqlx::query(
        "INSERT INTO class_staff (class, person, role) VALUES ($1, $2, $3) \
         ON CONFLICT (class, person) DO UPDATE SET role = excluded.role",
    )
    .bind(class.0)
    .bind(person.0)
    .bind(role.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

async fn set_external_id(
    connection: &mut AnyConnection,
    id: ClassId,
    external_id: Option<&str>,
) -> Result<(), SchoolError> {
    if let Some(external_id) = external_id {
        let others = sqlx::query("SELECT id FROM classes WHERE external_id = $1 AND id <> $2")
            .bind(external_id)
            .bind(id.0)
            .fetch_optional(&mut *connection)
            .await?;
        if others.is_some() {
            return Err(SchoolError::ExternalIdTaken);
        }
    }
    sqlx::query("UPDATE classes SET external_id = $1 WHERE id = $2")
        .bind(external_id)
        .bind(id.0)
        .execute(connection)
        .await?;
    Ok(())
}
