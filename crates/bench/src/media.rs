//! What publishers send: packets shaped like a browser's camera and microphone.
//!
//! A camera's frame is cut into packets whose lengths ascend and differ by at most one byte, as
//! libwebrtc cuts them. Each payload carries the moment it was made, for the latency rows.
//!
//! Invariant: the same track gives the same lengths at the same times, whoever they are sent to.

use homeroom_rtp::extension::AudioLevel;
use homeroom_rtp::{Extension, HeaderFields, write_header};
use std::time::{Duration, Instant};

/// Room for one packet: header, payload and the tag of SRTP.
pub const PACKET_ROOM: usize = 1_500;
/// Where in a payload the moment stands, behind all codec headers.
const STAMP_AT: usize = 16;
const STAMP_MAGIC: [u8; 4] = *b"when";
/// Packets of a key frame for one of any other frame.
const KEY_FRAME_FACTOR: usize = 3;
/// Picture ids have 15 bits (RFC 7741 §4.2).
const PICTURE_ID_MASK: u16 = 0x7fff;
/// First frame bytes of a key frame: tag, start code, 1280 × 720 (RFC 6386 §9.1).
const KEY_FRAME: [u8; 10] = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];
/// First frame bytes of any other frame: the lowest bit of the tag says so.
const INTER_FRAME: [u8; 3] = [0x11, 0x02, 0x00];
/// Opus in stereo at 20 ms (RFC 6716 §3.1).
const OPUS_TOC: u8 = 0xfc;

/// Payload types and header extensions, as negotiated.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    /// Opus.
    pub opus: u8,
    /// VP8.
    pub vp8: u8,
    /// Retransmissions of VP8.
    pub rtx: u8,
    /// RFC 6464; `None` when not negotiated.
    pub audio_level: Option<u8>,
    /// Transport-wide sequence numbers; `None` when not negotiated.
    pub transport_cc: Option<u8>,
}

impl Numbers {
    /// What our own offers say; Chromium's numbers.
    pub const OURS: Self = Self {
        opus: 111,
        vp8: 96,
        rtx: 97,
        audio_level: Some(1),
        transport_cc: Some(3),
    };
}

/// What a track is like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Shape {
    /// VP8.
    Video {
        /// Frames a second.
        frames_per_second: u32,
        /// Packets of five frames, so that 31 means 6.2 a frame.
        packets_of_five: usize,
        /// Bytes of a payload, about.
        payload_bytes: usize,
    },
    /// Opus at 50 packets a second.
    Audio {
        /// Decibels below overload.
        level: u8,
    },
}

impl Shape {
    /// A camera at 720p: 186 packets and 177 kB a second.
    pub const CAMERA_720P: Self = Self::Video {
        frames_per_second: 30,
        packets_of_five: 31,
        payload_bytes: 950,
    };
    /// A camera in a tile of a seminar: 40 packets and 36 kB a second.
    pub const TILE: Self = Self::Video {
        frames_per_second: 20,
        packets_of_five: 10,
        payload_bytes: 900,
    };
    /// A teacher's voice.
    pub const VOICE: Self = Self::Audio { level: 20 };

    /// Whether it carries pictures.
    #[must_use]
    pub const fn is_video(self) -> bool {
        matches!(self, Self::Video { .. })
    }

    /// The time of frame `count` after the first.
    fn time_of(self, count: u64) -> Duration {
        let rate = match self {
            Self::Video {
                frames_per_second, ..
            } => u64::from(frames_per_second),
            Self::Audio { .. } => 50,
        };
        Duration::from_nanos(count * 1_000_000_000 / rate)
    }

