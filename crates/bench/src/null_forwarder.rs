//! The floor: a program that sends each packet on to where it is told, and does nothing else.
//!
//! It has the server's own socket module and waits and receives as a worker does. There is no
//! crypto, no state and no logic: a packet's bytes are put beside its burst's once, and each
//! receiver's datagrams point at them.
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

/// Receive calls before it waits again, as in a worker.
const RECEIVES_PER_TURN: usize = 8;
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
    /// What came for each route, by place in the batch; in the order of the routes.
    burst: Vec<(Sender, Vec<usize>)>,
}

impl Forwarder {
    fn new(socket: UdpSocket, routes: Routes) -> Self {
        let burst = routes.keys().map(|key| (*key, Vec::new())).collect();
        Self {
            socket,
            routes,
            batch: RecvBatch::default(),
            arena: Vec::with_capacity(ARENA_BYTES),
            datagrams: Vec::new(),
            burst,
        }
    }

    fn run(mut self) -> Result<()> {
        let mut poll = Poll::new()?;
        let fd = self.socket.as_raw_fd();
        let registry = poll.registry();
        registry.register(&mut SourceFd(&fd), Token(0), Interest::READABLE)?;
        let mut events = Events::with_capacity(4);
        loop {
            match poll.poll(&mut events, None) {
                Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error.into()),
                _ => {}
            }
            while self.turn() {}
        }
    }

    /// Receives and sends for a while; whether there may be more.
    fn turn(&mut self) -> bool {
        for _ in 0..RECEIVES_PER_TURN {
            if self.socket.recv(&mut self.batch).is_err() {
                return false;
            }
            self.take_burst();
            self.fan_out();
        }
        true
    }

    fn take_burst(&mut self) {
        for index in 0..self.batch.len() {
            let (bytes, from) = self.batch.get_mut(index);
            // STUN and feedback have no route: RTCP reads as a payload type of 64 to 95 here, which
            // no codec has (RFC 5761 §4).
            let &mut [_, second, ..] = bytes else {
                continue;
            };
            let key = (from, second & 0x7f);
            let Ok(route) = self.burst.binary_search_by_key(&key, |(key, _)| *key) else {
                continue;
            };
            self.burst[route].1.push(index);
        }
    }

    fn fan_out(&mut self) {
        self.arena.clear();
        self.datagrams.clear();
        for (sender, packets) in self.burst.iter_mut().filter(|(_, p)| !p.is_empty()) {
            let places = place(&mut self.batch, packets, &mut self.arena);
            packets.clear();
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

/// Puts packets side by side; returns where each starts and how long it is. Those that are a little
/// shorter than the longest are made as long, as an SFU would pad them, so that the kernel takes
/// them as one: a floor must not lie above the ceiling.
fn place(batch: &mut RecvBatch, packets: &[usize], arena: &mut Vec<u8>) -> Vec<(usize, usize)> {
    let lengths = packets.iter().map(|index| batch.get_mut(*index).0.len());
    let longest = lengths.max().unwrap_or(0);
    let place = |index: &usize| {
        let (bytes, _) = batch.get_mut(*index);
        let start = arena.len();
        arena.extend_from_slice(bytes);
        if longest - bytes.len() <= longest / PADDING_SHARE {
            arena.resize(start + longest, 0);
        }
        (start, arena.len() - start)
    };
    packets.iter().map(place).collect()
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
