//! DTLS 1.2 (RFC 6347) for one participant, on the `rtc-dtls` endpoint, behind a small trait.
//!
//! Invariant: [`SrtpKeys`] exist only after the peer has proven the certificate whose fingerprint
//! its offer named (RFC 5763 §5), so an unverified peer cannot have media.

use crate::bounds::MAX_DTLS_BYTES;
use crate::stats::DropReason;
use crate::transport::client_hello::{ClientHello, Offered, fragments_are_sound};
use crate::transport::srtp::{SrtpKeys, SrtpProfile};
use bytes::BytesMut;
use rtc_crypto::{HashAlgorithm, RTCCryptoProvider};
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;

/// The library keys its associations by address; ours has one, and ICE moves underneath it.
const PEER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 9));
/// Pace at which our last flight is repeated until the peer's next one is whole.
const REPEAT_INTERVAL: Duration = Duration::from_millis(250);
/// The library's own pace. It fails the handshake at the eighth, so eight must outlast
/// [`crate::bounds::HANDSHAKE_TIMEOUT`].
const FLIGHT_INTERVAL: Duration = Duration::from_secs(2);
/// RFC 5764 §4.2.
const EXPORTER_LABEL: &str = "EXTRACTOR-dtls_srtp";

/// What the rest of the transport needs of a DTLS implementation.
pub trait Dtls: Send {
    /// Takes a datagram of the peer. The keys come with the datagram that completes the handshake.
    ///
    /// # Errors
    /// The reason the datagram was dropped; [`Dtls::is_failed`] says whether all is lost.
    fn handle(&mut self, now: Instant, datagram: &[u8]) -> Result<Option<SrtpKeys>, DropReason>;
    /// The next datagram to send.
    fn poll_transmit(&mut self) -> Option<BytesMut>;
    /// When [`Dtls::handle_timeout`] is due.
    fn next_timeout(&self) -> Option<Instant>;
    /// Retransmits what is due.
    fn handle_timeout(&mut self, now: Instant);
    /// Whether the handshake or the association has ended for good.
    fn is_failed(&self) -> bool;
}

/// Why DTLS cannot be set up: our own certificate or configuration.
#[derive(Debug, Error)]
#[error("DTLS identity: {0}")]
pub struct IdentityError(String);

/// This process's certificate and what follows from it; shared by all participants.
#[derive(Clone)]
pub struct DtlsIdentity {
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    fingerprint: [u8; 32],
    server_gcm: Arc<HandshakeConfig>,
    server_cm: Arc<HandshakeConfig>,
}

impl DtlsIdentity {
    /// Makes a new ECDSA P-256 certificate.
    ///
    /// # Errors
    /// When the crypto provider cannot.
    pub fn generate(provider: Arc<dyn RTCCryptoProvider>) -> Result<Self, IdentityError> {
        let crypto = provider.crypto();
        let certificate = Certificate::generate_self_signed(vec!["homeroom".to_owned()], crypto)
            .map_err(|error| IdentityError(error.to_string()))?;
        let der = certificate
            .certificate
            .first()
            .ok_or_else(|| IdentityError("no certificate was made".to_owned()))?;
        let fingerprint = sha256(&*provider, der)
            .ok_or_else(|| IdentityError("SHA-256 is missing".to_owned()))?;
        let server = |profile| config(&provider, &certificate, &[profile], false);
        Ok(Self {
            server_gcm: server(SrtpProfile::AeadAes128Gcm)?,
            server_cm: server(SrtpProfile::AesCm128HmacSha1_80)?,
            provider,
            certificate,
            fingerprint,
        })
    }

    /// SHA-256 of our certificate, for the answer.
    #[must_use]
    pub const fn fingerprint(&self) -> [u8; 32] {
        self.fingerprint
    }

    /// The provider of all cryptography here.
    #[must_use]
    pub fn provider(&self) -> Arc<dyn RTCCryptoProvider> {
        self.provider.clone()
    }
}

fn config(
    provider: &Arc<dyn RTCCryptoProvider>,
    certificate: &Certificate,
    profiles: &[SrtpProfile],
    is_client: bool,
) -> Result<Arc<HandshakeConfig>, IdentityError> {
    let profiles = profiles.iter().map(|profile| match profile {
        SrtpProfile::AeadAes128Gcm => SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
        SrtpProfile::AesCm128HmacSha1_80 => SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
    });
    ConfigBuilder::default()
        .with_crypto_provider(provider.clone())
        .with_certificates(vec![certificate.clone()])
        .with_srtp_protection_profiles(profiles.collect())
        .with_client_auth(ClientAuthType::RequireAnyClientCert)
        .with_extended_master_secret(ExtendedMasterSecretType::Require)
        // No CA is involved: the fingerprint in the offer is what we check (RFC 5763 §5).
        .with_insecure_skip_verify(true)
        .with_flight_interval(FLIGHT_INTERVAL)
        .build(is_client, Some(PEER))
        .map(Arc::new)
        .map_err(|error| IdentityError(error.to_string()))
}

