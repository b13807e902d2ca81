//! The RTP packet: fixed header, header extensions, payload, padding.
//!
//! Invariant: an [`RtpHeader`] or [`RtpPacket`] exists only for bytes whose every length was
//! checked, so no accessor can fail. The padding count is the last byte of the *plain* payload:
//! before decryption only [`RtpHeader::parse`] may be used.

use core::ops::Deref;

use crate::ParseError;
use crate::cursor::{Reader, Writer};

mod extensions;
pub use extensions::{Extension, Extensions, MAX_EXTENSIONS};

/// The fixed header without CSRCs and extensions.
pub const FIXED_HEADER_LEN: usize = 12;

/// The protocol version in the two top bits of every RTP and RTCP packet.
pub(crate) const VERSION: u8 = 2;

const PADDING_BIT: u8 = 0x20;
const EXTENSION_BIT: u8 = 0x10;
const CSRC_COUNT_MASK: u8 = 0x0f;
const MARKER_BIT: u8 = 0x80;

/// What a forwarder chooses anew for each packet it sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderFields {
    /// For video the last packet of a frame, for audio the first after silence.
    pub marker: bool,
    /// The codec, as negotiated; 7 bits.
    pub payload_type: u8,
    /// Counts packets of one SSRC, wrapping.
    pub sequence_number: u16,
    /// Media time in units of the codec's clock, wrapping.
    pub timestamp: u32,
    /// The stream.
    pub ssrc: u32,
}

/// A checked header; everything but the padding is known from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpHeader<'a> {
    fields: HeaderFields,
    header_len: usize,
    has_padding: bool,
    extensions: Extensions<'a>,
}

impl<'a> RtpHeader<'a> {
    /// Checks version, CSRC list and extension length. The payload may still be encrypted.
    pub fn parse(packet: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader(packet);
        let flags = reader.u8().ok_or(ParseError::Truncated)?;
        if flags >> 6 != VERSION {
            return Err(ParseError::Version);
        }
        let fields = read_fields(&mut reader).ok_or(ParseError::Truncated)?;
        let csrc_len = usize::from(flags & CSRC_COUNT_MASK) * 4;
        reader.take(csrc_len).ok_or(ParseError::Truncated)?;
        let extensions = match flags & EXTENSION_BIT {
            0 => Extensions::default(),
            _ => Extensions::read(&mut reader).ok_or(ParseError::Truncated)?,
        };
        Ok(Self {
            fields,
            header_len: packet.len() - reader.0.len(),
            has_padding: flags & PADDING_BIT != 0,
            extensions,
        })
    }

    /// The fields a forwarder rewrites, as they arrived.
    pub fn fields(&self) -> HeaderFields {
        self.fields
    }

    /// The marker bit.
    pub fn marker(&self) -> bool {
        self.fields.marker
    }

    /// The payload type.
    pub fn payload_type(&self) -> u8 {
        self.fields.payload_type
    }

    /// The sequence number.
    pub fn sequence_number(&self) -> u16 {
        self.fields.sequence_number
    }

    /// The media timestamp.
    pub fn timestamp(&self) -> u32 {
        self.fields.timestamp
    }

    /// The synchronisation source.
    pub fn ssrc(&self) -> u32 {
        self.fields.ssrc
    }

    /// Bytes before the payload: fixed header, CSRCs and extensions.
    pub fn header_len(&self) -> usize {
        self.header_len
    }

    /// Whether the plain payload ends in padding.
    pub fn has_padding(&self) -> bool {
        self.has_padding
    }

    /// The data of one header extension.
    pub fn extension(&self, id: u8) -> Option<&'a [u8]> {
        self.extensions()
            .find(|extension| extension.id == id)
            .map(|extension| extension.data)
    }

    /// The header extensions, at most [`MAX_EXTENSIONS`] of them.
    pub fn extensions(&self) -> Extensions<'a> {
        self.extensions
    }
}

fn read_fields(reader: &mut Reader<'_>) -> Option<HeaderFields> {
    let marker_and_type = reader.u8()?;
    Some(HeaderFields {
        marker: marker_and_type & MARKER_BIT != 0,
        payload_type: marker_and_type & !MARKER_BIT,
        sequence_number: reader.u16()?,
        timestamp: reader.u32()?,
        ssrc: reader.u32()?,
    })
}

/// A checked plain packet. It answers everything its [`RtpHeader`] answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RtpPacket<'a> {
    header: RtpHeader<'a>,
    payload: &'a [u8],
    padding_len: usize,
}

