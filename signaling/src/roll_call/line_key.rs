//! Whose line it is.
//!
//! Invariant: a person the school knows has one line however many seats they took.

use homeroom_protocol::{LineId, ParticipantId};
use homeroom_store::{PersonId, RollDecision};

/// A person, or a seat nobody is known by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineKey {
    /// Known to the school.
    Person(PersonId),
    /// Let in by the link alone.
    Seat(ParticipantId),
}

impl LineKey {
    /// The line of a seat.
    #[must_use]
    pub fn of(person: Option<PersonId>, seat: ParticipantId) -> Self {
        person.map_or(Self::Seat(seat), Self::Person)
    }

    /// Whose attendance a decision is about; `None` for the whole roll.
    #[must_use]
    pub fn of_decision(decision: &RollDecision) -> Option<Self> {
        let seat = decision
            .participant
            .map(|number| Self::Seat(ParticipantId(number)));
        decision.person.map(Self::Person).or(seat)
    }

    /// As it travels.
    #[must_use]
    pub fn to_id(self) -> LineId {
        LineId(match self {
            Self::Person(person) => format!("p{}", person.0),
            Self::Seat(seat) => format!("s{}", seat.0),
        })
    }

    /// What somebody sent.
    #[must_use]
    pub fn parse(id: &LineId) -> Option<Self> {
        if let Some(person) = id.0.strip_prefix('p') {
            return person
                .parse()
                .ok()
                .map(|number| Self::Person(PersonId(number)));
        }
        let seat = id.0.strip_prefix('s')?.parse().ok()?;
        Some(Self::Seat(ParticipantId(seat)))
    }

    /// As the store keeps it: a person, or a participant.
    #[must_use]
    pub const fn columns(self) -> (Option<PersonId>, Option<u32>) {
        match self {
            Self::Person(person) => (Some(person), None),
            Self::Seat(seat) => (None, Some(seat.0)),
        }
    }
}
