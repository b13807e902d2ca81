//! Source descriptions and goodbyes (RFC 3550 §6.5, §6.6).
//!
//! Invariant: we write one CNAME and read no descriptions: names of people travel in signalling.

use super::{finish, packet_type, start};
use crate::cursor::Reader;

/// The item's length field has one byte.
pub const MAX_CNAME_LEN: usize = 255;

const CNAME_ITEM: u8 = 1;

/// Streams that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bye<'a> {
    ssrcs: &'a [u8],
}

impl<'a> Bye<'a> {
    pub(super) fn read(mut reader: Reader<'a>, count: u8) -> Option<Self> {
        let ssrcs = reader.take(usize::from(count) * 4)?;
        Some(Self { ssrcs })
    }

    /// The streams.
    pub fn ssrcs(&self) -> impl Iterator<Item = u32> + use<'a> {
        self.ssrcs
            .chunks_exact(4)
            .filter_map(|ssrc| Reader(ssrc).u32())
    }
}

/// Writes a source description with one CNAME and returns its length.
///
/// # Panics
/// If `buf` is too short or the name is longer than [`MAX_CNAME_LEN`].
pub fn write_sdes_cname(buf: &mut [u8], ssrc: u32, cname: &str) -> usize {
    assert!(
        cname.len() <= MAX_CNAME_LEN,
        "a CNAME holds at most 255 bytes"
    );
    let mut writer = start(buf, packet_type::SDES, 1);
    writer.u32(ssrc);
    writer.u8(CNAME_ITEM);
    writer.u8(cname.len() as u8);
    writer.bytes(cname.as_bytes());
    // The item list ends in at least one zero byte, then pads to a word.
    writer.u8(0);
    writer.align_to_word();
    finish(writer)
}
