//! AEAD_AES_128_GCM (RFC 7714): the header is associated data, the tag follows the ciphertext.
//!
//! Invariant: a nonce is salt ⊕ (SSRC, index), so it repeats only if the caller repeats an index.

use rtc_crypto::{AeadAlgorithm, AeadCipher, CryptoError, RTCCrypto};

use super::SrtpError;
use super::cipher::{Cipher, RTCP_ENCRYPTED_BIT, RTCP_HEADER_LEN, RTCP_WORD_LEN, cut, cut_to_seal};
use super::keys::{Labels, MasterKey};

const TAG_LEN: usize = 16;
const NONCE_LEN: usize = 12;
const RTCP_TRAILER_LEN: usize = TAG_LEN + RTCP_WORD_LEN;

/// A session key and its salt.
pub(super) struct Gcm {
    aead: Box<dyn AeadCipher>,
    salt: [u8; NONCE_LEN],
}

impl Gcm {
    pub fn derive(
        master: &MasterKey,
        crypto: &dyn RTCCrypto,
        labels: &Labels,
    ) -> Result<Self, CryptoError> {
        let key = master.derive(crypto, labels.encryption)?;
        Self::new(crypto, &key, master.derive(crypto, labels.salt)?)
    }

    pub fn new(
        crypto: &dyn RTCCrypto,
        key: &[u8; 16],
        salt: [u8; NONCE_LEN],
    ) -> Result<Self, CryptoError> {
        Ok(Self {
            aead: crypto.new_aead(AeadAlgorithm::Aes128Gcm, key)?,
            salt,
        })
    }

    /// RFC 7714 §8.1 and §9.1: two zero bytes, the SSRC, then 48 bits of index.
    fn nonce(&self, ssrc: u32, index: u64) -> [u8; NONCE_LEN] {
        let nonce = u128::from(ssrc) << 48 | u128::from(index);
        let [_, _, _, _, tail @ ..] = nonce.to_be_bytes();
        core::array::from_fn(|at| tail[at] ^ self.salt[at])
    }
}

/// RFC 7714 §9.2: the clear header and the index word.
fn rtcp_associated_data(header: &[u8], index: u32) -> [u8; RTCP_HEADER_LEN + RTCP_WORD_LEN] {
    let mut data = [0; RTCP_HEADER_LEN + RTCP_WORD_LEN];
    data[..RTCP_HEADER_LEN].copy_from_slice(header);
    data[RTCP_HEADER_LEN..].copy_from_slice(&(index | RTCP_ENCRYPTED_BIT).to_be_bytes());
    data
}

impl Cipher for Gcm {
    fn seal_rtp(
        &mut self,
        packet: &mut [u8],
        len: usize,
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError> {
        let nonce = self.nonce(ssrc, index);
        let parts = cut_to_seal(packet, len, header_len, TAG_LEN)?;
        self.aead
            .seal_in_place(&nonce, parts.header, parts.body, parts.trailer)
            .expect("nonce and tag have the lengths of AES-GCM");
        Ok(len + TAG_LEN)
    }

    fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError> {
        let nonce = self.nonce(ssrc, index);
        let parts = cut(packet, header_len, TAG_LEN)?;
        self.aead
            .open_in_place(&nonce, parts.header, parts.body, parts.trailer)
            .map_err(|_| SrtpError::NotAuthentic)?;
        Ok(packet.len() - TAG_LEN)
    }

    fn seal_rtcp(
        &mut self,
        packet: &mut [u8],
        len: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<usize, SrtpError> {
        let nonce = self.nonce(ssrc, index.into());
        let parts = cut_to_seal(packet, len, RTCP_HEADER_LEN, RTCP_TRAILER_LEN)?;
        let data = rtcp_associated_data(parts.header, index);
        let (tag, word) = parts.trailer.split_at_mut(TAG_LEN);
        self.aead
            .seal_in_place(&nonce, &data, parts.body, tag)
            .expect("nonce and tag have the lengths of AES-GCM");
        word.copy_from_slice(&data[RTCP_HEADER_LEN..]);
        Ok(len + RTCP_TRAILER_LEN)
    }

    fn touch(&self) -> u8 {
        self.salt[0]
    }

    fn rtcp_word(&self, packet: &[u8]) -> Option<u32> {
        packet.last_chunk().map(|word| u32::from_be_bytes(*word))
    }

    fn open_rtcp(&mut self, packet: &mut [u8], ssrc: u32, index: u32) -> Result<usize, SrtpError> {
        let nonce = self.nonce(ssrc, index.into());
        let parts = cut(packet, RTCP_HEADER_LEN, RTCP_TRAILER_LEN)?;
        let data = rtcp_associated_data(parts.header, index);
        let (tag, _word) = parts.trailer.split_at(TAG_LEN);
        self.aead
            .open_in_place(&nonce, &data, parts.body, tag)
            .map_err(|_| SrtpError::NotAuthentic)?;
        Ok(packet.len() - RTCP_TRAILER_LEN)
    }
}
