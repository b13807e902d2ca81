//! Rosters: who is in a class, and the links to print for them.
//!
//! Invariant: the places of a roster are 1, 2, 3 … after every paste; a personal link is made only
//! for a student of the class.

use super::people::{self, LinkStand, PersonKind};
use super::roster_plan::{Known, MAX_ROSTER, PastedLine, RosterPlan, Step, plan};
use super::{Change, Door, NewPerson, SchoolError, Stamp, classes, doors, in_time};
use crate::rows::from_db;
use crate::{ClassId, PersonId, Store, StoreError};
use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row};
use std::collections::BTreeMap;

/// A student on a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// Place in the list.
    pub number: u32,
    /// Their name.
    pub name: String,
    /// Their number in the school's own records.
    pub external_id: Option<String>,
    /// Nothing opens for them.
    pub is_disabled: bool,
    /// Their personal link.
    pub link: LinkStand,
}

impl Store {
    /// A class's roster, in its order.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn roster(&self, class: ClassId) -> Result<Vec<Member>, SchoolError> {
        in_time(async {
            let mut connection = self.pool.acquire().await?;
            members(&mut connection, class).await
        })
        .await
    }

    /// Lays a pasted list over a class's roster, or says what it would change. Answers the plan and
    /// who is missing from it. `draw` makes numbers for new people.
    ///
    /// # Errors
    /// When lines cannot be taken, the class is over or too large, or the database refuses.
    pub async fn paste_roster(
        &self,
        stamp: Stamp,
        class: ClassId,
        lines: &[PastedLine],
        remove_missing: bool,
        check_only: bool,
        draw: impl Fn() -> PersonId + Send + Sync,
    ) -> Result<(RosterPlan, Vec<Member>), SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            classes::select_open(&mut change.transaction, class).await?;
            let now = members(&mut change.transaction, class).await?;
            let known = everybody(&mut change.transaction, class, &now).await?;
            let plan = plan(&known, lines, remove_missing).map_err(SchoolError::Lines)?;
            let missing = |member: &&Member| plan.missing.contains(&member.person);
            let missing: Vec<Member> = now.iter().filter(missing).cloned().collect();
            if plan.students as usize > MAX_ROSTER {
                return Err(SchoolError::TooMany("students of one class"));
            }
            if check_only {
                return Ok((plan, missing));
            }
            let mut number = 0;
            for step in &plan.steps {
                number += 1;
                take(&mut change, class, number, step, &draw).await?;
            }
            for member in &missing {
                if remove_missing {
                    remove(&mut change.transaction, class, member.person).await?;
                } else {
                    number += 1;
                    put(&mut change.transaction, class, member.person, number).await?;
                }
            }
            let gone = if remove_missing { missing.len() } else { 0 };
            let detail = format!(
                "added {} renamed {} removed {gone}",
                plan.added.len(),
                plan.renamed.len()
            );
            let subject = classes::subject(class);
            change.note("roster.paste", &subject, &detail).await?;
            change.commit().await?;
            Ok((plan, missing))
        })
        .await
    }

    /// Takes a student off a roster; whoever is not on it may be taken off too.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_member(
        &self,
        stamp: Stamp,
        class: ClassId,
        person: PersonId,
    ) -> Result<(), SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            if remove(&mut change.transaction, class, person).await? {
                let rest = members(&mut change.transaction, class).await?;
                for (number, member) in (1..).zip(&rest) {
                    if member.number != number {
                        put(&mut change.transaction, class, member.person, number).await?;
                    }
                }
                let (class, person) = (classes::subject(class), people::subject(person));
                change.note("roster.remove", &class, &person).await?;
            }
            change.commit().await
        })
        .await
    }

    /// Makes personal links for students of a class: for these, or for all. Those they had before
    /// are void. `draw` makes a token and the door it opens. Answers for whom, with the tokens.
    ///
    /// # Errors
    /// When somebody is not on the roster, the class is over, or the database refuses.
    pub async fn make_links<T: Send>(
        &self,
        stamp: Stamp,
        class: ClassId,
        persons: Option<&[PersonId]>,
        only_without: bool,
        end_devices: bool,
        draw: impl Fn() -> (T, Door) + Send + Sync,
    ) -> Result<Vec<(Member, T)>, SchoolError> {
        in_time(async {
            let mut change = Change::begin(self, stamp).await?;
            classes::select_open(&mut change.transaction, class).await?;
            let roster = members(&mut change.transaction, class).await?;
            let on_roster = |person: &PersonId| roster.iter().any(|m| m.person == *person);
            if persons.is_some_and(|persons| !persons.iter().all(on_roster)) {
                return Err(SchoolError::NotFound("student of this class"));
            }
            let wanted = |member: &Member| {
                persons.is_none_or(|persons| persons.contains(&member.person))
                    && !member.is_disabled
                    && !(only_without && member.link != LinkStand::None)
            };
            let mut made = Vec::new();
            for member in roster {
                if !wanted(&member) {
                    continue;
                }
                let (token, door) = draw();
                let transaction = &mut change.transaction;
                doors::drop_doors(transaction, member.person, "link").await?;
                if end_devices {
                    doors::drop_doors(transaction, member.person, "login").await?;
                }
                doors::insert(transaction, member.person, "link", &door, stamp.at_ms).await?;
                made.push((member, token));
            }
            let ended = if end_devices {
                " and ended devices"
            } else {
                ""
            };
            let detail = format!("made {}{ended}", made.len());
            let subject = classes::subject(class);
            change.note("class.links", &subject, &detail).await?;
            change.commit().await?;
            Ok(made)
        })
        .await
    }
}

