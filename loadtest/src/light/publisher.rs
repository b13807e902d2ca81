//! What a light bot sends: a voice every 20 ms, and a camera in up to three sizes.
//!
//! Time goes in, packets in the clear come out of [`Publisher::poll`].
//!
//! A voice is a loop of what Opus made once, as a camera is a clip.
//!
//! Invariant: sequence numbers and picture ids never jump by themselves; a layer that nobody wants
//! is not sent, as a browser would not, and begins again with a key frame.

use super::offer::{CAMERA_MID, MICROPHONE_MID, RIDS};
use super::wire::{self, Header, number};
use crate::clip::{Clip, LessonTag, Moment, Picture, Stamp, VoiceStamp};
use crate::tone::{FRAME_SAMPLES, Loop, Tone, Volume};
use crate::vp8::Packetizer;
use anyhow::Result;
use homeroom_protocol::ParticipantId;
use std::time::{Duration, Instant};

const VOICE_INTERVAL: Duration = Duration::from_millis(20);
/// RTP of video runs at 90 kHz (RFC 7741 §4.1).
const VIDEO_CLOCK_HZ: u32 = 90_000;
/// An encoder that was held up for longer does not catch up, and what it leaves out is counted.
const MAX_LATENESS: Duration = Duration::from_millis(200);

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Performance {
    /// The tone of the voice, and how loud; `None` is silent.
    pub voice: Option<(Tone, Volume)>,
    /// Layers of the camera; 0 is no camera.
    pub layers: usize,
}

impl Performance {
    /// Listens and watches.
    pub const NOTHING: Self = Self {
        voice: None,
        layers: 0,
    };
}

struct Microphone {
    voice: Option<Loop>,
    said: usize,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    next_at: Instant,
}

struct Layer {
    layer: u8,
    clip: &'static Clip,
    packetizer: Packetizer,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    index: u32,
    next_at: Instant,
    is_wanted: bool,
}

/// All that one bot sends.
pub(super) struct Publisher {
    lesson: LessonTag,
    id: ParticipantId,
    microphone: Microphone,
    layers: Vec<Layer>,
    /// Packets sent.
    pub(super) sent: u64,
    /// What they carry, and what was left out.
    pub(super) made: Made,
}

/// Packets of voice and pictures.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Made {
    /// That were made.
    pub(super) units: u64,
    /// That were due and were not, because we were too late for them.
    pub(super) left_out: u64,
}

impl Publisher {
    pub(super) fn new(
        lesson: LessonTag,
        id: ParticipantId,
        performance: Performance,
        microphone_ssrc: u32,
        now: Instant,
    ) -> Result<Self> {
        let microphone = Microphone {
            voice: voice_of(performance.voice)?,
            said: 0,
            ssrc: microphone_ssrc,
            sequence: rand::random(),
            timestamp: rand::random(),
            next_at: now + random_part(VOICE_INTERVAL),
        };
        let layers = (0..performance.layers.min(RIDS.len())).map(|layer| {
            let layer = layer as u8;
            let clip = Clip::layer(layer);
            Layer {
                layer,
                clip,
                packetizer: Packetizer::default(),
                ssrc: camera_ssrc(microphone_ssrc, layer),
                sequence: rand::random(),
                timestamp: rand::random(),
                index: 0,
                next_at: now + random_part(interval(clip)),
                is_wanted: true,
            }
        });
        Ok(Self {
            lesson,
            id,
            microphone,
            layers: layers.collect(),
            sent: 0,
            made: Made::default(),
        })
    }

    /// Whose reports these are.
    pub(super) fn reporter(&self) -> Option<u32> {
        let microphone = self.microphone.voice.as_ref();
        let microphone = microphone.map(|_| self.microphone.ssrc);
        microphone.or_else(|| self.layers.first().map(|layer| layer.ssrc))
    }

    /// Begins to speak, or stops.
    pub(super) fn speak(&mut self, now: Instant, voice: Option<(Tone, Volume)>) -> Result<()> {
        self.microphone.voice = voice_of(voice)?;
        self.microphone.next_at = now;
        Ok(())
    }

