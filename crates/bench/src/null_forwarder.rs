//! The floor: a program that sends each packet on to where it is told, and does nothing else.
//!
//! It has the server's own socket module and waits and receives as a worker does. There is no
//! crypto, no state and no logic: a packet's bytes are put beside its burst's once, and each
//! receiver's datagrams point at them. It waits for a picture's last packet as a busy worker does.
//!
//! It tells its port, reads its routes from standard input until an empty line, says that it is
//! ready, and ends when standard input does.
//!
//! Invariant: what no route names is read and dropped.

use anyhow::{Context, Result};
use homeroom_sfu::udp::{RecvBatch, SendMode, UdpSocket};
use homeroom_sfu_core::bounds::PADDING_SHARE;
use homeroom_sfu_core::transmit::Datagram;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::collections::BTreeMap;
use std::io::{BufRead, ErrorKind, Write};
use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// Receive calls before it waits again, as in a worker.
const RECEIVES_PER_TURN: usize = 8;
/// How long the first packet of a picture waits for the last, as in a busy worker.
const PATIENCE: Duration = Duration::from_millis(1);
/// Voices are shorter, in bytes.
const SHORTEST_OF_A_PICTURE: usize = 300;
/// Bytes of all packets one call can receive.
const ARENA_BYTES: usize = 4 * 1024 * 1024;

/// Whose packets, and of which payload type.
pub type Sender = (SocketAddr, u8);
/// Where they go.
pub type Routes = BTreeMap<Sender, Vec<SocketAddr>>;

/// Routes as lines: from, payload type, to.
#[must_use]
pub fn write_routes(routes: &Routes) -> String {
    let lines = routes.iter().map(|((from, payload_type), to)| {
        let to: Vec<String> = to.iter().map(ToString::to_string).collect();
        format!("{from} {payload_type} {}\n", to.join(" "))
    });
    lines.collect()
}

fn read_route(line: &str) -> Option<(Sender, Vec<SocketAddr>)> {
    let mut words = line.split_whitespace();
    let from = words.next()?.parse().ok()?;
    let payload_type = words.next()?.parse().ok()?;
    let to: Option<Vec<SocketAddr>> = words.map(|word| word.parse().ok()).collect();
    Some(((from, payload_type), to?))
}

/// Runs until standard input ends.
///
/// # Errors
/// When there is no socket, or a route cannot be read.
pub fn run() -> Result<()> {
    let socket = UdpSocket::bind(0, SendMode::Segmented)?;
    println!("{}", socket.local_port()?);
    std::io::stdout().flush()?;
    let mut routes = Routes::new();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if line.is_empty() {
            break;
        }
        let (key, to) = read_route(&line).context("a route that cannot be read")?;
        routes.insert(key, to);
    }
    println!("ready");
    std::io::stdout().flush()?;
    std::thread::spawn(|| {
        // Whoever started us holds the other end.
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(0);
    });
    Forwarder::new(socket, routes).run()
}

struct Forwarder {
    socket: UdpSocket,
    routes: Routes,
    batch: RecvBatch,
    arena: Vec<u8>,
    datagrams: Vec<Datagram>,
    /// What each route's sender has sent that has not left, in the order of the routes.
    bursts: Vec<(Sender, Burst)>,
}

/// Packets of one sender that leave together.
#[derive(Default)]
struct Burst {
    bytes: Vec<u8>,
    lengths: Vec<usize>,
    since: Option<Instant>,
    is_whole: bool,
}

impl Burst {
    fn push(&mut self, now: Instant, packet: &[u8], is_last: bool) {
        self.bytes.extend_from_slice(packet);
        self.lengths.push(packet.len());
        self.since.get_or_insert(now);
        self.is_whole |= is_last;
    }

    fn is_ripe(&self, now: Instant) -> bool {
        self.since
            .is_some_and(|since| self.is_whole || now >= since + PATIENCE)
    }

