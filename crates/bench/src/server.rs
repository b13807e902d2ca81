//! A `homeroom` of our own, for as long as this value lives.
//!
//! Invariant: it runs on the cores it was given, on ports and in a folder nobody else uses, and
//! ends with the benchmark.

use anyhow::{Context, Result, bail};
use reqwest::Client;
use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// How long a server may take to answer.
const START_TIMEOUT: Duration = Duration::from_secs(20);

/// How to run it.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Cores it may use.
    pub cores: Vec<usize>,
    /// Media workers.
    pub workers: usize,
    /// Further flags of `homeroom serve`.
    pub flags: Vec<String>,
}

/// A running server.
pub struct Server {
    child: Child,
    url: String,
    client: Client,
    _data: TempDir,
}

impl Server {
    /// Starts it and waits until it is well.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(runtime: &Runtime, binary: &Path, options: &ServerOptions) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let (http, https) = (free_tcp_port()?, free_tcp_port()?);
        let udp = free_udp_ports(options.workers)?;
        let mut command = Command::new(binary);
        command
            .arg("serve")
            .args(["--http", &format!("127.0.0.1:{http}")])
            .args(["--https", &format!("127.0.0.1:{https}")])
            .args(["--udp-port", &udp.to_string()])
            .args(["--workers", &options.workers.to_string()])
            .args(["--announce", "127.0.0.1"])
            .arg("--data-dir")
            .arg(data.path())
            .args(&options.flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let child = spawn_on(&options.cores, &mut command)
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut server = Self {
            child,
            url: format!("http://127.0.0.1:{http}"),
            client: Client::new(),
            _data: data,
        };
        server.wait_until_well(runtime)?;
        Ok(server)
    }

    fn wait_until_well(&mut self, runtime: &Runtime) -> Result<()> {
        let started = Instant::now();
        while runtime.block_on(self.get("/healthz")).is_err() {
            if let Some(status) = self.child.try_wait()? {
                bail!("homeroom ended at once: {status}");
            }
            if started.elapsed() > START_TIMEOUT {
                bail!("homeroom does not answer");
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Where it is, like `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it counts, by name without `homeroom_`.
    ///
    /// # Errors
    /// When it does not answer.
    pub fn metrics(&self, runtime: &Runtime) -> Result<BTreeMap<String, f64>> {
        let text = runtime.block_on(self.get("/metrics"))?;
        Ok(read_metrics(&text))
    }

    async fn get(&self, path: &str) -> Result<String> {
        let request = self.client.get(format!("{}{path}", self.url));
        let response = request.send().await?.error_for_status()?;
        Ok(response.text().await?)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program that stays on these cores: it inherits them from this thread, which goes back
/// to its own.
///
/// # Errors
/// When the program cannot be started.
pub fn spawn_on(cores: &[usize], command: &mut Command) -> Result<Child> {
    let here = nix::sched::sched_getaffinity(nix::unistd::Pid::from_raw(0))?;
    crate::usage::stay_on(cores)?;
    let child = command.spawn();
    nix::sched::sched_setaffinity(nix::unistd::Pid::from_raw(0), &here)?;
    Ok(child?)
}

fn read_metrics(text: &str) -> BTreeMap<String, f64> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("homeroom_"));
    let entry = |line: &str| {
        let (name, value) = line.rsplit_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    };
    lines.filter_map(entry).collect()
}

/// A TCP port of the loopback that nobody uses now.
///
/// # Errors
/// When the system has none.
pub fn free_tcp_port() -> Result<u16> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket.local_addr()?.port())
}

/// The first of `count` UDP ports in a row that nobody uses now.
fn free_udp_ports(count: usize) -> Result<u16> {
    for _ in 0..100 {
        let first = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?
            .local_addr()?
            .port();
        let is_free = |port: u16| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
        let mut ports = (0..count as u16).map(|i| first.checked_add(i));
        if ports.all(|port| port.is_some_and(is_free)) {
            return Ok(first);
        }
    }
    bail!("no {count} UDP ports in a row")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_read() {
        let text = "# TYPE homeroom_sockets gauge\nhomeroom_sockets 3\n\
                    homeroom_sfu_rtp_sent_total 12\nother 1\n";
        let read = read_metrics(text);
        assert_eq!(read.len(), 2);
        assert_eq!(read["sockets"], 3.0);
        assert_eq!(read["sfu_rtp_sent_total"], 12.0);
    }
}
