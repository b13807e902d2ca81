//! AES_CM_128_HMAC_SHA1_80 (RFC 3711 §4): counter mode, then a truncated HMAC over the ciphertext.
//!
//! Invariant: nothing is decrypted before its tag was found right.

use rtc_crypto::{
    CryptoError, HmacAlgorithm, Mac, RTCCrypto, StreamCipher, StreamCipherAlgorithm,
    constant_time_eq,
};

use super::SrtpError;
use super::cipher::{Cipher, RTCP_ENCRYPTED_BIT, RTCP_HEADER_LEN, RTCP_WORD_LEN, cut, cut_to_seal};
use super::keys::{Labels, MasterKey};

const TAG_LEN: usize = 10;
const MAC_LEN: usize = 20;
const AUTHENTICATION_KEY_LEN: usize = 20;
const SALT_LEN: usize = 14;
const RTCP_TRAILER_LEN: usize = RTCP_WORD_LEN + TAG_LEN;

/// A session key, its authentication key and its salt.
pub(super) struct AesCm {
    stream: Box<dyn StreamCipher>,
    mac: Box<dyn Mac>,
    salt: [u8; SALT_LEN],
}

impl AesCm {
    pub fn derive(
        master: &MasterKey,
        crypto: &dyn RTCCrypto,
        labels: &Labels,
    ) -> Result<Self, CryptoError> {
        let key: [u8; 16] = master.derive(crypto, labels.encryption)?;
        let authentication_key: [u8; AUTHENTICATION_KEY_LEN] =
            master.derive(crypto, labels.authentication)?;
        Ok(Self {
            stream: crypto.new_stream_cipher(StreamCipherAlgorithm::Aes128Ctr, &key)?,
            mac: crypto.new_hmac(HmacAlgorithm::Sha1, &authentication_key)?,
            salt: master.derive(crypto, labels.salt)?,
        })
    }

    /// RFC 3711 §4.1.1: salt ⊕ SSRC ⊕ index, shifted up by a 16-bit block counter.
    fn apply_keystream(&mut self, ssrc: u32, index: u64, data: &mut [u8]) {
        let mut iv = (u128::from(ssrc) << 64 | u128::from(index) << 16).to_be_bytes();
        iv.iter_mut()
            .zip(self.salt)
            .for_each(|(byte, salt)| *byte ^= salt);
        self.stream
            .apply_keystream(&iv, data)
            .expect("the IV has the length of an AES block");
    }

    fn tag(&mut self, message: &[&[u8]]) -> [u8; TAG_LEN] {
        let mut mac = [0; MAC_LEN];
        self.mac
            .sign(message, &mut mac)
            .expect("the output has the length of SHA-1");
        let (tag, _) = mac
            .split_first_chunk()
            .expect("a tag is shorter than a MAC");
        *tag
    }

    fn verify(&mut self, message: &[&[u8]], tag: &[u8]) -> Result<(), SrtpError> {
        match constant_time_eq(&self.tag(message), tag) {
            true => Ok(()),
            false => Err(SrtpError::NotAuthentic),
        }
    }
}

/// RFC 3711 §4.2: the rollover counter is authenticated but not sent.
fn rollover_counter(index: u64) -> [u8; 4] {
    ((index >> 16) as u32).to_be_bytes()
}

impl Cipher for AesCm {
    fn seal_rtp(
        &mut self,
        packet: &mut [u8],
        len: usize,
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError> {
        let parts = cut_to_seal(packet, len, header_len, TAG_LEN)?;
        self.apply_keystream(ssrc, index, parts.body);
        let tag = self.tag(&[parts.header, parts.body, &rollover_counter(index)]);
        parts.trailer.copy_from_slice(&tag);
        Ok(len + TAG_LEN)
    }

    fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        index: u64,
    ) -> Result<usize, SrtpError> {
        let parts = cut(packet, header_len, TAG_LEN)?;
        self.verify(
            &[parts.header, parts.body, &rollover_counter(index)],
            parts.trailer,
        )?;
        self.apply_keystream(ssrc, index, parts.body);
        Ok(packet.len() - TAG_LEN)
    }

    fn seal_rtcp(
        &mut self,
        packet: &mut [u8],
        len: usize,
        ssrc: u32,
        index: u32,
    ) -> Result<usize, SrtpError> {
        let parts = cut_to_seal(packet, len, RTCP_HEADER_LEN, RTCP_TRAILER_LEN)?;
        self.apply_keystream(ssrc, index.into(), parts.body);
        let (word, tag) = parts.trailer.split_at_mut(RTCP_WORD_LEN);
        word.copy_from_slice(&(index | RTCP_ENCRYPTED_BIT).to_be_bytes());
        tag.copy_from_slice(&self.tag(&[parts.header, parts.body, word]));
        Ok(len + RTCP_TRAILER_LEN)
    }

    fn touch(&self) -> u8 {
        self.salt[0]
    }

    fn rtcp_word(&self, packet: &[u8]) -> Option<u32> {
        let trailer = packet.last_chunk::<RTCP_TRAILER_LEN>()?;
        trailer.first_chunk().map(|word| u32::from_be_bytes(*word))
    }

    fn open_rtcp(&mut self, packet: &mut [u8], ssrc: u32, index: u32) -> Result<usize, SrtpError> {
        let parts = cut(packet, RTCP_HEADER_LEN, RTCP_TRAILER_LEN)?;
        let (word, tag) = parts.trailer.split_at(RTCP_WORD_LEN);
        self.verify(&[parts.header, parts.body, word], tag)?;
        self.apply_keystream(ssrc, index.into(), parts.body);
        Ok(packet.len() - RTCP_TRAILER_LEN)
    }
}
