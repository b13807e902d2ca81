//! What opens a door for a person: invitations, personal links, logins. The database has their
//! hashes only.
//!
//! Invariant: an invitation and a personal link open once; a new one makes those before it void;
//! nothing opens for whoever is disabled.

use super::people;
use super::people::{columns, read, select, set_account, subject};
use super::{Account, Actor, Change, NewPerson, SchoolError, Stamp, StoredPerson, hex, in_time};
use crate::rows::{from_db, to_db};
use crate::{PersonId, Store, TokenHash};
use sqlx::{AnyConnection, Row};

/// Devices and pages on which one person is logged in; one more ends the oldest.
pub const MAX_LOGINS: u32 = 10;

/// A token and how long it opens something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// The token's hash.
    pub token: TokenHash,
    /// When it stops to open anything.
    pub expires_ms: u64,
}

impl Store {
    /// Invites a person who is there already, or one more. Answers whom.
    ///
    /// # Errors
    /// When there is no such person, they are disabled, or the database refuses.
    pub async fn invite(
        &self,
        stamp: Stamp,
        person: Result<PersonId, &NewPerson>,
        door: &Door,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let id = match person {
                Ok(id) => id,
                Err(new) => {
                    people::insert(&mut change, new).await?;
                    let kind = new.kind.as_str();
                    change.note("person.add", &subject(new.id), kind).await?;
                    new.id
                }
            };
            let invited = select(&mut change.transaction, id).await?;
            if invited.disabled_ms.is_some() {
                return Err(SchoolError::NotA("enabled"));
            }
            drop_doors(&mut change.transaction, id, "invite").await?;
            insert(&mut change.transaction, id, "invite", door, stamp.at_ms).await?;
            change.note("person.invite", &subject(id), "").await?;
            change.commit().await?;
            Ok(invited)
        })
        .await
    }

    /// Whose invitation it is; it stays good.
    ///
    /// # Errors
    /// [`SchoolError::LinkUsed`] when it opens nothing, or when the database refuses.
    pub async fn invitation(
        &self,
        token: &TokenHash,
        now_ms: u64,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut connection = self.pool.acquire().await?;
            behind(&mut connection, token, "invite", now_ms).await
        })
        .await
    }

    /// Makes an invited person's account and logs them in; ends what opened for them before.
    ///
    /// # Errors
    /// When the invitation opens nothing, the login is taken, or the database refuses.
    pub async fn accept_invitation(
        &self,
        token: &TokenHash,
        name: &str,
        account: &Account,
        login: &Door,
        now_ms: u64,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, server(now_ms)).await?;
            let invited = behind(&mut change.transaction, token, "invite", now_ms).await?;
            let id = invited.id;
            change.stamp.actor = Actor::Person(id);
            set_account(&mut change.transaction, id, account).await?;
            people::rename(&mut change.transaction, id, name).await?;
            drop_doors(&mut change.transaction, id, "invite").await?;
            drop_doors(&mut change.transaction, id, "login").await?;
            insert(&mut change.transaction, id, "login", login, now_ms).await?;
            change.note("invitation.accept", &subject(id), "").await?;
            let person = select(&mut change.transaction, id).await?;
            change.commit().await?;
            Ok(person)
        })
        .await
    }

    /// Uses a personal link up: the device that brought it is logged in.
    ///
    /// # Errors
    /// [`SchoolError::LinkUsed`] when it opens nothing, or when the database refuses.
    pub async fn exchange_link(
        &self,
        token: &TokenHash,
        login: &Door,
        now_ms: u64,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, server(now_ms)).await?;
            let person = behind(&mut change.transaction, token, "link", now_ms).await?;
            change.stamp.actor = Actor::Person(person.id);
            sqlx::query("UPDATE person_tokens SET used_ms = $1 WHERE token = $2")
                .bind(to_db(now_ms))
                .bind(hex(token))
                .execute(&mut *change.transaction)
                .await?;
            add_login(&mut change.transaction, person.id, login, now_ms).await?;
            change.note("link.open", &subject(person.id), "").await?;
            change.commit().await?;
            Ok(person)
        })
        .await
    }

    /// The person with this login, and the hash of their password.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn account(&self, login: &str) -> Result<Option<(PersonId, String)>, SchoolError> {
        in_time(async {
            let row = sqlx::query(
                "SELECT id, password_hash FROM people WHERE login = $1 \
                 AND disabled_ms IS NULL AND password_hash IS NOT NULL",
            )
            .bind(login)
            .fetch_optional(&self.pool)
            .await?;
            let Some(row) = row else {
                return Ok(None);
            };
            Ok(Some((
                PersonId(row.try_get("id")?),
                row.try_get("password_hash")?,
            )))
        })
        .await
    }

    /// Logs a person in on one more page or device.
    ///
    /// # Errors
    /// When there is no such person, they are disabled, or the database refuses.
    pub async fn log_in(
        &self,
        id: PersonId,
        login: &Door,
        now_ms: u64,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut transaction = self.pool.begin().await?;
            add_login(&mut transaction, id, login, now_ms).await?;
            let person = select(&mut transaction, id).await?;
            if person.disabled_ms.is_some() {
                return Err(SchoolError::NotFound("person"));
            }
            transaction.commit().await?;
            Ok(person)
        })
        .await
    }

    /// Who is logged in with this token.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn logged_in(
        &self,
        token: &TokenHash,
        now_ms: u64,
    ) -> Result<Option<StoredPerson>, SchoolError> {
        in_time(async {
            let mut connection = self.pool.acquire().await?;
            match behind(&mut connection, token, "login", now_ms).await {
                Ok(person) => Ok(Some(person)),
                Err(SchoolError::LinkUsed) => Ok(None),
                Err(other) => Err(other),
            }
        })
        .await
    }

    /// Ends one login.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn log_out(&self, token: &TokenHash) -> Result<(), SchoolError> {
        in_time(async {
            sqlx::query("DELETE FROM person_tokens WHERE token = $1 AND purpose = 'login'")
                .bind(hex(token))
                .execute(&self.pool)
                .await?;
            Ok(())
        })
        .await
    }

    /// Changes a password; ends every login but the new one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_password(
        &self,
        stamp: Stamp,
        id: PersonId,
        account: &Account,
        login: &Door,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            set_account(&mut change.transaction, id, account).await?;
            drop_doors(&mut change.transaction, id, "login").await?;
            insert(&mut change.transaction, id, "login", login, stamp.at_ms).await?;
            change.note("password.change", &subject(id), "").await?;
            let person = select(&mut change.transaction, id).await?;
            change.commit().await?;
            Ok(person)
        })
        .await
    }

    /// Makes a student's personal link outside a class.
    ///
    /// # Errors
    /// When there is no such student, they are disabled, or the database refuses.
    pub async fn make_link(
        &self,
        stamp: Stamp,
        id: PersonId,
        door: &Door,
    ) -> Result<StoredPerson, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            let person = select(&mut change.transaction, id).await?;
            if person.kind != people::PersonKind::Student {
                return Err(SchoolError::NotA("student"));
            }
            if person.disabled_ms.is_some() {
                return Err(SchoolError::NotA("enabled"));
            }
            drop_doors(&mut change.transaction, id, "link").await?;
            insert(&mut change.transaction, id, "link", door, stamp.at_ms).await?;
            change.note("link.make", &subject(id), "").await?;
            change.commit().await?;
            Ok(person)
        })
        .await
    }
}

