//! A person in a lesson.
//!
//! Invariant: a bot that is dropped is gone at once and says nothing, like a phone whose battery
//! died; [`Bot::leave`] is the polite way.

mod outcome;
mod signalling;

pub use outcome::{JoinFailed, TooLate};

use crate::clip::LessonTag;
use crate::observed::Observed;
use crate::origin::Origin;
use crate::peer::{Act, Lines, Peer, Switches};
use crate::perceived::{Heard, Seen};
use crate::sdp::{candidate, redirect};
use crate::sender::Badge;
use crate::socket::Socket;
use crate::tone::{Tone, Volume};
use anyhow::Context;
use homeroom_protocol::{
    AUDIO_SLOTS, ClientMessage, DeviceId, Join, Joined, LessonCode, MediaOffer, PROTOCOL_VERSION,
    ParticipantId,
};
pub(crate) use signalling::take_seat;
use signalling::{ANSWER_DEADLINE, SocketLine};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long a bot that leaves waits for the server to close the socket.
const GOODBYE: Duration = Duration::from_secs(2);

/// Who joins, and with what.
#[derive(Debug, Clone)]
pub struct BotConfig {
    /// The server.
    pub server: Origin,
    /// The lesson.
    pub lesson: LessonCode,
    /// "Your name".
    pub name: String,
    /// The teacher's token, or a seat's.
    pub token: Option<String>,
    /// Its browser's own name.
    pub device: Option<DeviceId>,
    /// What its microphone hums; the sound of its screen is [`BotConfig::screen_tone`].
    pub tone: Tone,
    /// How loud it does so.
    pub volume: Volume,
    /// What its shared screen hums.
    pub screen_tone: Tone,
    /// Its m-lines.
    pub lines: Lines,
    /// The microphone is on from the start.
    pub microphone: bool,
    /// The camera is on from the start.
    pub camera: bool,
    /// The address its media comes from.
    pub from: IpAddr,
    /// Where its media goes, instead of where the answer says: a bad network before the server.
    pub via: Option<SocketAddr>,
}

impl BotConfig {
    /// A person with everything on, on this machine.
    #[must_use]
    pub fn new(server: impl Into<Origin>, lesson: &LessonCode, name: &str, tone: Tone) -> Self {
        Self {
            server: server.into(),
            lesson: lesson.clone(),
            name: name.to_owned(),
            token: None,
            device: None,
            tone,
            volume: Volume::Normal,
            screen_tone: tone,
            lines: Lines::DESKTOP,
            microphone: true,
            camera: true,
            from: Ipv4Addr::LOCALHOST.into(),
            via: None,
        }
    }
}

/// A person in a lesson: socket and peer connection.
pub struct Bot {
    config: BotConfig,
    joined: Joined,
    observed: Arc<watch::Sender<Observed>>,
    switches: Switches,
    line: SocketLine,
    peer: Option<Peer>,
}

impl Bot {
    /// Joins; returns once the seat is taken and the answer is in place. Media may still be
    /// connecting.
    ///
    /// # Errors
    /// When the server refuses or breaks off.
    pub async fn join(config: BotConfig) -> Result<Self, JoinFailed> {
        Self::join_since(Instant::now(), config).await
    }

    /// The same for somebody who has been waiting since `started`.
    pub(crate) async fn join_since(
        started: Instant,
        config: BotConfig,
    ) -> Result<Self, JoinFailed> {
        let observed = Arc::new(watch::Sender::new(nothing_yet(&config)));
        let (mut socket, (mut peer, offer)) = tokio::try_join!(
            Socket::open(&config.server),
            make_offer(&config, &observed, started)
        )?;
        let joined = take_seat(&mut socket, config.join(Some(offer))).await?;
        let switches = Switches {
            microphone: watch::Sender::new(config.microphone),
            camera: watch::Sender::new(config.camera),
            screen: watch::Sender::new(false),
        };
        let answer = joined.answer.clone().context("joined without an answer")?;
        accept(&mut peer, answer, &config, joined.you, &switches).await?;
        observed.send_modify(|seen| seen.timings.joined = Some(started.elapsed()));
        let line = SocketLine::new(socket, joined.clone(), &observed);
        Ok(Self {
            config,
            joined,
            observed,
            switches,
            line,
            peer: Some(peer),
        })
    }

    /// Its number in the lesson.
    #[must_use]
    pub fn id(&self) -> ParticipantId {
        self.joined.you
    }

    /// Where its media goes: the first candidate of the answer.
    #[must_use]
    pub fn media_address(&self) -> Option<SocketAddr> {
        candidate(self.joined.answer.as_deref()?)
    }

    /// Opens its seat again.
    #[must_use]
    pub fn seat_token(&self) -> &str {
        &self.joined.seat_token
    }

    /// What it perceives now.
    #[must_use]
    pub fn observed(&self) -> Observed {
        self.observed.borrow().clone()
    }

    /// What it perceives, as it changes.
    #[must_use]
    pub fn changes(&self) -> watch::Receiver<Observed> {
        self.observed.subscribe()
    }

