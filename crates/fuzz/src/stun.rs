//! A STUN datagram, as it comes from anywhere and as it comes from a peer who knows the password.

use std::net::SocketAddr;
use std::time::Instant;

use homeroom_sfu_core::bounds::{MAX_ICE_ADDRESSES, MAX_STUN_BYTES};
use homeroom_sfu_core::sdp::IceCredentials;
use homeroom_sfu_core::transport::ice::{Ice, decode, request_ufrag};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_SUCCESS, Message, Setter};

/// Credentials of the seeds: the server's half, then the client's.
pub(crate) const LOCAL: (&str, &str) = ("srvr", "server-password-of-the-seeds");
pub(crate) const REMOTE: (&str, &str) = ("clnt", "client-password-of-the-seeds");

pub(crate) fn credentials((ufrag, pwd): (&str, &str)) -> IceCredentials {
    IceCredentials {
        ufrag: ufrag.to_owned(),
        pwd: pwd.to_owned(),
    }
}

fn ice() -> Ice {
    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
    Ice::new(credentials(LOCAL), credentials(REMOTE), provider)
}

/// Only authentic requests are answered or remembered, and nothing is selected unasked.
pub fn stun(data: &[u8]) {
    let Ok(message) = decode(data) else { return };
    assert!(data.len() <= MAX_STUN_BYTES);
    request_ufrag(&message);
    if let Some(signed) = sign(&message) {
        deliver(&signed);
    }
    deliver(data);
}

/// The same message from a peer who knows our password, so that what is behind the check is
/// reached too.
fn sign(message: &Message) -> Option<Vec<u8>> {
    let mut signed = message.clone();
    let provider = rtc_crypto::default_provider().ok()?;
    MessageIntegrity::new_short_term_integrity_with_provider(LOCAL.1.to_owned(), provider.crypto())
        .add_to(&mut signed)
        .ok()?;
    FINGERPRINT.add_to(&mut signed).ok()?;
    Some(signed.raw)
}

fn is_authentic(datagram: &[u8]) -> bool {
    let Ok(mut message) = decode(datagram) else {
        return false;
    };
    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
    MessageIntegrity::check(&mut message, LOCAL.1.as_bytes(), provider.crypto()).is_ok()
}

fn deliver(datagram: &[u8]) {
    let Ok(mut message) = decode(datagram) else {
        return;
    };
    let mut ice = ice();
    let from = SocketAddr::from(([192, 0, 2, 7], 40_000));
    let outcome = ice.handle(Instant::now(), from, &mut message);
    assert_eq!(
        ice.selected(),
        None,
        "an address is selected only after it answered us"
    );
    assert!(ice.addresses().count() <= MAX_ICE_ADDRESSES);
    let reply = outcome.ok().and_then(|outcome| outcome.reply);
    assert_eq!(
        ice.knows(from),
        reply.is_some(),
        "whoever is remembered is answered"
    );
    if let Some(reply) = reply {
        assert!(
            is_authentic(datagram),
            "only who knows the password is answered"
        );
        let reply = decode(&reply).expect("what we write is well-formed");
        assert_eq!(
            (reply.typ, reply.transaction_id),
            (BINDING_SUCCESS, message.transaction_id)
        );
    }
}
