//! Pictures wait where a line is narrow, so that a key frame does not stand in the way of the voices
//! behind it.
//!
//! Held are places in the source's cache, not packets: nothing is copied. What a slot shows is decided
//! when a packet leaves, so order and choice are as without waiting.
//!
//! Slides wait longer, behind faces: on a line of 64 kbit/s one takes seconds beside a voice, and
//! still is a slide. What a receiver then asks for is on its way.
//!
//! Invariant: of one slot nothing overtakes what is held but repetitions; no face's packet waits
//! longer than [`PACE_LONGEST`] and a tick; a screen's that waits for [`SLIDE_LONGEST`] is given up
//! with all behind it; no more than [`crate::bounds::MAX_HELD`] of each wait.

use super::Sfu;
use crate::bounds::{PACE_LONGEST, PACE_TICK, SLIDE_LONGEST};
use crate::model::SlotKind;
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
        self.participants[key].release_at = None;
        self.give_up_late_slides(now, key, out);
        while let Some(&held) = self.participants[key].waiting.next() {
            let receiver = &mut self.participants[key];
            let is_slide = receiver.waiting.faces.is_empty();
            let is_late = now.saturating_duration_since(held.since) >= PACE_LONGEST && !is_slide;
            let is_full = out.wants_flush();
            if is_full || receiver.congestion.budget(now, is_slide) == 0 && !is_late {
                receiver.release_at = Some(now + PACE_TICK);
                return;
            }
            receiver.waiting.pop(now);
            self.release(now, key, held, out);
        }
    }

    /// A screen that moves more than the line carries would be shown later and later.
    fn give_up_late_slides(&mut self, now: Instant, key: ParticipantKey, out: &mut TransmitBatch) {
        let receiver = &mut self.participants[key];
        let is_late = |held: &Held| now.saturating_duration_since(held.since) >= SLIDE_LONGEST;
        let waiting = &mut receiver.waiting;
        let Some(&held) = waiting.slides.front().filter(|held| is_late(held)) else {
            return;
        };
        // The rest of a picture that has begun is worth the wait.
        if waiting
            .slides
            .back()
            .is_none_or(|last| last.timestamp == held.timestamp)
        {
            return;
        }
        waiting.give_up_slides();
        let room = receiver.room;
        self.request_key_frame(now, room, held.source, held.layer, out);
    }

    /// Sends one held packet, if its slot still shows its layer.
    fn release(&mut self, now: Instant, key: ParticipantKey, held: Held, out: &mut TransmitBatch) {
        let receiver = &mut self.participants[key];
        let track = &mut receiver.down_tracks[held.down_track];
        if track.source() != Some(held.source) {
            return;
        }
        let routed = self.rooms[receiver.room].sources.get(held.source);
        let cache = routed.and_then(|r| r.layers[usize::from(held.layer)].cache.as_deref());
        let packet = cache.and_then(|cache| cache.get(held.index));
        let (Some(packet), Some((to, sealer))) = (packet, receiver.transport.egress()) else {
            return;
        };
        if held.begins_anew {
            track.lose_picture();
        }
        let awaited = track.awaits(held.layer);
        let congestion = &mut receiver.congestion;
        let now_us = congestion.micros(now);
        let stamp = congestion.stamp().filter(|_| track.labels.is_stamped);
        let sent = out.push(to, |buffer| {
            let len = track.forward(now, held.layer, &packet, None, 0, stamp, sealer, buffer)?;
            congestion.on_sent(now_us, len, stamp.is_some());
            Some(len)
        });
        let has_switched = awaited && !track.awaits(held.layer);
        self.stats.rtp_sent += u64::from(sent);
        if has_switched {
            self.settle(now, key, held.down_track);
        }
    }
}

impl crate::participant::Participant {
    /// Pictures wait from now on if its line is narrow, and no more if it is not. What is held still
    /// leaves in its turn.
    pub fn set_pacing(&mut self) {
        self.is_paced = self.is_narrow();
        if self.is_paced {
            let mut screens = self
                .down_tracks
                .iter()
                .filter(|t| t.slot == SlotKind::Screen);
            let has_screen = screens.any(|track| track.source().is_some());
            self.waiting.reserve(has_screen);
        }
    }
}
