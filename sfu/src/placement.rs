//! Which worker carries a participant.
//!
//! A room stays on one worker while it is small, because nothing then crosses; a room that outgrows
//! [`ROOM_SHARE`] spreads over all of them, so one lesson can use every core.
//!
//! Invariant: a participant that joins again stays where it was; no worker carries more than it may.

use homeroom_sfu_core::bounds::MAX_PARTICIPANTS;
use homeroom_sfu_core::{MediaRole, ParticipantId, RoomId, WorkerIndex};
use std::collections::BTreeMap;

/// Participants of one room that one worker carries before the next worker takes some.
pub const ROOM_SHARE: usize = 64;

/// Where everybody is.
#[derive(Debug)]
pub struct Placement {
    load: Vec<usize>,
    rooms: BTreeMap<RoomId, BTreeMap<ParticipantId, Placed>>,
    sharers: BTreeMap<RoomId, ParticipantId>,
}

/// One participant's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// The worker.
    pub worker: WorkerIndex,
    /// What the other workers are told of them.
    pub role: MediaRole,
}

impl Placement {
    /// Nobody anywhere, on this many workers.
    pub fn new(workers: usize) -> Self {
        Self {
            load: vec![0; workers],
            rooms: BTreeMap::new(),
            sharers: BTreeMap::new(),
        }
    }

    /// Remembers whose screen is on a room's stage, for workers that carry the room later.
    pub fn set_sharer(&mut self, room: RoomId, sharer: Option<ParticipantId>) {
        match sharer.filter(|_| self.rooms.contains_key(&room)) {
            Some(sharer) => self.sharers.insert(room, sharer),
            None => self.sharers.remove(&room),
        };
    }

    /// Whose screen is on a room's stage.
    pub fn sharer(&self, room: RoomId) -> Option<ParticipantId> {
        self.sharers.get(&room).copied()
    }

    /// Chooses a worker; `None` when all are full.
    pub fn place(
        &mut self,
        room: RoomId,
        id: ParticipantId,
        role: MediaRole,
    ) -> Option<WorkerIndex> {
        let members = self.rooms.entry(room).or_default();
        if let Some(placed) = members.get_mut(&id) {
            placed.role = role;
            return Some(placed.worker);
        }
        let share = |worker: usize| {
            members
                .values()
                .filter(|p| usize::from(p.worker.0) == worker)
                .count()
        };
        // Fewest of this room in steps of a share, then those that have some already, then the
        // least loaded.
        let rank = |worker: &usize| {
            let share = share(*worker);
            (share / ROOM_SHARE, share == 0, self.load[*worker], *worker)
        };
        let has_room = |worker: &usize| self.load[*worker] < MAX_PARTICIPANTS;
        let worker = (0..self.load.len()).filter(has_room).min_by_key(rank);
        let Some(worker) = worker else {
            self.forget_if_empty(room);
            return None;
        };
        self.load[worker] += 1;
        let worker = WorkerIndex(worker as u8);
        members.insert(id, Placed { worker, role });
        Some(worker)
    }

    /// Everyone in a room.
    pub fn members(&self, room: RoomId) -> impl Iterator<Item = (ParticipantId, Placed)> {
        self.rooms
            .get(&room)
            .into_iter()
            .flatten()
            .map(|(id, placed)| (*id, *placed))
    }

    /// Where a participant is.
    pub fn worker_of(&self, room: RoomId, id: ParticipantId) -> Option<WorkerIndex> {
        self.rooms.get(&room)?.get(&id).map(|placed| placed.worker)
    }

    /// The workers that carry a room.
    pub fn workers_of(&self, room: RoomId) -> Vec<WorkerIndex> {
        let mut workers: Vec<_> = self
            .members(room)
            .map(|(_, placed)| placed.worker)
            .collect();
        workers.sort_unstable();
        workers.dedup();
        workers
    }

    /// Forgets a participant.
    pub fn remove(&mut self, room: RoomId, id: ParticipantId) {
        let placed = self
            .rooms
            .get_mut(&room)
            .and_then(|members| members.remove(&id));
        if let Some(placed) = placed {
            self.load[usize::from(placed.worker.0)] -= 1;
        }
        self.forget_if_empty(room);
    }

    /// Forgets a room.
    pub fn remove_room(&mut self, room: RoomId) {
        self.sharers.remove(&room);
        for placed in self.rooms.remove(&room).unwrap_or_default().values() {
            self.load[usize::from(placed.worker.0)] -= 1;
        }
    }

    fn forget_if_empty(&mut self, room: RoomId) {
        if self.rooms.get(&room).is_some_and(BTreeMap::is_empty) {
            self.rooms.remove(&room);
            self.sharers.remove(&room);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(placement: &mut Placement, room: u64, id: u32) -> u8 {
        let worker = placement.place(RoomId(room), ParticipantId(id), MediaRole::Student);
        worker.expect("not full").0
    }

    #[test]
    fn a_class_of_thirty_stays_together() {
        let mut placement = Placement::new(4);
        let workers: Vec<_> = (0..30).map(|id| join(&mut placement, 1, id)).collect();
        assert!(workers.iter().all(|worker| *worker == workers[0]));
    }

    #[test]
    fn rooms_spread_over_the_workers() {
        let mut placement = Placement::new(4);
        for room in 0..8 {
            for id in 0..10 {
                join(&mut placement, room, id);
            }
        }
        assert_eq!(placement.load, [20, 20, 20, 20]);
    }

    #[test]
    fn one_big_room_uses_every_worker() {
        let mut placement = Placement::new(4);
        for id in 0..400 {
            join(&mut placement, 1, id);
        }
        assert!(
            placement.load.iter().all(|load| *load >= ROOM_SHARE),
            "{:?}",
            placement.load
        );
    }

    #[test]
    fn joining_again_changes_nothing_and_leaving_frees_the_place() {
        let mut placement = Placement::new(2);
        let first = join(&mut placement, 1, 1);
        join(&mut placement, 2, 1);
        assert_eq!(join(&mut placement, 1, 1), first);
        assert_eq!(placement.load, [1, 1]);
        placement.remove(RoomId(1), ParticipantId(1));
        placement.remove(RoomId(1), ParticipantId(1));
        placement.remove_room(RoomId(2));
        assert_eq!(placement.load, [0, 0]);
        assert!(placement.rooms.is_empty(), "nothing is kept of empty rooms");
    }

    #[test]
    fn the_stage_is_remembered_while_the_room_lasts() {
        let mut placement = Placement::new(1);
        let (room, id) = (RoomId(1), ParticipantId(1));
        placement.set_sharer(room, Some(id));
        assert_eq!(placement.sharer(room), None, "no such room");
        join(&mut placement, 1, 1);
        placement.set_sharer(room, Some(id));
        assert_eq!(placement.sharer(room), Some(id));
        placement.remove(room, id);
        assert!(placement.sharers.is_empty());
    }

    #[test]
    fn a_full_server_refuses() {
        let mut placement = Placement::new(1);
        placement.load[0] = MAX_PARTICIPANTS;
        let refused = placement.place(RoomId(1), ParticipantId(1), MediaRole::Student);
        assert_eq!(refused, None);
        assert!(placement.rooms.is_empty());
    }
}
