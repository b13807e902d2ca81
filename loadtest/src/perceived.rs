//! What one slot brought: a voice heard, a picture seen.
//!
//! Invariant: nothing is counted as heard or seen that a person would not have heard or seen.
//! Sound is decoded; a frame counts when it is whole, the decoder could use it, and its bytes are
//! those of the clip.

use crate::arrivals::Arrivals;
use crate::clip::{Clip, LessonTag, Picture, Stamp, is_key_frame};
use crate::tone::{Ear, Tone};
use crate::vp8::{Assembler, Frame};
use anyhow::Result;
use bytes::Bytes;
use hdrhistogram::Histogram;
use homeroom_protocol::ParticipantId;
use std::collections::BTreeMap;
use std::time::Instant;

/// Milliseconds of sound in one packet of a bot.
pub const PACKET_MS: u64 = 20;

/// A voice slot.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// Its packets.
    pub arrivals: Arrivals,
    /// Milliseconds of each tone heard so far.
    pub tones_ms: BTreeMap<Tone, u64>,
    /// What the last packet held.
    pub now: Option<Tone>,
    /// Packets that were not Opus.
    pub not_opus: u64,
    /// When the first packet came.
    pub first_packet: Option<Instant>,
}

/// A picture slot.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its packets.
    pub arrivals: Arrivals,
    /// Frames a decoder could have shown, by who sent them.
    pub frames: BTreeMap<(ParticipantId, Picture), u64>,
    /// Frames that carry no bot's stamp: a browser's.
    pub unstamped_frames: u64,
    /// Key frames among all of them.
    pub key_frames: u64,
    /// Whose picture the last frame was.
    pub now: Option<(ParticipantId, Picture)>,
    /// Whole frames the decoder could not have used: it waits for a key frame.
    pub waiting_for_key: u64,
    /// Frames whose picture id did not follow the one before though no packet was missing.
    pub id_jumps: u64,
    /// Frames of another source than the one before that were no key frame.
    pub mixed: u64,
    /// Frames that lacked a part though no packet was missing.
    pub torn: u64,
    /// Frames that differ from what was sent.
    pub garbled: u64,
    /// Frames meant for another lesson.
    pub leaked: u64,
    /// When the first usable key frame was whole.
    pub first_key_frame: Option<Instant>,
    /// From camera to whole frame, microseconds.
    pub latency_us: Histogram<u32>,
}

impl Default for Seen {
    fn default() -> Self {
        let latency_us = Histogram::new_with_bounds(1, 60_000_000, 2);
        Self {
            arrivals: Arrivals::default(),
            frames: BTreeMap::new(),
            unstamped_frames: 0,
            key_frames: 0,
            now: None,
            waiting_for_key: 0,
            id_jumps: 0,
            mixed: 0,
            torn: 0,
            garbled: 0,
            leaked: 0,
            first_key_frame: None,
            latency_us: latency_us.expect("one microsecond to one minute is a histogram"),
        }
    }
}

impl Seen {
    /// Usable frames from everyone.
    #[must_use]
    pub fn total_frames(&self) -> u64 {
        self.frames.values().sum::<u64>() + self.unstamped_frames
    }

    /// Something a person would have noticed: a wrong, broken, mixed or foreign picture.
    #[must_use]
    pub fn faults(&self) -> u64 {
        self.id_jumps + self.mixed + self.torn + self.garbled + self.leaked
    }
}

/// Turns the packets of one voice slot into [`Heard`].
pub struct Listener {
    ear: Ear,
}

impl Listener {
    /// A fresh one.
    ///
    /// # Errors
    /// When libopus refuses to start.
    pub fn new() -> Result<Self> {
        Ok(Self { ear: Ear::new()? })
    }

    /// Takes one packet.
    pub fn take(&mut self, sequence: u16, payload: &[u8], heard: &mut Heard) {
        if heard.arrivals.take(sequence).is_none() {
            return;
        }
        heard.first_packet.get_or_insert_with(Instant::now);
        match self.ear.listen(payload) {
            Ok(tone) => {
                heard.now = tone;
                if let Some(tone) = tone {
                    *heard.tones_ms.entry(tone).or_default() += PACKET_MS;
                }
            }
            Err(_) => heard.not_opus += 1,
        }
    }
}

/// Turns the packets of one picture slot into [`Seen`].
pub struct Viewer {
    lesson: LessonTag,
    assembler: Assembler,
    decodes: bool,
    last_id: Option<u16>,
    whole: Vec<Frame>,
}

impl Viewer {
    /// A viewer in that lesson.
    #[must_use]
    pub fn new(lesson: LessonTag) -> Self {
        Self {
            lesson,
            assembler: Assembler::default(),
            decodes: false,
            last_id: None,
            whole: Vec::new(),
        }
    }

    /// Takes one packet; `true` when a key frame is needed to go on.
    pub fn take(&mut self, sequence: u16, marker: bool, payload: &Bytes, seen: &mut Seen) -> bool {
        if let Some(number) = seen.arrivals.take(sequence) {
            self.assembler
                .take(number, marker, payload, &mut self.whole);
        }
        seen.torn = self.assembler.torn();
        for frame in std::mem::take(&mut self.whole) {
            self.show(&frame, seen);
        }
        !self.decodes
    }

