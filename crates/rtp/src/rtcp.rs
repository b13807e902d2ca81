//! RTCP: compounds of reports and feedback, read as borrowed views and written into our buffers.
//!
//! Invariant: a [`Compound`] exists only if every packet in it is framed inside the datagram and
//! there are at most [`MAX_RTCP_PACKETS`]; a well-framed packet whose body we cannot read becomes
//! [`RtcpPacket::Other`], so one odd packet never hides its neighbours.

use crate::ParseError;
use crate::cursor::{Reader, Writer};
use crate::packet::VERSION;

mod feedback;
mod report;
mod sdes;
mod transport_wide;

pub use feedback::{Fir, FirEntry, MAX_NACK_WORDS, Nack, Pli, Remb, write_nack, write_pli};
pub use report::{
    ReceiverReport, ReportBlock, SenderInfo, SenderReport, write_receiver_report,
    write_sender_report,
};
pub use sdes::{Bye, MAX_CNAME_LEN, write_sdes_cname};
pub use transport_wide::{TransportFeedback, WrittenFeedback, write_transport_feedback};

/// A compound with more packets than this is refused; browsers send fewer than six.
pub const MAX_RTCP_PACKETS: usize = 32;

const HEADER_LEN: usize = 4;
const PADDING_BIT: u8 = 0x20;

mod packet_type {
    pub const SENDER_REPORT: u8 = 200;
    pub const RECEIVER_REPORT: u8 = 201;
    pub const SDES: u8 = 202;
    pub const BYE: u8 = 203;
    pub const TRANSPORT_FEEDBACK: u8 = 205;
    pub const PAYLOAD_FEEDBACK: u8 = 206;
}

/// Feedback message types: RFC 4585 §6.2–6.4, RFC 5104 §4.3.1, the transport-wide and REMB drafts.
mod feedback_type {
    pub const NACK: u8 = 1;
    pub const TRANSPORT_WIDE: u8 = 15;
    pub const PLI: u8 = 1;
    pub const FIR: u8 = 4;
    pub const APPLICATION: u8 = 15;
}

/// One packet of a compound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RtcpPacket<'a> {
    /// What a sender sent, and how it receives others.
    SenderReport(SenderReport<'a>),
    /// How a receiver receives.
    ReceiverReport(ReceiverReport<'a>),
    /// Source descriptions; we read none of them.
    Sdes,
    /// Streams that ended.
    Bye(Bye<'a>),
    /// Packets to send again.
    Nack(Nack<'a>),
    /// A request for a key frame.
    Pli(Pli),
    /// A request for a key frame, in its older form.
    Fir(Fir<'a>),
    /// A receiver's estimate of its bandwidth.
    Remb(Remb<'a>),
    /// Arrival times of the packets of a transport.
    TransportFeedback(TransportFeedback<'a>),
    /// Something we do not know, or whose body is malformed.
    Other {
        /// The RTCP packet type.
        packet_type: u8,
        /// The five bits that are a count or a feedback message type.
        format: u8,
    },
}

/// The packets of one datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compound<'a> {
    rest: &'a [u8],
}

impl<'a> Compound<'a> {
    /// Checks the framing of every packet. Reduced-size compounds (RFC 5506) are accepted, so the
    /// first packet need not be a report.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut reader = Reader(bytes);
        for _ in 0..MAX_RTCP_PACKETS {
            Frame::read(&mut reader)?;
            if reader.0.is_empty() {
                return Ok(Self { rest: bytes });
            }
        }
        Err(ParseError::TooManyPackets)
    }
}

impl<'a> Iterator for Compound<'a> {
    type Item = RtcpPacket<'a>;

    fn next(&mut self) -> Option<RtcpPacket<'a>> {
        let mut reader = Reader(self.rest);
        let frame = Frame::read(&mut reader).ok()?;
        self.rest = reader.0;
        Some(frame.packet().unwrap_or(RtcpPacket::Other {
            packet_type: frame.packet_type,
            format: frame.format,
        }))
    }
}

/// One packet's header and body, without padding.
struct Frame<'a> {
    packet_type: u8,
    format: u8,
    body: &'a [u8],
}

impl<'a> Frame<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, ParseError> {
        let flags = reader.u8().ok_or(ParseError::Truncated)?;
        if flags >> 6 != VERSION {
            return Err(ParseError::Version);
        }
        let packet_type = reader.u8().ok_or(ParseError::Truncated)?;
        let words = reader.u16().ok_or(ParseError::Truncated)?;
        let body = reader
            .take(usize::from(words) * 4)
            .ok_or(ParseError::Truncated)?;
        let padding_len = match (flags & PADDING_BIT, body.last()) {
            (0, _) => 0,
            (_, Some(&count)) if count > 0 && usize::from(count) <= body.len() => {
                usize::from(count)
            }
            _ => return Err(ParseError::Padding),
        };
        Ok(Self {
            packet_type,
            format: flags & 0x1f,
            body: &body[..body.len() - padding_len],
        })
    }

    fn packet(&self) -> Option<RtcpPacket<'a>> {
        let reader = Reader(self.body);
        match (self.packet_type, self.format) {
            (packet_type::SENDER_REPORT, count) => {
                SenderReport::read(reader, count).map(RtcpPacket::SenderReport)
            }
            (packet_type::RECEIVER_REPORT, count) => {
                ReceiverReport::read(reader, count).map(RtcpPacket::ReceiverReport)
            }
            (packet_type::SDES, _) => Some(RtcpPacket::Sdes),
            (packet_type::BYE, count) => Bye::read(reader, count).map(RtcpPacket::Bye),
            (packet_type::TRANSPORT_FEEDBACK, feedback_type::NACK) => {
                Nack::read(reader).map(RtcpPacket::Nack)
            }
            (packet_type::TRANSPORT_FEEDBACK, feedback_type::TRANSPORT_WIDE) => {
                TransportFeedback::read(reader).map(RtcpPacket::TransportFeedback)
            }
            (packet_type::PAYLOAD_FEEDBACK, feedback_type::PLI) => {
                Pli::read(reader).map(RtcpPacket::Pli)
            }
            (packet_type::PAYLOAD_FEEDBACK, feedback_type::FIR) => {
                Fir::read(reader).map(RtcpPacket::Fir)
            }
            (packet_type::PAYLOAD_FEEDBACK, feedback_type::APPLICATION) => {
                Remb::read(reader).map(RtcpPacket::Remb)
            }
            _ => None,
        }
    }
}

/// Starts a packet whose length is filled in by [`finish`].
fn start<'b>(buf: &'b mut [u8], packet_type: u8, format: u8) -> Writer<'b> {
    debug_assert!(format < 32, "the count or format field has 5 bits");
    let mut writer = Writer::new(buf);
    writer.u8(VERSION << 6 | format);
    writer.u8(packet_type);
    writer.u16(0);
    writer
}

/// Fills in the length field and returns the packet's length in bytes.
fn finish(mut writer: Writer<'_>) -> usize {
    let len = writer.len();
    debug_assert!(len.is_multiple_of(4), "RTCP packets are whole words");
    // RFC 3550 §6.4.1: the length in words, minus one.
    writer.patch_u16(2, ((len - HEADER_LEN) / 4) as u16);
    len
}

#[cfg(test)]
mod tests;
