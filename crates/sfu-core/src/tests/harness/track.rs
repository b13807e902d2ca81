//! What a client sends on one m-line: frames in time, retransmissions on request.
//!
//! Invariant: (SSRC, index) is never used for two different packets, as SRTP demands.

use super::descriptor::Described;
use super::encoder::Encoder;
use super::media::{self, Label, Vp9Coding};
use super::offer::{
    AUDIO_LEVEL_ID, AV1, AV1_RTX, DEPENDENCY_ID, H264, H264_RTX, LOW_MID, MID_ID, OPUS,
    REPAIRED_RID_ID, RID_ID, TRANSPORT_CC_ID, VP8, VP8_RTX, VP9, VP9_RTX,
};
use crate::layers::LayerSet;
use crate::model::{Codec, ParticipantId, RoomId, Source};
use homeroom_rtp::extension::AudioLevel;
use homeroom_rtp::{Extension, HeaderFields, rtx, write_long_header};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Packets kept for retransmission.
const HISTORY: usize = 512;

/// A plain packet that waits for its seal.
pub struct Plain {
    pub bytes: Vec<u8>,
    pub header_len: usize,
    pub index: u64,
}

/// What its packets have in common.
struct Frame {
    is_key_frame: bool,
    temporal: u8,
    references: [u32; 2],
    is_sync: bool,
    /// Frames of higher temporal layers refer to none of those layers before it.
    opens: bool,
}

struct Sent {
    index: u64,
    timestamp: u32,
    marker: bool,
    transport_sequence: u16,
    payload: Vec<u8>,
    /// Dependency descriptor (AV1 RTP, appendix A).
    descriptor: Vec<u8>,
}

/// One source of a client.
pub struct Track {
    pub source: Source,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    /// The mid in its packets: one digit.
    pub mid: u8,
    /// Which of the source's layers, and its name in the packets when it has several.
    pub layer: u8,
    pub rid: Option<u8>,
    /// The server wants it: see `Event::Wanted`.
    pub is_active: bool,
    loses_beginning: bool,
    /// Spatial layers in its one stream, if those are of VP9 or AV1.
    pub coded_layers: u8,
    /// Those of the last key frame.
    key_layers: u8,
    /// What the numbers in its dependency descriptors begin with.
    first_number: u16,
    /// Its packets tell which of them are coded.
    pub tells_coded: bool,
    /// What its payloads are coded in.
    pub codec: Codec,
    /// Temporal layers of successive frames.
    pub pattern: &'static [u8],
    /// When a key frame left.
    pub key_frames: Vec<Instant>,
    /// Bytes sent, without retransmissions.
    pub bytes: u64,
    /// How loud, in −dBov: 127 is silence.
    pub level: u8,
    /// Time between frames.
    pub interval: Duration,
    /// Packets of each frame.
    pub parts: u8,
    /// Packets of a key frame and of a frame with a new slide, where others have one.
    pub slide: Option<u8>,
    is_new_slide: bool,
    /// What says how much its frames are, if not `parts`.
    pub encoder: Option<Encoder>,
    /// Bytes of each packet of a picture at least.
    least: usize,
    /// Bytes by which each packet of a picture is longer than the one before.
    pub growth: usize,
    /// The last packet of a picture says that it is the last.
    pub marks: bool,
    /// Every frame is a key frame, and of another height.
    pub resizes: bool,
    /// When key frames were asked for.
    pub asked_for_key_frame: Vec<Instant>,
    /// Packets sent, without retransmissions.
    pub sent: u64,
    /// Packets sent again.
    pub resent: u64,
    room: RoomId,
    publisher: ParticipantId,
    begun_at: Instant,
    next_at: Option<Instant>,
    wants_key_frame: bool,
    next_index: u64,
    next_rtx_index: u64,
    frame: u32,
    picture_id: u16,
    tl0: u8,
    /// Frames since the last key frame.
    since_key_frame: u32,
    /// The last frame of each temporal layer.
    last_of: [u32; 3],
    history: VecDeque<Sent>,
}

/// One temporal layer, and three as encoders arrange them (L1T3).
pub const FLAT: &[u8] = &[0];
pub const PYRAMID: &[u8] = &[0, 2, 1, 2];
/// Packets that carry a layer's name: what comes before its SSRC is bound, and some more.
const NAMED_PACKETS: u64 = 50;

