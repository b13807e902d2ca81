//! A light bot's UDP socket: many datagrams a call, each with the kernel's moment of arrival.
//!
//! Invariant: what the kernel had no room for is counted by the kernel, see `generator`; nothing
//! is dropped here.

use crate::clip::Moment;
use anyhow::{Context, Result};
use nix::sys::socket::{setsockopt, sockopt};
use quinn_udp::{RecvMeta, Transmit, UdpSocketState};
use std::cell::RefCell;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, SocketAddr};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// What the kernel keeps for one bot, in bytes: a second of pictures while we do something else.
const RECEIVE_BUFFER: usize = 1024 * 1024;
/// Longest run of datagrams that the kernel hands over as one.
const RUN_BYTES: usize = 65_535;
/// Runs taken per call.
const RUNS: usize = 4;

thread_local! {
    /// Bots of a thread take turns with one buffer.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; RUNS * RUN_BYTES]);
}

pub(super) struct Socket {
    socket: UdpSocket,
    state: UdpSocketState,
    /// Datagrams that left.
    pub(super) sent_datagrams: u64,
    /// Their bytes.
    pub(super) sent_bytes: u64,
}

impl Socket {
    pub(super) fn bind(from: IpAddr) -> Result<Self> {
        let socket = std::net::UdpSocket::bind((from, 0)).context("a socket for a bot")?;
        socket.set_nonblocking(true)?;
        // More than the system's limit needs a right that we may not have.
        if setsockopt(&socket, sockopt::RcvBufForce, &RECEIVE_BUFFER).is_err() {
            setsockopt(&socket, sockopt::RcvBuf, &RECEIVE_BUFFER)?;
        }
        let state = UdpSocketState::new((&socket).into())?;
        let socket = UdpSocket::from_std(socket)?;
        Ok(Self {
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
        let sending = || self.state.try_send((&self.socket).into(), &transmit);
        if self.socket.try_io(Interest::WRITABLE, sending).is_ok() {
            self.sent_datagrams += 1;
            self.sent_bytes += contents.len() as u64;
        }
    }

    pub(super) async fn readable(&self) -> io::Result<()> {
        self.socket.readable().await
    }

    /// Hands over the datagrams that wait.
    pub(super) fn receive(&self, mut handle: impl FnMut(SocketAddr, Moment, &[u8])) {
        BUFFER.with_borrow_mut(|buffer| {
            loop {
                let mut metas = [RecvMeta::default(); RUNS];
                let mut chunks = buffer.chunks_exact_mut(RUN_BYTES);
                let mut slices: [IoSliceMut<'_>; RUNS] =
                    std::array::from_fn(|_| IoSliceMut::new(chunks.next().unwrap_or(&mut [])));
                let receiving = || {
                    let socket = (&self.socket).into();
                    self.state.recv(socket, &mut slices, &mut metas)
                };
                // An error of another datagram's way (ICMP) is told here too; there may be more.
                let count = match self.socket.try_io(Interest::READABLE, receiving) {
                    Ok(count) => count,
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                    Err(_) => return,
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
