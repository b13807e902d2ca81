//! What signalling asks, done.
//!
//! Invariant: a command for somebody or some room unknown here changes nothing.

use super::Sfu;
use crate::bounds::MAX_PARTICIPANTS;
use crate::event::{Command, NewParticipant};
use crate::layers::{LayerInfo, LayerSet};
use crate::model::{ParticipantId, RoomId, Source, SourceSet, WorkerIndex};
use crate::participant::{Participant, ParticipantKey};
use crate::relay::Relay;
use crate::router::{Origin, RoomKey, RoutedSource, Router};
use crate::sdp::IceCredentials;
use crate::transmit::TransmitBatch;
use crate::transport::Transport;
use crate::transport::dtls::RtcDtls;
use crate::transport::ice::Ice;
use std::time::Instant;

impl Sfu {
    pub(super) fn apply(&mut self, now: Instant, command: Command, out: &mut TransmitBatch) {
        match command {
            Command::Add(new) => self.add(now, &new, out),
            Command::AddRemote {
                room,
                id,
                role,
                worker,
            } => {
                let key = self.room_or_new(room);
                self.remove(now, key, id, out);
                // How many layers they have, their worker tells whoever wants any.
                self.rooms[key].add(id, role, Origin::Remote(worker), 0, [LayerInfo::of(1); 4]);
                self.refresh_watchers_of(now, key, id, out);
            }
            Command::Remove { room, id } => {
                if let Some(key) = self.find_room(room) {
                    self.remove(now, key, id, out);
                    self.forget_if_empty(key);
                }
            }
            Command::RestartIce {
                room,
                id,
                local,
                remote,
            } => {
                if let Some(participant) = self.find_participant(room, id) {
                    self.restart_ice(now, participant, local, remote);
                }
            }
            Command::SetRights { room, id, may_send } => {
                self.set_rights(now, room, id, may_send, out);
            }
            Command::Watch {
                room,
                id,
                slots,
                heights,
            } => {
                if let Some(participant) = self.find_participant(room, id) {
                    self.participants[participant].watching = slots;
                    self.participants[participant].heights = heights;
                    self.refresh_video(now, participant, out);
                }
            }
            Command::Stage { room, sharer } => {
                if let Some(key) = self.find_room(room) {
                    self.rooms[key].sharer = sharer;
                    self.refresh_stage(now, key, out);
                }
            }
            Command::CloseRoom { room } => {
                if let Some(key) = self.find_room(room) {
                    let members: Vec<_> = self.rooms[key].members.keys().copied().collect();
                    for id in members {
                        self.remove(now, key, id, out);
                    }
                    self.forget_if_empty(key);
                }
            }
        }
    }

    fn add(&mut self, now: Instant, new: &NewParticipant, out: &mut TransmitBatch) {
        let room = self.room_or_new(new.room);
        self.remove(now, room, new.id, out);
        assert!(
            self.participants.len() < MAX_PARTICIPANTS,
            "placement refuses more participants than a worker may carry"
        );
        let identity = &self.config.identity;
        let ice = Ice::new(new.ice.clone(), new.offer.ice.clone(), identity.provider());
        let dtls = RtcDtls::server(identity.clone(), new.offer.fingerprint);
        let transport = Transport::new(now, ice, Box::new(dtls), identity.provider());
        let epoch = self.config.epoch;
        let participant = Participant::new(now, new, room, transport, epoch, &mut self.rng);
        let key = self.participants.insert(participant);
        self.demux.expect(&new.ice.ufrag, key);
        self.sessions += 1;
        let origin = Origin::Local(key);
        let layers = self.participants[key].layer_infos();
        self.participants[key].sources =
            self.rooms[room].add(new.id, new.role, origin, self.sessions, layers);
        let remote_workers = self.rooms[room].remote_workers;
        for worker in (0..64).filter(|worker| remote_workers & (1 << worker) != 0) {
            let (room, owner) = (new.room, new.id);
            self.push_relay(WorkerIndex(worker), Relay::Announce { room, owner });
        }
        self.refresh_watchers_of(now, room, new.id, out);
        self.assign_voices_of(now, key, out);
        self.refresh_stage(now, room, out);
        self.reschedule(now, key);
    }

    fn remove(&mut self, now: Instant, room: RoomKey, id: ParticipantId, out: &mut TransmitBatch) {
        self.active = Some(room);
        let Some(member) = self.rooms[room].members.get(&id) else {
            return;
        };
        if let Origin::Local(key) = member.origin {
            for down_track in 0..self.participants[key].down_tracks.len() {
                self.set_slot(now, key, down_track, None, out);
            }
            self.forget_participant(key);
        }
        for orphan in self.rooms[room].remove(now, id) {
            if let Some(receiver) = self.participants.get_mut(orphan.participant) {
                let track = &mut receiver.down_tracks[orphan.down_track];
                track.set_source(None);
                track.subscribed = LayerSet::NONE;
            }
        }
        self.assign_voices(now, room, out);
    }

    fn restart_ice(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        local: IceCredentials,
        remote: IceCredentials,
    ) {
        let transport = &mut self.participants[key].transport;
        let before = transport.ice().local_ufrag().to_owned();
        let ufrag = local.ufrag.clone();
        if transport.restart_ice(local, remote) {
            self.demux.expect_instead(&before, &ufrag, key);
            self.reschedule(now, key);
        }
    }

    /// Whoever may show pictures again is asked for a key frame: what was dropped meanwhile is missing
    /// to those who watch.
    fn set_rights(
        &mut self,
        now: Instant,
        room: RoomId,
        id: ParticipantId,
        may_send: SourceSet,
        out: &mut TransmitBatch,
    ) {
        let Some(key) = self.find_participant(room, id) else {
            return;
        };
        let participant = &mut self.participants[key];
        let before = std::mem::replace(&mut participant.may_send, may_send);
        let (room, sources) = (participant.room, participant.sources);
        for source in [Source::Camera, Source::Screen] {
            if before.contains(source) || !may_send.contains(source) {
                continue;
            }
            let source = sources[source.index()];
            let routed = self.rooms[room].sources.get(source);
            let layers = routed.map_or(LayerSet::NONE, RoutedSource::demanded);
            for layer in layers.iter() {
                self.request_key_frame(now, room, source, layer, out);
            }
        }
    }

    fn room_or_new(&mut self, room: RoomId) -> RoomKey {
        let rooms = &mut self.rooms;
        let key = *self
            .room_keys
            .entry(room)
            .or_insert_with(|| rooms.insert(Router::new(room)));
        self.active = Some(key);
        key
    }

    fn forget_if_empty(&mut self, key: RoomKey) {
        if self.rooms[key].members.is_empty()
            && let Some(router) = self.rooms.remove(key)
        {
            self.room_keys.remove(&router.id);
        }
    }

    pub(super) fn find_room(&mut self, room: RoomId) -> Option<RoomKey> {
        let key = self.room_keys.get(&room).copied()?;
        self.active = Some(key);
        Some(key)
    }

    pub(super) fn find_participant(
        &mut self,
        room: RoomId,
        id: ParticipantId,
    ) -> Option<ParticipantKey> {
        let room = self.find_room(room)?;
        match self.rooms[room].members.get(&id)?.origin {
            Origin::Local(key) => Some(key),
            Origin::Remote(_) => None,
        }
    }
}
