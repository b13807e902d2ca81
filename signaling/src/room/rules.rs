//! What holds in the lesson: locks, lobby, who may write, who has the floor, and whether an adult is
//! here.
//!
//! Without a teacher or an assistant the lesson pauses: what students send reaches nobody and they
//! write to no one, from [`NO_ADULT_MS`] after the last of them went, and until the first has come.
//!
//! Invariant: what somebody may send is worked out in one place, [`Room::sources_of`], and whenever
//! something it depends on changes the SFU is told before people are.

use super::seat::{Seat, Transport};
use super::{Effect, MediaCommand, Room, Sources};
use crate::limits::NO_ADULT_MS;
use crate::rights::{Facts, Standing, may};
use homeroom_protocol::{Action, ChatMode, ParticipantId, Role, Rules, ServerMessage};
use homeroom_store::Record;
use serde::{Deserialize, Serialize};

/// What staff decided, as the journal keeps it beside the floor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decided {
    pub microphones_locked: bool,
    pub lesson_locked: bool,
    pub lobby: bool,
    pub chat: ChatMode,
}

/// The journal's form.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    microphones_locked: bool,
    lesson_locked: bool,
    lobby: bool,
    chat: ChatMode,
    /// Seats that have the floor.
    floor: Vec<u32>,
}

impl Decided {
    /// Before anybody decided: strangers wait at the door of a class, and come in to a lesson that
    /// belongs to none.
    pub const fn new(is_class: bool) -> Self {
        Self {
            microphones_locked: false,
            lesson_locked: false,
            lobby: is_class,
            chat: ChatMode::Everyone,
        }
    }

    /// As it was written, with the seats that had the floor.
    pub fn read(text: Option<&str>, is_class: bool) -> (Self, Vec<ParticipantId>) {
        let Some(text) = text else {
            return (Self::new(is_class), Vec::new());
        };
        let written = serde_json::from_str::<Written>(text);
        let written = written.unwrap_or_else(|error| {
            tracing::error!(%error, "a lesson's rules cannot be read; it is locked");
            Written {
                microphones_locked: true,
                lesson_locked: true,
                lobby: true,
                chat: ChatMode::TeachersOnly,
                floor: Vec::new(),
            }
        });
        let decided = Self {
            microphones_locked: written.microphones_locked,
            lesson_locked: written.lesson_locked,
            lobby: written.lobby,
            chat: written.chat,
        };
        (
            decided,
            written.floor.into_iter().map(ParticipantId).collect(),
        )
    }
}

/// Whether an adult is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Adults {
    /// One is.
    Here,
    /// None is; the lesson goes on until then.
    Gone { pause_ms: u64 },
    /// None is, and the lesson is paused.
    Missing,
}

impl Room {
    /// What holds now, as people are told.
    pub(super) const fn rules(&self) -> Rules {
        Rules {
            microphones_locked: self.decided.microphones_locked,
            lesson_locked: self.decided.lesson_locked,
            lobby: self.decided.lobby,
            chat: self.decided.chat,
            paused: matches!(self.adults, Adults::Missing),
        }
    }

    pub(super) fn standing(&self, seat: &Seat) -> Standing {
        let is_theirs = seat.person.is_some() && seat.person == self.teacher;
        Standing::of(seat.role, is_theirs || seat.opens_with(&self.teacher_token))
    }

    pub(super) fn standing_of(&self, id: ParticipantId) -> Option<Standing> {
        self.seats.get(&id).map(|seat| self.standing(seat))
    }

    /// What the rights ask about somebody.
    pub(super) fn facts(&self, seat: &Seat) -> Facts {
        Facts {
            share_allowed: seat.share_granted,
            has_floor: seat.floor,
            ..self.facts_of_anybody()
        }
    }

    const fn facts_of_anybody(&self) -> Facts {
        Facts {
            share_allowed: false,
            has_floor: false,
            microphones_locked: self.decided.microphones_locked,
            chat: self.decided.chat,
            paused: matches!(self.adults, Adults::Missing),
        }
    }

