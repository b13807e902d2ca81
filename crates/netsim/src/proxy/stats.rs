//! What the proxy reports: what became of the packets, and how well it kept its own time.
//!
//! Invariant: the JSON names its units; all counters are since the start.

use serde_json::{Value, json};
use std::time::Duration;

use crate::LinkStats;

/// What is later than this is counted as late.
const LATE: Duration = Duration::from_millis(1);

/// What became of all packets so far.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ProxyStats {
    /// Clients now.
    pub clients: usize,
    /// Clients ever.
    pub clients_ever: u64,
    /// Datagrams refused, as there were too many clients.
    pub refused: u64,
    /// From clients to the server, all together.
    pub up: LinkStats,
    /// From the server to clients, all together.
    pub down: LinkStats,
    /// The longest queue now; `None` while one stands still.
    pub up_queue_now: Option<Duration>,
    /// Likewise towards clients.
    pub down_queue_now: Option<Duration>,
    /// How much later than due datagrams were handed on.
    pub lateness: Lateness,
}

/// How well the proxy kept its time: what a busy machine adds to every link's delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lateness {
    /// Datagrams handed on.
    pub count: u64,
    /// How late they were together.
    pub total: Duration,
    /// The latest.
    pub most: Duration,
    /// More than a millisecond late.
    pub late: u64,
}

impl Lateness {
    pub(super) fn note(&mut self, by: Duration) {
        self.count += 1;
        self.total += by;
        self.most = self.most.max(by);
        self.late += u64::from(by > LATE);
    }
}

impl ProxyStats {
    /// As one line of JSON, `at` since the start.
    #[must_use]
    pub fn to_json(&self, at: Duration) -> Value {
        let Lateness {
            count, total, most, ..
        } = self.lateness;
        json!({
            "at_s": at.as_secs_f64(),
            "clients": self.clients,
            "clients_ever": self.clients_ever,
            "refused": self.refused,
            "up": direction(&self.up, self.up_queue_now),
            "down": direction(&self.down, self.down_queue_now),
            "own_lateness": {
                "mean_ms": ms(total) / count.max(1) as f64,
                "most_ms": ms(most),
                "above_1_ms": self.lateness.late,
            },
        })
    }
}

fn direction(stats: &LinkStats, queue_now: Option<Duration>) -> Value {
    json!({
        "sent": stats.pushed,
        "sent_bytes": stats.pushed_bytes,
        "delivered": stats.delivered,
        "delivered_bytes": stats.delivered_bytes,
        "lost": stats.lost,
        "queue_drops": stats.overflowed,
        "duplicated": stats.duplicated,
        "queue_ms": {
            "now": queue_now.map(ms),
            "mean": ms(stats.queued_mean()),
            "most": ms(stats.queued_most),
        },
    })
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
