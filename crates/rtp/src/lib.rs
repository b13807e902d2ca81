//! Bytes ↔ borrowed views: RTP, RTCP, header extensions, payload descriptors, sequence arithmetic.
//!
//! | Module | Wire format |
//! |---|---|
//! | [`demux`] | which protocol a datagram on the shared port speaks (RFC 7983, RFC 5761) |
//! | [`packet`] | the RTP header and its extensions (RFC 3550 §5.1, RFC 8285) |
//! | [`extension`] | what the extensions we negotiate mean |
//! | [`dependency`] | the dependency descriptor: layers of any codec (AV1 RTP, appendix A) |
//! | [`sequence`] | 16-bit sequence numbers that wrap |
//! | [`vp8`] | the VP8 payload descriptor (RFC 7741) |
//! | [`vp9`] | the VP9 payload descriptor (RFC 9628) |
//! | [`av1`] | where an AV1 stream can begin (AV1 RTP) |
//! | [`red`] | redundant audio (RFC 2198) |
//! | [`h264`] | H.264 payloads (RFC 6184) |
//! | [`rtx`] | retransmission payloads (RFC 4588) |
//! | [`rtcp`] | reports and feedback (RFC 3550 §6, RFC 4585, RFC 5104, transport-wide feedback) |
//!
//! Invariant: nothing here keeps state, reads time or allocates. Reading never panics, whatever
//! the bytes; writing goes into the caller's buffer and panics only if that buffer, which is ours,
//! is too short for what we asked.

pub mod av1;
mod cursor;
pub mod demux;
pub mod dependency;
mod error;
pub mod extension;
pub mod h264;
pub mod packet;
pub mod red;
pub mod rtcp;
pub mod rtx;
pub mod sequence;
pub mod vp8;
pub mod vp9;

pub use demux::{DatagramKind, classify};
pub use error::ParseError;
pub use packet::{
    Extension, HeaderFields, RtpHeader, RtpPacket, write_header, write_long_header,
    write_numbered_header, write_padding,
};