fn sha256(provider: &dyn RTCCryptoProvider, data: &[u8]) -> Option<[u8; 32]> {
    let hash = provider.crypto().hash(HashAlgorithm::Sha256, data).ok()?;
    hash.try_into().ok()
}

/// [`Dtls`] on `rtc-dtls`.
///
/// The library stops its retransmission timer at any handshake datagram, also at one that does not
/// complete the peer's flight: a peer that repeats its own would silence us for good. So the last
/// flight is kept here and repeated as it was; what of it did arrive the peer drops as a replay
/// (RFC 6347 §4.1.2.6).
pub struct RtcDtls {
    identity: Arc<DtlsIdentity>,
    peer_fingerprint: [u8; 32],
    is_client: bool,
    state: State,
    bytes_taken: usize,
    /// What waits for [`Dtls::poll_transmit`].
    queue: VecDeque<BytesMut>,
    /// Our last flight.
    flight: Vec<BytesMut>,
    repeat_at: Option<Instant>,
}

enum State {
    /// The server waits for a whole ClientHello to choose the SRTP profile.
    Hello {
        hello: ClientHello,
        datagrams: Vec<BytesMut>,
    },
    Handshake(Endpoint),
    Established(Endpoint),
    Failed,
}

impl RtcDtls {
    /// Waits for the peer's ClientHello. `peer_fingerprint` is SHA-256 from its offer.
    #[must_use]
    pub fn server(identity: Arc<DtlsIdentity>, peer_fingerprint: [u8; 32]) -> Self {
        Self {
            identity,
            peer_fingerprint,
            is_client: false,
            state: State::Hello {
                hello: ClientHello::default(),
                datagrams: Vec::new(),
            },
            bytes_taken: 0,
            queue: VecDeque::new(),
            flight: Vec::new(),
            repeat_at: None,
        }
    }

    /// Starts the handshake itself, offering `profiles`: the other side of our own tests.
    ///
    /// # Errors
    /// When the library refuses the configuration.
    pub fn client(
        now: Instant,
        identity: Arc<DtlsIdentity>,
        peer_fingerprint: [u8; 32],
        profiles: &[SrtpProfile],
    ) -> Result<Self, IdentityError> {
        let config = config(&identity.provider, &identity.certificate, profiles, true)?;
        let mut endpoint = Endpoint::new(PEER, TransportProtocol::UDP, None);
        endpoint
            .connect(now, PEER, config, None)
            .map_err(|error| IdentityError(error.to_string()))?;
        let mut dtls = Self {
            is_client: true,
            state: State::Handshake(endpoint),
            ..Self::server(identity, peer_fingerprint)
        };
        dtls.collect(now);
        Ok(dtls)
    }

    /// Takes what the library has to send.
    fn collect(&mut self, now: Instant) {
        let is_handshake = matches!(self.state, State::Handshake(_));
        let (State::Handshake(endpoint) | State::Established(endpoint)) = &mut self.state else {
            return;
        };
        let fresh = std::iter::from_fn(|| endpoint.poll_transmit());
        let fresh: Vec<_> = fresh.map(|transmit| transmit.message).collect();
        if !fresh.is_empty() {
            self.queue.extend(fresh.iter().cloned());
            // Of an established session the library answers what the peer repeats.
            self.flight = if is_handshake { fresh } else { Vec::new() };
            self.repeat_at = Some(now + REPEAT_INTERVAL);
        }
    }

    fn take(&mut self, now: Instant, datagram: &[u8]) -> Result<Option<SrtpKeys>, DropReason> {
        // Dropped, not failed: whoever floods from the peer's address must not end its session. A
        // peer that needs more never finishes, and the handshake's time runs out.
        self.bytes_taken += datagram.len();
        if self.bytes_taken > MAX_DTLS_BYTES || !fragments_are_sound(datagram) {
            return Err(DropReason::Dtls);
        }
        match &mut self.state {
            State::Failed => return Err(DropReason::Dtls),
            State::Established(endpoint) => {
                // The peer repeats its last flight when ours was lost, or says goodbye.
                let events = endpoint
                    .read(now, PEER, None, BytesMut::from(datagram))
                    .map_err(|_| DropReason::Dtls)?;
                if events
                    .iter()
                    .any(|e| matches!(e, EndpointEvent::PeerClosed))
                {
                    self.state = State::Failed;
                }
                return Ok(None);
            }
            State::Hello { .. } | State::Handshake(_) => {}
        }
        if matches!(self.state, State::Hello { .. }) {
            self.handle_hello(now, datagram)?;
            return Ok(None);
        }
        self.handle_handshake(now, datagram)
    }

