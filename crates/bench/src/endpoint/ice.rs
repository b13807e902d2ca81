//! As much of a full ICE agent (RFC 8445) as one pair of candidates needs.
//!
//! Invariant: it asks until it is answered, and from then on at a browser's pace; every request of
//! the other side is answered. Integrity of what comes is not checked: the load is not attacked,
//! and what it sends costs the server the same.

use homeroom_sfu_core::sdp::IceCredentials;
use rand::Rng;
use rand::distr::Alphanumeric;
use rtc_crypto::RTCCryptoProvider;
use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLED, ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use rtc_stun::xoraddr::XorMappedAddress;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pace of checks until one is answered.
const FIRST_INTERVAL: Duration = Duration::from_millis(100);
/// Pace of checks on a pair that works, as in libwebrtc.
const STABLE_INTERVAL: Duration = Duration::from_millis(2_500);
/// RFC 8445 §5.1.2.1 for a peer-reflexive candidate of one component.
const PRIORITY: u32 = (110 << 24) | (65_535 << 8) | 255;

/// Who nominates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IceRole {
    /// We do: we made the offer, or the other side is lite.
    Controlling,
    /// The other side does.
    Controlled,
}

/// One side of one pair.
pub struct Ice {
    role: IceRole,
    provider: Arc<dyn RTCCryptoProvider>,
    local: IceCredentials,
    remote: Option<IceCredentials>,
    next_check: Option<Instant>,
    is_answered: bool,
}

impl Ice {
    /// With new credentials.
    pub fn new(role: IceRole, provider: Arc<dyn RTCCryptoProvider>) -> Self {
        let local = IceCredentials {
            ufrag: random_text(8),
            pwd: random_text(24),
        };
        Self {
            role,
            provider,
            local,
            remote: None,
            next_check: None,
            is_answered: false,
        }
    }

    /// Our credentials.
    pub const fn local(&self) -> &IceCredentials {
        &self.local
    }

    /// Starts to ask.
    pub fn connect(&mut self, now: Instant, remote: IceCredentials) {
        self.remote = Some(remote);
        self.next_check = Some(now);
    }

    /// Whether the other side has answered.
    pub const fn is_answered(&self) -> bool {
        self.is_answered
    }

    /// When [`Ice::poll_check`] has something to do.
    pub const fn next_timeout(&self) -> Option<Instant> {
        self.next_check
    }

    /// The check that is due.
    pub fn poll_check(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.next_check.filter(|at| *at <= now)?;
        let interval = if self.is_answered {
            STABLE_INTERVAL
        } else {
            FIRST_INTERVAL
        };
        self.next_check = Some(now + interval);
        self.request()
    }

    /// Takes a message that came from `from`; what to answer.
    pub fn handle(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Option<Vec<u8>> {
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        if message.typ == BINDING_REQUEST {
            return self.success(message.transaction_id, from);
        }
        if message.typ == BINDING_SUCCESS && !self.is_answered {
            self.is_answered = true;
            self.next_check = Some(now + STABLE_INTERVAL);
        }
        None
    }

    fn request(&self) -> Option<Vec<u8>> {
        let remote = self.remote.as_ref()?;
        let username = format!("{}:{}", remote.ufrag, self.local.ufrag);
        let mut message = Message::new();
        message
            .build(&[
                Box::new(BINDING_REQUEST),
                Box::new(TransactionId(rand::rng().random())),
                Box::new(TextAttribute::new(ATTR_USERNAME, username)),
            ])
            .ok()?;
        message.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
        match self.role {
            IceRole::Controlling => {
                message.add(ATTR_ICE_CONTROLLING, &1u64.to_be_bytes());
                message.add(ATTR_USE_CANDIDATE, &[]);
            }
            IceRole::Controlled => message.add(ATTR_ICE_CONTROLLED, &1u64.to_be_bytes()),
        }
        self.finish(message, &remote.pwd)
    }

    fn success(&self, id: TransactionId, to: SocketAddr) -> Option<Vec<u8>> {
        let mapped = XorMappedAddress {
            ip: to.ip(),
            port: to.port(),
        };
        let mut message = Message::new();
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

fn random_text(chars: usize) -> String {
    let letters = rand::rng().sample_iter(Alphanumeric).take(chars);
    letters.map(char::from).collect()
}
