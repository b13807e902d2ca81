//! The UDP socket of a worker: many datagrams per system call, both ways.
//!
//! The standard library sends and receives one datagram per call, and at a class's packet rate the
//! calls would cost more than the work between them. So several messages move per call, and where
//! the kernel can, one message is several datagrams: `runs` says which leave together, `egress` what
//! happens when they cannot, `ingress` how what arrived joined is cut again; `sys` makes the calls.
//!
//! Invariant: no datagram is lost or sent twice because another one in its batch failed.

mod control;
mod egress;
mod ingress;
mod runs;
mod sys;
#[cfg(test)]
mod tests;
mod wire_address;

pub use egress::SendOutcome;
pub use ingress::RecvBatch;

use egress::Segmentation;
use homeroom_sfu_core::transmit::Datagram;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use sys::{Outgoing, set_option};

/// Most messages that one system call sends, each of one datagram or of a run.
pub const BATCH: usize = 64;
/// Kernel buffer asked for in each direction, in bytes: about 30 ms of a full gigabit link.
const SOCKET_BUFFER_BYTES: libc::c_int = 4 * 1024 * 1024;

/// How datagrams leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SendMode {
    /// Many messages per system call, each a run of datagrams that the kernel or the network card
    /// cuts (`UDP_SEGMENT`); as [`Batched`](Self::Batched) where it cannot.
    #[default]
    Segmented,
    /// Many datagrams per system call.
    Batched,
    /// One datagram per system call: what the others are measured against, and what is left to
    /// try when a network card is suspected.
    Single,
}

/// A non-blocking UDP socket on every address of the machine: IPv6 and IPv4, or IPv4 alone where
/// there is no IPv6. Addresses go in and come out in their own family, never IPv4-mapped.
#[derive(Debug)]
pub struct UdpSocket {
    socket: std::net::UdpSocket,
    dual_stack: bool,
    mode: SendMode,
    segmentation: Segmentation,
}

impl UdpSocket {
    /// Binds to a port of every address; 0 lets the system choose.
    ///
    /// # Errors
    /// When the port is taken or forbidden, or there are no sockets left.
    pub fn bind(port: u16, mode: SendMode) -> io::Result<Self> {
        let (socket, dual_stack) = match sys::bind_dual_stack(port) {
            Ok(socket) => (socket, true),
            Err(error) if lacks_ipv6(&error) => (
                std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port))?,
                false,
            ),
            Err(error) => return Err(error),
        };
        Self::over(socket, dual_stack, mode)
    }

    fn over(socket: std::net::UdpSocket, dual_stack: bool, mode: SendMode) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        grow_buffer(&socket, libc::SO_RCVBUFFORCE, libc::SO_RCVBUF);
        grow_buffer(&socket, libc::SO_SNDBUFFORCE, libc::SO_SNDBUF);
        // Best effort: without it what arrives is not joined, nothing else.
        let _ = set_option(&socket, libc::SOL_UDP, libc::UDP_GRO, 1);
        // Zero changes nothing, and is refused by a kernel that does not know the option.
        let segmentation = match mode {
            SendMode::Batched | SendMode::Single => Segmentation::Unwanted,
            SendMode::Segmented => match set_option(&socket, libc::SOL_UDP, libc::UDP_SEGMENT, 0) {
                Ok(()) => Segmentation::START,
                Err(_) => Segmentation::GivenUp,
            },
        };
        Ok(Self {
            socket,
            dual_stack,
            mode,
            segmentation,
        })
    }

    /// The port it is bound to.
    ///
    /// # Errors
    /// The system's word; none is known for a socket that is bound.
    pub fn local_port(&self) -> io::Result<u16> {
        Ok(self.socket.local_addr()?.port())
    }

    /// Refills `batch` with what has arrived; returns how many datagrams that is: 0 when only
    /// datagrams too long for us had.
    ///
    /// # Errors
    /// `WouldBlock` when nothing has arrived; else the system's word.
    pub fn recv(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        batch.refill(|buffers, ask| sys::receive(&self.socket, buffers, ask))
    }

    /// Sends each datagram of `datagrams`, whose bytes lie in `arena`, in order.
    ///
    /// A datagram that the system refuses (no route, too long, forbidden) is counted and skipped.
    /// When the socket's buffer is full the rest stays with the caller.
    ///
    /// Datagrams of one length to one address that lie side by side in the arena, of which the
    /// last may be shorter, leave as one message in [`SendMode::Segmented`].
    ///
    /// # Panics
    /// When a datagram lies outside `arena`: whoever built the batch miscounted.
    pub fn send(&mut self, arena: &[u8], datagrams: &[Datagram]) -> SendOutcome {
        let Self {
            socket,
            dual_stack,
            mode,
            segmentation,
        } = self;
        let had_given_up = *segmentation == Segmentation::GivenUp;
        let outcome = match mode {
            SendMode::Single => egress::send_all(datagrams, 1, segmentation, |rest, _| {
                sys::send_one(socket, *dual_stack, &message(arena, &rest[..1]))
            }),
            SendMode::Batched | SendMode::Segmented => {
                egress::send_all(datagrams, BATCH, segmentation, |rest, runs| {
                    sys::send_many(socket, *dual_stack, messages(arena, rest, runs))
                })
            }
        };
        if !had_given_up && self.has_given_up_segmentation() {
            tracing::warn!("no network card here cuts datagrams; they leave one by one");
        }
        outcome
    }

    /// Whether datagrams leave one by one although [`SendMode::Segmented`] was asked for.
    #[must_use]
    pub fn has_given_up_segmentation(&self) -> bool {
        self.segmentation == Segmentation::GivenUp
    }
}

impl AsRawFd for UdpSocket {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}

impl AsFd for UdpSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// The runs of these lengths, with which `datagrams` begins, as messages.
fn messages<'a>(
    arena: &'a [u8],
    mut datagrams: &'a [Datagram],
    runs: &'a [usize],
) -> impl Iterator<Item = Outgoing<'a>> {
    runs.iter().map(move |&run| {
        let (run, rest) = datagrams.split_at(run);
        datagrams = rest;
        message(arena, run)
    })
}

/// A run as one message; a run of one is an ordinary datagram.
fn message<'a>(arena: &'a [u8], run: &[Datagram]) -> Outgoing<'a> {
    let (first, last) = (run[0], run[run.len() - 1]);
    Outgoing {
        to: first.to,
        bytes: &arena[first.start..last.start + last.len],
        segment_bytes: match run {
            [_] => None,
            _ => Some(u16::try_from(first.len).expect("half of a run fits")),
        },
    }
}

/// Whether binding failed only because this machine has no IPv6.
fn lacks_ipv6(error: &io::Error) -> bool {
    let missing = [
        libc::EAFNOSUPPORT,
        libc::EADDRNOTAVAIL,
        libc::EPROTONOSUPPORT,
    ];
    error
        .raw_os_error()
        .is_some_and(|code| missing.contains(&code))
}

/// Asks for [`SOCKET_BUFFER_BYTES`]: past the system's limit where we may, else up to it.
fn grow_buffer(socket: &std::net::UdpSocket, force: libc::c_int, ask: libc::c_int) {
    if set_option(socket, libc::SOL_SOCKET, force, SOCKET_BUFFER_BYTES).is_err() {
        // Best effort: a smaller buffer loses packets sooner in a burst, nothing else.
        let _ = set_option(socket, libc::SOL_SOCKET, ask, SOCKET_BUFFER_BYTES);
    }
}
