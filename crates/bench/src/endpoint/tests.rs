//! Against the server's own transport, in either role.

use super::*;
use homeroom_sfu_core::transport::srtp::SrtpKeys;

/// Brings up a transport between an endpoint and the server's ICE-less half: DTLS alone.
fn connect(profile: SrtpProfile, role: IceRole) -> (Endpoint, SrtpKeys) {
    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
    let identity = Arc::new(DtlsIdentity::generate(provider).expect("a certificate"));
    let mut endpoint = Endpoint::new(identity.clone(), &[profile], role);
    let mut other = Endpoint::new(identity.clone(), &[], IceRole::Controlled);
    let mut server = RtcDtls::server(identity.clone(), identity.fingerprint());
    let (now, address) = (Instant::now(), SocketAddr::from(([192, 0, 2, 1], 1)));
    let Local { ice, fingerprint } = other.local();
    endpoint.connect(
        now,
        Remote {
            ice,
            fingerprint,
            address,
        },
    );
    let mut keys = None;
    for _ in 0..20 {
        let sent: Vec<_> = std::iter::from_fn(|| endpoint.poll_transmit()).collect();
        for datagram in sent {
            match classify(&datagram) {
                Some(DatagramKind::Stun) => {
                    other.handle(now, address, &datagram).expect("a check");
                }
                _ => keys = keys.or(server.handle(now, &datagram).expect("a handshake")),
            }
        }
        let flights = std::iter::from_fn(|| server.poll_transmit());
        let answers: Vec<_> = flights.map(|flight| flight.to_vec()).collect();
        let answers = std::iter::from_fn(|| other.poll_transmit()).chain(answers);
        for datagram in answers.collect::<Vec<_>>() {
            endpoint.handle(now, address, &datagram).expect("an answer");
        }
    }
    (endpoint, keys.expect("the handshake is complete"))
}

#[test]
fn media_flows_in_either_role_and_profile() {
    for profile in [SrtpProfile::AeadAes128Gcm, SrtpProfile::AesCm128HmacSha1_80] {
        for role in [IceRole::Controlling, IceRole::Controlled] {
            let (mut endpoint, keys) = connect(profile, role);
            assert_eq!(keys.profile, profile);
            let provider = rtc_crypto::default_provider().expect("ring is compiled in");
            let mut sealer = SrtpSealer::new(&keys, provider.crypto()).expect("supported");
            let mut packet = [0; 100];
            packet[0] = 0x80;
            let len = sealer.seal_rtp(&mut packet, 40, 12, 0).expect("sealed");
            let (_, opener) = endpoint.srtp().expect("connected");
            let opened = opener.open_rtp(&mut packet[..len], 12, 0, 0);
            assert_eq!(opened.expect("authentic").len, 40);
        }
    }
}
