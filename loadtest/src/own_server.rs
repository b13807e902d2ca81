//! A server of our own for a test, where none is named: a program that ends with it, and may be
//! killed and started again meanwhile.
//!
//! Invariant: it has a data folder and ports of its own, the same ones again after a restart, and is
//! gone with this value.

use anyhow::{Context, Result, bail};
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a server may take to answer.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// Tries to find ports in a row.
const PORT_TRIES: usize = 100;

/// A running server.
pub struct OwnServer {
    child: Child,
    url: String,
    plan: Plan,
}

/// How it is started, each time the same.
struct Plan {
    binary: PathBuf,
    on: Vec<usize>,
    arguments: Vec<String>,
    data: TempDir,
}

impl OwnServer {
    /// Starts `binary` on these cores (on all when there are none), with a media worker for each.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn start(binary: &Path, on: &[usize]) -> Result<Self> {
        let data = tempfile::tempdir()?;
        let workers = if on.is_empty() {
            crate::generator::cores()
        } else {
            on.len()
        };
        let (http, udp) = (free_tcp_port()?, free_udp_ports(workers)?);
        let arguments = ["serve", "--https", "127.0.0.1:0", "--announce", "127.0.0.1"]
            .map(str::to_owned)
            .into_iter()
            .chain(["--http".to_owned(), format!("127.0.0.1:{http}")])
            .chain(["--udp-port".to_owned(), udp.to_string()])
            .chain(["--workers".to_owned(), workers.to_string()]);
        let plan = Plan {
            binary: binary.to_owned(),
            on: on.to_vec(),
            arguments: arguments.collect(),
            data,
        };
        let mut server = Self {
            child: plan.spawn()?,
            url: format!("http://127.0.0.1:{http}"),
            plan,
        };
        server.answers().await?;
        Ok(server)
    }

    /// `kill -9`: nothing is flushed, nobody is told.
    ///
    /// # Errors
    /// When it had ended already.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(status) = self.child.try_wait()? {
            bail!("the server had ended before it was killed: {status}");
        }
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Starts again over the same data and ports.
    ///
    /// # Errors
    /// When it does not come up.
    pub async fn restart(&mut self) -> Result<()> {
        self.child = self.plan.spawn()?;
        self.answers().await
    }

    /// A link that opens an administrator's account, as `homeroom admin` prints it.
    ///
    /// # Errors
    /// When it prints none.
    pub async fn admin_link(&self) -> Result<String> {
        let Plan { binary, data, .. } = &self.plan;
        let mut command = tokio::process::Command::new(binary);
        command.arg("admin").arg("--data-dir").arg(data.path());
        let output = command.stdin(Stdio::null()).output().await?;
        let text = String::from_utf8(output.stdout)?;
        let link = text
            .split_whitespace()
            .find(|word| word.contains("#invite="));
        Ok(link.context("homeroom admin prints no link")?.to_owned())
    }

    async fn answers(&mut self) -> Result<()> {
        let lessons = crate::Lessons::at(&self.url);
        let began = Instant::now();
        while !lessons.is_healthy().await {
            if let Some(status) = self.child.try_wait()? {
                bail!("{} ended at once: {status}", self.plan.binary.display());
            }
            if began.elapsed() > START_TIMEOUT {
                bail!("{} does not answer", self.plan.binary.display());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Where it is.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Plan {
    fn spawn(&self) -> Result<Child> {
        let mut command = Command::new(&self.binary);
        command
            .args(&self.arguments)
            .arg("--data-dir")
            .arg(self.data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        // Our Ctrl-C would end it before the students have left.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = spawn_on(&self.on, &mut command);
        child.with_context(|| format!("cannot start {}", self.binary.display()))
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The `homeroom` beside this program.
///
/// # Errors
/// When there is none.
pub fn beside_us() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let beside = own.with_file_name("homeroom");
    if beside.exists() {
        return Ok(beside);
    }
    bail!(
        "there is no homeroom beside {}: name a server with --server, or a program with --homeroom",
        own.display()
    )
}

/// Keeps the calling thread, and whatever it starts from now on, on these cores.
///
/// # Errors
/// When the system does not let us.
pub fn stay_on(cores: &[usize]) -> Result<()> {
    let mut set = CpuSet::new();
    for core in cores {
        set.set(*core)?;
    }
    Ok(sched_setaffinity(Pid::from_raw(0), &set)?)
}

/// The program inherits its cores from this thread, which goes back to its own.
fn spawn_on(cores: &[usize], command: &mut Command) -> Result<Child> {
    if cores.is_empty() {
        return Ok(command.spawn()?);
    }
    let here = sched_getaffinity(Pid::from_raw(0))?;
    stay_on(cores)?;
    let child = command.spawn();
    sched_setaffinity(Pid::from_raw(0), &here)?;
    Ok(child?)
}

fn free_tcp_port() -> Result<u16> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(socket.local_addr()?.port())
}

/// The first of `count` UDP ports in a row that nobody uses now.
fn free_udp_ports(count: usize) -> Result<u16> {
    for _ in 0..PORT_TRIES {
        let any = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        let first = any.local_addr()?.port();
        drop(any);
        let is_free = |port: u16| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).is_ok();
        let mut ports = (0..count).map(|i| first.checked_add(u16::try_from(i).ok()?));
        if ports.all(|port| port.is_some_and(is_free)) {
            return Ok(first);
        }
    }
    bail!("no {count} UDP ports in a row")
}
