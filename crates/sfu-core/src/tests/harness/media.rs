//! Made-up media: every packet says who sent it and which one it is.
//!
//! Invariant: what a [`Label`] was written into still tells it after any forwarding.

use super::offer;
use crate::model::{Codec, ParticipantId, RoomId, Source};
use homeroom_rtp::av1;
use homeroom_rtp::vp8::Vp8Descriptor;
use homeroom_rtp::vp9::Vp9Descriptor;

/// Bytes of a VP8 frame's own header in a key frame's first packet (RFC 6386 §9.1).
const FRAME_HEADER_LEN: usize = 10;
const MAGIC: &[u8; 2] = b"HR";
const LABEL_LEN: usize = 34;
/// Bytes of audio behind the label: Opus at 32 kbit/s.
const AUDIO_LEN: usize = 60;
/// Bytes of video behind the label; short, as only their number would matter.
const VIDEO_LEN: usize = 300;
/// And of all of a payload of VP8, without descriptor.
pub const VIDEO_BYTES: usize = FRAME_HEADER_LEN + LABEL_LEN + VIDEO_LEN;

/// Which packet of whom this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    pub room: RoomId,
    pub publisher: ParticipantId,
    pub source: Source,
    /// Which of its layers.
    pub layer: u8,
    /// Counts the layer's frames.
    pub frame: u32,
    /// Place in its frame, and how many there are.
    pub part: u8,
    pub parts: u8,
    /// Temporal layer.
    pub temporal: u8,
    /// The frames it refers to; 0 is none.
    pub references: [u32; 2],
    /// When it was captured, in milliseconds of its sender's.
    pub captured_ms: u32,
}

impl Label {
    /// Which frame it is part of.
    pub fn frame_of(&self) -> (ParticipantId, u8, u32) {
        (self.publisher, self.layer, self.frame)
    }
}

impl Label {
    fn write(self, out: &mut Vec<u8>) {
        out.extend(MAGIC);
        out.extend(self.room.0.to_be_bytes());
        out.extend(self.publisher.0.to_be_bytes());
        out.push(self.source as u8);
        out.extend(self.frame.to_be_bytes());
        out.extend([self.part, self.parts, self.layer << 4 | self.temporal]);
        out.extend(self.references[0].to_be_bytes());
        out.extend(self.references[1].to_be_bytes());
        out.extend(self.captured_ms.to_be_bytes());
    }

    fn read(bytes: &[u8]) -> Self {
        let label = &bytes[..LABEL_LEN];
        assert_eq!(&label[..2], MAGIC, "the payload arrives as it was sent");
        let number = |from: usize, to: usize| {
            let digits = label[from..to].iter();
            digits.fold(0u64, |n, byte| n << 8 | u64::from(*byte))
        };
        Self {
            room: RoomId(number(2, 10)),
            publisher: ParticipantId(number(10, 14) as u32),
            source: Source::ALL[usize::from(label[14])],
            frame: number(15, 19) as u32,
            part: label[19],
            parts: label[20],
            layer: label[21] >> 4,
            temporal: label[21] & 0x0f,
            references: [number(22, 26) as u32, number(26, 30) as u32],
            captured_ms: number(30, 34) as u32,
        }
    }
}

/// The picture numbers of a video packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    pub id: u16,
    pub tl0: u8,
    /// It says both.
    pub is_numbered: bool,
    /// It says that it is of the base layer.
    pub is_base: bool,
    /// This packet begins a key frame.
    pub begins_key_frame: bool,
}

/// An Opus-shaped payload.
pub fn audio(label: Label) -> Vec<u8> {
    let mut payload = Vec::with_capacity(LABEL_LEN + AUDIO_LEN);
    label.write(&mut payload);
    payload.resize(LABEL_LEN + AUDIO_LEN, 0x55);
    payload
}

