//! Light bots: real endpoints by the hundred.
//!
//! A [`LightBot`] joins over the same signalling as a [`Bot`](crate::Bot), and its transport is
//! real: ICE, DTLS, SRTP, receiver reports, transport-wide feedback, NACK and PLI. It is light
//! because it neither decodes nor opens most of what it gets: it counts headers, and opens samples.
//! In the order of a packet: `socket` → `transport` → `reception` → `samples`; back: `feedback`;
//! what it sends: `publisher`.
//!
//! Invariant: what it says it got, it got: counted by sequence numbers, and authentic where opened.

mod dtls;
mod feedback;
mod ice;
mod offer;
mod publisher;
mod reception;
mod samples;
mod socket;
mod streamer;
mod task;
mod transport;
mod wire;

pub use publisher::Performance;
pub use reception::Got;
pub use samples::{Sampled, Samples};
pub use streamer::{StreamConfig, Streamer};

use crate::bot::{JoinFailed, take_seat};
use crate::clip::LessonTag;
use crate::origin::Origin;
use crate::socket::Socket as Signalling;
use crate::tone::{Tone, Volume};
use anyhow::Context;
use dtls::Identity;
use homeroom_protocol::{
    ClientMessage, ClosedReason, Join, LessonCode, PROTOCOL_VERSION, ParticipantId, ServerMessage,
};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use task::{Order, Task};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use transport::Transport;

/// Messages a bot may have waiting to be sent.
const OUTBOX: usize = 32;
/// Orders a bot's media may have waiting.
const ORDERS: usize = 16;
/// How long a bot that leaves waits for the server to close the socket.
const GOODBYE: Duration = Duration::from_secs(2);

/// Who joins, and with what.
#[derive(Debug, Clone)]
pub struct LightConfig {
    /// The server.
    pub server: Origin,
    /// The lesson.
    pub lesson: LessonCode,
    /// "Your name".
    pub name: String,
    /// The teacher's token, or a seat's.
    pub token: Option<String>,
    /// Says who it is, where the school knows.
    pub ticket: Option<String>,
    /// It has media; else it is a tab that only its socket keeps in the lesson.
    pub has_media: bool,
    /// Camera slots.
    pub video_slots: usize,
    /// What it sends.
    pub performance: Performance,
    /// The address its media comes from.
    pub from: IpAddr,
    /// Where its media goes, instead of where the answer says: a bad network before the server.
    pub via: Option<SocketAddr>,
    /// Where its samples go.
    pub samples: Arc<Samples>,
}

impl LightConfig {
    /// Somebody who listens, on this machine.
    #[must_use]
    pub fn new(
        server: impl Into<Origin>,
        lesson: &LessonCode,
        name: &str,
        samples: &Arc<Samples>,
    ) -> Self {
        Self {
            server: server.into(),
            lesson: lesson.clone(),
            name: name.to_owned(),
            token: None,
            ticket: None,
            has_media: true,
            video_slots: 4,
            performance: Performance::NOTHING,
            from: Ipv4Addr::LOCALHOST.into(),
            via: None,
            samples: Arc::clone(samples),
        }
    }
}

/// How a light bot fares.
#[derive(Debug, Clone, Copy, Default)]
pub struct Fare {
    /// What it got so far.
    pub got: Got,
    /// Packets of media it sent.
    pub sent: u64,
    /// From the first byte to ICE and DTLS being up.
    pub connected: Option<Duration>,
    /// From the first byte to the first voice.
    pub first_sound: Option<Duration>,
    /// From the first byte to the end of the first frame.
    pub first_picture: Option<Duration>,
    /// The handshake failed, or the server said goodbye.
    pub is_gone: bool,
    /// Why the server said goodbye.
    pub closed: Option<ClosedReason>,
    /// Frames of signalling that came.
    pub frames: u64,
    /// The last check that the server asked.
    pub check: Option<u32>,
}

/// A person in a lesson, as cheap as a person can be.
pub struct LightBot {
    id: ParticipantId,
    seat_token: String,
    joined: Duration,
    port: Option<u16>,
    fare: Arc<Mutex<Fare>>,
    orders: mpsc::Sender<Order>,
    outbox: mpsc::Sender<ClientMessage>,
    line: watch::Sender<Line>,
    media: Option<JoinHandle<()>>,
    signalling: JoinHandle<()>,
}

impl LightBot {
    /// Joins; returns once the seat is taken. Media may still be connecting.
    ///
    /// # Errors
    /// When the server refuses or breaks off.
    pub async fn join(config: LightConfig) -> Result<Self, JoinFailed> {
        Self::join_since(Instant::now(), config).await
    }

