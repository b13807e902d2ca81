//! Pictures wait where a line is narrow, so that a key frame does not stand in the way of the voices
//! behind it.
//!
//! Held are places in the source's cache, not packets: nothing is copied. What a slot shows is decided
//! when a packet leaves, so order and choice are as without waiting.
//!
//! Invariant: of one receiver nothing overtakes what is held but voices and repetitions; nothing waits
//! longer than [`PACE_LONGEST`] and a tick, and no more than [`MAX_HELD`] packets do.

use super::Sfu;
use crate::bounds::{MAX_HELD, PACE_LONGEST, PACE_TICK};
use crate::participant::{Held, ParticipantKey};
use crate::transmit::TransmitBatch;
use std::time::Instant;

impl Sfu {
    /// Sends what a receiver's line has room for now, or what has waited long enough.
    pub(super) fn release_held(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        out: &mut TransmitBatch,
    ) {
        if self.participants[key].release_at.is_none_or(|at| at > now) {
            return;
        }
        let receiver = &mut self.participants[key];
        receiver.release_at = None;
        let mut budget = receiver.congestion.budget(now);
        while let Some(&held) = self.participants[key].held.front() {
            let is_late = now.saturating_duration_since(held.since) >= PACE_LONGEST;
            let is_full = out.wants_flush();
            if is_full || budget == 0 && !is_late {
                self.participants[key].release_at = Some(now + PACE_TICK);
                return;
            }
            self.participants[key].held.pop_front();
            budget = budget.saturating_sub(self.release(now, key, held, out));
        }
    }

    /// Sends one held packet, if its slot still shows its layer; its length.
    fn release(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        held: Held,
        out: &mut TransmitBatch,
    ) -> usize {
        let receiver = &mut self.participants[key];
        let track = &mut receiver.down_tracks[held.down_track];
        if track.source() != Some(held.source) {
            return 0;
        }
        let routed = self.rooms[receiver.room].sources.get(held.source);
        let cache = routed.and_then(|r| r.layers[usize::from(held.layer)].cache.as_deref());
        let packet = cache.and_then(|cache| cache.get(held.index));
        let (Some(packet), Some((to, sealer))) = (packet, receiver.transport.egress()) else {
            return 0;
        };
        let awaited = track.awaits(held.layer);
        let congestion = &mut receiver.congestion;
        let now_us = congestion.micros(now);
        let stamp = congestion.stamp().filter(|_| track.labels.is_stamped);
        let mut len = 0;
        let sent = out.push(to, |buffer| {
            len = track.forward(now, held.layer, &packet, None, 0, stamp, sealer, buffer)?;
            congestion.on_sent(now_us, len, stamp.is_some());
            Some(len)
        });
        let has_switched = awaited && !track.awaits(held.layer);
        self.stats.rtp_sent += u64::from(sent);
        if has_switched {
            self.settle(now, key, held.down_track);
        }
        len
    }
}

impl crate::participant::Participant {
    /// Pictures wait from now on if its line is narrow, and no more if it is not. What is held still
    /// leaves in its turn.
    pub fn set_pacing(&mut self) {
        self.is_paced = self.is_narrow();
        if self.is_paced {
            self.held.reserve_exact(MAX_HELD - self.held.len());
        }
    }
}
