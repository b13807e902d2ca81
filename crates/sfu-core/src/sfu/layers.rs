//! Which layers each slot gets, and what follows from that: who is handed a layer's packets, what
//! other workers and publishers are asked to send.
//!
//! Invariant: a slot is among a layer's subscribers exactly when its down track says that it has use
//! for the layer; only [`Sfu::settle`] and the slot's own change of source see to it.

use super::Sfu;
use super::fan_out::Stream;
use crate::allocation::{MAX_WANTS, Rank, Want, allocate};
use crate::bounds::{LEFT_LAYER_KEPT, MAX_LAYERS, SPEAKER_INTERVAL};
use crate::demand::Wanted;
use crate::event::Event;
use crate::layers::{LayerInfo, LayerSet, MAX_TEMPORAL, Target};
use crate::model::{ParticipantId, RoomId, SlotKind, Source, WorkerIndex};
use crate::packet_cache::MediaPacket;
use crate::participant::ParticipantKey;
use crate::relay::Relay;
use crate::router::{Origin, RoomKey, SourceKey, Subscriber};
use crate::stats::DropReason;
use crate::timers::Due;
use crate::transmit::TransmitBatch;
use std::time::{Duration, Instant};

/// What a layer costs, in bits per second, for the budget of a receiver: what our page lets its
/// encoder use at most (`web-client/src/media.ts`).
const BITRATES_BPS: [u64; MAX_LAYERS] = [150_000, 450_000, 1_500_000];
/// What voices cost a receiver at most: three at 40 kbit/s with their headers.
const AUDIO_BPS: u64 = 120_000;
/// A source of which nothing came for so long is looked at no more.
const IDLE: Duration = Duration::from_secs(2);

