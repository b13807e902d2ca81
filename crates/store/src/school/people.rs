//! People: who they are, and the account some of them have.
//!
//! Invariant: a person is never deleted, only disabled, so that rolls and the audit keep naming them;
//! there is always an administrator who can log in, once there was one.

use super::names::{folded, sort_key};
use super::{Change, MAX_PEOPLE, SchoolError, Stamp, in_time};
use crate::rows::{corrupt, from_db, to_db};
use crate::{PersonId, Store, StoreError};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};

/// What somebody is at the school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PersonKind {
    /// Sets the school up.
    Admin,
    /// Teaches.
    Teacher,
    /// Attends.
    Student,
    /// Looks on.
    Observer,
}

impl PersonKind {
    const ALL: [Self; 4] = [Self::Admin, Self::Teacher, Self::Student, Self::Observer];

    /// The word in the database.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Teacher => "teacher",
            Self::Student => "student",
            Self::Observer => "observer",
        }
    }

    pub(super) fn parse(text: &str) -> Result<Self, StoreError> {
        let mut all = Self::ALL.into_iter();
        all.find(|kind| kind.as_str() == text)
            .ok_or_else(|| corrupt("kind of person", text))
    }
}

/// How a personal link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkStand {
    /// There is none.
    None,
    /// Nobody has opened it.
    Unused,
    /// A device came by it.
    Used,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPerson {
    /// Their number.
    pub id: PersonId,
    /// Their name; of somebody invited, may be empty.
    pub name: String,
    /// What they are.
    pub kind: PersonKind,
    /// What they type to log in, in small letters.
    pub login: Option<String>,
    /// Their number in the school's own records.
    pub external_id: Option<String>,
    /// When they were written down.
    pub created_ms: u64,
    /// Since when nothing opens for them.
    pub disabled_ms: Option<u64>,
    /// Until when an invitation waits for them.
    pub invited_until_ms: Option<u64>,
    /// Their personal link.
    pub link: LinkStand,
}

/// A new person.
#[derive(Debug, Clone)]
pub struct NewPerson {
    /// Their number: random, below 2^53.
    pub id: PersonId,
    /// Their name.
    pub name: String,
    /// What they are.
    pub kind: PersonKind,
    /// Their account, if they have one at once.
    pub account: Option<Account>,
    /// Their number in the school's own records.
    pub external_id: Option<String>,
}

/// What somebody logs in with.
#[derive(Clone)]
pub struct Account {
    /// In small letters.
    pub login: String,
    /// argon2id in PHC form.
    pub password_hash: String,
}

/// A hash in a log helps whoever collects them.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Account(..)")
    }
}

/// What changes about a person; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct PersonChange {
    /// Their name.
    pub name: Option<String>,
    /// Their number in the school's own records, or no longer one.
    pub external_id: Option<Option<String>>,
    /// Whether nothing opens for them.
    pub disabled: Option<bool>,
}

/// Which people a list is of.
#[derive(Debug, Clone, Default)]
pub struct PeopleFilter {
    /// Only these.
    pub kind: Option<PersonKind>,
    /// Part of a name, a login, or a number in the school's records.
    pub search: String,
    /// The last of the page before: what [`Store::people`] answered beside it.
    pub after: Option<(String, i64)>,
    /// Most.
    pub limit: u32,
}

/// The columns [`read`] reads.
macro_rules! columns {
    () => {
        "people.id, people.name, people.kind, people.login, people.external_id, \
         people.created_ms, people.disabled_ms, \
         (SELECT MAX(expires_ms) FROM person_tokens WHERE person = people.id \
          AND purpose = 'invite' AND used_ms IS NULL) AS invited_ms, \
         (SELECT MAX(COALESCE(used_ms, 0)) FROM person_tokens WHERE person = people.id \
          AND purpose = 'link') AS link_ms"
    };
}
pub(super) use columns;

pub(super) fn read(row: &AnyRow) -> Result<StoredPerson, StoreError> {
    let kind: String = row.try_get("kind")?;
    let time = |column| {
        let value: Option<i64> = row.try_get(column)?;
        value.map(|value| from_db(value, "time")).transpose()
    };
    Ok(StoredPerson {
        id: PersonId(row.try_get("id")?),
        name: row.try_get("name")?,
        kind: PersonKind::parse(&kind)?,
        login: row.try_get("login")?,
        external_id: row.try_get("external_id")?,
        created_ms: from_db(row.try_get("created_ms")?, "time")?,
        disabled_ms: time("disabled_ms")?,
        invited_until_ms: time("invited_ms")?,
        link: match row.try_get::<Option<i64>, _>("link_ms")? {
            None => LinkStand::None,
            Some(0) => LinkStand::Unused,
            Some(_) => LinkStand::Used,
        },
    })
}

