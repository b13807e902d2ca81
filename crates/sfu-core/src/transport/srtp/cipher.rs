//! What a protection profile does to one packet, apart from indices and replay.
//!
//! Invariant: an opening checks the tag before it reports a length, and every slice is cut with a
//! length check, as packets come from the network.

use rtc_crypto::{CryptoError, RTCCrypto};

use super::aes_cm::AesCm;
use super::gcm::Gcm;
use super::keys::{self, MasterKey, SrtpProfile};
use super::{MAX_OVERHEAD, SrtpError};
use std::ops::{Deref, DerefMut};

/// The part of an RTCP compound that stays in the clear: the first header and its SSRC.
pub(super) const RTCP_HEADER_LEN: usize = 8;
/// The top bit of the word that carries the SRTCP index (the E flag).
pub(super) const RTCP_ENCRYPTED_BIT: u32 = 1 << 31;
/// The E flag and the index.
pub(super) const RTCP_WORD_LEN: usize = 4;

/// One session key of one direction, for RTP or for RTCP.
pub(super) trait Cipher: Send {
    /// Encrypts `packet[header_len..len]`, appends the tag, returns the new length.
    fn seal_rtp(
        &mut self,
        packet: &mut [u8],
        len: usize,
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError>;

    /// Authenticates and decrypts the packet, returns the length without the tag.
    fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError>;

    /// Encrypts `packet[8..len]`, appends index word and tag, returns the new length.
    fn seal_rtcp(
        &mut self,
        packet: &mut [u8],
        len: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<usize, SrtpError>;

    /// The word with E flag and index of a received packet.
    fn rtcp_word(&self, packet: &[u8]) -> Option<u32>;

    /// Reads a byte of what sealing needs first.
    fn touch(&self) -> u8;

    /// Authenticates and decrypts the packet, returns the length without index word and tag.
    fn open_rtcp(&mut self, packet: &mut [u8], ssrc: u32, index: u32) -> Result<usize, SrtpError>;
}

/// The cipher of a profile. The one that nearly everybody has lies where its user does: a step less
/// through memory that a burst to hundreds finds cold.
pub(super) enum ProfileCipher {
    Gcm(Gcm),
    AesCm(Box<AesCm>),
}

impl Deref for ProfileCipher {
    type Target = dyn Cipher;

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Gcm(gcm) => gcm,
            Self::AesCm(aes_cm) => &**aes_cm,
        }
    }
}

impl DerefMut for ProfileCipher {
    fn deref_mut(&mut self) -> &mut Self::Target {
        match self {
            Self::Gcm(gcm) => gcm,
            Self::AesCm(aes_cm) => &mut **aes_cm,
        }
    }
}

/// The ciphers of one direction.
pub(super) struct SessionCiphers {
    pub rtp: ProfileCipher,
    pub rtcp: ProfileCipher,
}

impl SessionCiphers {
    pub fn derive(
        profile: SrtpProfile,
        master: &MasterKey,
        crypto: &dyn RTCCrypto,
    ) -> Result<Self, CryptoError> {
        Ok(match profile {
            SrtpProfile::AeadAes128Gcm => Self {
                rtp: ProfileCipher::Gcm(Gcm::derive(master, crypto, &keys::RTP)?),
                rtcp: ProfileCipher::Gcm(Gcm::derive(master, crypto, &keys::RTCP)?),
            },
            SrtpProfile::AesCm128HmacSha1_80 => Self {
                rtp: ProfileCipher::AesCm(AesCm::derive(master, crypto, &keys::RTP)?.into()),
                rtcp: ProfileCipher::AesCm(AesCm::derive(master, crypto, &keys::RTCP)?.into()),
            },
        })
    }
}

/// A packet to seal, cut into its clear header, the body to encrypt, and room for the trailer.
pub(super) struct Parts<'a> {
    pub header: &'a mut [u8],
    pub body: &'a mut [u8],
    pub trailer: &'a mut [u8],
}

/// Cuts a buffer of ours for sealing.
pub(super) fn cut_to_seal(
    packet: &mut [u8],
    len: usize,
    header_len: usize,
    trailer_len: usize,
) -> Result<Parts<'_>, SrtpError> {
    debug_assert!(
        trailer_len <= MAX_OVERHEAD,
        "callers leave room for the longest trailer"
    );
    let sealed = packet
        .get_mut(..len + trailer_len)
        .ok_or(SrtpError::NoRoom)?;
    cut(sealed, header_len, trailer_len)
}

/// Cuts a packet into header, body and a trailer of fixed length.
pub(super) fn cut(
    packet: &mut [u8],
    header_len: usize,
    trailer_len: usize,
) -> Result<Parts<'_>, SrtpError> {
    let body_end = packet
        .len()
        .checked_sub(trailer_len)
        .ok_or(SrtpError::TooShort)?;
    let (plain, trailer) = packet.split_at_mut(body_end);
    let (header, body) = plain
        .split_at_mut_checked(header_len)
        .ok_or(SrtpError::TooShort)?;
    Ok(Parts {
        header,
        body,
        trailer,
    })
}