impl Track {
    pub fn new(
        now: Instant,
        room: RoomId,
        publisher: ParticipantId,
        source: Source,
        ssrc: u32,
        random: u32,
    ) -> Self {
        let interval = if source.is_video() { 66 } else { 20 };
        Self {
            source,
            ssrc,
            rtx_ssrc: ssrc + 100,
            mid: b'0' + source as u8,
            layer: 0,
            rid: None,
            is_active: true,
            loses_beginning: false,
            coded_layers: 1,
            key_layers: 1,
            // They wrap in the fourth second of a camera.
            first_number: 0u16.wrapping_sub(number_of(110, 0)),
            tells_coded: false,
            codec: if source.is_video() {
                Codec::Vp8
            } else {
                Codec::Opus
            },
            pattern: FLAT,
            key_frames: Vec::new(),
            bytes: 0,
            level: 30,
            interval: Duration::from_millis(interval),
            parts: if source.is_video() { 3 } else { 1 },
            slide: None,
            is_new_slide: false,
            encoder: None,
            least: 0,
            growth: 0,
            marks: source.is_video(),
            resizes: false,
            asked_for_key_frame: Vec::new(),
            sent: 0,
            resent: 0,
            room,
            publisher,
            begun_at: now,
            next_at: None,
            wants_key_frame: true,
            // RFC 3711 §3.3.1: below half the circle, or an early loss would hide a wrap.
            next_index: u64::from(random & 0x7fff),
            next_rtx_index: u64::from(random >> 8 & 0x7fff),
            // Another session of the same person counts elsewhere, so that labels stay unique.
            frame: (ssrc / 1_000) << 16,
            picture_id: (random >> 16) as u16,
            tl0: random as u8,
            since_key_frame: 0,
            last_of: [0; 3],
            history: VecDeque::new(),
        }
    }

    /// A layer of a camera at 30 frames a second.
    pub fn layer(self, layer: u8) -> Self {
        let ssrc = self.ssrc + 10 * u32::from(layer);
        Self {
            layer,
            rid: Some(b"qhf"[usize::from(layer)]),
            ssrc,
            rtx_ssrc: ssrc + 100,
            pattern: PYRAMID,
            interval: Duration::from_millis(33),
            parts: [1, 3, 10][usize::from(layer)],
            ..self
        }
    }

    /// Of a screen's layers the small one: pictures hardly change, but for new slides.
    pub fn small_slides(self) -> Self {
        Self {
            rid: Some(b'q'),
            interval: Duration::from_millis(500),
            slide: Some(40),
            ..self
        }
    }

    /// And the whole one.
    pub fn whole_slides(self) -> Self {
        let ssrc = self.ssrc + 10;
        Self {
            layer: 1,
            rid: Some(b'f'),
            ssrc,
            rtx_ssrc: ssrc + 100,
            slide: Some(170),
            ..self
        }
    }

    /// Shows another slide.
    pub const fn turn_slide(&mut self) {
        self.is_new_slide = true;
    }

    /// A microphone at its low rate.
    pub fn low(self) -> Self {
        Self {
            mid: LOW_MID,
            interval: Duration::from_millis(60),
            ..self
        }
    }

    /// Sends H.264 instead of VP8, without temporal layers.
    pub const fn code_h264(&mut self) {
        self.codec = Codec::H264;
        self.pattern = FLAT;
    }

    /// Sends VP9, at 30 frames a second, with so many spatial layers in its one stream.
    pub const fn code_vp9(&mut self, layers: u8) {
        self.codec = Codec::Vp9;
        self.coded_layers = layers;
        self.pattern = PYRAMID;
        self.interval = Duration::from_millis(33);
    }

    /// Sends AV1 instead of VP8, a layer in each stream.
    pub const fn code_each_av1(&mut self) {
        self.codec = Codec::Av1;
    }

    /// The first packet of its next key frame gets lost for good.
    pub const fn lose_beginning(&mut self) {
        self.loses_beginning = true;
        self.wants_key_frame = true;
    }

    /// The same in AV1.
    pub const fn code_av1(&mut self, layers: u8) {
        self.code_vp9(layers);
        self.codec = Codec::Av1;
    }

    /// All its source's spatial layers are in it.
    const fn shares_stream(&self) -> bool {
        self.rid.is_none() && matches!(self.codec, Codec::Vp9 | Codec::Av1)
    }

