//! The UDP socket of a worker: many datagrams per system call, both ways.
//!
//! The standard library sends and receives one datagram per call, and at a class's packet rate the
//! calls would cost more than the work between them. `recvmmsg` and `sendmmsg` exist only in C, so
//! this is the project's one module with `unsafe`; everything that decides is safe code.
//!
//! Invariant: no datagram is lost or sent twice because another one in its batch failed, and the
//! kernel is never given an address or a length that safe slices have not vouched for.
#![allow(unsafe_code)]

#[cfg(test)]
mod tests;
mod wire_address;

use homeroom_sfu_core::transmit::Datagram;
use std::io;
use std::mem;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;
use wire_address::WireAddress;

/// Most datagrams that one system call moves.
pub const BATCH: usize = 64;
/// Room for one received datagram, in bytes. Ours fit in 1,500; a longer one is dropped.
pub const MAX_DATAGRAM_BYTES: usize = 2048;
/// Kernel buffer asked for in each direction, in bytes: about 30 ms of a full gigabit link.
const SOCKET_BUFFER_BYTES: libc::c_int = 4 * 1024 * 1024;

/// A non-blocking UDP socket on every address of the machine: IPv6 and IPv4, or IPv4 alone where
/// there is no IPv6. Addresses go in and come out in their own family, never IPv4-mapped.
#[derive(Debug)]
pub struct UdpSocket {
    socket: std::net::UdpSocket,
    dual_stack: bool,
}

impl UdpSocket {
    /// Binds to a port of every address; 0 lets the system choose.
    pub fn bind(port: u16) -> io::Result<Self> {
        let (socket, dual_stack) = match bind_dual_stack(port) {
            Ok(socket) => (socket, true),
            Err(error) if lacks_ipv6(&error) => (
                std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port))?,
                false,
            ),
            Err(error) => return Err(error),
        };
        socket.set_nonblocking(true)?;
        grow_buffer(&socket, libc::SO_RCVBUFFORCE, libc::SO_RCVBUF);
        grow_buffer(&socket, libc::SO_SNDBUFFORCE, libc::SO_SNDBUF);
        Ok(Self { socket, dual_stack })
    }

    /// The port it is bound to.
    pub fn local_port(&self) -> io::Result<u16> {
        Ok(self.socket.local_addr()?.port())
    }

    /// Refills `batch` with what has arrived. `WouldBlock` when nothing has; `Ok(0)` when only
    /// datagrams too long for us had.
    pub fn recv(&self, batch: &mut RecvBatch) -> io::Result<usize> {
        batch.received.clear();
        let mut addresses = [WireAddress::EMPTY; BATCH];
        let mut buffers = [EMPTY_IOVEC; BATCH];
        let mut messages = [EMPTY_MESSAGE; BATCH];
        let slots = batch.bytes.chunks_exact_mut(MAX_DATAGRAM_BYTES);
        let parts = addresses.iter_mut().zip(&mut buffers).zip(&mut messages);
        for ((((address, buffer), message), slot), _) in parts.zip(slots).zip(0..BATCH) {
            buffer.iov_base = slot.as_mut_ptr().cast();
            buffer.iov_len = slot.len();
            set_message(message, address, WireAddress::CAPACITY, buffer);
        }
        let count = retry_interrupted(|| {
            // SAFETY: needed because only C has recvmmsg. `messages` holds BATCH headers; each
            // points at its own iovec and address in the arrays above and, through the iovec, at
            // its own chunk of `batch.bytes`. All of them outlive the call, are not otherwise
            // borrowed during it, and are written only within the lengths the headers give.
            unsafe {
                libc::recvmmsg(
                    self.as_raw_fd(),
                    messages.as_mut_ptr(),
                    BATCH as libc::c_uint,
                    0,
                    ptr::null_mut(),
                )
            }
        })?;
        for (slot, (message, address)) in messages.iter().zip(&addresses).take(count).enumerate() {
            let whole = message.msg_hdr.msg_flags & libc::MSG_TRUNC == 0;
            if let (true, Some(from)) = (whole, address.decode()) {
                batch.received.push(Received {
                    slot,
                    len: message.msg_len as usize,
                    from,
                });
            }
        }
        Ok(batch.received.len())
    }

    /// Sends each datagram of `datagrams`, whose bytes lie in `arena`, in order.
    ///
    /// A datagram that the system refuses (no route, too long, forbidden) is counted and skipped.
    /// When the socket's buffer is full the rest stays with the caller.
    ///
    /// Runs of equal length to one address are what UDP_SEGMENT (GSO) wants: it would turn a run
    /// into one message where [`send_chunk`](Self::send_chunk) fills its headers, and UDP_GRO
    /// would split one received message where [`recv`](Self::recv) reads them.
    ///
    /// # Panics
    /// When a datagram lies outside `arena`: whoever built the batch miscounted.
    pub fn send(&self, arena: &[u8], datagrams: &[Datagram]) -> SendOutcome {
        send_all(datagrams.len(), |from| {
            self.send_chunk(arena, &datagrams[from..])
        })
    }

    /// One system call for the first [`BATCH`] datagrams; returns how many of them left.
    fn send_chunk(&self, arena: &[u8], datagrams: &[Datagram]) -> io::Result<usize> {
        let mut addresses = [WireAddress::EMPTY; BATCH];
        let mut buffers = [EMPTY_IOVEC; BATCH];
        let mut messages = [EMPTY_MESSAGE; BATCH];
        let parts = addresses.iter_mut().zip(&mut buffers).zip(&mut messages);
        for (((address, buffer), message), datagram) in parts.zip(datagrams) {
            let bytes = &arena[datagram.start..datagram.start + datagram.len];
            buffer.iov_base = bytes.as_ptr().cast_mut().cast();
            buffer.iov_len = bytes.len();
            let len = address.encode(datagram.to, self.dual_stack);
            set_message(message, address, len, buffer);
        }
        let count = datagrams.len().min(BATCH);
        retry_interrupted(|| {
            // SAFETY: needed because only C has sendmmsg. The first `count` headers are filled:
            // each points at its own iovec and address in the arrays above and, through the
            // iovec, at a checked slice of `arena`. All of them outlive the call; the kernel only
            // reads the bytes, so casting the shared slice's pointer to `*mut` is sound.
            unsafe {
                libc::sendmmsg(
                    self.as_raw_fd(),
                    messages.as_mut_ptr(),
                    count as libc::c_uint,
                    0,
                )
            }
        })
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

/// What became of a batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SendOutcome {
    /// Datagrams given to the network.
    pub sent: usize,
    /// Datagrams the system refused for a reason of their own.
    pub refused: usize,
    /// The first datagram not tried, when the socket's buffer was full.
    pub would_block_from: Option<usize>,
}

