//! Offer in, answer out: what a client's SDP says that the SFU needs, and our reply to it.
//!
//! An [`Offer`] is read once, together with the [`Layout`] that names the purpose of each m-line.
//! We read SDP with our own bounded line reader: of the whole language we need a dozen attributes,
//! and a general codec would copy every line of a hostile text before we could refuse it.
//!
//! Invariant: an `Offer` that exists is answerable. Its used m-lines share one BUNDLE transport
//! with `rtcp-mux`, one payload type per codec and one id per header extension, each has exactly
//! one purpose, and no text of it can break a line of the answer.

mod answer;
mod codec;
mod error;
mod foreign;
mod fragment;
mod lines;
mod offer;
mod simulcast;
#[cfg(test)]
mod tests;
mod transport;

pub use answer::{LocalDescription, SlotSsrc};
pub use error::{LineProblem, SdpError, SyntaxProblem};
pub use foreign::ForeignError;
pub use fragment::{Fragment, MAX_FRAGMENT_BYTES, write_fragment};

use crate::{Codec, Layout, SlotKind, Source};
use offer::Line;
use std::fmt;

/// Longest offer, in bytes; a desktop's offer from Chromium is about 20 KiB.
pub const MAX_OFFER_BYTES: usize = 200 * 1024;
/// Longest line of an offer, in bytes; a BUNDLE group of [`MAX_MEDIA_LINES`] mids fits.
pub const MAX_LINE_BYTES: usize = 4096;
/// Most m-lines of an offer, used or not.
pub const MAX_MEDIA_LINES: usize = 128;
/// Most attributes of one section; Chromium with every codec it has writes about 150.
pub const MAX_ATTRIBUTES: usize = 512;
/// Most formats named by one m-line: there are 128 RTP payload types.
pub const MAX_FORMATS: usize = 128;
/// Longest `mid`, in bytes.
pub const MAX_MID_BYTES: usize = 16;
/// Most audio slots of a layout.
pub const MAX_AUDIO_SLOTS: usize = 3;
/// Most video slots of a layout.
pub const MAX_VIDEO_SLOTS: usize = 12;

/// An offer we can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The client's half of the ICE credentials.
    pub ice: IceCredentials,
    /// SHA-256 of the certificate that the client must show in DTLS (RFC 8122).
    pub fingerprint: [u8; 32],
    /// The client's numbers for our codecs.
    pub payload_types: PayloadTypes,
    /// Of those, the codecs that every slot takes.
    pub received: PayloadTypes,
    /// Opus with earlier packets (RFC 2198); `None` when some audio slot does not take it.
    pub red: Option<u8>,
    /// The client's numbers for our header extensions.
    pub extensions: ExtensionIds,
    /// It names a transport of its own for some line, in case that is not bundled.
    has_many_transports: bool,
    /// It writes the longer form of extensions only where it must (RFC 8285 §6).
    mixes_extensions: bool,
    /// What the client sends, in the order of its m-lines.
    pub up: Vec<UpLine>,
    /// Where the client receives, in the order of its m-lines.
    pub down: Vec<DownLine>,
    /// Every m-line, because the answer must repeat them all in order (RFC 3264 §6).
    lines: Vec<Line>,
}

impl Offer {
    /// Reads an offer whose m-lines serve the purposes that `layout` names.
    pub fn parse(sdp: &str, layout: &Layout) -> Result<Self, SdpError> {
        offer::understand(&lines::read(sdp)?, layout)
    }

    /// Whether pictures can be sent again under numbers of their own (RFC 4588).
    #[must_use]
    pub fn has_rtx(&self) -> bool {
        self.payload_types
            .of(Codec::Vp8)
            .is_some_and(|vp8| vp8.rtx.is_some())
    }

    /// Writes the answer: ICE-lite, DTLS passive, each used line mirrored, all others refused.
    #[must_use]
    pub fn answer(&self, local: &LocalDescription<'_>) -> String {
        answer::write(self, local)
    }
}

/// User name fragment and password of one side of ICE (RFC 8839 §5.4).
#[derive(Clone, PartialEq, Eq)]
pub struct IceCredentials {
    /// 4 to 256 ice-chars.
    pub ufrag: String,
    /// 22 to 256 ice-chars. Secret.
    pub pwd: String,
}

impl fmt::Debug for IceCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceCredentials")
            .field("ufrag", &self.ufrag)
            .finish_non_exhaustive()
    }
}

/// RTP payload types, the same on every m-line of the bundle. Opus is there where an audio line is,
/// VP8 where a slot for pictures is; another codec of pictures is when some line offers it, and then
/// with RTX exactly when VP8, if that is there, has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PayloadTypes([Option<CodecTypes>; Codec::ALL.len()]);

