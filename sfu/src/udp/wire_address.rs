//! Socket addresses as the kernel spells them.
//!
//! Everything goes through the IPv6 form, whose layout holds the IPv4 one: family and port are in
//! the same place, and the IPv4 address lies where the flow label does. So no `union` is needed,
//! and no `unsafe`.
//!
//! Invariant: an address that leaves here for the standard library is never IPv4-mapped.

use std::mem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

// `sockaddr_in { family, port, addr, zero }` is a prefix of `sockaddr_in6 { family, port,
// flowinfo, addr, scope_id }` as far as `decode` and `encode` read and write it.
const _: () = {
    assert!(
        mem::offset_of!(libc::sockaddr_in, sin_family)
            == mem::offset_of!(libc::sockaddr_in6, sin6_family)
    );
    assert!(
        mem::offset_of!(libc::sockaddr_in, sin_port)
            == mem::offset_of!(libc::sockaddr_in6, sin6_port)
    );
    assert!(
        mem::offset_of!(libc::sockaddr_in, sin_addr)
            == mem::offset_of!(libc::sockaddr_in6, sin6_flowinfo)
    );
    assert!(mem::size_of::<libc::in_addr>() == mem::size_of::<u32>());
    assert!(mem::size_of::<libc::sockaddr_in>() <= mem::size_of::<libc::sockaddr_in6>());
};

/// Room for an address of either family.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(super) struct WireAddress(libc::sockaddr_in6);

impl WireAddress {
    /// Of no family.
    pub const EMPTY: Self = Self(libc::sockaddr_in6 {
        sin6_family: libc::AF_UNSPEC as libc::sa_family_t,
        sin6_port: 0,
        sin6_flowinfo: 0,
        sin6_addr: libc::in6_addr { s6_addr: [0; 16] },
        sin6_scope_id: 0,
    });
    /// Its size in bytes, for the kernel to fill.
    pub const CAPACITY: libc::socklen_t = mem::size_of::<libc::sockaddr_in6>() as libc::socklen_t;
    const V4_LEN: libc::socklen_t = mem::size_of::<libc::sockaddr_in>() as libc::socklen_t;

    /// `[::]:port` and its length in bytes.
    pub fn any_v6(port: u16) -> (Self, libc::socklen_t) {
        let mut address = Self::EMPTY;
        let len = address.encode((Ipv6Addr::UNSPECIFIED, port).into(), true);
        (address, len)
    }

    /// Writes `to` for a socket that speaks both families or only IPv4; returns the length in
    /// bytes. What the socket cannot reach is written as it is, for the kernel to refuse.
    pub fn encode(&mut self, to: SocketAddr, dual_stack: bool) -> libc::socklen_t {
        self.0.sin6_port = to.port().to_be();
        match (to, to.ip().to_canonical()) {
            (_, IpAddr::V4(ip)) if !dual_stack => {
                self.0.sin6_family = libc::AF_INET as libc::sa_family_t;
                self.0.sin6_flowinfo = u32::from(ip).to_be();
                Self::V4_LEN
            }
            (SocketAddr::V4(to), _) => self.put_v6(to.ip().to_ipv6_mapped(), 0),
            (SocketAddr::V6(to), _) => self.put_v6(*to.ip(), to.scope_id()),
        }
    }

    fn put_v6(&mut self, ip: Ipv6Addr, scope_id: u32) -> libc::socklen_t {
        self.0.sin6_family = libc::AF_INET6 as libc::sa_family_t;
        self.0.sin6_flowinfo = 0;
        self.0.sin6_addr.s6_addr = ip.octets();
        self.0.sin6_scope_id = scope_id;
        Self::CAPACITY
    }

    /// Reads what the kernel wrote; `None` for a family we do not know.
    pub fn decode(&self) -> Option<SocketAddr> {
        let wire = &self.0;
        let port = u16::from_be(wire.sin6_port);
        match libc::c_int::from(wire.sin6_family) {
            libc::AF_INET => {
                let ip = Ipv4Addr::from(u32::from_be(wire.sin6_flowinfo));
                Some(SocketAddrV4::new(ip, port).into())
            }
            libc::AF_INET6 => {
                let ip = Ipv6Addr::from(wire.sin6_addr.s6_addr);
                match ip.to_ipv4_mapped() {
                    Some(ip) => Some(SocketAddrV4::new(ip, port).into()),
                    None => Some(SocketAddrV6::new(ip, port, 0, wire.sin6_scope_id).into()),
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(to: &str, dual_stack: bool, back: &str) {
        let mut address = WireAddress::EMPTY;
        address.encode(to.parse().expect("an address"), dual_stack);
        assert_eq!(address.decode(), Some(back.parse().expect("an address")));
    }

    #[test]
    fn every_address_comes_back_in_its_own_family() {
        check("192.0.2.1:5", true, "192.0.2.1:5");
        check("192.0.2.1:5", false, "192.0.2.1:5");
        check("[2001:db8::1]:5", true, "[2001:db8::1]:5");
        check("[fe80::1%3]:5", true, "[fe80::1%3]:5");
        check("[::ffff:192.0.2.1]:5", true, "192.0.2.1:5");
        check("[::ffff:192.0.2.1]:5", false, "192.0.2.1:5");
        check("[2001:db8::1]:5", false, "[2001:db8::1]:5");
    }

    #[test]
    fn an_unknown_family_is_no_address() {
        assert_eq!(WireAddress::EMPTY.decode(), None);
    }
}
