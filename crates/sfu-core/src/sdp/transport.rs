//! The one transport under all used m-lines: BUNDLE, ICE, DTLS.
//!
//! Invariant: one certificate and one role for all bundled lines, or the offer is refused. ICE is that
//! of the line that owns the bundle: others may name the transports they would have without it.

use super::lines::{Attributes, Document};
use super::offer::{Claimed, agree};
use super::{IceCredentials, SdpError};
use std::collections::BTreeSet;

/// All used lines in one group (RFC 9143), whose first member owns the transport: that line.
pub(super) fn tagged<'c, 'd, 'a>(
    document: &Document<'_>,
    claimed: &'c [Claimed<'d, 'a>],
) -> Result<&'c Claimed<'d, 'a>, SdpError> {
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
    let is_first = |line: &&Claimed<'_, '_>| group.first() == Some(&line.mid);
    claimed
        .iter()
        .find(is_first)
        .ok_or(SdpError::TaggedLineUnused)
}

/// Whether some line names another transport than the one that owns the bundle, as RFC 8829 §4.1.1
/// has it for clients that do not know whether we bundle.
pub(super) fn has_many(claimed: &[Claimed<'_, '_>], owner: &Claimed<'_, '_>) -> bool {
    let own = owner.media.attributes.value("ice-ufrag");
    let ufrags = claimed.iter();
    let mut ufrags = ufrags.filter_map(|line| line.media.attributes.value("ice-ufrag"));
    ufrags.any(|ufrag| own.is_some_and(|own| own != ufrag))
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

/// Of the line that owns the transport (RFC 9143 §7.3.2); RFC 8839 §5.4: 4 to 256 and 22 to 256
/// ice-chars.
pub(super) fn read_ice(
    document: &Document<'_>,
    owner: &Attributes<'_>,
) -> Result<IceCredentials, SdpError> {
    if document.session.has("ice-lite") {
        return Err(SdpError::PeerIsLite);
    }
    let read = |name| owner.value(name).or_else(|| document.session.value(name));
    let (ufrag, pwd) = (read("ice-ufrag"), read("ice-pwd"));
    credentials(ufrag.unwrap_or_default(), pwd.unwrap_or_default())
}

/// Both halves, if they are what they must be.
pub(super) fn credentials(ufrag: &str, pwd: &str) -> Result<IceCredentials, SdpError> {
    let is_ice_char = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    let check = |value: &str, shortest: usize| {
        let valid = (shortest..=256).contains(&value.len()) && value.bytes().all(is_ice_char);
        valid
            .then(|| value.to_owned())
            .ok_or(SdpError::BadIceCredentials)
    };
    Ok(IceCredentials {
        ufrag: check(ufrag, 4)?,
        pwd: check(pwd, 22)?,
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
