//! One probe: its packets, and what their arrival proves.
//!
//! Invariant: no proof without enough arrivals, nor from packets that were held up on the way; never
//! more than was sent.

/// Packets that must arrive to mean anything.
const MIN_ARRIVED: u32 = 4;
/// Came slower than this share of how it was sent: the path's limit was seen.
const SATURATED: f64 = 0.9;
/// What a limit that was seen is believed to be worth.
const BELIEVED: f64 = 0.97;
/// Packets that came this much faster than they were sent have been held up and say nothing.
const COMPRESSED: f64 = 2.0;
/// What a datagram takes of a line beside its own bytes: IPv4 and UDP.
const AROUND_BYTES: u64 = 28;
/// And what of a line that is full of three voices, each 50 packets a second, and of pictures in long
/// packets.
const AROUND_VOICES_BPS: f64 = 34_000.0;
const AROUND_PICTURES: f64 = 1.0 + AROUND_BYTES as f64 / 1_100.0;

/// What a probe has shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proof {
    /// Bits per second that came through.
    pub bps: f64,
    /// More would not have.
    pub is_limit: bool,
}

/// One probe, while it is sent and until it is reported on.
#[derive(Debug, Clone, Copy)]
pub struct Cluster {
    /// How fast it is sent, and for how long.
    pub target_bps: f64,
    pub begun_us: u64,
    pub span_us: u64,
    /// When more of it is due, and the padding of each of its packets.
    pub next_tick_us: u64,
    pub pad: u8,
    /// Packets and bytes sent before it.
    pub packets_before: u64,
    pub bytes_before: u64,
    /// Packets of it, once all are sent; and when that was.
    pub sent: Option<(u64, u64)>,
    /// Of those that arrived: how many, when the first and the last were sent and came, and the
    /// lengths that are no part of the time between.
    pub arrived: u32,
    pub bytes: u64,
    pub first_sent_us: u64,
    pub last_sent: (u64, u32),
    pub first_arrived: (i64, u32),
    pub last_arrived_us: i64,
}

impl Cluster {
    /// What the arrivals prove, of `sent` packets.
    pub fn proof(&self, sent: u64, inherent_loss: f64) -> Option<Proof> {
        if self.arrived < MIN_ARRIVED || 2 * u64::from(self.arrived) < sent {
            return None;
        }
        let rate = |bytes: u64, us: f64| bytes as f64 * 8e6 / us;
        let sent_for_us = self.last_sent.0.saturating_sub(self.first_sent_us) as f64;
        let came_for_us = (self.last_arrived_us - self.first_arrived.0) as f64;
        if sent_for_us < 1_000.0 || came_for_us < sent_for_us / COMPRESSED {
            return None;
        }
        let sent_bps = rate(self.bytes - u64::from(self.last_sent.1), sent_for_us);
        let came_bps = rate(self.bytes - u64::from(self.first_arrived.1), came_for_us);
        // What the path loses by itself has taken its place in the queue before.
        let lost = sent.saturating_sub(self.arrived.into()) as f64;
        let loss = lost / sent as f64;
        let overflowed = lost > (inherent_loss + 0.1) * sent as f64 + 2.0;
        let lost_anyway = if overflowed {
            1.0
        } else {
            1.0 / (1.0 - loss.min(inherent_loss))
        };
        let is_limit = overflowed || came_bps < SATURATED * sent_bps;
        let bps = lost_anyway * came_bps.min(sent_bps);
        Some(Proof {
            bps: match is_limit {
                // Who lost some of them has a queue that is too short to tell more.
                true if overflowed => BELIEVED * bps,
                true => BELIEVED * self.carried_bps(bps),
                false => bps,
            },
            is_limit,
        })
    }

    /// What a line carries of a lesson's datagrams that carries so much of these. Padding comes in
    /// short packets, of which what is around them is a tenth; pictures do not.
    fn carried_bps(&self, bps: f64) -> f64 {
        let around = (u64::from(self.arrived) * AROUND_BYTES) as f64 / self.bytes as f64;
        let line_bps = bps * (1.0 + around);
        bps.max((line_bps - AROUND_VOICES_BPS) / AROUND_PICTURES)
    }
}
