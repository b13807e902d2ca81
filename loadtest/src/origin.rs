//! A server by its origin, and how it is known to be that server.
//!
//! Invariant: the certificate of an https server is always checked, by the name it was asked for;
//! nothing here turns that off.

use anyhow::{Context, Result, bail, ensure};
use reqwest::Client;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

/// A server, like `http://127.0.0.1:8080` or `https://school.example`.
#[derive(Debug, Clone)]
pub struct Origin {
    url: String,
    client: Client,
    tls: Option<Arc<ClientConfig>>,
}

impl Origin {
    /// The server at `url`. That of an https server must have a certificate of the authority in
    /// `authority`, a file in PEM, or of one that this machine trusts where none is named.
    ///
    /// # Errors
    /// When that is no server's address, or the authority cannot be read.
    pub fn known_by(url: &str, authority: Option<&Path>) -> Result<Self> {
        let url = trimmed(url);
        if url.starts_with("http://") {
            ensure!(
                authority.is_none(),
                "an http:// server shows no certificate that --ca could check"
            );
            return Ok(Self::plain(url));
        }
        ensure!(
            url.starts_with("https://"),
            "a server's address begins with https:// or http://, unlike {url}"
        );
        let roots = match authority {
            Some(file) => roots_in(file)?,
            None => roots_of_this_machine()?,
        };
        // Named here, as a process may have no default provider, or another one.
        let tls = ClientConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder().use_preconfigured_tls(tls.clone());
        Ok(Self {
            url,
            client: client.build()?,
            tls: Some(Arc::new(tls)),
        })
    }

    fn plain(url: String) -> Self {
        Self {
            url,
            client: Client::new(),
            tls: None,
        }
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Speaks HTTP with it.
    pub(crate) const fn client(&self) -> &Client {
        &self.client
    }

    /// Where its WebSocket is, and what checks the certificate of an https server.
    pub(crate) fn websocket(&self) -> Result<(String, Option<Arc<ClientConfig>>)> {
        match (self.url.split_once("://"), &self.tls) {
            (Some(("http", rest)), _) => Ok((format!("ws://{rest}/api/ws"), None)),
            (Some(("https", rest)), Some(tls)) => {
                Ok((format!("wss://{rest}/api/ws"), Some(Arc::clone(tls))))
            }
            _ => bail!("nobody said how {} is known", self.url),
        }
    }

    /// Whether it is on this machine: nobody else's is loaded without being asked.
    #[must_use]
    pub fn is_this_machine(&self) -> bool {
        let rest = self.url.split_once("://").map(|(_, rest)| rest);
        let Some(host) = rest.and_then(|rest| rest.split('/').next()) else {
            return false;
        };
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let address = name.trim_matches(['[', ']']).parse::<IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

/// A server of plain HTTP; an https one is known by something: see [`Origin::known_by`].
impl From<&str> for Origin {
    fn from(url: &str) -> Self {
        Self::plain(trimmed(url))
    }
}

impl From<&String> for Origin {
    fn from(url: &String) -> Self {
        Self::from(url.as_str())
    }
}

impl From<&Origin> for Origin {
    fn from(origin: &Origin) -> Self {
        origin.clone()
    }
}

fn trimmed(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

fn roots_in(file: &Path) -> Result<RootCertStore> {
    let name = file.display();
    let read = || format!("cannot read {name}");
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).with_context(read)? {
        roots.add(certificate.with_context(read)?)?;
    }
    ensure!(!roots.is_empty(), "{name} has no certificate in PEM");
    Ok(roots)
}

/// What this machine trusts. Some of it may be unreadable, as in any such folder.
fn roots_of_this_machine() -> Result<RootCertStore> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(found.certs);
    ensure!(
        !roots.is_empty(),
        "this machine trusts no authority (ca-certificates is not installed): name one with --ca"
    );
    Ok(roots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_is_this_machine() {
        let check = |server: &str, ours: bool| {
            assert_eq!(Origin::from(server).is_this_machine(), ours, "{server}");
        };
        check("http://127.0.0.1:8080", true);
        check("http://127.9.9.9", true);
        check("http://localhost:8080/", true);
        check("http://[::1]:8080", true);
        check("https://127.0.0.1:8443", true);
        check("http://10.0.0.1:8080", false);
        check("http://localhost.example.org:80", false);
        check("http://example.org/127.0.0.1", false);
        check("http://127.0.0.1@example.org:80", false);
        check("", false);
    }

    #[test]
    fn what_cannot_be_checked_is_said() {
        let check = |url: &str, authority: Option<&str>, expected: &str| {
            let error = Origin::known_by(url, authority.map(Path::new));
            let error = format!("{:#}", error.expect_err("is none"));
            assert!(error.contains(expected), "{expected:?} in {error:?}");
        };
        check("school.example", None, "begins with https://");
        check("http://127.0.0.1", Some("ca.pem"), "no certificate");
        check("https://127.0.0.1", Some("/nowhere.pem"), "cannot read");
        let folder = tempfile::tempdir().expect("a folder");
        let empty = folder.path().join("empty.pem");
        std::fs::write(&empty, "nothing").expect("writes");
        let empty = empty.to_str().expect("UTF-8");
        check("https://127.0.0.1", Some(empty), "has no certificate");
        assert!(Origin::from("https://127.0.0.1").websocket().is_err());
    }
}
