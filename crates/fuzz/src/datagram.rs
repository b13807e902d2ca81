//! The whole datagram entry of the SFU: steps of (address, time, bytes) from the network.
//!
//! A step is one byte (two bits of address, six of tenths of a second that pass first), two bytes
//! of length, then the datagram.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use homeroom_rtp::{DatagramKind, classify};
use homeroom_sfu_core::bounds::MAX_RTP_BYTES;
use homeroom_sfu_core::transmit::TransmitBatch;
use homeroom_sfu_core::{Event, Sfu};

use crate::stun::{LOCAL, REMOTE};
use crate::world::{TEACHER, identity, participant, sfu};

/// Steps read of one input.
const MAX_STEPS: usize = 64;
/// Bytes that may leave for each that came in (a reflector's gain), besides our own checks.
const MAX_GAIN: usize = 3;
/// Our own checks are paced by time, not by what comes in: length of one, and how many a second
/// an address that has named the right password may get.
const MAX_CHECK_BYTES: usize = 200;
const MAX_CHECKS_PER_TENTH: usize = 2;

/// Whoever has not answered our check gets nothing but STUN, and little of it; no input connects
/// anybody or ends a room.
pub fn datagram(data: &[u8]) {
    let mut now = Instant::now();
    let mut out = TransmitBatch::default();
    let mut sfu = sfu(now);
    let teacher = participant(TEACHER, LOCAL, REMOTE, identity().fingerprint());
    sfu.handle_command(now, teacher, &mut out);
    let (mut bytes_in, mut tenths) = (0, 0);
    let mut bytes_out = 0;
    for step in Steps(data).take(MAX_STEPS) {
        tenths += step.tenths_s;
        now = pass_time(&mut sfu, now, step.tenths_s, &mut out);
        bytes_in += step.datagram.len();
        let from = SocketAddr::from(([192, 0, 2, step.sender as u8], 40_000));
        sfu.handle_datagram(now, from, &mut step.datagram.to_vec(), &mut out);
        bytes_out += check_and_clear(&mut out);
    }
    let checks = (tenths + MAX_STEPS) * MAX_CHECKS_PER_TENTH * SENDERS * MAX_CHECK_BYTES;
    assert!(
        bytes_out <= MAX_GAIN * bytes_in + checks,
        "{bytes_in} bytes in, {bytes_out} out"
    );
    while let Some(event) = sfu.poll_event() {
        assert!(
            !matches!(event, Event::Connected { .. } | Event::RoomFailed { .. }),
            "{event:?}"
        );
    }
    assert_eq!(sfu.participants(), 1);
}

fn check_and_clear(out: &mut TransmitBatch) -> usize {
    let mut bytes = 0;
    for (_, datagram) in out.iter() {
        assert_eq!(
            classify(datagram),
            Some(DatagramKind::Stun),
            "nobody has answered our check"
        );
        bytes += datagram.len();
    }
    out.clear();
    bytes
}

/// Lets tenths of a second pass one by one, as a worker's timers would.
pub(crate) fn pass_time(
    sfu: &mut Sfu,
    mut now: Instant,
    tenths_s: usize,
    out: &mut TransmitBatch,
) -> Instant {
    for _ in 0..tenths_s {
        now += Duration::from_millis(100);
        sfu.handle_timeout(now, out);
    }
    now
}

/// Addresses that take part.
const SENDERS: usize = 4;

pub(crate) struct Step<'a> {
    /// Which of the addresses.
    pub sender: usize,
    /// Time that passes first.
    pub tenths_s: usize,
    pub datagram: &'a [u8],
}

/// Reads steps until the bytes run out; the last may be cut short.
pub(crate) struct Steps<'a>(pub &'a [u8]);

impl<'a> Iterator for Steps<'a> {
    type Item = Step<'a>;

    fn next(&mut self) -> Option<Step<'a>> {
        let ([first, high, low], rest) = self.0.split_first_chunk()?;
        let len = usize::from(u16::from_be_bytes([*high, *low])).min(rest.len());
        let (datagram, rest) = rest.split_at(len);
        self.0 = rest;
        Some(Step {
            sender: usize::from(*first) % SENDERS,
            tenths_s: usize::from(first >> 2),
            datagram: &datagram[..len.min(2 * MAX_RTP_BYTES)],
        })
    }
}
