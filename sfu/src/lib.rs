//! The media workers: threads, sockets, batching and placement around `sfu-core`.
//!
//! One worker is one thread with one UDP port ([`worker`]); [`placement`] says who is on which;
//! [`Sfu`] is what signalling holds. Signalling and the SFU meet only in the values named here.
//!
//! Invariant: `unsafe` is in `udp/sys.rs` alone.

mod handle;
mod inbox;
mod load;
mod placement;
pub mod udp;
mod worker;
mod worker_handle;

pub use handle::{Answer, JoinError, JoinRequest, Sfu, SfuConfig, StartError};
pub use homeroom_sfu_core::sdp::{ForeignError, Fragment, IceCredentials, MAX_FRAGMENT_BYTES};
pub use homeroom_sfu_core::{
    Event, LayerSet, Layout, MediaRole, ParticipantId, RoomId, Source, SourceSet,
};
