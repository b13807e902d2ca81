//! The one task of a light bot's media: socket, transport, what it sends and what it gets.
//!
//! Until the transport is up it wakes for every datagram, as a handshake must. Then what comes is
//! only counted, with the moment at which the kernel got it, and told of ten times a second: from
//! then on it is taken every [`LOOK`].
//!
//! Invariant: it holds nothing while it waits, and each turn does only what is due.

use super::offer::Announced;
use super::publisher::{Performance, Publisher};
use super::reception::Reception;
use super::samples::Samples;
use super::socket::Socket;
use super::transport::{Kind, Remote, Transport, classify};
use super::{Fare, feedback};
use crate::clip::{LessonTag, Moment};
use crate::tone::{Tone, Volume};
use anyhow::Result;
use homeroom_protocol::ParticipantId;
use rtc::rtcp::packet::unmarshal;
use rtc::rtcp::payload_feedbacks::full_intra_request::FullIntraRequest;
use rtc::rtcp::payload_feedbacks::picture_loss_indication::PictureLossIndication;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tracing::debug;

/// Pace of feedback, and of judging what is got.
const TICK: Duration = Duration::from_millis(100);
/// Pace at which a bot that is connected takes what has come. To wake for each packet was most of
/// what a bot cost. What waits so long is measured as if it did not; only requests of key frames
/// and checks of ICE are answered later, by as much as a browser that is busy takes too.
const LOOK: Duration = Duration::from_millis(20);
/// Receiver reports go with each tenth feedback.
const TICKS_PER_REPORT: u32 = 10;
/// With nothing else to do it looks this often.
const IDLE: Duration = Duration::from_secs(1);

/// What a bot's media is told.
pub(super) enum Order {
    Expect { voices: u32, pictures: u32 },
    Wanted(Vec<bool>),
    Speak(Option<(Tone, Volume)>),
}

/// What it starts from.
pub(super) struct Start {
    pub(super) lesson: LessonTag,
    pub(super) id: ParticipantId,
    pub(super) performance: Performance,
    pub(super) microphone_ssrc: u32,
    pub(super) streams: Vec<Announced>,
    pub(super) transport: Transport,
    pub(super) remote: Remote,
    pub(super) from: IpAddr,
    pub(super) samples: Arc<Samples>,
    pub(super) fare: Arc<Mutex<Fare>>,
    pub(super) started: Instant,
}

pub(super) struct Task {
    socket: Socket,
    transport: Transport,
    reception: Reception,
    publisher: Publisher,
    fare: Arc<Mutex<Fare>>,
    started: Instant,
    expected: (u32, u32),
    next_look: Instant,
    next_tick: Instant,
    ticks: u32,
}

impl Task {
    pub(super) fn new(start: Start) -> Result<Self> {
        let now = Instant::now();
        let Start {
            lesson,
            mut transport,
            ..
        } = start;
        transport.connect(now, start.remote)?;
        Ok(Self {
            socket: Socket::bind(start.from)?,
            transport,
            reception: Reception::new(lesson, start.streams, start.samples),
            publisher: Publisher::new(
                lesson,
                start.id,
                start.performance,
                start.microphone_ssrc,
                now,
            )?,
            fare: start.fare,
            started: start.started,
            expected: (0, 0),
            // Bots are spread over a look and a tick, as people are.
            next_look: now + LOOK.mul_f64(rand::random()),
            next_tick: now + TICK.mul_f64(rand::random()),
            ticks: rand::random_range(0..TICKS_PER_REPORT),
        })
    }

    pub(super) fn port(&self) -> Result<u16> {
        self.socket.port()
    }

