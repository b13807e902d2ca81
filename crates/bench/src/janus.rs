//! A Janus of our own beside our server: the process, its API, and the door to its VideoRoom.
//!
//! It runs as its package ships it, but for what a benchmark must set: a port of its own for the
//! API, one address for media, no log, and no plugin but VideoRoom. It takes no loopback address
//! for media, so it gets another one of this machine, and so do those who send and receive; the
//! packets stay within the machine.
//!
//! Invariant: it runs on the cores it was given, with configuration nobody else reads, and ends
//! with this value.

mod client;
mod rooms;
mod sdp;

pub use client::Client;
pub use rooms::Rooms;

use crate::server::{free_tcp_port, spawn_on};
use anyhow::{Context, Result, bail};
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long it may take to answer.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// What is not measured, as far as packages bring it; what is missing does no harm.
const PLUGINS: [&str; 11] = [
    "audiobridge",
    "duktape",
    "echotest",
    "lua",
    "nosip",
    "recordplay",
    "sip",
    "streaming",
    "textroom",
    "videocall",
    "voicemail",
];
/// Ways to the API that we do not use.
const TRANSPORTS: [&str; 5] = ["http", "mqtt", "nanomsg", "pfunix", "rabbitmq"];

/// How to run it.
#[derive(Debug, Clone)]
pub struct JanusOptions {
    /// Its program.
    pub binary: PathBuf,
    /// Cores it may use.
    pub cores: Vec<usize>,
    /// Threads that share the media of all; `None` as shipped, which is one for each transport.
    pub event_loops: Option<usize>,
}

/// A running Janus.
pub struct Janus {
    process: Process,
    client: Arc<Client>,
    _configuration: TempDir,
}

/// Ends what it holds.
struct Process(Child);

impl Janus {
    /// The program, if this machine has it.
    #[must_use]
    pub fn find() -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        let mut candidates = std::env::split_paths(&path).map(|folder| folder.join("janus"));
        candidates.find(|candidate| candidate.is_file())
    }

    /// Starts it and opens a session.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(runtime: &Runtime, options: &JanusOptions) -> Result<Self> {
        let port = free_tcp_port()?;
        let configuration = tempfile::tempdir()?;
        configure(configuration.path(), port, media_address()?, options)?;
        let mut command = Command::new(&options.binary);
        command
            .arg("--disable-stdout")
            .arg("--configs-folder")
            .arg(configuration.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let process = spawn_on(&options.cores, &mut command)
            .with_context(|| format!("cannot start {}", options.binary.display()))?;
        let mut process = Process(process);
        let client = Arc::new(process.open(runtime, port)?);
        Ok(Self {
            process,
            client,
            _configuration: configuration,
        })
    }

    /// Its API.
    #[must_use]
    pub fn client(&self) -> Arc<Client> {
        self.client.clone()
    }

    /// Like `Janus 1.1.2 (Debian)`: its own version, and whose package it is.
    #[must_use]
    pub fn name(&self) -> String {
        let system = fs::read_to_string("/etc/os-release").unwrap_or_default();
        let version = self.client.version();
        match system_name(&system) {
            Some(system) => format!("Janus {version} ({system})"),
            None => format!("Janus {version}"),
        }
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }
}

impl Process {
    /// Waits until it answers, and opens a session.
    fn open(&mut self, runtime: &Runtime, port: u16) -> Result<Client> {
        let started = Instant::now();
        loop {
            match runtime.block_on(Client::open(port)) {
                Ok(client) => return Ok(client),
                Err(error) if started.elapsed() > START_TIMEOUT => {
                    return Err(error.context("janus does not answer"));
                }
                Err(_) => {}
            }
            if let Some(status) = self.0.try_wait()? {
                bail!("janus ended at once: {status}");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `Debian` out of `NAME="Debian GNU/Linux"`.
fn system_name(os_release: &str) -> Option<&str> {
    let name = os_release
        .lines()
        .find_map(|line| line.strip_prefix("NAME="))?;
    name.trim_matches('"').split(' ').next()
}

/// Where media can go to and from: the first address of this machine that is no loopback's. What
/// Janus sends leaves by that address' interface, so it reaches nobody in 127.0.0.0/8.
///
/// # Errors
/// When there is none.
pub fn media_address() -> Result<Ipv4Addr> {
    let usable = InterfaceFlags::IFF_UP | InterfaceFlags::IFF_RUNNING;
    getifaddrs()?
        .filter(|i| i.flags.contains(usable) && !i.flags.contains(InterfaceFlags::IFF_LOOPBACK))
        .find_map(|i| Some(i.address?.as_sockaddr_in()?.ip()))
        .context("janus needs an IPv4 address besides the loopback's; this machine has none")
}

fn configure(folder: &Path, port: u16, media: Ipv4Addr, options: &JanusOptions) -> Result<()> {
    let library = |name: &&str| format!("libjanus_{name}.so");
    let plugins: Vec<String> = PLUGINS.iter().map(library).collect();
    let transports: Vec<String> = TRANSPORTS.iter().map(library).collect();
    let loops = options.event_loops;
    let loops = loops.map_or_else(String::new, |loops| format!(" event_loops = {loops}"));
    let core = format!(
        "general: {{ debug_level = 0{loops} }}\n\
         nat: {{ ice_enforce_list = \"{media}\" }}\n\
         plugins: {{ disable = \"{}\" }}\n\
         transports: {{ disable = \"{}\" }}\n",
        plugins.join(","),
        transports.join(","),
    );
    let websockets = format!(
        "general: {{ json = \"compact\" ws = true ws_ip = \"127.0.0.1\" ws_port = {port} wss = false }}\n\
         admin: {{ admin_ws = false admin_wss = false }}\n"
    );
    fs::write(folder.join("janus.jcfg"), core)?;
    fs::write(folder.join("janus.transport.websockets.jcfg"), websockets)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_is_told_by_its_first_name() {
        let read = "PRETTY_NAME=\"Debian 12\"\nNAME=\"Debian GNU/Linux\"\nID=debian\n";
        assert_eq!(system_name(read), Some("Debian"));
        assert_eq!(system_name("NAME=Fedora\n"), Some("Fedora"));
        assert_eq!(system_name(""), None);
    }
}