const fn server(at_ms: u64) -> Stamp {
    let actor = Actor::Server;
    Stamp { actor, at_ms }
}

/// Who stands behind a token that still opens something.
async fn behind(
    connection: &mut AnyConnection,
    token: &TokenHash,
    purpose: &str,
    now_ms: u64,
) -> Result<StoredPerson, SchoolError> {
    let row = sqlx::query(concat!(
        "SELECT ",
        columns!(),
        ", t.expires_ms FROM person_tokens t JOIN people ON people.id = t.person \
         WHERE t.token = $1 AND t.purpose = $2 AND t.used_ms IS NULL \
         AND people.disabled_ms IS NULL"
    ))
    .bind(hex(token))
    .bind(purpose)
    .fetch_optional(connection)
    .await?;
    let row = row.ok_or(SchoolError::LinkUsed)?;
    let expires: Option<i64> = row.try_get("expires_ms")?;
    let expires_ms: u64 = from_db(expires.unwrap_or(i64::MAX), "time")?;
    if expires_ms <= now_ms {
        return Err(SchoolError::LinkUsed);
    }
    Ok(read(&row)?)
}

/// One more login; what ran out goes, and of too many the oldest.
async fn add_login(
    connection: &mut AnyConnection,
    person: PersonId,
    door: &Door,
    now_ms: u64,
) -> Result<(), SchoolError> {
    sqlx::query(
        "DELETE FROM person_tokens WHERE person = $1 AND purpose = 'login' \
         AND (expires_ms <= $2 OR token IN (SELECT token FROM person_tokens \
         WHERE person = $1 AND purpose = 'login' ORDER BY created_ms DESC, token \
         LIMIT 1000 OFFSET $3))",
    )
    .bind(person.0)
    .bind(to_db(now_ms))
    .bind(i64::from(MAX_LOGINS) - 1)
    .execute(&mut *connection)
    .await?;
    insert(connection, person, "login", door, now_ms).await
}

pub(super) async fn insert(
    connection: &mut AnyConnection,
    person: PersonId,
    purpose: &str,
    door: &Door,
    now_ms: u64,
) -> Result<(), SchoolError> {
    sqlx::query(
        "INSERT INTO person_tokens (token, person, purpose, created_ms, expires_ms) \
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(hex(&door.token))
    .bind(person.0)
    .bind(purpose)
    .bind(to_db(now_ms))
    .bind(to_db(door.expires_ms))
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn drop_doors(
    connection: &mut AnyConnection,
    person: PersonId,
    purpose: &str,
) -> Result<(), SchoolError> {
    sqlx::query("DELETE FROM person_tokens WHERE person = $1 AND purpose = $2")
        .bind(person.0)
        .bind(purpose)
        .execute(connection)
        .await?;
    Ok(())
}
