//! The client's side of ICE messages.

use crate::sdp::IceCredentials;
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

/// The one provider of the tests.
pub fn provider() -> Arc<dyn RTCCryptoProvider> {
    rtc_crypto::default_provider().expect("ring is compiled in")
}

/// A check from the owner of `ours` to the owner of `theirs`.
pub fn check(
    ours: &IceCredentials,
    theirs: &IceCredentials,
    id: [u8; 12],
    nominates: bool,
) -> Vec<u8> {
    let username = format!("{}:{}", theirs.ufrag, ours.ufrag);
    let mut message = Message::new();
    message
        .build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId(id)),
            Box::new(TextAttribute::new(ATTR_USERNAME, username)),
        ])
        .expect("a well-formed request");
    message.add(ATTR_PRIORITY, &0x6e7f_1eff_u32.to_be_bytes());
    message.add(ATTR_ICE_CONTROLLING, &7u64.to_be_bytes());
    if nominates {
        message.add(ATTR_USE_CANDIDATE, &[]);
    }
    sign(message, &theirs.pwd)
}

/// The answer of the owner of `password` to a check that came from `from`.
pub fn answer(check: &Message, from: SocketAddr, password: &str) -> Vec<u8> {
    let mapped = XorMappedAddress {
        ip: from.ip(),
        port: from.port(),
    };
    let mut message = Message::new();
    message
        .build(&[
            Box::new(BINDING_SUCCESS),
            Box::new(check.transaction_id),
            Box::new(mapped),
        ])
        .expect("a well-formed answer");
    sign(message, password)
}

/// Whether a message is signed with `password`.
pub fn is_signed(message: &mut Message, password: &str) -> bool {
    MessageIntegrity::check(message, password.as_bytes(), provider().crypto()).is_ok()
}

fn sign(mut message: Message, password: &str) -> Vec<u8> {
    MessageIntegrity::new_short_term_integrity_with_provider(
        password.to_owned(),
        provider().crypto(),
    )
    .add_to(&mut message)
    .expect("a message to sign");
    FINGERPRINT.add_to(&mut message).expect("a message to mark");
    message.raw
}