    /// Runs until the transport fails; it ends when its bot is dropped.
    pub(super) async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        if let Err(error) = self.work(&mut orders).await {
            debug!(%error, "a light bot's transport failed");
        }
        self.with_fare(|fare| fare.is_gone = true);
    }

    async fn work(&mut self, orders: &mut mpsc::Receiver<Order>) -> Result<()> {
        self.flush();
        let sleep = tokio::time::sleep_until(self.next_timeout().into());
        tokio::pin!(sleep);
        while !self.transport.is_connected() {
            sleep.as_mut().reset(self.next_timeout().into());
            tokio::select! {
                ready = self.socket.readable() => {
                    ready?;
                    self.receive()?;
                }
                () = sleep.as_mut() => self.handle_timeout()?,
                order = orders.recv() => match order {
                    Some(order) => self.obey(order)?,
                    None => return Ok(()),
                },
            }
            self.flush();
        }
        self.socket.stop_waiting();
        loop {
            sleep.as_mut().reset(self.next_timeout().into());
            sleep.as_mut().await;
            while let Ok(order) = orders.try_recv() {
                self.obey(order)?;
            }
            self.handle_timeout()?;
            self.flush();
        }
    }

    fn obey(&mut self, order: Order) -> Result<()> {
        let now = Instant::now();
        match order {
            Order::Expect { voices, pictures } => self.expected = (voices, pictures),
            Order::Wanted(layers) => self.publisher.set_wanted(now, &layers),
            Order::Speak(voice) => self.publisher.speak(now, voice)?,
        }
        Ok(())
    }

    fn next_timeout(&self) -> Instant {
        let transport = self.transport.next_timeout();
        // A tick waits for the look that is next.
        let media = self.transport.is_connected().then(|| {
            let publisher = self.publisher.next_timeout();
            publisher.map_or(self.next_look, |at| at.min(self.next_look))
        });
        let next = [transport, media].into_iter().flatten().min();
        next.unwrap_or_else(|| Instant::now() + IDLE)
    }

    fn receive(&mut self) -> Result<()> {
        let Self {
            socket,
            transport,
            reception,
            publisher,
            ..
        } = self;
        let was_connected = transport.is_connected();
        let had = (reception.heard_at, reception.seen_at);
        let mut outcome = Ok(());
        socket.receive(|from, at, datagram| {
            reception.count(datagram.len());
            match classify(datagram) {
                // Without keys, as when the handshake's last flight was lost, a browser has no use
                // for it either.
                Some(Kind::Rtp | Kind::Rtcp) if !transport.is_connected() => {}
                Some(Kind::Rtp) => reception.take(transport, at, datagram),
                Some(Kind::Rtcp) => take_report(transport, publisher, datagram),
                Some(kind) => {
                    let handled = transport.handle(Instant::now(), kind, from, datagram);
                    if handled.is_err() {
                        outcome = handled;
                    }
                }
                None => {}
            }
        });
        outcome?;
        let is_connected = self.transport.is_connected();
        let has = (self.reception.heard_at, self.reception.seen_at);
        if (is_connected, has) != (was_connected, had) {
            let (now, elapsed) = (Moment::now(), self.started.elapsed());
            self.with_fare(|fare| {
                if is_connected {
                    fare.connected.get_or_insert(elapsed);
                }
                // It waited for us in the socket; what was of no use before the keys were there,
                // waited for them.
                let connected = fare.connected.unwrap_or_default();
                let by = |at: Moment| elapsed.saturating_sub(now.since(at)).max(connected);
                fare.first_sound = fare.first_sound.or(has.0.map(by));
                fare.first_picture = fare.first_picture.or(has.1.map(by));
            });
        }
        Ok(())
    }

    fn handle_timeout(&mut self) -> Result<()> {
        let now = Instant::now();
        let is_connected = self.transport.is_connected();
        // Whoever is awake to send looks too.
        let looks = is_connected && self.next_look <= now + LOOK / 2;
        if looks {
            self.next_look = now + LOOK;
            self.receive()?;
        }
        if self.transport.next_timeout().is_some_and(|at| at <= now) {
            self.transport.handle_timeout(now)?;
        }
        let Some(to) = self.transport.address() else {
            return Ok(());
        };
        if !is_connected {
            return Ok(());
        }
        let Self {
            socket,
            transport,
            publisher,
            ..
        } = self;
        publisher.poll(now, |packet| {
            if let Some(sealed) = transport.seal_rtp(&packet) {
                socket.send(to, &sealed);
            }
        });
        if looks && self.next_tick <= now {
            self.next_tick = next_tick(self.next_tick, now);
            self.tick(to);
        }
        Ok(())
    }

    fn tick(&mut self, to: std::net::SocketAddr) {
        self.ticks += 1;
        let (voices, pictures) = self.expected;
        self.reception.tick(Moment::now(), voices, pictures);
        let is_full = self.ticks.is_multiple_of(TICKS_PER_REPORT);
        let report = feedback::compose(&mut self.reception, is_full, self.publisher.reporter());
        if !report.is_empty()
            && let Some(sealed) = self.transport.seal_rtcp(&report)
        {
            self.socket.send(to, &sealed);
        }
        let (mut got, sent) = (self.reception.got(), self.publisher.sent);
        got.sent_datagrams = self.socket.sent_datagrams;
        got.sent_bytes = self.socket.sent_bytes;
        got.made = self.publisher.made.units;
        got.left_out = self.publisher.made.left_out;
        self.with_fare(|fare| (fare.got, fare.sent) = (got, sent));
    }

    fn flush(&mut self) {
        if let Some((to, datagrams)) = self.transport.take_out() {
            for datagram in datagrams {
                self.socket.send(to, &datagram);
            }
        }
    }

    fn with_fare(&self, change: impl FnOnce(&mut Fare)) {
        change(&mut self.fare.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

/// The first tick after `now` in the same rhythm: who was held up does not fall into step with
/// others who were.
fn next_tick(due: Instant, now: Instant) -> Instant {
    let late = now.saturating_duration_since(due).as_micros() / TICK.as_micros();
    due + TICK * u32::try_from(late).unwrap_or(u32::MAX).saturating_add(1)
}

/// Only who sends pictures listens, for requests of key frames.
fn take_report(transport: &mut Transport, publisher: &mut Publisher, datagram: &[u8]) {
    if publisher.reporter().is_none() {
        return;
    }
    let Some(opened) = transport.open_rtcp(datagram) else {
        return;
    };
    let Ok(packets) = unmarshal(&mut opened.freeze()) else {
        return;
    };
    for packet in packets {
        let packet = packet.as_any();
        if let Some(pli) = packet.downcast_ref::<PictureLossIndication>() {
            publisher.refresh(pli.media_ssrc);
        } else if let Some(fir) = packet.downcast_ref::<FullIntraRequest>() {
            for entry in &fir.fir {
                publisher.refresh(entry.ssrc);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_held_up_keeps_the_rhythm() {
        let due = Instant::now();
        let check = |late_ms, next_ms| {
            let next = next_tick(due, due + Duration::from_millis(late_ms));
            assert_eq!(next - due, Duration::from_millis(next_ms), "{late_ms}");
        };
        check(0, 100);
        check(20, 100);
        check(100, 200);
        check(250, 300);
    }
}