impl Sfu {
    /// Notes that a packet of one of our participants' layers came: the first of a layer tells that
    /// it lives, a key frame how large it is.
    pub(super) fn note_layer(
        &mut self,
        now: Instant,
        room: RoomKey,
        (source, layer): Stream,
        packet: &MediaPacket<'_>,
    ) {
        let router = &mut self.rooms[room];
        let routed = &mut router.sources[source];
        let size = packet.vp8.and_then(|vp8| vp8.key_frame_size);
        let is_news = routed.note_packet(now, layer, size.map(|(_, height)| height));
        if routed.info.count > 1 && router.scheduled.is_none() {
            let next = now + SPEAKER_INTERVAL;
            self.timers
                .schedule(next, Due::Room(room), &mut router.scheduled);
        }
        if is_news {
            self.on_layers_changed(now, room, source);
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
        let sources: Vec<SourceKey> = self.rooms[room].sources.keys().collect();
        for source in sources {
            let routed = &mut self.rooms[room].sources[source];
            if routed.info.count < 2 {
                continue;
            }
            for layer in &mut routed.layers {
                let is_left = |at: Instant| now.saturating_duration_since(at) >= LEFT_LAYER_KEPT;
                if layer.left_at.is_some_and(is_left) {
                    layer.left_at = None;
                    layer.forget_packets();
                }
                goes_on |= layer.left_at.is_some();
            }
            let is_heard = |at: Instant| now.saturating_duration_since(at) < IDLE;
            goes_on |= routed.heard_at.is_some_and(is_heard);
            if routed.judge_layers(now) {
                self.on_layers_changed(now, room, source);
                self.request_awaited(now, room, source, out);
            }
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
        if is_first && routed.source.is_video() {
            self.tell_layers(room, source, from);
        }
        self.note_demand(now, room, source);
        Ok(())
    }

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

    /// Makes every receiver of a source a subscriber of the layers it has use for, after one of them
    /// began to show another.
    pub(super) fn settle_source(&mut self, now: Instant, room: RoomKey, source: SourceKey) {
        for place in 0..self.rooms[room].sources[source].receivers.len() {
            let receiver = self.rooms[room].sources[source].receivers[place];
            self.settle(now, receiver.participant, receiver.down_track);
        }
    }

    /// Makes a slot a subscriber of the layers it has use for, and of no others.
    fn settle(&mut self, now: Instant, participant: ParticipantKey, down_track: usize) {
        let track = &mut self.participants[participant].down_tracks[down_track];
        let layers = track.layers();
        let before = std::mem::replace(&mut track.subscribed, layers);
        let Some(source) = track.source().filter(|_| before != layers) else {
            return;
        };
        let subscriber = Subscriber {
            participant,
            down_track,
        };
        let room = self.participants[participant].room;
        let routed = &mut self.rooms[room].sources[source];
        for layer in layers.minus(before).iter() {
            let layer = &mut routed.layers[usize::from(layer)];
            layer.subscribers.push(subscriber);
            layer.left_at = None;
        }
        for layer in before.minus(layers).iter() {
            let layer = &mut routed.layers[usize::from(layer)];
            layer.unsubscribe(|s| *s == subscriber);
            // Its last packets may still be asked for again.
            if layer.subscribers.is_empty() {
                layer.left_at = Some(now);
            }
        }
        self.note_demand(now, room, source);
    }

    /// Tells whoever sends a source what of it is wanted: its worker, or our own participant. Voices
    /// need no telling: whoever is heard crosses to every worker of the room.
    pub(super) fn note_demand(&mut self, now: Instant, room: RoomKey, source: SourceKey) {
        let router = &mut self.rooms[room];
        let routed = &mut router.sources[source];
        match routed.origin {
            Origin::Remote(worker) if routed.source != Source::Microphone => {
                let layers = routed.subscribed();
                if std::mem::replace(&mut routed.told_interest, layers) == layers {
                    return;
                }
                let relay = Relay::Interest {
                    room: router.id,
                    owner: routed.owner,
                    source: routed.source,
                    layers,
                };
                self.push_relay(worker, relay);
            }
            Origin::Remote(_) => {}
            Origin::Local(key) if routed.source.is_video() => {
                let Some(participant) = self.participants.get_mut(key) else {
                    return;
                };
                let demanded = |source: Source| {
                    let key = participant.sources[source.index()];
                    let routed = router.sources.get(key);
                    routed.map_or(LayerSet::NONE, crate::router::RoutedSource::demanded)
                };
                let wanted = Wanted {
                    camera: demanded(Source::Camera),
                    screen: demanded(Source::Screen),
                };
                participant.demand.set(now, wanted);
                self.reschedule(now, key);
            }
            Origin::Local(_) => {}
        }
    }

    pub(super) fn announce_demand(&mut self, key: ParticipantKey, wanted: Wanted) {
        let (room, participant) = self.name(key);
        self.push_event(Event::Wanted {
            room,
            participant,
            camera: wanted.camera,
            screen: wanted.screen,
        });
    }

    /// Asks for the key frames that a source's receivers wait for.
    pub(super) fn request_awaited(
        &mut self,
        now: Instant,
        room: RoomKey,
        source: SourceKey,
        out: &mut TransmitBatch,
    ) {
        let receivers = self.rooms[room].sources[source].receivers.clone();
        for receiver in receivers {
            self.request_awaited_by(now, receiver.participant, receiver.down_track, out);
        }
    }

    /// Asks for the key frames that a slot waits for, of layers from which one can come.
    pub(super) fn request_awaited_by(
        &mut self,
        now: Instant,
        participant: ParticipantKey,
        down_track: usize,
        out: &mut TransmitBatch,
    ) {
        let participant = &self.participants[participant];
        let room = participant.room;
        let track = &participant.down_tracks[down_track];
        let Some(source) = track.source() else { return };
        let Some(routed) = self.rooms[room].sources.get(source) else {
            return;
        };
        let living = routed.info.living;
        // Of a source that was never heard, the one layer that is wanted.
        let can_come = |layer: u8| living.is_empty() || living.contains(layer);
        let awaited = track.layers().iter().filter(|layer| track.awaits(*layer));
        let awaited = awaited.filter(|layer| can_come(*layer));
        let awaited = awaited.fold(LayerSet::NONE, LayerSet::with);
        for layer in awaited.iter() {
            self.request_key_frame(now, room, source, layer, out);
        }
    }
}
