//! Taking a seat and bringing media.
//!
//! A join is checked first, then its offer goes to the SFU, and only with the answer in hand is
//! the seat taken: an offer that cannot be answered changes nothing, for nobody.
//!
//! Invariant: a new person has a number that nobody in this lesson had before, and a name that
//! nobody else on the roll has.

use super::seat::{Seat, Transport};
use super::{Effect, Identity, MediaCommand, OfferRefused, Room, SessionId};
use crate::limits::{CONNECT_GRACE_MS, MAX_SEATS};
use crate::names;
use crate::roll_call::stored;
use homeroom_protocol::{
    Action, ClosedReason, ErrorCode, Join, Joined, MAX_NAME_CHARS, MediaOffer, PROTOCOL_VERSION,
    ParticipantId, Role, ServerMessage,
};
use homeroom_store::{PersonId, Record, StoredSeat, TokenHash};

/// What waits for the SFU's answer.
#[derive(Debug)]
pub(super) struct Pending {
    session: SessionId,
    wish: Wish,
}

#[derive(Debug)]
enum Wish {
    Join(Entry),
    Renew(ParticipantId),
}

/// A join that passed the checks.
#[derive(Debug)]
struct Entry {
    claim: Claim,
    token: String,
    microphone: bool,
    camera: bool,
}

/// The seat somebody may have.
#[derive(Debug)]
enum Claim {
    /// One that exists.
    Seat(ParticipantId),
    /// One more.
    New {
        name: String,
        role: Role,
        person: Option<PersonId>,
    },
}

