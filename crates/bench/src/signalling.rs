//! The way into a lesson of a `homeroom`: its HTTP and its WebSocket, as the page uses them.
//!
//! Invariant: each participant has a socket of its own that stays open and is read; what the
//! server says after `joined` is not looked at, but that it closes the socket is.

use crate::door::{Asking, Door};
use crate::generator::{PeerId, Way};
use crate::offer::{Lines, offer, read_remote};
use anyhow::{Context, Result, bail};
use futures_util::{SinkExt, StreamExt};
use homeroom_protocol::{
    ClientMessage, CreateLesson, CreatedLesson, Join, Joined, PROTOCOL_VERSION, ParticipantId,
    ServerMessage,
};
use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::{Semaphore, mpsc as outbox};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// People who are asked for at the same time.
const ASKING_AT_ONCE: usize = 64;
/// How long the server may take to give a seat.
const JOIN_TIMEOUT: Duration = Duration::from_secs(30);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The lessons of one server.
pub struct Signalling {
    runtime: Arc<Runtime>,
    server: String,
    lessons: Vec<CreatedLesson>,
    turns: Arc<Semaphore>,
    tell: mpsc::Sender<(PeerId, Result<Seat>)>,
    told: mpsc::Receiver<(PeerId, Result<Seat>)>,
    seats: BTreeMap<PeerId, Seat>,
}

/// A participant's seat, and the way to say something from it.
struct Seat {
    joined: Joined,
    say: outbox::UnboundedSender<ClientMessage>,
}

impl Signalling {
    /// Starts so many lessons.
    ///
    /// # Errors
    /// When the server does not let us.
    pub fn open(runtime: Arc<Runtime>, server: &str, lessons: usize) -> Result<Self> {
        let client = reqwest::Client::new();
        let url = format!("{server}/api/lessons");
        let lessons = runtime.block_on(async {
            let mut created = Vec::new();
            for number in 0..lessons {
                let name = format!("Lesson {number}");
                let request = client.post(&url).json(&CreateLesson { name });
                let response = request.send().await?.error_for_status()?;
                created.push(response.json().await?);
            }
            anyhow::Ok(created)
        })?;
        let (tell, told) = mpsc::channel();
        Ok(Self {
            runtime,
            server: server.to_owned(),
            lessons,
            turns: Arc::new(Semaphore::new(ASKING_AT_ONCE)),
            tell,
            told,
            seats: BTreeMap::new(),
        })
    }

    /// Chooses whose cameras a participant sees.
    ///
    /// # Errors
    /// When one of them has no seat.
    pub fn watch(&self, peer: PeerId, whom: &[PeerId]) -> Result<()> {
        let slots: Result<Vec<_>> = whom.iter().map(|p| Ok(Some(self.id(*p)?))).collect();
        let watch = ClientMessage::Watch {
            slots: slots?,
            heights: Vec::new(),
        };
        self.say(peer, watch)
    }

    /// Says goodbye for participants; their seats are gone.
    pub fn leave(&mut self, peer: PeerId) {
        if self.say(peer, ClientMessage::Leave).is_ok() {
            self.seats.remove(&peer);
        }
    }

    fn id(&self, peer: PeerId) -> Result<ParticipantId> {
        Ok(self
            .seats
            .get(&peer)
            .context("nobody has that seat")?
            .joined
            .you)
    }

    fn say(&self, peer: PeerId, message: ClientMessage) -> Result<()> {
        let seat = self.seats.get(&peer).context("nobody has that seat")?;
        seat.say.send(message).context("the server closed a socket")
    }
}

impl Door for Signalling {
    fn ask(&mut self, asking: &Asking<'_>) -> Result<()> {
        let (peer, person) = (asking.peer, asking.person);
        let local = asking
            .local
            .as_ref()
            .context("packets do not travel plain here")?;
        let lesson = &self.lessons[person.lesson];
        let lines = Lines {
            video_slots: person.video_slots,
        };
        let sends = |is_video| asking.tracks.iter().any(|t| t.shape.is_video() == is_video);
        let token = person.is_teacher.then(|| lesson.teacher_token.clone());
        let join = Join {
            version: PROTOCOL_VERSION,
            lesson: lesson.code.clone(),
            name: format!("Person {}", peer.0),
            token,
            ticket: None,
            device: None,
            media: Some(offer(local, asking.tracks, lines)),
            microphone: sends(false),
            camera: sends(true),
        };
        let (server, turns, tell) = (self.server.clone(), self.turns.clone(), self.tell.clone());
        self.runtime.spawn(async move {
            let joining = async {
                let _turn = turns.acquire().await?;
                take_seat(&server, join).await
            };
            let seat = match tokio::time::timeout(JOIN_TIMEOUT, joining).await {
                Ok(Ok((joined, stream))) => {
                    let (say, said) = outbox::unbounded_channel();
                    tokio::spawn(keep(stream, said));
                    Ok(Seat { joined, say })
                }
                Ok(Err(error)) => Err(error),
                Err(_) => Err(anyhow::anyhow!("no seat within {JOIN_TIMEOUT:?}")),
            };
            // Nobody listens any more when the benchmark is over.
            let _ = tell.send((peer, seat));
        });
        Ok(())
    }

    fn poll(&mut self) -> Result<Option<(PeerId, Way)>> {
        let Ok((peer, seat)) = self.told.try_recv() else {
            return Ok(None);
        };
        let seat = seat.context("a join")?;
        let answer = seat.joined.answer.as_deref().context("no answer")?;
        let way = Way::Webrtc(read_remote(answer)?);
        self.seats.insert(peer, seat);
        Ok(Some((peer, way)))
    }
}

async fn take_seat(server: &str, join: Join) -> Result<(Joined, Stream)> {
    let address = server.strip_prefix("http://").context("plain HTTP")?;
    let mut request = format!("ws://{address}/api/ws").into_client_request()?;
    // What a page of this server would say of itself.
    let origin = HeaderValue::from_str(server)?;
    request.headers_mut().insert("Origin", origin);
    let (mut stream, _) = connect_async(request).await?;
    let join = ClientMessage::Join(Box::new(join));
    stream
        .send(Message::text(serde_json::to_string(&join)?))
        .await?;
    while let Some(frame) = stream.next().await {
        let Message::Text(text) = frame? else {
            continue;
        };
        match serde_json::from_str(&text)? {
            ServerMessage::Joined(joined) => return Ok((*joined, stream)),
            ServerMessage::Error { code, detail, .. } => bail!("refused: {code:?}, {detail}"),
            _ => {}
        }
    }
    bail!("the server closed the socket")
}

/// Keeps a socket: reads it, which answers pings, and says what is to be said.
async fn keep(mut stream: Stream, mut said: outbox::UnboundedReceiver<ClientMessage>) {
    loop {
        tokio::select! {
            frame = stream.next() => match frame {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            message = said.recv() => {
                let Some(message) = message else { return };
                let is_last = matches!(message, ClientMessage::Leave);
                let Ok(text) = serde_json::to_string(&message) else { return };
                if stream.send(Message::text(text)).await.is_err() {
                    return;
                }
                if is_last {
                    said.close();
                }
            },
        }
    }
}
