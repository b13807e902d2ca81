//! One seat: the person, their socket, their transport, and what they do.
//!
//! Invariant: a seat keeps its number, name, role and tokens for the whole lesson; everything else is
//! what its device says now, and what staff decided of its holder.

use super::attendance::Listening;
use super::programs::Device;
use super::{Layers, SessionId, Sources};
use crate::limits::{CHAT_RATE, MAX_SEAT_DEVICES};
use crate::roll_call::role;
use crate::throttle::Bucket;
use homeroom_protocol::{Participant, ParticipantId, Role, SeatState};
use homeroom_store::{PersonId, StoredSeat, TokenHash};

/// A person's place in the room.
#[derive(Debug)]
pub(super) struct Seat {
    pub id: ParticipantId,
    pub name: String,
    pub role: Role,
    pub token: TokenHash,
    /// More tokens that open it, with the number each is written under.
    pub more_tokens: Vec<(u32, TokenHash)>,
    /// When it was first taken.
    pub joined_ms: u64,
    /// The devices its holder came with, newest last.
    pub devices: Vec<TokenHash>,
    /// When its holder was put out.
    pub removed_ms: Option<u64>,
    /// Who it is, where the school knows.
    pub person: Option<PersonId>,
    /// The socket that speaks for this seat.
    pub session: Option<SessionId>,
    pub transport: Transport,
    pub microphone: bool,
    pub camera: bool,
    /// Muted, and not turned on again since.
    pub hushed: bool,
    /// May speak while microphones are locked.
    pub floor: bool,
    /// What the SFU lets through of it.
    pub allowed: Sources,
    /// How many more messages they may write now.
    pub chat_bucket: Bucket,
    /// A teacher let this student share.
    pub share_granted: bool,
    pub hand_ms: Option<u64>,
    /// Which layers of its pictures the SFU has use for, when it has said so of this transport.
    pub wanted: Option<Layers>,
    /// What their line is too narrow for: cameras, and the screen.
    pub withheld: (Vec<ParticipantId>, bool),
    /// The program that has it, or had it last, where it is a program's.
    pub device: Option<Device>,
    /// What is known of their hearing and speaking.
    pub listening: Listening,
}

/// What is known of a seat's media.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    /// The device brought no offer: its socket speaks for it.
    None,
    /// The offer is answered; ICE and DTLS have until then.
    Connecting {
        /// Until when the socket is believed.
        until_ms: u64,
    },
    /// Packets come.
    Live,
    /// No packet came for a few seconds.
    Silent,
    /// Never came up, or is gone; the client must bring a new offer.
    Dead,
}

impl Seat {
    pub fn new(
        id: ParticipantId,
        name: String,
        role: Role,
        token: TokenHash,
        joined_ms: u64,
    ) -> Self {
        Self {
            id,
            name,
            role,
            token,
            more_tokens: Vec::new(),
            joined_ms,
            devices: Vec::new(),
            removed_ms: None,
            person: None,
            session: None,
            transport: Transport::None,
            microphone: false,
            camera: false,
            hushed: false,
            floor: false,
            allowed: Sources::default(),
            chat_bucket: Bucket::new(CHAT_RATE.into(), joined_ms),
            share_granted: false,
            hand_ms: None,
            wanted: None,
            withheld: (Vec::new(), false),
            device: None,
            listening: Listening::default(),
        }
    }

    pub fn restore(stored: &StoredSeat) -> (ParticipantId, Self) {
        let id = ParticipantId(stored.participant);
        let token = stored.token.clone();
        let mut seat = Self::new(
            id,
            stored.name.clone(),
            role(stored.role),
            token,
            stored.joined_ms,
        );
        seat.person = stored.person;
        (id, seat)
    }

    /// Whether this token opens it.
    pub fn opens_with(&self, token: &TokenHash) -> bool {
        self.token == *token || self.more_tokens.iter().any(|(_, more)| more == token)
    }

    /// Remembers a device its holder came with.
    pub fn note_device(&mut self, device: TokenHash) {
        self.devices.retain(|known| *known != device);
        if self.devices.len() >= MAX_SEAT_DEVICES {
            self.devices.remove(0);
        }
        self.devices.push(device);
    }

    /// Whether the device answers. Media is believed before the socket: a live socket over dead
    /// media hears nothing, and live media under a lost socket is a lesson that goes on.
    pub fn answers(&self) -> bool {
        match self.transport {
            Transport::None | Transport::Connecting { .. } => self.session.is_some(),
            Transport::Live => true,
            Transport::Silent | Transport::Dead => false,
        }
    }

    /// Whether its socket or its media can still say anything.
    pub fn is_connected(&self) -> bool {
        self.session.is_some() || self.transport != Transport::None
    }

    /// The holder leaves: nothing of the device stays. Answers the transport, if there was one.
    pub fn give_up(&mut self) -> Option<Transport> {
        self.microphone = false;
        self.camera = false;
        self.hand_ms = None;
        let transport = std::mem::replace(&mut self.transport, Transport::None);
        (transport != Transport::None).then_some(transport)
    }

    /// As others see it, but for what its holder may: the table says that.
    pub fn participant(&self, here: bool) -> Participant {
        Participant {
            id: self.id,
            name: self.name.clone(),
            role: self.role,
            state: if here {
                SeatState::Here
            } else {
                SeatState::Away
            },
            microphone: self.microphone,
            camera: self.camera,
            may_share: false,
            may_speak: false,
            floor: self.floor,
            hand_ms: self.hand_ms,
        }
    }
}
