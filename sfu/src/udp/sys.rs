//! The calls that exist only in C.
//!
//! This is the project's one file with `unsafe`. Each call takes and gives safe values; the raw
//! pointers the kernel wants are made anew for each call and live no longer.
//!
//! Invariant: the kernel is never given an address or a length that safe slices have not vouched
//! for.
#![allow(unsafe_code)]

use super::BATCH;
use super::control::Control;
use super::ingress::{Buffers, MESSAGES, Message};
use super::wire_address::WireAddress;
use std::io;
use std::mem::{self, MaybeUninit};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;

/// One message to send: a datagram, or a run to be cut into datagrams of `segment_bytes`.
pub(super) struct Outgoing<'a> {
    pub to: SocketAddr,
    pub bytes: &'a [u8],
    pub segment_bytes: Option<u16>,
}

/// One call for the first [`BATCH`] messages; returns how many of them left.
pub(super) fn send_many<'a>(
    socket: &UdpSocket,
    dual_stack: bool,
    outgoing: impl Iterator<Item = Outgoing<'a>>,
) -> io::Result<usize> {
    // Not zeroed: most calls fill a few of these, and clearing them all would cost more than that.
    let mut headers = [const { MaybeUninit::<libc::mmsghdr>::uninit() }; BATCH];
    let mut parts = [const { MaybeUninit::<Parts>::uninit() }; BATCH];
    let mut count = 0;
    for ((header, parts), outgoing) in headers.iter_mut().zip(&mut parts).zip(outgoing) {
        let mut filled = EMPTY_MESSAGE;
        filled.msg_hdr = outgoing.header(dual_stack, parts);
        header.write(filled);
        count += 1;
    }
    retry_interrupted(|| {
        // SAFETY: needed because only C has sendmmsg. The first `count` headers are written, and
        // no more are read. Each points at its own `parts` and, through them, at a shared slice
        // that outlives the call; the kernel only reads through these pointers, so that the
        // slice's was made `*mut` is sound.
        unsafe { libc::sendmmsg(socket.as_raw_fd(), headers.as_mut_ptr().cast(), count, 0) }
    })
}

/// One call for one message.
pub(super) fn send_one(
    socket: &UdpSocket,
    dual_stack: bool,
    outgoing: &Outgoing<'_>,
) -> io::Result<usize> {
    let mut parts = MaybeUninit::uninit();
    let header = outgoing.header(dual_stack, &mut parts);
    retry_interrupted(|| {
        // SAFETY: needed because the standard library has no sendmsg. The header points at `parts`
        // and, through them, at a shared slice; all outlive the call, which only reads them.
        let bytes = unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const header, 0) };
        if bytes < 0 { -1 } else { 1 }
    })
}

/// What a header of [`send_many`] or [`send_one`] points at.
struct Parts {
    address: WireAddress,
    buffer: libc::iovec,
    control: Control<u16>,
}

impl Outgoing<'_> {
    /// A header that points at `parts`, which it fills, and through them at the bytes.
    fn header(&self, dual_stack: bool, parts: &mut MaybeUninit<Parts>) -> libc::msghdr {
        let parts = parts.write(Parts {
            address: WireAddress::EMPTY,
            buffer: libc::iovec {
                iov_base: self.bytes.as_ptr().cast_mut().cast(),
                iov_len: self.bytes.len(),
            },
            control: Control::segment(self.segment_bytes.unwrap_or(0)),
        });
        let mut header = EMPTY_MESSAGE.msg_hdr;
        header.msg_namelen = parts.address.encode(self.to, dual_stack);
        header.msg_name = ptr::from_mut(&mut parts.address).cast();
        header.msg_iov = &raw mut parts.buffer;
        header.msg_iovlen = 1;
        if self.segment_bytes.is_some() {
            header.msg_control = ptr::from_mut(&mut parts.control).cast();
            header.msg_controllen = mem::size_of_val(&parts.control) as _;
        }
        header
    }
}

