//! The people of one lesson as a pure state machine.
//!
//! An [`Input`] and the time go in, [`Effect`]s come out: no socket, clock, database or SFU is
//! touched here, so every rule is tested in virtual time. The task around it is `lesson.rs`.
//!
//! Who is who comes from the session an input arrived on, never from a number in the message.
//! A seat's evidence (socket and media) decides whether its holder is here; see `liveness`.
//!
//! Invariant: effects are in the order in which they must happen; a roll record always comes before
//! the message that tells somebody of it.

mod admission;
mod attendance;
mod chat;
mod claim;
mod door;
mod floor;
mod liveness;
mod microphones;
mod presence;
mod programs;
mod removal;
mod rules;
mod seat;

#[cfg(test)]
mod tests;
#[cfg(test)]
mod truth;

use crate::limits::{NEW_SEAT_RATE, NO_ADULT_MS, PULSE_MS, UNLOAD_AFTER_MS};
use crate::rights::{Subject, action_of, may, may_to, subject_of};
use crate::roll_call::RollCall;
use crate::roll_call::report::alive_until_ms;
use crate::throttle::Bucket;
use admission::Pending;
use attendance::Feed;
pub(crate) use attendance::written;
use chat::Chat;
use door::Door;
use homeroom_protocol::{
    Action, ClientMessage, ClosedReason, ErrorCode, Join, Lesson, LessonCode, MediaOffer,
    ParticipantId, Role, RollChange, ServerMessage,
};
use homeroom_store::{
    LessonId, PersonId, Record, RollEvent, RollKind, SavedLesson, StoredStreamKey, TokenHash,
};
use presence::Presence;
pub use programs::DeviceKey;
use rules::{Adults, Decided};
use seat::Seat;
use std::collections::BTreeMap;

/// One socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionId(pub u64);

/// A person the school knows, and what they are in this lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Who.
    pub person: PersonId,
    /// The name the school has fixed.
    pub name: String,
    /// What they are here.
    pub role: Role,
}

/// What the server itself says of somebody who joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voucher {
    /// Who they are, by the ticket the join carried.
    Person(Identity),
    /// A program of the lesson's teacher: the join's token opens its seat, which is made for it if
    /// there is none. No page can say that token.
    Device {
        /// What it is here.
        role: Role,
        /// What it came with.
        key: DeviceKey,
    },
}

/// What happens to a room.
#[derive(Debug)]
pub enum Input {
    /// A socket asks for a seat.
    Join {
        /// The socket.
        session: SessionId,
        /// What it asks.
        join: Box<Join>,
        /// What the server says of who it is.
        voucher: Option<Voucher>,
        /// 128 random bits, for the seat if it is a new one.
        fresh_token: String,
    },
    /// A socket says something.
    Message {
        /// The socket.
        session: SessionId,
        /// What it says.
        message: ClientMessage,
        /// A fresh stream key, where the message asks for one.
        new_key: Option<String>,
    },
    /// A socket is gone.
    Gone {
        /// The socket.
        session: SessionId,
        /// When something last came from it.
        heard_ms: u64,
    },
    /// The SFU's word about an offer. It comes before any other input: the SFU answers at once.
    OfferAnswered {
        /// The SDP answer, or why there is none.
        answer: Result<String, OfferRefused>,
    },
    /// A teacher's word on the roll that came over HTTP.
    RollChange(RollChange),
    /// The SFU's word about the media of this room.
    Media(MediaEvent),
    /// The time of [`Room::wake_at_ms`] has come.
    Tick,
    /// The server is stopping.
    Stop,
}

/// Why an offer got no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferRefused {
    /// It cannot be answered; says why.
    Bad(String),
    /// No room for more media.
    Full,
}

