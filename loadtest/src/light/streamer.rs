//! A light bot at a server that knows nothing of lessons: it publishes by WHIP (RFC 9725) or plays by
//! WHEP, and its media is that of every light bot.
//!
//! Invariant: a streamer that is dropped is gone without a word; [`Streamer::end`] deletes its session.

use super::dtls::Identity;
use super::publisher::Performance;
use super::samples::Samples;
use super::task::{self, Order, Task};
use super::transport::Transport;
use super::{Fare, offer};
use crate::clip::LessonTag;
use crate::origin::Origin;
use anyhow::{Context, Result, bail, ensure};
use homeroom_protocol::ParticipantId;
use reqwest::{StatusCode, Url, header};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Orders a streamer's media may have waiting.
const ORDERS: usize = 4;
/// How long a server may take to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest answer that is shown to a person, in bytes.
const MAX_SHOWN_BYTES: usize = 300;

/// Where to, and as whom.
#[derive(Debug, Clone)]
pub struct StreamConfig {
    /// The WHIP or WHEP endpoint.
    pub endpoint: Url,
    /// What opens it.
    pub bearer: Option<String>,
    /// Its server, and how that is known.
    pub server: Origin,
    /// What is published; [`Performance::NOTHING`] plays.
    pub performance: Performance,
    /// Publisher and players of one run have the same, so that what comes from elsewhere is found out.
    pub(crate) tag: LessonTag,
    /// The address its media comes from.
    pub from: IpAddr,
    /// Where its samples go.
    pub samples: Arc<Samples>,
}

/// Who publishes or plays.
pub struct Streamer {
    config: StreamConfig,
    /// Where its session is.
    session: Url,
    fare: Arc<Mutex<Fare>>,
    // Dropped with it: its end is the end of the media.
    _orders: mpsc::Sender<Order>,
    media: JoinHandle<()>,
}

impl Streamer {
    /// Posts the offer; returns once it is answered. Media may still be connecting.
    ///
    /// # Errors
    /// When the server refuses, with what it says.
    pub async fn begin(config: StreamConfig) -> Result<Self> {
        let started = Instant::now();
        let transport = Transport::new(Identity::shared()?);
        let microphone_ssrc = rand::random();
        let is_player = config.performance == Performance::NOTHING;
        let media = if is_player {
            offer::make_player(&transport)
        } else {
            offer::make_publisher(&transport, microphone_ssrc, config.performance.layers)
        };
        let request = config.server.client().post(config.endpoint.clone());
        let request = authorized(request, &config)
            .header(header::CONTENT_TYPE, "application/sdp")
            .body(media.sdp);
        let response = request.timeout(ANSWER_TIMEOUT).send().await?;
        let status = response.status();
        let location = response.headers().get(header::LOCATION).cloned();
        let answered = response.url().clone();
        let answer = response.text().await?;
        if status != StatusCode::CREATED {
            let shown: String = answer.chars().take(MAX_SHOWN_BYTES).collect();
            bail!("{status}: {shown}");
        }
        let location = location.context("the answer has no Location")?;
        let session = answered.join(location.to_str()?)?;
        let remote = offer::read_remote(&answer)?;
        let fare = Arc::new(Mutex::new(Fare::default()));
        let (orders, given) = mpsc::channel(ORDERS);
        let task = Task::new(task::Start {
            lesson: config.tag,
            // The stamp's sender; a server of this kind has no numbers for people.
            id: ParticipantId(0),
            performance: config.performance,
            microphone_ssrc,
            streams: offer::read_streams(&answer, &media.layout),
            transport,
            remote,
            from: config.from,
            samples: Arc::clone(&config.samples),
            fare: Arc::clone(&fare),
            started,
        })?;
        if is_player {
            let (voices, pictures) = (1, 1);
            // A queue of this length has room for the first.
            let _ = orders.send(Order::Expect { voices, pictures }).await;
        }
        Ok(Self {
            config,
            session,
            fare,
            _orders: orders,
            media: tokio::spawn(task.run(given)),
        })
    }

    /// How it fares.
    #[must_use]
    pub fn fare(&self) -> Fare {
        *self.fare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Deletes its session.
    ///
    /// # Errors
    /// When the server does not answer, or not with success.
    pub async fn end(self) -> Result<()> {
        let request = self.config.server.client().delete(self.session.clone());
        let request = authorized(request, &self.config).timeout(ANSWER_TIMEOUT);
        let status = request.send().await?.status();
        ensure!(status.is_success(), "a session cannot be deleted: {status}");
        Ok(())
    }
}

impl Drop for Streamer {
    fn drop(&mut self) {
        self.media.abort();
    }
}

fn authorized(request: reqwest::RequestBuilder, config: &StreamConfig) -> reqwest::RequestBuilder {
    match &config.bearer {
        Some(bearer) => request.bearer_auth(bearer),
        None => request,
    }
}
