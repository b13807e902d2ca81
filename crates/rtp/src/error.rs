//! Why bytes were refused. Invariant: an error carries no bytes of the packet, so it can be logged.

use core::fmt;

/// The first rule that a packet broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ParseError {
    /// A field or a declared length reaches past the end of the bytes.
    Truncated,
    /// The version field is not 2 (RFC 3550 §5.1, §6.4.1).
    Version,
    /// The padding count is zero or larger than what it pads.
    Padding,
    /// A compound carries more packets than [`crate::rtcp::MAX_RTCP_PACKETS`].
    TooManyPackets,
    /// A dependency descriptor names a template of no structure that is known.
    Structure,
    /// A structure has more layers or templates than can be.
    TooManyLayers,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "a length reaches past the end of the packet",
            Self::Version => "the version is not 2",
            Self::Padding => "the padding count does not fit the packet",
            Self::TooManyPackets => "the compound holds too many packets",
            Self::Structure => "the template is of no structure that is known",
            Self::TooManyLayers => "the structure has too many layers or templates",
        })
    }
}

impl core::error::Error for ParseError {}
