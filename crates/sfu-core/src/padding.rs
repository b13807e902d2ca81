//! How much padding lets the packets of one burst leave in one send.
//!
//! The kernel splits a send into datagrams of equal length, of which only the last may be shorter
//! (`UDP_SEGMENT`). Encoders cut a frame into packets that differ by a byte or two, so a few bytes
//! of RTP padding (RFC 3550 §5.1) on the shorter ones let the whole frame leave at once.
//!
//! Invariant: a packet grows by at most 1/[`PADDING_SHARE`] of the run's length, so the overhead of
//! padding is below 2 % whatever the sizes are.

use crate::bounds::{MAX_BURST, PADDING_SHARE};
use arrayvec::ArrayVec;

/// Padding of each packet, in bytes.
pub type Padding = ArrayVec<u8, MAX_BURST>;

/// The padding for payloads of these lengths, at most [`MAX_BURST`] of them.
pub fn plan(lengths: impl Iterator<Item = usize>) -> Padding {
    let lengths: ArrayVec<usize, MAX_BURST> = lengths.take(MAX_BURST).collect();
    let mut padding = Padding::new();
    while let Some(rest) = lengths.get(padding.len()..).filter(|rest| !rest.is_empty()) {
        let (run, longest) = similar(rest);
        let ends_shorter = rest.get(run).is_some_and(|next| *next < longest);
        let pad = |length: &usize| (longest - length) as u8;
        padding.extend(rest[..run].iter().map(pad));
        if ends_shorter {
            padding.push(0);
        } else if let Some(last) = padding.last_mut() {
            // The last of a run may be shorter.
            *last = 0;
        }
    }
    padding
}

/// How many of the first lengths are equal but for a little, and the longest of them.
fn similar(lengths: &[usize]) -> (usize, usize) {
    let (mut shortest, mut longest) = (lengths[0], lengths[0]);
    let mut run = 0;
    for length in lengths {
        let (low, high) = (shortest.min(*length), longest.max(*length));
        if high - low > (high / PADDING_SHARE).min(usize::from(u8::MAX)) {
            break;
        }
        (shortest, longest) = (low, high);
        run += 1;
    }
    (run, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lengths: &[usize], expected: &[u8]) {
        assert_eq!(&plan(lengths.iter().copied())[..], expected, "{lengths:?}");
    }

    #[test]
    fn a_frame_of_nearly_equal_packets_is_made_equal() {
        check(&[1028, 1028, 1028, 1029, 1029], &[1, 1, 1, 0, 0]);
        check(&[1029, 1028, 1029], &[0, 1, 0]);
    }

    #[test]
    fn the_last_of_a_run_may_be_shorter() {
        check(&[1000, 1000, 999], &[0, 0, 0]);
        check(&[1000, 1000, 300], &[0, 0, 0]);
        check(&[999, 1000, 300], &[1, 0, 0]);
    }

    #[test]
    fn unlike_packets_are_left_alone() {
        check(&[], &[]);
        check(&[500], &[0]);
        check(&[100, 1000, 100, 1000], &[0, 0, 0, 0]);
        check(&[60, 80, 70], &[0, 0, 0]);
        check(&[0, 0], &[0, 0]);
    }

    #[test]
    fn a_shorter_packet_ends_its_run_and_the_next_begins_anew() {
        check(&[1000, 999, 1000, 200, 700, 701], &[0, 1, 0, 0, 1, 0]);
    }

    #[test]
    fn overhead_stays_below_two_percent_whatever_the_sizes() {
        let mut length = 7_usize;
        for _ in 0..1_000 {
            let lengths: Vec<usize> = (0..MAX_BURST)
                .map(|_| {
                    length = (length * 1_103 + 12_345) % 65_537;
                    length % 1_500
                })
                .collect();
            let padding = plan(lengths.iter().copied());
            assert_eq!(padding.len(), lengths.len());
            for (pad, length) in padding.iter().zip(&lengths) {
                assert!(usize::from(*pad) * 50 <= *length, "{pad} on {length}");
            }
        }
    }
}
