//! What signalling asks of a worker, and what a worker tells signalling.
//!
//! Invariant: both are plain values, so that they can cross a channel today and a network later.

use crate::layers::LayerSet;
use crate::model::{MediaRole, ParticipantId, RoomId, SourceSet, WorkerIndex};
use crate::sdp::{IceCredentials, Offer, SlotSsrc};

/// A participant whose media this worker is to carry.
#[derive(Debug, Clone)]
pub struct NewParticipant {
    /// The room.
    pub room: RoomId,
    /// Unique in the room; one that is there already is replaced.
    pub id: ParticipantId,
    /// What they are.
    pub role: MediaRole,
    /// What they may send.
    pub may_send: SourceSet,
    /// Their offer.
    pub offer: Offer,
    /// The credentials of our answer.
    pub ice: IceCredentials,
    /// The SSRCs of our answer: parallel to `offer.down`.
    pub slot_ssrcs: Vec<SlotSsrc>,
}

/// What signalling asks.
#[derive(Debug, Clone)]
pub enum Command {
    /// Lets a participant's media in.
    Add(Box<NewParticipant>),
    /// The room has a participant on another worker.
    AddRemote {
        /// The room.
        room: RoomId,
        /// Who.
        id: ParticipantId,
        /// What they are.
        role: MediaRole,
        /// Where their media is.
        worker: WorkerIndex,
    },
    /// Forgets a participant, local or remote.
    Remove {
        /// The room.
        room: RoomId,
        /// Who.
        id: ParticipantId,
    },
    /// New ICE credentials for the same session (RFC 8445 §9).
    RestartIce {
        /// The room.
        room: RoomId,
        /// Who.
        id: ParticipantId,
        /// Ours, as they were told.
        local: IceCredentials,
        /// Theirs.
        remote: IceCredentials,
    },
    /// Changes what a participant may send.
    SetRights {
        /// The room.
        room: RoomId,
        /// Who.
        id: ParticipantId,
        /// Everything else is dropped from now on.
        may_send: SourceSet,
    },
    /// Which cameras a participant's video slots carry.
    Watch {
        /// The room.
        room: RoomId,
        /// Who watches.
        id: ParticipantId,
        /// By slot; missing ones are empty.
        slots: Vec<Option<ParticipantId>>,
        /// How many pixels high each is shown, by slot; 0 and missing ones are any height.
        heights: Vec<u16>,
    },
    /// Whose screen, and its sound, everybody's screen slot carries.
    Stage {
        /// The room.
        room: RoomId,
        /// `None`: nobody's.
        sharer: Option<ParticipantId>,
    },
    /// Forgets a room and everyone in it.
    CloseRoom {
        /// The room.
        room: RoomId,
    },
}

/// What a worker tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// ICE and DTLS are up: media may flow.
    Connected {
        /// The room.
        room: RoomId,
        /// Who.
        participant: ParticipantId,
    },
    /// Nothing authentic arrived for [`crate::bounds::SILENT_AFTER`].
    Silent {
        /// The room.
        room: RoomId,
        /// Who.
        participant: ParticipantId,
    },
    /// Something arrived again after `Silent`.
    Alive {
        /// The room.
        room: RoomId,
        /// Who.
        participant: ParticipantId,
    },
    /// The transport is dead (no consent, DTLS failed): the client must bring a new offer.
    Failed {
        /// The room.
        room: RoomId,
        /// Who.
        participant: ParticipantId,
    },
    /// Who speaks now, loudest first; sent when it changes.
    Speaking {
        /// The room.
        room: RoomId,
        /// At most [`crate::bounds::LOUDEST`] and those always heard.
        participants: Vec<ParticipantId>,
    },
    /// Which layers of a participant's own pictures anybody is shown, smallest first; sent when it
    /// changes, and once after `Connected`. The others are sent in vain.
    Wanted {
        /// The room.
        room: RoomId,
        /// Who sends them.
        participant: ParticipantId,
        /// Of the camera.
        camera: LayerSet,
        /// Of the shared screen.
        screen: LayerSet,
    },
    /// What a participant watches but is not sent, as its line carries no more; sent when it changes.
    Withheld {
        /// The room.
        room: RoomId,
        /// Whose line.
        participant: ParticipantId,
        /// Whose cameras.
        cameras: Vec<ParticipantId>,
        /// And the shared screen.
        screen: bool,
    },
    /// Whether the voice of a teacher reaches a participant's device; sent when it changes. A teacher
    /// who is silent reaches everybody who is alive.
    Hearing {
        /// The room.
        room: RoomId,
        /// Whose device.
        participant: ParticipantId,
        /// It does.
        hearing: bool,
    },
    /// Our own mistake ended this room's media: everyone in it must bring a new offer.
    RoomFailed {
        /// The room.
        room: RoomId,
    },
}
