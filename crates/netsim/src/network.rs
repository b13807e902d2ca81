//! Nodes with addresses, a link for each pair and direction, and a clock that the test moves.
//!
//! Invariant: datagrams come out in order of time, then of sender and receiver address, so a plan
//! that drives the network by [`Network::next_at`] and [`Network::receive`] repeats exactly.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::{Link, LinkConfig, LinkStats, Trace};

/// A packet with its addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datagram {
    /// Who sent it.
    pub from: SocketAddr,
    /// Whom it reached.
    pub to: SocketAddr,
    /// What it says.
    pub bytes: Vec<u8>,
}

/// All links of a test.
#[derive(Debug)]
pub struct Network {
    start: Instant,
    now: Instant,
    seed: u64,
    default: Trace,
    /// Keyed by sender, then receiver.
    links: BTreeMap<(SocketAddr, SocketAddr), Link>,
}

impl Network {
    /// A network whose pairs are linked by `default` until told otherwise.
    #[must_use]
    pub fn new(start: Instant, seed: u64, default: LinkConfig) -> Self {
        Self {
            start,
            now: start,
            seed,
            default: default.into(),
            links: BTreeMap::new(),
        }
    }

    /// The virtual time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.now
    }

    /// Virtual time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.now - self.start
    }

    /// Changes one direction between two nodes.
    pub fn set_link(&mut self, from: SocketAddr, to: SocketAddr, config: LinkConfig) {
        let now = self.now;
        self.link(from, to).set_config(now, config);
    }

    /// Lets one direction between two nodes follow a trace that begins now.
    pub fn set_trace(&mut self, from: SocketAddr, to: SocketAddr, trace: &Trace) {
        let now = self.now;
        self.link(from, to).set_trace(now, trace);
    }

    /// Changes both directions between two nodes.
    pub fn set_path(&mut self, a: SocketAddr, b: SocketAddr, config: LinkConfig) {
        self.set_link(a, b, config);
        self.set_link(b, a, config);
    }

    /// What became of the packets of one direction.
    #[must_use]
    pub fn stats(&self, from: SocketAddr, to: SocketAddr) -> LinkStats {
        self.links
            .get(&(from, to))
            .map(Link::stats)
            .unwrap_or_default()
    }

    /// Sends a datagram at the current time.
    pub fn send(&mut self, from: SocketAddr, to: SocketAddr, bytes: Vec<u8>) {
        let now = self.now;
        self.link(from, to).push(now, bytes);
    }

    /// When [`Self::receive`] has something to do next.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        self.links.values().filter_map(Link::next_at).min()
    }

    /// Moves the clock forward.
    ///
    /// # Panics
    /// If `at` is in the past, or past a datagram that has not been received.
    pub fn advance_to(&mut self, at: Instant) {
        assert!(at >= self.now, "time does not run backwards");
        assert!(
            self.next_at().is_none_or(|due| due >= at),
            "a datagram would arrive late"
        );
        self.now = at;
    }

    /// The next datagram that is due now.
    pub fn receive(&mut self) -> Option<Datagram> {
        let now = self.now;
        loop {
            let next = |(pair, link): (&(SocketAddr, SocketAddr), &Link)| {
                link.next_at().map(|at| (at, *pair))
            };
            let (at, pair) = self.links.iter().filter_map(next).min()?;
            if at > now {
                return None;
            }
            // Nothing comes out if only the link's queue moved on; the next turn sees it later.
            if let Some(bytes) = self.links.get_mut(&pair)?.pop(now) {
                let (from, to) = pair;
                return Some(Datagram { from, to, bytes });
            }
        }
    }

    fn link(&mut self, from: SocketAddr, to: SocketAddr) -> &mut Link {
        // Links are numbered as they appear, so that each has a seed of its own.
        let seed = self.seed.wrapping_add(self.links.len() as u64);
        self.links
            .entry((from, to))
            .or_insert_with(|| Link::new(self.now, seed, &self.default))
    }
}

#[cfg(test)]
mod tests;
