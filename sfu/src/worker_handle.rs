//! A worker from outside: bound, then started, then asked.
//!
//! All sockets are bound before any thread starts, so a taken port costs nothing but its message.
//!
//! Invariant: nobody waits for a worker longer than [`PATIENCE`].

use crate::handle::{SfuConfig, StartError};
use crate::inbox::Inbox;
use crate::udp::UdpSocket;
use crate::worker::{Request, Worker, WorkerStats, readiness};
use crossbeam_channel::{Sender, bounded};
use homeroom_sfu_core::{Event, Sfu, WorkerIndex};
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::mpsc;

/// Requests that wait for a worker.
const MAX_REQUESTS: usize = 65_536;
/// How long a request may wait for room in a worker's queue, and counters for an answer.
const PATIENCE: Duration = Duration::from_millis(500);
/// Most workers: a room keeps one bit for each.
const MAX_WORKERS: usize = 64;
/// The DTLS library joins handshake fragments by recursion.
const WORKER_STACK_BYTES: usize = 8 * 1024 * 1024;

/// A running worker.
pub struct WorkerHandle {
    requests: Sender<Request>,
    inbox: Arc<Inbox>,
    thread: Option<JoinHandle<()>>,
    /// The port its socket is bound to.
    pub port: u16,
    /// Where its participants send their media.
    pub candidates: Vec<SocketAddr>,
}

impl WorkerHandle {
    /// Gives it a request; whether it took it.
    pub fn send(&self, request: Request) -> bool {
        let sent = self.requests.send_timeout(request, PATIENCE).is_ok();
        // A worker that cannot be woken looks at its queue at its next timer anyway.
        sent && self.inbox.wake().is_ok()
    }

    /// Its counters, if it answers in time.
    pub fn stats(&self) -> Option<WorkerStats> {
        let (reply, answer) = bounded(1);
        self.send(Request::Stats(reply));
        answer.recv_timeout(PATIENCE).ok()
    }

    /// Waits for a worker that was asked to stop.
    pub fn join(&mut self) {
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a worker had panicked");
        }
    }
}

/// A worker that is bound and not yet running.
pub struct Prepared {
    /// The way to it for other workers.
    pub inbox: Arc<Inbox>,
    socket: UdpSocket,
    port: u16,
    /// What participants are told, where a router or proxy stands in front.
    announced_port: u16,
    poll: mio::Poll,
}

/// Binds every worker's socket.
///
/// # Errors
/// [`StartError`] names the port or the resource.
pub fn prepare(config: &SfuConfig) -> Result<Vec<Prepared>, StartError> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = if config.workers == 0 {
        cores
    } else {
        config.workers
    };
    let port_of = |base: u16, worker: u8| match base {
        0 => 0,
        base => base.saturating_add(u16::from(worker)),
    };
    let prepare = |worker| {
        let announced = config.announced_port.map(|base| port_of(base, worker));
        prepare_worker(port_of(config.base_port, worker), announced)
    };
    (0..workers.min(MAX_WORKERS) as u8).map(prepare).collect()
}

fn prepare_worker(port: u16, announced: Option<u16>) -> Result<Prepared, StartError> {
    let bind = |source| StartError::Bind { port, source };
    let socket = UdpSocket::bind(port).map_err(bind)?;
    let port = socket.local_port().map_err(bind)?;
    let (poll, inbox) = readiness(&socket)?;
    Ok(Prepared {
        socket,
        port,
        announced_port: announced.unwrap_or(port),
        poll,
        inbox: Arc::new(inbox),
    })
}

impl Prepared {
    /// Starts its thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        self,
        index: WorkerIndex,
        core: Sfu,
        inboxes: &[Arc<Inbox>],
        events: &mpsc::Sender<Event>,
        announced: &[IpAddr],
    ) -> io::Result<WorkerHandle> {
        let (requests, receiver) = bounded(MAX_REQUESTS);
        let candidates = announced
            .iter()
            .map(|ip| SocketAddr::new(*ip, self.announced_port))
            .collect();
        let worker = Worker {
            index,
            core,
            socket: self.socket,
            poll: self.poll,
            requests: receiver,
            inboxes: inboxes.to_vec(),
            events: events.clone(),
        };
        let name = format!("sfu-worker-{}", index.0);
        let thread = std::thread::Builder::new()
            .name(name)
            .stack_size(WORKER_STACK_BYTES)
            .spawn(move || worker.run())?;
        Ok(WorkerHandle {
            requests,
            inbox: self.inbox,
            port: self.port,
            candidates,
            thread: Some(thread),
        })
    }
}
