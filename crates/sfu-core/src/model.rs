//! The words every module here shares: rooms, participants, what they send, what they may.
//!
//! Invariant: none of these is a string on the packet path; a `Layout` is read once, at the offer.

/// A room: one lesson's people, given by signalling; never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(pub u64);

/// A participant, unique within its room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParticipantId(pub u32);

/// One of the workers (threads) of a process, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WorkerIndex(pub u8);

/// What a person is to the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaRole {
    /// Always heard while their microphone is on.
    Teacher,
    /// Heard when among the loudest.
    Student,
}

/// What a participant can send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Source {
    /// Voice.
    Microphone = 0,
    /// Face.
    Camera = 1,
    /// Shared screen.
    Screen = 2,
    /// The shared screen's sound.
    ScreenAudio = 3,
}

impl Source {
    /// All four, in the order of their numbers.
    pub const ALL: [Self; 4] = [
        Self::Microphone,
        Self::Camera,
        Self::Screen,
        Self::ScreenAudio,
    ];

    /// Its place in a table of four.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether it carries pictures.
    #[must_use]
    pub const fn is_video(self) -> bool {
        matches!(self, Self::Camera | Self::Screen)
    }

    /// RTP clock rate in Hz: 48,000 for Opus (RFC 7587 §4.1), 90,000 for pictures.
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        if self.is_video() { 90_000 } else { 48_000 }
    }
}

/// What a payload is coded in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Codec {
    /// RFC 7587. Every voice.
    Opus = 0,
    /// RFC 7741. Every browser's pictures.
    Vp8 = 1,
    /// RFC 6184, constrained baseline in packetization mode 1.
    H264 = 2,
    /// RFC 9628, profile 0. Its spatial layers can share one stream.
    Vp9 = 3,
    /// AV1 RTP, main profile. Layers are told by dependency descriptors alone.
    Av1 = 4,
}

impl Codec {
    /// All, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Opus, Self::Vp8, Self::H264, Self::Vp9, Self::Av1];

    /// Its place in a table of them.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether it codes pictures.
    #[must_use]
    pub const fn is_video(self) -> bool {
        !matches!(self, Self::Opus)
    }
}

/// A set of sources: what a participant may send. Empty by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceSet(u8);

impl SourceSet {
    /// Nothing.
    pub const NONE: Self = Self(0);

    /// With one more.
    #[must_use]
    pub const fn with(self, source: Source) -> Self {
        Self(self.0 | 1 << source as u8)
    }

    /// Whether it holds `source`.
    #[must_use]
    pub const fn contains(self, source: Source) -> bool {
        self.0 & (1 << source as u8) != 0
    }
}

/// What a receive m-line of an offer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// One of the voices, by number.
    Audio(u8),
    /// One of the cameras, by number.
    Video(u8),
    /// The shared screen.
    Screen,
    /// The shared screen's sound.
    ScreenAudio,
}

impl SlotKind {
    /// Whether it shows pictures.
    #[must_use]
    pub const fn is_video(self) -> bool {
        matches!(self, Self::Video(_) | Self::Screen)
    }

    /// RTP clock rate in Hz, as [`Source::clock_rate`].
    #[must_use]
    pub const fn clock_rate(self) -> u32 {
        if self.is_video() { 90_000 } else { 48_000 }
    }
}

/// The purpose of each m-line of an offer, by its `mid`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Sends the microphone.
    pub microphone: Option<String>,
    /// Sends the microphone once more, in few and small packets.
    pub microphone_low: Option<String>,
    /// Sends the camera.
    pub camera: Option<String>,
    /// Sends the shared screen.
    pub screen: Option<String>,
    /// Sends the shared screen's sound.
    pub screen_audio: Option<String>,
    /// Receives voices.
    pub audio_slots: Vec<String>,
    /// Receives cameras.
    pub video_slots: Vec<String>,
    /// Receives the shared screen.
    pub screen_slot: Option<String>,
    /// Receives the shared screen's sound.
    pub screen_audio_slot: Option<String>,
}
