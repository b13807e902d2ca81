//! What each slot is shown: of the layers that its size calls for, what the receiver's line carries.
//!
//! Invariant: targets change here alone; who is handed a layer's packets follows from them in
//! `subscriptions`.

use super::Sfu;
use crate::allocation::{MAX_WANTS, Rank, Want, allocate};
use crate::bounds::MAX_LAYERS;
use crate::layers::{MAX_TEMPORAL, Target};
use crate::model::SlotKind;
#[cfg(test)]
use crate::model::{ParticipantId, RoomId};
use crate::participant::ParticipantKey;
use crate::router::{RoomKey, SourceKey};
use crate::transmit::TransmitBatch;
use std::time::Instant;

/// What a layer costs, in bits per second, for the budget of a receiver: what our page lets its
/// encoder use at most (`web-client/src/media.ts`).
const BITRATES_BPS: [u64; MAX_LAYERS] = [150_000, 450_000, 1_500_000];
/// What voices cost a receiver at most: three at 40 kbit/s with their headers.
const AUDIO_BPS: u64 = 120_000;

impl Sfu {
    /// What congestion control thinks a participant's line carries; `None` is without limit.
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "congestion control is to feed it")
    )]
    pub(super) fn set_max_bitrate(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        max_bitrate_bps: Option<u64>,
        out: &mut TransmitBatch,
    ) {
        let participant = &mut self.participants[key];
        participant.max_bitrate_bps = max_bitrate_bps;
        self.retarget_all_of(now, key, out);
    }

    /// As [`Sfu::set_max_bitrate`], for plans.
    #[cfg(test)]
    pub(crate) fn limit(
        &mut self,
        now: Instant,
        room: RoomId,
        id: ParticipantId,
        max_bitrate_bps: Option<u64>,
        out: &mut TransmitBatch,
    ) {
        if let Some(key) = self.find_participant(room, id) {
            self.set_max_bitrate(now, key, max_bitrate_bps, out);
        }
    }

    /// Chooses again what each of a participant's slots is shown, and asks for what that needs.
    pub(super) fn retarget_all_of(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        out: &mut TransmitBatch,
    ) {
        for down_track in 0..self.participants[key].down_tracks.len() {
            self.retarget(now, key, down_track);
            if self.participants[key].transport.egress().is_some() {
                self.request_awaited_by(now, key, down_track, out);
            }
        }
    }

    /// Chooses again for everybody who receives a source.
    pub(super) fn retarget_source(&mut self, now: Instant, room: RoomKey, source: SourceKey) {
        let receivers = self.rooms[room].sources[source].receivers.clone();
        for receiver in receivers {
            self.retarget(now, receiver.participant, receiver.down_track);
        }
    }

    /// Chooses what a slot is shown: what its size calls for and the line can carry.
    pub(super) fn retarget(&mut self, now: Instant, key: ParticipantKey, down_track: usize) {
        let participant = &self.participants[key];
        let (room, track) = (participant.room, &participant.down_tracks[down_track]);
        let Some(source) = track.source() else { return };
        if track.slot.is_video() {
            let budget = participant.max_bitrate_bps;
            let participant = &mut self.participants[key];
            let budget = participant.allocator.budget(now, budget);
            let target = match budget {
                Some(budget) => self.allocated(key, down_track, budget),
                None => Target {
                    spatial: self.layer_wanted(key, down_track),
                    temporal: MAX_TEMPORAL,
                },
            };
            let info = &self.rooms[room].sources[source].info;
            let fallback = info.fallback(target.spatial);
            let track = &mut self.participants[key].down_tracks[down_track];
            track.set_target(target, fallback);
        }
        self.settle(now, key, down_track);
    }

    /// The layer that a slot's size calls for.
    fn layer_wanted(&self, key: ParticipantKey, down_track: usize) -> u8 {
        let participant = &self.participants[key];
        let track = &participant.down_tracks[down_track];
        let height = match track.slot {
            SlotKind::Video(slot) => participant.heights.get(usize::from(slot)),
            _ => None,
        };
        let source = track.source();
        let routed = source.and_then(|source| self.rooms[participant.room].sources.get(source));
        routed.map_or(0, |routed| {
            routed.info.layer_for(height.copied().unwrap_or(0))
        })
    }

    /// What a slot gets when all of its participant's slots share a budget. A slot for which nothing
    /// is left gets the smallest of what there is: whoever is watched is not taken away here.
    fn allocated(&self, key: ParticipantKey, down_track: usize, budget_bps: u64) -> Target {
        let participant = &self.participants[key];
        let router = &self.rooms[participant.room];
        let mut wants = arrayvec::ArrayVec::<Want, MAX_WANTS>::new();
        let mut own = None;
        for (number, track) in participant.down_tracks.iter().enumerate() {
            let source = track.source().and_then(|source| router.sources.get(source));
            let Some(routed) = source.filter(|_| track.slot.is_video() && !wants.is_full()) else {
                continue;
            };
            if number == down_track {
                own = Some(wants.len());
            }
            wants.push(Want {
                rank: match track.slot {
                    SlotKind::Screen => Rank::Screen,
                    _ if routed.always_heard => Rank::Teacher,
                    _ if router.announced.contains(&routed.owner) => Rank::Speaker,
                    _ => Rank::Other,
                },
                spatial: self.layer_wanted(key, number),
                bitrates_bps: match routed.info.count {
                    // One stream costs what the largest layer would.
                    0 | 1 => [BITRATES_BPS[MAX_LAYERS - 1]; MAX_LAYERS],
                    _ => BITRATES_BPS,
                },
            });
        }
        let targets = allocate(budget_bps, AUDIO_BPS, &wants);
        let given = own.and_then(|own| targets.get(own).copied().flatten());
        given.unwrap_or(Target {
            spatial: 0,
            temporal: 0,
        })
    }
}
