//! The film every bot's camera shows, and the stamp on each of its frames.
//!
//! Invariant: a stamped frame is still the frame. A VP8 decoder stops at the end of the last
//! partition's data and never looks at what follows, so the stamp rides behind it.

use anyhow::{Context, Result, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use homeroom_protocol::{LessonCode, ParticipantId};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// 320×180, 15 frames a second, three seconds, a key frame every second.
const LESSON_IVF: &[u8] = include_bytes!("../clips/lesson.ivf");

const IVF_HEADER_BYTES: usize = 32;
const IVF_FRAME_HEADER_BYTES: usize = 12;

/// The frames of a VP8 clip.
#[derive(Debug)]
pub struct Clip {
    frames: Vec<Bytes>,
}

impl Clip {
    /// Frames in a second of the shipped clip.
    pub const FRAMES_PER_SECOND: u32 = 15;

    /// The shipped clip.
    ///
    /// # Panics
    /// When the file built into the program is damaged.
    #[must_use]
    pub fn lesson() -> &'static Self {
        static CLIP: OnceLock<Clip> = OnceLock::new();
        CLIP.get_or_init(|| Self::parse(LESSON_IVF).expect("the shipped clip is whole"))
    }

    /// Reads an IVF file of VP8 frames.
    ///
    /// # Errors
    /// When it is not one, or does not begin with a key frame.
    pub fn parse(ivf: &[u8]) -> Result<Self> {
        ensure!(ivf.starts_with(b"DKIF"), "not an IVF file");
        ensure!(ivf.get(8..12) == Some(b"VP80"), "not VP8");
        let mut rest = ivf.get(IVF_HEADER_BYTES..).context("cut short")?;
        let mut frames = Vec::new();
        while let Some((header, tail)) = rest.split_at_checked(IVF_FRAME_HEADER_BYTES) {
            let size = u32::from_le_bytes([header[0], header[1], header[2], header[3]]);
            let (frame, tail) = tail.split_at_checked(size as usize).context("cut short")?;
            frames.push(Bytes::copy_from_slice(frame));
            rest = tail;
        }
        ensure!(
            frames.first().is_some_and(|f| is_key_frame(f)),
            "no key frame first"
        );
        Ok(Self { frames })
    }

    /// Frame `index`, around and around.
    #[must_use]
    pub fn frame(&self, index: u32) -> &Bytes {
        &self.frames[index as usize % self.frames.len()]
    }

    /// The first key frame at or after `index`.
    #[must_use]
    pub fn next_key_frame(&self, index: u32) -> u32 {
        (index..)
            .take(self.frames.len())
            .find(|i| is_key_frame(self.frame(*i)))
            .unwrap_or(0)
    }
}

/// RFC 6386 §9.1: the lowest bit of the first byte is 0 in a key frame.
#[must_use]
pub fn is_key_frame(frame: &[u8]) -> bool {
    frame.first().is_some_and(|byte| byte & 1 == 0) && frame.get(3..6) == Some(&[0x9d, 0x01, 0x2a])
}

/// Which picture of a bot a frame belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Picture {
    /// Its camera.
    Camera,
    /// Its shared screen.
    Screen,
}

/// Tells lessons apart: participants of two lessons have the same numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LessonTag(u32);

impl LessonTag {
    /// The tag of a lesson.
    #[must_use]
    pub fn of(lesson: &LessonCode) -> Self {
        let bytes = lesson.as_str().bytes();
        // FNV-1a: the tags of a handful of lessons in a test must differ, nothing more.
        Self(bytes.fold(0x811c_9dc5, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        }))
    }
}

/// Who sent a frame, which one it is, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The lesson it is meant for.
    pub lesson: LessonTag,
    /// The sender.
    pub sender: ParticipantId,
    /// Camera or screen.
    pub picture: Picture,
    /// Index of the frame in the clip.
    pub index: u32,
    /// When it was handed to the network.
    pub sent: Moment,
}

impl Stamp {
    const MAGIC: &[u8; 3] = b"HRM";
    const BYTES: usize = 24;

    /// `frame` with this stamp behind it.
    #[must_use]
    pub fn put_on(self, frame: &[u8]) -> Bytes {
        let mut out = BytesMut::with_capacity(frame.len() + Self::BYTES);
        out.put_slice(frame);
        out.put_u32(self.lesson.0);
        out.put_u32(self.sender.0);
        out.put_u32(self.index);
        out.put_u64(self.sent.0);
        out.put_u8(u8::from(self.picture == Picture::Screen));
        out.put_slice(Self::MAGIC);
        out.freeze()
    }

    /// The stamp of a frame and the frame without it; `None` for pictures not sent by a bot.
    #[must_use]
    pub fn take_off(frame: &[u8]) -> Option<(Self, &[u8])> {
        let (frame, stamp) = frame.split_at_checked(frame.len().checked_sub(Self::BYTES)?)?;
        let word = |at: usize| -> Option<u32> {
            Some(u32::from_be_bytes(stamp.get(at..at + 4)?.try_into().ok()?))
        };
        if stamp.get(21..24)? != Self::MAGIC {
            return None;
        }
        let sent = u64::from(word(12)?) << 32 | u64::from(word(16)?);
        let picture = match stamp.get(20)? {
            0 => Picture::Camera,
            _ => Picture::Screen,
        };
        let stamp = Self {
            lesson: LessonTag(word(0)?),
            sender: ParticipantId(word(4)?),
            picture,
            index: word(8)?,
            sent: Moment(sent),
        };
        Some((stamp, frame))
    }
}

/// A point in time that fits in a stamp: microseconds since this process first asked.
///
/// Only bots of one process can compare moments, which is why a lecture runs in one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// Now.
    #[must_use]
    pub fn now() -> Self {
        static START: OnceLock<Instant> = OnceLock::new();
        let since = START.get_or_init(Instant::now).elapsed();
        Self(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }

    /// How long ago it was.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Duration::from_micros(Self::now().0.saturating_sub(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_clip_has_a_key_frame_every_second() {
        let clip = Clip::lesson();
        let keys: Vec<usize> = (0..clip.frames.len())
            .filter(|i| is_key_frame(&clip.frames[*i]))
            .collect();
        assert_eq!((clip.frames.len(), keys), (45, vec![0, 15, 30]));
        assert_eq!(clip.next_key_frame(0), 0);
        assert_eq!(clip.next_key_frame(1), 15);
        assert_eq!(clip.next_key_frame(31), 45, "the clip repeats");
    }

    #[test]
    fn a_stamp_comes_off_as_it_went_on() {
        let stamp = Stamp {
            lesson: LessonTag(9),
            sender: ParticipantId(7),
            picture: Picture::Screen,
            index: 3,
            sent: Moment(u64::MAX - 5),
        };
        let frame = stamp.put_on(b"picture");
        assert_eq!(Stamp::take_off(&frame), Some((stamp, &b"picture"[..])));
        assert_eq!(Stamp::take_off(b"picture"), None);
        assert_eq!(Stamp::take_off(&frame[..frame.len() - 1]), None);
    }

    #[test]
    fn what_is_not_a_vp8_clip_is_refused() {
        for bytes in [&b""[..], b"DKIF", &LESSON_IVF[..LESSON_IVF.len() - 1]] {
            assert!(Clip::parse(bytes).is_err());
        }
    }
}
