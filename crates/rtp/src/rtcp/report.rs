//! Sender and receiver reports (RFC 3550 §6.4).
//!
//! Invariant: the number of blocks comes from the bytes that are there, never from the count alone.

use super::{finish, packet_type, start};
use crate::cursor::{Reader, Writer};

const BLOCK_LEN: usize = 24;
/// The count field has five bits.
const MAX_BLOCKS: usize = 31;

/// What a sender says of its own stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderInfo {
    /// Wall clock as NTP: seconds since 1900 in the high 32 bits, fraction in the low.
    pub ntp_time: u64,
    /// The media timestamp of that moment.
    pub rtp_time: u32,
    /// Packets sent so far.
    pub packet_count: u32,
    /// Payload bytes sent so far.
    pub octet_count: u32,
}

impl SenderInfo {
    /// The middle 32 bits of the NTP time, which reports echo as `last_sender_report`.
    pub fn ntp_middle(&self) -> u32 {
        (self.ntp_time >> 16) as u32
    }
}

/// How one stream is received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReportBlock {
    /// The stream reported on.
    pub ssrc: u32,
    /// Loss since the previous report, in 1/256.
    pub fraction_lost: u8,
    /// Packets lost in all; negative when duplicates outnumber losses. 24 bits on the wire.
    pub cumulative_lost: i32,
    /// Highest sequence number received, extended by the count of wraps.
    pub extended_highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the last sender report's NTP time, 0 before the first.
    pub last_sender_report: u32,
    /// Time since that report arrived, in 1/65536 s.
    pub delay_since_last_sender_report: u32,
}

/// A parsed sender report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SenderReport<'a> {
    /// The sender's stream.
    pub ssrc: u32,
    /// What it sent.
    pub info: SenderInfo,
    blocks: &'a [u8],
}

/// A parsed receiver report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiverReport<'a> {
    /// The reporter.
    pub ssrc: u32,
    blocks: &'a [u8],
}

impl<'a> SenderReport<'a> {
    pub(super) fn read(mut reader: Reader<'a>, count: u8) -> Option<Self> {
        let ssrc = reader.u32()?;
        let info = SenderInfo {
            ntp_time: reader.u64()?,
            rtp_time: reader.u32()?,
            packet_count: reader.u32()?,
            octet_count: reader.u32()?,
        };
        let blocks = reader.take(usize::from(count) * BLOCK_LEN)?;
        Some(Self { ssrc, info, blocks })
    }

    /// How the sender receives others.
    pub fn blocks(&self) -> impl Iterator<Item = ReportBlock> + use<'a> {
        read_blocks(self.blocks)
    }
}

impl<'a> ReceiverReport<'a> {
    pub(super) fn read(mut reader: Reader<'a>, count: u8) -> Option<Self> {
        let ssrc = reader.u32()?;
        let blocks = reader.take(usize::from(count) * BLOCK_LEN)?;
        Some(Self { ssrc, blocks })
    }

    /// How the reporter receives others.
    pub fn blocks(&self) -> impl Iterator<Item = ReportBlock> + use<'a> {
        read_blocks(self.blocks)
    }
}

fn read_blocks(bytes: &[u8]) -> impl Iterator<Item = ReportBlock> + use<'_> {
    bytes
        .chunks_exact(BLOCK_LEN)
        .filter_map(|block| read_block(Reader(block)))
}

fn read_block(mut reader: Reader<'_>) -> Option<ReportBlock> {
    Some(ReportBlock {
        ssrc: reader.u32()?,
        fraction_lost: reader.u8()?,
        // Shifting up and back down carries the sign of the 24-bit field.
        cumulative_lost: (reader.u24()? << 8) as i32 >> 8,
        extended_highest_sequence: reader.u32()?,
        jitter: reader.u32()?,
        last_sender_report: reader.u32()?,
        delay_since_last_sender_report: reader.u32()?,
    })
}

/// Writes a sender report and returns its length.
///
/// # Panics
/// If `buf` is too short or there are more than 31 blocks.
pub fn write_sender_report(
    buf: &mut [u8],
    ssrc: u32,
    info: &SenderInfo,
    blocks: &[ReportBlock],
) -> usize {
    let mut writer = start(buf, packet_type::SENDER_REPORT, block_count(blocks));
    writer.u32(ssrc);
    writer.u64(info.ntp_time);
    writer.u32(info.rtp_time);
    writer.u32(info.packet_count);
    writer.u32(info.octet_count);
    blocks
        .iter()
        .for_each(|block| write_block(&mut writer, block));
    finish(writer)
}

/// Writes a receiver report and returns its length.
///
/// # Panics
/// If `buf` is too short or there are more than 31 blocks.
pub fn write_receiver_report(buf: &mut [u8], ssrc: u32, blocks: &[ReportBlock]) -> usize {
    let mut writer = start(buf, packet_type::RECEIVER_REPORT, block_count(blocks));
    writer.u32(ssrc);
    blocks
        .iter()
        .for_each(|block| write_block(&mut writer, block));
    finish(writer)
}

fn block_count(blocks: &[ReportBlock]) -> u8 {
    assert!(
        blocks.len() <= MAX_BLOCKS,
        "a report holds at most 31 blocks"
    );
    blocks.len() as u8
}

fn write_block(writer: &mut Writer<'_>, block: &ReportBlock) {
    // RFC 3550 §6.4.1: the field has 24 bits; a count beyond them stays at the edge.
    let lost = block.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff);
    writer.u32(block.ssrc);
    writer.u8(block.fraction_lost);
    writer.u24(lost as u32 & 0xff_ffff);
    writer.u32(block.extended_highest_sequence);
    writer.u32(block.jitter);
    writer.u32(block.last_sender_report);
    writer.u32(block.delay_since_last_sender_report);
}
