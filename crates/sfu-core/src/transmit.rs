//! What a worker is to send: datagrams side by side in one arena, in order.
//!
//! Invariant: `clear` keeps the memory, so after the first burst nothing here allocates; a batch
//! never holds more than one incoming datagram's fan-out over [`FLUSH_AT`].

use crate::bounds::FLUSH_AT;
use std::net::SocketAddr;

/// Room for one datagram in the arena, in bytes: the longest packet plus its SRTP overhead.
pub const MAX_DATAGRAM_BYTES: usize = 1_600;

/// One datagram of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram {
    /// Where it starts in the arena.
    pub start: usize,
    /// Its length in bytes.
    pub len: usize,
    /// Where it goes.
    pub to: SocketAddr,
}

/// Datagrams to send, oldest first.
#[derive(Debug)]
pub struct TransmitBatch {
    arena: Vec<u8>,
    used: usize,
    datagrams: Vec<Datagram>,
}

impl Default for TransmitBatch {
    fn default() -> Self {
        Self {
            arena: vec![0; FLUSH_AT * MAX_DATAGRAM_BYTES],
            used: 0,
            datagrams: Vec::with_capacity(FLUSH_AT),
        }
    }
}

impl TransmitBatch {
    /// Appends what `write` puts into the buffer it is given: it returns the length, or `None`
    /// to send nothing after all.
    pub fn push(&mut self, to: SocketAddr, write: impl FnOnce(&mut [u8]) -> Option<usize>) -> bool {
        let start = self.used;
        // One packet to a very large room outgrows the batch once; the memory stays.
        if self.arena.len() < start + MAX_DATAGRAM_BYTES {
            self.arena.resize(2 * self.arena.len(), 0);
        }
        let buffer = &mut self.arena[start..start + MAX_DATAGRAM_BYTES];
        let Some(len) = write(buffer) else {
            return false;
        };
        self.used = start + len;
        self.datagrams.push(Datagram { start, len, to });
        true
    }

    /// Whether it is time to send what is here before handling more.
    #[must_use]
    pub fn wants_flush(&self) -> bool {
        self.datagrams.len() >= FLUSH_AT
    }

    /// Whether there is nothing to send.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.datagrams.is_empty()
    }

    /// The datagrams, oldest first.
    #[must_use]
    pub fn datagrams(&self) -> &[Datagram] {
        &self.datagrams
    }

    /// The bytes the datagrams point into.
    #[must_use]
    pub fn arena(&self) -> &[u8] {
        &self.arena
    }

    /// Each datagram's bytes with where they go.
    pub fn iter(&self) -> impl Iterator<Item = (SocketAddr, &[u8])> {
        let bytes = |d: &Datagram| (d.to, &self.arena[d.start..d.start + d.len]);
        self.datagrams.iter().map(bytes)
    }

    /// Forgets everything, keeping the memory.
    pub fn clear(&mut self) {
        self.used = 0;
        self.datagrams.clear();
    }
}