/// A VP8-shaped payload: descriptor with picture id, base-layer index and temporal id.
pub fn video(
    label: Label,
    picture_id: u16,
    tl0: u8,
    is_sync: bool,
    is_key_frame: bool,
    height: u16,
    longer: usize,
) -> Vec<u8> {
    let start = if label.part == 0 { 0x10 } else { 0 };
    let [high, low] = (picture_id & 0x7fff).to_be_bytes();
    let temporal = label.temporal << 6 | u8::from(is_sync) << 5;
    let mut payload = vec![0x80 | start, 0xe0, 0x80 | high, low, tl0, temporal];
    let mut frame = [0; FRAME_HEADER_LEN];
    frame[0] = u8::from(!is_key_frame);
    if is_key_frame && label.part == 0 {
        let [low, high] = u16::to_le_bytes(height);
        frame[3..].copy_from_slice(&[0x9d, 0x01, 0x2a, 0x80, 0x02, low, high]);
    }
    payload.extend(frame);
    label.write(&mut payload);
    payload.resize(payload.len() + VIDEO_LEN + longer, 0xaa);
    payload
}

/// Splits a payload with earlier packets (RFC 2198 §3) into those, each with how many ticks it is
/// older, and its own.
pub fn read_red(payload: &[u8]) -> (Vec<(u32, &[u8])>, &[u8]) {
    let (mut lengths, mut rest) = (Vec::new(), payload);
    while rest[0] & 0x80 != 0 {
        let header = u32::from_be_bytes(rest[..4].try_into().expect("four bytes"));
        assert_eq!(header >> 24 & 0x7f, u32::from(offer::OPUS));
        lengths.push((header >> 10 & 0x3fff, (header & 0x3ff) as usize));
        rest = &rest[4..];
    }
    assert_eq!(rest[0], offer::OPUS);
    rest = &rest[1..];
    let blocks = lengths.into_iter().map(|(offset, len)| {
        let (block, after) = rest.split_at(len);
        rest = after;
        (offset, block)
    });
    (blocks.collect(), rest)
}

/// An H.264-shaped payload: a key frame's first packet brings its parameter sets, as browsers send
/// it (RFC 6184 §5.7.1, §5.8).
pub fn h264(label: Label, is_key_frame: bool) -> Vec<u8> {
    let mut payload = match (is_key_frame, label.part) {
        (true, 0) => PARAMETERS.to_vec(),
        (true, _) => vec![0x7c, 0x05, 0, 0, 0, 0, 0, 0, 0, 0],
        (false, _) => vec![0x41; PARAMETERS.len()],
    };
    label.write(&mut payload);
    payload.resize(payload.len() + VIDEO_LEN, 0xaa);
    payload
}

const PARAMETERS: &[u8] = &[0x78, 0, 4, 0x67, 0x42, 0xe0, 0x1f, 0, 1, 0x68];

fn read_h264(payload: &[u8]) -> (Label, Option<Picture>) {
    let (start, rest) = payload.split_at(PARAMETERS.len());
    let picture = Picture {
        id: 0,
        tl0: 0,
        is_numbered: false,
        is_base: true,
        begins_key_frame: start == PARAMETERS,
    };
    (Label::read(rest), Some(picture))
}

/// How a VP9 packet is coded, beside its label.
#[derive(Debug, Clone, Copy)]
pub struct Vp9Coding {
    pub picture_id: u16,
    pub tl0: u8,
    pub is_key_frame: bool,
    /// Higher temporal layers can begin after it.
    pub is_switching_point: bool,
    /// Spatial layers of the picture.
    pub layers: u8,
}

