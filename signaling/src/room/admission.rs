//! Taking a seat and bringing media.
//!
//! A join is checked first (`claim`), then its offer goes to the SFU, and only with the answer in hand is
//! the seat taken: an offer that cannot be answered changes nothing, for nobody.
//!
//! Invariant: a new person has a number that nobody in this lesson had before, and a name that
//! nobody else on the roll has.

use super::claim::{Claim, NewToken, NoSeat, TokenOpens};
use super::programs::Device;
use super::seat::{Seat, Transport};
use super::{Effect, MediaCommand, OfferRefused, Room, SessionId, Sources, Voucher};
use crate::limits::{CONNECT_GRACE_MS, MAX_SEAT_TOKENS};
use crate::names;
use crate::roll_call::stored;
use homeroom_protocol::{
    Action, ClosedReason, DeviceId, ErrorCode, Join, Joined, MediaOffer, PROTOCOL_VERSION,
    ParticipantId, Role, ServerMessage,
};
use homeroom_store::{PersonId, Record, StoredSeat, StoredSeatToken, TokenHash};

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
    /// Opens the seat from now on.
    token: String,
    /// The seat does not know it yet.
    is_more: bool,
    /// The program it is, where it is one.
    program: Option<Device>,
    device: Option<DeviceId>,
    microphone: bool,
    camera: bool,
    /// What the SFU is told with the offer.
    sources: Sources,
}

impl Room {
    pub(super) fn handle_join(
        &mut self,
        now_ms: u64,
        session: SessionId,
        join: Join,
        voucher: Option<Voucher>,
        fresh_token: String,
    ) {
        if self.sessions.contains_key(&session) || self.door.is_waiting(session) {
            return self.refuse(session, ErrorCode::BadMessage, "joined already");
        }
        let program = match &voucher {
            Some(Voucher::Device { key, .. }) => Some(Device::new(key, now_ms)),
            Some(Voucher::Person(_)) | None => None,
        };
        let claim = self.claim(&join, voucher);
        if is_newcomer(&claim) && !self.newcomers.take(now_ms) {
            let detail = "too many new people at once: try again in a moment";
            return self.turn_away(session, ErrorCode::TooFast, detail);
        }
        let claim = match claim {
            Ok(claim) => claim,
            Err(NoSeat::Refused(code, detail)) => return self.turn_away(session, code, detail),
            Err(NoSeat::Removed) => {
                let reason = ClosedReason::Removed;
                return self.effects.push(Effect::Close { session, reason });
            }
            Err(NoSeat::Waits(name)) => {
                let device = join.device.as_ref();
                return self.wait_at_door(now_ms, session, name, device, fresh_token);
            }
        };
        let (participant, role, sources) = self.who(&claim);
        let is_known = match &claim {
            Claim::Seat(_, opens) => *opens == TokenOpens::Yes,
            Claim::New { token, .. } => *token != NewToken::Fresh,
        };
        let entry = Entry {
            is_more: !is_known && matches!(claim, Claim::Seat(..)),
            claim,
            token: join.token.filter(|_| is_known).unwrap_or(fresh_token),
            program,
            device: join.device,
            microphone: join.microphone,
            camera: join.camera,
            sources,
        };
        let Some(offer) = join.media else {
            return self.admit(now_ms, session, entry, None);
        };
        let wish = Wish::Join(entry);
        self.pending = Some(Pending { session, wish });
        self.offer(participant, role, sources, offer);
    }

