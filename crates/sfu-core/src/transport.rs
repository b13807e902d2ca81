//! One participant's path: ICE, DTLS and SRTP on one address (BUNDLE, rtcp-mux).
//!
//! Invariant: nothing but STUN leaves towards an address that has not answered our own check, and
//! no media leaves or enters before DTLS has proven the offer's fingerprint.

pub mod client_hello;
pub mod dtls;
pub mod ice;
pub mod srtp;

use crate::bounds::{HANDSHAKE_TIMEOUT, MAX_EARLY_DATAGRAMS, MAX_HELD_DATAGRAMS};
use crate::sdp::IceCredentials;
use crate::stats::DropReason;
use crate::transmit::TransmitBatch;
use bytes::BytesMut;
use dtls::Dtls;
use ice::Ice;
use rand_chacha::ChaCha20Rng;
use rtc_crypto::RTCCryptoProvider;
use rtc_stun::message::Message;
use srtp::{Opened, SrtpError, SrtpOpener, SrtpProfile, SrtpSealer};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What happened to a transport.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransportChange {
    /// Keys are there: media may flow.
    Connected(SrtpProfile),
    /// Dead for good.
    Failed,
}

/// ICE + DTLS + SRTP of one participant.
pub struct Transport {
    ice: Ice,
    dtls: Box<dyn Dtls>,
    provider: Arc<dyn RTCCryptoProvider>,
    srtp: Option<(SrtpOpener, SrtpSealer)>,
    /// Ours, until there is an address to send them to.
    held: VecDeque<BytesMut>,
    /// The peer's, from an address that has not answered our check yet.
    early: Vec<(SocketAddr, BytesMut)>,
    created_at: Instant,
    heard_at: Instant,
    is_failed: bool,
}

impl Transport {
    /// A transport that waits for the peer's first check.
    #[must_use]
    pub fn new(
        now: Instant,
        ice: Ice,
        dtls: Box<dyn Dtls>,
        provider: Arc<dyn RTCCryptoProvider>,
    ) -> Self {
        Self {
            ice,
            dtls,
            provider,
            srtp: None,
            held: VecDeque::new(),
            early: Vec::new(),
            created_at: now,
            heard_at: now,
            is_failed: false,
        }
    }

    /// The ICE side.
    #[must_use]
    pub const fn ice(&self) -> &Ice {
        &self.ice
    }

    /// Takes new credentials for the same session; DTLS and the keys stay. `false` when it is dead.
    pub fn restart_ice(&mut self, local: IceCredentials, remote: IceCredentials) -> bool {
        if !self.is_failed {
            self.ice.restart(local, remote);
        }
        !self.is_failed
    }

    /// Where media goes and what seals it, while there is consent.
    #[must_use]
    pub fn egress(&mut self) -> Option<(SocketAddr, &mut SrtpSealer)> {
        if self.is_failed {
            return None;
        }
        let to = self.ice.selected()?;
        self.srtp.as_mut().map(|(_, sealer)| (to, sealer))
    }

    /// Reads a byte of each part that [`Transport::egress`] and sealing need.
    #[must_use]
    pub fn touch(&self) -> u8 {
        let sealer = self.srtp.as_ref().map_or(0, |(_, sealer)| sealer.touch());
        let selected = self.ice.selected().map_or(0, |at| at.port() as u8);
        u8::from(self.is_failed) ^ selected ^ sealer
    }

    /// When something authentic arrived last.
    #[must_use]
    pub const fn heard_at(&self) -> Instant {
        self.heard_at
    }

