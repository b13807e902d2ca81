//! What each slot is shown: of the layers that its size calls for, what the receiver's line carries.
//!
//! Invariant: targets change here alone; who is handed a layer's packets follows from them in
//! `subscriptions`.

use super::Sfu;
use super::costs::bitrates_of;
use crate::allocation::{Allocator, MAX_WANTS, Rank, Want, allocate};
use crate::down_track::DownTrack;
use crate::event::Event;
use crate::layers::{Hurry, MAX_TEMPORAL, Target};
use crate::model::SlotKind;
#[cfg(test)]
use crate::model::{ParticipantId, RoomId};
use crate::participant::{Participant, ParticipantKey};
use crate::protection::REDUNDANCY_BPS;
use crate::router::{Receiver, RoomKey, SourceKey};
use crate::transmit::TransmitBatch;
use std::time::Instant;

/// What a voice costs with its headers.
const VOICE_BPS: u64 = 40_000;
/// The same at its low rate.
const LOW_VOICE_BPS: u64 = 20_000;
/// Below this, in bits per second, a line is spent on voices at their low rate, so that something is
/// left beside them; and up to that, so that it does not waver.
const THRIFTY_BELOW_BPS: u64 = 120_000;
/// See [`THRIFTY_BELOW_BPS`].
const THRIFTY_UNTIL_BPS: u64 = 160_000;

/// The targets of a participant's pictures, by down track; `None` is nothing.
type Pictures = arrayvec::ArrayVec<Picture, MAX_WANTS>;

/// One picture's.
struct Picture {
    down_track: usize,
    /// The layer that its size calls for.
    whole: u8,
    target: Option<Target>,
    hurry: Hurry,
}

impl Sfu {
    /// A participant's line may carry more or less than before: spends what it does.
    pub(super) fn obey_estimate(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        out: &mut TransmitBatch,
    ) {
        let participant = &mut self.participants[key];
        let before = participant.allocator.current();
        let limit = participant.limit_bps(now);
        let is_climbing = participant.congestion.is_climbing(now);
        let budget = participant.allocator.budget(now, limit, is_climbing);
        if budget != before {
            let is_lower = budget.unwrap_or(u64::MAX) < before.unwrap_or(u64::MAX);
            self.stats.budgets_lowered += u64::from(is_lower);
            self.stats.budgets_raised += u64::from(!is_lower);
            self.retarget_all_of(now, key, out);
        }
    }

