//! As much of ICE (RFC 8445) as one pair of candidates before a lite agent needs.
//!
//! Invariant: it asks until it is answered, and from then on at least at a browser's pace; every
//! check of the other side that knows our password is answered.

use anyhow::{Context, Result};
use rand::Rng;
use rand::distr::Alphanumeric;
use rtc_crypto::RTCCryptoProvider;
use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
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

/// Half of the credentials of a pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credentials {
    pub(super) ufrag: String,
    pub(super) password: String,
}

/// Our side of the pair; we nominate, since we offered and the server is lite or does not mind.
pub(super) struct Ice {
    provider: Arc<dyn RTCCryptoProvider>,
    local: Credentials,
    remote: Option<Credentials>,
    next_check: Option<Instant>,
    is_answered: bool,
}

impl Ice {
    pub(super) fn new(provider: Arc<dyn RTCCryptoProvider>) -> Self {
        let local = Credentials {
            ufrag: random_text(8),
            password: random_text(24),
        };
        Self {
            provider,
            local,
            remote: None,
            next_check: None,
            is_answered: false,
        }
    }

    pub(super) const fn local(&self) -> &Credentials {
        &self.local
    }

    pub(super) fn connect(&mut self, now: Instant, remote: Credentials) {
        self.remote = Some(remote);
        self.next_check = Some(now);
    }

    pub(super) const fn is_answered(&self) -> bool {
        self.is_answered
    }

    pub(super) const fn next_timeout(&self) -> Option<Instant> {
        self.next_check
    }

    /// The check that is due.
    pub(super) fn poll_check(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.next_check.filter(|at| *at <= now)?;
        let interval = if self.is_answered {
            STABLE_INTERVAL
        } else {
            FIRST_INTERVAL
        };
        self.next_check = Some(now + interval);
        // Nothing but a broken cryptography provider stands in the way of a message.
        self.request().ok()
    }

    /// Takes a message that came from `from`; what to answer.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Option<Vec<u8>> {
        let mut message = Message::new();
        message.unmarshal_binary(datagram).ok()?;
        if message.typ == BINDING_REQUEST {
            self.is_intact(&mut message, &self.local.password)
                .then(|| self.success(message.transaction_id, from).ok())?
        } else if message.typ == BINDING_SUCCESS && !self.is_answered {
            let password = &self.remote.as_ref()?.password;
            if self.is_intact(&mut message, password) {
                self.is_answered = true;
                // Those who came together do not go on asking together: a thousand machines would
                // not notice, and we are one.
                self.next_check = Some(now + STABLE_INTERVAL.mul_f64(rand::random()));
            }
            None
        } else {
            None
        }
    }

    fn is_intact(&self, message: &mut Message, password: &str) -> bool {
        MessageIntegrity::check(message, password.as_bytes(), self.provider.crypto()).is_ok()
    }

    fn integrity(&self, password: &str) -> MessageIntegrity<'_> {
        let crypto = self.provider.crypto();
        MessageIntegrity::new_short_term_integrity_with_provider(password.to_owned(), crypto)
    }

    fn request(&self) -> Result<Vec<u8>> {
        let remote = self.remote.as_ref().context("nobody to ask")?;
        let username = format!("{}:{}", remote.ufrag, self.local.ufrag);
        let mut message = Message::new();
        message.build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId(rand::rng().random())),
            Box::new(TextAttribute::new(ATTR_USERNAME, username)),
        ])?;
        message.add(ATTR_PRIORITY, &PRIORITY.to_be_bytes());
        message.add(ATTR_ICE_CONTROLLING, &1_u64.to_be_bytes());
        message.add(ATTR_USE_CANDIDATE, &[]);
        self.finish(message, &remote.password)
    }

    fn success(&self, id: TransactionId, to: SocketAddr) -> Result<Vec<u8>> {
        let mapped = XorMappedAddress {
            ip: to.ip(),
            port: to.port(),
        };
        let mut message = Message::new();
        message.build(&[Box::new(BINDING_SUCCESS), Box::new(id), Box::new(mapped)])?;
        self.finish(message, &self.local.password)
    }

    fn finish(&self, mut message: Message, password: &str) -> Result<Vec<u8>> {
        self.integrity(password).add_to(&mut message)?;
        FINGERPRINT.add_to(&mut message)?;
        Ok(message.raw)
    }
}

fn random_text(chars: usize) -> String {
    let letters = rand::rng().sample_iter(Alphanumeric).take(chars);
    letters.map(char::from).collect()
}