/// One call for at most `ask` messages. What came from no address we know is left out.
pub(super) fn receive(
    socket: &UdpSocket,
    buffers: &mut Buffers,
    ask: usize,
) -> io::Result<impl Iterator<Item = Message>> {
    let mut iovecs = [EMPTY_IOVEC; MESSAGES];
    let mut headers = [EMPTY_MESSAGE; MESSAGES];
    let parts = buffers.rooms().zip(&mut iovecs).zip(&mut headers);
    let mut asked = 0;
    for (((bytes, address, control), iovec), header) in parts.take(ask) {
        iovec.iov_base = bytes.as_mut_ptr().cast();
        iovec.iov_len = bytes.len();
        let header = &mut header.msg_hdr;
        header.msg_name = ptr::from_mut(address).cast();
        header.msg_namelen = WireAddress::CAPACITY;
        header.msg_iov = iovec;
        header.msg_iovlen = 1;
        header.msg_control = ptr::from_mut(control).cast();
        header.msg_controllen = mem::size_of_val(control) as _;
        asked += 1;
    }
    let count = retry_interrupted(|| {
        // SAFETY: needed because only C has recvmmsg. The first `asked` of `headers`, and
        // no more are used, each point at their own iovec above and their own bytes, address and
        // control message in `buffers`. All of them outlive the call, are not otherwise borrowed
        // during it, take any bytes, and are written only within the lengths the headers give.
        unsafe {
            libc::recvmmsg(
                socket.as_raw_fd(),
                headers.as_mut_ptr(),
                asked,
                0,
                ptr::null_mut(),
            )
        }
    })?;
    let &mut Buffers {
        ref addresses,
        ref controls,
        ..
    } = buffers;
    let arrived = (0..count).zip(headers).zip(addresses).zip(controls);
    Ok(arrived.filter_map(|(((slot, header), address), control)| {
        let flags = header.msg_hdr.msg_flags;
        // Without its control message nobody knows where to cut.
        let is_readable = flags & libc::MSG_CTRUNC == 0;
        Some(Message {
            slot,
            len: header.msg_len as usize,
            is_cut_short: flags & libc::MSG_TRUNC != 0,
            segment_bytes: control.joined(header.msg_hdr.msg_controllen as _),
            from: address.decode().filter(|_| is_readable)?,
        })
    }))
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
pub(super) fn bind_dual_stack(port: u16) -> io::Result<UdpSocket> {
    let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC;
    // SAFETY: needed to configure a socket before it is bound; takes no pointers.
    let fd = unsafe { libc::socket(libc::AF_INET6, kind, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: needed to give the descriptor an owner that closes it; `socket` has just made it
    // and nobody else has it.
    let socket = UdpSocket::from(unsafe { OwnedFd::from_raw_fd(fd) });
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

pub(super) fn set_option(
    socket: &UdpSocket,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interrupted_call_is_made_again() {
        let mut calls = 0;
        let count = retry_interrupted(|| {
            calls += 1;
            if calls < 3 {
                // SAFETY: needed to play a signal's part; `__errno_location` is this thread's own.
                unsafe { *libc::__errno_location() = libc::EINTR };
                return -1;
            }
            5
        });
        assert_eq!((count.expect("the third call succeeds"), calls), (5, 3));
    }

    #[test]
    fn a_single_datagram_has_no_control_message() {
        let controls = |segment_bytes| {
            let to = ([192, 0, 2, 1], 1).into();
            let bytes = b"abc".as_slice();
            let outgoing = Outgoing {
                to,
                bytes,
                segment_bytes,
            };
            let mut parts = MaybeUninit::uninit();
            let header = outgoing.header(true, &mut parts);
            (header.msg_controllen as _, header.msg_control.is_null())
        };
        assert_eq!(controls(None), (0, true));
        assert_eq!(controls(Some(2)), (mem::size_of::<Control<u16>>(), false));
    }
}
