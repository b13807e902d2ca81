//! Programs that publish and play without a page, and the stream key they come with.
//!
//! The teacher's own token opens a program's seat, and so does the stream key, which opens nothing
//! else: whoever reads it in a program's settings can publish and play until it is renewed, and is
//! neither a teacher nor an adult here.
//!
//! Invariant: at most one stream key opens a lesson; a key is told once, to whoever had it made, when
//! the journal has it; with a new one nothing of the one before is left in the lesson.

use super::seat::Seat;
use super::{Effect, Room, SessionId};
use homeroom_protocol::{Action, ClosedReason, ParticipantId, Program, Role, ServerMessage};
use homeroom_store::{Record, StoredStreamKey, TokenHash};

/// What a program came with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceKey {
    /// The teacher's own token.
    Teachers,
    /// What should be the lesson's stream key.
    Stream(TokenHash),
}

/// The program whose seat it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Device {
    /// Since when it is connected.
    pub since_ms: u64,
    /// It came with the stream key.
    pub by_stream_key: bool,
}

impl Device {
    pub const fn new(key: &DeviceKey, since_ms: u64) -> Self {
        Self {
            since_ms,
            by_stream_key: matches!(key, DeviceKey::Stream(_)),
        }
    }
}

impl Seat {
    /// Whether a program with the stream key has it, or had it last.
    pub(super) fn is_by_stream_key(&self) -> bool {
        self.device.is_some_and(|device| device.by_stream_key)
    }

    /// Whether an adult sits there. Who has a program's settings need not be one.
    pub(super) fn is_adults(&self) -> bool {
        self.role.is_staff() && !self.is_by_stream_key()
    }
}

impl Room {
    /// Whether this opens the lesson to programs.
    pub(super) fn is_stream_key(&self, key: &TokenHash) -> bool {
        self.stream_key
            .as_ref()
            .is_some_and(|made| made.key == *key)
    }

    /// How many seats the stream key has made, as far back as this room remembers.
    pub(super) fn seats_by_stream_key(&self) -> usize {
        let seats = self.seats.values();
        seats.filter(|seat| seat.is_by_stream_key()).count()
    }

    /// Answers with what there is; `new_key`, if any, is the lesson's from now on.
    pub(super) fn programs_asked(
        &mut self,
        now_ms: u64,
        session: SessionId,
        new_key: Option<String>,
    ) {
        let Some(key) = new_key else {
            let message = self.programs(None);
            return self.send(vec![session], message);
        };
        let before_ms = self.stream_key.as_ref().map(|made| made.made_ms);
        let made = StoredStreamKey {
            lesson: self.lesson,
            key: TokenHash::of(&key),
            // Pages know by this which key is meant.
            made_ms: before_ms.map_or(now_ms, |before_ms| now_ms.max(before_ms + 1)),
        };
        self.stream_key = Some(made.clone());
        self.effects.push(Effect::Journal(Record::StreamKey(made)));
        let came_with_it = |seat: &&Seat| seat.is_by_stream_key() && seat.is_connected();
        let out: Vec<_> = self.seats.values().filter(came_with_it).collect();
        let out: Vec<ParticipantId> = out.into_iter().map(|seat| seat.id).collect();
        for id in out {
            self.go(now_ms, id, ClosedReason::Left);
        }
        let others = self.sessions_who_may(Action::KeepPrograms);
        let others = others.into_iter().filter(|other| *other != session);
        let (others, message) = (others.collect(), self.programs(None));
        self.send(others, message);
        let message = self.programs(Some(key));
        self.send(vec![session], message);
    }

    /// Tells teachers that a program came or went, if it was one.
    pub(super) fn device_changed(&mut self, id: ParticipantId) {
        if self
            .seats
            .get(&id)
            .is_some_and(|seat| seat.device.is_some())
        {
            let teachers = self.sessions_who_may(Action::KeepPrograms);
            let message = self.programs(None);
            self.send(teachers, message);
        }
    }

    fn programs(&self, key: Option<String>) -> ServerMessage {
        let program = |seat: &Seat| {
            let device = seat.device.filter(|_| seat.session.is_some())?;
            Some(Program {
                participant: seat.id,
                publishes: seat.role != Role::Observer,
                since_ms: device.since_ms,
            })
        };
        ServerMessage::Programs {
            key,
            key_made_ms: self.stream_key.as_ref().map(|made| made.made_ms),
            programs: self.seats.values().filter_map(program).collect(),
        }
    }
}
