//! One session: a participant without a socket, who says to the room what a page would say.
//!
//! It joins with the program's offer, turns on what that sends, watches for a player, restarts ICE
//! when asked, and leaves. When the room closes it, or its media is gone, it ends by itself and its
//! URL with it (RFC 9725 §4.2): the program comes again with a new offer.
//!
//! Invariant: whatever happens to the request that opened it, the room hears of its end.

use super::new_etag;
use super::picture::Picture;
use super::refusal::Refused;
use super::sessions::Place;
use crate::lesson::{Call, LessonHandle};
use crate::limits::{CLOSE_TIMEOUT, JOIN_TIMEOUT, MAX_OUTGOING_FRAMES, WHIP_ASK_RATE};
use crate::outbox::Outbox;
use crate::room::{SessionId, Voucher};
use crate::server::Shared;
use crate::throttle::Bucket;
use axum::extract::ws::Message;
use axum::http::{HeaderMap, header};
use futures_util::sink;
use homeroom_protocol::{ClientMessage, ClosedReason, ErrorCode, Join, Joined, ServerMessage};
use homeroom_sfu::IceCredentials;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

/// What a program comes with.
pub(super) struct Opening {
    pub room: LessonHandle,
    pub join: Join,
    pub voucher: Option<Voucher>,
    pub is_player: bool,
    /// The credentials of its offer.
    pub ice: Option<IceCredentials>,
    pub begun: oneshot::Sender<Result<Begun, Refused>>,
}

/// What it is told: SDP, and which credentials that is of.
#[derive(Debug)]
pub(super) struct Begun {
    pub answer: String,
    pub etag: String,
}

/// What a session is asked at its URL.
#[derive(Debug)]
pub(super) enum Ask {
    /// New candidates, which say nothing that checks do not, or new credentials.
    Change {
        condition: Condition,
        ice: Option<IceCredentials>,
        /// `None`: nothing had to be restarted.
        reply: oneshot::Sender<Result<Option<Begun>, Refused>>,
    },
    Leave {
        reply: oneshot::Sender<()>,
    },
}

/// `If-Match` (RFC 9110 §13.1.1).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Condition {
    Any,
    OneOf(Vec<String>),
}

impl Condition {
    /// What the request says; `None` when it says nothing.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let values = headers.get_all(header::IF_MATCH).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        let tags: Vec<_> = values
            .flat_map(|value| value.split(','))
            .map(|tag| tag.trim().to_owned())
            .collect();
        // The second is how the RFC's own example spells it.
        let is_any = |tag: &String| tag == "*" || tag == "\"*\"";
        match tags.is_empty() {
            true => None,
            false if tags.iter().any(is_any) => Some(Self::Any),
            false => Some(Self::OneOf(tags)),
        }
    }

    fn holds(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(tags) => tags.iter().any(|tag| tag == etag),
        }
    }
}

struct Session {
    id: SessionId,
    room: LessonHandle,
    shared: Arc<Shared>,
    words: mpsc::Receiver<ServerMessage>,
    place: Place,
    ice: Option<IceCredentials>,
    etag: String,
    picture: Option<Picture>,
    bucket: Bucket,
}

/// How a session ended.
enum End {
    /// The room has forgotten it.
    Closed,
    /// Its media is gone; the seat waits for whoever comes again.
    Lost,
    /// Nobody is behind it any more.
    Abandoned,
}

/// Serves a session until it ends.
pub(super) async fn serve(opening: Opening, place: Place, shared: Arc<Shared>) {
    let running = shared.registry.hold();
    let (outbox, words) = mailbox();
    let tools = Arc::clone(&shared.registry.tools);
    let mut session = Session {
        id: SessionId(shared.registry.next_session()),
        room: opening.room,
        words,
        place,
        ice: opening.ice,
        etag: new_etag(),
        picture: None,
        bucket: Bucket::new(WHIP_ASK_RATE.into(), tools.clock.now_ms()),
        shared,
    };
    let begun = session.join(opening.join, opening.voucher, outbox);
    let begun = match timeout(JOIN_TIMEOUT, begun).await {
        Ok(begun) => begun,
        Err(_) => Err(Refused::of(ErrorCode::Unavailable, "try again")),
    };
    let is_in = begun.is_ok();
    if let Ok((joined, sends)) = &begun {
        session.begin(joined, *sends, opening.is_player).await;
    }
    let etag = session.etag.clone();
    let begun = begun.map(|(joined, _)| Begun {
        answer: joined.answer.unwrap_or_default(),
        etag,
    });
    let is_heard = opening.begun.send(begun).is_ok();
    let end = if is_in && is_heard {
        tools.metrics.participants.inc();
        let end = session.converse().await;
        tools.metrics.participants.dec();
        end
    } else {
        End::Abandoned
    };
    match end {
        End::Closed => {}
        End::Lost => session.say_gone().await,
        End::Abandoned => {
            session.say(ClientMessage::Leave).await;
            session.say_gone().await;
        }
    }
    drop(running);
}

