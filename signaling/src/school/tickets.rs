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

/// The tickets that are out.
#[derive(Debug, Default)]
pub(crate) struct Tickets(Mutex<BTreeMap<TokenHash, Ticket>>);

impl Tickets {
    /// Takes a new ticket in; answers until when it is good, or `None` when too many are out.
    pub fn issue(
        &self,
        token: &str,
        lesson: LessonCode,
        identity: Identity,
        now_ms: u64,
    ) -> Option<u64> {
        let mut tickets = self.lock();
        let same =
            |ticket: &Ticket| ticket.identity.person == identity.person && ticket.lesson == lesson;
        tickets.retain(|_, ticket| ticket.expires_ms > now_ms && !same(ticket));
        if tickets.len() >= MAX_TICKETS {
            return None;
        }
        let expires_ms = now_ms + TICKET_MS;
        let ticket = Ticket {
            lesson,
            identity,
            expires_ms,
        };
        tickets.insert(TokenHash::of(token), ticket);
        Some(expires_ms)
    }

    /// Takes a ticket away; answers who holds it, if it is one for this lesson.
    pub fn redeem(&self, token: &str, lesson: &LessonCode, now_ms: u64) -> Option<Identity> {
        let mut tickets = self.lock();
        let hash = TokenHash::of(token);
        let fits = |ticket: &Ticket| ticket.lesson == *lesson && ticket.expires_ms > now_ms;
        tickets.get(&hash).filter(|ticket| fits(ticket))?;
        tickets.remove(&hash).map(|ticket| ticket.identity)
    }

    /// Whatever somebody holds opens nothing any more.
    pub fn forget(&self, person: PersonId) {
        self.lock()
            .retain(|_, ticket| ticket.identity.person != person);
    }

    /// A table has no half-done state that a panic elsewhere could have left behind.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<TokenHash, Ticket>> {
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
