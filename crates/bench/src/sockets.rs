//! The few sockets that all participants share.
//!
//! Each participant has an address of its own in 127.0.0.0/8; about 64 of them share a socket that
//! is bound to the wildcard address and tells by the destination whose a datagram is. So one
//! system call takes what came for many, and the load leaves the server its core. A server that
//! cannot send to 127.0.0.0/8 is given participants with sockets of their own instead.
//!
//! Invariant: datagrams arrive singly, as at 64 machines: GRO is off, so that the kernel cuts what
//! the server sent as one in the server's time; each carries the kernel's moment of arrival.

use anyhow::{Context, Result};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use nix::sys::socket::{setsockopt, sockopt};
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use std::collections::BTreeMap;
use std::io::{ErrorKind, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::fd::AsRawFd;
use std::time::Duration;

/// Participants of one socket.
const SHARE: usize = 64;
/// Where the participants' addresses begin; the servers are at 127.0.0.1.
const FIRST_ADDRESS: u32 = u32::from_be_bytes([127, 1, 0, 0]);
/// Room for a datagram; longer ones are cut and then not authentic.
const DATAGRAM_BYTES: usize = 2_048;
/// What waits while the generator does something else: a second of 64 lectures.
const RECEIVE_BUFFER: usize = 64 * 1024 * 1024;
/// Receive calls on one socket before others, and timers, get their turn.
const CALLS_PER_TURN: usize = 4;

/// A datagram that came.
pub struct Arrival<'a> {
    /// For whom.
    pub peer: usize,
    /// From where.
    pub from: SocketAddr,
    /// When, by the kernel's clock: nanoseconds since the Unix epoch.
    pub at_ns: u64,
    /// What.
    pub bytes: &'a mut [u8],
}

struct Shared {
    /// Whose it is alone; `None` when the destination tells.
    owner: Option<usize>,
    socket: std::net::UdpSocket,
    state: UdpSocketState,
    port: u16,
    /// Readiness is told once; until a read would block there may be more.
    more_to_read: bool,
}

/// All sockets.
pub struct Sockets {
    poll: Poll,
    events: Events,
    shared: Vec<Shared>,
    /// Which socket participants share, by 64.
    wildcards: BTreeMap<usize, usize>,
    /// Which socket and address each participant has.
    homes: BTreeMap<usize, (usize, Ipv4Addr)>,
    buffers: Vec<u8>,
}

impl Sockets {
    /// None yet.
    ///
    /// # Errors
    /// When the system gives no readiness queue.
    pub fn new() -> Result<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(256),
            shared: Vec::new(),
            wildcards: BTreeMap::new(),
            homes: BTreeMap::new(),
            buffers: vec![0; BATCH_SIZE * DATAGRAM_BYTES],
        })
    }

    /// Where participant `peer` is; makes its socket if it is the first there.
    ///
    /// # Errors
    /// When the system gives no socket.
    pub fn address(&mut self, peer: usize) -> Result<SocketAddr> {
        let index = match self.wildcards.get(&(peer / SHARE)) {
            Some(&index) => index,
            None => {
                let index = self.open(Ipv4Addr::UNSPECIFIED, None)?;
                self.wildcards.insert(peer / SHARE, index);
                index
            }
        };
        Ok(self.settle(peer, index, ip_of(peer)))
    }

    /// Where participant `peer` is, with a socket of its own at this address of the machine.
    ///
    /// # Errors
    /// When the system gives no socket.
    pub fn own_address(&mut self, peer: usize, ip: Ipv4Addr) -> Result<SocketAddr> {
        let index = self.open(ip, Some(peer))?;
        Ok(self.settle(peer, index, ip))
    }

    fn settle(&mut self, peer: usize, index: usize, ip: Ipv4Addr) -> SocketAddr {
        self.homes.insert(peer, (index, ip));
        SocketAddr::new(ip.into(), self.shared[index].port)
    }

    fn open(&mut self, ip: Ipv4Addr, owner: Option<usize>) -> Result<usize> {
        let shared = Shared::bind(ip, owner).context("a socket for the load")?;
        let index = self.shared.len();
        let fd = shared.socket.as_raw_fd();
        let registry = self.poll.registry();
        registry.register(&mut SourceFd(&fd), Token(index), Interest::READABLE)?;
        self.shared.push(shared);
        Ok(index)
    }

    /// Sends a datagram of a participant. What the system refuses is lost, as on a network.
    pub fn send(&self, peer: usize, to: SocketAddr, contents: &[u8]) {
        let Some(&(index, ip)) = self.homes.get(&peer) else {
            return;
        };
        let Shared { socket, state, .. } = &self.shared[index];
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents,
            segment_size: None,
            src_ip: Some(IpAddr::V4(ip)),
        };
        // The receiving side counts what is missing.
        let _ = state.try_send(socket.into(), &transmit);
    }

    /// Waits for datagrams, at most so long, and hands over what came; not all of it when that is
    /// much.
    ///
    /// # Errors
    /// When the system cannot wait.
    pub fn receive(&mut self, wait: Duration, mut handle: impl FnMut(Arrival<'_>)) -> Result<()> {
        let is_behind = self.shared.iter().any(|shared| shared.more_to_read);
        let wait = if is_behind { Duration::ZERO } else { wait };
        match self.poll.poll(&mut self.events, Some(wait)) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
            _ => {}
        }
        for event in &self.events {
            self.shared[event.token().0].more_to_read = true;
        }
        for shared in self.shared.iter_mut().filter(|s| s.more_to_read) {
            for _ in 0..CALLS_PER_TURN {
                if !shared.receive(&mut self.buffers, &mut handle) {
                    shared.more_to_read = false;
                    break;
                }
            }
        }
        Ok(())
    }
}

