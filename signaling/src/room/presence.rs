//! Telling everybody who is here, at a price that grows with the number of people, not its square.
//!
//! Changes gather for a moment and go out as one message, serialised once. Teachers are told of
//! everybody. So are students in a class; in a hall (more than `MAX_PRESENCE` people) students are
//! told of the stage only: teachers, observers, sharer, speakers, hands, cameras, and always of
//! themselves; that merely the number of people has changed, they are told less often.
//!
//! Invariant: what a client was told in `joined` plus every `presence` since is what a new client
//! would be told now, once nothing is due any more.

use super::seat::Seat;
use super::{Room, SessionId};
use crate::limits::{COUNT_FLUSH_HALL_MS, PRESENCE_FLUSH_HALL_MS, PRESENCE_FLUSH_MS};
use homeroom_protocol::{
    Action, MAX_PRESENCE, Participant, ParticipantId, Role, RollStatus, ServerMessage,
};
use std::collections::BTreeSet;

/// What has been told, and what waits.
#[derive(Debug, Default)]
pub(super) struct Presence {
    told_teachers: Told,
    told_students: Told,
    /// When students were last told of a new number of people.
    counted_ms: Option<u64>,
    dirty: BTreeSet<ParticipantId>,
    dirty_roll: BTreeSet<ParticipantId>,
    due_ms: Option<u64>,
}

#[derive(Debug, Default)]
struct Told {
    listed: BTreeSet<ParticipantId>,
    total: u32,
}

impl Presence {
    pub fn due_ms(&self) -> Option<u64> {
        self.due_ms
    }

    /// This participant changed.
    pub fn touch(&mut self, id: ParticipantId, now_ms: u64, total: u32) {
        self.dirty.insert(id);
        self.touch_view(now_ms, total);
    }

    /// Who is listed may have changed.
    pub fn touch_view(&mut self, now_ms: u64, total: u32) {
        let delay_ms = if is_hall(total) {
            PRESENCE_FLUSH_HALL_MS
        } else {
            PRESENCE_FLUSH_MS
        };
        let due_ms = now_ms + delay_ms;
        self.due_ms = Some(self.due_ms.map_or(due_ms, |due| due.min(due_ms)));
    }

    /// This participant's line of the roll changed; goes out with the presence it belongs to.
    pub fn touch_roll(&mut self, id: ParticipantId) {
        self.dirty_roll.insert(id);
    }
}

impl Room {
    /// Everyone this client is told about.
    pub(super) fn snapshot_for(&self, you: ParticipantId) -> Vec<Participant> {
        let mut listed = if self.role_of(you).is_staff() {
            self.inside()
        } else {
            self.listed_to_students()
        };
        listed.insert(you);
        listed.iter().filter_map(|id| self.describe(*id)).collect()
    }

    pub(super) fn flush_presence(&mut self, now_ms: u64) {
        if self.presence.due_ms.is_none_or(|due| now_ms < due) {
            return;
        }
        let dirty = std::mem::take(&mut self.presence.dirty);
        let total = self.roll.total();
        let (teachers, students) = (self.inside(), self.listed_to_students());
        let told_teachers = std::mem::take(&mut self.presence.told_teachers);
        let told_students = std::mem::take(&mut self.presence.told_students);
        let to_teachers = self.delta(&told_teachers, &teachers, &dirty, total);
        let to_students = self.delta(&told_students, &students, &dirty, total);
        let count_due_ms = self.count_due_ms(to_students.as_ref(), total);
        self.presence.due_ms = count_due_ms.filter(|due_ms| now_ms < *due_ms);
        let (to_students, total_told) = match self.presence.due_ms {
            Some(_) => (None, told_students.total),
            None => (to_students, total),
        };
        if total_told != told_students.total {
            self.presence.counted_ms = Some(now_ms);
        }
        if to_teachers == to_students {
            let everybody = self.sessions.keys().copied().collect();
            self.send_some(everybody, to_teachers);
        } else {
            self.send_some(self.sessions_of(Role::is_staff), to_teachers);
            self.send_some(self.sessions_of(|role| !role.is_staff()), to_students);
            self.tell_unlisted_of_themselves(&students, &told_students.listed, &dirty, total);
        }
        self.presence.told_teachers = Told {
            listed: teachers,
            total,
        };
        self.presence.told_students = Told {
            listed: students,
            total: total_told,
        };
        self.flush_roll(now_ms);
    }

    /// When students are to be told of a hall's new number of people, if that is all there is.
    fn count_due_ms(&self, to_students: Option<&ServerMessage>, total: u32) -> Option<u64> {
        let Some(ServerMessage::Presence { changed, gone, .. }) = to_students else {
            return None;
        };
        let is_count = is_hall(total) && changed.is_empty() && gone.is_empty();
        let counted_ms = self.presence.counted_ms.filter(|_| is_count)?;
        Some(counted_ms + COUNT_FLUSH_HALL_MS)
    }

