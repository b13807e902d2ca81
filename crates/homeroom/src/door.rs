//! One listener and the task that serves the application on it.
//!
//! Invariant: a connection that sends no complete request head in time, or too long a one, is
//! closed before it costs more than its socket.

use crate::certificate::Pem;
use anyhow::Context;
use axum::Router;
use axum_server::tls_rustls::RustlsConfig;
use axum_server::{Handle, Server};
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;
use tokio::task::JoinHandle;

/// How long answers under way may take once everybody has been told goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);
/// Request line and headers must arrive within this time.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Request line and headers together, in bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// The open door.
pub(crate) struct Door {
    handle: Handle<SocketAddr>,
    serving: JoinHandle<io::Result<()>>,
}

impl Door {
    /// Serves plain HTTP.
    pub fn open(listener: TcpListener, app: Router) -> anyhow::Result<Self> {
        let handle = Handle::new();
        let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
        harden(&mut server);
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(server.serve(app));
        Ok(Self { handle, serving })
    }

    /// Serves HTTPS.
    pub async fn open_tls(listener: TcpListener, pem: Pem, app: Router) -> anyhow::Result<Self> {
        let tls = RustlsConfig::from_pem(pem.certificate, pem.key)
            .await
            .context("the TLS certificate or key cannot be used")?;
        let handle = Handle::new();
        let mut server = axum_server::from_tcp_rustls(listener, tls)?.handle(handle.clone());
        harden(&mut server);
        let app = app.into_make_service_with_connect_info::<SocketAddr>();
        let serving = tokio::spawn(server.serve(app));
        Ok(Self { handle, serving })
    }

    /// Takes no more connections, and gives those that are there a moment.
    pub fn begin_closing(&self) {
        self.handle.graceful_shutdown(Some(CLOSE_TIMEOUT));
    }

    /// Waits for the end of what [`Door::begin_closing`] began.
    pub async fn closed(self) {
        if let Ok(Err(error)) = self.serving.await {
            tracing::warn!(%error, "a listener ended badly");
        }
    }
}

fn harden<A>(server: &mut Server<SocketAddr, A>) {
    server
        .http_builder()
        .http1()
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    server
        .http_builder()
        .http2()
        .max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX));
}
