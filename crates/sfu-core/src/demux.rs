//! Whose is a datagram: by the ufrag it names once, by its address from then on.
//!
//! Invariant: an address leads to a participant only after a check from it was authentic, and at
//! most [`crate::bounds::MAX_ICE_ADDRESSES`] addresses lead to each.

use crate::participant::ParticipantKey;
use rustc_hash::FxHashMap;
use std::net::SocketAddr;

/// Two look-ups: one per datagram, one per new path.
#[derive(Default)]
pub struct Demux {
    by_address: FxHashMap<SocketAddr, ParticipantKey>,
    by_ufrag: FxHashMap<String, ParticipantKey>,
}

impl Demux {
    /// The participant who has proven this address.
    pub fn by_address(&self, from: SocketAddr) -> Option<ParticipantKey> {
        self.by_address.get(&from).copied()
    }

    /// The participant whose answer carried this ufrag.
    pub fn by_ufrag(&self, ufrag: &str) -> Option<ParticipantKey> {
        self.by_ufrag.get(ufrag).copied()
    }

    /// Expects a participant's first check.
    pub fn expect(&mut self, ufrag: &str, participant: ParticipantKey) {
        self.by_ufrag.insert(ufrag.to_owned(), participant);
    }

    /// Makes the proven addresses of a participant those in `addresses`, and no others.
    pub fn set_addresses(
        &mut self,
        participant: ParticipantKey,
        addresses: impl Iterator<Item = SocketAddr>,
    ) {
        self.by_address.retain(|_, owner| *owner != participant);
        self.by_address
            .extend(addresses.map(|at| (at, participant)));
    }

    /// Forgets a participant.
    pub fn forget(&mut self, participant: ParticipantKey, ufrag: &str) {
        self.by_address.retain(|_, owner| *owner != participant);
        self.by_ufrag.remove(ufrag);
    }

    /// Whether it knows nobody.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty() && self.by_ufrag.is_empty()
    }
}
