//! Join tickets: what a person of the school takes a seat with.
//!
//! Invariant: a ticket opens one seat of one lesson, once, within two minutes; the table of them is
//! bounded, because a person has at most one for a lesson.

use crate::limits::{MAX_TICKETS, TICKET_MS};
use crate::room::Identity;
use homeroom_protocol::LessonCode;
use homeroom_store::{PersonId, TokenHash};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

#[derive(Debug)]
struct Ticket {
    lesson: LessonCode,
    identity: Identity,
    expires_ms: u64,
}

#[derive(Debug, Default)]
struct Table {
    by_token: BTreeMap<TokenHash, Ticket>,
    by_holder: BTreeMap<(PersonId, LessonCode), TokenHash>,
}

impl Table {
    fn remove(&mut self, token: &TokenHash) -> Option<Ticket> {
        let ticket = self.by_token.remove(token)?;
        let holder = (ticket.identity.person, ticket.lesson.clone());
        self.by_holder.remove(&holder);
        Some(ticket)
    }

    fn sweep(&mut self, now_ms: u64) {
        self.by_token.retain(|_, ticket| ticket.expires_ms > now_ms);
        let known = &self.by_token;
        self.by_holder.retain(|_, token| known.contains_key(token));
    }
}

/// The tickets that are out.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<Table>);

impl Tickets {
    /// Takes a new ticket in; answers until when it is good, or `None` when too many are out.
    pub fn issue(
        &self,
        token: &str,
        lesson: LessonCode,
        identity: Identity,
        now_ms: u64,
    ) -> Option<u64> {
        let mut table = self.lock();
        let holder = (identity.person, lesson.clone());
        if let Some(before) = table.by_holder.get(&holder).cloned() {
            table.remove(&before);
        }
        if table.by_token.len() >= MAX_TICKETS {
            table.sweep(now_ms);
        }
        if table.by_token.len() >= MAX_TICKETS {
            return None;
        }
        let expires_ms = now_ms + TICKET_MS;
        let ticket = Ticket {
            lesson,
            identity,
            expires_ms,
        };
        let token = TokenHash::of(token);
        table.by_holder.insert(holder, token.clone());
        table.by_token.insert(token, ticket);
        Some(expires_ms)
    }

    /// Takes a ticket away; answers who holds it, if it is one for this lesson.
    pub fn redeem(&self, token: &str, lesson: &LessonCode, now_ms: u64) -> Option<Identity> {
        let mut table = self.lock();
        let hash = TokenHash::of(token);
        let fits = |ticket: &Ticket| ticket.lesson == *lesson && ticket.expires_ms > now_ms;
        table.by_token.get(&hash).filter(|ticket| fits(ticket))?;
        table.remove(&hash).map(|ticket| ticket.identity)
    }

    /// Whatever somebody holds opens nothing any more.
    pub fn forget(&self, person: PersonId) {
        let mut table = self.lock();
        let theirs = |ticket: &Ticket| ticket.identity.person == person;
        table.by_token.retain(|_, ticket| !theirs(ticket));
        table.by_holder.retain(|(holder, _), _| *holder != person);
    }

    /// A table has no half-done state that a panic elsewhere could have left behind.
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_protocol::Role;

    fn identity(person: i64) -> Identity {
        Identity {
            person: PersonId(person),
            name: "Aida".into(),
            role: Role::Student,
        }
    }

    fn codes() -> (LessonCode, LessonCode) {
        let code = |text| LessonCode::parse(text).expect("is one");
        (code("222222222"), code("333333333"))
    }

    #[test]
    fn a_ticket_opens_its_lesson_once_and_soon() {
        let (lesson, other) = codes();
        let tickets = Tickets::default();
        let expires = tickets.issue("t", lesson.clone(), identity(1), 1_000);
        assert_eq!(expires, Some(1_000 + TICKET_MS));
        assert_eq!(tickets.redeem("t", &other, 1_000), None);
        assert_eq!(tickets.redeem("u", &lesson, 1_000), None);
        assert_eq!(tickets.redeem("t", &lesson, 1_000), Some(identity(1)));
        assert_eq!(tickets.redeem("t", &lesson, 1_000), None);
        tickets.issue("late", lesson.clone(), identity(1), 1_000);
        assert_eq!(tickets.redeem("late", &lesson, 1_000 + TICKET_MS), None);
    }

    #[test]
    fn a_new_ticket_makes_the_one_before_it_void_and_a_disabled_person_has_none() {
        let (lesson, _) = codes();
        let tickets = Tickets::default();
        tickets.issue("a", lesson.clone(), identity(1), 0);
        tickets.issue("b", lesson.clone(), identity(1), 0);
        tickets.issue("c", lesson.clone(), identity(2), 0);
        assert_eq!(tickets.redeem("a", &lesson, 1), None);
        tickets.forget(PersonId(1));
        assert_eq!(tickets.redeem("b", &lesson, 1), None);
        assert_eq!(tickets.redeem("c", &lesson, 1), Some(identity(2)));
    }

    #[test]
    fn tickets_are_bounded_until_they_run_out() {
        let (lesson, _) = codes();
        let tickets = Tickets::default();
        for person in 0..MAX_TICKETS as i64 {
            let issued = tickets.issue(&person.to_string(), lesson.clone(), identity(person), 0);
            assert!(issued.is_some());
        }
        assert!(
            tickets
                .issue("more", lesson.clone(), identity(-1), 0)
                .is_none()
        );
        assert!(
            tickets
                .issue("more", lesson, identity(-1), TICKET_MS)
                .is_some()
        );
    }
}
