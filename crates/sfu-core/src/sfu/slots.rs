//! Which source is in which slot, and what follows from a change: key frames, interest.
//!
//! Invariant: a slot's source and that source's subscriber list always agree; only
//! [`Sfu::set_slot`] and removal change either.

use super::Sfu;
use crate::layers::LayerSet;
use crate::model::{ParticipantId, SlotKind, Source};
use crate::participant::{Liveness, ParticipantKey};
use crate::relay::Relay;
use crate::router::{Origin, Receiver, RoomKey, SourceKey, Subscriber};
use crate::transmit::TransmitBatch;
use std::time::{Duration, Instant};

/// At most one key-frame request per layer crosses to its worker in this time.
const ASK_INTERVAL: Duration = Duration::from_millis(100);

impl Sfu {
    /// Puts a source, or none, into a slot.
    pub(super) fn set_slot(
        &mut self,
        now: Instant,
        participant: ParticipantKey,
        down_track: usize,
        source: Option<SourceKey>,
        out: &mut TransmitBatch,
    ) {
        let receiver = &mut self.participants[participant];
        // Who can receive nothing costs nobody anything.
        let source = source.filter(|_| receiver.liveness != Liveness::Failed);
        let room = receiver.room;
        let before = receiver.down_tracks[down_track].source();
        if before == source {
            return;
        }
        receiver.down_tracks[down_track].set_source(source);
        receiver.down_tracks[down_track].subscribed = LayerSet::NONE;
        let subscriber = Subscriber {
            participant,
            down_track,
        };
        if let Some(before) = before
            && let Some(routed) = self.rooms[room].sources.get_mut(before)
        {
            routed.unsubscribe(now, |s| *s == subscriber);
            self.look_after(now, room);
            self.note_demand(now, room, before);
        }
        let Some(source) = source else { return };
        let routed = &mut self.rooms[room].sources[source];
        routed.receivers.push(Receiver {
            slot: subscriber,
            layers: LayerSet::NONE,
        });
        self.retarget(now, participant, down_track);
        // Asked for sooner, the key frame would come before the receiver can take it.
        if self.participants[participant].transport.egress().is_some() {
            self.request_awaited_by(now, participant, down_track, out);
        }
    }

    /// Asks whoever sends a layer of a video source for a key frame, at its bounded rate.
    pub(super) fn request_key_frame(
        &mut self,
        now: Instant,
        room: RoomKey,
        source: SourceKey,
        layer: u8,
        out: &mut TransmitBatch,
    ) {
        let router = &mut self.rooms[room];
        let Some(routed) = router
            .sources
            .get_mut(source)
            .filter(|r| r.source.is_video())
        else {
            return;
        };
        let layer = routed.info.stream_of(layer);
        match routed.origin {
            Origin::Local(publisher) => {
                let source = routed.source;
                let participant = &mut self.participants[publisher];
                if let Some(track) = participant.up_track(source, layer) {
                    track.key_frame.want();
                    participant.poll_key_frames(now, &mut self.stats, out);
                    self.reschedule(now, publisher);
                }
            }
            // The publisher's worker paces what it asks; this only spares the way there.
            Origin::Remote(worker) => {
                let asked_at = &mut routed.layers[usize::from(layer)].asked_at;
                if asked_at.is_some_and(|at| now < at + ASK_INTERVAL) {
                    return;
                }
                *asked_at = Some(now);
                let (owner, source, room) = (routed.owner, routed.source, router.id);
                let relay = Relay::KeyFrame {
                    room,
                    owner,
                    source,
                    layer,
                };
                self.push_relay(worker, relay);
            }
        }
    }

    /// Asks for the key frames that a receiver's slots wait for, now that it can receive, and for
    /// those that others want of it, now that it can be asked.
    pub(super) fn request_key_frames_for(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        out: &mut TransmitBatch,
    ) {
        self.participants[key].poll_key_frames(now, &mut self.stats, out);
        for i in 0..self.participants[key].down_tracks.len() {
            self.request_awaited_by(now, key, i, out);
        }
    }

    /// Gives every participant's audio slots to those who are heard.
    pub(super) fn assign_voices(&mut self, now: Instant, room: RoomKey, out: &mut TransmitBatch) {
        let local: Vec<_> = self.rooms[room].local().map(|(_, key)| key).collect();
        for key in local {
            self.assign_voices_of(now, key, out);
        }
    }