    /// What somebody with this seat may send now.
    pub(super) fn sources_of(&self, seat: &Seat) -> Sources {
        let standing = self.standing(seat);
        let facts = self.facts(seat);
        let sources = self.sources_for(standing, &facts);
        Sources {
            microphone: sources.microphone && !seat.hushed,
            screen: sources.camera && self.sharer == Some(seat.id),
            ..sources
        }
    }

    /// The same for a seat that is being taken.
    pub(super) fn sources_of_newcomer(&self, role: Role) -> Sources {
        self.sources_for(Standing::of(role, false), &self.facts_of_anybody())
    }

    const fn sources_for(&self, standing: Standing, facts: &Facts) -> Sources {
        let is_paused = facts.paused && !standing.is_adult();
        let sends = may(standing, Action::SendMedia, facts) && !is_paused;
        Sources {
            microphone: sends && may(standing, Action::Speak, facts),
            camera: sends,
            screen: false,
        }
    }

    /// Tells the SFU what somebody may send, if that is news.
    pub(super) fn refresh_sources(&mut self, participant: ParticipantId) {
        let Some(seat) = self.seats.get(&participant) else {
            return;
        };
        let sources = self.sources_of(seat);
        let Some(seat) = self.seats.get_mut(&participant) else {
            return;
        };
        let before = std::mem::replace(&mut seat.allowed, sources);
        if before != sources && seat.transport != Transport::None {
            self.effects.push(Effect::Media(MediaCommand::Allow {
                participant,
                sources,
            }));
        }
    }

    pub(super) fn refresh_all_sources(&mut self) {
        for id in self.ids() {
            self.refresh_sources(id);
        }
    }

    /// Writes down what staff decided, then says so.
    pub(super) fn rules_changed(&mut self) {
        self.write_rules();
        self.tell_rules();
    }

    pub(super) fn write_rules(&mut self) {
        let with_floor = self.seats.values().filter(|seat| seat.floor);
        let written = Written {
            microphones_locked: self.decided.microphones_locked,
            lesson_locked: self.decided.lesson_locked,
            lobby: self.decided.lobby,
            chat: self.decided.chat,
            floor: with_floor.map(|seat| seat.id.0).collect(),
        };
        let Ok(rules) = serde_json::to_string(&written) else {
            unreachable!("plain data can be written");
        };
        let lesson = self.lesson;
        self.effects
            .push(Effect::Journal(Record::Rules { lesson, rules }));
    }

    pub(super) fn tell_rules(&mut self) {
        self.send_all(ServerMessage::Rules(self.rules()));
    }

    pub(super) fn lock_lesson(&mut self, locked: bool) {
        if self.decided.lesson_locked != locked {
            self.decided.lesson_locked = locked;
            self.rules_changed();
        }
    }

    pub(super) fn set_lobby(&mut self, on: bool) {
        if self.decided.lobby != on {
            self.decided.lobby = on;
            self.rules_changed();
        }
    }

    pub(super) fn set_chat(&mut self, mode: ChatMode) {
        if self.decided.chat != mode {
            self.decided.chat = mode;
            self.rules_changed();
        }
    }

    /// When the lesson pauses, if nobody comes.
    pub(super) const fn pause_due_ms(&self) -> Option<u64> {
        match self.adults {
            Adults::Gone { pause_ms } => Some(pause_ms),
            Adults::Here | Adults::Missing => None,
        }
    }

    /// Looks for an adult. Their going is noticed here, and their coming before anything else is told.
    pub(super) fn watch_adults(&mut self, now_ms: u64) {
        let here = |seat: &Seat| seat.is_adults() && self.roll.is_here(seat.id);
        let is_here = self.seats.values().any(here);
        let before = self.adults;
        self.adults = match before {
            _ if is_here => Adults::Here,
            Adults::Here => Adults::Gone {
                pause_ms: now_ms + NO_ADULT_MS,
            },
            Adults::Gone { pause_ms } if now_ms >= pause_ms => Adults::Missing,
            Adults::Gone { .. } | Adults::Missing => before,
        };
        let is_pause = |adults: Adults| adults == Adults::Missing;
        if is_pause(before) != is_pause(self.adults) {
            self.refresh_all_sources();
            self.tell_rules();
        }
    }
}
