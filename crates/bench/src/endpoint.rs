//! One end of a WebRTC transport as a value: ICE, DTLS as the client, SRTP.
//!
//! It can make the offer or the answer: DTLS is always the active side, and ICE takes the role it
//! is given. Datagrams and `now` go in, datagrams come out of [`Endpoint::poll_transmit`].
//!
//! Invariant: SRTP exists only after DTLS has met the fingerprint the other side named.

mod ice;

pub use ice::IceRole;

use anyhow::{Context, Result};
use homeroom_rtp::{DatagramKind, classify};
use homeroom_sfu_core::sdp::IceCredentials;
use homeroom_sfu_core::transport::dtls::{Dtls, DtlsIdentity, RtcDtls};
use homeroom_sfu_core::transport::srtp::{SrtpOpener, SrtpProfile, SrtpSealer};
use ice::Ice;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// The transport's part of a description: what an offer or answer of ours says.
#[derive(Debug, Clone)]
pub struct Local {
    /// Our half of the ICE credentials.
    pub ice: IceCredentials,
    /// SHA-256 of our certificate.
    pub fingerprint: [u8; 32],
}

/// The same of the other side.
#[derive(Debug, Clone)]
pub struct Remote {
    /// Its half of the ICE credentials.
    pub ice: IceCredentials,
    /// SHA-256 of its certificate.
    pub fingerprint: [u8; 32],
    /// Its first candidate.
    pub address: SocketAddr,
}

/// One end of a transport.
pub struct Endpoint {
    identity: Arc<DtlsIdentity>,
    profiles: Vec<SrtpProfile>,
    ice: Ice,
    dtls: Option<RtcDtls>,
    srtp: Option<(SrtpSealer, SrtpOpener)>,
    profile: Option<SrtpProfile>,
    remote: Option<Remote>,
    queue: VecDeque<Vec<u8>>,
}

impl Endpoint {
    /// An end that waits for the other side's description. DTLS will offer `profiles`.
    #[must_use]
    pub fn new(identity: Arc<DtlsIdentity>, profiles: &[SrtpProfile], role: IceRole) -> Self {
        let ice = Ice::new(role, identity.provider());
        Self {
            identity,
            profiles: profiles.to_vec(),
            ice,
            dtls: None,
            srtp: None,
            profile: None,
            remote: None,
            queue: VecDeque::new(),
        }
    }

    /// What the description of this end says.
    #[must_use]
    pub fn local(&self) -> Local {
        Local {
            ice: self.ice.local().clone(),
            fingerprint: self.identity.fingerprint(),
        }
    }

    /// Starts to connect.
    pub fn connect(&mut self, now: Instant, remote: Remote) {
        self.ice.connect(now, remote.ice.clone());
        self.remote = Some(remote);
        self.handle_timeout(now);
    }

    /// Whether media can flow.
    #[must_use]
    pub const fn is_connected(&self) -> bool {
        self.srtp.is_some()
    }

    /// What DTLS agreed on, once connected.
    #[must_use]
    pub const fn profile(&self) -> Option<SrtpProfile> {
        self.profile
    }

    /// Takes a datagram of ICE or DTLS; others are left to [`Endpoint::srtp`].
    ///
    /// # Errors
    /// When the handshake fails: the load cannot go on.
    pub fn handle(&mut self, now: Instant, from: SocketAddr, datagram: &[u8]) -> Result<()> {
        match classify(datagram) {
            Some(DatagramKind::Stun) => {
                self.queue.extend(self.ice.handle(now, from, datagram));
                if self.ice.is_answered() && self.dtls.is_none() {
                    self.start_dtls(now)?;
                }
            }
            Some(DatagramKind::Dtls) => self.handle_dtls(now, datagram)?,
            _ => {}
        }
        Ok(())
    }

    fn start_dtls(&mut self, now: Instant) -> Result<()> {
        let remote = self.remote.as_ref().context("nobody to connect to")?;
        let identity = self.identity.clone();
        let dtls = RtcDtls::client(now, identity, remote.fingerprint, &self.profiles)?;
        self.dtls = Some(dtls);
        self.take_flights();
        Ok(())
    }

    fn handle_dtls(&mut self, now: Instant, datagram: &[u8]) -> Result<()> {
        let Some(dtls) = &mut self.dtls else {
            return Ok(());
        };
        // What does not fit is dropped, as everywhere.
        if let Ok(Some(keys)) = dtls.handle(now, datagram) {
            let provider = self.identity.provider();
            let sealer = SrtpSealer::new(&keys, provider.crypto())?;
            let opener = SrtpOpener::new(&keys, provider.crypto())?;
            self.srtp = Some((sealer, opener));
            self.profile = Some(keys.profile);
        }
        anyhow::ensure!(!dtls.is_failed(), "the DTLS handshake failed");
        self.take_flights();
        Ok(())
    }

    fn take_flights(&mut self) {
        let Some(dtls) = &mut self.dtls else { return };
        let flights = std::iter::from_fn(|| dtls.poll_transmit());
        self.queue.extend(flights.map(|flight| flight.to_vec()));
    }

    /// The next datagram to send.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        self.queue.pop_front()
    }

    /// When [`Endpoint::handle_timeout`] is due.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Instant> {
        let dtls = self.dtls.as_ref().and_then(Dtls::next_timeout);
        [dtls, self.ice.next_timeout()].into_iter().flatten().min()
    }

    /// Sends what is due: checks, lost flights.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.queue.extend(self.ice.poll_check(now));
        if let Some(dtls) = &mut self.dtls {
            dtls.handle_timeout(now);
            self.take_flights();
        }
    }

    /// What seals and opens media, once connected.
    pub const fn srtp(&mut self) -> Option<&mut (SrtpSealer, SrtpOpener)> {
        self.srtp.as_mut()
    }
}

#[cfg(test)]
mod tests;