    /// Waits until what it perceives is as `wanted`.
    ///
    /// # Errors
    /// [`TooLate`], with `what` and what was there instead.
    pub async fn until(
        &self,
        within: Duration,
        what: &str,
        wanted: impl FnMut(&Observed) -> bool,
    ) -> Result<Observed, TooLate> {
        let mut changes = self.observed.subscribe();
        let waiting = tokio::time::timeout(within, changes.wait_for(wanted));
        if let Ok(Ok(seen)) = waiting.await {
            return Ok(seen.clone());
        }
        let saw = Box::new(self.observed());
        Err(TooLate {
            what: what.to_owned(),
            waited: within,
            saw,
        })
    }

    /// Sends any message.
    pub async fn say(&self, message: ClientMessage) {
        // A closed socket shows in what is observed.
        let _ = self.line.outbox.send(message).await;
    }

    /// Chooses whose cameras it sees.
    pub async fn watch(&self, people: &[ParticipantId]) {
        let slots = people.iter().copied().map(Some).collect();
        let heights = Vec::new();
        self.say(ClientMessage::Watch { slots, heights }).await;
    }

    /// Turns devices on and off, here and in the server's eyes.
    pub async fn set_media(&self, microphone: bool, camera: bool, screen: bool) {
        self.switches.microphone.send_replace(microphone);
        self.switches.camera.send_replace(camera);
        self.switches.screen.send_replace(screen);
        self.say(ClientMessage::SetMedia {
            microphone,
            camera,
            screen,
        })
        .await;
    }

    /// Loses the signalling socket; media goes on.
    pub fn lose_socket(&self) {
        self.line.cut();
        self.observed.send_modify(|seen| seen.socket_open = false);
    }

    /// Loses its media without a word; the socket stays.
    pub fn lose_media(&mut self) {
        self.peer = None;
    }

    /// Opens a new socket for the same seat; media goes on as it was.
    ///
    /// # Errors
    /// When the server does not know the seat any more.
    pub async fn resume(&mut self) -> Result<(), JoinFailed> {
        let mut socket = Socket::open(&self.config.server).await?;
        self.config.token = Some(self.joined.seat_token.clone());
        self.joined = take_seat(&mut socket, self.config.join(None)).await?;
        self.line = SocketLine::new(socket, self.joined.clone(), &self.observed);
        Ok(())
    }

    /// Replaces its peer connection by a new one on the same socket. What it heard and saw before
    /// is forgotten, because the new streams have numbers of their own; whose cameras it wants
    /// must be said again.
    ///
    /// # Errors
    /// When the server does not answer.
    pub async fn renew_media(&mut self) -> Result<(), JoinFailed> {
        self.lose_media();
        let before = self.observed.borrow().room.answers.len();
        self.observed.send_modify(|seen| {
            let room = std::mem::take(&mut seen.room);
            let socket_open = seen.socket_open;
            *seen = Observed {
                room,
                socket_open,
                ..nothing_yet(&self.config)
            };
        });
        let (mut peer, media) = make_offer(&self.config, &self.observed, Instant::now()).await?;
        self.say(ClientMessage::RenewMedia { media }).await;
        let answered = |seen: &Observed| seen.room.answers.len() > before;
        let seen = self
            .until(ANSWER_DEADLINE, "an answer to renew_media", answered)
            .await;
        let mut answers = seen.context("renew_media")?.room.answers;
        let answer = answers.pop().context("an answer to renew_media")?;
        accept(
            &mut peer,
            answer,
            &self.config,
            self.joined.you,
            &self.switches,
        )
        .await?;
        self.peer = Some(peer);
        Ok(())
    }

    /// Says goodbye and goes.
    pub async fn leave(mut self) {
        self.say(ClientMessage::Leave).await;
        let goodbye = |seen: &Observed| !seen.socket_open;
        // A server that does not close the socket has been told anyway.
        let _ = self.until(GOODBYE, "a closed socket", goodbye).await;
        if let Some(peer) = self.peer.take() {
            peer.close().await;
        }
    }
}

impl BotConfig {
    fn join(&self, media: Option<MediaOffer>) -> Join {
        Join {
            version: PROTOCOL_VERSION,
            lesson: self.lesson.clone(),
            name: self.name.clone(),
            token: self.token.clone(),
            ticket: None,
            device: self.device.clone(),
            media,
            microphone: self.microphone,
            camera: self.camera,
        }
    }
}

async fn make_offer(
    config: &BotConfig,
    observed: &Arc<watch::Sender<Observed>>,
    started: Instant,
) -> anyhow::Result<(Peer, MediaOffer)> {
    let lesson = LessonTag::of(&config.lesson);
    Peer::offer(
        lesson,
        config.lines,
        config.from,
        Arc::clone(observed),
        started,
    )
    .await
}

async fn accept(
    peer: &mut Peer,
    answer: String,
    config: &BotConfig,
    id: ParticipantId,
    switches: &Switches,
) -> anyhow::Result<()> {
    let lesson = LessonTag::of(&config.lesson);
    let answer = match config.via {
        Some(via) => redirect(&answer, via),
        None => answer,
    };
    let act = Act {
        badge: Badge { lesson, id },
        tone: config.tone,
        volume: config.volume,
        screen_tone: config.screen_tone,
    };
    peer.accept(answer, act, switches).await
}

fn nothing_yet(config: &BotConfig) -> Observed {
    Observed {
        voices: vec![Heard::default(); AUDIO_SLOTS],
        cameras: vec![Seen::default(); config.lines.video_slots],
        ..Observed::default()
    }
}