/// What the SFU notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MediaEvent {
    /// The transport is up.
    Connected(ParticipantId),
    /// Nothing came for a few seconds.
    Silent(ParticipantId),
    /// Something came again.
    Alive(ParticipantId),
    /// The transport is dead.
    Failed(ParticipantId),
    /// Who speaks, loudest first.
    Speaking(Vec<ParticipantId>),
    /// Which layers of somebody's pictures anybody is shown.
    Wanted {
        /// Who sends them.
        participant: ParticipantId,
        /// The layers.
        layers: Layers,
    },
    /// What somebody watches but is not sent, as their line carries no more.
    Withheld {
        /// Whose line.
        participant: ParticipantId,
        /// Whose cameras.
        cameras: Vec<ParticipantId>,
        /// And the shared screen.
        screen: bool,
    },
    /// Whether the voice of a teacher reaches somebody's device; a teacher who is silent does.
    Hearing {
        /// Whose device.
        participant: ParticipantId,
        /// It does.
        hearing: bool,
    },
    /// The media of the whole room is gone, by our mistake.
    RoomFailed,
}

/// Which layers of a person's pictures are wanted, smallest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layers {
    /// Of the camera.
    pub camera: Vec<bool>,
    /// Of the shared screen.
    pub screen: Vec<bool>,
}

/// What a room wants done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Make this durable.
    Journal(Record),
    /// Tell the SFU.
    Media(MediaCommand),
    /// Send to these sockets.
    Send {
        /// Each once.
        to: Vec<SessionId>,
        /// The same for all.
        message: ServerMessage,
    },
    /// Send `closed` and end the socket; the room has forgotten it already.
    Close {
        /// The socket.
        session: SessionId,
        /// Why.
        reason: ClosedReason,
    },
    /// The room is over: its task ends.
    Finished,
}

/// What somebody may send; all else of theirs is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sources {
    /// Their voice.
    pub microphone: bool,
    /// Their face.
    pub camera: bool,
    /// Their screen and its sound.
    pub screen: bool,
}

/// What the SFU is told.
#[derive(Debug, Clone, PartialEq)]
pub enum MediaCommand {
    /// Answer an offer; the answer comes back as [`Input::OfferAnswered`].
    Join {
        /// Whose media it is.
        participant: ParticipantId,
        /// What they are.
        role: Role,
        /// What they may send.
        sources: Sources,
        /// The offer.
        offer: MediaOffer,
    },
    /// Forget a participant.
    Leave(ParticipantId),
    /// What a participant may send from now on.
    Allow {
        /// Who.
        participant: ParticipantId,
        /// All of it.
        sources: Sources,
    },
    /// Which cameras go into a participant's slots.
    Watch {
        /// Whose slots.
        participant: ParticipantId,
        /// By slot.
        slots: Vec<Option<ParticipantId>>,
        /// How high each is shown in pixels, by slot.
        heights: Vec<u16>,
    },
    /// Whose screen everybody gets.
    Stage(Option<ParticipantId>),
    /// The room's media ends.
    CloseRoom,
}

/// The room.
#[derive(Debug)]
pub struct Room {
    lesson: LessonId,
    about: Lesson,
    teacher_token: TokenHash,
    /// Whose lesson it is, where the school knows.
    teacher: Option<PersonId>,
    /// Whether it is of a class, which has a roster.
    is_class: bool,
    decided: Decided,
    adults: Adults,
    door: Door,
    chat: Chat,
    /// What programs come with, beside the teacher's token.
    stream_key: Option<StoredStreamKey>,
    seats: BTreeMap<ParticipantId, Seat>,
    sessions: BTreeMap<SessionId, ParticipantId>,
    /// How many more new students may come now.
    newcomers: Bucket,
    /// The offer the SFU has not answered yet.
    pending: Option<Pending>,
    roll: RollCall,
    /// The number of the next roll event; the store orders by it.
    next_event: u32,
    sharer: Option<ParticipantId>,
    speaking: Vec<ParticipantId>,
    presence: Presence,
    feed: Feed,
    /// When a connecting transport may run out of its grace; not later than the first that does.
    check_transports_ms: Option<u64>,
    /// When the journal next hears that the lesson runs.
    pulse_ms: u64,
    /// Since when nobody is here and no socket is open.
    empty_since_ms: Option<u64>,
    /// Whether all that was to be written is in the store.
    written: bool,
    finished: bool,
    effects: Vec<Effect>,
}

