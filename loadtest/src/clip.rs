//! The film every bot's camera shows, in three sizes, and the stamp on each of its frames.
//!
//! Invariant: a stamped frame is still the frame. A VP8 decoder stops at the end of the last
//! partition's data and never looks at what follows, so the stamp rides behind it.

use anyhow::{Context, Result, ensure};
use bytes::{BufMut, Bytes, BytesMut};
use homeroom_protocol::{LessonCode, ParticipantId};
use std::sync::OnceLock;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// 320×180, 15 frames a second, three seconds, a key frame every second.
const LESSON_IVF: &[u8] = include_bytes!("../clips/lesson.ivf");
/// The larger layers: 30 frames a second, two seconds, a key frame every second.
const LARGER_IVF: [&[u8]; 2] = [
    include_bytes!("../clips/lesson-360.ivf"),
    include_bytes!("../clips/lesson-720.ivf"),
];

const IVF_HEADER_BYTES: usize = 32;
const IVF_FRAME_HEADER_BYTES: usize = 12;

/// The frames of a VP8 clip.
#[derive(Debug)]
pub struct Clip {
    frames: Vec<Bytes>,
    frames_per_second: u32,
}

impl Clip {
    /// Frames in a second of the shipped clip.
    pub const FRAMES_PER_SECOND: u32 = 15;
    /// How high the pictures of each layer are, the smallest first.
    pub const HEIGHTS: [u16; 3] = [180, 360, 720];

    /// The shipped clip.
    ///
    /// # Panics
    /// When the file built into the program is damaged.
    #[must_use]
    pub fn lesson() -> &'static Self {
        Self::layer(0)
    }

    /// The shipped clip in the size of a layer; beyond the last there is none larger.
    ///
    /// # Panics
    /// When a file built into the program is damaged.
    #[must_use]
    pub fn layer(layer: u8) -> &'static Self {
        static CLIPS: OnceLock<[Clip; 3]> = OnceLock::new();
        let clips = CLIPS.get_or_init(|| {
            [LESSON_IVF, LARGER_IVF[0], LARGER_IVF[1]]
                .map(|ivf| Self::parse(ivf).expect("the shipped clip is whole"))
        });
        &clips[usize::from(layer).min(clips.len() - 1)]
    }

    /// How many frames it has in a second.
    #[must_use]
    pub const fn frames_per_second(&self) -> u32 {
        self.frames_per_second
    }

    /// Reads an IVF file of VP8 frames.
    ///
    /// # Errors
    /// When it is not one, or does not begin with a key frame.
    pub fn parse(ivf: &[u8]) -> Result<Self> {
        ensure!(ivf.starts_with(b"DKIF"), "not an IVF file");
        ensure!(ivf.get(8..12) == Some(b"VP80"), "not VP8");
        let mut rest = ivf.get(IVF_HEADER_BYTES..).context("cut short")?;
        let word = |at: usize| u32::from_le_bytes([ivf[at], ivf[at + 1], ivf[at + 2], ivf[at + 3]]);
        let (rate, scale) = (word(16), word(20));
        ensure!(rate > 0 && scale > 0, "no frame rate");
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
        Ok(Self {
            frames,
            frames_per_second: (rate / scale).max(1),
        })
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
    /// Which size of the clip it is from, the smallest is 0.
    pub layer: u8,
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
        out.put_u8(u8::from(self.picture == Picture::Screen) | self.layer << 1);
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
        let what = *stamp.get(20)?;
        let picture = match what & 1 {
            0 => Picture::Camera,
            _ => Picture::Screen,
        };
        let stamp = Self {
            lesson: LessonTag(word(0)?),
            sender: ParticipantId(word(4)?),
            picture,
            layer: what >> 1,
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
        Self(micros(start().0.elapsed()))
    }

    /// A moment that the kernel noted, as time since the Unix epoch.
    #[must_use]
    pub fn of_kernel(since_epoch: Duration) -> Self {
        Self(micros(since_epoch.saturating_sub(start().1)))
    }

    /// So many microseconds after this process first asked.
    #[cfg(test)]
    pub const fn at_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since this process first asked.
    #[must_use]
    pub const fn micros(self) -> u64 {
        self.0
    }

    /// How long after `earlier` it is.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// How long ago it was.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Duration::from_micros(Self::now().0.saturating_sub(self.0))
    }
}

