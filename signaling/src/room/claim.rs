//! Which seat a join may have, if any.
//!
//! Invariant: a ticket says who somebody is and beats what a token says; whoever was put out is
//! nobody's guest; whoever has a seat or a ticket comes in through a locked door, a stranger waits or
//! is turned away.

use super::seat::Seat;
use super::{DeviceKey, Identity, Room, Voucher};
use crate::limits::{MAX_SEATS, MAX_STREAM_KEY_SEATS};
use crate::names;
use homeroom_protocol::{ErrorCode, Join, MAX_NAME_CHARS, ParticipantId, Role};
use homeroom_store::{PersonId, TokenHash};

/// The seat somebody may have.
#[derive(Debug)]
pub(super) enum Claim {
    /// One that exists, and whether the join's token opens it.
    Seat(ParticipantId, TokenOpens),
    /// One more.
    New {
        name: String,
        role: Role,
        person: Option<PersonId>,
        /// What the seat is opened with from then on: the join's token, or a fresh one.
        token: NewToken,
    },
}

/// Whether the token of a join opens the seat it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenOpens {
    Yes,
    No,
}

/// What a new seat is opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NewToken {
    /// The teacher's own token.
    Teachers,
    /// What somebody was let in with.
    Admission,
    /// A program's own.
    Device,
    /// A fresh one.
    Fresh,
}

/// Why somebody has no seat.
#[derive(Debug)]
pub(super) enum NoSeat {
    /// Says why.
    Refused(ErrorCode, &'static str),
    /// They were put out.
    Removed,
    /// Under this name, until somebody lets them in.
    Waits(String),
}

impl Room {
    pub(super) fn claim(&self, join: &Join, voucher: Option<Voucher>) -> Result<Claim, NoSeat> {
        let token = join.token.as_deref().map(TokenHash::of);
        match voucher {
            Some(Voucher::Person(identity)) => {
                return self.claim_of_person(identity, token.as_ref());
            }
            Some(Voucher::Device { role, key }) => {
                return self.claim_of_device(join, role, &key, token.as_ref());
            }
            None => {}
        }
        let Some(token) = token else {
            return self.claim_of_stranger(join);
        };
        if let Some(seat) = self.seat_opened_by(&token) {
            let is_guest = seat.person.is_none() && !seat.role.is_staff();
            if seat.removed_ms.is_some() || (is_guest && self.is_barred(join.device.as_ref())) {
                return Err(NoSeat::Removed);
            }
            return Ok(Claim::Seat(seat.id, TokenOpens::Yes));
        }
        if token == self.teacher_token {
            return self.claim_new(&join.name, Role::Teacher, NewToken::Teachers);
        }
        if let Some(name) = self.door.admitted(&token) {
            if self.is_barred(join.device.as_ref()) {
                return Err(NoSeat::Removed);
            }
            return self.claim_new(name, Role::Student, NewToken::Admission);
        }
        let detail = "the token opens no seat of this lesson";
        Err(NoSeat::Refused(ErrorCode::BadToken, detail))
    }

    /// Somebody the school knows; a teacher who also holds a token has the seat it opens.
    fn claim_of_person(
        &self,
        identity: Identity,
        token: Option<&TokenHash>,
    ) -> Result<Claim, NoSeat> {
        let Identity { person, name, role } = identity;
        let by_token = token.and_then(|token| self.seat_opened_by(token));
        let is_free = |seat: &&Seat| seat.person.is_none() && seat.role == Role::Teacher;
        let by_token = by_token.filter(is_free).filter(|_| role == Role::Teacher);
        let own = self.seats.values().find(|s| s.person == Some(person));
        if let Some(seat) = own.or(by_token) {
            if seat.removed_ms.is_some() {
                return Err(NoSeat::Removed);
            }
            let opens = token.is_some_and(|token| seat.opens_with(token));
            let opens = if opens {
                TokenOpens::Yes
            } else {
                TokenOpens::No
            };
            return Ok(Claim::Seat(seat.id, opens));
        }
        self.check_room_for(role)?;
        let is_teachers = role == Role::Teacher && token == Some(&self.teacher_token);
        let is_taken = self.seat_opened_by(&self.teacher_token).is_some();
        Ok(Claim::New {
            name,
            role,
            person: Some(person),
            token: if is_teachers && !is_taken {
                NewToken::Teachers
            } else {
                NewToken::Fresh
            },
        })
    }

    /// A program that the teacher's token or the stream key vouches for. Its seat is one beside theirs, so that a camera
    /// takes nobody's page; lesson and lobby are locked to strangers, which it is not.
    fn claim_of_device(
        &self,
        join: &Join,
        role: Role,
        key: &DeviceKey,
        token: Option<&TokenHash>,
    ) -> Result<Claim, NoSeat> {
        let may_have_more = match key {
            DeviceKey::Teachers => true,
            DeviceKey::Stream(key) if !self.is_stream_key(key) => {
                let detail = "not the stream key of this lesson, or no more";
                return Err(NoSeat::Refused(ErrorCode::BadToken, detail));
            }
            DeviceKey::Stream(_) => self.seats_by_stream_key() < MAX_STREAM_KEY_SEATS,
        };
        match token.and_then(|token| self.seat_opened_by(token)) {
            Some(seat) if seat.removed_ms.is_some() => Err(NoSeat::Removed),
            Some(seat) => Ok(Claim::Seat(seat.id, TokenOpens::Yes)),
            // Names are free to choose, so that these seats are counted whatever their role.
            None if self.seats.len() >= MAX_SEATS || !may_have_more => {
                let detail = "the lesson is full";
                Err(NoSeat::Refused(ErrorCode::Full, detail))
            }
            None => self.claim_new(&join.name, role, NewToken::Device),
        }
    }

    fn claim_of_stranger(&self, join: &Join) -> Result<Claim, NoSeat> {
        if self.is_barred(join.device.as_ref()) {
            return Err(NoSeat::Removed);
        }
        if self.decided.lesson_locked {
            let detail = "the lesson is locked";
            return Err(NoSeat::Refused(ErrorCode::LessonLocked, detail));
        }
        let claim = self.claim_new(&join.name, Role::Student, NewToken::Fresh)?;
        match claim {
            Claim::New { name, .. } if self.decided.lobby => Err(NoSeat::Waits(name)),
            Claim::New { .. } | Claim::Seat(..) => Ok(claim),
        }
    }

    fn claim_new(&self, name: &str, role: Role, token: NewToken) -> Result<Claim, NoSeat> {
        self.check_room_for(role)?;
        let name = names::clean(name, MAX_NAME_CHARS).ok_or(NoSeat::Refused(
            ErrorCode::BadName,
            "a name has 1 to 64 characters, none of them invisible controls",
        ))?;
        Ok(Claim::New {
            name,
            role,
            person: None,
            token,
        })
    }

    fn check_room_for(&self, role: Role) -> Result<(), NoSeat> {
        if self.seats.len() >= MAX_SEATS && !role.is_staff() {
            return Err(NoSeat::Refused(ErrorCode::Full, "the lesson is full"));
        }
        Ok(())
    }

    fn seat_opened_by(&self, token: &TokenHash) -> Option<&Seat> {
        self.seats.values().find(|seat| seat.opens_with(token))
    }
}
