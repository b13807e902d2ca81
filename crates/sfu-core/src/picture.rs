//! What a packet says of the picture it is part of, whatever the picture is coded in.
//!
//! Most codecs say it in the payload; AV1 in the packet's dependency descriptor, which goes along.
//!
//! Invariant: nothing of it is believed but by the slots of whoever sent it: a lie harms only who is
//! watching the liar.

use crate::layers::MAX_TEMPORAL;
use crate::model::Codec;
use homeroom_rtp::dependency::Role;
use homeroom_rtp::vp8::{self, Vp8Descriptor};
use homeroom_rtp::vp9::{self, Structure, Vp9Descriptor};
use homeroom_rtp::{ParseError, av1, h264};

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
    /// The payload begins with this.
    Vp9(Vp9Descriptor),
    /// What its dependency descriptor says; without one all of its stream is needed.
    Av1(Described),
}

/// What a dependency descriptor says of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Described {
    /// Its frame's number; only a descriptor gives one.
    pub number: Option<u16>,
    /// What its frame is among the layers of its stream.
    pub role: Role,
    /// It begins a frame with which a decoder can begin.
    pub begins_key_frame: bool,
    /// It ends its frame.
    pub ends_frame: bool,
    /// The layers that are coded from it on, if it is of a key frame that tells.
    pub structure: Option<Structure>,
}

/// How a picture is numbered; what its codec does not number is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Numbers {
    /// Its id.
    pub picture_id: u16,
    /// The index of the latest picture of the temporal base layer.
    pub tl0_pic_idx: u8,
    /// It is told to be of that layer itself: see [`Picture::may_chain`].
    pub chain: bool,
}

/// The temporal layers that can be shown from a frame on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opens {
    /// None that is not shown already.
    None,
    /// This one: the frame refers to the base layer alone.
    Itself(u8),
    /// All above this one: no later frame of theirs refers to one before this frame.
    Above(u8),
}

impl Picture {
    /// Reads a payload, and takes what its descriptor says if its codec does not say it itself. An empty
    /// one is padding that a sender without RTX probes with: it keeps its index and is of no picture.
    pub fn read(
        codec: Codec,
        payload: &[u8],
        described: Option<Described>,
    ) -> Result<Option<Self>, ParseError> {
        if payload.is_empty() {
            return Ok(None);
        }
        Ok(match codec {
            Codec::Opus => None,
            Codec::Vp8 => Some(Self::Vp8(Vp8Descriptor::parse(payload)?)),
            Codec::H264 => Some(Self::H264 {
                begins_key_frame: h264::begins_key_frame(payload),
            }),
            Codec::Vp9 => Some(Self::Vp9(Vp9Descriptor::parse(payload)?)),
            Codec::Av1 => {
                let begins = av1::begins_key_frame(payload);
                let described = described.unwrap_or(Described {
                    begins_key_frame: begins,
                    role: Role {
                        needed_by: u8::MAX,
                        ..Role::default()
                    },
                    ..Described::default()
                });
                Some(Self::Av1(Described {
                    // Whoever shows it has no descriptor, and looks for this.
                    begins_key_frame: described.begins_key_frame && begins,
                    ..described
                }))
            }
        })
    }

    /// Whether a decoder that knows nothing can begin with this packet.
    pub fn begins_key_frame(&self) -> bool {
        match self {
            Self::Vp8(vp8) => vp8.is_key_frame && vp8.starts_frame(),
            Self::H264 { begins_key_frame } => *begins_key_frame,
            Self::Vp9(vp9) => vp9.begins_key_frame(),
            Self::Av1(described) => described.begins_key_frame,
        }
    }

    /// Its temporal layer; 0 when there are none.
    pub fn temporal(&self) -> u8 {
        match self {
            Self::Vp8(vp8) => vp8.temporal_id.unwrap_or(0),
            Self::H264 { .. } => 0,
            Self::Vp9(vp9) => vp9.temporal_id.min(MAX_TEMPORAL),
            Self::Av1(described) => described.role.layer.temporal.min(MAX_TEMPORAL),
        }
    }

    /// Which temporal layers can be shown from its frame on.
    pub fn opens(&self) -> Opens {
        match self {
            // RFC 7741 §4.2, Y.
            Self::Vp8(vp8) if vp8.layer_sync && vp8.starts_frame() => {
                Opens::Itself(self.temporal())
            }
            // RFC 9628 §4.2, U.
            Self::Vp9(vp9) if vp9.is_switching_point => Opens::Above(self.temporal()),
            Self::Av1(described) if described.role.opens_above => Opens::Above(self.temporal()),
            Self::Vp8(_) | Self::H264 { .. } | Self::Vp9(_) | Self::Av1(_) => Opens::None,
        }
    }

    /// Height in pixels, if this packet tells. Of several layers in one stream, see
    /// [`Picture::structure`].
    pub fn height(&self) -> Option<u16> {
        match self {
            Self::Vp8(vp8) => vp8.key_frame_size.map(|(_, height)| height),
            Self::H264 { .. } => None,
            Self::Vp9(_) | Self::Av1(_) => {
                let [height, ..] = self.structure()?.heights;
                Some(height).filter(|height| *height != 0)
            }
        }
    }

    /// Which spatial layers its stream has, if this packet tells.
    pub const fn structure(&self) -> Option<Structure> {
        match self {
            Self::Vp9(vp9) => vp9.structure,
            Self::Av1(described) => described.structure,
            Self::Vp8(_) | Self::H264 { .. } => None,
        }
    }

