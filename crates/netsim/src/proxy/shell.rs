//! The proxy's sockets and clock: one thread that waits for whatever comes first.
//!
//! The system's poll counts in milliseconds, which is too coarse for a link. So the last
//! millisecond before a datagram is due is slept in short naps with a look at the sockets between
//! them: a datagram that arrives meanwhile is noticed a nap late at most.
//!
//! Invariant: nothing is bound but the address to listen at, and for each client a socket at the
//! loopback address or at the listening one; nothing is sent but to the server and to clients
//! whose address is a loopback one or was allowed.

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::{ClientId, Command, Delivery, Intake, MAX_CLIENTS, Proxy, ProxyStats};
use crate::{ConfigError, Trace};

const WAKER: Token = Token(0);
/// Of all sockets: which of them is ready does not matter, as all are read.
const SOCKET: Token = Token(1);
/// Readiness events taken at a time: all there can be.
const MAX_EVENTS: usize = MAX_CLIENTS + 2;
/// Requests that wait for the proxy's thread.
const MAX_REQUESTS: usize = 64;
/// The largest datagram there is.
const MAX_DATAGRAM: usize = 65_535;
/// Datagrams read from one socket before others, and what is due, have their turn.
const MAX_READS: usize = 64;
/// The longest that a datagram's arrival may go unnoticed while another is nearly due.
const NAP: Duration = Duration::from_micros(200);
/// The longest wait; also how often idle clients are looked for.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// What a proxy needs to know.
#[derive(Clone, Debug)]
pub struct ProxyConfig {
    /// Where clients send to; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The server.
    pub to: SocketAddr,
    /// Clients may come from these addresses too, beside loopback ones.
    pub allow: Vec<IpAddr>,
    /// What every decision follows from.
    pub seed: u64,
    /// From clients to the server.
    pub up: Trace,
    /// From the server to clients.
    pub down: Trace,
}

enum Request {
    Command(Box<Command>, SyncSender<Result<(), ConfigError>>),
    Stats(SyncSender<ProxyStats>),
    Stop,
}

/// The way to a running proxy from other threads.
#[derive(Clone)]
pub struct Handle {
    requests: SyncSender<Request>,
    waker: Arc<Waker>,
}

impl Handle {
    /// Changes links; `None` if the proxy has stopped, and the inner error when some link cannot
    /// be so.
    #[must_use]
    pub fn command(&self, command: Command) -> Option<Result<(), ConfigError>> {
        self.ask(|reply| Request::Command(Box::new(command), reply))
    }

    /// The statistics; `None` if the proxy has stopped.
    #[must_use]
    pub fn stats(&self) -> Option<ProxyStats> {
        self.ask(Request::Stats)
    }

    /// Stops the proxy.
    pub fn stop(&self) {
        let _ = self.requests.send(Request::Stop);
        let _ = self.waker.wake();
    }

    fn ask<T>(&self, request: impl FnOnce(SyncSender<T>) -> Request) -> Option<T> {
        let (reply, answer) = sync_channel(1);
        self.requests.send(request(reply)).ok()?;
        self.waker.wake().ok()?;
        answer.recv().ok()
    }
}

/// A proxy with its sockets.
pub struct UdpProxy {
    proxy: Proxy,
    poll: Poll,
    listener: UdpSocket,
    upstreams: BTreeMap<ClientId, UdpSocket>,
    requests: Receiver<Request>,
    /// Upstream sockets bind here, to any port.
    upstream_ip: IpAddr,
    to: SocketAddr,
    allow: Vec<IpAddr>,
    buffer: Vec<u8>,
}

