//! A bad network between real clients and a real server, as a value: datagrams and times go in,
//! datagrams come out when they are due.
//!
//! Every client has a link of its own in each direction, as everybody in a lesson has a line of
//! their own. `command` is how links change at run time, `stats` what is reported, `shell` the
//! sockets and the clock.
//!
//! Invariant: at most [`MAX_CLIENTS`] clients are known; one that has said nothing for
//! [`IDLE_TIMEOUT`] is forgotten. What happens to a packet follows from the seed, the client's
//! number and the packet's place among those of its direction.

mod command;
mod shell;
mod stats;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::{ConfigError, Link, Schedule, Trace};
pub use command::Command;
pub use shell::{Handle, ProxyConfig, UdpProxy};
pub use stats::{Lateness, ProxyStats};

/// Clients at one time.
pub const MAX_CLIENTS: usize = 64;
/// A browser asks for consent every five seconds at least (RFC 7675 §5.1): this one is gone.
pub const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A client's number, counted from 0 as they appear and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ClientId(pub u64);

/// What became of a datagram that a client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intake {
    /// It is on its link.
    Known(ClientId),
    /// It is on its link, the first of a client that needs an upstream socket.
    New(ClientId),
    /// There are too many clients.
    Refused,
}

/// A datagram that has come through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// From this client's upstream socket to the server.
    ToServer(ClientId, Vec<u8>),
    /// From the listening socket to this client.
    ToClient(SocketAddr, Vec<u8>),
}

/// The two directions, as a client sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Direction {
    Up,
    Down,
}

#[derive(Debug)]
struct Client {
    address: SocketAddr,
    up: Link,
    down: Link,
    last_heard: Instant,
}

/// The proxy without its sockets.
#[derive(Debug)]
pub struct Proxy {
    seed: u64,
    /// What the next client's links are like.
    up: Schedule,
    down: Schedule,
    clients: BTreeMap<ClientId, Client>,
    addresses: BTreeMap<SocketAddr, ClientId>,
    next_id: u64,
    /// Of everybody forgotten.
    past: ProxyStats,
    lateness: Lateness,
}

impl Proxy {
    /// A proxy whose traces begin at `now`, for every client at the same time.
    ///
    /// # Panics
    /// If a link cannot be as a trace says.
    #[must_use]
    pub fn new(now: Instant, seed: u64, up: &Trace, down: &Trace) -> Self {
        Self {
            seed,
            up: Schedule::new(now, up),
            down: Schedule::new(now, down),
            clients: BTreeMap::new(),
            addresses: BTreeMap::new(),
            next_id: 0,
            past: ProxyStats::default(),
            lateness: Lateness::default(),
        }
    }

    /// Takes a datagram that a client sent.
    pub fn handle_client(&mut self, now: Instant, from: SocketAddr, bytes: Vec<u8>) -> Intake {
        let known = self.addresses.get(&from).copied();
        let Some(id) = known.or_else(|| self.add_client(now, from)) else {
            self.past.refused += 1;
            return Intake::Refused;
        };
        if let Some(client) = self.clients.get_mut(&id) {
            client.last_heard = now;
            client.up.push(now, bytes);
        }
        match known {
            Some(id) => Intake::Known(id),
            None => Intake::New(id),
        }
    }

    /// Takes a datagram that the server sent to a client's upstream socket.
    pub fn handle_server(&mut self, now: Instant, to: ClientId, bytes: Vec<u8>) {
        if let Some(client) = self.clients.get_mut(&to) {
            client.down.push(now, bytes);
        }
    }

    /// The next datagram that is due.
    pub fn poll(&mut self, now: Instant) -> Option<Delivery> {
        loop {
            let (due, id, direction) = self.next()?;
            if due > now {
                return None;
            }
            let client = self.clients.get_mut(&id)?;
            let link = match direction {
                Direction::Up => &mut client.up,
                Direction::Down => &mut client.down,
            };
            // Nothing comes out if only the link's queue moved on; the next turn sees it later.
            let Some(bytes) = link.pop(now) else { continue };
            self.lateness.note(now.duration_since(due));
            return Some(match direction {
                Direction::Up => Delivery::ToServer(id, bytes),
                Direction::Down => Delivery::ToClient(client.address, bytes),
            });
        }
    }

