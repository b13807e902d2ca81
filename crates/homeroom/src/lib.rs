//! The server as a whole: configuration → store → SFU → signalling → web page. Only wiring; the
//! binary is a thin shell around [`start`], and tests start the same server in their own process.
//!
//! Invariant: what [`start`] opened, [`Running::shutdown`] closes, in the opposite order: people
//! first are told, then the doors close, then the last record is on disk.

mod banner;
mod certificate;
mod client;
mod config;
mod doctor;
mod door;
mod identity;
mod network;

pub use banner::banner;
pub use config::{Config, Options, Tls};
pub use doctor::{Finding, examine};

use door::Door;
use homeroom_sfu::{Event, Sfu, SfuConfig, StartError};
use homeroom_signaling::{LoadTests, Media, Signaling, school};
use homeroom_store::{Journal, Spool, Store, StoreError};
use identity::Identity;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long the last records may take.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(500);
/// The running server.
pub struct Running {
    /// Where plain HTTP is served.
    pub http_addr: Option<SocketAddr>,
    /// Where HTTPS is served.
    pub https_addr: Option<SocketAddr>,
    /// The UDP ports of media, one per worker.
    pub udp_ports: Vec<u16>,
    /// What links to lessons begin with.
    pub public_url: String,
    /// Opens the first administrator's account, while there is none.
    pub admin_link: Option<String>,
    signaling: Signaling,
    doors: Vec<Door>,
    sfu: Arc<Sfu>,
    store: Store,
    journal: JoinHandle<()>,
}

/// Chooses the one cryptography provider of this process. The first thing to call: a second
/// provider anywhere would otherwise make rustls panic at its first connection.
pub fn install_crypto() {
    // Installed already is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Starts everything; returns when people can join.
///
/// # Errors
/// In words for a person: which port, folder or file is in the way, and which flag changes it.
pub async fn start(config: Config) -> anyhow::Result<Running> {
    install_crypto();
    network::prepare_data_dir(&config.data_dir)?;
    let store = Store::open(config.database()).await;
    let store = store.map_err(|error| database_error(&config, error))?;
    // Before anything is read: an earlier run may have left records that are not in the database.
    let (journal, writer) = Journal::start(store.clone(), Spool::at(&config.spool())).await?;
    let https = network::listen(config.https, "--https")?;
    let http = network::listen(config.http, "--http")?;
    let announced = network::announced(&config.announce);
    let (sfu, events) = start_sfu(&config, announced.clone())?;

    let https_addr = network::local_addr(https.as_ref())?;
    let http_addr = network::local_addr(http.as_ref())?;
    let public_url = public_url(&config, https_addr, http_addr);
    let admin_link = school::first_admin(&store, &public_url, now_ms()).await?;
    let media: Arc<dyn Media> = Arc::clone(&sfu) as _;
    let signaling = Signaling::start(public_url.clone(), store.clone(), journal, media, events);
    signaling.set_load_tests(LoadTests {
        allowed: config.allow_load_test,
        signer: Box::new(Identity::load(&config.data_dir)?),
        machine: identity::machine(),
    });
    signaling.set_video_codec(config.video_codec);
    let app = signaling.router(client::router());

    let mut doors = Vec::new();
    if let Some(listener) = https {
        let names = certificate::names(&announced);
        let pem = certificate::load(&config.tls, &config.data_dir, &names)?;
        doors.push(Door::open_tls(listener, pem, app.clone()).await?);
    }
    if let Some(listener) = http {
        doors.push(Door::open(listener, app)?);
    }
    Ok(Running {
        http_addr,
        https_addr,
        udp_ports: sfu.udp_ports(),
        public_url,
        admin_link,
        signaling,
        doors,
        sfu,
        store,
        journal: writer,
    })
}

/// A link to an administrator's account, made beside a server that may be running: to that with this
/// login, else to one that nobody has opened yet.
///
/// # Errors
/// In words for a person: the database cannot be used, or nobody has this login.
pub async fn admin_link(config: &Config, login: Option<&str>) -> anyhow::Result<String> {
    network::prepare_data_dir(&config.data_dir)?;
    let store = Store::open(config.database()).await;
    let store = store.map_err(|error| database_error(config, error))?;
    let url = public_url(config, config.https, config.http);
    let link = school::new_admin_link(&store, &url, login, now_ms()).await;
    store.close().await;
    Ok(link?)
}

/// Milliseconds since the Unix epoch.
fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since_epoch.unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

impl Running {
    /// Tells everybody, closes the doors, writes what is left. Takes at most about three seconds.
    pub async fn shutdown(self) {
        self.signaling.drain().await;
        for door in &self.doors {
            door.begin_closing();
        }
        for door in self.doors {
            door.closed().await;
        }
        drop(self.signaling);
        if tokio::time::timeout(FLUSH_TIMEOUT, self.journal)
            .await
            .is_err()
        {
            tracing::debug!("a connection still holds the journal; its records are committed");
        }
        let _ = tokio::time::timeout(FLUSH_TIMEOUT, self.store.close()).await;
        if let Ok(sfu) = Arc::try_unwrap(self.sfu) {
            sfu.shutdown();
        }
    }
}

/// Which setting names the database that is in the way.
fn database_error(config: &Config, error: StoreError) -> anyhow::Error {
    if config.database.is_none() {
        return error.into();
    }
    let named = "it is named by --database, HOMEROOM_DATABASE or `database` in the file";
    anyhow::anyhow!("{error} ({named})")
}

fn start_sfu(
    config: &Config,
    announced: Vec<IpAddr>,
) -> anyhow::Result<(Arc<Sfu>, mpsc::Receiver<Event>)> {
    let started = Sfu::start(SfuConfig {
        base_port: config.udp_port,
        workers: config.workers,
        announced,
        send_mode: config.udp_send,
    });
    let (sfu, events) = started.map_err(|error| match error {
        StartError::Bind { port, source } => {
            network::port_error(&format!("UDP port {port}"), "--udp-port", source)
        }
        other @ (StartError::System(_) | StartError::Identity(_)) => other.into(),
    })?;
    Ok((Arc::new(sfu), events))
}

/// The ports media will want, before it runs.
fn udp_ports(config: &Config) -> Vec<u16> {
    if config.udp_port == 0 {
        return Vec::new();
    }
    (0..config.worker_count())
        .filter_map(|worker| config.udp_port.checked_add(worker))
        .collect()
}

/// The address people open: as configured, else HTTPS on the local network, else this machine.
fn public_url(config: &Config, https: Option<SocketAddr>, http: Option<SocketAddr>) -> String {
    if let Some(url) = &config.public_url {
        return url.trim_end_matches('/').to_owned();
    }
    let lan = network::lan_address();
    let host = config.announce.first().copied().or(lan);
    let host = host.map_or_else(|| "localhost".to_owned(), network::url_host);
    match (https, http) {
        (Some(https), _) => format!("https://{host}:{}", https.port()),
        (None, Some(http)) => format!("http://localhost:{}", http.port()),
        (None, None) => format!("https://{host}"),
    }
}
