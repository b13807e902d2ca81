//! What one light bot receives, by stream and sequence number, and what it opens of it.
//!
//! Every packet is counted by its header. One in [`VOICE_SAMPLE`] and [`FRAME_SAMPLE`] is opened:
//! it must be authentic, from our lesson, and says how long it was on its way.
//!
//! Invariant: only streams that the answer announced are counted as ours, and each packet once.

use super::feedback::ArrivalLog;
use super::offer::{Announced, Slot};
use super::samples::Samples;
use super::transport::Transport;
use super::wire::{self, Header, number};
use crate::arrivals::Arrivals;
use crate::clip::{LessonTag, Moment, Stamp, VoiceStamp};
use std::sync::Arc;
use std::time::Duration;

/// Of so many packets of voices one is opened.
pub(super) const VOICE_SAMPLE: u32 = 25;
/// Of so many last packets of pictures one is opened.
pub(super) const FRAME_SAMPLE: u32 = 8;
/// A picture that has not moved for so long stands still.
pub(super) const FREEZE: Duration = Duration::from_millis(500);
/// A hole may be mere reordering for so long, in packets.
const REORDERING: u64 = 2;
/// How often a packet is asked for; then the picture needs a key frame.
const MAX_TRIES: u8 = 4;
/// Most packets asked for again at a time.
const MAX_ASKED: usize = 64;

/// What a student got, as far as counted; whole each time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Got {
    /// Datagrams of all kinds.
    pub datagrams: u64,
    /// Their bytes, as UDP carries them.
    pub bytes: u64,
    /// Datagrams of all kinds that were sent.
    pub sent_datagrams: u64,
    /// Their bytes, as UDP carries them.
    pub sent_bytes: u64,
    /// Packets of voice and pictures that were made for sending.
    pub made: u64,
    /// And those that were due and left out, because we were too late for them.
    pub left_out: u64,
    /// Packets of voices, each once.
    pub voices: u64,
    /// Packets of pictures, each once.
    pub pictures: u64,
    /// Packets the numbers say were sent, of voices and pictures.
    pub sent: u64,
    /// Packets of these that did not come when they were sent.
    pub lost: u64,
    /// Packets of these that came when asked for again.
    pub repaired: u64,
    /// Whole or broken, pictures that ended.
    pub frames: u64,
    /// Time times the pictures that should have moved.
    pub pictures_due_us: u64,
    /// And of it the time in which they stood still.
    pub frozen_us: u64,
    /// Time times the voices that should be heard.
    pub voices_due_us: u64,
    /// Time in which any voice came.
    pub voiced_us: u64,
    /// Not authentic, of no announced stream, or of another lesson.
    pub wrong: u64,
}

impl Got {
    /// What was added since `before`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            datagrams: self.datagrams - before.datagrams,
            bytes: self.bytes - before.bytes,
            sent_datagrams: self.sent_datagrams - before.sent_datagrams,
            sent_bytes: self.sent_bytes - before.sent_bytes,
            made: self.made - before.made,
            left_out: self.left_out - before.left_out,
            voices: self.voices - before.voices,
            pictures: self.pictures - before.pictures,
            sent: self.sent.saturating_sub(before.sent),
            lost: self.lost.saturating_sub(before.lost),
            repaired: self.repaired - before.repaired,
            frames: self.frames - before.frames,
            pictures_due_us: self.pictures_due_us - before.pictures_due_us,
            frozen_us: self.frozen_us - before.frozen_us,
            voices_due_us: self.voices_due_us - before.voices_due_us,
            voiced_us: self.voiced_us - before.voiced_us,
            wrong: self.wrong - before.wrong,
        }
    }

    /// All of both.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        Self {
            datagrams: self.datagrams + other.datagrams,
            bytes: self.bytes + other.bytes,
            sent_datagrams: self.sent_datagrams + other.sent_datagrams,
            sent_bytes: self.sent_bytes + other.sent_bytes,
            made: self.made + other.made,
            left_out: self.left_out + other.left_out,
            voices: self.voices + other.voices,
            pictures: self.pictures + other.pictures,
            sent: self.sent + other.sent,
            lost: self.lost + other.lost,
            repaired: self.repaired + other.repaired,
            frames: self.frames + other.frames,
            pictures_due_us: self.pictures_due_us + other.pictures_due_us,
            frozen_us: self.frozen_us + other.frozen_us,
            voices_due_us: self.voices_due_us + other.voices_due_us,
            voiced_us: self.voiced_us + other.voiced_us,
            wrong: self.wrong + other.wrong,
        }
    }
}

