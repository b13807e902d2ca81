//! One worker: a thread, its socket, and the SFU core it feeds.
//!
//! The loop takes what has come (commands, other workers' packets, datagrams), lets the core do
//! what is due, and sends one batch of what is staged; then it looks again, so that a voice need
//! not wait for a picture's whole fan-out. When idle, one packet comes and leaves at once. Under
//! load more comes at a time, and pictures wait a moment to leave whole: batches grow by themselves.
//!
//! Invariant: nothing here is shared with another worker but bounded queues; a panic of the core
//! ends the room it worked for and no other.

use crate::inbox::{Inbox, Passed};
use crate::load::Load;
use crate::udp::{RecvBatch, UdpSocket};
use crossbeam_channel::{Receiver, Sender};
use homeroom_sfu_core::relay::Relay;
use homeroom_sfu_core::stats::{Lines, Stats};
use homeroom_sfu_core::transmit::TransmitBatch;
use homeroom_sfu_core::{Command, Event, Sfu, WorkerIndex};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::VecDeque;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// Control messages for workers that do not keep up: they wait here, media does not.
const MAX_BACKLOG: usize = 4_096;
/// Receive calls of one turn, so that timers and other workers get theirs under any flood.
const RECEIVES_PER_TURN: usize = 16;
/// Datagrams of one turn, after which no further receive call is made: one call may bring many.
const DATAGRAMS_PER_TURN: usize = 512;
/// Commands of one turn.
const COMMANDS_PER_TURN: usize = 64;
/// Relayed packets of one turn.
const RELAYS_PER_TURN: usize = 256;
/// How long an event waits when signalling's queue is full.
const EVENT_RETRY: Duration = Duration::from_millis(10);

const SOCKET: Token = Token(0);
const WAKE: Token = Token(1);

/// What a worker is asked.
pub enum Request {
    /// For the core.
    Command(Command),
    /// The counters as they are now.
    Stats(Sender<WorkerStats>),
    /// Ends the thread.
    Stop,
}

/// A worker's counters.
#[derive(Debug, Clone, Default)]
pub struct WorkerStats {
    /// The core's.
    pub core: Stats,
    /// Participants carried now.
    pub participants: u64,
    /// What their lines carry now.
    pub lines: Lines,
    /// Datagrams the system refused to send.
    pub send_refused: u64,
    /// Datagrams dropped because the socket's buffer was full.
    pub send_full: u64,
    /// System calls made to send.
    pub send_calls: u64,
    /// Runs of datagrams that left as one message.
    pub gso_runs: u64,
    /// Datagrams in those runs.
    pub gso_datagrams: u64,
    /// Runs the system refused, whose datagrams were tried one by one.
    pub gso_refused: u64,
    /// 1 when runs were asked for and the kernel or the network card cannot.
    pub gso_given_up: u64,
    /// Pictures that another worker lost because it did not keep up, the oldest first.
    pub relay_pictures_lost: u64,
    /// Voices, and control messages beyond a long backlog, that another worker had no room for.
    pub relay_refused: u64,
    /// Rooms ended by a panic.
    pub panics: u64,
}

/// What a worker is started with.
pub struct Worker {
    /// Which it is.
    pub index: WorkerIndex,
    /// Its SFU.
    pub core: Sfu,
    /// Its socket.
    pub socket: UdpSocket,
    /// Its readiness.
    pub poll: Poll,
    /// Requests of the handle.
    pub requests: Receiver<Request>,
    /// The inboxes of all workers, by index.
    pub inboxes: Vec<Arc<Inbox>>,
    /// Signalling.
    pub events: mpsc::Sender<Event>,
}

/// The readiness of a new worker, and its inbox, which wakes it.
pub fn readiness(socket: &UdpSocket) -> std::io::Result<(Poll, Inbox)> {
    let poll = Poll::new()?;
    poll.registry().register(
        &mut SourceFd(&socket.as_raw_fd()),
        SOCKET,
        Interest::READABLE,
    )?;
    let waker = Waker::new(poll.registry(), WAKE)?;
    Ok((poll, Inbox::new(waker)))
}

impl Worker {
    /// Runs until asked to stop.
    pub fn run(self) {
        let state = State {
            stats: WorkerStats::default(),
            received: RecvBatch::default(),
            out: TransmitBatch::default(),
            backlog: VecDeque::new(),
            pending_event: None,
            more_to_read: true,
            more_to_send: false,
            load: Load::new(Instant::now()),
        };
        Running {
            worker: self,
            state,
        }
        .run();
    }
}