    /// The same for somebody who has been waiting since `started`.
    pub(crate) async fn join_since(
        started: Instant,
        config: LightConfig,
    ) -> Result<Self, JoinFailed> {
        let mut stream = Signalling::open(&config.server).await?;
        let transport = Transport::new(Identity::shared()?);
        let microphone_ssrc = rand::random();
        let layers = config.performance.layers.max(2);
        let media = offer::make(&transport, microphone_ssrc, layers, config.video_slots);
        let layout = media.layout.clone();
        let join = Join {
            version: PROTOCOL_VERSION,
            lesson: config.lesson.clone(),
            name: config.name.clone(),
            token: config.token.clone(),
            ticket: config.ticket.clone(),
            device: None,
            media: config.has_media.then_some(media),
            microphone: config.performance.voice.is_some(),
            camera: config.performance.layers > 0,
        };
        let joined = take_seat(&mut stream, join).await?;
        let took = started.elapsed();
        let fare = Arc::new(Mutex::new(Fare::default()));
        let (orders, given) = mpsc::channel(ORDERS);
        let (mut port, mut media) = (None, None);
        if config.has_media {
            let answer = joined
                .answer
                .as_deref()
                .context("joined without an answer")?;
            let mut remote = offer::read_remote(answer)?;
            remote.address = config.via.unwrap_or(remote.address);
            let task = Task::new(task::Start {
                lesson: LessonTag::of(&config.lesson),
                id: joined.you,
                performance: config.performance,
                microphone_ssrc,
                streams: offer::read_streams(answer, &layout),
                transport,
                remote,
                from: config.from,
                samples: Arc::clone(&config.samples),
                fare: Arc::clone(&fare),
                started,
            })?;
            port = Some(task.port()?);
            media = Some(tokio::spawn(task.run(given)));
        }
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let line = watch::Sender::new(Line::Up);
        let told = Told {
            fare: Arc::clone(&fare),
            orders: orders.clone(),
        };
        let up = line.subscribe();
        Ok(Self {
            id: joined.you,
            seat_token: joined.seat_token.clone(),
            joined: took,
            port,
            fare,
            orders,
            outbox,
            line,
            media,
            signalling: tokio::spawn(pump(stream, messages, up, told)),
        })
    }

    /// Its number in the lesson.
    #[must_use]
    pub const fn id(&self) -> ParticipantId {
        self.id
    }

    /// Opens its seat again.
    #[must_use]
    pub fn seat_token(&self) -> &str {
        &self.seat_token
    }

    /// From the first byte to `joined`.
    #[must_use]
    pub const fn joined(&self) -> Duration {
        self.joined
    }

    /// The port of its media, if it has any.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        self.port
    }

    /// How it fares.
    #[must_use]
    pub fn fare(&self) -> Fare {
        *self.fare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Chooses whose cameras it sees, and how high they are shown.
    pub async fn watch(&self, people: &[ParticipantId], height: u16) {
        let slots: Vec<_> = people.iter().copied().map(Some).collect();
        let heights = vec![height; slots.len()];
        self.say(ClientMessage::Watch { slots, heights }).await;
    }

    /// So many voices it should hear and pictures it should see from now on.
    pub async fn expect(&self, voices: u32, pictures: u32) {
        // A bot whose media is gone says so in its fare.
        let _ = self.orders.send(Order::Expect { voices, pictures }).await;
    }

    /// Begins to speak, or stops.
    pub async fn speak(&self, voice: Option<(Tone, Volume)>) {
        let _ = self.orders.send(Order::Speak(voice)).await;
    }

    /// Loses its line: from now on nothing goes out, what comes is not answered, and nobody is
    /// told.
    pub fn lose_line(&mut self) {
        self.line.send_replace(Line::Down);
        if let Some(media) = self.media.take() {
            media.abort();
        }
    }

    /// Sends any message.
    pub async fn say(&self, message: ClientMessage) {
        // A closed socket shows in the fare.
        let _ = self.outbox.send(message).await;
    }

    /// Says goodbye and goes.
    pub async fn leave(mut self) {
        self.say(ClientMessage::Leave).await;
        // A server that does not close the socket has been told anyway.
        let _ = tokio::time::timeout(GOODBYE, &mut self.signalling).await;
    }
}

impl Drop for LightBot {
    /// Gone at once and without a word, like a phone whose battery died.
    fn drop(&mut self) {
        if let Some(media) = &self.media {
            media.abort();
        }
        self.signalling.abort();
    }
}

/// Whether anything comes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Up,
    Down,
}

/// Where what the server says goes.
struct Told {
    fare: Arc<Mutex<Fare>>,
    orders: mpsc::Sender<Order>,
}

impl Told {
    fn with(&self, change: impl FnOnce(&mut Fare)) {
        change(&mut self.fare.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// Waits until nothing comes through any more.
async fn is_down(line: &mut watch::Receiver<Line>) {
    // Of a bot that is gone the line is down too.
    let _ = line.wait_for(|line| *line == Line::Down).await;
}

/// Carries messages both ways until the socket closes. Only the few that matter to a light bot are
/// read; a hall's presence would otherwise be most of its work.
async fn pump(
    mut stream: Signalling,
    mut messages: mpsc::Receiver<ClientMessage>,
    mut line: watch::Receiver<Line>,
    told: Told,
) {
    loop {
        tokio::select! {
            () = is_down(&mut line) => {
                // The socket stays open: only its silence says that somebody is gone.
                std::future::pending::<()>().await;
            }
            message = messages.recv() => match message {
                Some(message) if stream.send(&message).await.is_ok() => {}
                _ => break,
            },
            incoming = stream.next_text() => {
                let Ok(Some(text)) = incoming else { break };
                told.with(|fare| fare.frames += 1);
                let words = [r#"{"type":"wanted""#, r#"{"type":"closed""#, r#"{"type":"check""#];
                let matters = words.iter().any(|word| text.starts_with(word));
                let message = matters.then(|| serde_json::from_str(&text));
                match message {
                    Some(Ok(ServerMessage::Wanted { camera, .. })) => {
                        let _ = told.orders.send(Order::Wanted(camera)).await;
                    }
                    Some(Ok(ServerMessage::Closed { reason })) => {
                        told.with(|fare| fare.closed = Some(reason));
                    }
                    Some(Ok(ServerMessage::Check { number, .. })) => {
                        told.with(|fare| fare.check = Some(number));
                    }
                    _ => {}
                }
            },
        }
    }
    told.with(|fare| fare.is_gone = true);
}