type Refusal = (ErrorCode, &'static str);

impl Room {
    pub(super) fn handle_join(
        &mut self,
        now_ms: u64,
        session: SessionId,
        join: Join,
        identity: Option<Identity>,
        fresh_token: String,
    ) {
        if self.sessions.contains_key(&session) {
            return self.refuse(session, ErrorCode::BadMessage, "joined already");
        }
        let claim = match self.claim(&join, identity) {
            Ok(claim) => claim,
            Err((code, detail)) => return self.turn_away(session, code, detail),
        };
        if is_new_student(&claim) && !self.newcomers.take(now_ms) {
            let detail = "too many new people at once: try again in a moment";
            return self.turn_away(session, ErrorCode::TooFast, detail);
        }
        let entry = Entry {
            claim,
            token: join.token.unwrap_or(fresh_token),
            microphone: join.microphone,
            camera: join.camera,
        };
        let Some(offer) = join.media else {
            return self.admit(now_ms, session, entry, None);
        };
        let (participant, role) = self.who(&entry.claim);
        let wish = Wish::Join(entry);
        self.pending = Some(Pending { session, wish });
        self.offer(participant, role, false, offer);
    }

    pub(super) fn renew_media(&mut self, session: SessionId, id: ParticipantId, offer: MediaOffer) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        let role = seat.role;
        let wish = Wish::Renew(id);
        self.pending = Some(Pending { session, wish });
        self.offer(id, role, self.sharer == Some(id), offer);
    }

    pub(super) fn handle_answer(&mut self, now_ms: u64, answer: Result<String, OfferRefused>) {
        let Some(Pending { session, wish }) = self.pending.take() else {
            return;
        };
        match (wish, answer) {
            (Wish::Join(entry), Ok(answer)) => self.admit(now_ms, session, entry, Some(answer)),
            (Wish::Renew(id), Ok(answer)) => {
                self.reconnect(now_ms, id);
                self.send(vec![session], ServerMessage::Media { answer });
            }
            (Wish::Join(_), Err(refused)) => {
                let (code, detail) = describe(&refused);
                self.turn_away(session, code, detail);
            }
            (Wish::Renew(_), Err(refused)) => {
                let (code, detail) = describe(&refused);
                self.refuse(session, code, detail);
            }
        }
    }

    fn offer(&mut self, participant: ParticipantId, role: Role, screen: bool, offer: MediaOffer) {
        self.effects.push(Effect::Media(MediaCommand::Join {
            participant,
            role,
            screen,
            offer,
        }));
    }

    /// Which seat a join may have: a person's own, or the one its token opens.
    fn claim(&self, join: &Join, identity: Option<Identity>) -> Result<Claim, Refusal> {
        if let Some(Identity { person, name, role }) = identity {
            let own = |seat: &&Seat| seat.person == Some(person);
            let person = Some(person);
            return Ok(match self.seats.values().find(own) {
                Some(seat) => Claim::Seat(seat.id),
                None => Claim::New { name, role, person },
            });
        }
        let Some(token) = &join.token else {
            return self.claim_new(&join.name, Role::Student);
        };
        let hash = TokenHash::of(token);
        if let Some(seat) = self.seats.values().find(|seat| seat.token == hash) {
            return Ok(Claim::Seat(seat.id));
        }
        if hash == self.teacher_token {
            return self.claim_new(&join.name, Role::Teacher);
        }
        Err((
            ErrorCode::BadToken,
            "the token opens no seat of this lesson",
        ))
    }

    fn claim_new(&self, name: &str, role: Role) -> Result<Claim, Refusal> {
        if self.seats.len() >= MAX_SEATS && !role.is_staff() {
            return Err((ErrorCode::Full, "the lesson is full"));
        }
        let name = names::clean(name, MAX_NAME_CHARS).ok_or((
            ErrorCode::BadName,
            "a name has 1 to 64 characters, none of them invisible controls",
        ))?;
        let person = None;
        Ok(Claim::New { name, role, person })
    }

    fn who(&self, claim: &Claim) -> (ParticipantId, Role) {
        match claim {
            Claim::Seat(id) => (*id, self.role_of(*id)),
            Claim::New { role, .. } => (self.next_participant(), *role),
        }
    }

    fn admit(&mut self, now_ms: u64, session: SessionId, entry: Entry, answer: Option<String>) {
        let token_hash = TokenHash::of(&entry.token);
        let id = match entry.claim {
            Claim::Seat(id) => id,
            Claim::New { name, role, person } => {
                self.add_seat(now_ms, &name, role, person, token_hash)
            }
        };
        let is_taken = self
            .seats
            .get(&id)
            .is_some_and(|seat| seat.session.is_some());
        if is_taken && answer.is_some() {
            self.note_move(id, now_ms);
        }
        self.forget_session_of(id, ClosedReason::Replaced);
        if answer.is_some() {
            // A new page shares nothing yet, whatever the old one did. It learns so from `joined`.
            self.clear_stage_of(now_ms, id);
        }
        self.sessions.insert(session, id);
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        seat.session = Some(session);
        seat.listening.session_since_ms = now_ms;
        seat.microphone = entry.microphone;
        seat.camera = entry.camera;
        let resumed = answer.is_none();
        if !resumed {
            let until_ms = now_ms + CONNECT_GRACE_MS;
            seat.transport = Transport::Connecting { until_ms };
            seat.wanted = None;
            seat.withheld = (Vec::new(), false);
            seat.listening.begin();
            self.check_transports_by(until_ms);
        }
        self.weigh(id, now_ms, now_ms);
        self.presence.touch(id, now_ms, self.roll.total());
        self.welcome(now_ms, session, id, entry.token, answer);
        if resumed {
            self.tell_wanted(session, id);
            self.tell_withheld_again(session, id);
            self.ask_for_dead_media(id);
        }
        self.ask_again(now_ms, session, id);
    }

    fn add_seat(
        &mut self,
        now_ms: u64,
        name: &str,
        role: Role,
        person: Option<PersonId>,
        token: TokenHash,
    ) -> ParticipantId {
        let id = self.next_participant();
        let name = names::make_unique(name, |other| {
            let mut seats = self.seats.values();
            seats.any(|seat| seat.name.to_lowercase() == other.to_lowercase())
        });
        self.effects.push(Effect::Journal(Record::Seat(StoredSeat {
            lesson: self.lesson,
            participant: id.0,
            person,
            name: name.clone(),
            role: stored(role),
            token: token.clone(),
            joined_ms: now_ms,
        })));
        self.roll.add_seat(id, &name, role, person, now_ms);
        let mut seat = Seat::new(id, name, role, token);
        seat.person = person;
        self.seats.insert(id, seat);
        id
    }

    /// A renewed transport is believed from its first packet on; only one that was live is trusted
    /// while its successor connects, so that endless renewing keeps nobody on the roll.
    fn reconnect(&mut self, now_ms: u64, id: ParticipantId) {
        if self.sharer == Some(id) {
            // After `RoomFailed` the SFU's room is a new one, with an empty stage.
            let stage = MediaCommand::Stage(self.sharer);
            self.effects.push(Effect::Media(stage));
        }
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        seat.wanted = None;
        seat.withheld = (Vec::new(), false);
        seat.listening.begin();
        let until_ms = match seat.transport {
            Transport::Live | Transport::None => now_ms + CONNECT_GRACE_MS,
            Transport::Connecting { until_ms } => until_ms,
            Transport::Silent | Transport::Dead => {
                seat.transport = Transport::Dead;
                return;
            }
        };
        seat.transport = Transport::Connecting { until_ms };
        self.check_transports_by(until_ms);
    }

    fn welcome(
        &mut self,
        now_ms: u64,
        session: SessionId,
        you: ParticipantId,
        seat_token: String,
        answer: Option<String>,
    ) {
        let joined = Joined {
            version: PROTOCOL_VERSION,
            you,
            seat_token,
            answer,
            lesson: self.about.clone(),
            participants: self.snapshot_for(you),
            total: self.roll.total(),
            sharer: self.sharer,
            rules: self.rules(),
            now_ms,
        };
        self.send(vec![session], ServerMessage::Joined(Box::new(joined)));
        if !self.speaking.is_empty() {
            let participants = self.speaking.clone();
            self.send(vec![session], ServerMessage::Speaking { participants });
        }
        if self.may(you, Action::SeeRoll) {
            let entries = self.roll.entries(now_ms);
            self.send(vec![session], ServerMessage::Roll { entries });
            self.tell_attendance(now_ms, vec![session]);
        }
    }

    /// Says why, and closes: there is nothing else to talk about with a socket that has no seat.
    fn turn_away(&mut self, session: SessionId, code: ErrorCode, detail: &str) {
        self.refuse(session, code, detail);
        let reason = ClosedReason::Error;
        self.effects.push(Effect::Close { session, reason });
    }

    pub(super) fn role_of(&self, id: ParticipantId) -> Role {
        self.seats.get(&id).map_or(Role::Student, |seat| seat.role)
    }

    fn next_participant(&self) -> ParticipantId {
        let last = self.seats.last_key_value();
        ParticipantId(last.map_or(1, |(id, _)| id.0 + 1))
    }
}

const fn is_new_student(claim: &Claim) -> bool {
    let Claim::New { role, .. } = claim else {
        return false;
    };
    matches!(role, Role::Student)
}

fn describe(refused: &OfferRefused) -> (ErrorCode, &str) {
    match refused {
        OfferRefused::Bad(why) => (ErrorCode::BadOffer, why),
        OfferRefused::Full => (ErrorCode::Full, "the media server is full"),
    }
}
