//! The VP8 payload descriptor and the few bits of the frame behind it (RFC 7741 §4.2, §4.3).
//!
//! Invariant: a [`Vp8Descriptor`] lies wholly inside the payload it was parsed from, so rewriting
//! the same payload touches only descriptor bytes and never changes its length.

use crate::ParseError;
use crate::cursor::Reader;

/// A running id of frames; how many bits it has decides when it wraps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureId {
    /// The id without the size bit.
    pub value: u16,
    /// 7 or 15.
    pub bits: u8,
    /// Where in the payload the id starts.
    pub offset: usize,
}

/// The index of the latest base-layer frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tl0PicIdx {
    /// The index, wrapping at 8 bits.
    pub value: u8,
    /// Where in the payload it is.
    pub offset: usize,
}

/// What a forwarder needs to know of one VP8 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vp8Descriptor {
    /// Bytes before the frame's own bytes.
    pub header_len: usize,
    /// The packet starts a partition (S bit).
    pub start_of_partition: bool,
    /// The partition's number; 0 is the first of a frame.
    pub partition: u8,
    /// No later frame refers to this one (N bit), so dropping it harms nothing else.
    pub non_reference: bool,
    /// The packet starts a key frame.
    pub is_key_frame: bool,
    /// The frame id, when the sender numbers frames.
    pub picture_id: Option<PictureId>,
    /// The base-layer index, when the sender uses temporal layers.
    pub tl0_pic_idx: Option<Tl0PicIdx>,
    /// The temporal layer, when the sender uses them.
    pub temporal_id: Option<u8>,
    /// From this frame on, the layer refers only to the base layer (Y bit): switching up is safe.
    pub layer_sync: bool,
    /// Width and height in pixels, in the first packet of a key frame.
    pub key_frame_size: Option<(u16, u16)>,
}

const EXTENDED_BIT: u8 = 0x80;
const NON_REFERENCE_BIT: u8 = 0x20;
const START_BIT: u8 = 0x10;
const PICTURE_ID_BIT: u8 = 0x80;
const TL0_BIT: u8 = 0x40;
const TEMPORAL_BIT: u8 = 0x20;
const KEY_INDEX_BIT: u8 = 0x10;
const KEY_INDEX_MASK: u8 = 0x1f;
const LONG_PICTURE_ID_BIT: u8 = 0x80;
const INTER_FRAME_BIT: u8 = 0x01;
/// RFC 6386 §9.1: what a key frame's uncompressed header says after its three-byte tag.
const KEY_FRAME_START_CODE: [u8; 3] = [0x9d, 0x01, 0x2a];

impl Vp8Descriptor {
    /// Reads the descriptor of one RTP payload.
    pub fn parse(payload: &[u8]) -> Result<Self, ParseError> {
        let mut reader = Reader(payload);
        let mut descriptor =
            read_descriptor(&mut reader, payload.len()).ok_or(ParseError::Truncated)?;
        descriptor.header_len = payload.len() - reader.0.len();
        if descriptor.starts_frame() {
            let frame = reader.0;
            descriptor.is_key_frame = frame
                .first()
                .is_some_and(|byte| byte & INTER_FRAME_BIT == 0);
            if descriptor.is_key_frame {
                descriptor.key_frame_size = key_frame_size(frame);
            }
        }
        Ok(descriptor)
    }

    /// Whether the packet is the first of its frame.
    pub fn starts_frame(&self) -> bool {
        self.start_of_partition && self.partition == 0
    }
}

fn read_descriptor(reader: &mut Reader<'_>, payload_len: usize) -> Option<Vp8Descriptor> {
    let flags = reader.u8()?;
    let extended = if flags & EXTENDED_BIT != 0 {
        reader.u8()?
    } else {
        0
    };
    let picture_id = match extended & PICTURE_ID_BIT {
        0 => None,
        _ => Some(read_picture_id(reader, payload_len)?),
    };
    let tl0_pic_idx = match extended & TL0_BIT {
        0 => None,
        _ => Some(Tl0PicIdx {
            offset: payload_len - reader.0.len(),
            value: reader.u8()?,
        }),
    };
    let layer = match extended & (TEMPORAL_BIT | KEY_INDEX_BIT) {
        0 => 0,
        _ => reader.u8()?,
    };
    let has_temporal_id = extended & TEMPORAL_BIT != 0;
    Some(Vp8Descriptor {
        header_len: 0,
        start_of_partition: flags & START_BIT != 0,
        partition: flags & 0x07,
        non_reference: flags & NON_REFERENCE_BIT != 0,
        is_key_frame: false,
        picture_id,
        tl0_pic_idx,
        temporal_id: has_temporal_id.then_some(layer >> 6),
        layer_sync: has_temporal_id && layer & 0x20 != 0,
        key_frame_size: None,
    })
}

fn read_picture_id(reader: &mut Reader<'_>, payload_len: usize) -> Option<PictureId> {
    let offset = payload_len - reader.0.len();
    let first = reader.u8()?;
    if first & LONG_PICTURE_ID_BIT == 0 {
        return Some(PictureId {
            value: first.into(),
            bits: 7,
            offset,
        });
    }
    let high = first & !LONG_PICTURE_ID_BIT;
    let value = u16::from_be_bytes([high, reader.u8()?]);
    Some(PictureId {
        value,
        bits: 15,
        offset,
    })
}

fn key_frame_size(frame: &[u8]) -> Option<(u16, u16)> {
    let mut reader = Reader(frame);
    reader.take(3)?;
    if reader.take(3)? != KEY_FRAME_START_CODE {
        return None;
    }
    // Little-endian, the two top bits are a scaling hint.
    let width = reader.u16()?.swap_bytes() & 0x3fff;
    let height = reader.u16()?.swap_bytes() & 0x3fff;
    Some((width, height))
}

/// Replaces the picture id and the base-layer index where the descriptor has them.
///
/// `descriptor` must have been parsed from this payload; otherwise nothing is promised about the
/// content, but nothing outside `payload` is touched and nothing panics.
pub fn rewrite(payload: &mut [u8], descriptor: &Vp8Descriptor, picture_id: u16, tl0_pic_idx: u8) {
    if let Some(PictureId { bits, offset, .. }) = descriptor.picture_id {
        let [high, low] = picture_id.to_be_bytes();
        match (bits, payload.get_mut(offset..)) {
            (15, Some([first, second, ..])) => {
                *first = LONG_PICTURE_ID_BIT | high;
                *second = low;
            }
            (7, Some([only, ..])) => *only = low & !LONG_PICTURE_ID_BIT,
            _ => debug_assert!(false, "the descriptor belongs to this payload"),
        }
    }
    if let Some(Tl0PicIdx { offset, .. }) = descriptor.tl0_pic_idx
        && let Some(byte) = payload.get_mut(offset)
    {
        *byte = tl0_pic_idx;
    }
}

/// Says of a frame with a base-layer index that it is of the base layer, where the descriptor names
/// one. The same holds of `descriptor` as in [`rewrite`].
pub fn tell_base_layer(payload: &mut [u8], descriptor: &Vp8Descriptor) {
    // The byte of TID, Y and KEYIDX follows the index.
    if let Some(Tl0PicIdx { offset, .. }) = descriptor.tl0_pic_idx
        && descriptor.temporal_id.is_some()
        && let Some(layer) = payload.get_mut(offset + 1)
    {
        *layer &= KEY_INDEX_MASK;
    }
}

#[cfg(test)]
mod tests;