impl Store {
    /// A person.
    ///
    /// # Errors
    /// [`SchoolError::NotFound`], or when the database refuses.
    pub async fn person(&self, id: PersonId) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut connection = self.pool.acquire().await.map_err(StoreError::from)?;
            select(&mut connection, id).await
        })
        .await
    }

    /// A page of people by name, each with where it stands.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn people(
        &self,
        filter: &PeopleFilter,
    ) -> Result<Vec<(StoredPerson, (String, i64))>, SchoolError> {
        let (key, id) = filter.after.clone().unwrap_or((String::new(), i64::MIN));
        let part = folded(&filter.search);
        let pattern = match part.as_str() {
            "" => String::new(),
            part => format!("%{}%", part.replace(['%', '_', '\\'], "_")),
        };
        in_time(async {
            let rows = sqlx::query(concat!(
                "SELECT ",
                columns!(),
                ", people.name_key FROM people WHERE ($1 = '' OR kind = $1) \
                 AND ($2 = '' OR name_lower LIKE $2 OR login LIKE $2 OR external_id LIKE $2) \
                 AND (name_key > $3 OR (name_key = $3 AND id > $4)) \
                 ORDER BY name_key, id LIMIT $5"
            ))
            .bind(filter.kind.map_or("", PersonKind::as_str))
            .bind(pattern)
            .bind(key)
            .bind(id)
            .bind(i64::from(filter.limit))
            .fetch_all(&self.pool)
            .await?;
            let read = |row: &AnyRow| {
                let person = read(row)?;
                let place = (row.try_get("name_key")?, person.id.0);
                Ok::<_, StoreError>((person, place))
            };
            Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
        })
        .await
    }

    /// Writes a new person down.
    ///
    /// # Errors
    /// When the login or the number in the school's records is taken, or the database refuses.
    pub async fn add_person(
        &self,
        stamp: Stamp,
        person: &NewPerson,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let kind = person.kind.as_str();
            insert(&mut change, person).await?;
            let subject = subject(person.id);
            change.note("person.add", &subject, kind).await?;
            let written = select(&mut change.transaction, person.id).await?;
            change.commit().await?;
            Ok(written)
        })
        .await
    }

    /// Changes a person. Whoever is disabled loses every login, link and invitation.
    ///
    /// # Errors
    /// When there is no such person, it is the last administrator, the number is taken, or the
    /// database refuses.
    pub async fn change_person(
        &self,
        stamp: Stamp,
        id: PersonId,
        new: &PersonChange,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let old = select(&mut change.transaction, id).await?;
            let mut done = Vec::new();
            if let Some(name) = new.name.as_ref().filter(|name| **name != old.name) {
                rename(&mut change.transaction, id, name).await?;
                done.push("name");
            }
            if let Some(external_id) = &new.external_id
                && *external_id != old.external_id
            {
                set_external_id(&mut change.transaction, id, external_id.as_deref()).await?;
                done.push("external_id");
            }
            if let Some(disabled) = new.disabled.filter(|is| *is != old.disabled_ms.is_some()) {
                if disabled {
                    disable(&mut change.transaction, &old, stamp.at_ms).await?;
                } else {
                    set_disabled(&mut change.transaction, id, None).await?;
                }
                done.push(if disabled { "disabled" } else { "enabled" });
            }
            if !done.is_empty() {
                let words = done.join(" ");
                change.note("person.change", &subject(id), &words).await?;
            }
            let written = select(&mut change.transaction, id).await?;
            change.commit().await?;
            Ok(written)
        })
        .await
    }

    /// Administrators who are not disabled, those who have yet to come included.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn admins(&self) -> Result<Vec<StoredPerson>, SchoolError> {
        in_time(async {
            let rows = sqlx::query(concat!(
                "SELECT ",
                columns!(),
                " FROM people WHERE kind = 'admin' AND disabled_ms IS NULL ORDER BY created_ms, id"
            ))
            .fetch_all(&self.pool)
            .await?;
            Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
        })
        .await
    }
}

/// How the audit names a person.
pub(super) fn subject(person: PersonId) -> String {
    format!("person:{}", person.0)
}

