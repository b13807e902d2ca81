//! Signalling as a whole: what the binary starts, serves and stops.
//!
//! Invariant: after [`Signaling::drain`] nobody is left untold and every record is with the journal.

use crate::clock::Clock;
use crate::dispatch;
use crate::doors::Doors;
use crate::http;
use crate::lesson::Tools;
use crate::media::Media;
use crate::metrics::Metrics;
use crate::registry::Registry;
use axum::Router;
use homeroom_protocol::LessonCode;
use homeroom_sfu::Event;
use homeroom_store::{Journal, Store};
use std::sync::Arc;
use tokio::sync::mpsc;

/// What all sockets and requests share.
pub(crate) struct Shared {
    pub registry: Arc<Registry>,
    pub doors: Arc<Doors>,
    /// Where the page is reached on the local network, without a slash at its end.
    public_url: String,
}

impl Shared {
    /// The link students open.
    pub fn join_url(&self, code: &LessonCode) -> String {
        format!("{}/l/{code}", self.public_url)
    }
}

/// The running signalling server.
pub struct Signaling {
    shared: Arc<Shared>,
}

impl Signaling {
    /// Starts handing the SFU's events to rooms. `public_url` is what links and QR codes begin with.
    #[must_use]
    pub fn start(
        public_url: String,
        store: Store,
        journal: Journal,
        media: Arc<dyn Media>,
        events: mpsc::Receiver<Event>,
    ) -> Self {
        let clock = Clock::start();
        let asked = journal.clone();
        let metrics = Metrics::new(Arc::clone(&media), move || asked.state());
        let tools = Arc::new(Tools {
            clock,
            journal,
            media,
            metrics,
        });
        let registry = Arc::new(Registry::new(tools, store));
        tokio::spawn(dispatch::run(Arc::clone(&registry), events));
        let shared = Shared {
            registry,
            doors: Arc::new(Doors::new(clock)),
            public_url,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Every route. It needs the peer's address: serve it with
    /// `into_make_service_with_connect_info::<SocketAddr>()`.
    pub fn router(&self, client: Router) -> Router {
        http::router(Arc::clone(&self.shared), client)
    }

    /// Says `closed{server_stopping}` to everybody and waits, for a bounded time, until it is said.
    pub async fn drain(&self) {
        self.shared.registry.drain().await;
    }
}