    /// Limits what a participant is sent, for plans.
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
            self.participants[key].max_bitrate_bps = max_bitrate_bps;
            self.obey_estimate(now, key, out);
        }
    }

    /// Chooses again what each of a participant's slots is shown, and asks for what that needs.
    pub(super) fn retarget_all_of(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        out: &mut TransmitBatch,
    ) {
        self.participants[key].judge_thrift();
        for down_track in 0..self.participants[key].down_tracks.len() {
            self.aim_voice(now, key, down_track);
        }
        for picture in self.pictures_of(now, key) {
            self.aim(now, key, &picture);
            if self.participants[key].transport.egress().is_some() {
                self.request_awaited_by(now, key, picture.down_track, out);
            }
        }
        self.participants[key].set_pacing();
        self.tell_withheld(key);
    }

    /// Tells what of all that a participant watches its line does not carry, when that has changed.
    fn tell_withheld(&mut self, key: ParticipantKey) {
        let participant = &mut self.participants[key];
        let router = &self.rooms[participant.room];
        let paused = participant.down_tracks.iter().filter(|t| t.is_paused());
        let is_screen = |track: &&DownTrack| track.slot == SlotKind::Screen;
        let screen = paused.clone().any(|track| is_screen(&track));
        let cameras = paused.filter(|track| !is_screen(track));
        let cameras = cameras.filter_map(|track| router.sources.get(track.source()?));
        let cameras = cameras.map(|routed| routed.owner);
        if participant.withheld.1 == screen
            && cameras.clone().eq(participant.withheld.0.iter().copied())
        {
            return;
        }
        participant.withheld = (cameras.collect(), screen);
        let event = Event::Withheld {
            room: router.id,
            participant: participant.id,
            cameras: participant.withheld.0.clone(),
            screen,
        };
        self.push_event(event);
    }

    /// Chooses again for everybody who receives a source.
    pub(super) fn retarget_source(&mut self, now: Instant, room: RoomKey, source: SourceKey) {
        let receivers = self.rooms[room].sources[source].receivers.clone();
        for Receiver { slot, .. } in receivers {
            self.retarget(now, slot.participant, slot.down_track);
        }
    }

    /// Chooses what a slot is shown: what its size calls for and the line can carry.
    pub(super) fn retarget(&mut self, now: Instant, key: ParticipantKey, down_track: usize) {
        #[cfg(test)]
        {
            self.retargets += 1;
        }
        if !self.participants[key].down_tracks[down_track]
            .slot
            .is_video()
        {
            self.aim_voice(now, key, down_track);
            return;
        }
        let mut pictures = self.pictures_of(now, key).into_iter();
        if let Some(picture) = pictures.find(|picture| picture.down_track == down_track) {
            self.aim(now, key, &picture);
        }
    }

    /// Chooses at which of its rates a voice is heard; of anything else, nothing.
    fn aim_voice(&mut self, now: Instant, key: ParticipantKey, down_track: usize) {
        let participant = &mut self.participants[key];
        let track = &mut participant.down_tracks[down_track];
        if track.slot.is_video() {
            return;
        }
        if let Some(source) = track.source() {
            let info = &self.rooms[participant.room].sources[source].info;
            let spatial = match participant.is_thrifty {
                true => 0,
                false => info.top(),
            };
            let target = Target {
                spatial,
                ..Target::WHOLE
            };
            track.set_target(Some(target), info.fallback(spatial), Hurry::No);
        }
        self.settle(now, key, down_track);
    }

    fn aim(&mut self, now: Instant, key: ParticipantKey, picture: &Picture) {
        let &Picture {
            down_track,
            whole,
            target,
            hurry,
        } = picture;
        let participant = &mut self.participants[key];
        let track = &mut participant.down_tracks[down_track];
        let Some(source) = track.source() else { return };
        let info = &self.rooms[participant.room].sources[source].info;
        let fallback = target.and_then(|target| info.fallback(target.spatial));
        track.share_stream(info.share_stream);
        track.note_chosen(now, whole, target.is_some_and(|t| t.spatial >= whole));
        track.set_target(target, fallback, hurry);
        self.settle(now, key, down_track);
    }

    /// What each of a participant's pictures gets when they share its line after the voices, as
    /// [`allocate`] has it. Says what there is use for, too: more need not be looked for.
    fn pictures_of(&mut self, now: Instant, key: ParticipantKey) -> Pictures {
        let participant = &self.participants[key];
        let router = &self.rooms[participant.room];
        let mut wants = arrayvec::ArrayVec::<Want, MAX_WANTS>::new();
        let mut pictures = Pictures::new();
        let mut whole_bps = 0;
        // What voices cost as they are heard, and as they would be on a better line.
        let (mut audio_bps, mut whole_audio_bps, mut has_low) = (0, 0, false);
        for (number, track) in participant.down_tracks.iter().enumerate() {
            let source = track.source().and_then(|source| router.sources.get(source));
            let Some(routed) = source.filter(|_| !wants.is_full()) else {
                continue;
            };
            if !track.slot.is_video() {
                if track.slot == SlotKind::ScreenAudio && routed.is_unheard() {
                    continue;
                }
                let redundancy_bps = track.redundancy as u64 * REDUNDANCY_BPS;
                whole_audio_bps += VOICE_BPS + redundancy_bps;
                has_low |= participant.is_thrifty && routed.info.count > 1;
                audio_bps += redundancy_bps;
                audio_bps += match participant.is_thrifty && routed.info.count > 1 {
                    true => LOW_VOICE_BPS,
                    false => VOICE_BPS,
                };
                continue;
            }
            let height = match track.slot {
                SlotKind::Video(slot) => participant.heights.get(usize::from(slot)),
                _ => None,
            };
            let spatial = routed.info.layer_for(height.copied().unwrap_or(0));
            whole_bps += bitrates_of(now, routed, None)[usize::from(spatial)];
            pictures.push(Picture {
                down_track: number,
                whole: spatial,
                target: None,
                hurry: Hurry::No,
            });
            wants.push(Want {
                rank: match track.slot {
                    SlotKind::Screen => Rank::Screen,
                    _ if routed.always_heard => Rank::Teacher,
                    _ if router.speaking_now.contains(&routed.owner) => Rank::Speaker,
                    _ => Rank::Other,
                },
                spatial,
                bitrates_bps: bitrates_of(now, routed, track.carried(now)),
            });
        }
        let least_bps = if has_low { LOW_VOICE_BPS } else { VOICE_BPS };
        let audio_bps = audio_bps.max(least_bps);
        let wanted_bps = Allocator::line_for(whole_audio_bps.max(VOICE_BPS) + whole_bps);
        // Or nobody would find out that voices could be whole again.
        let wanted_bps = match has_low {
            true => wanted_bps.max(Allocator::line_for(Allocator::line_for(THRIFTY_UNTIL_BPS))),
            false => wanted_bps,
        };
        let budget = participant.allocator.current();
        if let Some(budget_bps) = budget {
            let targets = allocate(budget_bps, audio_bps, &wants);
            for ((picture, want), target) in pictures.iter_mut().zip(&wants).zip(targets) {
                let shown = participant.down_tracks[picture.down_track].layer();
                picture.target = target;
                picture.hurry = target.map_or(Hurry::No, |target| want.hurry(shown, target));
            }
        } else {
            for (picture, want) in pictures.iter_mut().zip(&wants) {
                picture.target = Some(Target {
                    spatial: want.spatial,
                    temporal: MAX_TEMPORAL,
                });
            }
        }
        self.participants[key].congestion.set_wanted(wanted_bps);
        pictures
    }
}

impl Participant {
    /// Looks whether its line is for voices at their low rate.
    const fn judge_thrift(&mut self) {
        let bound_bps = match self.is_thrifty {
            true => THRIFTY_UNTIL_BPS,
            false => THRIFTY_BELOW_BPS,
        };
        self.is_thrifty = matches!(self.allocator.current(), Some(bps) if bps < bound_bps);
    }
}
