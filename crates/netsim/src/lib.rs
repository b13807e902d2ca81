//! Bad networks that repeat: seeded loss, delay, jitter, reordering, duplication and narrow rates.
//!
//! A [`Link`] is one direction between two places as a value: packets and times go in, packets come
//! out when they are due. A [`Network`] is nodes with addresses, links between them, and a clock
//! that only the test moves.
//!
//! Invariant: the same seed, configuration and calls give the same packets at the same times. No
//! socket, thread or clock is touched.

mod link;
mod network;

pub use link::{Link, LinkConfig, LinkStats, MAX_PACKETS_IN_FLIGHT};
pub use network::{Datagram, Network};
