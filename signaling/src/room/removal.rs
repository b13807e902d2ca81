//! Putting somebody out of the lesson, and taking that back.
//!
//! A person the school knows is known again by that; a guest by the tokens and the devices they came
//! with. A device bars guests only: a class may share one, and whoever has a ticket is not the one who
//! was put out.
//!
//! Invariant: whoever is put out has neither socket, media nor a place on anybody's page, and nothing
//! that was theirs opens this lesson again.

use super::seat::Seat;
use super::{Effect, MediaCommand, Room};
use homeroom_protocol::{
    Action, ClosedReason, DeviceId, ParticipantId, RemovedPerson, ServerMessage,
};
use homeroom_store::{Record, StoredRemoval, TokenHash};

impl Room {
    pub(super) fn remove(&mut self, now_ms: u64, id: ParticipantId) {
        let lesson = self.lesson;
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if seat.removed_ms.is_some() {
            return;
        }
        seat.removed_ms = Some(now_ms);
        let had_floor = std::mem::take(&mut seat.floor);
        seat.share_granted = false;
        let devices = seat.devices.clone();
        self.effects
            .push(Effect::Journal(Record::Removal(StoredRemoval {
                lesson,
                participant: id.0,
                at_ms: now_ms,
                devices: devices.clone(),
            })));
        if had_floor {
            self.write_rules();
        }
        self.go(now_ms, id, ClosedReason::Removed);
        self.refuse_devices_at_door(now_ms, &devices);
        self.tell_removed();
    }

    pub(super) fn readmit(&mut self, id: ParticipantId) {
        let lesson = self.lesson;
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        if seat.removed_ms.take().is_none() {
            return;
        }
        self.effects.push(Effect::Journal(Record::Readmission {
            lesson,
            participant: id.0,
        }));
        self.tell_removed();
    }

    /// Ends somebody's stay: their seat is left, their media gone, their socket closed.
    pub(super) fn go(&mut self, now_ms: u64, id: ParticipantId, reason: ClosedReason) {
        self.write_speech(id, now_ms);
        let event = self.roll.left(id, now_ms);
        self.note(id, event);
        self.clear_stage_of(now_ms, id);
        if let Some(seat) = self.seats.get_mut(&id) {
            if seat.give_up().is_some() {
                self.effects.push(Effect::Media(MediaCommand::Leave(id)));
            }
            self.forget_session_of(id, reason);
        }
        self.presence.touch(id, now_ms, self.roll.total());
    }

    /// Whether a guest on this device was put out.
    pub(super) fn is_barred(&self, device: Option<&DeviceId>) -> bool {
        let Some(device) = device else { return false };
        let hash = TokenHash::of(device.as_str());
        let mut removed = self.seats.values().filter(|seat| seat.removed_ms.is_some());
        removed.any(|seat| seat.devices.contains(&hash))
    }

    pub(super) fn tell_removed(&mut self) {
        let people = self.removed_people();
        let staff = self.sessions_who_may(Action::Readmit);
        self.send(staff, ServerMessage::Removed { people });
    }

    pub(super) fn removed_people(&self) -> Vec<RemovedPerson> {
        let removed = |seat: &Seat| {
            Some(RemovedPerson {
                participant: seat.id,
                name: seat.name.clone(),
                at_ms: seat.removed_ms?,
            })
        };
        let mut people: Vec<_> = self.seats.values().filter_map(removed).collect();
        people.sort_by_key(|person| person.at_ms);
        people
    }
}
