//! A browser's transport in small: nominates, answers checks, shakes hands, seals and opens.
//!
//! Invariant: it reads what the SFU sends as strictly as a browser would, and panics otherwise.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use homeroom_rtp::rtcp::Compound;
use homeroom_rtp::{DatagramKind, RtpHeader, RtpPacket, classify, sequence};
use homeroom_sfu_core::Sfu;
use homeroom_sfu_core::transmit::TransmitBatch;
use homeroom_sfu_core::transport::dtls::{Dtls, RtcDtls};
use homeroom_sfu_core::transport::srtp::{MAX_OVERHEAD, SrtpOpener, SrtpProfile, SrtpSealer};
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use rtc_stun::xoraddr::XorMappedAddress;

use crate::world::identity;

/// Rounds of ten milliseconds in which a handshake without loss must be over.
const MAX_ROUNDS: usize = 50;

/// One participant's side.
pub(crate) struct Peer {
    pub at: SocketAddr,
    local: (&'static str, &'static str),
    remote: (&'static str, &'static str),
    dtls: RtcDtls,
    srtp: Option<(SrtpSealer, SrtpOpener)>,
    /// The newest index sent of each stream.
    sent: BTreeMap<u32, u64>,
}

impl Peer {
    pub fn new(
        now: Instant,
        at: SocketAddr,
        local: (&'static str, &'static str),
        remote: (&'static str, &'static str),
    ) -> Self {
        let identity = identity();
        let server = identity.fingerprint();
        let dtls = RtcDtls::client(now, identity, server, &[SrtpProfile::AeadAes128Gcm])
            .expect("a configuration of our own");
        Self {
            at,
            local,
            remote,
            dtls,
            srtp: None,
            sent: BTreeMap::new(),
        }
    }

    /// Brings the transport up and returns the time when it was.
    pub fn connect(&mut self, sfu: &mut Sfu, mut now: Instant, out: &mut TransmitBatch) -> Instant {
        sfu.handle_datagram(now, self.at, &mut self.nomination(), out);
        for _ in 0..MAX_ROUNDS {
            while let Some(flight) = self.dtls.poll_transmit() {
                sfu.handle_datagram(now, self.at, &mut flight.to_vec(), out);
            }
            let to_us = out.iter().filter(|(to, _)| *to == self.at);
            let received: Vec<_> = to_us.map(|(_, datagram)| datagram.to_vec()).collect();
            out.clear();
            for datagram in &received {
                self.receive(sfu, now, datagram, out);
            }
            if received.is_empty() && self.srtp.is_some() {
                return now;
            }
            now += Duration::from_millis(10);
            sfu.handle_timeout(now, out);
        }
        panic!("a handshake without loss ends");
    }

    fn receive(&mut self, sfu: &mut Sfu, now: Instant, datagram: &[u8], out: &mut TransmitBatch) {
        match classify(datagram) {
            Some(DatagramKind::Stun) => {
                if let Some(mut reply) = self.reply(datagram) {
                    sfu.handle_datagram(now, self.at, &mut reply, out);
                }
            }
            Some(DatagramKind::Dtls) => {
                if let Some(keys) = self.dtls.handle(now, datagram).expect("our own handshake") {
                    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
                    let sealer = SrtpSealer::new(&keys, provider.crypto()).expect("supported");
                    let opener = SrtpOpener::new(&keys, provider.crypto()).expect("supported");
                    self.srtp = Some((sealer, opener));
                }
            }
            Some(DatagramKind::Rtp | DatagramKind::Rtcp) => self.open(datagram),
            None => panic!("the SFU sent what is no protocol of ours"),
        }
    }

    /// Reads what the SFU sends while media flows.
    pub fn open(&mut self, datagram: &[u8]) {
        let Some((_, opener)) = &mut self.srtp else {
            return;
        };
        let mut packet = datagram.to_vec();
        match classify(datagram) {
            Some(DatagramKind::Rtp) => {
                let header = RtpHeader::parse(datagram).expect("a well-formed header");
                let (ssrc, seq) = (header.ssrc(), header.sequence_number());
                let header_len = header.header_len();
                let opened = opener.open_rtp(&mut packet, header_len, ssrc, seq);
                let len = opened.expect("authentic, and never sent before").len;
                RtpPacket::parse(&packet[..len]).expect("a well-formed packet");
            }
            Some(DatagramKind::Rtcp) => {
                let len = opener.open_rtcp(&mut packet).expect("authentic");
                Compound::parse(&packet[..len]).expect("a well-formed compound");
            }
            _ => {}
        }
    }

    /// Seals a plain packet of either kind; `None` for what no sender could send.
    pub fn seal(&mut self, plain: &[u8]) -> Option<Vec<u8>> {
        let (sealer, _) = self.srtp.as_mut()?;
        let mut packet = [plain, &[0; MAX_OVERHEAD]].concat();
        let len = match classify(plain)? {
            DatagramKind::Rtp => {
                let header = RtpHeader::parse(plain).ok()?;
                let seq = header.sequence_number();
                let newest = self.sent.entry(header.ssrc()).or_insert(seq.into());
                let index = sequence::unwrap(*newest, seq);
                *newest = index.max(*newest);
                sealer
                    .seal_rtp(&mut packet, plain.len(), header.header_len(), index)
                    .ok()?
            }
            DatagramKind::Rtcp => sealer.seal_rtcp(&mut packet, plain.len()).ok()?,
            DatagramKind::Stun | DatagramKind::Dtls => return None,
        };
        packet.truncate(len);
        Some(packet)
    }

    fn nomination(&self) -> Vec<u8> {
        let username = format!("{}:{}", self.remote.0, self.local.0);
        let mut message = Message::new();
        message
            .build(&[
                Box::new(BINDING_REQUEST),
                Box::new(TransactionId(*b"nominate now")),
                Box::new(TextAttribute::new(ATTR_USERNAME, username)),
            ])
            .expect("a well-formed request");
        message.add(ATTR_USE_CANDIDATE, &[]);
        signed(message, self.remote.1)
    }

    /// The answer to a check of the SFU's.
    fn reply(&self, datagram: &[u8]) -> Option<Vec<u8>> {
        let mut check = Message::new();
        check.unmarshal_binary(datagram).expect("well-formed STUN");
        if check.typ != BINDING_REQUEST {
            return None;
        }
        let mapped = XorMappedAddress {
            ip: self.at.ip(),
            port: self.at.port(),
        };
        let mut message = Message::new();
        message
            .build(&[
                Box::new(BINDING_SUCCESS),
                Box::new(check.transaction_id),
                Box::new(mapped),
            ])
            .expect("a well-formed answer");
        Some(signed(message, self.local.1))
    }
}

fn signed(mut message: Message, password: &str) -> Vec<u8> {
    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
    let password = password.to_owned();
    MessageIntegrity::new_short_term_integrity_with_provider(password, provider.crypto())
        .add_to(&mut message)
        .expect("a message to sign");
    FINGERPRINT.add_to(&mut message).expect("a message to mark");
    message.raw
}