impl Session {
    /// Asks for the seat; answers what the room said, and whether (voice, picture) are sent.
    async fn join(
        &mut self,
        join: Join,
        voucher: Option<Voucher>,
        outbox: Outbox,
    ) -> Result<(Box<Joined>, (bool, bool)), Refused> {
        let sends = (join.microphone, join.camera);
        let call = Call::Join {
            session: self.id,
            join: Box::new(join),
            voucher,
            outbox,
        };
        let stopping = |_| Refused::of(ErrorCode::Unavailable, "try again");
        self.room.calls.send(call).await.map_err(stopping)?;
        while let Some(word) = self.words.recv().await {
            if let ServerMessage::Joined(joined) = word {
                return Ok((joined, sends));
            } else if let ServerMessage::Error { code, detail, .. } = word {
                return Err(Refused::of(code, &detail));
            } else if let ServerMessage::Closed { reason } = word {
                return Err(Refused::closed(reason));
            } else if let ServerMessage::Waiting { .. } = word {
                // A program cannot wait: whoever runs it joins as a person and is let in.
                let detail = "whoever waits at the door cannot publish or play";
                return Err(Refused::of(ErrorCode::NotAllowed, detail));
            }
        }
        Err(Refused::of(ErrorCode::Unavailable, "try again"))
    }

    /// Does what a page does once it is in. Starting to publish is turning the microphone on, also
    /// for whoever was muted before.
    async fn begin(&mut self, joined: &Joined, (microphone, camera): (bool, bool), plays: bool) {
        if plays {
            self.picture = Some(Picture::new(joined));
            self.watch().await;
        } else {
            self.say(ClientMessage::SetMedia {
                microphone,
                camera,
                screen: false,
            })
            .await;
        }
    }

    /// Hears the room and whoever asks until one of them ends it.
    async fn converse(&mut self) -> End {
        loop {
            tokio::select! {
                word = self.words.recv() => {
                    let Some(word) = word else { return End::Abandoned };
                    if let Some(end) = self.hear(&word).await {
                        return end;
                    }
                }
                Some(ask) = self.place.asks.recv() => match ask {
                    Ask::Leave { reply } => {
                        self.leave().await;
                        // The request may have been given up.
                        let _ = reply.send(());
                        return End::Closed;
                    }
                    Ask::Change { condition, ice, reply } => {
                        let _ = reply.send(self.change(&condition, ice).await);
                    }
                },
            }
        }
    }

    async fn hear(&mut self, word: &ServerMessage) -> Option<End> {
        if let ServerMessage::Closed { reason } = word {
            // This one is the outbox's word, and the room has not heard it.
            let is_ours = *reason == ClosedReason::TooSlow;
            return Some(if is_ours { End::Abandoned } else { End::Closed });
        }
        if let ServerMessage::Error { code, .. } = word
            && *code == ErrorCode::Internal
        {
            // A page would bring a new offer now; a program brings one with a new session.
            return Some(End::Lost);
        }
        let picture = self.picture.as_mut();
        if picture.is_some_and(|picture| picture.hear(word)) {
            self.watch().await;
        }
        None
    }

    async fn watch(&self) {
        let shown = self.picture.as_ref().and_then(Picture::shown);
        let slots = vec![shown];
        let heights = Vec::new();
        self.say(ClientMessage::Watch { slots, heights }).await;
    }

