//! One socket, from the upgrade to its end.
//!
//! `join` comes first and soon; then every frame is counted, decoded and handed to the room. Frames
//! to the client go through the socket's [`Outbox`], so this task never waits for a slow reader.
//!
//! Invariant: whatever a client sends, the worst that happens is that its own socket is closed.

use crate::doors::WaitingPlace;
use crate::lesson::{Call, LessonHandle};
use crate::limits::{
    CLOSE_TIMEOUT, DEAD_AFTER, JOIN_TIMEOUT, MESSAGE_BURST, MESSAGES_PER_SECOND, PING_INTERVAL,
};
use crate::outbox::Outbox;
use crate::registry::FindError;
use crate::room::{Identity, SessionId, Voucher};
use crate::server::Shared;
use crate::throttle::{Bucket, Rate};
use axum::extract::ws::{Message, WebSocket};
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use homeroom_protocol::{
    ClientMessage, ClosedReason, DecodeError, ErrorCode, Join, Role, ServerMessage,
    decode_client_message,
};
use homeroom_store::TokenHash;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, interval, timeout};

/// Messages one client may send.
const MESSAGE_RATE: Rate = Rate {
    per_second: MESSAGES_PER_SECOND,
    burst: MESSAGE_BURST,
};

/// Why a socket ends with `closed`.
type End = (ErrorCode, String);

struct Session {
    id: SessionId,
    from: IpAddr,
    shared: Arc<Shared>,
    frames: SplitStream<WebSocket>,
    outbox: Outbox,
    bucket: Bucket,
    heard: Instant,
}

/// What the next frame is.
enum Heard {
    Message(Box<ClientMessage>),
    /// A ping, a pong: a sign of life.
    Life,
    /// The client is gone.
    End,
}

/// Serves a socket until it ends.
pub(crate) async fn serve(
    socket: WebSocket,
    from: IpAddr,
    waiting: WaitingPlace,
    shared: Arc<Shared>,
) {
    let running = shared.registry.hold();
    shared.registry.tools.metrics.sockets.inc();
    let (sink, frames) = socket.split();
    let (outbox, mut writer) = Outbox::open(sink);
    let now_ms = shared.registry.tools.clock.now_ms();
    let mut session = Session {
        id: SessionId(shared.registry.next_session()),
        from,
        shared,
        frames,
        outbox,
        bucket: Bucket::new(MESSAGE_RATE, now_ms),
        heard: Instant::now(),
    };
    session.run(waiting, &mut writer).await;
    let metrics = &session.shared.registry.tools.metrics;
    metrics.sockets.dec();
    session.part(writer).await;
    drop(running);
}

impl Session {
    async fn run(&mut self, waiting: WaitingPlace, writer: &mut JoinHandle<()>) {
        let room = match self.enter().await {
            Ok(Some(room)) => room,
            Ok(None) => return,
            Err(Refused::Because(end)) => return self.refuse(end),
            Err(Refused::Stopping) => return self.outbox.close(ClosedReason::ServerStopping),
        };
        drop(waiting);
        let tools = Arc::clone(&self.shared.registry.tools);
        tools.metrics.participants.inc();
        let end = self.converse(&room, writer).await;
        tools.metrics.participants.dec();
        let heard_ms = tools.clock.now_ms().saturating_sub(ms_since(self.heard));
        let session = self.id;
        // A room that is over has forgotten this session already.
        let _ = room.calls.send(Call::Gone { session, heard_ms }).await;
        if let Err(end) = end {
            self.refuse(end);
        }
    }

    /// Waits for `join` and hands it to its room; `None` when the client went away first.
    async fn enter(&mut self) -> Result<Option<LessonHandle>, Refused> {
        let first = async {
            loop {
                match self.next().await? {
                    Heard::Life => {}
                    other => return Ok::<_, End>(other),
                }
            }
        };
        let late = || bad_message("no join came in time".into());
        let heard = timeout(JOIN_TIMEOUT, first).await.map_err(|_| late())??;
        let join = match heard {
            Heard::Message(message) => match *message {
                ClientMessage::Join(join) => join,
                _ => return Err(bad_message("the first message is join".into()).into()),
            },
            Heard::Life | Heard::End => return Ok(None),
        };
        let room = self.find(&join).await?;
        let voucher = self.redeem(&join, &room)?.map(Voucher::Person);
        let call = Call::Join {
            session: self.id,
            join,
            voucher,
            outbox: self.outbox.clone(),
        };
        room.calls.send(call).await.map_err(|_| Refused::Stopping)?;
        Ok(Some(room))
    }

    /// Who the school says this is. Whoever also brings the lesson's own token gives it, whatever
    /// they are in the class.
    fn redeem(&self, join: &Join, room: &LessonHandle) -> Result<Option<Identity>, End> {
        let Some(ticket) = &join.ticket else {
            return Ok(None);
        };
        let tools = &self.shared.registry.tools;
        let tickets = &self.shared.school.tickets;
        let found = tickets.redeem(ticket, &join.lesson, tools.clock.now_ms());
        let mut identity = found.ok_or_else(|| {
            let detail = "the ticket opens no seat of this lesson; ask for another";
            (ErrorCode::BadTicket, detail.to_owned())
        })?;
        if join.token.as_deref().map(TokenHash::of) == Some(room.teacher_token.clone()) {
            identity.role = Role::Teacher;
        }
        Ok(Some(identity))
    }

