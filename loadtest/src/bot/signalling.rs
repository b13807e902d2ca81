//! A bot's socket in use: the first exchange, then messages both ways.
//!
//! Invariant: a dropped line is a broken socket, never a polite goodbye.

use super::JoinFailed;
use crate::observed::Observed;
use crate::socket::Socket;
use anyhow::Context;
use homeroom_protocol::{ClientMessage, Join, Joined, ServerMessage};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// Messages a bot may have waiting to be sent.
const OUTBOX: usize = 64;
/// A server that does not answer for this long is not going to.
pub(super) const ANSWER_DEADLINE: Duration = Duration::from_secs(10);

/// A bot at the door waits so long for somebody to let it in.
const DOOR_DEADLINE: Duration = Duration::from_secs(60);

/// Asks for a seat, with the first frame of the socket; at a door, waits to be let in.
pub(crate) async fn take_seat(socket: &mut Socket, mut join: Join) -> Result<Joined, JoinFailed> {
    let mut deadline = ANSWER_DEADLINE;
    socket
        .send(&ClientMessage::Join(Box::new(join.clone())))
        .await?;
    loop {
        let answer = tokio::time::timeout(deadline, socket.next()).await;
        let answer = answer.context("no answer to join")??;
        match answer.context("the socket closed instead of an answer")? {
            ServerMessage::Joined(joined) => return Ok(*joined),
            ServerMessage::Waiting { .. } => deadline = DOOR_DEADLINE,
            ServerMessage::Admitted { token } => {
                deadline = ANSWER_DEADLINE;
                join.token = Some(token);
                socket
                    .send(&ClientMessage::Join(Box::new(join.clone())))
                    .await?;
            }
            ServerMessage::Error { code, detail, .. } => {
                return Err(JoinFailed::Refused(code, detail));
            }
            ServerMessage::Closed { reason } => return Err(JoinFailed::Closed(reason)),
            other => return Err(anyhow::anyhow!("the first message was {other:?}").into()),
        }
    }
}

/// A socket in use: what goes out, and the task that carries it.
pub(super) struct SocketLine {
    pub(super) outbox: mpsc::Sender<ClientMessage>,
    pump: JoinHandle<()>,
}

impl SocketLine {
    pub(super) fn new(
        socket: Socket,
        joined: Joined,
        observed: &Arc<watch::Sender<Observed>>,
    ) -> Self {
        observed.send_modify(|seen| {
            seen.socket_open = true;
            seen.room.apply(ServerMessage::Joined(Box::new(joined)));
        });
        let (outbox, messages) = mpsc::channel(OUTBOX);
        let pump = tokio::spawn(pump(socket, messages, Arc::clone(observed)));
        Self { outbox, pump }
    }
}

impl SocketLine {
    /// Breaks the socket.
    pub(super) fn cut(&self) {
        self.pump.abort();
    }
}

impl Drop for SocketLine {
    fn drop(&mut self) {
        self.cut();
    }
}

/// Carries messages both ways until the socket closes.
async fn pump(
    mut socket: Socket,
    mut outbox: mpsc::Receiver<ClientMessage>,
    observed: Arc<watch::Sender<Observed>>,
) {
    loop {
        tokio::select! {
            message = outbox.recv() => match message {
                Some(message) if socket.send(&message).await.is_ok() => {}
                _ => break,
            },
            incoming = socket.next() => match incoming {
                Ok(Some(message)) => observed.send_modify(|seen| seen.room.apply(message)),
                _ => break,
            },
        }
    }
    observed.send_modify(|seen| seen.socket_open = false);
}
