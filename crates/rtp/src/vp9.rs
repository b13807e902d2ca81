//! The VP9 payload descriptor (RFC 9628 §4.2).
//!
//! A picture comes as one frame for each of its spatial layers, all under one picture id; a frame
//! comes in one or more packets, each of which begins with a descriptor.
//!
//! Invariant: a [`Vp9Descriptor`] lies wholly inside the payload it was parsed from, so rewriting
//! the same payload touches only descriptor bytes and never changes its length.

use crate::ParseError;
use crate::cursor::Reader;

/// Spatial layers whose sizes are read; a structure may tell of eight.
pub const MAX_SIZES: usize = 3;

/// A running id of pictures; how many bits it has decides when it wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureId {
    /// The id without the size bit.
    pub value: u16,
    /// 7 or 15.
    pub bits: u8,
}

/// Which spatial layers a sender has, as the first packet of a key frame tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Structure {
    /// How many: 1 to 8.
    pub layers: u8,
    /// The heights in pixels of the first of them, smallest first; 0 where it does not say.
    pub heights: [u16; MAX_SIZES],
}

/// What a forwarder needs to know of one VP9 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "the format's own bits")]
pub struct Vp9Descriptor {
    /// Bytes before the frame's own bytes.
    pub header_len: usize,
    /// The picture's id, when the sender numbers pictures (I bit).
    pub picture_id: Option<PictureId>,
    /// The index of the latest picture of the temporal base layer; not in flexible mode.
    pub tl0_pic_idx: Option<u8>,
    /// The spatial layer.
    pub spatial_id: u8,
    /// The temporal layer.
    pub temporal_id: u8,
    /// The frame refers to earlier pictures (P bit).
    pub refers_back: bool,
    /// The frame refers to the spatial layer below it (D bit).
    pub refers_down: bool,
    /// After this picture, pictures of higher temporal layers refer to none of those layers before
    /// it (U bit).
    pub is_switching_point: bool,
    /// The packet begins a frame (B bit).
    pub begins_frame: bool,
    /// The packet ends a frame (E bit).
    pub ends_frame: bool,
    /// No higher spatial layer refers to this frame (Z bit).
    pub is_not_for_upper: bool,
    /// The scalability structure (V bit).
    pub structure: Option<Structure>,
}

const PICTURE_ID_BIT: u8 = 0x80;
const INTER_BIT: u8 = 0x40;
const LAYER_BIT: u8 = 0x20;
const FLEXIBLE_BIT: u8 = 0x10;
const BEGIN_BIT: u8 = 0x08;
const END_BIT: u8 = 0x04;
const STRUCTURE_BIT: u8 = 0x02;
const NOT_FOR_UPPER_BIT: u8 = 0x01;
const LONG_PICTURE_ID_BIT: u8 = 0x80;
/// A picture refers to so many others at most, in flexible mode (RFC 9628 §4.2).
const MAX_REFERENCES: usize = 3;

impl Vp9Descriptor {
    /// Reads the descriptor of one RTP payload.
    pub fn parse(payload: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader(payload);
        let mut descriptor = read(&mut reader).ok_or(ParseError::Truncated)?;
        descriptor.header_len = payload.len() - reader.0.len();
        Ok(descriptor)
    }

    /// Whether a decoder that knows nothing can begin with this packet.
    pub fn begins_key_frame(&self) -> bool {
        self.begins_frame && !self.refers_back && !self.refers_down && self.spatial_id == 0
    }
}

fn read(reader: &mut Reader<'_>) -> Option<Vp9Descriptor> {
    let flags = reader.u8()?;
    let picture_id = match flags & PICTURE_ID_BIT {
        0 => None,
        _ => Some(read_picture_id(reader)?),
    };
    let is_flexible = flags & FLEXIBLE_BIT != 0;
    let (mut layer, mut tl0_pic_idx) = (0, None);
    if flags & LAYER_BIT != 0 {
        layer = reader.u8()?;
        if !is_flexible {
            tl0_pic_idx = Some(reader.u8()?);
        }
    }
    if is_flexible && flags & INTER_BIT != 0 {
        skip_references(reader)?;
    }
    let structure = match flags & STRUCTURE_BIT {
        0 => None,
        _ => Some(read_structure(reader)?),
    };
    Some(Vp9Descriptor {
        header_len: 0,
        picture_id,
        tl0_pic_idx,
        spatial_id: layer >> 1 & 0x07,
        temporal_id: layer >> 5,
        refers_back: flags & INTER_BIT != 0,
        refers_down: layer & 0x01 != 0,
        is_switching_point: layer & 0x10 != 0,
        begins_frame: flags & BEGIN_BIT != 0,
        ends_frame: flags & END_BIT != 0,
        is_not_for_upper: flags & NOT_FOR_UPPER_BIT != 0,
        structure,
    })
}

fn read_picture_id(reader: &mut Reader<'_>) -> Option<PictureId> {
    let first = reader.u8()?;
    if first & LONG_PICTURE_ID_BIT == 0 {
        return Some(PictureId {
            value: first.into(),
            bits: 7,
        });
    }
    let high = first & !LONG_PICTURE_ID_BIT;
    let value = u16::from_be_bytes([high, reader.u8()?]);
    Some(PictureId { value, bits: 15 })
}

/// Each tells by its last bit that another follows.
fn skip_references(reader: &mut Reader<'_>) -> Option<()> {
    for _ in 0..MAX_REFERENCES {
        if reader.u8()? & 0x01 == 0 {
            break;
        }
    }
    Some(())
}

fn read_structure(reader: &mut Reader<'_>) -> Option<Structure> {
    let flags = reader.u8()?;
    let layers = (flags >> 5) + 1;
    let mut heights = [0; MAX_SIZES];
    if flags & 0x10 != 0 {
        for layer in 0..usize::from(layers) {
            let _width = reader.u16()?;
            let height = reader.u16()?;
            if let Some(known) = heights.get_mut(layer) {
                *known = height;
            }
        }
    }
    if flags & 0x08 != 0 {
        for _ in 0..reader.u8()? {
            let references = reader.u8()? >> 2 & 0x03;
            reader.take(references.into())?;
        }
    }
    Some(Structure { layers, heights })
}

/// Replaces the picture id and the base-layer index where the descriptor has them. References in
/// it are distances, so they stay.
///
/// `descriptor` must have been parsed from this payload; otherwise nothing is promised about the
/// content, but nothing outside `payload` is touched and nothing panics.
pub fn rewrite(payload: &mut [u8], descriptor: &Vp9Descriptor, picture_id: u16, tl0_pic_idx: u8) {
    // The first byte has the flags; then come the id, the layer's byte, and the index.
    let mut at = 1;
    if let Some(PictureId { bits, .. }) = descriptor.picture_id {
        let [high, low] = picture_id.to_be_bytes();
        match (bits, payload.get_mut(at..)) {
            (15, Some([first, second, ..])) => {
                *first = LONG_PICTURE_ID_BIT | high;
                *second = low;
            }
            (7, Some([only, ..])) => *only = low & !LONG_PICTURE_ID_BIT,
            _ => debug_assert!(false, "the descriptor belongs to this payload"),
        }
        at += usize::from(bits).div_ceil(8);
    }
    if descriptor.tl0_pic_idx.is_some()
        && let Some(byte) = payload.get_mut(at + 1)
    {
        *byte = tl0_pic_idx;
    }
}

#[cfg(test)]
mod tests;