impl Room {
    /// The room of a lesson as the store knows it. Whoever was here when the server last stopped
    /// is now away since then, by our fault.
    #[must_use]
    pub fn open(code: LessonCode, saved: &SavedLesson, now_ms: u64) -> (Self, Vec<Effect>) {
        let next_event = saved.events.last().map_or(0, |event| event.number + 1);
        let is_class = saved.lesson.class.is_some();
        let (decided, floor) = Decided::read(saved.class.rules.as_deref(), is_class);
        let mut room = Self {
            lesson: saved.lesson.id,
            about: Lesson {
                code,
                name: saved.lesson.name.clone(),
                started_ms: saved.lesson.started_ms,
            },
            teacher_token: saved.lesson.teacher_token.clone(),
            teacher: saved.lesson.teacher,
            is_class,
            decided,
            adults: Adults::Missing,
            door: Door::default(),
            chat: Chat::default(),
            stream_key: saved.class.stream_key.clone(),
            seats: saved.seats.iter().map(Seat::restore).collect(),
            sessions: BTreeMap::new(),
            newcomers: Bucket::new(NEW_SEAT_RATE.into(), now_ms),
            pending: None,
            roll: RollCall::replay(saved),
            next_event,
            sharer: None,
            speaking: Vec::new(),
            presence: Presence::default(),
            feed: Feed::default(),
            check_transports_ms: None,
            pulse_ms: now_ms,
            empty_since_ms: Some(now_ms),
            written: true,
            finished: false,
            effects: Vec::new(),
        };
        room.restore_class(now_ms, saved, &floor);
        room.cut_everybody(alive_until_ms(saved));
        let effects = std::mem::take(&mut room.effects);
        (room, effects)
    }

    /// Takes one input; answers what must be done now, in order.
    pub fn handle(&mut self, now_ms: u64, input: Input) -> Vec<Effect> {
        if self.finished {
            return Vec::new();
        }
        match input {
            Input::Join {
                session,
                join,
                voucher,
                fresh_token,
            } => self.handle_join(now_ms, session, *join, voucher, fresh_token),
            Input::Message {
                session,
                message,
                new_key,
            } => self.handle_message(now_ms, session, message, new_key),
            Input::Gone { session, heard_ms } => self.handle_gone(now_ms, session, heard_ms),
            Input::OfferAnswered { answer } => self.handle_answer(now_ms, answer),
            Input::RollChange(change) => {
                self.change_roll(now_ms, change);
            }
            Input::Media(event) => self.handle_media(now_ms, event),
            Input::Tick => {}
            Input::Stop => self.stop(now_ms),
        }
        self.run_timers(now_ms);
        std::mem::take(&mut self.effects)
    }

    /// When [`Input::Tick`] is next due.
    #[must_use]
    pub fn wake_at_ms(&self) -> Option<u64> {
        let pulse = self.roll.anybody_here().then_some(self.pulse_ms);
        let unload = self.empty_since_ms.map(|since| since + UNLOAD_AFTER_MS);
        let timers = [
            self.presence.due_ms(),
            self.attendance_due_ms(),
            self.door.due_ms(),
            self.pause_due_ms(),
            self.check_transports_ms,
            pulse,
            unload,
        ];
        timers.into_iter().flatten().min()
    }

    /// The journal's word about the last records, and all before them.
    pub const fn journalled(&mut self, durable: bool) {
        self.written = durable;
    }

    /// Whose a session is, if they may receive media.
    #[must_use]
    pub fn who_receives(&self, session: SessionId) -> Option<ParticipantId> {
        let id = self.sessions.get(&session).copied()?;
        self.may(id, Action::Receive).then_some(id)
    }

    /// Opens the teacher's seat, and the roll.
    #[must_use]
    pub const fn teacher_token(&self) -> &TokenHash {
        &self.teacher_token
    }

