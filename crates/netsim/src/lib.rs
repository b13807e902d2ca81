//! Bad networks that repeat: loss, bursts, delay, jitter, reordering, copies, narrow rates with
//! their queues, and all of these changing over time.
//!
//! In the order a packet meets them: a [`LinkConfig`] is how a link treats packets, a
//! [`LinkChange`] some of it, a [`Trace`] how it changes over time, a [`Link`] one direction
//! between two places that does it. Around links there are two worlds: a [`Network`] of nodes in
//! virtual time, for plans; and a [`Proxy`] between real clients and a real server, which
//! [`UdpProxy`] gives sockets and a clock, and the program `homeroom-netsim` a command line.
//!
//! Invariant: the same seed, configuration and calls give the same packets at the same times. No
//! socket, thread or clock is touched but in [`UdpProxy`] and the program.

mod change;
mod config;
mod link;
mod network;
mod proxy;
mod trace;

pub use change::LinkChange;
pub use config::{ConfigError, LinkConfig, MAX_BURST, MAX_QUEUE_BYTES, MAX_RATE_BPS, MAX_TIME};
pub use link::{Link, LinkStats, MAX_BYTES_IN_FLIGHT, MAX_PACKETS_IN_FLIGHT};
pub use network::{Datagram, Network};
pub use proxy::{
    ClientId, Command, Delivery, Handle, IDLE_TIMEOUT, Intake, Lateness, MAX_CLIENTS, Proxy,
    ProxyConfig, ProxyStats, UdpProxy,
};
pub use trace::{MAX_STEPS, Schedule, Step, Trace, TraceError};
