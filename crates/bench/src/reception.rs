//! What one receiver got, by stream and sequence number.
//!
//! Invariant: a packet is counted once, however often and in whatever order it arrives within the
//! window; what was never seen is missing, so nothing a forwarder says of itself is believed.

use homeroom_rtp::sequence;

/// Packets behind the newest that may still arrive, or arrive again.
const WINDOW: u64 = 512;
const WORDS: usize = (WINDOW / 64) as usize;

/// One stream.
#[derive(Debug, Clone)]
pub struct Stream {
    /// Its number on the wire.
    pub ssrc: u32,
    /// Different packets that arrived.
    pub arrived: u64,
    /// The newest sequence number, extended by its wraps.
    pub newest: u64,
    seen: [u64; WORDS],
}

/// The streams of one receiver; a handful, so a scan beats a map.
#[derive(Debug, Clone, Default)]
pub struct Reception {
    streams: Vec<Stream>,
}

impl Reception {
    /// Counts a packet; returns whether it is new.
    pub fn count(&mut self, ssrc: u32, seq: u16) -> bool {
        match self.streams.iter_mut().find(|stream| stream.ssrc == ssrc) {
            Some(stream) => stream.count(seq),
            None => {
                // One turn up, so that an older packet has a number too.
                let newest = u64::from(seq) + (1 << 16);
                let mut stream = Stream {
                    ssrc,
                    arrived: 0,
                    newest,
                    seen: [0; WORDS],
                };
                let is_new = stream.count(seq);
                self.streams.push(stream);
                is_new
            }
        }
    }

    /// The streams, in the order of their first packets.
    #[must_use]
    pub fn streams(&self) -> &[Stream] {
        &self.streams
    }
}

impl Stream {
    fn count(&mut self, seq: u16) -> bool {
        let index = sequence::unwrap(self.newest, seq);
        if index + WINDOW <= self.newest {
            return false;
        }
        // What lies between is not seen yet; a jump beyond the window clears it all.
        for skipped in (self.newest + 1..=index).take(WINDOW as usize) {
            self.clear(skipped);
        }
        self.newest = self.newest.max(index);
        let (word, bit) = place(index);
        let is_new = self.seen[word] & bit == 0;
        self.seen[word] |= bit;
        self.arrived += u64::from(is_new);
        is_new
    }

    fn clear(&mut self, index: u64) {
        let (word, bit) = place(index);
        self.seen[word] &= !bit;
    }
}

const fn place(index: u64) -> (usize, u64) {
    ((index / 64) as usize % WORDS, 1 << (index % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts these and returns how many were new, and how far the newest came from the first.
    #[track_caller]
    fn check(sequence: &[u16], arrived: u64, span: u64) {
        let mut reception = Reception::default();
        for seq in sequence {
            reception.count(7, *seq);
        }
        let [stream] = reception.streams() else {
            panic!("one stream");
        };
        assert_eq!(stream.arrived, arrived);
        let first = u64::from(sequence[0]) + (1 << 16);
        assert_eq!(stream.newest - first, span);
    }

    #[test]
    fn each_packet_counts_once() {
        check(&[5], 1, 0);
        check(&[5, 6, 7], 3, 2);
        check(&[5, 7, 6, 6, 7, 5], 3, 2);
        check(&[5, 4], 2, 0);
        check(&[65_534, 65_535, 0, 1, 65_535], 4, 3);
        check(&[1, 1_001, 1_000, 1], 3, 1_000);
    }

    #[test]
    fn streams_are_counted_apart() {
        let mut reception = Reception::default();
        assert!(reception.count(1, 5));
        assert!(reception.count(2, 5));
        assert!(!reception.count(1, 5));
        assert_eq!(reception.streams().len(), 2);
    }
}