    /// The payload lengths of a frame.
    fn lengths(self, count: u64, is_key: bool) -> impl Iterator<Item = usize> {
        let (packets, bytes) = match self {
            Self::Video {
                packets_of_five,
                payload_bytes,
                ..
            } => {
                let of_five = (count % 5) as usize;
                let packets = packets_of_five / 5 + usize::from(of_five < packets_of_five % 5);
                let packets = packets * if is_key { KEY_FRAME_FACTOR } else { 1 };
                // Frames differ; by less than a packet, so that the packets' number does not.
                let more = (count * 37 % 90) as usize;
                (packets, packets * payload_bytes + more)
            }
            Self::Audio { .. } => (1, 80),
        };
        let (each, longer) = (bytes / packets, bytes % packets);
        (0..packets).map(move |i| each + usize::from(i >= packets - longer))
    }
}

/// A packet in the clear, in a buffer with room for a tag.
pub struct Plain<'a> {
    /// The buffer.
    pub buffer: &'a mut [u8; PACKET_ROOM],
    /// Bytes used.
    pub len: usize,
    /// Bytes before the payload.
    pub header_len: usize,
    /// The sequence number, extended by its wraps.
    pub index: u64,
}

/// One camera or microphone.
#[derive(Debug, Clone)]
pub struct Track {
    /// Its number on the wire.
    pub ssrc: u32,
    /// What it is like.
    pub shape: Shape,
    /// How many people are to receive each packet.
    pub audience: u64,
    /// The next frame is to be a key frame.
    pub wants_key_frame: bool,
    /// Packets made.
    pub sent: u64,
    numbers: Numbers,
    started: Instant,
    frames: u64,
}

impl Track {
    /// A track whose first frame is due at `starts`.
    #[must_use]
    pub const fn new(
        ssrc: u32,
        shape: Shape,
        audience: u64,
        numbers: Numbers,
        starts: Instant,
    ) -> Self {
        Self {
            ssrc,
            shape,
            audience,
            wants_key_frame: true,
            sent: 0,
            numbers,
            started: starts,
            frames: 0,
        }
    }

    /// When the next frame is due.
    #[must_use]
    pub fn next_at(&self) -> Instant {
        self.started + self.shape.time_of(self.frames)
    }

    /// Starts anew after a pause: the frames between are not made up for.
    pub fn resume(&mut self, at: Instant) {
        self.started = at
            .checked_sub(self.shape.time_of(self.frames))
            .unwrap_or(at);
        self.wants_key_frame = true;
    }

    /// Packets of a usual frame.
    #[must_use]
    pub fn burst(&self) -> u64 {
        self.shape.lengths(0, false).count() as u64
    }

