//! The TLS certificate: as given, or made here for the local network and kept.
//!
//! Browsers give the camera only to a secure page. A self-signed certificate is enough once a
//! person has clicked through its warning, and they need not do so again while it stays the same:
//! so it is made anew only when this machine's addresses change or it is about to expire.
//!
//! Invariant: the private key is readable by its owner only, from the moment its file exists.

use crate::Tls;
use crate::network;
use anyhow::Context;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// How long a certificate made here lasts; browsers refuse more than 398 days.
const LIFETIME: Duration = Duration::days(397);
/// One that would expire within this time is made anew.
const RENEW_BEFORE: Duration = Duration::days(30);
/// A phone's clock may be a little behind.
const CLOCK_SLACK: Duration = Duration::days(1);

/// A certificate chain and its key, as PEM text.
pub(crate) struct Pem {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
}

/// What was made, kept beside it: reading this is simpler than parsing the certificate.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    names: BTreeSet<String>,
    expires_unix: i64,
}

/// The names people may reach this machine by.
pub(crate) fn names(announced: &[IpAddr]) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["localhost", "127.0.0.1", "::1"].map(str::to_owned));
    names.extend(announced.iter().map(ToString::to_string));
    names.extend(network::lan_address().map(|address| address.to_string()));
    if let Some(host) = host_name() {
        names.insert(format!("{host}.local"));
        names.insert(host);
    }
    names
}

/// The certificate to serve with; made, or made anew, when needed.
pub(crate) fn load(tls: &Tls, data_dir: &Path, names: &BTreeSet<String>) -> anyhow::Result<Pem> {
    let (certificate, key) = match tls {
        Tls::Files { certificate, key } => (certificate.clone(), key.clone()),
        Tls::SelfSigned => {
            let folder = data_dir.join("tls");
            if !still_good(&folder, names, OffsetDateTime::now_utc()) {
                make(&folder, names, OffsetDateTime::now_utc()).with_context(|| {
                    format!("cannot make a certificate in {}", folder.display())
                })?;
            }
            (folder.join("certificate.pem"), folder.join("key.pem"))
        }
    };
    let read =
        |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(Pem {
        certificate: read(&certificate)?,
        key: read(&key)?,
    })
}

/// Whether the kept certificate has all these names and lasts.
pub(crate) fn still_good(folder: &Path, names: &BTreeSet<String>, now: OffsetDateTime) -> bool {
    let about = fs::read_to_string(folder.join("about.toml")).ok();
    let about = about.and_then(|text| toml::from_str::<About>(&text).ok());
    let whole = ["certificate.pem", "key.pem"]
        .iter()
        .all(|name| folder.join(name).exists());
    let lasts = |about: &About| about.expires_unix > (now + RENEW_BEFORE).unix_timestamp();
    whole && about.is_some_and(|about| about.names.is_superset(names) && lasts(&about))
}

fn make(folder: &Path, names: &BTreeSet<String>, now: OffsetDateTime) -> anyhow::Result<()> {
    let names_list: Vec<String> = names.iter().cloned().collect();
    let mut params = CertificateParams::new(names_list)?;
    params.not_before = now - CLOCK_SLACK;
    params.not_after = now + LIFETIME - CLOCK_SLACK;
    params
        .distinguished_name
        .push(DnType::CommonName, "Homeroom on this network");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let about = About {
        names: names.clone(),
        expires_unix: params.not_after.unix_timestamp(),
    };
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    fs::create_dir_all(folder)?;
    write_private(&folder.join("key.pem"), key.serialize_pem().as_bytes())?;
    fs::write(folder.join("certificate.pem"), certificate.pem())?;
    // Last: until it is there the certificate counts as not made.
    fs::write(folder.join("about.toml"), toml::to_string(&about)?)?;
    Ok(())
}

/// A file that never exists with wider rights, not even for a moment.
fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(bytes)
}

/// The machine's name, if a certificate can carry it.
fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    let name = name.trim().to_ascii_lowercase();
    let is_label = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    (!name.is_empty() && name.len() <= 63 && name.chars().all(is_label)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn it_is_kept_until_an_address_is_new_or_its_end_is_near() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = set(&["localhost", "192.0.2.7"]);
        let load =
            |names: &BTreeSet<String>| load(&Tls::SelfSigned, folder.path(), names).expect("makes");
        let first = load(&names).certificate;
        assert_eq!(load(&names).certificate, first);
        assert_eq!(
            load(&set(&["localhost"])).certificate,
            first,
            "fewer names are covered"
        );
        let moved = load(&set(&["localhost", "192.0.2.8"])).certificate;
        assert_ne!(moved, first);

        let tls = folder.path().join("tls");
        let names = set(&["192.0.2.8"]);
        let now = OffsetDateTime::now_utc();
        assert!(still_good(&tls, &names, now + Duration::days(360)));
        assert!(!still_good(&tls, &names, now + Duration::days(370)));
    }

    #[test]
    fn the_key_is_its_owners() {
        let folder = tempfile::tempdir().expect("a folder");
        load(&Tls::SelfSigned, folder.path(), &set(&["localhost"])).expect("makes");
        let key = fs::metadata(folder.path().join("tls/key.pem")).expect("is there");
        assert_eq!(key.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn half_a_certificate_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = set(&["localhost"]);
        load(&Tls::SelfSigned, folder.path(), &names).expect("makes");
        let tls = folder.path().join("tls");
        fs::remove_file(tls.join("key.pem")).expect("removes");
        assert!(!still_good(&tls, &names, OffsetDateTime::now_utc()));
        load(&Tls::SelfSigned, folder.path(), &names).expect("makes anew");
        assert!(still_good(&tls, &names, OffsetDateTime::now_utc()));
    }
}