impl Shared {
    fn bind(ip: Ipv4Addr, owner: Option<usize>) -> Result<Self> {
        let socket = std::net::UdpSocket::bind((ip, 0))?;
        // Asks for the destination of each datagram, its moment of arrival, and GRO.
        let state = UdpSocketState::new((&socket).into())?;
        setsockopt(&socket, sockopt::UdpGroSegment, &false)?;
        if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
        }
        let port = socket.local_addr()?.port();
        Ok(Self {
            owner,
            socket,
            state,
            port,
            more_to_read: false,
        })
    }

    /// One call; whether there may be more.
    fn receive(&self, buffers: &mut [u8], handle: &mut impl FnMut(Arrival<'_>)) -> bool {
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        let count = {
            let mut chunks = buffers.chunks_exact_mut(DATAGRAM_BYTES);
            let mut slices: [IoSliceMut<'_>; BATCH_SIZE] =
                std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or(&mut [])));
            let received = self
                .state
                .recv((&self.socket).into(), &mut slices, &mut metas);
            // An error of another datagram's way (ICMP) is told here too; try again.
            match received {
                Ok(count) => count,
                Err(error) => return error.kind() != ErrorKind::WouldBlock,
            }
        };
        let chunks = buffers.chunks_exact_mut(DATAGRAM_BYTES);
        for (meta, bytes) in metas.iter().zip(chunks).take(count) {
            let told = || meta.dst_ip.and_then(peer_at);
            let Some(peer) = self.owner.or_else(told) else {
                continue;
            };
            let at = meta.timestamp.unwrap_or_default();
            handle(Arrival {
                peer,
                from: meta.addr,
                at_ns: at.as_nanos() as u64,
                bytes: &mut bytes[..meta.len],
            });
        }
        count == BATCH_SIZE
    }
}

fn ip_of(peer: usize) -> Ipv4Addr {
    Ipv4Addr::from_bits(FIRST_ADDRESS + peer as u32)
}

fn peer_at(address: IpAddr) -> Option<usize> {
    match address {
        IpAddr::V4(ip) => Some(ip.to_bits().checked_sub(FIRST_ADDRESS)? as usize),
        IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_own_address_and_they_share_sockets() {
        let mut sockets = Sockets::new().expect("a queue");
        let (one, other) = (
            sockets.address(3).expect("a socket"),
            sockets.address(300).expect("a socket"),
        );
        assert_eq!(one.ip().to_string(), "127.1.0.3");
        assert_eq!(other.ip().to_string(), "127.1.1.44");
        sockets.send(3, other, b"hello");
        let mut got = Vec::new();
        for _ in 0..100 {
            let wait = Duration::from_millis(10);
            let received = sockets.receive(wait, |a| {
                assert!(a.at_ns > 0);
                got.push((a.peer, a.from, a.bytes.to_vec()));
            });
            received.expect("it waits");
            if !got.is_empty() {
                break;
            }
        }
        assert_eq!(got, [(300, one, b"hello".to_vec())]);
    }
}
