//! What a light bot reports of what it receives: receiver reports, arrivals by transport-wide
//! number, what is missing, and that a picture cannot go on.
//!
//! Invariant: every number is reported once, and never one that did not come as come.

use super::reception::Reception;
use crate::clip::Moment;
use bytes::BytesMut;
use rtc::rtcp::Packet;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use rtc::rtcp::receiver_report::ReceiverReport;
use rtc::rtcp::reception_report::ReceptionReport;
use rtc::rtcp::transport_feedbacks::transport_layer_nack::{
    TransportLayerNack, nack_pairs_from_sequence_numbers,
};

/// The reporter of who sends nothing, as in Chromium.
const RECEIVER_SSRC: u32 = 1;
/// Most streams one report tells of (RFC 3550 §6.4.2).
const MAX_BLOCKS: usize = 31;
/// Most arrivals one report tells of; the rest waits for the next.
const MAX_ARRIVALS: usize = 400;
/// Units of the report's times: 250 µs, and 64 ms for the reference.
const TICK_US: u64 = 250;
const REFERENCE_US: u64 = 64_000;

/// Arrivals not reported yet.
#[derive(Debug, Default)]
pub(super) struct ArrivalLog {
    arrivals: Vec<(u64, Moment)>,
    newest: Option<u64>,
    next_base: u64,
    reports: u8,
}

impl ArrivalLog {
    pub(super) fn note(&mut self, number: u16, at: Moment) {
        // One turn up, so that an older one has a number too.
        let newest = self.newest.unwrap_or((1 << 16) | u64::from(number));
        let ahead = number.wrapping_sub(newest as u16) as i16;
        let number = newest.wrapping_add_signed(i64::from(ahead));
        self.newest = Some(newest.max(number));
        if number >= self.next_base {
            self.arrivals.push((number, at));
        }
    }

    /// The report of what came, if anything did: draft-holmer-rmcat-transport-wide-cc-extensions-01
    /// §3.1.
    pub(super) fn report(&mut self) -> Option<Vec<u8>> {
        self.arrivals.sort_unstable_by_key(|(number, _)| *number);
        self.arrivals.dedup_by_key(|(number, _)| *number);
        let rest = self
            .arrivals
            .split_off(self.arrivals.len().min(MAX_ARRIVALS));
        let arrivals = std::mem::replace(&mut self.arrivals, rest);
        let (&(first, _), &(last, _)) = (arrivals.first()?, arrivals.last()?);
        let base = match self.next_base {
            // What was missing before the first is nobody's loss.
            0 => first,
            // A silence longer than a report can tell of begins anew.
            next if last - next > 2 * MAX_ARRIVALS as u64 => first,
            next => next,
        };
        self.next_base = last + 1;
        let reference = arrivals.iter().map(|(_, at)| at.micros()).min()? / REFERENCE_US;
        let mut deltas = Vec::with_capacity(2 * arrivals.len());
        let mut symbols = vec![0_u16; usize::try_from(last - base + 1).ok()?];
        let mut ticks = (reference * REFERENCE_US / TICK_US) as i64;
        for (number, at) in arrivals {
            let now = (at.micros() / TICK_US) as i64;
            let delta = (now - ticks).clamp(i64::from(i16::MIN), i64::from(i16::MAX));
            ticks += delta;
            let symbol = &mut symbols[usize::try_from(number - base).ok()?];
            if let Ok(small) = u8::try_from(delta) {
                *symbol = 1;
                deltas.push(small);
            } else {
                *symbol = 2;
                deltas.extend((delta as i16).to_be_bytes());
            }
        }
        let count = self.reports;
        self.reports = count.wrapping_add(1);
        Some(write_arrivals(
            base as u16,
            reference as u32,
            count,
            &symbols,
            &deltas,
        ))
    }
}