/// One stream.
pub(super) struct Stream {
    pub(super) announced: Announced,
    pub(super) arrivals: Arrivals,
    last_frame: Option<Moment>,
    /// Up to which number holes have been asked for.
    asked_to: u64,
    /// Holes that were asked for, and how often.
    holes: Vec<(u64, u8)>,
    /// Expected and arrived when the last report was made.
    pub(super) reported: (u64, u64),
}

fn position(ssrcs: &[u32], ssrc: u32) -> Option<usize> {
    ssrcs.iter().position(|one| *one == ssrc)
}

/// All streams of one bot.
pub(super) struct Reception {
    lesson: LessonTag,
    pub(super) streams: Vec<Stream>,
    /// Theirs, in the same order and close together: this is asked for each packet.
    ssrcs: Vec<u32>,
    pub(super) log: ArrivalLog,
    samples: Arc<Samples>,
    got: Got,
    countdown: [u32; 2],
    last_tick: Option<Moment>,
    /// Packets of voices at the last tick.
    voices_before: u64,
    /// When the first voice came.
    pub(super) heard_at: Option<Moment>,
    /// When the first picture had come.
    pub(super) seen_at: Option<Moment>,
}

impl Reception {
    pub(super) fn new(lesson: LessonTag, announced: Vec<Announced>, samples: Arc<Samples>) -> Self {
        let stream = |announced| Stream {
            announced,
            arrivals: Arrivals::default(),
            last_frame: None,
            asked_to: 0,
            holes: Vec::new(),
            reported: (0, 0),
        };
        Self {
            lesson,
            ssrcs: announced.iter().map(|one| one.ssrc).collect(),
            streams: announced.into_iter().map(stream).collect(),
            log: ArrivalLog::default(),
            samples,
            got: Got::default(),
            // Not all open the same packet.
            countdown: [
                rand::random_range(0..VOICE_SAMPLE),
                rand::random_range(0..FRAME_SAMPLE),
            ],
            last_tick: None,
            voices_before: 0,
            heard_at: None,
            seen_at: None,
        }
    }

    /// What was got so far.
    pub(super) fn got(&self) -> Got {
        let mut got = self.got;
        for stream in self
            .streams
            .iter()
            .filter(|s| s.announced.slot != Slot::Screen)
        {
            got.sent += stream.arrivals.expected();
            got.lost += stream.arrivals.lost();
        }
        // What came in the end was lost at first.
        got.lost += got.repaired;
        got
    }

    /// Counts a datagram of any kind.
    pub(super) const fn count(&mut self, bytes: usize) {
        self.got.datagrams += 1;
        self.got.bytes += bytes as u64;
    }

    /// Takes a packet that arrived at `at`.
    pub(super) fn take(&mut self, transport: &mut Transport, at: Moment, packet: &[u8]) {
        let Some((header, length, number)) = wire::read(packet) else {
            self.got.wrong += 1;
            return;
        };
        if let Some(number) = number {
            self.log.note(number, at);
        }
        if header.payload_type == number::RTX {
            self.take_again(transport, &header, length, packet);
            return;
        }
        let Some(stream) = position(&self.ssrcs, header.ssrc).map(|i| &mut self.streams[i]) else {
            self.got.wrong += 1;
            return;
        };
        let is_first = stream.arrivals.unique() == 0;
        if stream.arrivals.take(header.sequence).is_none() {
            return;
        }
        let (is_due, every) = match stream.announced.slot {
            Slot::Voice => {
                self.got.voices += 1;
                self.heard_at.get_or_insert(at);
                (true, 0)
            }
            Slot::Picture => {
                self.got.pictures += 1;
                if header.marker {
                    self.seen_at.get_or_insert(at);
                    self.got.frames += 1;
                    stream.last_frame = Some(at);
                }
                (header.marker, 1)
            }
            Slot::Screen => return,
        };
        let slot = stream.announced.slot;
        let is_sampled = is_due && {
            let left = &mut self.countdown[every];
            *left = left
                .checked_sub(1)
                .unwrap_or([VOICE_SAMPLE, FRAME_SAMPLE][every] - 1);
            *left == 0
        };
        if is_sampled || is_first {
            self.open(transport, slot, at, length, packet);
        }
    }