    /// Its picture ids and base-layer indices wrap soon, and its sequence numbers in a minute.
    pub const fn wrap_soon(&mut self) {
        self.next_index = 0x7f00;
        self.picture_id = 0x7fe0;
        self.tl0 = 0xf0;
    }

    /// Sends these of its source's layers.
    pub fn want(&mut self, layers: LayerSet) {
        if !self.shares_stream() {
            return self.set_active(layers.contains(self.layer));
        }
        let top = layers.iter().next_back();
        self.set_active(top.is_some());
        self.set_coded_layers(top.map_or(self.coded_layers, |top| top + 1));
    }

    /// Is coded at so many bits per second, as a browser would.
    pub const fn encode(&mut self, now: Instant, bps: u64) {
        self.encoder = Some(Encoder { bps, begun_at: now });
    }

    /// Another of its source's layers was turned on or off.
    pub const fn begin_anew(&mut self, now: Instant) {
        if let Some(encoder) = &mut self.encoder {
            encoder.begun_at = now;
            self.wants_key_frame = true;
        }
    }

    /// Codes so many spatial layers from now on, beginning with a key frame.
    pub fn set_coded_layers(&mut self, layers: u8) {
        self.wants_key_frame |= layers != self.coded_layers;
        self.coded_layers = layers;
    }

    /// Codes one layer less from now on, without a word.
    pub const fn leave_out(&mut self, layer: u8) {
        self.coded_layers = layer;
    }

    /// Begins or ceases to send, as the server wants.
    pub fn set_active(&mut self, is_active: bool) {
        self.wants_key_frame |= is_active && !self.is_active;
        self.is_active = is_active;
    }

    pub fn start(&mut self, at: Instant) {
        self.next_at = Some(at);
        self.wants_key_frame = true;
    }

    pub fn stop(&mut self) {
        self.next_at = None;
    }

    pub fn next_at(&self) -> Option<Instant> {
        self.next_at
    }

    pub fn on_key_frame_request(&mut self, now: Instant) {
        self.asked_for_key_frame.push(now);
        self.wants_key_frame = true;
    }

    /// The packets of the frame that is due.
    pub fn poll(&mut self, now: Instant, transport_sequence: &mut u16) -> Vec<Plain> {
        let Some(at) = self.next_at.filter(|at| *at <= now) else {
            return Vec::new();
        };
        // After a sleep the frames in between were never captured.
        self.next_at = Some((at + self.interval).max(now + self.interval / 2));
        if !self.is_active {
            return Vec::new();
        }
        let is_key_frame = std::mem::take(&mut self.wants_key_frame) || self.resizes;
        let frame = self.next_frame(is_key_frame);
        if is_key_frame {
            self.key_frames.push(now);
            self.key_layers = self.coded_layers;
        }
        let is_new_slide = std::mem::take(&mut self.is_new_slide) || is_key_frame;
        if let Some(parts) = self.slide {
            self.parts = if is_new_slide { parts } else { 1 };
        }
        if let Some(encoder) = &self.encoder {
            (self.parts, self.least) = encoder.frame(now, self.interval);
        }
        let mut packets = Vec::new();
        for layer in 0..self.coded_layers {
            if self.shares_stream() {
                self.layer = layer;
                self.parts = [1, 3, 10][usize::from(layer)];
            }
            for part in 0..self.parts {
                packets.push(self.packet(now, part, &frame, transport_sequence));
            }
        }
        if is_key_frame && std::mem::take(&mut self.loses_beginning) {
            let lost = packets.remove(0).index;
            self.history.retain(|sent| sent.index != lost);
        }
        packets
    }