/// The numbers of one codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodecTypes {
    /// Of the codec.
    pub main: u8,
    /// Of its retransmission (RFC 4588).
    pub rtx: Option<u8>,
}

impl PayloadTypes {
    /// Those of a codec.
    #[must_use]
    pub const fn of(&self, codec: Codec) -> Option<CodecTypes> {
        self.0[codec.index()]
    }

    /// With those of one more codec.
    #[must_use]
    pub const fn with(mut self, codec: Codec, types: CodecTypes) -> Self {
        self.0[codec.index()] = Some(types);
        self
    }

    /// The codec that a number names, and whether it names its retransmission.
    #[must_use]
    pub fn find(&self, payload_type: u8) -> Option<(Codec, bool)> {
        let known = Codec::ALL.into_iter().zip(self.0);
        known
            .filter_map(|(codec, types)| Some((codec, types?)))
            .find_map(|(codec, types)| {
                let is_rtx = types.rtx == Some(payload_type);
                (is_rtx || types.main == payload_type).then_some((codec, is_rtx))
            })
    }
}

/// Ids of one-byte header extensions (RFC 8285 §4.2), the same on every m-line of the bundle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    /// `mid` (RFC 9143).
    pub mid: Option<u8>,
    /// Audio level, client to mixer (RFC 6464).
    pub audio_level: Option<u8>,
    /// Transport-wide sequence number.
    pub transport_cc: Option<u8>,
    /// Layer of a packet (RFC 8852).
    pub rid: Option<u8>,
    /// Layer that a retransmission repairs (RFC 8852).
    pub repaired_rid: Option<u8>,
    /// Dependency descriptor (AV1 RTP, appendix A), of cameras with all layers in one stream and of
    /// whatever is in AV1, both ways.
    pub dependency: Option<u8>,
}

/// An m-line on which the client sends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpLine {
    /// What it carries.
    pub source: Source,
    /// It carries the source at a low rate, beside another line that carries it whole.
    pub is_low: bool,
    /// Its `mid`.
    pub mid: String,
    /// The SSRC it announces; without one, packets are told apart by the `mid` extension.
    pub ssrc: Option<u32>,
    /// The SSRC of its retransmissions.
    pub rtx_ssrc: Option<u32>,
    /// The names of its layers, smallest first; empty when it is one stream. Their SSRCs are told
    /// by their first packets alone.
    pub rids: Vec<String>,
    /// It is one stream of a camera in a codec that can put all layers into it.
    pub has_layers: bool,
    /// It sends packets again when asked to (RFC 4585 §6.2.1).
    pub nack: bool,
}

/// An m-line on which the client receives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownLine {
    /// Which slot it is.
    pub slot: SlotKind,
    /// Its `mid`.
    pub mid: String,
    /// The client reports when each packet arrives (transport-cc), and reads the number it needs
    /// for that.
    pub transport_wide: bool,
}

/// What the layout says an m-line is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The client sends a source on it.
    Up(Source),
    /// The client sends its microphone on it once more, at the low rate that the answer asks for.
    LowMicrophone,
    /// The client receives a slot on it.
    Down(SlotKind),
}

impl Purpose {
    /// Audio or video.
    fn kind(self) -> Kind {
        match self {
            Self::LowMicrophone
            | Self::Up(Source::Microphone | Source::ScreenAudio)
            | Self::Down(SlotKind::Audio(_) | SlotKind::ScreenAudio) => Kind::Audio,
            Self::Up(Source::Camera | Source::Screen)
            | Self::Down(SlotKind::Video(_) | SlotKind::Screen) => Kind::Video,
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up(Source::Microphone) => f.write_str("microphone line"),
            Self::LowMicrophone => f.write_str("low-rate microphone line"),
            Self::Up(Source::Camera) => f.write_str("camera line"),
            Self::Up(Source::Screen) => f.write_str("screen line"),
            Self::Up(Source::ScreenAudio) => f.write_str("screen audio line"),
            Self::Down(slot) => write!(f, "{} slot", SlotName(*slot)),
        }
    }
}

/// The two kinds of media there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Audio,
    Video,
}

impl Kind {
    /// As the m-line spells it.
    fn as_str(self) -> &'static str {
        match self {
            Self::Audio => "audio",
            Self::Video => "video",
        }
    }
}

/// How the answer names a slot: the id of its stream and track.
struct SlotName(SlotKind);

impl fmt::Display for SlotName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SlotKind::Audio(index) => write!(f, "audio-{index}"),
            SlotKind::Video(index) => write!(f, "video-{index}"),
            SlotKind::Screen => f.write_str("screen"),
            SlotKind::ScreenAudio => f.write_str("screen-audio"),
        }
    }
}
