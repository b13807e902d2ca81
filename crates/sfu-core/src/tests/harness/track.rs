//! What a client sends on one m-line: frames in time, retransmissions on request.
//!
//! Invariant: (SSRC, index) is never used for two different packets, as SRTP demands.

use super::media::{self, Label};
use super::offer::{AUDIO_LEVEL_ID, MID_ID, OPUS, TRANSPORT_CC_ID, VP8, VP8_RTX};
use crate::model::{ParticipantId, RoomId, Source};
use homeroom_rtp::extension::AudioLevel;
use homeroom_rtp::{Extension, HeaderFields, rtx, write_header};
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

struct Sent {
    index: u64,
    timestamp: u32,
    marker: bool,
    payload: Vec<u8>,
}

/// One source of a client.
pub struct Track {
    pub source: Source,
    pub ssrc: u32,
    pub rtx_ssrc: u32,
    /// The mid in its packets: one digit.
    pub mid: u8,
    /// How loud, in −dBov: 127 is silence.
    pub level: u8,
    /// Time between frames.
    pub interval: Duration,
    /// Packets of each frame.
    pub parts: u8,
    /// Bytes by which each packet of a picture is longer than the one before.
    pub growth: usize,
    /// The last packet of a picture says that it is the last.
    pub marks: bool,
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
    history: VecDeque<Sent>,
}

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
            level: 30,
            interval: Duration::from_millis(interval),
            parts: if source.is_video() { 3 } else { 1 },
            growth: 0,
            marks: true,
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
            history: VecDeque::new(),
        }
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
        self.frame += 1;
        self.picture_id = self.picture_id.wrapping_add(1);
        self.tl0 = self.tl0.wrapping_add(1);
        let is_key_frame = std::mem::take(&mut self.wants_key_frame);
        let packets = 0..self.parts;
        packets
            .map(|part| self.packet(now, part, is_key_frame, transport_sequence))
            .collect()
    }

    fn packet(
        &mut self,
        now: Instant,
        part: u8,
        is_key_frame: bool,
        transport_sequence: &mut u16,
    ) -> Plain {
        let label = Label {
            room: self.room,
            publisher: self.publisher,
            source: self.source,
            frame: self.frame,
            part,
            parts: self.parts,
        };
        let elapsed = now.saturating_duration_since(self.begun_at).as_micros() as u64;
        let ticks = elapsed * u64::from(self.source.clock_rate()) / 1_000_000;
        let sent = Sent {
            index: self.next_index,
            // Each source begins its clock elsewhere.
            timestamp: (ticks as u32).wrapping_add(self.ssrc.wrapping_mul(0x9e37_79b9)),
            marker: self.marks && part + 1 == self.parts,
            payload: if self.source.is_video() {
                let longer = self.growth * usize::from(part);
                media::video(label, self.picture_id, self.tl0, is_key_frame, longer)
            } else {
                media::audio(label)
            },
        };
        self.next_index += 1;
        self.sent += 1;
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

    /// Answers a NACK, on the retransmission stream.
    pub fn resend(&mut self, sequence_number: u16, transport_sequence: &mut u16) -> Option<Plain> {
        let kept = self.history.iter();
        let at = kept
            .clone()
            .position(|sent| sent.index as u16 == sequence_number)?;
        let mut osn = [0; rtx::OSN_LEN];
        rtx::write_osn(&mut osn, sequence_number);
        let index = self.next_rtx_index;
        self.next_rtx_index += 1;
        self.resent += 1;
        let sent = &self.history[at];
        Some(self.write(
            sent,
            self.rtx_ssrc,
            VP8_RTX,
            index,
            &osn,
            transport_sequence,
        ))
    }

    fn payload_type(&self) -> u8 {
        if self.source.is_video() { VP8 } else { OPUS }
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
        let mut bytes = vec![0; 64];
        let header_len = write_header(&mut bytes, &fields, &extensions[..used]);
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
