//! SRTP and SRTCP in place: opens what a peer sent, seals what we send (RFC 3711, RFC 7714).
//!
//! Invariants: per-stream state exists only after one of the stream's packets was authentic, for
//! at most [`MAX_SSRCS`] streams; an index is accepted once; no packet costs an allocation, only a
//! new stream may. A sealer never seals two different packets under one (key, SSRC, index): for RTP
//! the caller's indices are monotonic per SSRC, for RTCP the sealer counts itself.

use homeroom_rtp::sequence;
use rtc_crypto::{CryptoError, RTCCrypto};
use thiserror::Error;

mod aes_cm;
mod cipher;
mod gcm;
mod keys;
mod replay;
#[cfg(test)]
mod tests;

pub use keys::{MasterKey, SrtpKeys, SrtpProfile};

use cipher::{RTCP_ENCRYPTED_BIT, RTCP_HEADER_LEN, SessionCiphers};
use replay::ReplayWindow;

/// Streams one peer may send, RTP and RTCP counted apart. A browser with everything on uses 6.
pub const MAX_SSRCS: usize = 32;
/// How far behind the newest RTP packet another may arrive: about 2 s of a screen share's burst.
pub const RTP_REPLAY_SPAN: u64 = replay::span(RTP_REPLAY_WORDS);
/// The same for RTCP packets.
pub const RTCP_REPLAY_SPAN: u64 = replay::span(RTCP_REPLAY_WORDS);
/// Room a packet needs behind its plain bytes to be sealed: a tag, for RTCP its index too.
pub const MAX_OVERHEAD: usize = 20;

/// RFC 3711 §9.2: 2^48 RTP packets may be sealed under one key and SSRC.
const MAX_RTP_INDEX: u64 = (1 << 48) - 1;
/// RFC 3711 §9.2: 2^31 RTCP packets may be sealed under one key.
const MAX_RTCP_INDEX: u32 = (1 << 31) - 1;

/// How far ahead a packet may be without its place in the turn being in doubt (RFC 3711 §3.3.1).
const MAX_STEP: u64 = (1 << 15) - 1;

const RTP_REPLAY_WORDS: usize = 17;
const RTCP_REPLAY_WORDS: usize = 3;

/// Why a packet was neither opened nor sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum SrtpError {
    /// Too short for its header and tag.
    #[error("the packet is too short")]
    TooShort,
    /// The tag does not fit key, index and bytes.
    #[error("the packet is not authentic")]
    NotAuthentic,
    /// The index was accepted before, or is too old to know.
    #[error("the packet is a replay or too old")]
    Replayed,
    /// One stream more than [`MAX_SSRCS`].
    #[error("the peer sends too many streams")]
    TooManyStreams,
    /// RTCP in the clear, which WebRTC forbids (RFC 8827 §6.5).
    #[error("the packet is not encrypted")]
    NotEncrypted,
    /// The buffer has no room for the tag.
    #[error("the buffer has no room for the tag")]
    NoRoom,
    /// The key has sealed as many packets as it may.
    #[error("the key is used up")]
    Exhausted,
}

/// A decrypted RTP packet, still in the caller's buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Length of the plain packet.
    pub len: usize,
    /// The 48-bit packet index: the sequence number extended by its wraps.
    pub index: u64,
}

/// What is remembered of one authentic stream.
struct Stream<const WORDS: usize> {
    ssrc: u32,
    window: ReplayWindow<WORDS>,
}

/// Streams of one peer and kind. A handful, so a scan beats a map.
struct Streams<const WORDS: usize>(Vec<Stream<WORDS>>);

impl<const WORDS: usize> Streams<WORDS> {
    fn find(&mut self, ssrc: u32) -> Result<Option<&mut ReplayWindow<WORDS>>, SrtpError> {
        let is_full = self.0.len() >= MAX_SSRCS;
        match self.0.iter_mut().find(|stream| stream.ssrc == ssrc) {
            Some(stream) => Ok(Some(&mut stream.window)),
            None if is_full => Err(SrtpError::TooManyStreams),
            None => Ok(None),
        }
    }

    /// Remembers an index whose packet proved authentic.
    fn accept(&mut self, ssrc: u32, index: u64) {
        match self.0.iter_mut().find(|stream| stream.ssrc == ssrc) {
            Some(stream) => stream.window.accept(index),
            None => {
                assert!(
                    self.0.len() < MAX_SSRCS,
                    "find() refused the stream before it was opened"
                );
                self.0.push(Stream {
                    ssrc,
                    window: ReplayWindow::starting_at(index),
                });
            }
        }
    }
}

/// Opens what one peer sends.
pub struct SrtpOpener {
    ciphers: SessionCiphers,
    rtp_streams: Streams<RTP_REPLAY_WORDS>,
    rtcp_streams: Streams<RTCP_REPLAY_WORDS>,
}

impl SrtpOpener {
    /// # Errors
    /// If the crypto provider lacks the profile's algorithms.
    pub fn new(keys: &SrtpKeys, crypto: &dyn RTCCrypto) -> Result<Self, CryptoError> {
        let ciphers = SessionCiphers::derive(keys.profile, &keys.remote, crypto)?;
        Ok(Self {
            ciphers,
            rtp_streams: Streams(Vec::new()),
            rtcp_streams: Streams(Vec::new()),
        })
    }

