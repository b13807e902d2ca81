//! A light bot's UDP socket: many datagrams a call, each with the kernel's moment of arrival.
//!
//! At first it says when something has come, since a handshake waits for every answer. A socket
//! that media comes to is left alone ([`Socket::stop_waiting`]) and looked at when its bot likes:
//! to be told of each of four hundred packets a second costs more than to take them.
//!
//! Each datagram is sent alone, as a browser does: a run of them that crossed the kernel as one
//! would be received as one too, and spare the server work that it has in a school.
//!
//! Invariant: what the kernel had no room for is counted by the kernel, see `generator`; nothing
//! is dropped here.

use crate::clip::Moment;
use anyhow::{Context, Result};
use nix::sys::socket::{setsockopt, sockopt};
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr, UdpSocket};
use tokio::io::Interest;

/// What the kernel keeps for one bot, in bytes: a second of pictures while we do something else.
const RECEIVE_BUFFER: usize = 1024 * 1024;
/// Longest run of datagrams that the kernel hands over as one.
const RUN_BYTES: usize = 65_535;
/// Runs taken per call: what comes to a student with nine pictures between two looks, and then
/// some.
const RUNS: usize = 16;

thread_local! {
    /// Bots of a thread take turns with one buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; RUNS * RUN_BYTES]);
}

pub(super) struct Socket {
    socket: UdpSocket,
    state: UdpSocketState,
    /// The same socket, while it says when something has come.
    bell: Option<tokio::net::UdpSocket>,
    /// Datagrams that left.
    pub(super) sent_datagrams: u64,
    /// Their bytes.
    pub(super) sent_bytes: u64,
}

impl Socket {
    pub(super) fn bind(from: IpAddr) -> Result<Self> {
        let socket = UdpSocket::bind((from, 0)).context("a socket for a bot")?;
        socket.set_nonblocking(true)?;
        // More than the system's limit needs a right that we may not have.
        if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
        }
        let state = UdpSocketState::new((&socket).into())?;
        // The library asks for what we do not read, and the kernel writes it beside each datagram.
        // An address of another family has none of it.
        let _ = setsockopt(&socket, sockopt::Ipv4PacketInfo, &false);
        let _ = setsockopt(&socket, sockopt::IpRecvTos, &false);
        Ok(Self {
            bell: Some(tokio::net::UdpSocket::from_std(socket.try_clone()?)?),
            socket,
            state,
            sent_datagrams: 0,
            sent_bytes: 0,
        })
    }

    pub(super) fn port(&self) -> Result<u16> {
        Ok(self.socket.local_addr()?.port())
    }

    /// Sends a datagram. What the system refuses is lost, as on a network.
    pub(super) fn send(&mut self, to: SocketAddr, contents: &[u8]) {
        let transmit = Transmit {
            destination: to,
            ecn: None,
            contents,
            segment_size: None,
            src_ip: None,
        };
        if self
            .state
            .try_send((&self.socket).into(), &transmit)
            .is_ok()
        {
            self.sent_datagrams += 1;
            self.sent_bytes += contents.len() as u64;
        }
    }

    /// Waits until something has come; for ever once nobody waits any more.
    pub(super) async fn readable(&self) -> io::Result<()> {
        match &self.bell {
            Some(bell) => bell.readable().await,
            None => std::future::pending().await,
        }
    }

    /// From now on it does not say any more when something has come.
    pub(super) fn stop_waiting(&mut self) {
        self.bell = None;
    }

    fn take(&self, slices: &mut [IoSliceMut<'_>], metas: &mut [RecvMeta]) -> io::Result<usize> {
        let mut taking = || self.state.recv((&self.socket).into(), slices, metas);
        match &self.bell {
            // It rings again only after it was found empty.
            Some(bell) => bell.try_io(Interest::READABLE, taking),
            None => taking(),
        }
    }

    /// Hands over the datagrams that wait.
    pub(super) fn receive(&self, mut handle: impl FnMut(SocketAddr, Moment, &[u8])) {
        BUFFER.with_borrow_mut(|buffer| {
            loop {
                let mut metas = [RecvMeta::default(); RUNS];
                let mut chunks = buffer.chunks_exact_mut(RUN_BYTES);
                let mut slices: [IoSliceMut<'_>; RUNS] =
                    std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or(&mut [])));
                // Nothing waits; or an error of another datagram's way (ICMP) is told, and what
                // waits behind it is taken at the next look.
                let Ok(count) = self.take(&mut slices, &mut metas) else {
                    return;
                };
                for (meta, run) in metas.iter().zip(buffer.chunks_exact(RUN_BYTES)).take(count) {
                    let at = meta.timestamp.map_or_else(Moment::now, Moment::of_kernel);
                    let run = &run[..meta.len];
                    for datagram in run.chunks(meta.stride.max(1)) {
                        handle(meta.addr, at, datagram);
                    }
                }
                if count < RUNS {
                    return;
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::time::Duration;

    #[tokio::test]
    async fn what_came_while_nobody_waited_is_handed_over_whole_and_as_of_then() {
        let mut ours = Socket::bind(Ipv4Addr::LOCALHOST.into()).expect("binds");
        let theirs = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds");
        let to = (Ipv4Addr::LOCALHOST, ours.port().expect("a port"));
        theirs.send_to(&[7], to).expect("sends");
        ours.readable().await.expect("says so");
        let take = |socket: &Socket| {
            let mut taken = Vec::new();
            socket.receive(|_, at, datagram| taken.push((at, datagram.to_vec())));
            taken
        };
        assert_eq!(take(&ours).len(), 1);

        ours.stop_waiting();
        // The kernel begins to stamp some time after the first socket of all asks for it; until then a
        // datagram is as old as its reading.
        let is_stamped = || {
            theirs.send_to(&[7], to).expect("sends");
            std::thread::sleep(Duration::from_millis(5));
            let read = Moment::now();
            let taken = take(&ours);
            taken.iter().all(|(at, _)| read.since(*at) > Duration::ZERO)
        };
        assert!((0..200).any(|_| is_stamped()), "never");
        let count = 2 * RUNS as u8 + 1;
        for number in 0..count {
            theirs.send_to(&[number, 0], to).expect("sends");
        }
        let sent = Moment::now();
        std::thread::sleep(Duration::from_millis(30));
        let taken = take(&ours);
        let numbers: Vec<u8> = taken.iter().map(|(_, datagram)| datagram[0]).collect();
        assert_eq!(numbers, (0..count).collect::<Vec<_>>());
        let late = taken.iter().map(|(at, _)| at.since(sent)).max();
        assert!(late < Some(Duration::from_millis(20)), "{late:?}");
        assert!(take(&ours).is_empty());
    }
}