impl UdpProxy {
    /// Binds the listening socket; the traces begin now.
    ///
    /// # Errors
    /// When the address cannot be bound, or the system gives no readiness queue.
    pub fn bind(config: &ProxyConfig) -> io::Result<(Self, Handle)> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let mut listener = UdpSocket::bind(config.listen)?;
        poll.registry()
            .register(&mut listener, SOCKET, Interest::READABLE)?;
        let (sender, requests) = sync_channel(MAX_REQUESTS);
        let upstream_ip = match config.to.ip() {
            IpAddr::V4(ip) if ip.is_loopback() => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(ip) if ip.is_loopback() => Ipv6Addr::LOCALHOST.into(),
            _ => config.listen.ip(),
        };
        let proxy = Self {
            proxy: Proxy::new(Instant::now(), config.seed, &config.up, &config.down),
            poll,
            listener,
            upstreams: BTreeMap::new(),
            requests,
            upstream_ip,
            to: config.to,
            allow: config.allow.clone(),
            buffer: vec![0; MAX_DATAGRAM],
        };
        let requests = sender;
        Ok((proxy, Handle { requests, waker }))
    }

    /// Where clients send to.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Runs until told to stop; the last statistics.
    ///
    /// # Errors
    /// When waiting for the sockets fails.
    pub fn run(mut self) -> io::Result<ProxyStats> {
        let mut events = Events::with_capacity(MAX_EVENTS);
        let mut look_for_idle_at = Instant::now() + LONGEST_WAIT;
        let mut is_more_to_read = false;
        loop {
            self.wait(&mut events, is_more_to_read)?;
            if self.answer_requests() {
                return Ok(self.proxy.stats(Instant::now()));
            }
            // Readiness is told once (it is edge-triggered), hence until nothing is left.
            if is_more_to_read || !events.is_empty() {
                is_more_to_read = self.read_all();
            }
            self.deliver();
            let now = Instant::now();
            if now >= look_for_idle_at {
                look_for_idle_at = now + LONGEST_WAIT;
                for id in self.proxy.forget_idle(now) {
                    self.close(id);
                }
            }
        }
    }

    fn wait(&mut self, events: &mut Events, is_more_to_read: bool) -> io::Result<()> {
        let now = Instant::now();
        let due = self.proxy.next_at().map(|at| at.duration_since(now));
        let mut wait = due.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT);
        if is_more_to_read {
            wait = Duration::ZERO;
        }
        // Poll rounds up to whole milliseconds, so it is told one less and naps do the rest.
        let whole_ms = u64::try_from(wait.as_millis()).unwrap_or(0);
        if whole_ms < 2 {
            std::thread::sleep(wait.min(NAP));
        }
        let timeout = Duration::from_millis(whole_ms.saturating_sub(1));
        match self.poll.poll(events, Some(timeout)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether it is told to stop.
    fn answer_requests(&mut self) -> bool {
        while let Ok(request) = self.requests.try_recv() {
            let now = Instant::now();
            // Who has stopped waiting needs no answer.
            match request {
                Request::Command(command, reply) => {
                    let _ = reply.try_send(self.proxy.command(now, &command));
                }
                Request::Stats(reply) => {
                    let _ = reply.try_send(self.proxy.stats(now));
                }
                Request::Stop => return true,
            }
        }
        false
    }

    /// Whether there may be more to read.
    fn read_all(&mut self) -> bool {
        let mut is_more = true;
        for _ in 0..MAX_READS {
            let (len, from) = match self.listener.recv_from(&mut self.buffer) {
                Ok(received) => received,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    is_more = false;
                    break;
                }
                Err(_) => continue,
            };
            if is_served(&self.allow, from.ip()) {
                let bytes = self.buffer.get(..len).unwrap_or_default().to_vec();
                self.take_from_client(from, bytes);
            }
        }
        for (id, socket) in &self.upstreams {
            let mut reads = 0..MAX_READS;
            let is_empty = reads.any(|_| match socket.recv(&mut self.buffer) {
                Ok(len) => {
                    let bytes = self.buffer.get(..len).unwrap_or_default().to_vec();
                    self.proxy.handle_server(Instant::now(), *id, bytes);
                    false
                }
                // Any other error is an ICMP one: the server is not there, yet.
                Err(error) => error.kind() == io::ErrorKind::WouldBlock,
            });
            is_more |= !is_empty;
        }
        is_more
    }

    fn take_from_client(&mut self, from: SocketAddr, bytes: Vec<u8>) {
        if let Intake::New(id) = self.proxy.handle_client(Instant::now(), from, bytes) {
            match self.open() {
                Ok(socket) => drop(self.upstreams.insert(id, socket)),
                Err(_) => self.proxy.forget(id),
            }
        }
    }

    /// A datagram that the system does not take is lost, as it would be on any host.
    fn deliver(&mut self) {
        while let Some(delivery) = self.proxy.poll(Instant::now()) {
            let _ = match delivery {
                Delivery::ToServer(id, bytes) => match self.upstreams.get(&id) {
                    Some(socket) => socket.send(&bytes),
                    None => continue,
                },
                Delivery::ToClient(to, bytes) => self.listener.send_to(&bytes, to),
            };
        }
    }

    /// A connected socket hears nobody but the server.
    fn open(&mut self) -> io::Result<UdpSocket> {
        let mut socket = UdpSocket::bind(SocketAddr::new(self.upstream_ip, 0))?;
        socket.connect(self.to)?;
        self.poll
            .registry()
            .register(&mut socket, SOCKET, Interest::READABLE)?;
        Ok(socket)
    }

    fn close(&mut self, id: ClientId) {
        if let Some(mut socket) = self.upstreams.remove(&id) {
            let _ = self.poll.registry().deregister(&mut socket);
        }
    }
}

fn is_served(allow: &[IpAddr], from: IpAddr) -> bool {
    from.is_loopback() || allow.contains(&from)
}

#[cfg(test)]
mod tests;
