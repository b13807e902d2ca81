//! What crosses from one worker to another: packets by value, and who wants them.
//!
//! Invariant: a packet crosses at most once per worker, and only to workers where somebody in its
//! room receives it.

use crate::bounds::MAX_RTP_BYTES;
use crate::layers::{LayerInfo, LayerSet};
use crate::model::{Codec, ParticipantId, RoomId, Source};
use crate::picture::Picture;

/// A message to another worker.
#[derive(Debug, Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "a packet crosses by value; boxing it would allocate per packet"
)]
pub enum Relay {
    /// A media packet of a source that the other worker wants.
    Packet(RelayedPacket),
    /// Which layers of a source its worker shall pass on: these and no others.
    Interest {
        /// The room.
        room: RoomId,
        /// Whose source.
        owner: ParticipantId,
        /// Which.
        source: Source,
        /// Layer 0 is all of a source that is one stream.
        layers: LayerSet,
    },
    /// What a source's worker knows of its layers: to those who asked for any, and when it changes.
    Layers {
        /// The room.
        room: RoomId,
        /// Whose source.
        owner: ParticipantId,
        /// Which.
        source: Source,
        /// Its layers.
        info: LayerInfo,
    },
    /// A participant has a new transport here: whoever wants its sources says so again, because
    /// what was said before may have come too early.
    Announce {
        /// The room.
        room: RoomId,
        /// Who.
        owner: ParticipantId,
    },
    /// Somebody needs a key frame of a source.
    KeyFrame {
        /// The room.
        room: RoomId,
        /// Whose source.
        owner: ParticipantId,
        /// Which.
        source: Source,
        /// Of which layer.
        layer: u8,
    },
}

/// A decrypted media packet between workers.
#[derive(Debug, Clone)]
pub struct RelayedPacket {
    /// The room.
    pub room: RoomId,
    /// Who sent it.
    pub owner: ParticipantId,
    /// Which of their sources.
    pub source: Source,
    /// Which of its spatial layers.
    pub layer: u8,
    /// What it is coded in.
    pub codec: Codec,
    /// The picture it is part of, which its payload alone may not tell.
    pub picture: Option<Picture>,
    /// Through which of their sessions on this worker, counted up: another one counts its packets
    /// anew, and this one's may still be crossing when the other is announced.
    pub session: u64,
    /// Packet index: the sequence number extended by its wraps.
    pub index: u64,
    /// RTP timestamp.
    pub timestamp: u32,
    /// See `MediaPacket`: the same in the clock that all layers share.
    pub clock: Option<u32>,
    /// RTP marker.
    pub marker: bool,
    /// Audio level in −dBov (RFC 6464), when the packet had one.
    pub level: Option<u8>,
    /// Length of the dependency descriptor that goes along.
    pub descriptor_len: u8,
    /// Length of the payload.
    pub len: u16,
    /// The descriptor, the payload, then garbage.
    pub payload: [u8; MAX_RTP_BYTES],
}