    /// Puts the packets side by side; where each starts and how long it is. Those that are a little
    /// shorter than the longest are made as long, as an SFU would pad them, so that the kernel
    /// takes them as one: a floor must not lie above the ceiling.
    fn place(&mut self, arena: &mut Vec<u8>) -> Vec<(usize, usize)> {
        let longest = self.lengths.iter().copied().max().unwrap_or(0);
        let mut bytes = &self.bytes[..];
        let place = |&length: &usize| {
            let (packet, rest) = bytes.split_at(length);
            bytes = rest;
            let start = arena.len();
            arena.extend_from_slice(packet);
            if longest - length <= longest / PADDING_SHARE {
                arena.resize(start + longest, 0);
            }
            (start, arena.len() - start)
        };
        let places = self.lengths.iter().map(place).collect();
        self.bytes.clear();
        self.lengths.clear();
        (self.since, self.is_whole) = (None, false);
        places
    }
}

impl Forwarder {
    fn new(socket: UdpSocket, routes: Routes) -> Self {
        let bursts = routes.keys().map(|key| (*key, Burst::default())).collect();
        Self {
            socket,
            routes,
            batch: RecvBatch::default(),
            arena: Vec::with_capacity(ARENA_BYTES),
            datagrams: Vec::new(),
            bursts,
        }
    }

    fn run(mut self) -> Result<()> {
        let mut poll = Poll::new()?;
        let fd = self.socket.as_raw_fd();
        let registry = poll.registry();
        registry.register(&mut SourceFd(&fd), Token(0), Interest::READABLE)?;
        let mut events = Events::with_capacity(4);
        loop {
            let holds_some = self.bursts.iter().any(|(_, burst)| burst.since.is_some());
            match poll.poll(&mut events, holds_some.then_some(PATIENCE)) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            while self.turn() {}
        }
    }

    /// Receives and sends for a while; whether there may be more.
    fn turn(&mut self) -> bool {
        for _ in 0..RECEIVES_PER_TURN {
            let is_something = self.socket.recv(&mut self.batch).is_ok();
            if is_something {
                self.take();
            }
            self.fan_out();
            if !is_something || self.batch.is_drained() {
                return false;
            }
        }
        true
    }

    fn take(&mut self) {
        let now = Instant::now();
        for index in 0..self.batch.len() {
            let (bytes, from) = self.batch.get_mut(index);
            // STUN and feedback have no route: RTCP reads as a payload type of 64 to 95 here, which
            // no codec has (RFC 5761 §4).
            let &mut [_, second, ..] = bytes else {
                continue;
            };
            let key = (from, second & 0x7f);
            let Ok(route) = self.bursts.binary_search_by_key(&key, |(key, _)| *key) else {
                continue;
            };
            // A picture waits for its last packet, which is marked; a voice for nothing.
            let is_last = second & 0x80 != 0 || bytes.len() < SHORTEST_OF_A_PICTURE;
            self.bursts[route].1.push(now, bytes, is_last);
        }
    }

    fn fan_out(&mut self) {
        self.arena.clear();
        self.datagrams.clear();
        let now = Instant::now();
        for (sender, burst) in self.bursts.iter_mut().filter(|(_, b)| b.is_ripe(now)) {
            let places = burst.place(&mut self.arena);
            for &to in self.routes.get(sender).into_iter().flatten() {
                let datagrams = places.iter();
                let datagrams = datagrams.map(|&(start, len)| Datagram { start, len, to });
                self.datagrams.extend(datagrams);
            }
        }
        // What does not leave is missed by the receivers, who count.
        let _ = self.socket.send(&self.arena, &self.datagrams);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_read_as_they_were_written() {
        let at = |port| SocketAddr::from(([127, 1, 0, 1], port));
        let routes = Routes::from([
            ((at(1), 96), vec![at(2), at(3)]),
            ((at(1), 111), vec![at(2)]),
        ]);
        let text = write_routes(&routes);
        let read: Option<Routes> = text.lines().map(read_route).collect();
        assert_eq!(read, Some(routes));
        assert_eq!(read_route("127.1.0.1:1 ninety-six"), None);
    }
}
