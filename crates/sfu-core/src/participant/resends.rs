//! When a receiver was last sent a packet again.
//!
//! Browsers ask for what they miss by a clock of their own, often before the answer to their last
//! question can have come: a packet is not sent again while it may be on its way.
//!
//! Invariant: what is forgotten is sent again; nobody waits for a packet because of this.

use crate::bounds::MAX_RECENT_RESENDS;
use std::time::{Duration, Instant};

/// The round trip assumed before one is measured.
const UNKNOWN_ROUND_TRIP: Duration = Duration::from_millis(50);

/// A packet that was sent again.
#[derive(Clone, Copy)]
struct Resend {
    down_track: u8,
    sequence_number: u16,
    at_ms: u32,
}

/// Those of one receiver, by place, some time ago or not long ago.
pub struct Resends {
    epoch: Instant,
    last: Box<[Option<Resend>; MAX_RECENT_RESENDS]>,
}

impl Resends {
    /// Nothing was sent again; `epoch` is any moment before.
    pub fn new(epoch: Instant) -> Self {
        Self {
            epoch,
            last: Box::new([None; MAX_RECENT_RESENDS]),
        }
    }

    /// Whether a packet of a slot that a receiver asks for is to be sent again: not within three
    /// quarters of the round trip after the last time, as that varies.
    pub fn is_due(
        &self,
        now: Instant,
        (down_track, sequence_number): (usize, u16),
        round_trip: Option<Duration>,
    ) -> bool {
        let on_its_way = round_trip.unwrap_or(UNKNOWN_ROUND_TRIP) * 3 / 4;
        self.last[place(down_track, sequence_number)].is_none_or(|last| {
            let is_it = last.sequence_number == sequence_number
                && usize::from(last.down_track) == down_track;
            let age_ms = self.millis(now).wrapping_sub(last.at_ms);
            !is_it || u128::from(age_ms) >= on_its_way.as_millis()
        })
    }

    /// Notes that a packet of a slot was sent again.
    pub fn note(&mut self, now: Instant, (down_track, sequence_number): (usize, u16)) {
        self.last[place(down_track, sequence_number)] = Some(Resend {
            down_track: down_track as u8,
            sequence_number,
            at_ms: self.millis(now),
        });
    }

    fn millis(&self, now: Instant) -> u32 {
        now.saturating_duration_since(self.epoch).as_millis() as u32
    }
}

/// Neighbours of one slot lie side by side, slots far from each other.
const fn place(down_track: usize, sequence_number: u16) -> usize {
    (sequence_number as usize + 37 * down_track) % MAX_RECENT_RESENDS
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUND_TRIP: Duration = Duration::from_millis(100);

    #[test]
    fn a_packet_is_sent_again_once_in_a_round_trip() {
        const LAP: u16 = MAX_RECENT_RESENDS as u16;
        for (after_ms, packet, is_due) in [
            (0, (1, 7), false),
            (74, (1, 7), false),
            (75, (1, 7), true),
            (0, (1, 8), true),
            (0, (2, 7), true),
            // The same place: one of them is forgotten.
            (0, (1, 7 + LAP), true),
        ] {
            let start = Instant::now();
            let mut resends = Resends::new(start);
            let due = resends.is_due(start, (1, 7), Some(ROUND_TRIP));
            assert!(due, "the first time");
            resends.note(start, (1, 7));
            let at = start + Duration::from_millis(after_ms);
            let due = resends.is_due(at, packet, Some(ROUND_TRIP));
            assert_eq!(due, is_due, "{packet:?} after {after_ms} ms");
        }
    }
}