    fn flush_roll(&mut self, now_ms: u64) {
        let changed = std::mem::take(&mut self.presence.dirty_roll);
        let entries: Vec<_> = changed
            .into_iter()
            .filter_map(|id| self.roll.entry(id, now_ms))
            .collect();
        if !entries.is_empty() {
            let readers = self.sessions_who_may(Action::SeeRoll);
            self.send(readers, ServerMessage::Roll { entries });
        }
    }

    fn delta(
        &self,
        told: &Told,
        now: &BTreeSet<ParticipantId>,
        dirty: &BTreeSet<ParticipantId>,
        total: u32,
    ) -> Option<ServerMessage> {
        let is_news = |id: &&ParticipantId| dirty.contains(id) || !told.listed.contains(id);
        let changed: Vec<_> = now
            .iter()
            .filter(is_news)
            .filter_map(|id| self.describe(*id))
            .collect();
        let gone: Vec<_> = told.listed.difference(now).copied().collect();
        let something = !changed.is_empty() || !gone.is_empty() || told.total != total;
        something.then_some(ServerMessage::Presence {
            changed,
            gone,
            total,
        })
    }

    /// In a hall a student may be off the list; their own hand and rights still reach them, after
    /// the message that took them off it.
    fn tell_unlisted_of_themselves(
        &mut self,
        listed: &BTreeSet<ParticipantId>,
        told: &BTreeSet<ParticipantId>,
        dirty: &BTreeSet<ParticipantId>,
        total: u32,
    ) {
        let news: BTreeSet<_> = dirty.iter().chain(told.difference(listed)).collect();
        for id in news.into_iter().filter(|id| !listed.contains(id)) {
            let Some(seat) = self.seats.get(id) else {
                continue;
            };
            let (Some(session), false) = (seat.session, seat.role.is_staff()) else {
                continue;
            };
            let changed = self.describe(*id).into_iter().collect();
            let gone = Vec::new();
            let message = ServerMessage::Presence {
                changed,
                gone,
                total,
            };
            self.send(vec![session], message);
        }
    }

    fn send_some(&mut self, to: Vec<SessionId>, message: Option<ServerMessage>) {
        if let Some(message) = message {
            self.send(to, message);
        }
    }

    pub(super) fn sessions_of(&self, is_one: impl Fn(Role) -> bool) -> Vec<SessionId> {
        let seats = self.seats.values().filter(|seat| is_one(seat.role));
        seats.filter_map(|seat| seat.session).collect()
    }

    pub(super) fn sessions_who_may(&self, action: Action) -> Vec<SessionId> {
        let who_may = |(_, id): &(&SessionId, &ParticipantId)| self.may(**id, action);
        let sessions = self.sessions.iter().filter(who_may);
        sessions.map(|(session, _)| *session).collect()
    }

    /// Everybody who has not left.
    fn inside(&self) -> BTreeSet<ParticipantId> {
        let inside = |id: &&ParticipantId| self.roll.status(**id) != Some(RollStatus::Left);
        self.seats.keys().filter(inside).copied().collect()
    }

    fn listed_to_students(&self) -> BTreeSet<ParticipantId> {
        let inside = self.inside();
        if inside.len() <= MAX_PRESENCE {
            return inside;
        }
        self.stage_order()
            .filter(|id| inside.contains(id))
            .take(MAX_PRESENCE)
            .collect()
    }

    /// Who matters most to a hall, first; somebody may come up more than once.
    fn stage_order(&self) -> impl Iterator<Item = ParticipantId> {
        let mut hands: Vec<_> = self
            .seats
            .values()
            .filter_map(|seat| Some((seat.hand_ms?, seat.id)))
            .collect();
        hands.sort_unstable();
        let teachers = self.seats.values().filter(|seat| seat.role.is_staff());
        // Nobody is watched by somebody they do not see.
        let looks_on = |seat: &&Seat| seat.role == Role::Observer;
        let observers = self.seats.values().filter(looks_on);
        let cameras = self.seats.values().filter(|seat| seat.camera);
        let mut seen = BTreeSet::new();
        teachers
            .chain(observers)
            .map(|seat| seat.id)
            .chain(self.sharer)
            .chain(self.speaking.iter().copied())
            .chain(hands.into_iter().map(|(_, id)| id))
            .chain(cameras.map(|seat| seat.id))
            .filter(move |id| seen.insert(*id))
    }

    fn describe(&self, id: ParticipantId) -> Option<Participant> {
        let seat = self.seats.get(&id)?;
        Some(Participant {
            may_speak: self.may(id, Action::Speak),
            may_share: self.may(id, Action::ShareScreen),
            ..seat.participant(self.roll.is_here(id))
        })
    }
}

fn is_hall(total: u32) -> bool {
    usize::try_from(total).is_ok_and(|total| total > MAX_PRESENCE)
}