    /// When [`Self::poll`] has something to do next.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        self.next().map(|(at, ..)| at)
    }

    /// Forgets who has been silent for too long, and names them.
    pub fn forget_idle(&mut self, now: Instant) -> Vec<ClientId> {
        let is_idle = |client: &Client| now.duration_since(client.last_heard) >= IDLE_TIMEOUT;
        let idle = self.clients.iter().filter(|(_, client)| is_idle(client));
        let idle: Vec<_> = idle.map(|(id, _)| *id).collect();
        for id in &idle {
            self.forget(*id);
        }
        idle
    }

    /// Forgets a client and what is on the way to and from them.
    pub fn forget(&mut self, id: ClientId) {
        if let Some(client) = self.clients.remove(&id) {
            self.addresses.remove(&client.address);
            self.past.up += client.up.stats();
            self.past.down += client.down.stats();
        }
    }

    /// Changes links from now on: everybody's, also of those to come, or those of one port.
    ///
    /// # Errors
    /// [`ConfigError`] when some link cannot be so; those before it have changed.
    pub fn command(&mut self, now: Instant, command: &Command) -> Result<(), ConfigError> {
        let changes = [(&mut self.up, &command.up), (&mut self.down, &command.down)];
        if command.client_port.is_none() {
            for (schedule, change) in changes {
                while schedule.step(now).is_some() {}
                schedule.change(change)?;
            }
        }
        let port = command.client_port;
        let is_meant = |client: &&mut Client| port.is_none_or(|p| p == client.address.port());
        for client in self.clients.values_mut().filter(is_meant) {
            client.up.change(now, &command.up)?;
            client.down.change(now, &command.down)?;
        }
        Ok(())
    }

    /// What became of all packets so far.
    #[must_use]
    pub fn stats(&self, now: Instant) -> ProxyStats {
        let mut stats = self.past;
        stats.up_queue_now = Some(Duration::ZERO);
        stats.down_queue_now = Some(Duration::ZERO);
        stats.clients = self.clients.len();
        stats.clients_ever = self.next_id;
        stats.lateness = self.lateness;
        for Client { up, down, .. } in self.clients.values() {
            stats.up += up.stats();
            stats.down += down.stats();
            stats.up_queue_now = longer(stats.up_queue_now, up.queue_delay(now));
            stats.down_queue_now = longer(stats.down_queue_now, down.queue_delay(now));
        }
        stats
    }

    fn next(&self) -> Option<(Instant, ClientId, Direction)> {
        let links = self.clients.iter().flat_map(|(id, client)| {
            let up = client.up.next_at().map(|at| (at, *id, Direction::Up));
            let down = client.down.next_at().map(|at| (at, *id, Direction::Down));
            [up, down]
        });
        links.flatten().min()
    }

    fn add_client(&mut self, now: Instant, address: SocketAddr) -> Option<ClientId> {
        if self.clients.len() >= MAX_CLIENTS {
            return None;
        }
        let id = ClientId(self.next_id);
        self.next_id += 1;
        let link = |direction, schedule: &Schedule| {
            Link::on_schedule(now, link_seed(self.seed, id, direction), schedule.clone())
        };
        let client = Client {
            address,
            up: link(Direction::Up, &self.up),
            down: link(Direction::Down, &self.down),
            last_heard: now,
        };
        self.clients.insert(id, client);
        self.addresses.insert(address, id);
        Some(id)
    }
}

/// `None` is for ever.
fn longer(a: Option<Duration>, b: Option<Duration>) -> Option<Duration> {
    a.zip(b).map(|(a, b)| a.max(b))
}

/// Each link has luck of its own.
fn link_seed(seed: u64, id: ClientId, direction: Direction) -> u64 {
    let number = 2 * id.0 + u64::from(direction == Direction::Down);
    seed.wrapping_add(number)
}

#[cfg(test)]
mod tests;