    /// The lesson as everybody may see it.
    #[must_use]
    pub const fn about(&self) -> &Lesson {
        &self.about
    }

    fn handle_message(
        &mut self,
        now_ms: u64,
        session: SessionId,
        message: ClientMessage,
        new_key: Option<String>,
    ) {
        let Some(&id) = self.sessions.get(&session) else {
            return self.door_only(session, &message);
        };
        let Some(action) = action_of(&message) else {
            return self.refuse(
                session,
                ErrorCode::BadMessage,
                "this socket has a seat already",
            );
        };
        if !self.may(id, action) {
            return self.forbid(session, action, "you may not do that");
        }
        match self.subject(&message) {
            Ok(Some(other)) if !self.may_to(id, action, other) => {
                return self.forbid(session, action, "you may not do that to them");
            }
            Ok(_) => {}
            Err(detail) => return self.refuse(session, ErrorCode::BadMessage, detail),
        }
        match message {
            ClientMessage::Join(_) => unreachable!("a join has no action"),
            ClientMessage::RenewMedia { media } => self.renew_media(session, id, media),
            ClientMessage::Watch { slots, heights } => self.watch(id, slots, heights),
            ClientMessage::SetMedia {
                microphone,
                camera,
                screen,
            } => self.set_media(now_ms, id, microphone, camera, screen),
            ClientMessage::RaiseHand { raised } => self.raise_hand(now_ms, id, raised),
            ClientMessage::AllowShare {
                participant,
                allowed,
            } => self.allow_share(now_ms, participant, allowed),
            ClientMessage::Playing { audio } => self.playing_is(now_ms, id, audio),
            ClientMessage::AnswerCheck { check, ago_ms } => {
                self.answer_check(now_ms, session, id, check, ago_ms);
            }
            ClientMessage::SeveralHere { several } => self.several_here(now_ms, id, several),
            ClientMessage::MyRoll => self.my_roll(now_ms, session, id),
            ClientMessage::DisputeRoll { text } => self.dispute_roll(now_ms, session, id, &text),
            ClientMessage::StartCheck { seconds } => {
                self.start_check(now_ms, session, id, seconds);
            }
            ClientMessage::SetAttendance {
                line,
                status,
                reason,
            } => self.set_attendance(now_ms, session, id, &line, status, reason),
            ClientMessage::MarkInRoom { screen, lines } => {
                self.mark_in_room(now_ms, session, id, &screen, &lines);
            }
            ClientMessage::ConfirmRoll => self.confirm_roll(now_ms, id),
            ClientMessage::BeginLesson => self.begin_lesson(now_ms, id),
            ClientMessage::Mute { participant } => self.mute(now_ms, id, participant),
            ClientMessage::MuteAll => self.mute_all(now_ms, id),
            ClientMessage::LockMicrophones { locked } => self.lock_microphones(now_ms, id, locked),
            ClientMessage::GiveFloor { participant, given } => {
                self.give_floor(now_ms, session, id, participant, given);
            }
            ClientMessage::LowerHand { participant } => self.lower_hand(now_ms, participant),
            ClientMessage::LowerAllHands => self.lower_all_hands(now_ms),
            ClientMessage::Remove { participant } => self.remove(now_ms, participant),
            ClientMessage::Readmit { participant } => self.readmit(participant),
            ClientMessage::LockLesson { locked } => self.lock_lesson(locked),
            ClientMessage::SetLobby { on } => self.set_lobby(on),
            ClientMessage::Admit { waiting } => self.let_in(now_ms, &waiting),
            ClientMessage::TurnAway { waiting } => self.send_away(now_ms, waiting),
            ClientMessage::Chat { text, to } => self.write_chat(now_ms, session, id, &text, to),
            ClientMessage::DeleteChat { number } => self.delete_chat(now_ms, number),
            ClientMessage::SetChat { mode } => self.set_chat(mode),
            ClientMessage::Programs { new_key: wanted } => {
                self.programs_asked(now_ms, session, new_key.filter(|_| wanted));
            }
            ClientMessage::Leave => self.go(now_ms, id, ClosedReason::Left),
            ClientMessage::EndLesson => self.end_lesson(now_ms),
        }
    }

