//! Microphones, the floor, and hands from the front of the class.
//!
//! Invariant: whoever is muted is not heard, whatever their page does: the SFU drops their voice until
//! they may speak and have turned the microphone on again.

use super::{Room, SessionId};
use homeroom_protocol::{ErrorCode, ParticipantId, Role, ServerMessage};

impl Room {
    pub(super) fn mute(&mut self, now_ms: u64, by: ParticipantId, whose: ParticipantId) {
        self.hush(now_ms, Some(by), &[whose]);
    }

    pub(super) fn mute_all(&mut self, now_ms: u64, by: ParticipantId) {
        let students = self.students();
        self.hush(now_ms, Some(by), &students);
    }

    pub(super) fn lock_microphones(&mut self, now_ms: u64, by: ParticipantId, locked: bool) {
        if self.decided.microphones_locked == locked {
            return;
        }
        self.decided.microphones_locked = locked;
        if locked {
            let students = self.students();
            let has_floor = |id: &&ParticipantId| {
                let seat = self.seats.get(id);
                seat.is_some_and(|seat| seat.floor)
            };
            let silenced: Vec<_> = students
                .iter()
                .filter(|id| !has_floor(id))
                .copied()
                .collect();
            self.hush(now_ms, Some(by), &silenced);
        } else {
            for seat in self.seats.values_mut() {
                seat.floor = false;
            }
        }
        self.rules_changed();
        self.touch_students(now_ms);
    }

    pub(super) fn give_floor(
        &mut self,
        now_ms: u64,
        session: SessionId,
        by: ParticipantId,
        whose: ParticipantId,
        given: bool,
    ) {
        let Some(seat) = self.seats.get_mut(&whose) else {
            return;
        };
        if seat.role != Role::Student {
            let detail = "only a student is given the floor";
            return self.refuse(session, ErrorCode::BadMessage, detail);
        }
        if seat.floor == given {
            return;
        }
        seat.floor = given;
        if given {
            seat.hand_ms = None;
        } else if self.decided.microphones_locked {
            self.hush(now_ms, Some(by), &[whose]);
        }
        self.write_rules();
        self.refresh_sources(whose);
        self.presence.touch(whose, now_ms, self.roll.total());
    }

    pub(super) fn lower_hand(&mut self, now_ms: u64, whose: ParticipantId) {
        self.raise_hand(now_ms, whose, false);
    }

    pub(super) fn lower_all_hands(&mut self, now_ms: u64) {
        for id in self.ids() {
            self.raise_hand(now_ms, id, false);
        }
    }

    /// Turns microphones off here and in the SFU, then tells their pages. Until one is turned on again
    /// nothing of it passes, so that a page that missed the word is not heard either.
    fn hush(&mut self, now_ms: u64, by: Option<ParticipantId>, whose: &[ParticipantId]) {
        let mut told = Vec::new();
        for id in whose {
            let Some(seat) = self.seats.get_mut(id) else {
                continue;
            };
            seat.hushed = true;
            let was_on = std::mem::replace(&mut seat.microphone, false);
            told.extend(seat.session);
            self.refresh_sources(*id);
            if was_on {
                self.presence.touch(*id, now_ms, self.roll.total());
            }
        }
        self.send(told, ServerMessage::Muted { by });
    }

    fn students(&self) -> Vec<ParticipantId> {
        let seats = self.seats.values();
        let students = seats.filter(|seat| seat.role == Role::Student);
        students.map(|seat| seat.id).collect()
    }

    /// What students may has changed, and with it what is shown of them.
    fn touch_students(&mut self, now_ms: u64) {
        for id in self.students() {
            self.refresh_sources(id);
            self.presence.touch(id, now_ms, self.roll.total());
        }
    }
}