/// When this process first asked, by both clocks.
fn start() -> &'static (Instant, Duration) {
    static START: OnceLock<(Instant, Duration)> = OnceLock::new();
    START.get_or_init(|| {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH);
        (Instant::now(), wall.unwrap_or_default())
    })
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// What a voice's packet carries: whose lesson, and when it was said.
///
/// Invariant: the packet stays Opus. It becomes one of code 3 with padding, whose content no
/// decoder looks at (RFC 6716 §3.2.5), and the stamp is that padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VoiceStamp {
    /// The lesson it is meant for.
    pub lesson: LessonTag,
    /// When it was handed to the network; read back to the nearest 71 minutes.
    pub sent: Moment,
}

impl VoiceStamp {
    const MAGIC: [u8; 2] = *b"Hv";
    const BYTES: u8 = 10;
    /// §3.2.5: one frame, and padding.
    const ONE_FRAME_PADDED: u8 = 0x41;

    /// `packet` with this stamp in it; a packet of several frames stays as it is.
    #[must_use]
    pub fn put_on(self, packet: &[u8]) -> Bytes {
        let Some((&toc, frame)) = packet.split_first().filter(|(toc, _)| **toc & 3 == 0) else {
            return Bytes::copy_from_slice(packet);
        };
        let mut out = BytesMut::with_capacity(packet.len() + 2 + usize::from(Self::BYTES));
        out.put_slice(&[toc | 3, Self::ONE_FRAME_PADDED, Self::BYTES]);
        out.put_slice(frame);
        out.put_u32(self.lesson.0);
        out.put_u32(self.sent.0 as u32);
        out.put_slice(&Self::MAGIC);
        out.freeze()
    }

    /// The stamp of a packet; `None` for a voice that is no bot's.
    #[must_use]
    pub fn read(packet: &[u8], now: Moment) -> Option<Self> {
        let at = packet.len().checked_sub(usize::from(Self::BYTES))?;
        let stamp: [u8; Self::BYTES as usize] = packet.get(at..)?.try_into().ok()?;
        let [l0, l1, l2, l3, s0, s1, s2, s3, magic @ ..] = stamp;
        if magic != Self::MAGIC {
            return None;
        }
        let sent = u32::from_be_bytes([s0, s1, s2, s3]);
        let ago = (now.0 as u32).wrapping_sub(sent);
        Some(Self {
            lesson: LessonTag(u32::from_be_bytes([l0, l1, l2, l3])),
            sent: Moment(now.0.saturating_sub(u64::from(ago))),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_stays_opus_under_its_stamp() {
        let lesson = LessonTag(77);
        let mut voice = crate::tone::Voice::new(crate::Tone::nth(3), crate::Volume::Normal)
            .expect("libopus starts");
        let mut ear = crate::tone::Ear::new().expect("libopus starts");
        let (mut heard, later) = (None, Moment(1 << 33));
        for _ in 0..5 {
            let said = voice.speak().expect("encodes").opus;
            let sent = Moment(later.0 - 1_234);
            let stamped = VoiceStamp { lesson, sent }.put_on(&said);
            assert_eq!(stamped.len(), said.len() + 12);
            let read = VoiceStamp::read(&stamped, later);
            assert_eq!(read, Some(VoiceStamp { lesson, sent }));
            assert_eq!(VoiceStamp::read(&said, later), None);
            heard = ear.listen(&stamped).expect("is Opus");
        }
        assert_eq!(heard, Some(crate::Tone::nth(3)));
    }

    #[test]
    fn larger_layers_are_larger_and_begin_with_a_key_frame() {
        let rates = [0, 1, 2].map(|layer| {
            let clip = Clip::layer(layer);
            let bytes: usize = clip.frames.iter().map(Bytes::len).sum();
            assert_eq!(clip.next_key_frame(1), clip.frames_per_second());
            8 * bytes as u32 * clip.frames_per_second() / clip.frames.len() as u32
        });
        assert!(
            rates[0] < 200_000 && rates[1] < 500_000 && rates[2] < 1_500_000,
            "{rates:?}"
        );
        assert!(
            2 * rates[0] < rates[1] && 2 * rates[1] < rates[2],
            "{rates:?}"
        );
    }

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
            layer: 2,
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