/// Datagrams received by one call, in buffers that are used again by the next.
#[derive(Debug)]
pub struct RecvBatch {
    bytes: Box<[u8]>,
    received: Vec<Received>,
}

#[derive(Debug)]
struct Received {
    slot: usize,
    len: usize,
    from: SocketAddr,
}

impl Default for RecvBatch {
    fn default() -> Self {
        Self {
            bytes: vec![0; BATCH * MAX_DATAGRAM_BYTES].into_boxed_slice(),
            received: Vec::with_capacity(BATCH),
        }
    }
}

impl RecvBatch {
    /// The bytes of a datagram, to be opened in place, and where it came from.
    ///
    /// # Panics
    /// When `index` is not below what [`UdpSocket::recv`] returned.
    pub fn get_mut(&mut self, index: usize) -> (&mut [u8], SocketAddr) {
        let Received { slot, len, from } = self.received[index];
        let start = slot * MAX_DATAGRAM_BYTES;
        (&mut self.bytes[start..start + len], from)
    }
}

/// Sends `total` datagrams by repeated calls of `send_from(first)`, which sends some of those from
/// `first` on and tells how many, or why the very first of them could not go.
fn send_all(total: usize, mut send_from: impl FnMut(usize) -> io::Result<usize>) -> SendOutcome {
    let mut outcome = SendOutcome::default();
    let mut next = 0;
    while next < total {
        match send_from(next) {
            // The kernel stops at the first failure and says why when it is tried again as first.
            Ok(sent) if sent > 0 => {
                outcome.sent += sent;
                next += sent;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                outcome.would_block_from = Some(next);
                return outcome;
            }
            Ok(_) | Err(_) => {
                outcome.refused += 1;
                next += 1;
            }
        }
    }
    outcome
}

/// A count from a C call, asked again when a signal came first.
fn retry_interrupted(mut call: impl FnMut() -> libc::c_int) -> io::Result<usize> {
    loop {
        // Negative means that errno says why.
        if let Ok(count) = usize::try_from(call()) {
            return Ok(count);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

fn set_message(
    message: &mut libc::mmsghdr,
    address: &mut WireAddress,
    address_len: libc::socklen_t,
    buffer: &mut libc::iovec,
) {
    message.msg_hdr.msg_name = ptr::from_mut(address).cast();
    message.msg_hdr.msg_namelen = address_len;
    message.msg_hdr.msg_iov = buffer;
    message.msg_hdr.msg_iovlen = 1;
}

const EMPTY_IOVEC: libc::iovec = libc::iovec {
    iov_base: ptr::null_mut(),
    iov_len: 0,
};

// SAFETY: needed because on some targets mmsghdr has private padding and cannot be written as a
// literal. It is a C struct of integers and pointers, for which all-zero bytes are a valid value
// (no name, no buffers, no control data).
const EMPTY_MESSAGE: libc::mmsghdr = unsafe { mem::zeroed() };

/// A socket on `[::]` that takes IPv4 too. `IPV6_V6ONLY` must be cleared before binding, whatever
/// the machine's default is, and the standard library creates and binds in one step.
fn bind_dual_stack(port: u16) -> io::Result<std::net::UdpSocket> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: needed to configure a socket before it is bound; takes no pointers.
    let fd = unsafe { libc::socket(libc::AF_INET6, kind, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: needed to give the descriptor an owner that closes it; `socket` has just made it
    // and nobody else has it.
    let socket = std::net::UdpSocket::from(unsafe { OwnedFd::from_raw_fd(fd) });
    set_option(&socket, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 0)?;
    let (address, len) = WireAddress::any_v6(port);
    // SAFETY: needed because `socket` above is not bound yet. `address` is a live local of at
    // least `len` bytes, which `bind` only reads.
    let bound = unsafe { libc::bind(fd, ptr::from_ref(&address).cast(), len) };
    if bound < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(socket)
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

fn set_option(
    socket: &std::net::UdpSocket,
    level: libc::c_int,
    name: libc::c_int,
    value: libc::c_int,
) -> io::Result<()> {
    let len = mem::size_of_val(&value) as libc::socklen_t;
    // SAFETY: needed because the standard library has none of these options. `value` is a live
    // local of exactly `len` bytes, which the call only reads.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            level,
            name,
            ptr::from_ref(&value).cast(),
            len,
        )
    };
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}