    /// What the next frame refers to. In every second group the upper layers start anew from the
    /// base layer (RFC 7741 §4.2, Y); in the others they go on from themselves.
    fn next_frame(&mut self, is_key_frame: bool) -> Frame {
        self.frame += 1;
        self.picture_id = self.picture_id.wrapping_add(1);
        self.since_key_frame = if is_key_frame {
            0
        } else {
            self.since_key_frame + 1
        };
        let length = self.pattern.len() as u32;
        let place = self.since_key_frame % length;
        let temporal = self.pattern[place as usize];
        let starts_anew = (self.since_key_frame / length).is_multiple_of(2);
        if temporal == 0 {
            self.tl0 = self.tl0.wrapping_add(1);
        }
        let [base, middle, _] = self.last_of;
        let (references, is_sync) = match (temporal, place) {
            _ if is_key_frame => ([0, 0], false),
            (0, _) => ([base, 0], false),
            (1, _) if starts_anew => ([base, 0], true),
            (1, _) => ([base, middle], false),
            (_, 1) if starts_anew => ([base, 0], true),
            _ => ([base, middle], false),
        };
        if is_key_frame {
            self.last_of = [0; 3];
        }
        self.last_of[usize::from(temporal)] = self.frame;
        Frame {
            is_key_frame,
            temporal,
            references,
            is_sync,
            opens: match temporal {
                0 => is_key_frame || starts_anew,
                _ => temporal == 1,
            },
        }
    }

    /// A structure of three layers, each a decode target, in a key frame's first packet; in others how
    /// many are coded, unless all are. In AV1 what a browser says.
    fn descriptor(&self, part: u8, frame: &Frame) -> Vec<u8> {
        let is_key_frame = frame.is_key_frame;
        let number = number_of(self.frame, self.layer).wrapping_add(self.first_number);
        if self.codec == Codec::Av1 {
            let described = Described {
                number,
                spatial: if self.shares_stream() { self.layer } else { 0 },
                smaller: if self.shares_stream() { 0 } else { self.layer },
                temporal: frame.temporal,
                layers: self.key_layers,
                coded: match self.tells_coded {
                    true => self.coded_layers,
                    false => self.key_layers,
                },
                is_key_frame,
                opens: frame.opens,
                begins: part == 0,
                ends: part + 1 == self.parts,
            };
            return described.write();
        }
        if !self.tells_coded {
            return Vec::new();
        }
        let [high, low] = number.to_be_bytes();
        let mut descriptor = vec![u8::from(part == 0) << 7 | self.layer, high, low];
        if is_key_frame && part == 0 && self.layer == 0 {
            descriptor.extend([0x80, 0x02, 0xaf, 0xf3, 0xc3, 0x00]);
        } else if self.coded_layers < 3 {
            descriptor.push(0x40 | ((1 << self.coded_layers) - 1));
        }
        descriptor
    }

    /// Its clock at a moment.
    pub fn timestamp_at(&self, at: Instant) -> u32 {
        let elapsed = at.saturating_duration_since(self.begun_at).as_micros() as u64;
        let ticks = elapsed * u64::from(self.source.clock_rate()) / 1_000_000;
        // Each source begins its clock elsewhere.
        (ticks as u32).wrapping_add(self.ssrc.wrapping_mul(0x9e37_79b9))
    }

    fn packet(
        &mut self,
        now: Instant,
        part: u8,
        frame: &Frame,
        transport_sequence: &mut u16,
    ) -> Plain {
        let label = Label {
            room: self.room,
            publisher: self.publisher,
            source: self.source,
            layer: self.layer,
            frame: self.frame,
            part,
            parts: self.parts,
            temporal: frame.temporal,
            references: frame.references,
            captured_ms: now.saturating_duration_since(self.begun_at).as_millis() as u32,
        };
        let sent = Sent {
            index: self.next_index,
            timestamp: self.timestamp_at(now),
            marker: self.marks && part + 1 == self.parts && {
                !self.shares_stream() || self.layer + 1 == self.coded_layers
            },
            transport_sequence: *transport_sequence,
            descriptor: self.descriptor(part, frame),
            payload: if self.codec == Codec::H264 {
                media::h264(label, frame.is_key_frame)
            } else if self.codec == Codec::Av1 {
                let is_lowest = self.layer == 0 || !self.shares_stream();
                media::av1(label, frame.is_key_frame && is_lowest)
            } else if self.codec == Codec::Vp9 {
                let coding = Vp9Coding {
                    picture_id: self.picture_id,
                    tl0: self.tl0,
                    is_key_frame: frame.is_key_frame,
                    is_switching_point: frame.opens,
                    layers: self.coded_layers,
                };
                media::vp9(label, coding)
            } else if self.source.is_video() {
                let longer = self.growth * usize::from(part);
                let longer = longer.max(self.least.saturating_sub(media::VIDEO_BYTES));
                let (is_sync, is_key_frame) = (frame.is_sync, frame.is_key_frame);
                let odd = u16::from(self.resizes) * (self.frame % 2) as u16;
                let height = (180 << self.layer) + odd;
                media::video(
                    label,
                    self.picture_id,
                    self.tl0,
                    is_sync,
                    is_key_frame,
                    height,
                    longer,
                )
            } else {
                media::audio(label)
            },
        };
        self.next_index += 1;
        self.sent += 1;
        self.bytes += sent.payload.len() as u64;
        let plain = self.write(
            &sent,
            self.ssrc,
            self.payload_type(),
            sent.index,
            &[],
            transport_sequence,
        );
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(sent);
        plain
    }

