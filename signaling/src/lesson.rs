//! The task around one room: takes calls, asks the pure room, does what it answers.
//!
//! Calls that wait together are handled together, and their roll records share one commit; only
//! then do the answers go out. So a message always tells what would survive `kill -9`.
//!
//! Invariant: one task owns a room; nothing else ever sees it.

use crate::clock::Clock;
use crate::limits::{MAX_ROOM_BATCH, MAX_ROOM_MAILBOX};
use crate::media::{self, Media};
use crate::metrics::Metrics;
use crate::outbox::{Outbox, encode};
use crate::room::{Effect, Input, MediaEvent, Room, SessionId, Voucher};
use crate::tokens;
use homeroom_protocol::{
    ClientMessage, ClosedReason, Join, Lesson, LessonCode, RollChange, RollReport, ServerMessage,
};
use homeroom_sfu::{IceCredentials, RoomId};
use homeroom_store::{Journal, SavedLesson, TokenHash};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// What every room's task works with.
pub(crate) struct Tools {
    pub clock: Clock,
    pub journal: Journal,
    pub media: Arc<dyn Media>,
    pub metrics: Metrics,
}

/// What a room's task is asked.
#[derive(Debug)]
pub(crate) enum Call {
    Join {
        session: SessionId,
        join: Box<Join>,
        voucher: Option<Voucher>,
        outbox: Outbox,
    },
    Message {
        session: SessionId,
        message: ClientMessage,
    },
    Gone {
        session: SessionId,
        heard_ms: u64,
    },
    /// New ICE credentials for a session's media; answers ours.
    RestartIce {
        session: SessionId,
        remote: IceCredentials,
        answer: oneshot::Sender<Option<String>>,
    },
    Media(MediaEvent),
    Roll(oneshot::Sender<RollReport>),
    RollChange(RollChange, oneshot::Sender<RollReport>),
    Stop,
}

/// The way to a room's task.
#[derive(Debug, Clone)]
pub(crate) struct LessonHandle {
    pub calls: mpsc::Sender<Call>,
    pub room: RoomId,
    pub about: Arc<Lesson>,
    pub teacher_token: TokenHash,
}

/// A room ready to run.
pub(crate) struct LessonTask {
    room: Room,
    id: RoomId,
    calls: mpsc::Receiver<Call>,
    outboxes: BTreeMap<SessionId, Outbox>,
    tools: Arc<Tools>,
    /// What the room wants done and the media does not do.
    todo: Vec<Effect>,
    /// Who waits for the roll, until what it says is written.
    readers: Vec<oneshot::Sender<RollReport>>,
    finished: bool,
}

impl LessonTask {
    /// The room of a lesson as the store knows it, and the way to it.
    pub fn new(code: LessonCode, saved: &SavedLesson, tools: Arc<Tools>) -> (Self, LessonHandle) {
        let (sender, calls) = mpsc::channel(MAX_ROOM_MAILBOX);
        let (room, opening) = Room::open(code, saved, tools.clock.now_ms());
        let id = media::room_id(saved.lesson.id);
        let handle = LessonHandle {
            calls: sender,
            room: id,
            about: Arc::new(room.about().clone()),
            teacher_token: room.teacher_token().clone(),
        };
        let task = Self {
            room,
            id,
            calls,
            outboxes: BTreeMap::new(),
            tools,
            todo: opening,
            readers: Vec::new(),
            finished: false,
        };
        (task, handle)
    }

    /// Runs until the lesson ends, the server stops, or nobody came for long.
    pub async fn run(mut self, forget: impl FnOnce()) {
        self.tools.metrics.rooms.inc();
        let mut calls = Vec::with_capacity(MAX_ROOM_BATCH);
        self.perform().await;
        while !self.finished {
            self.wait_for(&mut calls).await;
            self.input(Input::Tick);
            for call in calls.drain(..) {
                self.take(call);
            }
            self.perform().await;
        }
        forget();
        self.turn_late_callers_away().await;
        self.tools.metrics.rooms.dec();
    }

