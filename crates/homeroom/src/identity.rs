//! The server's own key: what is under a load test's report is from this server, and no other.
//!
//! Invariant: it is made once and kept in the data folder, readable by its owner only, and leaves
//! it for nothing but signatures that say what they are for.

use anyhow::{Context, anyhow};
use homeroom_signaling::{Machine, Signer};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The key's file in the data folder, as PKCS #8 (RFC 8410).
const FILE: &str = "identity.pk8";

/// The key.
pub(crate) struct Identity(Ed25519KeyPair);

impl Identity {
    /// The kept key, or a new one.
    pub(crate) fn load(data_dir: &Path) -> anyhow::Result<Self> {
        let path = data_dir.join(FILE);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                make(&path).with_context(|| format!("cannot make a key in {}", path.display()))?
            }
            Err(error) => {
                let what = format!("cannot read {}", path.display());
                return Err(anyhow::Error::from(error).context(what));
            }
        };
        let pair = Ed25519KeyPair::from_pkcs8(&bytes);
        let pair = pair.map_err(|error| anyhow!("{} is no key: {error}", path.display()))?;
        Ok(Self(pair))
    }
}

fn make(path: &Path) -> anyhow::Result<Vec<u8>> {
    let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new());
    let key = key.map_err(|_| anyhow!("no randomness"))?.as_ref().to_vec();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path)?.write_all(&key)?;
    Ok(key)
}

impl Signer for Identity {
    fn public_key(&self) -> String {
        hex(self.0.public_key().as_ref())
    }

    fn sign(&self, text: &str) -> String {
        hex(self.0.sign(text.as_bytes()).as_ref())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What this server runs on.
pub(crate) fn machine() -> Machine {
    let value = |file: &str, name: &str| -> Option<String> {
        let text = fs::read_to_string(file).ok()?;
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let memory = value("/proc/meminfo", "MemTotal").unwrap_or_default();
    let memory_kb = memory
        .split(' ')
        .next()
        .and_then(|kb| kb.parse::<u64>().ok());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Machine {
        processor: value("/proc/cpuinfo", "model name").unwrap_or_default(),
        cores: u32::try_from(cores).unwrap_or(u32::MAX),
        memory_mb: memory_kb.unwrap_or(0) / 1024,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::signature::{ED25519, UnparsedPublicKey};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_is_its_owners() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Identity::load(folder.path()).expect("made");
        let again = Identity::load(folder.path()).expect("kept");
        assert_eq!(first.public_key(), again.public_key());
        let mode = fs::metadata(folder.path().join(FILE))
            .expect("is there")
            .permissions();
        assert_eq!(mode.mode() & 0o777, 0o600);
        fs::write(folder.path().join(FILE), b"rubbish").expect("writes");
        assert!(Identity::load(folder.path()).is_err());
    }

    #[test]
    fn a_signature_is_of_its_text() {
        let folder = tempfile::tempdir().expect("a folder");
        let identity = Identity::load(folder.path()).expect("made");
        let signature = identity.0.sign(b"this");
        let key = UnparsedPublicKey::new(&ED25519, identity.0.public_key().as_ref().to_vec());
        assert!(key.verify(b"this", signature.as_ref()).is_ok());
        assert!(key.verify(b"that", signature.as_ref()).is_err());
        assert_eq!(identity.sign("this"), hex(signature.as_ref()));
    }
}