    /// Its spatial layer within its stream; 0 when there are none.
    pub const fn spatial(&self) -> u8 {
        match self {
            Self::Vp9(vp9) => vp9.spatial_id,
            Self::Av1(described) => described.role.layer.spatial,
            Self::Vp8(_) | Self::H264 { .. } => 0,
        }
    }

    /// Whether a stream's spatial layer cannot be decoded without this packet of another one below.
    pub const fn is_below(&self, spatial: u8) -> bool {
        match self {
            Self::Vp9(vp9) => vp9.spatial_id < spatial && !vp9.is_not_for_upper,
            Self::Av1(Described { role, .. }) => {
                role.layer.spatial < spatial && role.needed_by & 1 << spatial != 0
            }
            Self::Vp8(_) | Self::H264 { .. } => false,
        }
    }

    /// Whether it is the last packet of its spatial layer's frame.
    pub const fn ends_layer(&self) -> bool {
        match self {
            Self::Vp9(vp9) => vp9.ends_frame,
            Self::Av1(described) => described.ends_frame,
            Self::Vp8(_) | Self::H264 { .. } => false,
        }
    }

    /// How it is numbered; `None` if its codec numbers nothing.
    ///
    /// Frames of AV1 are numbered in their dependency descriptors, which receivers must have: without,
    /// Chromium 156 decodes no picture of several spatial layers, whether some are left out or none. A
    /// descriptor goes along as its sender wrote it but for the number: what it refers to is told by
    /// distances, so frames that are left out leave holes in the numbers that nobody refers to, as in
    /// VP9's; and each change of source begins with a key frame, which brings its own structure.
    pub fn numbers(&self) -> Option<Numbers> {
        match self {
            Self::Vp8(vp8) => Some(Numbers {
                picture_id: vp8.picture_id.map_or(0, |id| id.value),
                tl0_pic_idx: vp8.tl0_pic_idx.map_or(0, |tl0| tl0.value),
                chain: false,
            }),
            Self::H264 { .. } => None,
            Self::Av1(described) => Some(Numbers {
                picture_id: described.number?,
                tl0_pic_idx: 0,
                chain: false,
            }),
            Self::Vp9(vp9) => Some(Numbers {
                picture_id: vp9.picture_id.map_or(0, |id| id.value),
                tl0_pic_idx: vp9.tl0_pic_idx.unwrap_or(0),
                chain: false,
            }),
        }
    }

    /// The largest of its ids: after it they begin again. VP8's and VP9's have 15 bits in the long form
    /// (RFC 7741 §4.2, RFC 9628 §4.2), the numbers of descriptors 16.
    pub const fn max_id(&self) -> u16 {
        match self {
            Self::Av1(_) => u16::MAX,
            Self::Vp8(_) | Self::H264 { .. } | Self::Vp9(_) => 0x7fff,
        }
    }

    /// Whether its stream may be told as a chain, in which each picture refers to the one before, and
    /// a chain may begin or end here: a picture of the base layer refers to what it says anyway.
    pub fn may_chain(&self) -> bool {
        matches!(self, Self::Vp8(vp8) if vp8.starts_frame()
            && vp8.temporal_id == Some(0)
            && vp8.tl0_pic_idx.is_some()
            && vp8.picture_id.is_some())
    }

    /// Its id if ids must go on where it is left out. VP9's refer to others by distance, and decoders
    /// know which may be missing, and AV1's likewise: there each keeps its own.
    pub fn closing_id(&self) -> Option<u16> {
        match self {
            Self::Vp8(vp8) => vp8.picture_id.map(|id| id.value),
            Self::H264 { .. } | Self::Vp9(_) | Self::Av1(_) => None,
        }
    }

    /// Writes other numbers into the payload that it was read from, if they are there.
    pub fn renumber(&self, payload: &mut [u8], numbers: Numbers) {
        let Numbers {
            picture_id,
            tl0_pic_idx,
            chain,
        } = numbers;
        match self {
            Self::Vp8(descriptor) => {
                vp8::rewrite(payload, descriptor, picture_id, tl0_pic_idx);
                if chain {
                    vp8::tell_base_layer(payload, descriptor);
                }
            }
            Self::H264 { .. } | Self::Av1(_) => {}
            Self::Vp9(descriptor) => vp9::rewrite(payload, descriptor, picture_id, tl0_pic_idx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGINS: &[u8] = &[0x18, 0x0a];
    const GOES_ON: &[u8] = &[0x10, 0x32];

    #[test]
    fn av1_that_nothing_describes_is_needed_whole() {
        for (payload, begins) in [(BEGINS, true), (GOES_ON, false)] {
            let picture = Picture::read(Codec::Av1, payload, None);
            let picture = picture.expect("any bytes will do").expect("it is of one");
            assert_eq!(picture.begins_key_frame(), begins);
            assert_eq!((picture.spatial(), picture.temporal()), (0, 0));
            assert!((1..3).all(|layer| picture.is_below(layer)));
            assert_eq!((picture.numbers(), picture.closing_id()), (None, None));
            assert_eq!(picture.opens(), Opens::None);
        }
        assert_eq!(Picture::read(Codec::Av1, &[], None), Ok(None), "padding");
    }

    #[test]
    fn av1_begins_where_descriptor_and_payload_say_so() {
        let rows = [
            (BEGINS, true, true),
            (BEGINS, false, false),
            (GOES_ON, true, false),
        ];
        for (payload, begins_key_frame, expected) in rows {
            let described = Described {
                begins_key_frame,
                ..Described::default()
            };
            let picture = Picture::read(Codec::Av1, payload, Some(described));
            let picture = picture.expect("any bytes will do").expect("it is of one");
            assert_eq!(picture.begins_key_frame(), expected, "{payload:?}");
        }
    }
}