    async fn find(&self, join: &Join) -> Result<LessonHandle, Refused> {
        let doors = &self.shared.doors;
        if !doors.may_guess(self.from) {
            let detail = "too many wrong codes from here".to_owned();
            return Err((ErrorCode::TooFast, detail).into());
        }
        self.shared
            .registry
            .find(&join.lesson)
            .await
            .map_err(|error| {
                let code = match &error {
                    FindError::NotFound => {
                        doors.guessed_wrong(self.from);
                        ErrorCode::LessonNotFound
                    }
                    FindError::Full => ErrorCode::Full,
                    FindError::Stopping => return Refused::Stopping,
                    FindError::Store(error) if error.is_passing() => {
                        tracing::warn!(%error, "a lesson cannot be read now");
                        return (ErrorCode::Unavailable, "try again".to_owned()).into();
                    }
                    FindError::Store(error) => {
                        tracing::error!(%error, "a lesson cannot be read");
                        return (ErrorCode::Internal, "the server's fault".to_owned()).into();
                    }
                };
                (code, error.to_string()).into()
            })
    }

    /// Hands messages to the room until somebody ends it.
    async fn converse(
        &mut self,
        room: &LessonHandle,
        writer: &mut JoinHandle<()>,
    ) -> Result<(), End> {
        let mut pings = interval(PING_INTERVAL);
        loop {
            tokio::select! {
                heard = self.next() => match heard? {
                    Heard::Message(message) => {
                        let (session, message) = (self.id, *message);
                        let call = Call::Message { session, message };
                        if room.calls.send(call).await.is_err() {
                            return self.lost_room();
                        }
                    }
                    Heard::Life => {}
                    Heard::End => return Ok(()),
                },
                _ = pings.tick() => {
                    if self.heard.elapsed() >= DEAD_AFTER {
                        return Ok(());
                    }
                    if room.calls.is_closed() {
                        return self.lost_room();
                    }
                    self.outbox.ping();
                }
                // The room, or the queue's overflow, closed the socket.
                _ = &mut *writer => return Ok(()),
            }
        }
    }

    /// The room ended without a goodbye, by our mistake: the client comes back by itself, and the
    /// store has the room.
    fn lost_room(&self) -> Result<(), End> {
        self.outbox.close(ClosedReason::ServerStopping);
        Ok(())
    }

    async fn next(&mut self) -> Result<Heard, End> {
        let frame = match self.frames.next().await {
            None => return Ok(Heard::End),
            Some(Err(error)) => return broken(&error),
            Some(Ok(frame)) => frame,
        };
        self.heard = Instant::now();
        let tools = &self.shared.registry.tools;
        let is_pong = matches!(frame, Message::Pong(_));
        if !is_pong && !self.bucket.take(tools.clock.now_ms()) {
            let detail = format!("more than {MESSAGES_PER_SECOND} messages per second");
            return Err((ErrorCode::TooFast, detail));
        }
        match frame {
            Message::Text(text) => {
                tools.metrics.messages.inc();
                let message = decode_client_message(&text).map_err(|error| describe(&error))?;
                Ok(Heard::Message(Box::new(message)))
            }
            Message::Binary(_) => Err(bad_message("frames are text".into())),
            Message::Ping(_) | Message::Pong(_) => Ok(Heard::Life),
            Message::Close(_) => Ok(Heard::End),
        }
    }

    /// Lets the last words out. What the client still sends is read and dropped: closing over
    /// unread bytes would reset the connection, and the words with it.
    async fn part(mut self, mut writer: JoinHandle<()>) {
        drop(self.outbox);
        let goodbye = async {
            // `converse` may have seen its end already; a finished task is not awaited twice.
            if !writer.is_finished() {
                // A writer that panicked has nothing more to say.
                let _ = (&mut writer).await;
            }
            while let Some(Ok(_)) = self.frames.next().await {}
        };
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
        writer.abort();
    }

    fn refuse(&self, (code, detail): End) {
        self.shared.registry.tools.metrics.refused(code);
        self.outbox.send(&ServerMessage::Error {
            code,
            detail,
            refused: None,
        });
        self.outbox.close(ClosedReason::Error);
    }
}

/// Why a socket gets no room.
enum Refused {
    Because(End),
    Stopping,
}

impl From<End> for Refused {
    fn from(end: End) -> Self {
        Self::Because(end)
    }
}

fn bad_message(detail: String) -> End {
    (ErrorCode::BadMessage, detail)
}

fn describe(error: &DecodeError) -> End {
    let code = match error {
        DecodeError::UnsupportedVersion(_) => ErrorCode::UnsupportedVersion,
        DecodeError::TooLong { .. }
        | DecodeError::TooDeep
        | DecodeError::NotAMessage(_)
        | DecodeError::OverCap { .. } => ErrorCode::BadMessage,
    };
    (code, error.to_string())
}

/// A reset connection has nobody left to be told; a frame over the cap has.
fn broken(error: &axum::Error) -> Result<Heard, End> {
    let text = error.to_string();
    if text.contains("too long") || text.contains("too big") {
        return Err(bad_message("the frame is too long".into()));
    }
    Ok(Heard::End)
}

fn ms_since(then: Instant) -> u64 {
    u64::try_from(then.elapsed().as_millis()).unwrap_or(u64::MAX)
}
