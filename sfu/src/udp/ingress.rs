//! Datagrams received by one call.
//!
//! With `UDP_GRO` the kernel joins datagrams of equal length that come back to back from one
//! sender, as the packets of a video frame do; what arrives is then cut where they were joined.
//!
//! Invariant: a datagram that is exposed is whole and no longer than [`MAX_DATAGRAM_BYTES`].

use super::control::Control;
use super::wire_address::WireAddress;
use std::io;
use std::net::SocketAddr;
use std::ops::Range;

/// Longest datagram that is kept, in bytes. Ours fit in 1,500.
pub(super) const MAX_DATAGRAM_BYTES: usize = 2048;
/// Most messages that one call receives, each of one datagram or of several joined.
pub(super) const MESSAGES: usize = 32;
/// Messages asked for while little arrives: asking for many costs more than one datagram's work.
const FEW_MESSAGES: usize = 4;
/// Room for one message: the longest the kernel joins.
const MESSAGE_BYTES: usize = 65_536;
/// From one message's room to the next: not a multiple of the page, or their first lines, which
/// are the ones used, would crowd into the same few sets of the processor's caches.
const STRIDE: usize = MESSAGE_BYTES + 21 * 64;
/// Datagrams the kernel joins at most.
const JOINED: usize = 64;

/// Datagrams received by one call, in buffers that are used again by the next.
#[derive(Debug)]
pub struct RecvBatch {
    buffers: Buffers,
    received: Vec<Received>,
    /// How many messages the next call asks for; grows and shrinks with what arrives.
    ask: usize,
    is_drained: bool,
}

/// What one call fills; all of it stays to be filled again.
pub(super) struct Buffers {
    bytes: Box<[u8]>,
    pub addresses: [WireAddress; MESSAGES],
    pub controls: [Control<libc::c_int>; MESSAGES],
}

/// One message, as the kernel gave it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    pub slot: usize,
    pub len: usize,
    /// Whether it was longer than its room.
    pub is_cut_short: bool,
    /// The length of the datagrams it was joined from, all but the last.
    pub segment_bytes: Option<usize>,
    pub from: SocketAddr,
}

#[derive(Debug)]
struct Received {
    start: usize,
    len: usize,
    from: SocketAddr,
}

impl Default for RecvBatch {
    fn default() -> Self {
        Self {
            buffers: Buffers {
                bytes: vec![0; MESSAGES * STRIDE].into_boxed_slice(),
                addresses: [WireAddress::EMPTY; MESSAGES],
                controls: [Control::<libc::c_int>::EMPTY; MESSAGES],
            },
            received: Vec::with_capacity(MESSAGES * JOINED),
            ask: FEW_MESSAGES,
            is_drained: false,
        }
    }
}

impl RecvBatch {
    /// How many datagrams there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.received.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.received.is_empty()
    }

    /// The bytes of a datagram, to be opened in place, and where it came from.
    ///
    /// # Panics
    /// When `index` is not below [`len`](Self::len).
    pub fn get_mut(&mut self, index: usize) -> (&mut [u8], SocketAddr) {
        let Received { start, len, from } = self.received[index];
        (&mut self.buffers.bytes[start..start + len], from)
    }

    /// Whether the last call took all there was.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.is_drained
    }

    /// Exposes the datagrams of what `receive` puts into the buffers, of as many messages as it is
    /// asked for.
    pub(super) fn refill<'b, M: Iterator<Item = Message>>(
        &'b mut self,
        receive: impl FnOnce(&'b mut Buffers, usize) -> io::Result<M>,
    ) -> io::Result<usize> {
        let Self {
            buffers,
            received,
            ask,
            is_drained,
        } = self;
        received.clear();
        *is_drained = true;
        let asked = *ask;
        let mut messages = 0;
        for message in receive(buffers, asked)? {
            messages = message.slot + 1;
            let start = message.slot * STRIDE;
            received.extend(datagrams(&message).map(|range| Received {
                start: start + range.start,
                len: range.len(),
                from: message.from,
            }));
        }
        *is_drained = messages < asked;
        *ask = match messages {
            all if all == asked => (2 * asked).min(MESSAGES),
            few if few < asked / 4 => (asked / 2).max(FEW_MESSAGES),
            _ => asked,
        };
        Ok(received.len())
    }
}