    /// Decrypts an RTP packet whose header the caller has parsed. On failure the bytes are garbage.
    ///
    /// # Errors
    /// The reason to drop the packet; nothing is remembered of it.
    pub fn open_rtp(
        &mut self,
        packet: &mut [u8],
        header_len: usize,
        ssrc: u32,
        seq: u16,
    ) -> Result<Opened, SrtpError> {
        let index = match self.rtp_streams.find(ssrc)? {
            Some(window) => {
                let index = sequence::unwrap(window.newest(), seq);
                // Nearest would be before the stream's first turn, so it is from before its first
                // packet. Taken forward, one packet would turn the counter for all who follow it.
                if index > window.newest() + MAX_STEP {
                    return Err(SrtpError::Replayed);
                }
                window.check(index)?;
                index
            }
            // RFC 3711 §3.3.1: the first packet's rollover counter is zero.
            None => seq.into(),
        };
        if index > MAX_RTP_INDEX {
            return Err(SrtpError::Exhausted);
        }
        let len = self.ciphers.rtp.open_rtp(packet, header_len, ssrc, index)?;
        self.rtp_streams.accept(ssrc, index);
        Ok(Opened { len, index })
    }

    /// Decrypts an RTCP compound and returns its plain length. On failure the bytes are garbage.
    ///
    /// # Errors
    /// The reason to drop the packet; nothing is remembered of it.
    pub fn open_rtcp(&mut self, packet: &mut [u8]) -> Result<usize, SrtpError> {
        let ssrc = rtcp_ssrc(packet)?;
        let word = self
            .ciphers
            .rtcp
            .rtcp_word(packet)
            .ok_or(SrtpError::TooShort)?;
        if word & RTCP_ENCRYPTED_BIT == 0 {
            return Err(SrtpError::NotEncrypted);
        }
        let index = word & !RTCP_ENCRYPTED_BIT;
        if let Some(window) = self.rtcp_streams.find(ssrc)? {
            window.check(index.into())?;
        }
        let len = self.ciphers.rtcp.open_rtcp(packet, ssrc, index)?;
        self.rtcp_streams.accept(ssrc, index.into());
        Ok(len)
    }
}

/// Seals what we send to one peer.
pub struct SrtpSealer {
    ciphers: SessionCiphers,
    next_rtcp_index: u32,
}

impl SrtpSealer {
    /// # Errors
    /// If the crypto provider lacks the profile's algorithms.
    pub fn new(keys: &SrtpKeys, crypto: &dyn RTCCrypto) -> Result<Self, CryptoError> {
        let ciphers = SessionCiphers::derive(keys.profile, &keys.local, crypto)?;
        Ok(Self {
            ciphers,
            next_rtcp_index: 0,
        })
    }

    /// Reads a byte of what sealing needs first, so that it is in the cache when it is needed.
    #[must_use]
    pub fn touch(&self) -> u8 {
        self.ciphers.rtp.touch()
    }

    /// Encrypts `packet[..len]`, appends the tag and returns the length to send.
    ///
    /// `index` is the sequence number in the header, extended by its wraps. The caller never gives
    /// one index to two different packets of one SSRC: the keystream would repeat.
    ///
    /// # Errors
    /// If the packet has no room for the tag, or the key is used up; the packet is unchanged.
    pub fn seal_rtp(
        &mut self,
        packet: &mut [u8],
        len: usize,
        header_len: usize,
        index: u64,
    ) -> Result<usize, SrtpError> {
        if index > MAX_RTP_INDEX {
            return Err(SrtpError::Exhausted);
        }
        let ssrc = packet
            .get(8..)
            .and_then(<[u8]>::first_chunk)
            .ok_or(SrtpError::TooShort)?;
        let ssrc = u32::from_be_bytes(*ssrc);
        debug_assert_eq!(
            packet.get(2..4),
            Some(&(index as u16).to_be_bytes()[..]),
            "index ends in the sequence number"
        );
        self.ciphers
            .rtp
            .seal_rtp(packet, len, header_len, ssrc, index)
    }

    /// Encrypts the RTCP compound `packet[..len]`, appends index and tag, returns the length to send.
    ///
    /// # Errors
    /// If the packet has no room for index and tag, or the key is used up.
    pub fn seal_rtcp(&mut self, packet: &mut [u8], len: usize) -> Result<usize, SrtpError> {
        let ssrc = rtcp_ssrc(packet.get(..len).ok_or(SrtpError::NoRoom)?)?;
        let index = self.next_rtcp_index;
        if index > MAX_RTCP_INDEX {
            return Err(SrtpError::Exhausted);
        }
        let sealed_len = self.ciphers.rtcp.seal_rtcp(packet, len, ssrc, index)?;
        self.next_rtcp_index += 1;
        Ok(sealed_len)
    }
}

/// The sender of a compound's first packet, which stands for the whole (RFC 3711 §3.4).
fn rtcp_ssrc(packet: &[u8]) -> Result<u32, SrtpError> {
    let header = packet
        .first_chunk::<RTCP_HEADER_LEN>()
        .ok_or(SrtpError::TooShort)?;
    let [_, _, _, _, ssrc @ ..] = *header;
    Ok(u32::from_be_bytes(ssrc))
}
