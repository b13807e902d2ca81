//! The one transport under all used m-lines: BUNDLE, ICE, DTLS.
//!
//! Invariant: what two bundled lines say of the transport is the same, or the offer is refused.

use super::lines::Document;
use super::offer::{Claimed, agree};
use super::{IceCredentials, SdpError};
use std::collections::BTreeSet;

/// All used lines in one group (RFC 9143), whose first member owns the transport.
pub(super) fn check_bundle(
    document: &Document<'_>,
    claimed: &[Claimed<'_, '_>],
) -> Result<(), SdpError> {
    let mut groups = document
        .session
        .values("group")
        .filter_map(|g| g.strip_prefix("BUNDLE "));
    let group = groups.find_map(|group| {
        let members: Vec<&str> = group.split(' ').collect();
        let set: BTreeSet<&str> = members.iter().copied().collect();
        claimed
            .iter()
            .all(|line| set.contains(line.mid))
            .then_some(members)
    });
    let group = group.ok_or(SdpError::NotBundled)?;
    match claimed.iter().any(|line| group.first() == Some(&line.mid)) {
        true => Ok(()),
        false => Err(SdpError::TaggedLineUnused),
    }
}

/// A transport attribute of the bundle: on the session or on used lines, one value everywhere.
fn transport_value<'a>(
    document: &Document<'a>,
    claimed: &[Claimed<'_, 'a>],
    name: &str,
) -> Result<Option<&'a str>, SdpError> {
    let mut all = None;
    for line in claimed {
        let own = line.media.attributes.value(name);
        let value = own.or_else(|| document.session.value(name));
        agree(&mut all, value).ok_or(SdpError::TransportConflict)?;
    }
    Ok(all)
}

/// RFC 8842 §5.2: an offer says actpass; active serves us as well, since we answer passive.
pub(super) fn check_setup(
    document: &Document<'_>,
    claimed: &[Claimed<'_, '_>],
) -> Result<(), SdpError> {
    match transport_value(document, claimed, "setup")? {
        Some("actpass" | "active") => Ok(()),
        _ => Err(SdpError::BadSetup),
    }
}

/// RFC 8839 §5.4: 4 to 256 and 22 to 256 ice-chars.
pub(super) fn read_ice(
    document: &Document<'_>,
    claimed: &[Claimed<'_, '_>],
) -> Result<IceCredentials, SdpError> {
    if document.session.has("ice-lite") {
        return Err(SdpError::PeerIsLite);
    }
    let is_ice_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let read = |name, shortest: usize| {
        let value = transport_value(document, claimed, name)?.unwrap_or("");
        let valid = (shortest..=256).contains(&value.len()) && value.bytes().all(is_ice_char);
        valid
            .then(|| value.to_owned())
            .ok_or(SdpError::BadIceCredentials)
    };
    Ok(IceCredentials {
        ufrag: read("ice-ufrag", 4)?,
        pwd: read("ice-pwd", 22)?,
    })
}

/// RFC 8122 §5 allows several hashes of one certificate; we take SHA-256 and nothing weaker.
pub(super) fn read_fingerprint(
    document: &Document<'_>,
    claimed: &[Claimed<'_, '_>],
) -> Result<[u8; 32], SdpError> {
    let mut all = None;
    for attributes in claimed
        .iter()
        .map(|line| &line.media.attributes)
        .chain([&document.session])
    {
        for value in attributes.values("fingerprint") {
            let Some((hash, hex)) = value.split_once(' ') else {
                return Err(SdpError::NoSha256Fingerprint);
            };
            if hash.eq_ignore_ascii_case("sha-256") {
                let bytes = read_hex_pairs(hex).ok_or(SdpError::NoSha256Fingerprint)?;
                agree(&mut all, Some(bytes)).ok_or(SdpError::TransportConflict)?;
            }
        }
    }
    all.ok_or(SdpError::NoSha256Fingerprint)
}

fn read_hex_pairs(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let mut pairs = text.split(':');
    for byte in &mut bytes {
        let pair = pairs
            .next()
            .filter(|p| p.len() == 2 && p.bytes().all(|b| b.is_ascii_hexdigit()));
        *byte = u8::from_str_radix(pair?, 16).ok()?;
    }
    pairs.next().is_none().then_some(bytes)
}
