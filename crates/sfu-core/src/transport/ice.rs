//! ICE-lite (RFC 8445 §2.5) for one participant, with checks of our own.
//!
//! A lite agent may only answer; we also ask, so that no media goes to an address that has not
//! answered us (reflection), and so that consent (RFC 7675) has a proof. The client is the
//! controlling agent: the last address it nominates and we have validated is the one we use, which
//! is how a phone moves from Wi-Fi to mobile without a new session.
//!
//! Invariant: nothing here creates state for, or answers, a message without valid
//! MESSAGE-INTEGRITY; a selected address is always a validated one.

use crate::bounds::{
    CHECK_INTERVAL, CONSENT_EXPIRES, FIRST_CHECK_INTERVAL, MAX_ICE_ADDRESSES, MAX_STUN_BYTES,
};
use crate::sdp::IceCredentials;
use crate::stats::DropReason;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::RngCore;
use rtc_crypto::RTCCryptoProvider;
use rtc_stun::attributes::{ATTR_ICE_CONTROLLED, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use rtc_stun::xoraddr::XorMappedAddress;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Checks remembered until they are answered, per address.
const MAX_CHECKS_IN_FLIGHT: usize = 10;
/// Checks that one request of the peer may cause towards an address that has never answered: with
/// the reply, three packets for one, however long it stays silent (reflection).
const MAX_UNANSWERED_NEW: u32 = 2;
/// The same for an address that has answered before: about [`CONSENT_EXPIRES`].
const MAX_UNANSWERED_KNOWN: u32 = 20;
/// Checks that an address leaves unanswered before a newer one may take its place.
const MIN_UNANSWERED_STALE: u32 = 2;

/// The local ufrag a request is for, and whether it is a request: what demultiplexing needs.
pub fn request_ufrag(message: &Message) -> Option<&str> {
    let mut attributes = message.attributes.0.iter();
    let username = attributes.find(|attribute| attribute.typ == ATTR_USERNAME)?;
    let username = std::str::from_utf8(&username.value).ok()?;
    // RFC 8445 §7.2.2: the peer writes our ufrag first.
    username.split_once(':').map(|(local, _)| local)
}

/// Reads a STUN message; lengths are checked, integrity is not.
///
/// # Errors
/// `Malformed` when it is not STUN or longer than what anybody needs.
pub fn decode(datagram: &[u8]) -> Result<Message, DropReason> {
    if datagram.len() > MAX_STUN_BYTES {
        return Err(DropReason::Malformed);
    }
    let mut message = Message::new();
    message
        .unmarshal_binary(datagram)
        .map_err(|_| DropReason::Malformed)?;
    Ok(message)
}

/// What a handled message led to.
#[derive(Debug, Default)]
pub struct IceOutcome {
    /// To send back to where the message came from.
    pub reply: Option<Vec<u8>>,
    /// The selected address is new or another one.
    pub selected: Option<SocketAddr>,
}

/// The ICE side of one participant.
pub struct Ice {
    local: IceCredentials,
    remote: IceCredentials,
    provider: Arc<dyn RTCCryptoProvider>,
    addresses: Vec<Address>,
    selected: Option<SocketAddr>,
    consent_at: Option<Instant>,
    round_trip: Option<Duration>,
}

/// An address the peer has sent an authenticated check from.
struct Address {
    at: SocketAddr,
    validated: bool,
    nominated: u64,
    next_check: Option<Instant>,
    unanswered: u32,
    in_flight: Vec<([u8; 12], Instant)>,
}

impl Ice {
    /// `local` are the credentials of our answer, `remote` those of the offer.
    #[must_use]
    pub fn new(
        local: IceCredentials,
        remote: IceCredentials,
        provider: Arc<dyn RTCCryptoProvider>,
    ) -> Self {
        Self {
            local,
            remote,
            provider,
            addresses: Vec::new(),
            selected: None,
            consent_at: None,
            round_trip: None,
        }
    }

    /// Takes new credentials of both sides (RFC 8445 §9). What is known of addresses stays, so that
    /// media goes on until the peer's new checks lead elsewhere; consent runs on, so that a restart
    /// that leads nowhere ends as silence does.
    pub fn restart(&mut self, local: IceCredentials, remote: IceCredentials) {
        self.local = local;
        self.remote = remote;
        for address in &mut self.addresses {
            // Answers to these would be signed with a password that is no longer the peer's.
            address.in_flight.clear();
        }
    }

    /// Where media goes, once an address has answered our check.
    #[must_use]
    pub const fn selected(&self) -> Option<SocketAddr> {
        self.selected
    }

    /// The last measured round trip to the selected address.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// Our ufrag, which peers name first in their requests.
    #[must_use]
    pub fn local_ufrag(&self) -> &str {
        &self.local.ufrag
    }

    /// Every address this participant is demultiplexed by.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().map(|address| address.at)
    }

    /// Whether `from` has sent an authenticated check.
    #[must_use]
    pub fn knows(&self, from: SocketAddr) -> bool {
        self.addresses.iter().any(|address| address.at == from)
    }

    /// Whether `at` has answered our own check.
    #[must_use]
    pub fn is_validated(&self, at: SocketAddr) -> bool {
        self.addresses
            .iter()
            .any(|address| address.at == at && address.validated)
    }

    /// When [`Ice::poll_check`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        self.addresses
            .iter()
            .filter_map(|address| address.next_check)
            .min()
    }

    /// Whether the peer has stopped answering for so long that sending must stop (RFC 7675 §5.1).
    #[must_use]
    pub fn consent_expired(&self, now: Instant) -> bool {
        self.consent_at
            .is_some_and(|at| now.saturating_duration_since(at) >= CONSENT_EXPIRES)
    }

    /// Handles a STUN message of this participant.
    ///
    /// # Errors
    /// The reason it is dropped without an answer.
    pub fn handle(
        &mut self,
        now: Instant,
        from: SocketAddr,
        message: &mut Message,
    ) -> Result<IceOutcome, DropReason> {
        if message.typ == BINDING_REQUEST {
            self.handle_request(now, from, message)
        } else if message.typ == BINDING_SUCCESS {
            self.handle_success(now, from, message)
        } else {
            // Error responses and indications need no integrity, so they prove nothing.
            Err(DropReason::BadIntegrity)
        }
    }

    fn handle_request(
        &mut self,
        now: Instant,
        from: SocketAddr,
        message: &mut Message,
    ) -> Result<IceOutcome, DropReason> {
        let expected = format!("{}:{}", self.local.ufrag, self.remote.ufrag);
        if message.attributes.get(ATTR_USERNAME).0.value != expected.as_bytes() {
            return Err(DropReason::UnknownUfrag);
        }
        let crypto = self.provider.clone();
        MessageIntegrity::check(message, self.local.pwd.as_bytes(), crypto.crypto())
            .map_err(|_| DropReason::BadIntegrity)?;
        let address = self.learn(now, from)?;
        if message.contains(ATTR_USE_CANDIDATE) {
            self.nominate(address);
        }
        Ok(IceOutcome {
            reply: self.success(message.transaction_id, from),
            selected: self.reselect(),
        })
    }

    fn learn(&mut self, now: Instant, from: SocketAddr) -> Result<usize, DropReason> {
        if let Some(known) = self.addresses.iter().position(|a| a.at == from) {
            let address = &mut self.addresses[known];
            address.unanswered = 0;
            address.next_check.get_or_insert(now);
            return Ok(known);
        }
        if self.addresses.len() == MAX_ICE_ADDRESSES {
            let stale = self.stalest().ok_or(DropReason::TooManyAddresses)?;
            self.addresses.swap_remove(stale);
        }
        self.addresses.push(Address {
            at: from,
            validated: false,
            nominated: 0,
            next_check: Some(now),
            unanswered: 0,
            in_flight: Vec::new(),
        });
        Ok(self.addresses.len() - 1)
    }

    /// The address to forget for a new one, so that a phone that wanders is not locked out: one
    /// that never answered, else the one that has left most of our checks unanswered.
    fn stalest(&self) -> Option<usize> {
        let addresses = self.addresses.iter().enumerate();
        let is_silent = |a: &Address| !a.validated || a.unanswered >= MIN_UNANSWERED_STALE;
        addresses
            .filter(|(_, a)| Some(a.at) != self.selected && is_silent(a))
            .max_by_key(|(_, a)| (!a.validated, a.unanswered))
            .map(|(index, _)| index)
    }

    /// The latest nomination wins, however often the client changes its mind.
    fn nominate(&mut self, address: usize) {
        let latest = self
            .addresses
            .iter()
            .map(|a| a.nominated)
            .max()
            .unwrap_or(0);
        let address = &mut self.addresses[address];
        if address.nominated == 0 || address.nominated < latest {
            address.nominated = latest + 1;
        }
    }

    fn handle_success(
        &mut self,
        now: Instant,
        from: SocketAddr,
        message: &mut Message,
    ) -> Result<IceOutcome, DropReason> {
        let crypto = self.provider.clone();
        MessageIntegrity::check(message, self.remote.pwd.as_bytes(), crypto.crypto())
            .map_err(|_| DropReason::BadIntegrity)?;
        let address = self
            .addresses
            .iter_mut()
            .find(|a| a.at == from)
            .ok_or(DropReason::UnknownAddress)?;
        let answered = address
            .in_flight
            .iter()
            .position(|(id, _)| *id == message.transaction_id.0)
            .ok_or(DropReason::Replayed)?;
        let (_, sent_at) = address.in_flight.swap_remove(answered);
        address.in_flight.retain(|(_, at)| *at > sent_at);
        address.validated = true;
        address.unanswered = 0;
        address.next_check = Some(now + CHECK_INTERVAL);
        let selected = self.reselect();
        if self.selected == Some(from) {
            self.consent_at = Some(now);
            self.round_trip = Some(now.saturating_duration_since(sent_at));
        }
        Ok(IceOutcome {
            reply: None,
            selected,
        })
    }

    /// Selects the validated address nominated last; before any nomination, the first validated
    /// one, so that DTLS need not wait for it.
    fn reselect(&mut self) -> Option<SocketAddr> {
        let best = self
            .addresses
            .iter()
            .filter(|a| a.validated)
            .max_by_key(|a| (a.nominated, Some(a.at) == self.selected))?;
        if self.selected == Some(best.at) {
            return None;
        }
        self.selected = Some(best.at);
        self.selected
    }

    /// One check of ours that is due: where to send it and its bytes. Call until `None`.
    pub fn poll_check(
        &mut self,
        now: Instant,
        rng: &mut ChaCha20Rng,
    ) -> Option<(SocketAddr, Vec<u8>)> {
        let selected = self.selected;
        let address = self
            .addresses
            .iter_mut()
            .find(|a| a.next_check.is_some_and(|at| at <= now))?;
        let interval = if address.validated {
            CHECK_INTERVAL
        } else if selected.is_some() {
            // Somebody already answers; the others are only kept warm.
            5 * FIRST_CHECK_INTERVAL
        } else {
            FIRST_CHECK_INTERVAL
        };
        address.unanswered += 1;
        let limit = if address.validated {
            MAX_UNANSWERED_KNOWN
        } else {
            MAX_UNANSWERED_NEW
        };
        address.next_check = (address.unanswered < limit).then_some(now + interval);
        let mut id = [0; 12];
        rng.fill_bytes(&mut id);
        if address.in_flight.len() == MAX_CHECKS_IN_FLIGHT {
            address.in_flight.remove(0);
        }
        address.in_flight.push((id, now));
        let to = address.at;
        Some((to, self.request(TransactionId(id))?))
    }

    fn request(&self, id: TransactionId) -> Option<Vec<u8>> {
        let username = format!("{}:{}", self.remote.ufrag, self.local.ufrag);
        let mut message = Message::new();
        message
            .build(&[
                Box::new(BINDING_REQUEST),
                Box::new(id),
                Box::new(TextAttribute::new(ATTR_USERNAME, username)),
            ])
            .ok()?;
        // RFC 8445 §7.1.1: peer-reflexive priority of one component.
        message.add(
            ATTR_PRIORITY,
            &((110u32 << 24) | (65_535 << 8) | 255).to_be_bytes(),
        );
        message.add(ATTR_ICE_CONTROLLED, &0u64.to_be_bytes());
        self.finish(message, &self.remote.pwd)
    }

    fn success(&self, id: TransactionId, to: SocketAddr) -> Option<Vec<u8>> {
        let mut message = Message::new();
        let mapped = XorMappedAddress {
            ip: to.ip(),
            port: to.port(),
        };
        message
            .build(&[Box::new(BINDING_SUCCESS), Box::new(id), Box::new(mapped)])
            .ok()?;
        self.finish(message, &self.local.pwd)
    }

    fn finish(&self, mut message: Message, password: &str) -> Option<Vec<u8>> {
        let crypto = self.provider.crypto();
        MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto)
            .add_to(&mut message)
            .ok()?;
        FINGERPRINT.add_to(&mut message).ok()?;
        Some(message.raw)
    }
}

#[cfg(test)]
mod tests;
