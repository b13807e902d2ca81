//! The header extensions we negotiate: their URIs and what their bytes mean.
//!
//! Invariant: unknown trailing bytes are ignored, missing bytes make the value absent.

/// RFC 6464: how loud the packet's audio is, so that speakers can be chosen without decoding.
pub const AUDIO_LEVEL_URI: &str = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/// RFC 8843 §15: which m-line a packet belongs to, before its SSRC is known.
pub const MID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:mid";
/// RFC 8852 §4.1: which layer of an m-line a packet belongs to, before its SSRC is known.
pub const RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id";
/// RFC 8852 §4.2: which layer a retransmission repairs.
pub const REPAIRED_RID_URI: &str = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id";
/// draft-holmer-rmcat-transport-wide-cc-extensions-01: one counter over all streams of a transport.
pub const TRANSPORT_WIDE_SEQUENCE_URI: &str =
    "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01";

/// AV1 RTP specification, appendix A: which layer a packet is of, and which of them are coded.
pub const DEPENDENCY_URI: &str =
    "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension";

/// Loudness of one audio packet (RFC 6464 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudioLevel {
    /// Decibels below overload: 0 is the loudest, 127 is silence.
    pub level: u8,
    /// The encoder believes that it hears speech.
    pub voice: bool,
}

impl AudioLevel {
    /// Reads the extension's data.
    pub fn parse(data: &[u8]) -> Option<Self> {
        let &byte = data.first()?;
        Some(Self {
            level: byte & 0x7f,
            voice: byte & 0x80 != 0,
        })
    }

    /// The extension's data.
    pub fn to_bytes(self) -> [u8; 1] {
        [self.level.min(127) | if self.voice { 0x80 } else { 0 }]
    }
}

/// Reads the media identification tag.
pub fn parse_mid(data: &[u8]) -> Option<&str> {
    core::str::from_utf8(data)
        .ok()
        .filter(|mid| !mid.is_empty())
}

/// Reads a layer's name, of the stream itself or of the one that is repaired (RFC 8852 §3).
pub fn parse_rid(data: &[u8]) -> Option<&str> {
    core::str::from_utf8(data)
        .ok()
        .filter(|rid| !rid.is_empty())
}

/// Reads the transport-wide sequence number.
pub fn parse_transport_wide_sequence(data: &[u8]) -> Option<u16> {
    data.first_chunk().map(|bytes| u16::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn audio_level_keeps_level_and_voice() {
        for (byte, level, voice) in [
            (0x00, 0, false),
            (0x7f, 127, false),
            (0x80, 0, true),
            (0x9e, 30, true),
        ] {
            let parsed = AudioLevel::parse(&[byte]);
            assert_eq!(parsed, Some(AudioLevel { level, voice }));
            assert_eq!(parsed.map(AudioLevel::to_bytes), Some([byte]));
        }
    }

    #[test]
    fn a_missing_value_is_absent() {
        assert_eq!(AudioLevel::parse(&[]), None);
        assert_eq!(parse_mid(&[]), None);
        assert_eq!(parse_mid(&[0xff]), None);
        assert_eq!(parse_rid(&[]), None);
        assert_eq!(parse_rid(&[0xff]), None);
        assert_eq!(parse_transport_wide_sequence(&[1]), None);
    }

    #[test]
    fn mid_and_transport_wide_sequence_read_back() {
        assert_eq!(parse_mid(b"12"), Some("12"));
        assert_eq!(parse_rid(b"q"), Some("q"));
        assert_eq!(
            parse_transport_wide_sequence(&0xbeef_u16.to_be_bytes()),
            Some(0xbeef)
        );
    }
}
