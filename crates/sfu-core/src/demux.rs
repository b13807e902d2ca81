//! Whose is a datagram: by the ufrag it names once, by its address from then on.
//!
//! Invariant: an address leads to a participant only after a check from it was authentic, and at
//! most [`crate::bounds::MAX_ICE_ADDRESSES`] addresses lead to each.

use crate::participant::ParticipantKey;
use rustc_hash::FxHashMap;
use slotmap::SecondaryMap;
use std::net::SocketAddr;

/// Two look-ups: one per datagram, one per new path.
#[derive(Default)]
pub struct Demux {
    by_address: FxHashMap<SocketAddr, ParticipantKey>,
    addresses: SecondaryMap<ParticipantKey, Vec<SocketAddr>>,
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

    /// Expects checks for a new ufrag in the place of another.
    pub fn expect_instead(&mut self, before: &str, ufrag: &str, participant: ParticipantKey) {
        self.by_ufrag.remove(before);
        self.expect(ufrag, participant);
    }

    /// Makes the proven addresses of a participant those in `addresses`, and no others.
    pub fn set_addresses(&mut self, participant: ParticipantKey, addresses: Vec<SocketAddr>) {
        self.forget_addresses(participant);
        for at in &addresses {
            self.by_address.insert(*at, participant);
        }
        self.addresses.insert(participant, addresses);
    }

    /// Forgets a participant.
    pub fn forget(&mut self, participant: ParticipantKey, ufrag: &str) {
        self.forget_addresses(participant);
        self.by_ufrag.remove(ufrag);
    }

    fn forget_addresses(&mut self, participant: ParticipantKey) {
        for at in self.addresses.remove(participant).unwrap_or_default() {
            if self.by_address.get(&at) == Some(&participant) {
                self.by_address.remove(&at);
            }
        }
    }

    /// Whether it knows nobody.
    #[cfg(test)]
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty() && self.by_ufrag.is_empty()
    }
}