    /// Leaves, and waits for the room's goodbye: it comes when that is written.
    async fn leave(&mut self) {
        self.say(ClientMessage::Leave).await;
        let goodbye = async {
            while let Some(word) = self.words.recv().await {
                if let ServerMessage::Closed { .. } = word {
                    break;
                }
            }
        };
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }

    async fn change(
        &mut self,
        condition: &Condition,
        ice: Option<IceCredentials>,
    ) -> Result<Option<Begun>, Refused> {
        let now_ms = self.shared.registry.tools.clock.now_ms();
        if !self.bucket.take(now_ms) {
            return Err(Refused::of(ErrorCode::TooFast, "too many changes"));
        }
        if !condition.holds(&self.etag) {
            return Err(Refused::outdated());
        }
        let Some(remote) = ice.filter(|ice| self.ice.as_ref() != Some(ice)) else {
            return Ok(None);
        };
        let (reply, answer) = oneshot::channel();
        let call = Call::RestartIce {
            session: self.id,
            remote: remote.clone(),
            answer: reply,
        };
        // A room that is gone answers nothing.
        let _ = self.room.calls.send(call).await;
        let answer = answer.await.ok().flatten();
        let refused = Refused::of(ErrorCode::Unavailable, "it goes on as it was: try again");
        let answer = answer.ok_or(refused)?;
        self.ice = Some(remote);
        self.etag = new_etag();
        let etag = self.etag.clone();
        Ok(Some(Begun { answer, etag }))
    }

    async fn say(&self, message: ClientMessage) {
        let session = self.id;
        // Of a room that is gone the words end, and with them the session.
        let _ = self
            .room
            .calls
            .send(Call::Message { session, message })
            .await;
    }

    async fn say_gone(&self) {
        let (session, heard_ms) = (self.id, self.shared.registry.tools.clock.now_ms());
        // A room that is over has forgotten this session already.
        let _ = self.room.calls.send(Call::Gone { session, heard_ms }).await;
    }
}

/// An outbox as a socket has it, and what comes out at its other end.
fn mailbox() -> (Outbox, mpsc::Receiver<ServerMessage>) {
    let (sender, words) = mpsc::channel(MAX_OUTGOING_FRAMES);
    let sink = sink::unfold(sender, |sender, frame| async move {
        if let Message::Text(text) = frame
            && let Ok(word) = serde_json::from_str(&text)
        {
            sender.send(word).await.map_err(|_| Deaf)?;
        }
        Ok::<_, Deaf>(sender)
    });
    // The writer ends with either end of the queue.
    let (outbox, _writer) = Outbox::open(Box::pin(sink));
    (outbox, words)
}

/// Nobody takes the words any more.
#[derive(Debug)]
struct Deaf;

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn condition(values: &[&'static str]) -> Option<Condition> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, HeaderValue::from_static(value));
        }
        Condition::of(&headers)
    }

    #[test]
    fn a_condition_is_any_tag_or_one_of_some() {
        assert_eq!(condition(&[]), None);
        for any in ["*", "\"*\"", "\"a\", *"] {
            assert_eq!(condition(&[any]), Some(Condition::Any), "{any}");
        }
        for (values, holds) in [
            (&["\"a\""][..], true),
            (&["\"b\", \"a\""], true),
            (&["\"b\"", "\"a\""], true),
            (&["\"b\""], false),
            // Weak tags never match here (RFC 9110 §13.1.1).
            (&["W/\"a\""], false),
            (&["a"], false),
            (&[""], false),
        ] {
            let condition = condition(values).expect("a condition");
            assert_eq!(condition.holds("\"a\""), holds, "{values:?}");
        }
    }

    #[tokio::test]
    async fn what_the_room_says_comes_out_in_its_order_and_ends_with_goodbye() {
        let (outbox, mut words) = mailbox();
        let sharer = None;
        outbox.send(&ServerMessage::Stage { sharer });
        outbox.ping();
        outbox.close(ClosedReason::LessonEnded);
        assert_eq!(words.recv().await, Some(ServerMessage::Stage { sharer }));
        let reason = ClosedReason::LessonEnded;
        assert_eq!(words.recv().await, Some(ServerMessage::Closed { reason }));
        assert_eq!(words.recv().await, None);
    }
}