impl Buffers {
    /// Each message's room.
    pub fn rooms(
        &mut self,
    ) -> impl Iterator<Item = (&mut [u8], &mut WireAddress, &mut Control<libc::c_int>)> {
        let bytes = self.bytes.chunks_exact_mut(STRIDE);
        let bytes = bytes.map(|bytes| &mut bytes[..MESSAGE_BYTES]);
        let parts = bytes.zip(&mut self.addresses).zip(&mut self.controls);
        parts.map(|((bytes, address), control)| (bytes, address, control))
    }
}

impl std::fmt::Debug for Buffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Buffers").finish_non_exhaustive()
    }
}

/// Where in a message the datagrams are that are whole and not too long.
fn datagrams(message: &Message) -> impl Iterator<Item = Range<usize>> + use<> {
    let &Message {
        len, is_cut_short, ..
    } = message;
    // At least one, so that an empty datagram, too, is one datagram.
    let step = message.segment_bytes.unwrap_or(len).max(1);
    let count = len.div_ceil(step).max(1);
    let whole = count - usize::from(is_cut_short);
    let ranges = (0..whole).map(move |i| i * step..len.min((i + 1) * step));
    ranges.filter(|range| range.len() <= MAX_DATAGRAM_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        len: usize,
        segment_bytes: Option<usize>,
        is_cut_short: bool,
        expected: &[(usize, usize)],
    ) {
        let message = Message {
            slot: 0,
            len,
            is_cut_short,
            segment_bytes,
            from: ([192, 0, 2, 1], 1).into(),
        };
        let found: Vec<_> = datagrams(&message).map(|r| (r.start, r.end)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_was_joined_is_cut_where_it_was_joined() {
        check(0, None, false, &[(0, 0)]);
        check(9, None, false, &[(0, 9)]);
        check(9, Some(9), false, &[(0, 9)]);
        check(9, Some(20), false, &[(0, 9)]);
        check(9, Some(3), false, &[(0, 3), (3, 6), (6, 9)]);
        check(10, Some(4), false, &[(0, 4), (4, 8), (8, 10)]);
        check(0, Some(4), false, &[(0, 0)]);
    }

    #[test]
    fn what_is_too_long_is_dropped_alone() {
        check(2_048, None, false, &[(0, 2_048)]);
        check(2_049, None, false, &[]);
        check(4_096, Some(2_048), false, &[(0, 2_048), (2_048, 4_096)]);
        check(4_098, Some(2_049), false, &[]);
        check(4_099, Some(2_049), false, &[(4_098, 4_099)]);
    }

    #[test]
    fn what_may_be_cut_short_is_dropped_alone() {
        check(9, None, true, &[]);
        check(0, None, true, &[]);
        check(10, Some(4), true, &[(0, 4), (4, 8)]);
    }

    #[test]
    fn calls_ask_for_more_while_much_arrives_and_for_less_when_it_does_not() {
        let mut batch = RecvBatch::default();
        let mut refill = |arrived: usize| {
            let mut asked = 0;
            let message = |slot| Message {
                slot,
                len: 1,
                is_cut_short: false,
                segment_bytes: None,
                from: ([192, 0, 2, 1], 1).into(),
            };
            let received = batch.refill(|_, ask| {
                asked = ask;
                Ok((0..arrived.min(ask)).map(message))
            });
            assert_eq!(received.expect("it works"), arrived.min(asked));
            assert_eq!(batch.is_drained(), arrived < asked);
            asked
        };
        let asked: Vec<_> = [100, 100, 100, 100, 20, 3, 3, 3, 3, 4, 100]
            .map(&mut refill)
            .into();
        assert_eq!(asked, [4, 8, 16, 32, 32, 32, 16, 8, 8, 8, 8]);
    }

    #[test]
    fn messages_lie_apart_and_in_different_sets() {
        let mut batch = RecvBatch::default();
        let rooms: Vec<_> = batch
            .buffers
            .rooms()
            .map(|(room, ..)| room.as_ptr_range())
            .collect();
        assert_eq!(rooms.len(), MESSAGES);
        assert!(rooms.is_sorted_by(|a, b| a.end <= b.start));
        assert_ne!(STRIDE % 4096, 0);
    }
}