impl<'a> RtpPacket<'a> {
    /// Checks a decrypted packet, padding included.
    pub fn parse(packet: &'a [u8]) -> Result<Self, ParseError> {
        let header = RtpHeader::parse(packet)?;
        let body = packet
            .get(header.header_len..)
            .ok_or(ParseError::Truncated)?;
        let padding_len = match header.has_padding {
            true => padding_len(body)?,
            false => 0,
        };
        let payload = &body[..body.len() - padding_len];
        Ok(Self {
            header,
            payload,
            padding_len,
        })
    }

    /// The media, without padding. Empty in packets that only probe the path.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Padding bytes after the payload, the count byte included.
    pub fn padding_len(&self) -> usize {
        self.padding_len
    }
}

impl<'a> Deref for RtpPacket<'a> {
    type Target = RtpHeader<'a>;

    fn deref(&self) -> &RtpHeader<'a> {
        &self.header
    }
}

/// RFC 3550 §5.1: the last byte counts the padding, itself included.
fn padding_len(body: &[u8]) -> Result<usize, ParseError> {
    match body.last() {
        Some(&count) if count > 0 && usize::from(count) <= body.len() => Ok(count.into()),
        _ => Err(ParseError::Padding),
    }
}

/// Writes a header with one-byte-form extensions (RFC 8285 §4.2) and returns its length.
///
/// # Panics
/// If `buf` is too short, an extension id is not 1–14, or its data is not 1–16 bytes: all three
/// are chosen by us.
pub fn write_header(buf: &mut [u8], fields: &HeaderFields, extensions: &[Extension<'_>]) -> usize {
    debug_assert!(fields.payload_type < 128, "a payload type has 7 bits");
    let mut writer = Writer::new(buf);
    let extension_bit = if extensions.is_empty() {
        0
    } else {
        EXTENSION_BIT
    };
    writer.u8(VERSION << 6 | extension_bit);
    writer.u8(if fields.marker { MARKER_BIT } else { 0 } | fields.payload_type & !MARKER_BIT);
    writer.u16(fields.sequence_number);
    writer.u32(fields.timestamp);
    writer.u32(fields.ssrc);
    if !extensions.is_empty() {
        extensions::write(&mut writer, extensions);
    }
    writer.len()
}

/// The same as [`write_header`] with one extension of two bytes, a transport-wide sequence number, in
/// a fraction of its time: every packet that is sent carries one.
///
/// # Panics
/// If `buf` is too short or `id` is not 1–14.
pub fn write_numbered_header(buf: &mut [u8], fields: &HeaderFields, id: u8, number: u16) -> usize {
    assert!((1..=14).contains(&id), "one-byte ids are 1–14");
    let len = write_header(buf, fields, &[]);
    let [high, low] = number.to_be_bytes();
    buf[0] |= EXTENSION_BIT;
    // RFC 8285 §4.2: the form, its length in words, the element, and a byte to fill the word.
    buf[len..len + 8].copy_from_slice(&[0xbe, 0xde, 0, 1, id << 4 | 1, high, low, 0]);
    len + 8
}

/// The same as [`write_header`] with extensions one of which may be longer than 16 bytes: then in the
/// two-byte form (RFC 8285 §4.3), which whoever reads it must have agreed to.
///
/// # Panics
/// If `buf` is too short, an id is not 1–14, or data is empty or longer than 255 bytes.
pub fn write_long_header(
    buf: &mut [u8],
    fields: &HeaderFields,
    extensions: &[Extension<'_>],
) -> usize {
    let len = write_header(buf, fields, &[]);
    buf[0] |= EXTENSION_BIT;
    let mut writer = Writer::new(&mut buf[len..]);
    extensions::write_any(&mut writer, extensions);
    len + writer.len()
}

/// Appends `count` bytes of padding to the packet `buf[..len]` (RFC 3550 §5.1), for 0 does nothing;
/// the new length, or `None` if there is no room.
#[must_use]
pub fn write_padding(buf: &mut [u8], len: usize, count: u8) -> Option<usize> {
    let end = len + usize::from(count);
    let [zeros @ .., last] = buf.get_mut(len..end)? else {
        return Some(len);
    };
    zeros.fill(0);
    *last = count;
    buf[0] |= PADDING_BIT;
    Some(end)
}

#[cfg(test)]
mod tests;