    /// The next frame of this layer is to be a key frame.
    pub(super) fn refresh(&mut self, ssrc: u32) {
        for layer in self.layers.iter_mut().filter(|layer| layer.ssrc == ssrc) {
            layer.index = layer.clip.next_key_frame(layer.index);
        }
    }

    /// Which layers anybody is shown.
    pub(super) fn set_wanted(&mut self, now: Instant, wanted: &[bool]) {
        for (layer, wanted) in self.layers.iter_mut().zip(wanted) {
            if *wanted && !layer.is_wanted {
                layer.index = layer.clip.next_key_frame(layer.index);
                layer.next_at = now;
            }
            layer.is_wanted = *wanted;
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let layers = self.layers.iter().filter(|layer| layer.is_wanted);
        let layers = layers.map(|layer| layer.next_at);
        let microphone = &self.microphone;
        let voice = microphone.voice.as_ref().map(|_| microphone.next_at);
        layers.chain(voice).min()
    }

    /// The packets that are due.
    pub(super) fn poll(&mut self, now: Instant, mut emit: impl FnMut(Vec<u8>)) {
        let microphone = &mut self.microphone;
        while microphone.voice.is_some() && microphone.next_at <= now {
            microphone.next_at = self
                .made
                .next_after(microphone.next_at, VOICE_INTERVAL, now);
            if let Some(packet) = microphone.speak(self.lesson) {
                emit(packet);
                self.sent += 1;
            }
        }
        for layer in self.layers.iter_mut().filter(|layer| layer.is_wanted) {
            while layer.next_at <= now {
                let due = layer.next_at;
                layer.next_at = self.made.next_after(due, interval(layer.clip), now);
                self.sent += layer.film(self.lesson, self.id, &mut emit);
            }
        }
    }
}

impl Microphone {
    fn speak(&mut self, lesson: LessonTag) -> Option<Vec<u8>> {
        let spoken = self.voice.as_ref()?.frame(self.said);
        self.said = self.said.wrapping_add(1);
        let sent = Moment::now();
        let said = VoiceStamp { lesson, sent }.put_on(&spoken.opus);
        let header = Header {
            marker: false,
            payload_type: number::OPUS,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        // RFC 6464 §3: V, voice activity, is the highest bit.
        let level = [0x80 | spoken.level_minus_dbov];
        let extensions: [(u8, &[u8]); 2] = [
            (number::AUDIO_LEVEL, &level),
            (number::MID, MICROPHONE_MID.as_bytes()),
        ];
        Some(wire::write(&header, &extensions, &said))
    }
}

impl Layer {
    fn film(
        &mut self,
        lesson: LessonTag,
        sender: ParticipantId,
        emit: &mut impl FnMut(Vec<u8>),
    ) -> u64 {
        let stamp = Stamp {
            lesson,
            sender,
            picture: Picture::Camera,
            layer: self.layer,
            index: self.index,
            sent: Moment::now(),
        };
        let payloads = self
            .packetizer
            .split(&stamp.put_on(self.clip.frame(self.index)));
        let count = payloads.len();
        let rid = RIDS[usize::from(self.layer)].as_bytes();
        let extensions: [(u8, &[u8]); 2] =
            [(number::MID, CAMERA_MID.as_bytes()), (number::RID, rid)];
        for (i, payload) in payloads.iter().enumerate() {
            let header = Header {
                marker: i + 1 == count,
                payload_type: number::VP8,
                sequence: self.sequence,
                timestamp: self.timestamp,
                ssrc: self.ssrc,
            };
            self.sequence = self.sequence.wrapping_add(1);
            emit(wire::write(&header, &extensions, payload));
        }
        self.index = self.index.wrapping_add(1);
        let step = VIDEO_CLOCK_HZ / self.clip.frames_per_second();
        self.timestamp = self.timestamp.wrapping_add(step);
        count as u64
    }
}

/// The SSRC of a layer of the camera, as an offer of a single one announces it.
pub(super) const fn camera_ssrc(microphone_ssrc: u32, layer: u8) -> u32 {
    microphone_ssrc.wrapping_add(1 + layer as u32)
}

fn voice_of(voice: Option<(Tone, Volume)>) -> Result<Option<Loop>> {
    voice
        .map(|(tone, volume)| Loop::of(tone, volume))
        .transpose()
}

fn interval(clip: &Clip) -> Duration {
    Duration::from_secs(1) / clip.frames_per_second()
}

/// Bots are spread over a frame's time, as people are.
fn random_part(interval: Duration) -> Duration {
    interval.mul_f64(rand::random())
}

impl Made {
    /// Counts what is made now, and says when the next is due.
    fn next_after(&mut self, due: Instant, interval: Duration, now: Instant) -> Instant {
        self.units += 1;
        let late = now.saturating_duration_since(due);
        if late <= MAX_LATENESS {
            return due + interval;
        }
        let left_out = late.as_micros() / interval.as_micros();
        self.left_out += u64::try_from(left_out).unwrap_or(u64::MAX);
        now + interval
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::is_key_frame;
    use homeroom_protocol::LessonCode;

    fn publisher(now: Instant) -> Publisher {
        let lesson = LessonTag::of(&LessonCode::parse("222-222-222").expect("a code"));
        let performance = Performance {
            voice: Some((Tone::nth(1), Volume::Normal)),
            layers: 3,
        };
        Publisher::new(lesson, ParticipantId(7), performance, 5, now).expect("starts")
    }

    /// Packets of a second by payload type and marker.
    fn second(publisher: &mut Publisher, from: Instant) -> Vec<(Header, Vec<u8>)> {
        let mut all = Vec::new();
        for ms in 0..1_000 {
            let take = |packet: Vec<u8>| {
                let (header, length, _) = wire::read(&packet).expect("RTP");
                all.push((header, packet[length..].to_vec()));
            };
            publisher.poll(from + Duration::from_millis(ms), take);
        }
        all
    }

    #[test]
    fn a_second_has_fifty_packets_of_voice_and_the_frames_of_every_layer() {
        let now = Instant::now();
        let mut publisher = publisher(now);
        let all = second(&mut publisher, now);
        let voices = all.iter().filter(|(h, _)| h.payload_type == number::OPUS);
        assert!((49..=50).contains(&voices.count()));
        let frames = all.iter().filter(|(h, _)| h.marker).count();
        assert!((73..=75).contains(&frames), "{frames}");
        assert_eq!(publisher.sent as usize, all.len());
    }

    #[test]
    fn what_it_was_too_late_for_is_counted_and_a_little_late_is_not() {
        let now = Instant::now();
        let mut publisher = publisher(now);
        let mut held_up = |ms| {
            publisher.poll(now + Duration::from_millis(ms), |_| {});
            (publisher.made.units, publisher.made.left_out)
        };
        held_up(0);
        let (caught_up, left_out) = held_up(190);
        assert!(caught_up > 9 && left_out == 0);
        let (units, left_out) = held_up(1_190);
        // One of each; a second of them but that is missing: 50 voices, 15, 30 and 30 pictures.
        assert_eq!(units - caught_up, 4);
        assert!((117..=122).contains(&left_out), "{left_out}");
    }

    #[test]
    fn a_layer_nobody_wants_is_silent_and_begins_again_with_a_key_frame() {
        let now = Instant::now();
        let mut publisher = publisher(now);
        publisher.set_wanted(now, &[true, false, false]);
        let frames = |all: &[(Header, Vec<u8>)]| all.iter().filter(|(h, _)| h.marker).count();
        let quiet = second(&mut publisher, now);
        assert!((14..=15).contains(&frames(&quiet)));
        let later = now + Duration::from_secs(1);
        publisher.set_wanted(later, &[true, true, false]);
        let small = publisher.layers[0].ssrc;
        let all = second(&mut publisher, later);
        let first = all
            .iter()
            .find(|(h, _)| h.ssrc != small && h.payload_type == number::VP8);
        // Behind four bytes of descriptor.
        assert!(is_key_frame(&first.expect("a larger layer").1[4..]));
    }
}