    async fn wait_for(&mut self, calls: &mut Vec<Call>) {
        let receive = self.calls.recv_many(calls, MAX_ROOM_BATCH);
        match self.room.wake_at_ms() {
            Some(wake_ms) => {
                let wait_ms = wake_ms.saturating_sub(self.tools.clock.now_ms());
                // Timing out is the tick; the calls that came are in `calls` either way.
                let _ = tokio::time::timeout(Duration::from_millis(wait_ms), receive).await;
            }
            None => {
                receive.await;
            }
        }
    }

    fn take(&mut self, call: Call) {
        let input = match call {
            Call::Join {
                session,
                join,
                voucher,
                outbox,
            } => {
                self.outboxes.insert(session, outbox);
                let fresh_token = tokens::new_token();
                Input::Join {
                    session,
                    join,
                    voucher,
                    fresh_token,
                }
            }
            // Whoever was let in from the door joins again on the same socket; the door knows who.
            Call::Message {
                session,
                message: ClientMessage::Join(join),
            } => Input::Join {
                session,
                join,
                voucher: None,
                fresh_token: tokens::new_token(),
            },
            Call::Message { session, message } => {
                let asks = matches!(message, ClientMessage::Programs { new_key: true });
                Input::Message {
                    session,
                    message,
                    new_key: asks.then(tokens::new_stream_key),
                }
            }
            Call::Gone { session, heard_ms } => {
                self.outboxes.remove(&session);
                Input::Gone { session, heard_ms }
            }
            Call::RestartIce {
                session,
                remote,
                answer,
            } => {
                let who = self.room.who_receives(session);
                let media = &self.tools.media;
                let ours = who.and_then(|who| media.restart_ice(self.id, who, remote));
                // Whoever asked may have gone.
                let _ = answer.send(ours);
                return;
            }
            Call::Media(event) => Input::Media(event),
            Call::Roll(answer) => return self.readers.push(answer),
            Call::RollChange(change, answer) => {
                self.readers.push(answer);
                Input::RollChange(change)
            }
            Call::Stop => Input::Stop,
        };
        self.input(input);
    }

    /// Asks the room, and the SFU for what the room wants of it: an offer's answer is the room's
    /// next input.
    fn input(&mut self, input: Input) {
        let now_ms = self.tools.clock.now_ms();
        for effect in self.room.handle(now_ms, input) {
            let Effect::Media(command) = effect else {
                self.todo.push(effect);
                continue;
            };
            if let Some(answer) = media::perform(&*self.tools.media, self.id, command) {
                self.input(Input::OfferAnswered { answer });
            }
        }
    }

    /// Journal first, then words.
    async fn perform(&mut self) {
        let mut records = Vec::new();
        let mut words = Vec::new();
        for effect in self.todo.drain(..) {
            match effect {
                Effect::Journal(record) => records.push(record),
                other => words.push(other),
            }
        }
        if !records.is_empty() {
            let durable = self.tools.journal.append(records).await.is_ok();
            self.room.journalled(durable);
            if !durable {
                // The lesson goes on; the journal keeps the records and has logged why.
                self.tools.metrics.undurable_appends.inc();
            }
        }
        for reader in self.readers.drain(..) {
            // Whoever asked may have gone.
            let _ = reader.send(self.room.roll_report(self.tools.clock.now_ms()));
        }
        for effect in words {
            self.say(effect);
        }
    }

    fn say(&mut self, effect: Effect) {
        match effect {
            Effect::Send { to, message } => self.send(&to, &message),
            Effect::Close { session, reason } => {
                if let Some(outbox) = self.outboxes.remove(&session) {
                    outbox.close(reason);
                }
            }
            Effect::Finished => self.finished = true,
            Effect::Journal(_) | Effect::Media(_) => unreachable!("done before words"),
        }
    }

    fn send(&self, to: &[SessionId], message: &ServerMessage) {
        if let ServerMessage::Error { code, .. } = message {
            self.tools.metrics.refused(*code);
        }
        let text = encode(message);
        for session in to {
            if let Some(outbox) = self.outboxes.get(session) {
                outbox.send_text(text.clone());
            }
        }
    }

    /// Between the decision to end and the registry's forgetting, somebody may have found this
    /// room: they come back by themselves and find the next one, or none.
    async fn turn_late_callers_away(&mut self) {
        self.calls.close();
        while let Some(call) = self.calls.recv().await {
            if let Call::Join { outbox, .. } = call {
                outbox.close(ClosedReason::ServerStopping);
            }
        }
    }
}