    fn run_timers(&mut self, now_ms: u64) {
        if self.finished {
            return;
        }
        self.expire_transports(now_ms);
        self.watch_adults(now_ms);
        self.flush_door(now_ms);
        self.flush_presence(now_ms);
        self.flush_attendance(now_ms);
        if self.roll.anybody_here() && now_ms >= self.pulse_ms {
            self.pulse_ms = now_ms + PULSE_MS;
            self.pulse(now_ms);
        }
        self.unload_when_long_empty(now_ms);
    }

    fn pulse(&mut self, at_ms: u64) {
        let lesson = self.lesson;
        self.effects
            .push(Effect::Journal(Record::Alive { lesson, at_ms }));
    }

    fn unload_when_long_empty(&mut self, now_ms: u64) {
        let is_silent = self.sessions.is_empty() && self.door.is_empty();
        let empty = is_silent && !self.roll.anybody_here();
        if !empty {
            self.empty_since_ms = None;
            return;
        }
        let since_ms = *self.empty_since_ms.get_or_insert(now_ms);
        if now_ms < since_ms + UNLOAD_AFTER_MS {
            return;
        }
        if self.written {
            return self.finish(ClosedReason::ServerStopping);
        }
        // The store would bring back less than we know: stay, and ask the journal once more.
        self.empty_since_ms = Some(now_ms);
        self.pulse(now_ms);
    }

    fn end_lesson(&mut self, now_ms: u64) {
        self.note_speech(now_ms, &[]);
        for id in self.ids() {
            self.write_speech(id, now_ms);
            let event = self.roll.left(id, now_ms);
            self.note(id, event);
        }
        let lesson = self.lesson;
        let at_ms = now_ms;
        self.effects
            .push(Effect::Journal(Record::Ended { lesson, at_ms }));
        self.roll.end(now_ms);
        let readers = self.sessions_who_may(Action::SeeRoll);
        self.tell_attendance(now_ms, readers.clone());
        let entries = self.roll.entries(now_ms);
        self.send(readers, ServerMessage::Roll { entries });
        self.finish(ClosedReason::LessonEnded);
    }

    fn stop(&mut self, now_ms: u64) {
        self.cut_everybody(now_ms);
        self.finish(ClosedReason::ServerStopping);
    }

    fn cut_everybody(&mut self, at_ms: u64) {
        for id in self.ids() {
            let event = self.roll.cut(id, at_ms);
            self.note(id, event);
        }
    }

    fn finish(&mut self, reason: ClosedReason) {
        self.finished = true;
        let at_door = std::mem::take(&mut self.door).sessions();
        let seated = std::mem::take(&mut self.sessions).into_keys();
        for session in seated.chain(at_door) {
            self.effects.push(Effect::Close { session, reason });
        }
        self.effects.push(Effect::Media(MediaCommand::CloseRoom));
        self.effects.push(Effect::Finished);
    }

    /// Writes down what the roll found worth it.
    fn note(&mut self, id: ParticipantId, event: Option<(u64, RollKind)>) {
        let Some((at_ms, kind)) = event else { return };
        self.write_event(id, at_ms, kind, None);
        self.presence.touch_roll(id);
    }

    fn write_event(
        &mut self,
        id: ParticipantId,
        at_ms: u64,
        kind: RollKind,
        detail: Option<String>,
    ) {
        let event = RollEvent {
            lesson: self.lesson,
            number: self.next_event,
            participant: id.0,
            at_ms,
            kind,
            detail,
        };
        self.next_event += 1;
        self.effects.push(Effect::Journal(Record::Event(event)));
        self.touch_attendance(id, at_ms);
    }

    fn may(&self, id: ParticipantId, action: Action) -> bool {
        let seat = self.seats.get(&id);
        seat.is_some_and(|seat| may(self.standing(seat), action, &self.facts(seat)))
    }