    pub(super) fn renew_media(&mut self, session: SessionId, id: ParticipantId, offer: MediaOffer) {
        let Some(seat) = self.seats.get(&id) else {
            return;
        };
        let (role, sources) = (seat.role, self.sources_of(seat));
        let wish = Wish::Renew(id);
        self.pending = Some(Pending { session, wish });
        self.offer(id, role, sources, offer);
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

    fn offer(
        &mut self,
        participant: ParticipantId,
        role: Role,
        sources: Sources,
        offer: MediaOffer,
    ) {
        self.effects.push(Effect::Media(MediaCommand::Join {
            participant,
            role,
            sources,
            offer,
        }));
    }

    /// Whose media an offer is, and what it may carry; a new page shares nothing yet.
    fn who(&self, claim: &Claim) -> (ParticipantId, Role, Sources) {
        match claim {
            Claim::Seat(id, _) => {
                let sources = self.seats.get(id).map(|seat| self.sources_of(seat));
                let sources = Sources {
                    screen: false,
                    ..sources.unwrap_or_default()
                };
                (*id, self.role_of(*id), sources)
            }
            Claim::New { role, .. } => {
                let sources = self.sources_of_newcomer(*role);
                (self.next_participant(), *role, sources)
            }
        }
    }

    fn admit(&mut self, now_ms: u64, session: SessionId, entry: Entry, answer: Option<String>) {
        let token_hash = TokenHash::of(&entry.token);
        let id = match entry.claim {
            Claim::Seat(id, _) => id,
            Claim::New {
                name, role, person, ..
            } => {
                self.door.came_in(&token_hash);
                self.add_seat(now_ms, &name, role, person, token_hash.clone())
            }
        };
        if entry.is_more {
            self.add_token(id, token_hash);
        }
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
        let may_send = self.may(id, Action::SendMedia);
        let may_speak = self.may(id, Action::Speak);
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        seat.session = Some(session);
        seat.device = entry.program;
        seat.listening.session_since_ms = now_ms;
        // A page that missed that it was muted believes that its microphone is on.
        seat.microphone = entry.microphone && may_speak && !seat.hushed;
        let is_muted = entry.microphone && !seat.microphone;
        seat.camera = entry.camera && may_send;
        if let Some(device) = &entry.device {
            seat.note_device(TokenHash::of(device.as_str()));
        }
        let resumed = answer.is_none();
        if !resumed {
            seat.allowed = entry.sources;
        }
        if !resumed {
            let until_ms = now_ms + CONNECT_GRACE_MS;
            seat.transport = Transport::Connecting { until_ms };
            seat.wanted = None;
            seat.withheld = (Vec::new(), false);
            seat.listening.begin();
            self.check_transports_by(until_ms);
        }
        self.weigh(id, now_ms, now_ms);
        self.watch_adults(now_ms);
        self.refresh_sources(id);
        self.presence.touch(id, now_ms, self.roll.total());
        self.sessions.insert(session, id);
        self.welcome(now_ms, session, id, entry.token, answer);
        self.device_changed(id);
        if is_muted {
            self.send(vec![session], ServerMessage::Muted { by: None });
        }
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
        let mut seat = Seat::new(id, name, role, token, now_ms);
        seat.person = person;
        self.seats.insert(id, seat);
        id
    }

    /// One more token for a seat; beyond so many the oldest opens it no longer.
    fn add_token(&mut self, id: ParticipantId, token: TokenHash) {
        let lesson = self.lesson;
        let Some(seat) = self.seats.get_mut(&id) else {
            return;
        };
        let newest = seat.more_tokens.last().map(|(number, _)| *number);
        let number = newest.map_or(0, |newest| (newest + 1) % MAX_SEAT_TOKENS);
        seat.more_tokens.retain(|(taken, _)| *taken != number);
        seat.more_tokens.push((number, token.clone()));
        let more = StoredSeatToken {
            lesson,
            participant: id.0,
            number,
            token,
        };
        self.effects.push(Effect::Journal(Record::SeatToken(more)));
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
        self.tell_chat(session, you);
        let (waiting, people) = (self.waiting_people(), self.removed_people());
        if self.may(you, Action::KeepDoor) && !waiting.is_empty() {
            self.send(vec![session], ServerMessage::Lobby { waiting });
        }
        if self.may(you, Action::Readmit) && !people.is_empty() {
            self.send(vec![session], ServerMessage::Removed { people });
        }
    }

    /// Says why, and closes: there is nothing else to talk about with a socket that has no seat.
    pub(super) fn turn_away(&mut self, session: SessionId, code: ErrorCode, detail: &str) {
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

/// Whether a seat, or a place at the door, is asked for that nobody had before.
fn is_newcomer(claim: &Result<Claim, NoSeat>) -> bool {
    match claim {
        Ok(Claim::New { role, .. }) => *role == Role::Student,
        Err(NoSeat::Waits(_)) => true,
        Ok(Claim::Seat(..)) | Err(NoSeat::Refused(..) | NoSeat::Removed) => false,
    }
}

fn describe(refused: &OfferRefused) -> (ErrorCode, &str) {
    match refused {
        OfferRefused::Bad(why) => (ErrorCode::BadOffer, why),
        OfferRefused::Full => (ErrorCode::Full, "the media server is full"),
    }
}