    /// Round trip to the peer.
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.ice.round_trip()
    }

    /// Handles a STUN message.
    ///
    /// # Errors
    /// Why it was dropped without an answer.
    pub fn handle_stun(
        &mut self,
        now: Instant,
        from: SocketAddr,
        message: &mut Message,
        out: &mut TransmitBatch,
    ) -> Result<Option<TransportChange>, DropReason> {
        if self.is_failed {
            // Silence tells the client's ICE that this path is over, so that it brings a new offer.
            return Err(DropReason::Stale);
        }
        let outcome = self.ice.handle(now, from, message)?;
        self.heard_at = now;
        if let Some(reply) = outcome.reply {
            out.push(from, |buffer| copy(&reply, buffer));
        }
        if outcome.selected.is_some() {
            self.flush_dtls(out);
        }
        Ok(self.take_early(now, out))
    }

    /// Handles what came from an address before it had answered our check.
    fn take_early(&mut self, now: Instant, out: &mut TransmitBatch) -> Option<TransportChange> {
        if self.early.is_empty() {
            return None;
        }
        let ice = &self.ice;
        let (ready, early) = self
            .early
            .drain(..)
            .partition(|(from, _)| ice.is_validated(*from));
        self.early = early;
        let ready: Vec<(SocketAddr, BytesMut)> = ready;
        let handled = ready
            .into_iter()
            .map(|(from, d)| self.handle_dtls(now, from, &d, out));
        // Whatever is wrong with one of them, its sender repeats the flight.
        handled.filter_map(Result::ok).flatten().last()
    }

    /// Handles a DTLS datagram from a known address. It counts once that address has answered our
    /// check, so that nobody can spoil a handshake from an address that is not theirs.
    ///
    /// # Errors
    /// Why it was dropped.
    pub fn handle_dtls(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
        out: &mut TransmitBatch,
    ) -> Result<Option<TransportChange>, DropReason> {
        if !self.ice.is_validated(from) {
            if self.early.len() < MAX_EARLY_DATAGRAMS {
                self.early.push((from, BytesMut::from(datagram)));
            }
            return Ok(None);
        }
        if self.is_failed {
            return Err(DropReason::Dtls);
        }
        let handled = self.dtls.handle(now, datagram);
        self.flush_dtls(out);
        match handled {
            Ok(Some(keys)) => {
                let crypto = self.provider.crypto();
                let opener = SrtpOpener::new(&keys, crypto).map_err(|_| DropReason::Dtls)?;
                let sealer = SrtpSealer::new(&keys, crypto).map_err(|_| DropReason::Dtls)?;
                self.srtp = Some((opener, sealer));
                self.heard_at = now;
                Ok(Some(TransportChange::Connected(keys.profile)))
            }
            Ok(None) => Ok(None),
            Err(reason) => Err(reason),
        }
    }

    /// Notices that DTLS has ended, which a datagram may do whether it was taken or dropped.
    pub fn poll_failure(&mut self) -> Option<TransportChange> {
        self.fail_if(self.dtls.is_failed())
    }

    /// Decrypts RTP in place.
    ///
    /// # Errors
    /// Why it was dropped.
    pub fn open_rtp(
        &mut self,
        now: Instant,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        sequence_number: u16,
    ) -> Result<Opened, DropReason> {
        let (opener, _) = self.srtp.as_mut().ok_or(DropReason::NoKeys)?;
        let opened = opener
            .open_rtp(packet, header_len, ssrc, sequence_number)
            .map_err(drop_reason)?;
        self.heard_at = now;
        Ok(opened)
    }

    /// Decrypts RTCP in place and returns its plain length.
    ///
    /// # Errors
    /// Why it was dropped.
    pub fn open_rtcp(&mut self, now: Instant, packet: &mut [u8]) -> Result<usize, DropReason> {
        let (opener, _) = self.srtp.as_mut().ok_or(DropReason::NoKeys)?;
        let len = opener.open_rtcp(packet).map_err(drop_reason)?;
        self.heard_at = now;
        Ok(len)
    }

    /// When [`Transport::handle_timeout`] has something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        if self.is_failed {
            return None;
        }
        let handshake = self
            .srtp
            .is_none()
            .then(|| self.created_at + HANDSHAKE_TIMEOUT);
        let timeouts = [self.ice.next_timeout(), self.dtls.next_timeout(), handshake];
        timeouts.into_iter().flatten().min()
    }

    /// Sends due checks and retransmissions; notices a peer that is gone.
    pub fn handle_timeout(
        &mut self,
        now: Instant,
        rng: &mut ChaCha20Rng,
        out: &mut TransmitBatch,
    ) -> Option<TransportChange> {
        if self.is_failed {
            return None;
        }
        while let Some((to, check)) = self.ice.poll_check(now, rng) {
            out.push(to, |buffer| copy(&check, buffer));
        }
        if self.dtls.next_timeout().is_some_and(|at| at <= now) {
            self.dtls.handle_timeout(now);
            self.flush_dtls(out);
        }
        let too_slow = self.srtp.is_none() && now >= self.created_at + HANDSHAKE_TIMEOUT;
        self.fail_if(too_slow || self.dtls.is_failed() || self.ice.consent_expired(now))
    }

    fn fail_if(&mut self, failed: bool) -> Option<TransportChange> {
        if !failed || self.is_failed {
            return None;
        }
        self.is_failed = true;
        self.srtp = None;
        Some(TransportChange::Failed)
    }

    /// Sends what DTLS has to say, or holds it until the peer's address has answered a check:
    /// our certificate flight is ten times a spoofed ClientHello.
    fn flush_dtls(&mut self, out: &mut TransmitBatch) {
        while let Some(datagram) = self.dtls.poll_transmit() {
            if self.held.len() == MAX_HELD_DATAGRAMS {
                self.held.pop_front();
            }
            self.held.push_back(datagram);
        }
        let Some(to) = self.ice.selected() else {
            return;
        };
        for datagram in self.held.drain(..) {
            out.push(to, |buffer| copy(&datagram, buffer));
        }
    }
}

fn copy(bytes: &[u8], buffer: &mut [u8]) -> Option<usize> {
    buffer.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(bytes.len())
}

fn drop_reason(error: SrtpError) -> DropReason {
    match error {
        SrtpError::TooShort | SrtpError::NotEncrypted | SrtpError::NoRoom => DropReason::Malformed,
        SrtpError::NotAuthentic => DropReason::NotAuthentic,
        SrtpError::Replayed => DropReason::Replayed,
        SrtpError::TooManyStreams | SrtpError::Exhausted => DropReason::UnknownSource,
    }
}