pub(super) async fn select(
    connection: &mut AnyConnection,
    id: PersonId,
) -> Result<StoredPerson, SchoolError> {
    let sql = concat!("SELECT ", columns!(), " FROM people WHERE id = $1");
    let row = sqlx::query(sql)
        .bind(id.0)
        .fetch_optional(connection)
        .await?;
    Ok(read(&row.ok_or(SchoolError::NotFound("person"))?)?)
}

pub(super) async fn insert(change: &mut Change, person: &NewPerson) -> Result<(), SchoolError> {
    let connection = &mut change.transaction;
    let count = sqlx::query("SELECT COUNT(*) AS people FROM people")
        .fetch_one(&mut **connection)
        .await?;
    if count.try_get::<i64, _>("people")? >= MAX_PEOPLE {
        return Err(SchoolError::TooMany("people"));
    }
    sqlx::query(
        "INSERT INTO people (id, name, kind, created_ms, name_key, name_lower) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(person.id.0)
    .bind(person.name.as_str())
    .bind(person.kind.as_str())
    .bind(to_db(change.stamp.at_ms))
    .bind(sort_key(&person.name))
    .bind(folded(&person.name))
    .execute(&mut **connection)
    .await?;
    if let Some(external_id) = &person.external_id {
        set_external_id(connection, person.id, Some(external_id)).await?;
    }
    if let Some(account) = &person.account {
        set_account(connection, person.id, account).await?;
    }
    Ok(())
}

pub(super) async fn rename(
    connection: &mut AnyConnection,
    id: PersonId,
    name: &str,
) -> Result<(), SchoolError> {
    sqlx::query("UPDATE people SET name = $1, name_key = $2, name_lower = $3 WHERE id = $4")
        .bind(name)
        .bind(sort_key(name))
        .bind(folded(name))
        .bind(id.0)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn set_external_id(
    connection: &mut AnyConnection,
    id: PersonId,
    external_id: Option<&str>,
) -> Result<(), SchoolError> {
    if let Some(external_id) = external_id {
        let others = sqlx::query("SELECT id FROM people WHERE external_id = $1 AND id <> $2")
            .bind(external_id)
            .bind(id.0)
            .fetch_optional(&mut *connection)
            .await?;
        if others.is_some() {
            return Err(SchoolError::ExternalIdTaken);
        }
    }
    sqlx::query("UPDATE people SET external_id = $1 WHERE id = $2")
        .bind(external_id)
        .bind(id.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// The login must be free, or their own.
pub(super) async fn set_account(
    connection: &mut AnyConnection,
    id: PersonId,
    account: &Account,
) -> Result<(), SchoolError> {
    let others = sqlx::query("SELECT id FROM people WHERE login = $1 AND id <> $2")
        .bind(account.login.as_str())
        .bind(id.0)
        .fetch_optional(&mut *connection)
        .await?;
    if others.is_some() {
        return Err(SchoolError::LoginTaken);
    }
    sqlx::query("UPDATE people SET login = $1, password_hash = $2 WHERE id = $3")
        .bind(account.login.as_str())
        .bind(account.password_hash.as_str())
        .bind(id.0)
        .execute(connection)
        .await?;
    Ok(())
}

async fn disable(
    connection: &mut AnyConnection,
    person: &StoredPerson,
    at_ms: u64,
) -> Result<(), SchoolError> {
    if person.kind == PersonKind::Admin {
        let others = sqlx::query(
            "SELECT id FROM people WHERE kind = 'admin' AND disabled_ms IS NULL \
             AND login IS NOT NULL AND id <> $1",
        )
        .bind(person.id.0)
        .fetch_optional(&mut *connection)
        .await?;
        if others.is_none() {
            return Err(SchoolError::LastAdmin);
        }
    }
    set_disabled(connection, person.id, Some(at_ms)).await?;
    sqlx::query("DELETE FROM person_tokens WHERE person = $1")
        .bind(person.id.0)
        .execute(connection)
        .await?;
    Ok(())
}

async fn set_disabled(
    connection: &mut AnyConnection,
    id: PersonId,
    at_ms: Option<u64>,
) -> Result<(), SchoolError> {
    sqlx::query("UPDATE people SET disabled_ms = $1 WHERE id = $2")
        .bind(at_ms.map(to_db))
        .bind(id.0)
        .execute(connection)
        .await?;
    Ok(())
}
