//! The one task of a light bot's media: socket, transport, what it sends and what it gets.
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
            // Bots are spread over a tick, as people are.
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
        loop {
            let due = self.next_timeout().into();
            if sleep.deadline() != due {
                sleep.as_mut().reset(due);
            }
            tokio::select! {
                ready = self.socket.readable() => {
                    ready?;
                    self.receive()?;
                }
                () = sleep.as_mut() => self.handle_timeout()?,
                order = orders.recv() => match order {
                    Some(Order::Expect { voices, pictures }) => {
                        self.expected = (voices, pictures);
                    }
                    Some(Order::Wanted(layers)) => {
                        self.publisher.set_wanted(Instant::now(), &layers);
                    }
                    Some(Order::Speak(voice)) => self.publisher.speak(Instant::now(), voice)?,
                    None => return Ok(()),
                },
            }
            self.flush();
        }
    }

    fn next_timeout(&self) -> Instant {
        let transport = self.transport.next_timeout();
        let media = self.transport.is_connected().then(|| {
            let publisher = self.publisher.next_timeout();
            publisher.map_or(self.next_tick, |at| at.min(self.next_tick))
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
        let had = reception.has();
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
        let has = self.reception.has();
        if (is_connected, has) != (was_connected, had) {
            let elapsed = self.started.elapsed();
            self.with_fare(|fare| {
                for (is, at) in [
                    (is_connected, &mut fare.connected),
                    (has.0, &mut fare.first_sound),
                    (has.1, &mut fare.first_picture),
                ] {
                    if is {
                        at.get_or_insert(elapsed);
                    }
                }
            });
        }
        Ok(())
    }

    fn handle_timeout(&mut self) -> Result<()> {
        let now = Instant::now();
        if self.transport.next_timeout().is_some_and(|at| at <= now) {
            self.transport.handle_timeout(now)?;
        }
        let Some(to) = self.transport.address() else {
            return Ok(());
        };
        if !self.transport.is_connected() {
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
        if self.next_tick <= now {
            self.next_tick = (self.next_tick + TICK).max(now);
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