    /// Gathers the ClientHello; once whole, the endpoint that answers it, already fed.
    fn handle_hello(&mut self, now: Instant, datagram: &[u8]) -> Result<(), DropReason> {
        let State::Hello { hello, datagrams } = &mut self.state else {
            return Ok(());
        };
        datagrams.push(BytesMut::from(datagram));
        let profile = match hello.push(datagram) {
            Offered::Incomplete => return Ok(()),
            Offered::Profile(Some(profile)) => profile,
            Offered::Profile(None) | Offered::Nonsense => {
                // Anybody may have sent this from the peer's address: start over, do not fail.
                *hello = ClientHello::default();
                datagrams.clear();
                return Err(DropReason::Dtls);
            }
        };
        let config = match profile {
            SrtpProfile::AeadAes128Gcm => &self.identity.server_gcm,
            SrtpProfile::AesCm128HmacSha1_80 => &self.identity.server_cm,
        };
        let mut endpoint = Endpoint::new(PEER, TransportProtocol::UDP, Some(config.clone()));
        for datagram in std::mem::take(datagrams) {
            endpoint
                .read(now, PEER, None, datagram)
                .map_err(|_| DropReason::Dtls)?;
        }
        self.state = State::Handshake(endpoint);
        Ok(())
    }

    fn handle_handshake(
        &mut self,
        now: Instant,
        datagram: &[u8],
    ) -> Result<Option<SrtpKeys>, DropReason> {
        let State::Handshake(endpoint) = &mut self.state else {
            return Ok(None);
        };
        // A datagram that does not fit is dropped, so that a forged one ends nothing.
        let events = endpoint
            .read(now, PEER, None, BytesMut::from(datagram))
            .map_err(|_| DropReason::Dtls)?;
        if events
            .iter()
            .any(|e| matches!(e, EndpointEvent::PeerClosed))
        {
            self.state = State::Failed;
            return Err(DropReason::Dtls);
        }
        if !events
            .iter()
            .any(|e| matches!(e, EndpointEvent::HandshakeComplete))
        {
            return Ok(None);
        }
        let keys = self.verified_keys();
        self.state = match (std::mem::replace(&mut self.state, State::Failed), &keys) {
            (State::Handshake(endpoint), Ok(_)) => State::Established(endpoint),
            _ => State::Failed,
        };
        keys.map(Some)
    }

    /// The SRTP keys, if the certificate is the one the offer named.
    fn verified_keys(&self) -> Result<SrtpKeys, DropReason> {
        let State::Handshake(endpoint) = &self.state else {
            return Err(DropReason::Dtls);
        };
        let state = endpoint
            .get_connection_state(PEER)
            .ok_or(DropReason::Dtls)?;
        let certificate = state
            .peer_certificates
            .first()
            .ok_or(DropReason::WrongFingerprint)?;
        if sha256(&*self.identity.provider, certificate) != Some(self.peer_fingerprint) {
            return Err(DropReason::WrongFingerprint);
        }
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => SrtpProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => SrtpProfile::AesCm128HmacSha1_80,
            _ => return Err(DropReason::Dtls),
        };
        let length = 2 * (profile.key_len() + profile.salt_len());
        let exported = state
            .export_keying_material(EXPORTER_LABEL, &[], length)
            .map_err(|_| DropReason::Dtls)?;
        SrtpKeys::from_exporter(profile, exported.as_ref(), self.is_client).ok_or(DropReason::Dtls)
    }
}

impl Dtls for RtcDtls {
    fn handle(&mut self, now: Instant, datagram: &[u8]) -> Result<Option<SrtpKeys>, DropReason> {
        let taken = self.take(now, datagram);
        self.collect(now);
        taken
    }

    fn poll_transmit(&mut self) -> Option<BytesMut> {
        self.queue.pop_front()
    }

    fn next_timeout(&self) -> Option<Instant> {
        let State::Handshake(endpoint) = &self.state else {
            return None;
        };
        let timeouts = [endpoint.poll_timeout(&PEER), self.repeat_at];
        timeouts.into_iter().flatten().min()
    }

    fn handle_timeout(&mut self, now: Instant) {
        let State::Handshake(endpoint) = &mut self.state else {
            return;
        };
        if endpoint.handle_timeout(PEER, now).is_err() {
            self.state = State::Failed;
            return;
        }
        self.collect(now);
        if self.repeat_at.is_some_and(|at| at <= now) {
            self.repeat_at = Some(now + REPEAT_INTERVAL);
            self.queue.extend(self.flight.iter().cloned());
        }
    }

    fn is_failed(&self) -> bool {
        matches!(self.state, State::Failed)
    }
}

#[cfg(test)]
mod tests;
