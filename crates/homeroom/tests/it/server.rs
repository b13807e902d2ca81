//! A server to test: in this process, or as a program that can be killed.
//!
//! Invariant: two media workers, so that people of one lesson meet across workers; a data folder
//! and ports of its own, so that tests run side by side; and nothing of a server ever panics.

use homeroom::{Config, Running, Tls};
use homeroom_loadtest::Lessons;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tempfile::TempDir;

const WORKERS: usize = 2;
/// A program that does not answer for this long has not started.
const STARTED_WITHIN: Duration = Duration::from_secs(10);

/// The whole server, in this process.
pub struct Server {
    http: String,
    // Dropped with the test: the server first, then its folder.
    running: Running,
    data: TempDir,
}

impl Server {
    /// Starts with nothing in its data folder.
    pub async fn start() -> Self {
        Self::configured(|_| {}).await
    }

    /// The same, with so many media workers.
    pub async fn start_with(workers: usize) -> Self {
        Self::configured(|config| config.workers = workers).await
    }

    /// The same, with HTTPS beside HTTP.
    pub async fn start_secure(tls: Tls) -> Self {
        Self::configured(|config| {
            config.https = config.http;
            config.tls = tls;
        })
        .await
    }

    /// Starts with these settings changed.
    pub async fn configured(change: impl FnOnce(&mut Config)) -> Self {
        watch_for_panics();
        let data = TempDir::new().expect("a folder");
        let mut config = Config {
            https: None,
            workers: WORKERS,
            ..Config::on_free_ports(data.path().to_owned())
        };
        change(&mut config);
        let running = homeroom::start(config).await.expect("the server starts");
        let address = running.http_addr.expect("HTTP is on");
        Self {
            http: format!("http://{address}"),
            running,
            data,
        }
    }

    /// Where it listens with TLS.
    pub fn https(&self) -> String {
        let address = self.running.https_addr.expect("HTTPS is on");
        format!("https://{address}")
    }

    /// What it shows when it was given no certificate.
    pub fn own_certificate(&self) -> PathBuf {
        self.data.path().join("tls/certificate.pem")
    }

    /// Where its first worker takes media.
    pub fn media(&self) -> SocketAddr {
        let port = self.running.udp_ports[0];
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    }

    /// Where it listens.
    pub fn http(&self) -> &str {
        &self.http
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let panics = PANICS.swap(0, Ordering::SeqCst);
            assert_eq!(panics, 0, "something of the server panicked; see above");
        }
    }
}

/// A task or worker that panics is caught and counted by the server, so a test would not notice.
static PANICS: AtomicUsize = AtomicUsize::new(0);

pub fn watch_for_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let report = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Threads of tests are named after them, with their module.
            let thread = std::thread::current();
            let is_test = thread.name().is_some_and(|name| name.contains("::"));
            PANICS.fetch_add(usize::from(!is_test), Ordering::SeqCst);
            report(panic);
        }));
    });
}

/// `homeroom serve` as a program of its own.
pub struct Program {
    address: SocketAddr,
    data: TempDir,
    /// The URL of its database, unless that is a file in the data folder.
    database: Option<String>,
    child: Child,
}

impl Program {
    /// Starts with nothing in its data folder.
    pub async fn start() -> Self {
        Self::start_with(None).await
    }

    /// Starts over the database at this URL.
    pub async fn start_on(database: &str) -> Self {
        Self::start_with(Some(database.to_owned())).await
    }

    async fn start_with(database: Option<String>) -> Self {
        let data = TempDir::new().expect("a folder");
        // The system's choice, so that the program can have it again after a restart.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = free.local_addr().expect("an address");
        drop(free);
        let child = run(address, &data, database.as_deref());
        let program = Self {
            address,
            data,
            database,
            child,
        };
        program.answers().await;
        program
    }

    /// `kill -9`: nothing is flushed, nobody is told.
    pub fn kill(&mut self) {
        self.child.kill().expect("the program runs");
        self.child.wait().expect("it was ours");
    }

    /// Starts again over the same data folder and port.
    pub async fn restart(&mut self) {
        self.child = run(self.address, &self.data, self.database.as_deref());
        self.answers().await;
    }

    /// Where it listens.
    pub fn http(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn answers(&self) {
        let lessons = Lessons::at(&self.http());
        let trying = async {
            while !lessons.is_healthy().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let started = tokio::time::timeout(STARTED_WITHIN, trying).await;
        started.expect("the program starts");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A program that was killed is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(address: SocketAddr, data: &TempDir, database: Option<&str>) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_homeroom"));
    if let Some(url) = database {
        // It says in its log what it thinks of a database that is gone.
        command.env("HOMEROOM_DATABASE", url).stderr(Stdio::null());
    }
    command
        .args(["serve", "--https", "127.0.0.1:0", "--udp-port", "0"])
        .args(["--announce", "127.0.0.1", "--workers", &WORKERS.to_string()])
        .args(["--http", &address.to_string()])
        .arg("--data-dir")
        .arg(data.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("the program starts")
}
