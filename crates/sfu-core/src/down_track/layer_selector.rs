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

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_rtp::vp8::Vp8Descriptor;

    /// A packet whose payload begins so.
    fn packet(payload: &[u8]) -> MediaPacket<'_> {
        MediaPacket {
            index: 0,
            timestamp: 0,
            marker: false,
            vp8: Vp8Descriptor::parse(payload).ok(),
            payload,
        }
    }

    const KEY_FRAME: &[u8] = &[0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, 0, 0];
    const REST_OF_A_FRAME: &[u8] = &[0x00, 0x00];
    const SECOND_PARTITION: &[u8] = &[0x11, 0x00];
    const OTHER_FRAME: &[u8] = &[0x10, 0x01];
    const PADDING: &[u8] = &[];

    #[test]
    fn a_picture_begins_with_the_first_packet_of_a_key_frame() {
        let mut selector = LayerSelector::new(true);
        for payload in [OTHER_FRAME, REST_OF_A_FRAME, SECOND_PARTITION, PADDING] {
            assert_eq!(
                selector.decide(&packet(payload)),
                Decision::Drop,
                "{payload:?}"
            );
            assert!(selector.needs_key_frame());
        }
        assert_eq!(selector.decide(&packet(KEY_FRAME)), Decision::Begin);
        assert!(!selector.needs_key_frame());
        for payload in [REST_OF_A_FRAME, OTHER_FRAME, PADDING, KEY_FRAME] {
            assert_eq!(
                selector.decide(&packet(payload)),
                Decision::Forward,
                "{payload:?}"
            );
        }
    }

    #[test]
    fn a_voice_begins_with_any_packet() {
        let mut selector = LayerSelector::new(false);
        assert!(!selector.needs_key_frame());
        assert_eq!(selector.decide(&packet(PADDING)), Decision::Begin);
        assert_eq!(selector.decide(&packet(PADDING)), Decision::Forward);
    }
}