    /// Whether somebody may do it to somebody; to oneself only what needs no rank, and to take out
    /// one's own message.
    fn may_to(&self, id: ParticipantId, action: Action, other: ParticipantId) -> bool {
        let (Some(seat), Some(below)) = (self.seats.get(&id), self.standing_of(other)) else {
            return false;
        };
        let (standing, facts) = (self.standing(seat), self.facts(seat));
        let is_own = id == other && action == Action::DeleteChat;
        may_to(standing, action, &facts, below) || (is_own && may(standing, action, &facts))
    }

    /// Whom a message is about, if they are known here.
    fn subject(&self, message: &ClientMessage) -> Result<Option<ParticipantId>, &'static str> {
        match subject_of(message) {
            Subject::Nobody => Ok(None),
            Subject::Participant(id) if self.seats.contains_key(&id) => Ok(Some(id)),
            Subject::Participant(_) => Err("no such participant"),
            Subject::AuthorOf(number) => {
                let author = self.chat.author(number);
                author.map(Some).ok_or("no such message")
            }
        }
    }

    /// Whoever is at the door can ask for nothing but to come in.
    fn door_only(&mut self, session: SessionId, message: &ClientMessage) {
        if let (true, Some(action)) = (self.door.has(session), action_of(message)) {
            self.forbid(session, action, "wait until you are let in");
        }
    }

    /// What staff decided and who wrote what, as the journal has it. An adult who was here when the
    /// server stopped has a moment to come back.
    fn restore_class(&mut self, now_ms: u64, saved: &SavedLesson, floor: &[ParticipantId]) {
        for id in floor {
            if let Some(seat) = self.seats.get_mut(id) {
                seat.floor = true;
            }
        }
        for removal in &saved.class.removals {
            if let Some(seat) = self.seats.get_mut(&ParticipantId(removal.participant)) {
                seat.removed_ms = Some(removal.at_ms);
                seat.devices.clone_from(&removal.devices);
            }
        }
        for more in &saved.class.seat_tokens {
            if let Some(seat) = self.seats.get_mut(&ParticipantId(more.participant)) {
                seat.more_tokens.push((more.number, more.token.clone()));
            }
        }
        let author = |number| self.seats.get(&ParticipantId(number));
        self.chat = Chat::restore(&saved.class, author);
        let was_here = |seat: &Seat| seat.is_adults() && self.roll.is_here(seat.id);
        if self.seats.values().any(was_here) {
            let pause_ms = now_ms + NO_ADULT_MS;
            self.adults = Adults::Gone { pause_ms };
        }
    }

    fn ids(&self) -> Vec<ParticipantId> {
        self.seats.keys().copied().collect()
    }

    fn send(&mut self, to: Vec<SessionId>, message: ServerMessage) {
        if !to.is_empty() {
            self.effects.push(Effect::Send { to, message });
        }
    }

    fn send_all(&mut self, message: ServerMessage) {
        let everybody = self.sessions.keys().copied().collect();
        self.send(everybody, message);
    }

    fn refuse(&mut self, session: SessionId, code: ErrorCode, detail: &str) {
        let detail = detail.to_owned();
        let refused = None;
        self.send(
            vec![session],
            ServerMessage::Error {
                code,
                detail,
                refused,
            },
        );
    }

    fn forbid(&mut self, session: SessionId, action: Action, detail: &str) {
        let code = ErrorCode::NotAllowed;
        let detail = detail.to_owned();
        let refused = Some(action);
        self.send(
            vec![session],
            ServerMessage::Error {
                code,
                detail,
                refused,
            },
        );
    }

    fn forget_session_of(&mut self, id: ParticipantId, reason: ClosedReason) {
        let Some(session) = self.seats.get_mut(&id).and_then(|seat| seat.session.take()) else {
            return;
        };
        self.sessions.remove(&session);
        self.effects.push(Effect::Close { session, reason });
        self.device_changed(id);
    }
}