    /// A voice that stays heard stays in its slot; newcomers take the free ones.
    pub(super) fn assign_voices_of(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        out: &mut TransmitBatch,
    ) {
        let participant = &self.participants[key];
        let is_audio = |i: &usize| matches!(participant.down_tracks[*i].slot, SlotKind::Audio(_));
        let slots: Vec<usize> = (0..participant.down_tracks.len())
            .filter(is_audio)
            .collect();
        let mut heard = self.rooms[participant.room].voices_for(participant.id, slots.len());
        let mut free = Vec::with_capacity(slots.len());
        for slot in slots {
            let current = participant.down_tracks[slot].source();
            match heard.iter().position(|voice| Some(*voice) == current) {
                Some(stays) => drop(heard.remove(stays)),
                None => free.push(slot),
            }
        }
        let mut heard = heard.into_iter();
        for slot in free {
            self.set_slot(now, key, slot, heard.next(), out);
        }
    }

    /// Fills a participant's video slots with the cameras it watches.
    pub(super) fn refresh_video(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        out: &mut TransmitBatch,
    ) {
        for i in 0..self.participants[key].down_tracks.len() {
            let participant = &self.participants[key];
            let SlotKind::Video(slot) = participant.down_tracks[i].slot else {
                continue;
            };
            let source = self.picture_for(key, slot);
            self.set_slot(now, key, i, source, out);
        }
        self.retarget_all_of(now, key, out);
    }

    /// What a slot for cameras shows. Who has no slot for the stage, as players of one picture do,
    /// sees it in the first one, before the camera there.
    fn picture_for(&self, key: ParticipantKey, slot: u8) -> Option<SourceKey> {
        let participant = &self.participants[key];
        let (room, id) = (participant.room, participant.id);
        let sharer = self.rooms[room].sharer;
        let stage = sharer.filter(|_| slot == 0 && !participant.has_slot(SlotKind::Screen));
        let stage = self.source_for(room, id, stage, Source::Screen);
        let watched = participant.watching.get(usize::from(slot)).copied();
        stage.or_else(|| self.source_for(room, id, watched.flatten(), Source::Camera))
    }

    /// Somebody came: those who already asked for their camera get it.
    pub(super) fn refresh_watchers_of(
        &mut self,
        now: Instant,
        room: RoomKey,
        id: ParticipantId,
        out: &mut TransmitBatch,
    ) {
        let watches = |key: &ParticipantKey| self.participants[*key].watching.contains(&Some(id));
        let local = self.rooms[room].local().map(|(_, key)| key);
        let watchers: Vec<_> = local.filter(watches).collect();
        for key in watchers {
            self.refresh_video(now, key, out);
        }
        if self.rooms[room].sharer == Some(id) {
            self.refresh_stage(now, room, out);
        }
    }

    /// Puts the stage into every slot that shows it but the sharer's own.
    pub(super) fn refresh_stage(&mut self, now: Instant, room: RoomKey, out: &mut TransmitBatch) {
        let sharer = self.rooms[room].sharer;
        let local: Vec<_> = self.rooms[room].local().collect();
        for (id, key) in local {
            for i in 0..self.participants[key].down_tracks.len() {
                let participant = &self.participants[key];
                let source = match participant.down_tracks[i].slot {
                    SlotKind::Screen => Source::Screen,
                    SlotKind::ScreenAudio => Source::ScreenAudio,
                    SlotKind::Video(0) if !participant.has_slot(SlotKind::Screen) => {
                        if participant.down_tracks[i].source() != self.picture_for(key, 0) {
                            self.refresh_video(now, key, out);
                        }
                        continue;
                    }
                    SlotKind::Audio(_) | SlotKind::Video(_) => continue,
                };
                let source = self.source_for(room, id, sharer, source);
                self.set_slot(now, key, i, source, out);
            }
        }
    }

    /// Nobody is sent what they send themselves.
    fn source_for(
        &self,
        room: RoomKey,
        receiver: ParticipantId,
        owner: Option<ParticipantId>,
        source: Source,
    ) -> Option<SourceKey> {
        let owner = owner.filter(|owner| *owner != receiver)?;
        self.rooms[room].source_of(owner, source)
    }
}
