//! One end of a WebRTC transport as a value: ICE, DTLS as the client, SRTP.
//!
//! Datagrams and `now` go in, datagrams come out of [`Transport::take_out`].
//!
//! Invariant: what is opened was authentic; what is sealed is sealed once.

use super::dtls::{Dtls, Identity};
use super::ice::{Credentials, Ice};
use anyhow::{Context as _, Result};
use bytes::BytesMut;
use rtc_srtp::context::Context;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

/// What an answer says of the server's transport.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Remote {
    pub(super) credentials: Credentials,
    pub(super) fingerprint: [u8; 32],
    pub(super) address: SocketAddr,
}

/// What a datagram of the server is (RFC 7983 §7, RFC 5761 §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Stun,
    Dtls,
    Rtp,
    Rtcp,
}

/// `None` for what is none of them.
pub(super) fn classify(datagram: &[u8]) -> Option<Kind> {
    match *datagram.first()? {
        0..=3 => Some(Kind::Stun),
        20..=63 => Some(Kind::Dtls),
        128..=191 => match *datagram.get(1)? {
            192..=223 => Some(Kind::Rtcp),
            _ => Some(Kind::Rtp),
        },
        _ => None,
    }
}

struct Srtp {
    seal: Context,
    open: Context,
}

/// One end.
pub(super) struct Transport {
    identity: Arc<Identity>,
    ice: Ice,
    dtls: Option<Dtls>,
    srtp: Option<Srtp>,
    remote: Option<Remote>,
    out: Vec<Vec<u8>>,
}

impl Transport {
    pub(super) fn new(identity: Arc<Identity>) -> Self {
        Self {
            ice: Ice::new(identity.provider.clone()),
            identity,
            dtls: None,
            srtp: None,
            remote: None,
            out: Vec::new(),
        }
    }

    pub(super) const fn credentials(&self) -> &Credentials {
        self.ice.local()
    }

    pub(super) fn fingerprint(&self) -> [u8; 32] {
        self.identity.fingerprint
    }

    pub(super) fn connect(&mut self, now: Instant, remote: Remote) -> Result<()> {
        self.ice.connect(now, remote.credentials.clone());
        self.remote = Some(remote);
        self.handle_timeout(now)
    }

    pub(super) const fn is_connected(&self) -> bool {
        self.srtp.is_some()
    }

    /// Takes a datagram of ICE or DTLS.
    pub(super) fn handle(
        &mut self,
        now: Instant,
        kind: Kind,
        from: SocketAddr,
        datagram: &[u8],
    ) -> Result<()> {
        match kind {
            Kind::Stun => {
                self.out.extend(self.ice.handle(now, from, datagram));
                if self.ice.is_answered() && self.dtls.is_none() {
                    let remote = self.remote.as_ref().context("nobody to connect to")?;
                    let mut dtls = Dtls::connect(now, self.identity.clone(), remote.fingerprint)?;
                    dtls.collect(now, &mut self.out);
                    self.dtls = Some(dtls);
                }
            }
            Kind::Dtls => {
                let Some(dtls) = &mut self.dtls else {
                    return Ok(());
                };
                if let Some(keys) = dtls.handle(now, datagram)? {
                    let crypto = self.identity.provider.crypto();
                    let (session, profile) = (&keys.session, keys.profile);
                    let context = |key: &[u8], salt: &[u8]| {
                        Context::new(key, salt, profile, None, None, crypto)
                    };
                    self.srtp = Some(Srtp {
                        seal: context(&session.local_master_key, &session.local_master_salt)?,
                        open: context(&session.remote_master_key, &session.remote_master_salt)?,
                    });
                }
                dtls.collect(now, &mut self.out);
            }
            Kind::Rtp | Kind::Rtcp => {}
        }
        Ok(())
    }

    pub(super) fn next_timeout(&self) -> Option<Instant> {
        let dtls = self.dtls.as_ref().and_then(Dtls::next_timeout);
        [dtls, self.ice.next_timeout()].into_iter().flatten().min()
    }

    /// Sends what is due: checks, lost flights.
    pub(super) fn handle_timeout(&mut self, now: Instant) -> Result<()> {
        self.out.extend(self.ice.poll_check(now));
        match &mut self.dtls {
            Some(dtls) => dtls.handle_timeout(now, &mut self.out),
            None => Ok(()),
        }
    }

    /// The datagrams to send, and where.
    pub(super) fn take_out(&mut self) -> Option<(SocketAddr, Vec<Vec<u8>>)> {
        let to = self.remote.as_ref()?.address;
        (!self.out.is_empty()).then(|| (to, std::mem::take(&mut self.out)))
    }

    /// Where media goes.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        Some(self.remote.as_ref()?.address)
    }

    /// A packet of media in the clear, if it is authentic.
    pub(super) fn open_rtp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.srtp.as_mut()?.open.decrypt_rtp(packet).ok()
    }

    /// A report in the clear, if it is authentic.
    pub(super) fn open_rtcp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.srtp.as_mut()?.open.decrypt_rtcp(packet).ok()
    }

    /// A packet of media as it travels, once connected.
    pub(super) fn seal_rtp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.srtp.as_mut()?.seal.encrypt_rtp(packet).ok()
    }

    /// A report as it travels, once connected.
    pub(super) fn seal_rtcp(&mut self, packet: &[u8]) -> Option<BytesMut> {
        self.srtp.as_mut()?.seal.encrypt_rtcp(packet).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datagrams_are_told_apart_by_their_first_bytes() {
        let check = |bytes: &[u8], kind| assert_eq!(classify(bytes), kind, "{bytes:?}");
        check(&[], None);
        check(&[0, 1], Some(Kind::Stun));
        check(&[22, 254], Some(Kind::Dtls));
        check(&[0x80, 111], Some(Kind::Rtp));
        check(&[0x90, 0x80 | 96], Some(Kind::Rtp));
        check(&[0x80, 201], Some(Kind::Rtcp));
        check(&[0x80], None);
        check(&[255, 0], None);
    }
}