    /// Makes the next frame; `emit` gets its packets. `transport_sequence` counts all packets of
    /// the sender.
    pub fn frame(&mut self, transport_sequence: &mut u16, mut emit: impl FnMut(Plain<'_>)) {
        let is_key = std::mem::take(&mut self.wants_key_frame) && self.shape.is_video();
        let mut buffer = [0x55; PACKET_ROOM];
        let mut lengths = self.shape.lengths(self.frames, is_key).peekable();
        let mut is_first = true;
        while let Some(payload_len) = lengths.next() {
            let is_last = lengths.peek().is_none();
            let header_len = self.write_header(&mut buffer, *transport_sequence, is_last);
            *transport_sequence = transport_sequence.wrapping_add(1);
            self.write_payload(&mut buffer[header_len..], is_first, is_key);
            emit(Plain {
                buffer: &mut buffer,
                len: header_len + payload_len,
                header_len,
                index: self.sent,
            });
            self.sent += 1;
            is_first = false;
        }
        self.frames += 1;
    }

    fn write_header(&self, buffer: &mut [u8], transport_sequence: u16, is_last: bool) -> usize {
        let Numbers {
            audio_level,
            transport_cc,
            ..
        } = self.numbers;
        let (payload_type, level, clock) = match self.shape {
            Shape::Video { .. } => (self.numbers.vp8, None, 90_000),
            Shape::Audio { level } => (self.numbers.opus, Some(level), 48_000),
        };
        let level = level.map(|level| AudioLevel { level, voice: true }.to_bytes());
        let sequence = transport_sequence.to_be_bytes();
        let mut extensions = Vec::with_capacity(2);
        if let (Some(id), Some(data)) = (audio_level, &level) {
            extensions.push(Extension { id, data });
        }
        if let Some(id) = transport_cc {
            extensions.push(Extension {
                id,
                data: &sequence,
            });
        }
        let time = self.shape.time_of(self.frames).as_micros() as u64;
        let fields = HeaderFields {
            marker: is_last && self.shape.is_video(),
            payload_type,
            sequence_number: self.sent as u16,
            timestamp: (time * clock / 1_000_000) as u32,
            ssrc: self.ssrc,
        };
        write_header(buffer, &fields, &extensions)
    }

    fn write_payload(&self, payload: &mut [u8], is_first: bool, is_key: bool) {
        if !self.shape.is_video() {
            payload[0] = OPUS_TOC;
            return;
        }
        // X, and S at a frame's start; I; a picture id of 15 bits (RFC 7741 §4.2).
        let picture = (self.frames as u16 & PICTURE_ID_MASK) | !PICTURE_ID_MASK;
        let [high, low] = picture.to_be_bytes();
        let start = if is_first { 0x10 } else { 0 };
        payload[..4].copy_from_slice(&[0x80 | start, 0x80, high, low]);
        let frame = &mut payload[4..];
        match (is_first, is_key) {
            (true, true) => frame[..KEY_FRAME.len()].copy_from_slice(&KEY_FRAME),
            (true, false) => frame[..INTER_FRAME.len()].copy_from_slice(&INTER_FRAME),
            (false, _) => {}
        }
    }
}

/// Writes the moment into a payload, in nanoseconds since the Unix epoch.
pub fn stamp(payload: &mut [u8], now_ns: u64) {
    payload[STAMP_AT..STAMP_AT + 4].copy_from_slice(&STAMP_MAGIC);
    payload[STAMP_AT + 4..STAMP_AT + 12].copy_from_slice(&now_ns.to_be_bytes());
}

/// The moment in a payload, if it is one of ours.
#[must_use]
pub fn read_stamp(payload: &[u8]) -> Option<u64> {
    let stamp = payload.get(STAMP_AT..STAMP_AT + 12)?;
    let (magic, moment) = stamp.split_at(4);
    let moment = moment.try_into().ok().map(u64::from_be_bytes);
    moment.filter(|_| magic == STAMP_MAGIC)
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_rtp::RtpPacket;
    use homeroom_rtp::vp8::Vp8Descriptor;

    #[test]
    fn a_camera_sends_as_a_browser_does() {
        let start = Instant::now();
        let mut track = Track::new(7, Shape::CAMERA_720P, 1, Numbers::OURS, start);
        let mut transport_sequence = 0;
        for frame in 0..30 {
            let mut lengths = Vec::new();
            track.frame(&mut transport_sequence, |plain| {
                let packet = RtpPacket::parse(&plain.buffer[..plain.len]).expect("RTP");
                assert_eq!(u64::from(packet.sequence_number()), plain.index);
                let vp8 = Vp8Descriptor::parse(packet.payload()).expect("VP8");
                assert_eq!(vp8.starts_frame(), lengths.is_empty());
                assert_eq!(vp8.is_key_frame, frame == 0 && lengths.is_empty());
                lengths.push(packet.payload().len());
            });
            let (first, last) = (lengths[0], lengths[lengths.len() - 1]);
            assert!(lengths.is_sorted() && last - first <= 1, "{lengths:?}");
            assert!((950..970).contains(&first), "{lengths:?}");
        }
        assert_eq!(track.next_at(), start + Duration::from_secs(1));
        // 6.2 a frame, and the key frame's.
        assert_eq!(track.sent, 186 + 14);
    }

    #[test]
    fn a_moment_survives() {
        let mut payload = [0; 80];
        assert_eq!(read_stamp(&payload), None);
        stamp(&mut payload, 1_234_567_890);
        assert_eq!(read_stamp(&payload), Some(1_234_567_890));
        assert_eq!(read_stamp(&payload[..20]), None);
    }
}