struct State {
    stats: WorkerStats,
    received: RecvBatch,
    out: TransmitBatch,
    backlog: VecDeque<(WorkerIndex, Relay)>,
    pending_event: Option<Event>,
    /// Readiness is told once; until a read would block there may be more.
    more_to_read: bool,
    /// The last batch was full before all that is staged was in it.
    more_to_send: bool,
    load: Load,
}

struct Running {
    worker: Worker,
    state: State,
}

impl Running {
    fn run(mut self) {
        let mut readiness = Events::with_capacity(4);
        loop {
            let timeout = self.timeout();
            let patience = self.state.load.pause(Instant::now());
            self.worker.core.set_patience(patience);
            if let Err(error) = self.worker.poll.poll(&mut readiness, timeout)
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!(%error, "the worker cannot wait for its socket");
                return;
            }
            self.state.load.go_on(Instant::now());
            self.state.more_to_read |= readiness.iter().any(|event| event.token() == SOCKET);
            if self.take_requests().is_break() {
                return;
            }
            self.take_relays();
            self.receive();
            self.guarded(|core, out| core.handle_timeout(Instant::now(), out));
            self.pass_relays();
            self.state.more_to_send = self.fan_out();
            self.send();
            self.tell_events();
        }
    }

    fn inbox(&self) -> &Arc<Inbox> {
        &self.worker.inboxes[usize::from(self.worker.index.0)]
    }

    fn timeout(&self) -> Option<Duration> {
        let State {
            more_to_read,
            more_to_send,
            ..
        } = self.state;
        let is_busy = more_to_read
            || more_to_send
            || !self.worker.requests.is_empty()
            || !self.inbox().is_empty();
        if is_busy {
            return Some(Duration::ZERO);
        }
        let due = self.worker.core.poll_timeout();
        let due = due.map(|at| at.saturating_duration_since(Instant::now()));
        let is_waiting = self.state.pending_event.is_some() || !self.state.backlog.is_empty();
        let retry = is_waiting.then_some(EVENT_RETRY);
        [due, retry].into_iter().flatten().min()
    }

    fn take_requests(&mut self) -> std::ops::ControlFlow<()> {
        for _ in 0..COMMANDS_PER_TURN {
            match self.worker.requests.try_recv() {
                Ok(Request::Command(command)) => {
                    self.guarded(|core, out| core.handle_command(Instant::now(), command, out));
                }
                Ok(Request::Stats(reply)) => {
                    let stats = &mut self.state.stats;
                    stats.core = self.worker.core.stats().clone();
                    stats.participants = self.worker.core.participants() as u64;
                    stats.lines = self.worker.core.lines();
                    stats.gso_given_up = self.worker.socket.has_given_up_segmentation().into();
                    // Whoever asked may have stopped waiting.
                    drop(reply.try_send(stats.clone()));
                }
                Ok(Request::Stop) => return std::ops::ControlFlow::Break(()),
                Err(_) => break,
            }
        }
        std::ops::ControlFlow::Continue(())
    }

    fn take_relays(&mut self) {
        for _ in 0..RELAYS_PER_TURN {
            let Some((from, relay)) = self.inbox().pop() else {
                return;
            };
            self.guarded(|core, out| core.handle_relay(Instant::now(), from, &relay, out));
        }
    }

    fn receive(&mut self) {
        let mut taken = 0;
        for _ in 0..RECEIVES_PER_TURN {
            if !self.state.more_to_read || taken >= DATAGRAMS_PER_TURN {
                return;
            }
            match self.worker.socket.recv(&mut self.state.received) {
                Ok(count) => {
                    taken += count;
                    // Asking once more only to hear that there is nothing costs a call; whatever
                    // comes after this one tells itself.
                    self.state.more_to_read = !self.state.received.is_drained();
                    self.handle_received(count);
                }
                Err(error) => {
                    // Anything but "nothing there" is told again by the next readiness.
                    self.state.more_to_read = false;
                    if error.kind() != std::io::ErrorKind::WouldBlock {
                        tracing::debug!(%error, "receive failed");
                    }
                }
            }
        }
    }

    fn handle_received(&mut self, count: usize) {
        let now = Instant::now();
        for i in 0..count {
            let core = &mut self.worker.core;
            let State { received, out, .. } = &mut self.state;
            let (datagram, from) = received.get_mut(i);
            let handled = catch_unwind(AssertUnwindSafe(|| {
                core.handle_datagram(now, from, datagram, out);
            }));
            if handled.is_err() {
                self.recover();
            }
            self.flush_if_wanted();
        }
    }

    /// Calls the core; a panic ends the room it worked for.
    fn guarded(&mut self, call: impl FnOnce(&mut Sfu, &mut TransmitBatch)) {
        let core = &mut self.worker.core;
        let out = &mut self.state.out;
        if catch_unwind(AssertUnwindSafe(|| call(core, out))).is_err() {
            self.recover();
        }
        self.flush_if_wanted();
    }

    fn recover(&mut self) {
        tracing::error!("a room's media failed; its participants will rejoin by themselves");
        self.state.stats.panics += 1;
        self.worker.core.abandon_room();
    }

    fn flush_if_wanted(&mut self) {
        if self.state.out.wants_flush() || self.worker.core.wants_fan_out() {
            self.flush();
        }
    }

    /// Sends everything. Other workers first, so that they fan out at the same time.
    fn flush(&mut self) {
        self.pass_relays();
        while self.fan_out() {
            self.send();
        }
        self.send();
    }

    /// Fills the batch from what is staged; whether there is more than it takes.
    fn fan_out(&mut self) -> bool {
        let core = &mut self.worker.core;
        let out = &mut self.state.out;
        let fan_out = AssertUnwindSafe(|| core.fan_out(Instant::now(), out));
        catch_unwind(fan_out).unwrap_or_else(|_| {
            self.recover();
            // What other rooms have staged leaves with the next flush.
            false
        })
    }

    fn send(&mut self) {
        let out = &mut self.state.out;
        if out.is_empty() {
            return;
        }
        let outcome = self.worker.socket.send(out.arena(), out.datagrams());
        let stats = &mut self.state.stats;
        stats.send_refused += outcome.refused as u64;
        stats.send_calls += outcome.calls as u64;
        stats.gso_runs += outcome.runs as u64;
        stats.gso_datagrams += outcome.segmented as u64;
        stats.gso_refused += outcome.runs_refused as u64;
        if let Some(from) = outcome.would_block_from {
            // Media that cannot leave now is late already; receivers ask again for what matters.
            stats.send_full += (out.datagrams().len() - from) as u64;
        }
        out.clear();
    }

    fn pass_relays(&mut self) {
        let mut passed_to = 0u64;
        while let Some((to, relay)) = self.state.backlog.pop_front() {
            if let Some(relay) = self.pass(to, relay) {
                self.state.backlog.push_front((to, relay));
                break;
            }
            passed_to |= 1 << to.0;
        }
        while let Some((to, relay)) = self.worker.core.poll_relay() {
            // Control keeps its order; media may overtake it.
            let is_media = matches!(relay, Relay::Packet(_));
            let waits = !is_media && self.state.backlog.iter().any(|(other, _)| *other == to);
            let refused = if waits {
                Some(relay)
            } else {
                self.pass(to, relay)
            };
            match refused {
                None => passed_to |= 1 << to.0,
                Some(relay) if !is_media && self.state.backlog.len() < MAX_BACKLOG => {
                    self.state.backlog.push_back((to, relay));
                }
                Some(_) => self.state.stats.relay_refused += 1,
            }
        }
        self.wake(passed_to);
    }

    /// Gives a message to its worker, or gives it back when that worker has no room for it.
    fn pass(&mut self, to: WorkerIndex, relay: Relay) -> Option<Relay> {
        let inbox = &self.worker.inboxes[usize::from(to.0)];
        match inbox.pass(self.worker.index, relay) {
            Passed::Taken => None,
            Passed::InPlaceOfOldest => {
                self.state.stats.relay_pictures_lost += 1;
                None
            }
            Passed::Full(relay) => Some(relay),
        }
    }

    /// Wakes the workers of a bit set, each once per burst.
    fn wake(&self, workers: u64) {
        for (index, inbox) in self.worker.inboxes.iter().enumerate() {
            if workers & (1 << index) != 0
                && let Err(error) = inbox.wake()
            {
                tracing::warn!(%error, "cannot wake a worker");
            }
        }
    }

    fn tell_events(&mut self) {
        loop {
            let event = self
                .state
                .pending_event
                .take()
                .or_else(|| self.worker.core.poll_event());
            let Some(event) = event else { return };
            if let Err(mpsc::error::TrySendError::Full(event)) = self.worker.events.try_send(event)
            {
                self.state.pending_event = Some(event);
                return;
            }
        }
    }
}