    /// Answers a NACK: a picture on its retransmission stream, a voice with the same packet.
    pub fn resend(&mut self, sequence_number: u16, transport_sequence: &mut u16) -> Option<Plain> {
        let kept = self.history.iter();
        let at = kept
            .clone()
            .position(|sent| sent.index as u16 == sequence_number)?;
        self.resent += 1;
        if !self.source.is_video() {
            let sent = &self.history[at];
            let mut same = sent.transport_sequence;
            return Some(self.write(sent, self.ssrc, OPUS, sent.index, &[], &mut same));
        }
        let mut osn = [0; rtx::OSN_LEN];
        rtx::write_osn(&mut osn, sequence_number);
        let index = self.next_rtx_index;
        self.next_rtx_index += 1;
        let sent = &self.history[at];
        Some(self.write(
            sent,
            self.rtx_ssrc,
            match self.codec {
                Codec::H264 => H264_RTX,
                Codec::Vp9 => VP9_RTX,
                Codec::Av1 => AV1_RTX,
                Codec::Vp8 | Codec::Opus => VP8_RTX,
            },
            index,
            &osn,
            transport_sequence,
        ))
    }

    fn payload_type(&self) -> u8 {
        match self.codec {
            Codec::Opus => OPUS,
            Codec::Vp8 => VP8,
            Codec::H264 => H264,
            Codec::Vp9 => VP9,
            Codec::Av1 => AV1,
        }
    }

    fn write(
        &self,
        sent: &Sent,
        ssrc: u32,
        payload_type: u8,
        index: u64,
        before: &[u8],
        transport_sequence: &mut u16,
    ) -> Plain {
        let fields = HeaderFields {
            marker: sent.marker,
            payload_type,
            sequence_number: index as u16,
            timestamp: sent.timestamp,
            ssrc,
        };
        let mid = [self.mid];
        let level = AudioLevel {
            level: self.level,
            voice: self.level < 60,
        }
        .to_bytes();
        let counter = transport_sequence.to_be_bytes();
        *transport_sequence = transport_sequence.wrapping_add(1);
        let rid = [self.rid.unwrap_or_default()];
        let is_repair = !before.is_empty();
        let named = self.rid.filter(|_| self.sent <= NAMED_PACKETS || is_repair);
        let layer = named.map(|_| Extension {
            id: if is_repair { REPAIRED_RID_ID } else { RID_ID },
            data: &rid,
        });
        let extensions = [
            Extension {
                id: MID_ID,
                data: &mid,
            },
            Extension {
                id: TRANSPORT_CC_ID,
                data: &counter,
            },
            Extension {
                id: AUDIO_LEVEL_ID,
                data: &level,
            },
        ];
        let used = if self.source.is_video() { 2 } else { 3 };
        // Once its SSRC is bound, a layer's packets name neither line nor layer.
        let unnamed = usize::from(self.rid.is_some() && named.is_none());
        let mut used = extensions[unnamed..used].to_vec();
        used.extend(layer);
        let descriptor = Extension {
            id: DEPENDENCY_ID,
            data: &sent.descriptor,
        };
        used.extend((!sent.descriptor.is_empty()).then_some(descriptor));
        let mut bytes = vec![0; 256];
        let header_len = write_long_header(&mut bytes, &fields, &used);
        bytes.truncate(header_len);
        bytes.extend_from_slice(before);
        bytes.extend_from_slice(&sent.payload);
        Plain {
            bytes,
            header_len,
            index,
        }
    }
}

/// The number of a labelled frame in dependency descriptors, but for what its sender began with.
pub fn frame_number(label: &Label) -> u16 {
    number_of(label.frame, label.layer)
}

fn number_of(frame: u32, layer: u8) -> u16 {
    (frame * 4 + u32::from(layer)) as u16
}
