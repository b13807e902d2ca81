//! Why an offer cannot be answered, in words that a client's developer can act on.
//!
//! Invariant: no error repeats text from the offer, so it is safe to log and to send back.

use super::Purpose;

/// Why an offer was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SdpError {
    /// Over [`MAX_OFFER_BYTES`](super::MAX_OFFER_BYTES).
    #[error("the offer is too long")]
    TooLong,
    /// Not SDP.
    #[error("line {line}: {problem}")]
    Syntax {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: SyntaxProblem,
    },
    /// An m-line that the layout uses is not what the layout says.
    #[error("{purpose}: {problem}")]
    Line {
        /// Which one.
        purpose: Purpose,
        /// What is wrong with it.
        problem: LineProblem,
    },
    /// The layout names more slots than a session may have.
    #[error("the layout has too many slots")]
    TooManySlots,
    /// The layout uses no line.
    #[error("the layout must use at least one line")]
    NothingUsed,
    /// Two m-lines carry the same mid.
    #[error("two m-lines carry the same mid")]
    DuplicateMid,
    /// No one BUNDLE group holds every used m-line.
    #[error("the used m-lines are not all in one BUNDLE group")]
    NotBundled,
    /// The first line of the BUNDLE group is not used; refusing it would close the transport.
    #[error("the first m-line of the BUNDLE group is not in the layout")]
    TaggedLineUnused,
    /// The client is ICE-lite as we are, so nobody would send checks.
    #[error("both sides are ICE-lite")]
    PeerIsLite,
    /// No ICE credentials, or ones that RFC 8839 does not allow.
    #[error("no valid ice-ufrag and ice-pwd")]
    BadIceCredentials,
    /// No fingerprint of a hash we accept; SHA-1 alone is not enough.
    #[error("no valid sha-256 fingerprint")]
    NoSha256Fingerprint,
    /// We are always the DTLS server, so the client must be able to be active.
    #[error("DTLS setup must be actpass or active")]
    BadSetup,
    /// Bundled lines name different transports.
    #[error("bundled m-lines disagree about the transport")]
    TransportConflict,
    /// One codec has two payload types, or two codecs share one.
    #[error("m-lines disagree about payload types")]
    PayloadTypeConflict,
    /// One header extension has two ids, or two extensions share one.
    #[error("m-lines disagree about header extension ids")]
    ExtensionConflict,
    /// Two streams announce the same SSRC.
    #[error("two streams announce the same SSRC")]
    DuplicateSsrc,
}

/// What is wrong with a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxProblem {
    /// The text must start with `v=0`.
    #[error("an offer starts with v=0")]
    NotVersionZero,
    /// Over [`MAX_LINE_BYTES`](super::MAX_LINE_BYTES).
    #[error("the line is too long")]
    TooLong,
    /// Not `x=text`, or it holds control characters.
    #[error("not an SDP line")]
    NotALine,
    /// An m-line that does not read `m=kind port protocol formats`.
    #[error("not an m-line")]
    BadMediaLine,
    /// Over [`MAX_MEDIA_LINES`](super::MAX_MEDIA_LINES).
    #[error("too many m-lines")]
    TooManyMediaLines,
    /// Over [`MAX_ATTRIBUTES`](super::MAX_ATTRIBUTES).
    #[error("too many attributes")]
    TooManyAttributes,
    /// Over [`MAX_FORMATS`](super::MAX_FORMATS).
    #[error("too many formats")]
    TooManyFormats,
    /// A mid that is no token, or over [`MAX_MID_BYTES`](super::MAX_MID_BYTES).
    #[error("not a usable mid")]
    BadMid,
}

/// What is wrong with an m-line that the layout uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LineProblem {
    /// No m-line has that mid.
    #[error("the offer has no such mid")]
    UnknownMid,
    /// The layout gives the same mid another purpose too.
    #[error("its mid is used twice")]
    UsedTwice,
    /// Audio where video was expected, or the reverse, or neither.
    #[error("wrong kind of media")]
    WrongKind,
    /// Send lines are sendonly or sendrecv, slots recvonly or sendrecv.
    #[error("wrong direction")]
    WrongDirection,
    /// Port 0: the client itself refuses it.
    #[error("the offer disables it")]
    Disabled,
    /// Only `UDP/TLS/RTP/SAVPF`.
    #[error("unknown transport protocol")]
    WrongProtocol,
    /// RTP and RTCP must share a port.
    #[error("rtcp-mux is required")]
    NoRtcpMux,
    /// Opus on audio lines, VP8 in slots for pictures, any of ours where pictures are sent.
    #[error("the codec we speak is not offered")]
    CodecMissing,
    /// A payload type that RFC 5761 §4 forbids beside RTCP.
    #[error("unusable payload type")]
    BadPayloadType,
    /// An `ssrc` or `ssrc-group` that does not parse.
    #[error("unreadable SSRC")]
    BadSsrc,
}
