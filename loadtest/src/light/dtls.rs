//! DTLS 1.2 as the client, on the `rtc-dtls` endpoint, up to the keys of SRTP (RFC 5764).
//!
//! Invariant: keys exist only after the server has proven the certificate that its answer named.

use anyhow::{Context, Result, anyhow, bail, ensure};
use bytes::BytesMut;
use rtc_crypto::{HashAlgorithm, RTCCryptoProvider};
use rtc_dtls::config::{ClientAuthType, ConfigBuilder, ExtendedMasterSecretType, HandshakeConfig};
use rtc_dtls::crypto::Certificate;
use rtc_dtls::endpoint::{Endpoint, EndpointEvent};
use rtc_dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc_shared::TransportProtocol;
use rtc_srtp::config::{Config, LABEL_EXTRACTOR_DTLS_SRTP, SessionKeys};
use rtc_srtp::protection_profile::ProtectionProfile;
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// The library keys its associations by address; ours has one, and it never matters which.
const PEER: SocketAddr = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), 9));
/// Pace at which our last flight is repeated until the server's next one is whole: the library
/// stops its own timer at any handshake datagram, also at one that completes nothing.
const REPEAT_INTERVAL: Duration = Duration::from_millis(250);

/// One certificate for all light bots of this process: making one costs more than a join.
pub(super) struct Identity {
    pub(super) provider: Arc<dyn RTCCryptoProvider>,
    pub(super) fingerprint: [u8; 32],
    config: Arc<HandshakeConfig>,
}

impl Identity {
    pub(super) fn shared() -> Result<Arc<Self>> {
        static IDENTITY: OnceLock<Option<Arc<Identity>>> = OnceLock::new();
        let identity = IDENTITY.get_or_init(|| Self::generate().ok().map(Arc::new));
        identity.clone().context("no certificate could be made")
    }

    fn generate() -> Result<Self> {
        let provider = rtc_crypto::default_provider().context("no cryptography")?;
        let certificate =
            Certificate::generate_self_signed(vec!["bot".to_owned()], provider.crypto())?;
        let der = certificate.certificate.first().context("no certificate")?;
        let fingerprint = sha256(&*provider, der)?;
        let profiles = vec![
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80,
        ];
        let config = ConfigBuilder::default()
            .with_crypto_provider(provider.clone())
            .with_certificates(vec![certificate.clone()])
            .with_srtp_protection_profiles(profiles)
            .with_client_auth(ClientAuthType::RequireAnyClientCert)
            .with_extended_master_secret(ExtendedMasterSecretType::Require)
            // The fingerprint in the answer is what is checked (RFC 5763 §5).
            .with_insecure_skip_verify(true)
            .build(true, Some(PEER))?;
        Ok(Self {
            provider,
            fingerprint,
            config: Arc::new(config),
        })
    }
}

fn sha256(provider: &dyn RTCCryptoProvider, data: &[u8]) -> Result<[u8; 32]> {
    let hash = provider.crypto().hash(HashAlgorithm::Sha256, data)?;
    hash.try_into().map_err(|_| anyhow!("SHA-256 of 32 bytes"))
}

/// What a finished handshake is for.
pub(super) struct Keys {
    pub(super) profile: ProtectionProfile,
    pub(super) session: SessionKeys,
}

/// One handshake.
pub(super) struct Dtls {
    identity: Arc<Identity>,
    server_fingerprint: [u8; 32],
    endpoint: Endpoint,
    is_done: bool,
    /// Our last flight.
    flight: Vec<BytesMut>,
    repeat_at: Option<Instant>,
}

impl Dtls {
    pub(super) fn connect(
        now: Instant,
        identity: Arc<Identity>,
        server_fingerprint: [u8; 32],
    ) -> Result<Self> {
        let mut endpoint = Endpoint::new(PEER, TransportProtocol::UDP, None);
        endpoint.connect(now, PEER, identity.config.clone(), None)?;
        Ok(Self {
            identity,
            server_fingerprint,
            endpoint,
            is_done: false,
            flight: Vec::new(),
            repeat_at: None,
        })
    }

    /// Takes a datagram; the keys come with the one that completes the handshake.
    pub(super) fn handle(&mut self, now: Instant, datagram: &[u8]) -> Result<Option<Keys>> {
        // What does not fit is dropped, as everywhere.
        let Ok(events) = self
            .endpoint
            .read(now, PEER, None, BytesMut::from(datagram))
        else {
            return Ok(None);
        };
        for event in events {
            match event {
                EndpointEvent::HandshakeComplete if !self.is_done => {
                    self.is_done = true;
                    return self.verified_keys().map(Some);
                }
                EndpointEvent::PeerClosed => bail!("the server closed DTLS"),
                _ => {}
            }
        }
        Ok(None)
    }

    fn verified_keys(&self) -> Result<Keys> {
        let state = self
            .endpoint
            .get_connection_state(PEER)
            .context("no association")?;
        let certificate = state.peer_certificates.first();
        let certificate = certificate.context("the server showed no certificate")?;
        let fingerprint = sha256(&*self.identity.provider, certificate)?;
        ensure!(
            fingerprint == self.server_fingerprint,
            "the server's certificate is not the one its answer named"
        );
        let profile = match state.srtp_protection_profile() {
            SrtpProtectionProfile::Srtp_Aead_Aes_128_Gcm => ProtectionProfile::AeadAes128Gcm,
            SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80 => {
                ProtectionProfile::Aes128CmHmacSha1_80
            }
            other => bail!("the server chose {other:?}"),
        };
        let mut config = Config {
            profile,
            ..Config::default()
        };
        let exported = state
            .export_keying_material(LABEL_EXTRACTOR_DTLS_SRTP, &[], config.keying_material_len())
            .map_err(|error| anyhow!("{error:?}"))?;
        config.set_session_keys_from_keying_material(exported.as_ref(), true)?;
        Ok(Keys {
            profile,
            session: config.keys,
        })
    }

    /// Appends what is to be sent.
    pub(super) fn collect(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) {
        let fresh = std::iter::from_fn(|| self.endpoint.poll_transmit());
        let fresh: Vec<_> = fresh.map(|transmit| transmit.message).collect();
        if !fresh.is_empty() {
            out.extend(fresh.iter().map(|flight| flight.to_vec()));
            self.flight = fresh;
            self.repeat_at = Some(now + REPEAT_INTERVAL);
        }
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        if self.is_done {
            return None;
        }
        let timeouts = [self.endpoint.poll_timeout(&PEER), self.repeat_at];
        timeouts.into_iter().flatten().min()
    }

    pub(super) fn handle_timeout(&mut self, now: Instant, out: &mut Vec<Vec<u8>>) -> Result<()> {
        if self.is_done {
            return Ok(());
        }
        self.endpoint.handle_timeout(PEER, now)?;
        self.collect(now, out);
        if self.repeat_at.is_some_and(|at| at <= now) {
            self.repeat_at = Some(now + REPEAT_INTERVAL);
            out.extend(self.flight.iter().map(|flight| flight.to_vec()));
        }
        Ok(())
    }
}
