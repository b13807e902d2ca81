//! Which packets of its source a slot shows.
//!
//! There is one layer for now; what this decides is when a picture can begin.
//!
//! Invariant: after a change of source no video packet passes before the first packet of a key
//! frame, so a decoder never sees a reference it does not have.

use crate::packet_cache::MediaPacket;

/// What to do with a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Not for this receiver.
    Drop,
    /// The first packet of the source in this slot.
    Begin,
    /// Goes on.
    Forward,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    #[default]
    AwaitingKeyFrame,
    AwaitingPacket,
    Running,
}

/// The state of one slot.
#[derive(Debug, Default)]
pub struct LayerSelector(State);

impl LayerSelector {
    /// Video begins with a key frame, audio with any packet.
    pub const fn new(is_video: bool) -> Self {
        Self(if is_video {
            State::AwaitingKeyFrame
        } else {
            State::AwaitingPacket
        })
    }

    /// Whether only a key frame can begin.
    pub const fn needs_key_frame(&self) -> bool {
        matches!(self.0, State::AwaitingKeyFrame)
    }

    /// Decides about one packet.
    pub fn decide(&mut self, packet: &MediaPacket<'_>) -> Decision {
        let begins = match self.0 {
            State::Running => return Decision::Forward,
            State::AwaitingPacket => true,
            State::AwaitingKeyFrame => packet
                .vp8
                .is_some_and(|vp8| vp8.is_key_frame && vp8.starts_frame()),
        };
        if !begins {
            return Decision::Drop;
        }
        self.0 = State::Running;
        Decision::Begin
    }
}