/// Writes one student of a list.
async fn take(
    change: &mut Change,
    class: ClassId,
    number: u32,
    step: &Step,
    draw: &(impl Fn() -> PersonId + Send + Sync),
) -> Result<(), SchoolError> {
    let person = match step.person {
        Some(person) => {
            if let Some(name) = &step.name {
                people::rename(&mut change.transaction, person, name).await?;
            }
            if let Some(number) = &step.external_id {
                people::set_external_id(&mut change.transaction, person, Some(number)).await?;
            }
            person
        }
        None => {
            let person = NewPerson {
                id: draw(),
                name: step.name.clone().unwrap_or_default(),
                kind: PersonKind::Student,
                account: None,
                external_id: step.external_id.clone(),
            };
            people::insert(change, &person).await?;
            person.id
        }
    };
    put(&mut change.transaction, class, person, number).await
}

/// Puts somebody at a place of the roster.
async fn put(
    connection: &mut AnyConnection,
    class: ClassId,
    person: PersonId,
    number: u32,
) -> Result<(), SchoolError> {
    sqlx::query(
        "INSERT INTO class_members (class, person, number) VALUES ($1, $2, $3) \
         ON CONFLICT (class, person) DO UPDATE SET number = excluded.number",
    )
    .bind(class.0)
    .bind(person.0)
    .bind(i64::from(number))
    .execute(connection)
    .await?;
    Ok(())
}

/// Whether they were on it.
async fn remove(
    connection: &mut AnyConnection,
    class: ClassId,
    person: PersonId,
) -> Result<bool, SchoolError> {
    let gone = sqlx::query("DELETE FROM class_members WHERE class = $1 AND person = $2")
        .bind(class.0)
        .bind(person.0)
        .execute(connection)
        .await?;
    Ok(gone.rows_affected() > 0)
}

async fn members(
    connection: &mut AnyConnection,
    class: ClassId,
) -> Result<Vec<Member>, SchoolError> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        people::columns!(),
        ", class_members.number FROM class_members \
         JOIN people ON people.id = class_members.person \
         WHERE class_members.class = $1 ORDER BY class_members.number, people.id"
    ))
    .bind(class.0)
    .fetch_all(connection)
    .await?;
    let read = |row: &AnyRow| {
        let person = people::read(row)?;
        Ok::<_, StoreError>(Member {
            person: person.id,
            number: from_db(row.try_get("number")?, "place on a roster")?,
            name: person.name,
            external_id: person.external_id,
            is_disabled: person.disabled_ms.is_some(),
            link: person.link,
        })
    };
    Ok(rows.iter().map(read).collect::<Result<_, _>>()?)
}

/// The members first, in their order; then whoever has a number or attends another class.
async fn everybody(
    connection: &mut AnyConnection,
    class: ClassId,
    members: &[Member],
) -> Result<Vec<Known>, SchoolError> {
    let rows = sqlx::query(
        "SELECT id, name, kind, external_id, \
         (SELECT COUNT(*) FROM class_members WHERE person = people.id AND class <> $1) AS others \
         FROM people WHERE kind = 'student' OR external_id IS NOT NULL",
    )
    .bind(class.0)
    .fetch_all(connection)
    .await?;
    let places: BTreeMap<PersonId, u32> = (members.iter())
        .map(|member| (member.person, member.number))
        .collect();
    let mut known = Vec::with_capacity(rows.len());
    for row in &rows {
        let id = PersonId(row.try_get("id")?);
        let kind: String = row.try_get("kind")?;
        known.push(Known {
            id,
            name: row.try_get("name")?,
            external_id: row.try_get("external_id")?,
            is_student: PersonKind::parse(&kind)? == PersonKind::Student,
            member: places.contains_key(&id),
            elsewhere: row.try_get::<i64, _>("others")? > 0,
        });
    }
    known.sort_by_key(|person| places.get(&person.id).copied().unwrap_or(u32::MAX));
    Ok(known)
}
