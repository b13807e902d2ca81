//! The way out of one socket: a bounded queue and the task that empties it.
//!
//! Invariant: nobody waits for a slow client. A frame that finds the queue full is dropped with the
//! whole socket, which is told `too_slow` if it still listens.

use crate::limits::{CLOSE_TIMEOUT, MAX_OUTGOING_FRAMES};
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, close_code};
use futures_util::{Sink, SinkExt};
use homeroom_protocol::{ClosedReason, ServerMessage};
use std::sync::Arc;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

/// Serialises a message, once for all who get it.
pub(crate) fn encode(message: &ServerMessage) -> Utf8Bytes {
    serde_json::to_string(message)
        .expect("our messages have string keys and finite numbers")
        .into()
}

/// Puts frames into the queue.
#[derive(Debug, Clone)]
pub(crate) struct Outbox {
    frames: mpsc::Sender<Outgoing>,
    overflow: Arc<Notify>,
}

#[derive(Debug)]
enum Outgoing {
    Text(Utf8Bytes),
    Ping,
    Close(ClosedReason),
}

impl Outbox {
    /// The queue of a socket and the task that writes it; the task ends with the socket closed.
    pub fn open<S>(sink: S) -> (Self, JoinHandle<()>)
    where
        S: Sink<Message> + Unpin + Send + 'static,
        S::Error: Send,
    {
        let (frames, receiver) = mpsc::channel(MAX_OUTGOING_FRAMES);
        let overflow = Arc::new(Notify::new());
        let writer = tokio::spawn(write(sink, receiver, Arc::clone(&overflow)));
        (Self { frames, overflow }, writer)
    }

    /// Sends a message.
    pub fn send(&self, message: &ServerMessage) {
        self.send_text(encode(message));
    }

    /// Sends an encoded message.
    pub fn send_text(&self, text: Utf8Bytes) {
        self.put(Outgoing::Text(text));
    }

    /// Asks for a sign of life.
    pub fn ping(&self) {
        self.put(Outgoing::Ping);
    }

    /// After everything queued: `closed`, and the socket's end.
    pub fn close(&self, reason: ClosedReason) {
        self.put(Outgoing::Close(reason));
    }

    fn put(&self, outgoing: Outgoing) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.frames.try_send(outgoing) {
            self.overflow.notify_one();
        }
    }
}

async fn write<S: Sink<Message> + Unpin>(
    mut sink: S,
    mut frames: mpsc::Receiver<Outgoing>,
    overflow: Arc<Notify>,
) {
    let reason = tokio::select! {
        biased;
        () = overflow.notified() => Some(ClosedReason::TooSlow),
        reason = pump(&mut sink, &mut frames) => reason,
    };
    if let Some(reason) = reason {
        // A client that does not read loses its last words, not our task.
        let _ = tokio::time::timeout(CLOSE_TIMEOUT, say_goodbye(&mut sink, reason)).await;
    }
}

/// Writes until told to close; `None` when there is nobody to write to any more.
async fn pump<S: Sink<Message> + Unpin>(
    sink: &mut S,
    frames: &mut mpsc::Receiver<Outgoing>,
) -> Option<ClosedReason> {
    loop {
        let message = match frames.recv().await? {
            Outgoing::Text(text) => Message::Text(text),
            Outgoing::Ping => Message::Ping(Default::default()),
            Outgoing::Close(reason) => return Some(reason),
        };
        sink.send(message).await.ok()?;
    }
}

async fn say_goodbye<S: Sink<Message> + Unpin>(
    sink: &mut S,
    reason: ClosedReason,
) -> Result<(), S::Error> {
    let closed = encode(&ServerMessage::Closed { reason });
    sink.send(Message::Text(closed)).await?;
    let code = match reason {
        ClosedReason::Error => close_code::POLICY,
        ClosedReason::ServerStopping => close_code::RESTART,
        ClosedReason::TooSlow => close_code::AGAIN,
        ClosedReason::Left
        | ClosedReason::LessonEnded
        | ClosedReason::Replaced
        | ClosedReason::Removed
        | ClosedReason::TurnedAway => close_code::NORMAL,
    };
    let frame = CloseFrame {
        code,
        reason: Utf8Bytes::default(),
    };
    sink.send(Message::Close(Some(frame))).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::sync::{Mutex, PoisonError};
    use std::task::{Context, Poll};

    /// A client that reads only the first so many frames.
    #[derive(Clone)]
    struct Reader {
        appetite: usize,
        read: Arc<Mutex<Vec<Message>>>,
    }

    impl Reader {
        fn new(appetite: usize) -> Self {
            let read = Arc::default();
            Self { appetite, read }
        }

        fn read(&self) -> Vec<Message> {
            self.read
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        }
    }

    impl Sink<Message> for Reader {
        type Error = std::convert::Infallible;

        fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            if self.read().len() < self.appetite {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            }
        }

        fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), Self::Error> {
            self.read
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(message);
            Ok(())
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }

        fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
            Poll::Ready(Ok(()))
        }
    }

    fn closed(reason: ClosedReason) -> Message {
        Message::Text(encode(&ServerMessage::Closed { reason }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_does_not_read_is_given_up_in_bounded_time() {
        let reader = Reader::new(0);
        let (outbox, writer) = Outbox::open(reader.clone());
        tokio::task::yield_now().await;
        // The writer may hold one frame; the queue holds the rest.
        for _ in 0..=MAX_OUTGOING_FRAMES + 1 {
            outbox.send_text("x".into());
        }
        let begun = tokio::time::Instant::now();
        writer.await.expect("ends by itself");
        assert!(begun.elapsed() <= CLOSE_TIMEOUT);
        assert!(reader.read().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_queue_is_no_reason_yet() {
        let reader = Reader::new(0);
        let (outbox, writer) = Outbox::open(reader);
        for _ in 0..MAX_OUTGOING_FRAMES {
            outbox.send_text("x".into());
        }
        tokio::time::sleep(CLOSE_TIMEOUT * 10).await;
        assert!(!writer.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn who_wakes_up_too_late_is_told_why() {
        let reader = Reader::new(2);
        let (outbox, writer) = Outbox::open(reader.clone());
        for _ in 0..=MAX_OUTGOING_FRAMES {
            outbox.send_text("x".into());
        }
        writer.await.expect("ends by itself");
        assert_eq!(reader.read().first(), Some(&closed(ClosedReason::TooSlow)));
    }

    #[tokio::test(start_paused = true)]
    async fn closing_comes_after_everything_said_before() {
        let reader = Reader::new(10);
        let (outbox, writer) = Outbox::open(reader.clone());
        outbox.send_text("x".into());
        outbox.close(ClosedReason::Left);
        writer.await.expect("ends by itself");
        let read = reader.read();
        assert_eq!(
            read[..2],
            [Message::Text("x".into()), closed(ClosedReason::Left)]
        );
        assert!(matches!(read[2], Message::Close(Some(_))), "{read:?}");
    }
}
