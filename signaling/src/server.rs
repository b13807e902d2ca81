//! Signalling as a whole: what the binary starts, serves and stops.
//!
//! Invariant: after [`Signaling::drain`] nobody is left untold and every record is with the journal.

use crate::clock::Clock;
use crate::dispatch;
use crate::doors::Doors;
use crate::http;
use crate::lesson::Tools;
use crate::load_tests::LoadTests;
use crate::media::Media;
use crate::metrics::Metrics;
use crate::registry::Registry;
use crate::roll_call::report;
use crate::school::School;
use crate::school::settings::EVIDENCE_DAYS_DEFAULT;
use crate::whip;
use axum::Router;
use homeroom_protocol::{LessonCode, VideoCodec};
use homeroom_sfu::Event;
use homeroom_store::{EVIDENCE_DAYS, Journal, Store};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;

/// How often old evidence is looked for.
const PURGE_INTERVAL: Duration = Duration::from_secs(24 * 60 * 60);

/// Throws away evidence that is older than the school keeps it, and keeps the rolls.
async fn purge_daily(store: Store, clock: Clock) {
    let mut days = tokio::time::interval(PURGE_INTERVAL);
    loop {
        days.tick().await;
        let setting = store.roll_setting(EVIDENCE_DAYS).await.ok().flatten();
        let kept: Option<u32> = setting.and_then(|days| days.parse().ok());
        let kept_ms = u64::from(kept.unwrap_or(EVIDENCE_DAYS_DEFAULT)) * 24 * 60 * 60 * 1_000;
        let now_ms = clock.now_ms();
        let before_ms = now_ms.saturating_sub(kept_ms);
        match report::purge_evidence(&store, before_ms, now_ms).await {
            Ok(0) => {}
            Ok(lessons) => tracing::info!(lessons, "evidence of old lessons thrown away"),
            Err(error) => tracing::error!(%error, "old evidence cannot be thrown away"),
        }
    }
}

/// What all sockets and requests share.
pub(crate) struct Shared {
    pub registry: Arc<Registry>,
    pub doors: Arc<Doors>,
    /// What browsers are asked to code pictures in; VP8 until it is said.
    video_codec: OnceLock<VideoCodec>,
    pub school: School,
    /// Programs that publish and play over HTTP.
    pub whip: whip::Sessions,
    /// Where the page is reached on the local network, without a slash at its end.
    public_url: String,
    /// Who may load this server, and its seal; nothing of either until it is said.
    pub load_tests: OnceLock<LoadTests>,
}

impl Shared {
    /// What a link to one of our pages begins with.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The link students open.
    pub fn join_url(&self, code: &LessonCode) -> String {
        format!("{}/l/{code}", self.public_url)
    }

    /// What browsers are asked to code pictures in.
    pub fn video_codec(&self) -> VideoCodec {
        self.video_codec.get().copied().unwrap_or_default()
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
        tokio::spawn(purge_daily(store.clone(), clock));
        let registry = Arc::new(Registry::new(tools, store));
        tokio::spawn(dispatch::run(Arc::clone(&registry), events));
        let shared = Shared {
            registry,
            doors: Arc::new(Doors::new(clock)),
            video_codec: OnceLock::new(),
            school: School::new(),
            whip: whip::Sessions::default(),
            public_url,
            load_tests: OnceLock::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Says who may load this server, and gives it a seal. The first word counts.
    pub fn set_load_tests(&self, load_tests: LoadTests) {
        let _ = self.shared.load_tests.set(load_tests);
    }

    /// Says what browsers are asked to code pictures in. The first word counts.
    pub fn set_video_codec(&self, codec: VideoCodec) {
        let _ = self.shared.video_codec.set(codec);
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