    fn show(&mut self, frame: &Frame, seen: &mut Seen) {
        let key = is_key_frame(&frame.bytes);
        let follows = self.follows(frame);
        if self.decodes && !frame.after_hole && !follows {
            seen.id_jumps += 1;
        }
        self.last_id = frame.picture_id;
        self.decodes = key || (self.decodes && follows && !frame.after_hole);
        if !self.decodes {
            seen.waiting_for_key += 1;
            return;
        }
        if key {
            seen.key_frames += 1;
            seen.first_key_frame.get_or_insert_with(Instant::now);
        }
        self.count(frame, key, seen);
    }

    fn count(&self, frame: &Frame, key: bool, seen: &mut Seen) {
        let Some((stamp, picture)) = Stamp::take_off(&frame.bytes) else {
            seen.unstamped_frames += 1;
            return;
        };
        if stamp.lesson != self.lesson {
            seen.leaked += 1;
        }
        let source = (stamp.sender, stamp.picture);
        if seen
            .now
            .replace(source)
            .is_some_and(|before| before != source)
            && !key
        {
            seen.mixed += 1;
        }
        if Clip::layer(stamp.layer).frame(stamp.index) != picture {
            seen.garbled += 1;
            return;
        }
        *seen.frames.entry(source).or_default() += 1;
        let micros = u64::try_from(stamp.sent.elapsed().as_micros()).unwrap_or(u64::MAX);
        seen.latency_us.saturating_record(micros);
    }

    fn follows(&self, frame: &Frame) -> bool {
        match (self.last_id, frame.picture_id) {
            (Some(last), Some(id)) => (last + 1) & 0x7fff == id,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clip::Moment;
    use crate::vp8::Packetizer;
    use homeroom_protocol::LessonCode;

    /// A sender, a viewer and the slot between them, one frame at a time.
    struct Slot {
        packetizer: Packetizer,
        viewer: Viewer,
        seen: Seen,
        sequence: u16,
    }

    impl Default for Slot {
        fn default() -> Self {
            Self {
                packetizer: Packetizer::default(),
                viewer: Viewer::new(tag(1)),
                seen: Seen::default(),
                sequence: 0,
            }
        }
    }

    fn tag(lesson: usize) -> LessonTag {
        let codes = ["222-222-222", "222-222-223", "222-222-224"];
        LessonTag::of(&LessonCode::parse(codes[lesson]).expect("a code"))
    }

    impl Slot {
        fn send(&mut self, sender: u32, index: u32, lose: bool) {
            self.send_from(1, sender, index, lose);
        }

        fn send_from(&mut self, lesson: usize, sender: u32, index: u32, lose: bool) {
            let stamp = Stamp {
                lesson: tag(lesson),
                sender: ParticipantId(sender),
                picture: Picture::Camera,
                layer: 0,
                index,
                sent: Moment::now(),
            };
            let frame = stamp.put_on(Clip::lesson().frame(index));
            let payloads = self.packetizer.split(&frame);
            let last = payloads.len() - 1;
            for (i, payload) in payloads.iter().enumerate() {
                if !(lose && i == last) {
                    let (seq, marker) = (self.sequence, i == last);
                    self.viewer.take(seq, marker, payload, &mut self.seen);
                }
                self.sequence = self.sequence.wrapping_add(1);
            }
        }
    }

    const TEACHER: (ParticipantId, Picture) = (ParticipantId(1), Picture::Camera);

    #[test]
    fn nothing_is_seen_before_a_key_frame() {
        let mut slot = Slot::default();
        for index in 13..20 {
            slot.send(1, index, false);
        }
        assert_eq!(slot.seen.waiting_for_key, 2);
        assert_eq!(slot.seen.frames.get(&TEACHER), Some(&5));
        assert_eq!((slot.seen.key_frames, slot.seen.faults()), (1, 0));
    }

    #[test]
    fn a_lost_packet_freezes_the_picture_until_the_next_key_frame() {
        let mut slot = Slot::default();
        for index in 0..90 {
            slot.send(1, index, index == 2);
        }
        assert_eq!(slot.seen.arrivals.lost(), 1);
        assert_eq!(slot.seen.faults(), 0);
        let usable = slot.seen.frames[&TEACHER];
        assert!(usable + slot.seen.waiting_for_key < 90, "{usable}");
        assert!(slot.seen.waiting_for_key >= 11, "frames 3 to 14 at least");
    }

    #[test]
    fn another_source_must_begin_with_a_key_frame() {
        let mut slot = Slot::default();
        slot.send(1, 0, false);
        slot.send(2, 1, false);
        assert_eq!(slot.seen.mixed, 1);
        slot.send(1, 15, false);
        assert_eq!(slot.seen.mixed, 1);
    }

    #[test]
    fn a_frame_of_another_lesson_is_a_leak() {
        let mut slot = Slot::default();
        slot.send_from(2, 1, 0, false);
        assert_eq!((slot.seen.leaked, slot.seen.faults()), (1, 1));
    }
}
