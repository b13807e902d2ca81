//! Who is handed a layer's packets, and what other workers and publishers are asked to send.
//!
//! Invariant: a slot is among a layer's subscribers exactly when its down track says that it has use
//! for the layer; only [`Sfu::settle`] and the slot's own change of source see to it.

use super::Sfu;
use crate::demand::Wanted;
use crate::event::Event;
use crate::layers::LayerSet;
use crate::model::Source;
use crate::participant::ParticipantKey;
use crate::relay::Relay;
use crate::router::{Origin, Receiver, RoomKey, SourceKey, Subscriber};
use crate::transmit::TransmitBatch;
use std::time::Instant;

impl Sfu {
    /// Makes every receiver of a source a subscriber of the layers it has use for, after one of them
    /// began to show another.
    pub(super) fn settle_source(&mut self, now: Instant, room: RoomKey, source: SourceKey) {
        for place in 0..self.rooms[room].sources[source].receivers.len() {
            let receiver = self.rooms[room].sources[source].receivers[place].slot;
            self.settle(now, receiver.participant, receiver.down_track);
        }
    }

    /// Makes a slot a subscriber of the layers it has use for, and of no others.
    pub(super) fn settle(&mut self, now: Instant, participant: ParticipantKey, down_track: usize) {
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
        let mut receivers = routed.receivers.iter_mut();
        if let Some(receiver) = receivers.find(|receiver| receiver.slot == subscriber) {
            receiver.layers = layers;
        }
        let (before, after) = (
            routed.info.streams_of(before),
            routed.info.streams_of(layers),
        );
        for stream in after.minus(before).iter() {
            let layer = &mut routed.layers[usize::from(stream)];
            layer.subscribers.push(subscriber);
            layer.left_at = None;
        }
        for stream in before.minus(after).iter() {
            routed.layers[usize::from(stream)].unsubscribe(now, |s| *s == subscriber);
        }
        self.look_after(now, room);
        self.note_demand(now, room, source);
    }

    /// Tells whoever sends a source what of it is wanted: its worker, or our own participant. Whoever
    /// is heard crosses to every worker of the room, but at a low rate only to those who say so.
    pub(super) fn note_demand(&mut self, now: Instant, room: RoomKey, source: SourceKey) {
        let router = &mut self.rooms[room];
        let routed = &mut router.sources[source];
        match routed.origin {
            Origin::Remote(worker) => {
                let layers = routed.crossing();
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
        for Receiver { slot, .. } in receivers {
            self.request_awaited_by(now, slot.participant, slot.down_track, out);
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
        let awaited = track.awaited().iter().filter(|layer| can_come(*layer));
        let awaited = awaited.fold(LayerSet::NONE, LayerSet::with);
        for layer in awaited.iter() {
            self.request_key_frame(now, room, source, layer, out);
        }
    }
}