fn write_arrivals(base: u16, reference: u32, count: u8, symbols: &[u16], deltas: &[u8]) -> Vec<u8> {
    // Version 2, format 15, transport feedback.
    let mut out = vec![0x8f, 205, 0, 0];
    out.extend(RECEIVER_SSRC.to_be_bytes());
    out.extend(0_u32.to_be_bytes());
    out.extend(base.to_be_bytes());
    out.extend((symbols.len() as u16).to_be_bytes());
    out.extend((reference << 8 | u32::from(count)).to_be_bytes());
    for seven in symbols.chunks(7) {
        // §3.1.4: a vector of seven symbols of two bits.
        let bits = seven.iter().enumerate();
        let bits = bits.fold(0, |bits, (i, symbol)| bits | symbol << (12 - 2 * i));
        out.extend((0xc000_u16 | bits).to_be_bytes());
    }
    out.extend(deltas);
    let padding = out.len().wrapping_neg() % 4;
    if padding > 0 {
        out[0] |= 0x20;
        out.resize(out.len() + padding, 0);
        if let Some(last) = out.last_mut() {
            *last = padding as u8;
        }
    }
    let words = (out.len() / 4 - 1) as u16;
    out[2..4].copy_from_slice(&words.to_be_bytes());
    out
}

/// All that is to be said now, as one compound packet; `is_full` adds the receiver report.
pub(super) fn compose(reception: &mut Reception, is_full: bool, reporter: Option<u32>) -> Vec<u8> {
    let mut out = Vec::new();
    let reporter = reporter.unwrap_or(RECEIVER_SSRC);
    if is_full {
        push(&mut out, &receiver_report(reception, reporter));
    }
    reception.missing(|media_ssrc, numbers, needs_key| {
        if !numbers.is_empty() {
            let nacks = nack_pairs_from_sequence_numbers(&numbers);
            let nack = TransportLayerNack {
                sender_ssrc: reporter,
                media_ssrc,
                nacks,
            };
            push(&mut out, &nack);
        }
        if needs_key {
            let pli = PictureLossIndication {
                sender_ssrc: reporter,
                media_ssrc,
            };
            push(&mut out, &pli);
        }
    });
    out.extend(reception.log.report().unwrap_or_default());
    out
}

fn push(out: &mut Vec<u8>, packet: &dyn Packet) {
    let mut bytes = BytesMut::zeroed(packet.marshal_size());
    // The buffer is as large as the packet says that it is.
    if let Ok(length) = packet.marshal_to(&mut bytes) {
        out.extend(&bytes[..length]);
    }
}

fn receiver_report(reception: &mut Reception, ssrc: u32) -> ReceiverReport {
    let streams = reception.streams.iter_mut();
    let heard = streams.filter(|stream| stream.arrivals.unique() > 0);
    let reports = heard.take(MAX_BLOCKS).map(|stream| {
        let now = (stream.arrivals.expected(), stream.arrivals.unique());
        let before = std::mem::replace(&mut stream.reported, now);
        let expected = now.0.saturating_sub(before.0);
        let lost = expected.saturating_sub(now.1.saturating_sub(before.1));
        ReceptionReport {
            ssrc: stream.announced.ssrc,
            fraction_lost: (lost * 256)
                .checked_div(expected)
                .map_or(0, |f| f.min(255) as u8),
            total_lost: stream.arrivals.lost().min(0x007f_ffff) as u32,
            // One turn up is where counting begins.
            last_sequence_number: (stream.arrivals.highest() - (1 << 16)) as u32,
            ..ReceptionReport::default()
        }
    });
    ReceiverReport {
        ssrc,
        reports: reports.collect(),
        ..ReceiverReport::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtc::rtcp::transport_feedbacks::transport_layer_cc::TransportLayerCc;
    use rtc::shared::marshal::Unmarshal;

    fn moment(us: u64) -> Moment {
        Moment::at_micros(us)
    }

    #[test]
    fn arrivals_are_reported_as_they_were() {
        let mut log = ArrivalLog::default();
        for (number, us) in [(65_534, 64_000), (65_535, 64_500), (1, 90_000), (0, 95_000)] {
            log.note(number, moment(us));
        }
        log.note(4, moment(96_000));
        let report = log.report().expect("something came");
        let read = TransportLayerCc::unmarshal(&mut &report[..]).expect("is one");
        assert_eq!(
            (read.base_sequence_number, read.packet_status_count),
            (65_534, 7)
        );
        assert_eq!(read.reference_time, 1);
        let deltas: Vec<i64> = read.recv_deltas.iter().map(|delta| delta.delta).collect();
        // In the order of the numbers; 1 came before 0.
        assert_eq!(deltas, [0, 500, 30_500, -5_000, 6_000]);
        assert_eq!(log.report(), None);
        log.note(6, moment(97_000));
        let report = log.report().expect("something came");
        let read = TransportLayerCc::unmarshal(&mut &report[..]).expect("is one");
        assert_eq!(
            (read.base_sequence_number, read.packet_status_count),
            (5, 2)
        );
    }
}
