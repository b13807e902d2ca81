//! Addresses, listeners and folders, with errors that say what to do.
//!
//! Invariant: finding out an address sends no packet.

use anyhow::{Context, anyhow};
use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

/// An address of the documentation block (RFC 5737): never somebody's, always routed outward.
const OUTSIDE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);

/// This machine's address on the local network. Connecting a UDP socket only asks the routing
/// table.
pub(crate) fn lan_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(OUTSIDE).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}

/// The addresses browsers send media to: as configured, or the local network's and, for browsers
/// on this very machine, its own.
pub(crate) fn announced(configured: &[IpAddr]) -> Vec<IpAddr> {
    if !configured.is_empty() {
        return configured.to_vec();
    }
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    lan_address().into_iter().chain([here]).collect()
}

/// An address as a URL writes it (RFC 3986 §3.2.2).
pub(crate) fn url_host(address: IpAddr) -> String {
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    }
}

/// Opens a TCP listener, if one is wanted.
pub(crate) fn listen(
    address: Option<SocketAddr>,
    flag: &str,
) -> anyhow::Result<Option<TcpListener>> {
    let Some(address) = address else {
        return Ok(None);
    };
    TcpListener::bind(address)
        .map(Some)
        .map_err(|error| port_error(&format!("TCP {address}"), flag, error))
}

/// Where a listener listens.
pub(crate) fn local_addr(listener: Option<&TcpListener>) -> io::Result<Option<SocketAddr>> {
    listener.map(TcpListener::local_addr).transpose()
}

/// What is in the way of a port, and how to choose another.
pub(crate) fn port_error(what: &str, flag: &str, error: io::Error) -> anyhow::Error {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "is taken by another program (another homeroom?)",
        io::ErrorKind::PermissionDenied => "needs rights this user does not have",
        io::ErrorKind::AddrNotAvailable => "is not an address of this machine",
        _ => "cannot be opened",
    };
    anyhow!(error).context(format!("{what} {why}; choose another with {flag}"))
}

/// Makes the data directory if it is missing, readable by its owner only, and tries to write there.
pub(crate) fn prepare_data_dir(folder: &Path) -> anyhow::Result<()> {
    let unusable = || {
        let name = folder.display();
        format!("the data folder {name} cannot be written; choose another with --data-dir")
    };
    make_private(folder).with_context(unusable)?;
    let probe = folder.join(".write-test");
    fs::write(&probe, b"").with_context(unusable)?;
    fs::remove_file(&probe).with_context(unusable)
}

fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_named_with_its_flag() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("binds");
        let address = taken.local_addr().expect("has one");
        let error = listen(Some(address), "--http").expect_err("is taken");
        let text = format!("{error:#}");
        assert!(
            text.starts_with(&format!("TCP {address} is taken")),
            "{text}"
        );
        assert!(text.contains("--http"), "{text}");
    }

    #[test]
    fn a_folder_that_cannot_be_is_named_with_its_flag() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, b"").expect("writes");
        let error = prepare_data_dir(&file.join("data")).expect_err("is below a file");
        let text = format!("{error:#}");
        assert!(text.contains("file/data cannot be written"), "{text}");
        assert!(text.contains("--data-dir"), "{text}");
    }

    #[test]
    fn what_is_announced_is_as_configured_or_found() {
        let configured = [IpAddr::from([192, 0, 2, 7])];
        assert_eq!(announced(&configured), configured);
        assert_eq!(announced(&[]).last(), Some(&IpAddr::from([127, 0, 0, 1])));
    }
}
