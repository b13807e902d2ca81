//! The door: strangers wait outside until somebody lets them in.
//!
//! Who waits has a socket and a name, and nothing else: no seat, so that nothing the room says to
//! those in it can reach them, and no media, as their offer is thrown away. Who is let in joins again
//! with a token that opens one new seat.
//!
//! Invariant: a socket is at the door or has a seat, never both; at most [`MAX_LOBBY`] wait, and as
//! many are let in and have not come yet.

use super::{Effect, Room, SessionId};
use crate::limits::{ADMITTED_MS, LOBBY_FLUSH_MS};
use homeroom_protocol::{
    Action, ClosedReason, DeviceId, ErrorCode, MAX_LOBBY, ServerMessage, WaitingId, WaitingPerson,
};
use homeroom_store::TokenHash;
use std::collections::BTreeMap;

/// Who is at the door.
#[derive(Debug, Default)]
pub(super) struct Door {
    waiting: BTreeMap<WaitingId, Waiting>,
    /// Who was let in and has not taken the seat yet, by what opens it.
    admitted: BTreeMap<TokenHash, Admitted>,
    next: u32,
    /// When staff are next told who waits.
    due_ms: Option<u64>,
}

#[derive(Debug)]
struct Waiting {
    session: SessionId,
    name: String,
    device: Option<TokenHash>,
    since_ms: u64,
    /// What will let them in.
    token: String,
}

#[derive(Debug)]
struct Admitted {
    session: SessionId,
    name: String,
    until_ms: u64,
}

impl Door {
    /// Whether this socket is at the door.
    pub fn has(&self, session: SessionId) -> bool {
        self.is_waiting(session) || self.admitted.values().any(|one| one.session == session)
    }

    /// Whether this socket waits.
    pub fn is_waiting(&self, session: SessionId) -> bool {
        self.waiting.values().any(|one| one.session == session)
    }

    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.admitted.is_empty()
    }

    /// The name of whom this token lets in.
    pub fn admitted(&self, token: &TokenHash) -> Option<&str> {
        self.admitted.get(token).map(|one| one.name.as_str())
    }

    /// They took their seat.
    pub fn came_in(&mut self, token: &TokenHash) {
        self.admitted.remove(token);
    }

    /// Every socket at the door.
    pub fn sessions(&self) -> Vec<SessionId> {
        let waiting = self.waiting.values().map(|one| one.session);
        let admitted = self.admitted.values().map(|one| one.session);
        waiting.chain(admitted).collect()
    }

    pub fn due_ms(&self) -> Option<u64> {
        let expires = self.admitted.values().map(|one| one.until_ms).min();
        [self.due_ms, expires].into_iter().flatten().min()
    }

    fn touch(&mut self, now_ms: u64) {
        let due_ms = now_ms + LOBBY_FLUSH_MS;
        self.due_ms = Some(self.due_ms.map_or(due_ms, |due| due.min(due_ms)));
    }
}

impl Room {
    /// A stranger asks to come in.
    pub(super) fn wait_at_door(
        &mut self,
        now_ms: u64,
        session: SessionId,
        name: String,
        device: Option<&DeviceId>,
        token: String,
    ) {
        if self.door.waiting.len() >= MAX_LOBBY {
            let detail = "too many people wait already";
            return self.turn_away(session, ErrorCode::Full, detail);
        }
        self.door.next += 1;
        let waiting = Waiting {
            session,
            name,
            device: device.map(|device| TokenHash::of(device.as_str())),
            since_ms: now_ms,
            token,
        };
        let id = WaitingId(self.door.next);
        self.door.waiting.insert(id, waiting);
        self.door.touch(now_ms);
        let lesson = self.about.name.clone();
        self.send(vec![session], ServerMessage::Waiting { lesson });
    }

    /// The socket of somebody at the door is gone. Whoever was let in may still come on another.
    pub(super) fn leave_door(&mut self, now_ms: u64, session: SessionId) {
        let before = self.door.waiting.len();
        self.door.waiting.retain(|_, one| one.session != session);
        if self.door.waiting.len() != before {
            self.door.touch(now_ms);
        }
    }

    pub(super) fn let_in(&mut self, now_ms: u64, waiting: &[WaitingId]) {
        for id in waiting {
            if self.door.admitted.len() >= MAX_LOBBY {
                return;
            }
            let Some(one) = self.door.waiting.remove(id) else {
                continue;
            };
            self.door.touch(now_ms);
            let admitted = Admitted {
                session: one.session,
                name: one.name,
                until_ms: now_ms + ADMITTED_MS,
            };
            let hash = TokenHash::of(&one.token);
            self.door.admitted.insert(hash, admitted);
            let token = one.token;
            self.send(vec![one.session], ServerMessage::Admitted { token });
        }
    }

    pub(super) fn send_away(&mut self, now_ms: u64, id: WaitingId) {
        if let Some(one) = self.door.waiting.remove(&id) {
            self.door.touch(now_ms);
            self.close_at_door(one.session, ClosedReason::TurnedAway);
        }
    }

    /// Whoever was put out does not wait to come in again.
    pub(super) fn refuse_devices_at_door(&mut self, now_ms: u64, devices: &[TokenHash]) {
        let is_theirs = |one: &Waiting| one.device.as_ref().is_some_and(|d| devices.contains(d));
        let waiting = self.door.waiting.iter();
        let theirs: Vec<_> = waiting
            .filter(|(_, one)| is_theirs(one))
            .map(|(id, _)| *id)
            .collect();
        for id in theirs {
            if let Some(one) = self.door.waiting.remove(&id) {
                self.door.touch(now_ms);
                self.close_at_door(one.session, ClosedReason::Removed);
            }
        }
    }

    /// Tells staff who waits, and forgets who was let in and never came.
    pub(super) fn flush_door(&mut self, now_ms: u64) {
        let is_late = |one: &Admitted| now_ms >= one.until_ms;
        let late: Vec<_> = self
            .door
            .admitted
            .iter()
            .filter(|(_, one)| is_late(one))
            .collect();
        let late: Vec<_> = late
            .into_iter()
            .map(|(token, one)| (token.clone(), one.session))
            .collect();
        for (token, session) in late {
            self.door.admitted.remove(&token);
            self.close_at_door(session, ClosedReason::Error);
        }
        if self.door.due_ms.is_some_and(|due_ms| now_ms >= due_ms) {
            self.door.due_ms = None;
            let waiting = self.waiting_people();
            let staff = self.sessions_who_may(Action::KeepDoor);
            self.send(staff, ServerMessage::Lobby { waiting });
        }
    }

    pub(super) fn waiting_people(&self) -> Vec<WaitingPerson> {
        let waiting = self.door.waiting.iter();
        let person = |(id, one): (&WaitingId, &Waiting)| WaitingPerson {
            id: *id,
            name: one.name.clone(),
            since_ms: one.since_ms,
        };
        waiting.map(person).collect()
    }

    fn close_at_door(&mut self, session: SessionId, reason: ClosedReason) {
        self.effects.push(Effect::Close { session, reason });
    }
}
