//! What a packet says of the picture it is part of, whatever the picture is coded in.
//!
//! Invariant: nothing of it is believed but by the slots of whoever sent it: a lie harms only who is
//! watching the liar.

use crate::model::Codec;
use homeroom_rtp::vp8::Vp8Descriptor;
use homeroom_rtp::{ParseError, h264};

/// The part of a payload that describes its picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Picture {
    /// The payload begins with this.
    Vp8(Vp8Descriptor),
    /// H.264 numbers nothing that we would have to rewrite, and says nothing of temporal layers.
    H264 {
        /// A decoder can begin here.
        begins_key_frame: bool,
    },
}

impl Picture {
    /// Reads a payload. An empty one is padding that a sender without RTX probes with: it keeps its
    /// index and is of no picture.
    pub fn read(codec: Codec, payload: &[u8]) -> Result<Option<Self>, ParseError> {
        if payload.is_empty() {
            return Ok(None);
        }
        Ok(match codec {
            Codec::Opus => None,
            Codec::Vp8 => Some(Self::Vp8(Vp8Descriptor::parse(payload)?)),
            Codec::H264 => Some(Self::H264 {
                begins_key_frame: h264::begins_key_frame(payload),
            }),
        })
    }

    /// Whether a decoder that knows nothing can begin with this packet.
    pub fn begins_key_frame(&self) -> bool {
        match self {
            Self::Vp8(vp8) => vp8.is_key_frame && vp8.starts_frame(),
            Self::H264 { begins_key_frame } => *begins_key_frame,
        }
    }

    /// Its temporal layer; 0 when there are none.
    pub fn temporal(&self) -> u8 {
        self.vp8().and_then(|vp8| vp8.temporal_id).unwrap_or(0)
    }

    /// Whether it begins a frame from which on its temporal layer depends on nothing but the base
    /// layer (RFC 7741 §4.2, Y).
    pub fn begins_sync(&self) -> bool {
        self.vp8()
            .is_some_and(|vp8| vp8.layer_sync && vp8.starts_frame())
    }

    /// Height in pixels, if this packet tells.
    pub fn height(&self) -> Option<u16> {
        let (_, height) = self.vp8()?.key_frame_size?;
        Some(height)
    }

    /// Its descriptor, if it is VP8.
    pub const fn vp8(&self) -> Option<&Vp8Descriptor> {
        match self {
            Self::Vp8(vp8) => Some(vp8),
            Self::H264 { .. } => None,
        }
    }
}
