//! The selective forwarding unit as a value: bytes, commands and `now` in, datagrams and events out.
//!
//! A packet's way, in the order of the modules:
//!
//! 1. [`Sfu::handle_datagram`] ([`sfu`]): a worker hands in one datagram.
//! 2. `demux`: whose is it? The first byte tells the protocol, the address (proven by STUN) the
//!    participant.
//! 3. [`transport`]: ICE, DTLS, and SRTP opened in place: authentic, not a replay.
//! 4. `participant` → `up_track`: which source, which index; losses noted, NACKs and feedback owed.
//! 5. `router`: who receives that source, and of its `layers` which; voices pass `speakers` first.
//!    The one copy goes to the layer's `packet_cache` and is staged there.
//! 6. [`Sfu::fan_out`]: when the worker has handed in all it received, each subscriber of a ripe
//!    `burst` gets its packets in turn, with the `padding` that lets them leave in one send:
//! 7. `down_track`: the `LayerSelector` forwards or drops, the `Rewriter` gives the slot's SSRC,
//!    sequence, timestamp and picture ids.
//! 8. [`transmit`]: header and payload are written into the batch and sealed there; [`congestion`]
//!    gives each packet its transport-wide number.
//!
//! Back: NACK → `packet_cache` → RTX; PLI → one throttled request upstream; feedback on arrivals →
//! [`congestion`] → what the receiver's line carries. What a page shows and an `allocation` of its
//! line say which layers it gets; what nobody gets, its publisher is told to pause (`demand`). What
//! it reports of a teacher's voice says whether it hears the lesson (`hearing`). A
//! subscriber on another worker gets the packet by value, once per worker: [`relay`].
//!
//! Invariant: no socket, thread, clock or shared state; on the packet path no allocation, no lock,
//! no string key. The same inputs give the same outputs.

mod allocation;
pub mod bounds;
mod burst;
pub mod congestion;
mod demand;
mod demux;
mod down_track;
mod event;
mod hearing;
mod layers;
mod meter;
mod model;
mod packet_cache;
mod padding;
mod participant;
mod picture;
mod protection;
pub mod relay;
mod router;
pub mod sdp;
mod sfu;
mod speakers;
pub mod stats;
mod timers;
pub mod transmit;
pub mod transport;
mod up_track;

pub use event::{Command, Event, NewParticipant};
pub use layers::{LayerInfo, LayerSet};
pub use model::{
    Codec, Layout, MediaRole, ParticipantId, RoomId, SlotKind, Source, SourceSet, WorkerIndex,
};
pub use sfu::{Sfu, SfuConfig};

#[cfg(test)]
mod tests;
