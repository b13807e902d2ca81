//! From the DTLS exporter's block to master keys, and from those to session keys.
//!
//! Invariant: no `Debug` output, error or log line contains key bytes.

use core::fmt;

use rtc_crypto::{CryptoError, RTCCrypto, StreamCipherAlgorithm};

const KEY_LEN: usize = 16;
/// The longer of the two salts; the shorter one is followed by zeros, which is what RFC 7714 §11
/// asks the key derivation to do.
const MAX_SALT_LEN: usize = 14;

/// The protection profiles we speak (RFC 5764 §4.1.2, RFC 7714 §14.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SrtpProfile {
    /// Encryption and authentication in one pass: preferred, as it costs a third.
    AeadAes128Gcm,
    /// Counter mode with an 80-bit HMAC-SHA1 tag: what every WebRTC endpoint must have.
    AesCm128HmacSha1_80,
}

impl SrtpProfile {
    /// Bytes of a master key.
    #[must_use]
    pub const fn key_len(self) -> usize {
        KEY_LEN
    }

    /// Bytes of a master salt.
    #[must_use]
    pub const fn salt_len(self) -> usize {
        match self {
            Self::AeadAes128Gcm => 12,
            Self::AesCm128HmacSha1_80 => 14,
        }
    }
}

/// The key of one direction.
#[derive(Clone)]
pub struct MasterKey {
    key: [u8; KEY_LEN],
    salt: [u8; MAX_SALT_LEN],
}

impl MasterKey {
    /// `None` unless the lengths are the profile's.
    #[must_use]
    pub fn new(profile: SrtpProfile, key: &[u8], salt: &[u8]) -> Option<Self> {
        if salt.len() != profile.salt_len() {
            return None;
        }
        let mut master = Self {
            key: key.try_into().ok()?,
            salt: [0; MAX_SALT_LEN],
        };
        master.salt.get_mut(..salt.len())?.copy_from_slice(salt);
        Some(master)
    }

    /// RFC 3711 §4.3.1 with a key derivation rate of zero: counter mode over zeros.
    pub(super) fn derive<const N: usize>(
        &self,
        crypto: &dyn RTCCrypto,
        label: u8,
    ) -> Result<[u8; N], CryptoError> {
        let mut iv = [0; KEY_LEN];
        iv[..MAX_SALT_LEN].copy_from_slice(&self.salt);
        // The label stands above a 48-bit index that stays zero.
        iv[MAX_SALT_LEN - 7] ^= label;
        let mut session_key = [0; N];
        crypto
            .new_stream_cipher(StreamCipherAlgorithm::Aes128Ctr, &self.key)?
            .apply_keystream(&iv, &mut session_key)?;
        Ok(session_key)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(secret)")
    }
}

/// What tells the session keys of one master key apart (RFC 3711 §4.3.2).
pub(super) struct Labels {
    pub encryption: u8,
    pub authentication: u8,
    pub salt: u8,
}

pub(super) const RTP: Labels = Labels {
    encryption: 0,
    authentication: 1,
    salt: 2,
};
pub(super) const RTCP: Labels = Labels {
    encryption: 3,
    authentication: 4,
    salt: 5,
};

/// The keys of both directions of one session.
#[derive(Clone, Debug)]
pub struct SrtpKeys {
    /// The profile the handshake agreed on.
    pub profile: SrtpProfile,
    /// Seals what we send.
    pub local: MasterKey,
    /// Opens what the peer sends.
    pub remote: MasterKey,
}

impl SrtpKeys {
    /// Cuts the exporter's block into client key, server key, client salt, server salt
    /// (RFC 5764 §4.2). `None` if its length is not twice a key and a salt.
    #[must_use]
    pub fn from_exporter(profile: SrtpProfile, block: &[u8], is_client: bool) -> Option<Self> {
        let (keys, salts) = block.split_at_checked(2 * profile.key_len())?;
        let (client_key, server_key) = keys.split_at(profile.key_len());
        let (client_salt, server_salt) = salts.split_at_checked(profile.salt_len())?;
        let client = MasterKey::new(profile, client_key, client_salt)?;
        let server = MasterKey::new(profile, server_key, server_salt)?;
        let (local, remote) = if is_client {
            (client, server)
        } else {
            (server, client)
        };
        Some(Self {
            profile,
            local,
            remote,
        })
    }
}