    fn open(
        &mut self,
        transport: &mut Transport,
        slot: Slot,
        at: Moment,
        header_bytes: usize,
        packet: &[u8],
    ) {
        let Some(opened) = transport.open_rtp(packet) else {
            self.got.wrong += 1;
            return;
        };
        // RFC 3550 §5.1: the server pads packets, so that a burst is of one length.
        let padding = match packet[0] & 0x20 {
            0 => 0,
            _ => opened.last().map_or(0, |count| usize::from(*count)),
        };
        let end = opened.len().saturating_sub(padding);
        let Some(payload) = opened.get(header_bytes..end) else {
            return;
        };
        let lesson = match slot {
            Slot::Voice => VoiceStamp::read(payload, at).map(|stamp| {
                self.samples.voice(at.since(stamp.sent));
                stamp.lesson
            }),
            Slot::Picture => Stamp::take_off(payload).map(|(stamp, _)| {
                self.samples.picture(at.since(stamp.sent), stamp.layer);
                stamp.lesson
            }),
            Slot::Screen => None,
        };
        self.got.wrong += u64::from(lesson.is_some_and(|lesson| lesson != self.lesson));
    }

    /// RFC 4588 §4: the number of what was lost stands before it.
    fn take_again(
        &mut self,
        transport: &mut Transport,
        header: &Header,
        length: usize,
        packet: &[u8],
    ) {
        let ours = |stream: &&mut Stream| stream.announced.rtx_ssrc == Some(header.ssrc);
        let Some(stream) = self.streams.iter_mut().find(ours) else {
            self.got.wrong += 1;
            return;
        };
        let Some(opened) = transport.open_rtp(packet) else {
            self.got.wrong += 1;
            return;
        };
        // Padding, which probes the line, has no number.
        let is_padding = packet[0] & 0x20 != 0
            && opened
                .last()
                .is_some_and(|p| usize::from(*p) + length >= opened.len());
        let Some([high, low]) = opened.get(length..length + 2).filter(|_| !is_padding) else {
            return;
        };
        if stream
            .arrivals
            .take(u16::from_be_bytes([*high, *low]))
            .is_some()
        {
            self.got.repaired += 1;
            self.got.pictures += 1;
        }
    }

    /// Judges the time since the last tick: `voices` should be heard, `pictures` should move.
    pub(super) fn tick(&mut self, now: Moment, voices: u32, pictures: u32) {
        let since = self.last_tick.replace(now);
        let Some(since) = since.map(|last| now.since(last)) else {
            return;
        };
        let moving = self.streams.iter().filter(|stream| {
            stream.announced.slot == Slot::Picture
                && stream
                    .last_frame
                    .is_some_and(|last| now.since(last) < FREEZE)
        });
        let moving = (moving.count() as u32).min(pictures);
        let us = since.as_micros() as u64;
        self.got.pictures_due_us += us * u64::from(pictures);
        self.got.frozen_us += us * u64::from(pictures - moving);
        self.got.voices_due_us += us * u64::from(voices);
        let before = std::mem::replace(&mut self.voices_before, self.got.voices);
        self.got.voiced_us += us * u64::from(before != self.got.voices);
    }

    /// Packets of pictures to ask for again, by stream; whether a stream needs a key frame.
    pub(super) fn missing(&mut self, mut ask: impl FnMut(u32, Vec<u16>, bool)) {
        for stream in &mut self.streams {
            if stream.announced.slot != Slot::Picture || stream.announced.rtx_ssrc.is_none() {
                continue;
            }
            let arrivals = &stream.arrivals;
            stream.holes.retain(|(hole, _)| !arrivals.has(*hole));
            let newest = arrivals.highest().saturating_sub(REORDERING);
            let from = stream.asked_to.max(arrivals.first());
            let fresh = (from..newest).filter(|number| !arrivals.has(*number));
            stream
                .holes
                .extend(fresh.take(MAX_ASKED).map(|hole| (hole, 0)));
            stream.asked_to = newest.max(from);
            let mut gone = false;
            stream.holes.retain_mut(|(_, times)| {
                *times += 1;
                gone |= *times > MAX_TRIES;
                *times <= MAX_TRIES
            });
            let holes = stream.holes.iter().take(MAX_ASKED);
            let numbers: Vec<u16> = holes.map(|(hole, _)| *hole as u16).collect();
            if !numbers.is_empty() || gone {
                ask(stream.announced.ssrc, numbers, gone);
            }
        }
    }
}