/// A VP9-shaped payload: descriptor with picture id, layers and base-layer index; in a key frame's
/// first packet the sizes of all layers (RFC 9628 §4.2). Between key frames no layer needs another.
pub fn vp9(label: Label, coding: Vp9Coding) -> Vec<u8> {
    let Vp9Coding {
        picture_id,
        tl0,
        is_key_frame,
        is_switching_point,
        layers,
    } = coding;
    let [high, low] = (picture_id & 0x7fff).to_be_bytes();
    let (begins, ends) = (label.part == 0, label.part + 1 == label.parts);
    let tells = is_key_frame && begins && label.layer == 0;
    let flags = 0xa0
        | u8::from(!is_key_frame) << 6
        | u8::from(begins) << 3
        | u8::from(ends) << 2
        | u8::from(tells) << 1
        | u8::from(!is_key_frame);
    let refers_down = is_key_frame && label.layer > 0;
    let layer = label.temporal << 5
        | u8::from(is_switching_point) << 4
        | label.layer << 1
        | u8::from(refers_down);
    let mut payload = vec![flags, 0x80 | high, low, layer, tl0];
    if tells {
        payload.push((layers - 1) << 5 | 0x10);
        for layer in 0..layers {
            let (width, height) = (320u16 << layer, 180u16 << layer);
            payload.extend(width.to_be_bytes());
            payload.extend(height.to_be_bytes());
        }
    }
    label.write(&mut payload);
    payload.resize(payload.len() + VIDEO_LEN, 0xaa);
    payload
}

fn read_vp9(payload: &[u8]) -> (Label, Option<Picture>) {
    let vp9 = Vp9Descriptor::parse(payload).expect("a descriptor stays well-formed");
    let label = Label::read(&payload[vp9.header_len..]);
    assert_eq!(label.layer, vp9.spatial_id, "the descriptor stays whole");
    let picture = Picture {
        id: vp9.picture_id.expect("the id stays").value,
        tl0: vp9.tl0_pic_idx.expect("the index stays"),
        is_numbered: true,
        is_base: vp9.temporal_id == 0,
        begins_key_frame: vp9.begins_key_frame(),
    };
    (label, Some(picture))
}

/// An AV1-shaped payload: the aggregation header tells that its one unit goes on from the packet
/// before or in the next, and where a decoder can begin.
pub fn av1(label: Label, can_begin: bool) -> Vec<u8> {
    let (begins, ends) = (label.part == 0, label.part + 1 == label.parts);
    let begins_sequence = can_begin && begins;
    let header = u8::from(!begins) << 7 | u8::from(!ends) << 6 | 0x10;
    let mut payload = vec![header | u8::from(begins_sequence) << 3];
    label.write(&mut payload);
    payload.resize(payload.len() + VIDEO_LEN, 0xaa);
    payload
}

fn read_av1(payload: &[u8]) -> (Label, Option<Picture>) {
    let picture = Picture {
        id: 0,
        tl0: 0,
        is_numbered: false,
        is_base: true,
        begins_key_frame: av1::begins_key_frame(payload),
    };
    (Label::read(&payload[1..]), Some(picture))
}

/// The codec of a payload type.
pub fn codec_of(payload_type: u8) -> Codec {
    match payload_type {
        offer::OPUS => Codec::Opus,
        offer::VP8 | offer::VP8_RTX => Codec::Vp8,
        offer::H264 | offer::H264_RTX => Codec::H264,
        offer::VP9 | offer::VP9_RTX => Codec::Vp9,
        offer::AV1 | offer::AV1_RTX => Codec::Av1,
        _ => panic!("no payload type of the offer: {payload_type}"),
    }
}

/// Reads any kind.
pub fn read(payload: &[u8], codec: Codec) -> (Label, Option<Picture>) {
    match codec {
        Codec::Opus => return (Label::read(payload), None),
        Codec::H264 => return read_h264(payload),
        Codec::Vp9 => return read_vp9(payload),
        Codec::Av1 => return read_av1(payload),
        Codec::Vp8 => {}
    }
    let vp8 = Vp8Descriptor::parse(payload).expect("a descriptor stays well-formed");
    let picture = Picture {
        id: vp8.picture_id.expect("the id stays").value,
        tl0: vp8.tl0_pic_idx.expect("the index stays").value,
        is_numbered: true,
        is_base: vp8.temporal_id == Some(0),
        begins_key_frame: vp8.is_key_frame && vp8.starts_frame(),
    };
    let label = Label::read(&payload[vp8.header_len + FRAME_HEADER_LEN..]);
    (label, Some(picture))
}
