//! Which layers of a source arrive, and what is told of them: who receives it here, and the other
//! workers that pass it on.
//!
//! Invariant: of a source on this worker, its packets say what is known; of any other, its worker.

use super::Sfu;
use super::fan_out::Stream;
use crate::bounds::{LEFT_LAYER_KEPT, SPEAKER_INTERVAL};
use crate::layers::{LayerInfo, LayerSet};
use crate::model::{ParticipantId, RoomId, Source, WorkerIndex};
use crate::packet_cache::MediaPacket;
use crate::relay::Relay;
use crate::router::{Origin, RoomKey, SourceKey};
use crate::stats::DropReason;
use crate::timers::Due;
use crate::transmit::TransmitBatch;
use std::time::{Duration, Instant};

/// A source of which nothing came for so long is looked at no more.
const IDLE: Duration = Duration::from_secs(2);

impl Sfu {
    /// Notes that a packet of one of our participants' layers came: the first of a layer tells that
    /// it lives, a key frame how large it is.
    pub(super) fn note_layer(
        &mut self,
        now: Instant,
        room: RoomKey,
        (source, stream): Stream,
        packet: &MediaPacket<'_>,
    ) {
        let router = &mut self.rooms[room];
        let routed = &mut router.sources[source];
        let is_told = packet.picture.is_some_and(|p| routed.note_structure(&p));
        let layer = routed.info.layer_of(stream, packet.spatial());
        let height = packet.picture.and_then(|picture| picture.height());
        let (kind, origin) = (routed.source, routed.origin);
        // Every packet of a voice is a frame.
        let ends_frame = packet.marker || packet.picture.is_none();
        let is_news = routed.note_packet(now, layer, height, ends_frame) || is_told;
        if routed.info.count > 1 {
            self.look_after(now, room);
        }
        if is_news {
            if let Origin::Local(publisher) = origin
                && let Some(track) = self.participants[publisher].up_track(kind, stream)
            {
                track.key_frame.on_resumed();
            }
            self.on_layers_changed(now, room, source);
        }
    }

    /// The room is looked at soon: it has layers, or voices.
    pub(super) fn look_after(&mut self, now: Instant, room: RoomKey) {
        let router = &mut self.rooms[room];
        if router.scheduled.is_none() {
            let next = now + SPEAKER_INTERVAL;
            self.timers
                .schedule(next, Due::Room(room), &mut router.scheduled);
        }
    }

    /// Looks after the layers of a room; whether there is more to look after.
    pub(super) fn tick_layers(
        &mut self,
        now: Instant,
        room: RoomKey,
        out: &mut TransmitBatch,
    ) -> bool {
        let mut goes_on = false;
        let mut changed: Vec<SourceKey> = Vec::new();
        let mut forgotten: Vec<SourceKey> = Vec::new();
        for (source, routed) in &mut self.rooms[room].sources {
            if routed.info.count < 2 {
                continue;
            }
            for layer in &mut routed.layers {
                let is_left = |at: Instant| now.saturating_duration_since(at) >= LEFT_LAYER_KEPT;
                if layer.left_at.is_some_and(is_left) {
                    layer.forget_packets();
                    forgotten.push(source);
                }
                goes_on |= layer.left_at.is_some();
            }
            let is_heard = |at: Instant| now.saturating_duration_since(at) < IDLE;
            goes_on |= routed.heard_at.is_some_and(is_heard);
            if routed.judge_layers(now) {
                changed.push(source);
            }
        }
        for source in forgotten {
            self.note_demand(now, room, source);
        }
        for source in changed {
            self.on_layers_changed(now, room, source);
            self.request_awaited(now, room, source, out);
        }
        goes_on
    }

    /// More is known of a source's layers: whoever receives it may be better off with others.
    fn on_layers_changed(&mut self, now: Instant, room: RoomKey, source: SourceKey) {
        let interest = self.rooms[room].sources[source].interest();
        for worker in (0..64).filter(|worker| interest & (1 << worker) != 0) {
            self.tell_layers(room, source, WorkerIndex(worker));
        }
        self.retarget_source(now, room, source);
    }

    fn tell_layers(&mut self, room: RoomKey, source: SourceKey, to: WorkerIndex) {
        let router = &self.rooms[room];
        let routed = &router.sources[source];
        let relay = Relay::Layers {
            room: router.id,
            owner: routed.owner,
            source: routed.source,
            info: routed.info,
        };
        self.push_relay(to, relay);
    }

    /// Another worker tells what it knows of a source's layers.
    #[expect(clippy::too_many_arguments, reason = "a message's fields")]
    pub(super) fn handle_layers(
        &mut self,
        now: Instant,
        room: RoomId,
        owner: ParticipantId,
        source: Source,
        from: WorkerIndex,
        info: LayerInfo,
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        let room = self.find_room(room).ok_or(DropReason::Stale)?;
        let source = self.rooms[room].source_of(owner, source);
        let source = source.ok_or(DropReason::Stale)?;
        let routed = &mut self.rooms[room].sources[source];
        if routed.origin != Origin::Remote(from) {
            return Err(DropReason::Stale);
        }
        routed.info = info;
        self.retarget_source(now, room, source);
        self.request_awaited(now, room, source, out);
        Ok(())
    }

    /// Another worker says which layers of a source it has use for.
    pub(super) fn handle_interest(
        &mut self,
        now: Instant,
        room: RoomId,
        owner: ParticipantId,
        source: Source,
        from: WorkerIndex,
        layers: LayerSet,
    ) -> Result<(), DropReason> {
        let room = self.find_room(room).ok_or(DropReason::Stale)?;
        let router = &mut self.rooms[room];
        let source = router.source_of(owner, source).ok_or(DropReason::Stale)?;
        let routed = &mut router.sources[source];
        let bit = 1 << from.0;
        let is_first = routed.interest() & bit == 0 && !layers.is_empty();
        for (number, layer) in (0..).zip(&mut routed.layers) {
            let others = layer.interest & !bit;
            let wants = layers.contains(number);
            layer.interest = if wants { others | bit } else { others };
        }
        if is_first && (routed.source.is_video() || routed.info.count > 1) {
            self.tell_layers(room, source, from);
        }
        self.note_demand(now, room, source);
        Ok(())
    }
}
