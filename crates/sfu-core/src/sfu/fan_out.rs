//! The packet path on its way out: what came in together leaves together, receiver by receiver.
//!
//! A packet waits in its layer's cache until the worker has handled all that it had received; with
//! patience (a worker under load has some) a picture's packets wait for the last of the picture.
//! Then each receiver's transport, keys and slot are touched once for the whole burst, and its
//! packets lie side by side in the batch, as one send wants them.
//!
//! Invariant: no allocation, lock or string key; a packet reaches only slots of its own room; voices
//! wait for nothing and go before pictures, also in the middle of one's fan-out; a picture waits at
//! most the worker's patience.

use super::Sfu;
use crate::bounds::{MAX_BURST, MAX_STAGED, PACE_TICK, SLIDE_LONGEST};
use crate::burst::Stage;
use crate::model::Source;
use crate::packet_cache::{MediaPacket, PacketCache};
use crate::padding;
use crate::participant::{Held, Participant, ParticipantKey, Turn};
use crate::router::{RoomKey, RoutedLayer, SourceKey, Subscriber};
use crate::timers::Due;
use crate::transmit::TransmitBatch;
use arrayvec::ArrayVec;
use slotmap::SlotMap;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Receivers whose state is read together before they are served.
const TOUCHED: usize = 8;

/// A layer of a source.
pub(super) type Stream = (SourceKey, u8);

/// Streams with packets that have not left yet.
#[derive(Default)]
pub(super) struct Staged {
    voices: VecDeque<(RoomKey, Stream)>,
    pictures: VecDeque<(RoomKey, Stream)>,
    /// Pictures of which more may come, by the time of their first packet.
    waiting: VecDeque<(Instant, RoomKey, Stream)>,
    patience: Duration,
    /// Some stream takes no packet more.
    is_full: bool,
}

impl Staged {
    fn queue(&mut self, is_video: bool) -> &mut VecDeque<(RoomKey, Stream)> {
        if is_video {
            &mut self.pictures
        } else {
            &mut self.voices
        }
    }
}

impl Sfu {
    /// How long the first packet of a picture may wait for the last.
    pub const fn set_patience(&mut self, patience: Duration) {
        self.staged.patience = patience;
    }

    /// Keeps a packet for its receivers here, if there are any, until [`Sfu::fan_out`].
    pub(super) fn stage(
        &mut self,
        now: Instant,
        room: RoomKey,
        stream: Stream,
        packet: &MediaPacket<'_>,
    ) {
        let (source, layer) = stream;
        let routed = &mut self.rooms[room].sources[source];
        let is_video = routed.source.is_video();
        let is_screen = routed.source == Source::Screen;
        if is_video {
            let metered = routed.info.layer_of(layer, packet.spatial());
            let meter = &mut routed.layers[usize::from(metered)].meter;
            meter.note(now, packet.payload.len());
        }
        let routed = &mut routed.layers[usize::from(layer)];
        if routed.subscribers.is_empty() {
            // Whoever has just left for another layer may still miss one of these.
            if let Some(cache) = routed.cache.as_deref_mut() {
                cache.put(now, packet);
            }
            return;
        }
        let cache = routed.cache.get_or_insert_with(|| {
            Box::new(match is_screen {
                true => PacketCache::keeping(SLIDE_LONGEST),
                false => PacketCache::default(),
            })
        });
        cache.put(now, packet);
        let burst = &mut routed.burst;
        burst.push(packet.index);
        self.staged.is_full |= burst.is_full();
        let waits =
            is_video && !packet.marker && !burst.is_full() && !self.staged.patience.is_zero();
        match burst.stage {
            Stage::Empty if waits => {
                burst.stage = Stage::Waiting;
                self.staged.waiting.push_back((now, room, stream));
            }
            Stage::Empty | Stage::Waiting if !waits => {
                burst.stage = Stage::Ripe;
                self.staged.queue(is_video).push_back((room, stream));
            }
            Stage::Empty | Stage::Waiting | Stage::Ripe => {}
        }
    }

    /// When a picture has waited long enough for its last packet.
    pub(super) fn next_ripe_at(&self) -> Option<Instant> {
        let (since, ..) = self.staged.waiting.front()?;
        Some(*since + self.staged.patience)
    }

    /// Whether [`Sfu::fan_out`] must come, until it says that nothing is left, before the next
    /// datagram or message.
    #[must_use]
    pub fn wants_fan_out(&self) -> bool {
        let staged = &self.staged;
        let streams = staged.voices.len() + staged.pictures.len() + staged.waiting.len();
        staged.is_full || streams >= MAX_STAGED
    }

    /// Sends what is staged and ripe; `true` when `out` was full before all of it had gone: send
    /// that and call again.
    #[must_use]
    pub fn fan_out(&mut self, now: Instant, out: &mut TransmitBatch) -> bool {
        self.ripen_waiting(now);
        while let Some((room, stream)) = self.next_staged() {
            if out.wants_flush() {
                return true;
            }
            self.active = Some(room);
            if !self.fan_out_stream(now, room, stream, out) {
                return true;
            }
        }
        self.staged.is_full = false;
        false
    }

    /// The layer, unless it is gone.
    fn routed_layer(&mut self, room: RoomKey, (source, layer): Stream) -> Option<&mut RoutedLayer> {
        let routed = self.rooms.get_mut(room)?.sources.get_mut(source)?;
        routed.layers.get_mut(usize::from(layer))
    }

    /// Lets pictures leave that have waited long enough. Only pictures wait.
    fn ripen_waiting(&mut self, now: Instant) {
        while let Some(&(since, room, stream)) = self.staged.waiting.front() {
            let is_long = now >= since + self.staged.patience;
            if !is_long && self.staged.waiting.len() < MAX_STAGED {
                return;
            }
            self.staged.waiting.pop_front();
            if let Some(routed) = self.routed_layer(room, stream)
                && routed.burst.stage == Stage::Waiting
            {
                routed.burst.stage = Stage::Ripe;
                self.staged.pictures.push_back((room, stream));
            }
        }
    }

    /// The stream whose turn it is. Queues may name what is gone, or what nobody receives any more.
    fn next_staged(&mut self) -> Option<(RoomKey, Stream)> {
        loop {
            let is_video = self.staged.voices.is_empty();
            let (room, stream) = *self.staged.queue(is_video).front()?;
            let routed = self.routed_layer(room, stream);
            if routed.is_some_and(|routed| routed.burst.stage == Stage::Ripe) {
                return Some((room, stream));
            }
            self.staged.queue(is_video).pop_front();
        }
    }

    /// Sends a stream's burst to its receivers; whether all have had it before `out` was full.
    fn fan_out_stream(
        &mut self,
        now: Instant,
        room: RoomKey,
        stream: Stream,
        out: &mut TransmitBatch,
    ) -> bool {
        let needs_key_frame = self.serve(now, room, stream, out);
        let (source, layer) = stream;
        let routed = &mut self.rooms[room].sources[source];
        let is_video = routed.source.is_video();
        let routed = &mut routed.layers[usize::from(layer)];
        let all_have_it = routed.burst.served() >= routed.subscribers.len();
        let mut has_switched = false;
        if all_have_it {
            has_switched = routed.burst.end_round();
            let queue = self.staged.queue(is_video);
            queue.pop_front();
            if routed.burst.stage == Stage::Ripe {
                queue.push_back((room, stream));
            }
        }
        if needs_key_frame {
            // A camera that was off when it was asked, or a request that got lost.
            self.request_key_frame(now, room, source, layer, out);
        }
        if has_switched {
            self.settle_source(now, room, source);
        }
        all_have_it
    }

    /// Serves one receiver after the other until all have the burst or `out` is full; whether one of
    /// them cannot show anything before the next key frame.
    fn serve(
        &mut self,
        now: Instant,
        room: RoomKey,
        (source, layer): Stream,
        out: &mut TransmitBatch,
    ) -> bool {
        let routed = &mut self.rooms[room].sources[source];
        let is_video = routed.source.is_video();
        let is_screen = routed.source == Source::Screen;
        let routed = &mut routed.layers[usize::from(layer)];
        let round = routed.burst.round().iter();
        let packets: ArrayVec<MediaPacket<'_>, MAX_BURST> = match &routed.cache {
            Some(cache) => round.filter_map(|index| cache.get(*index)).collect(),
            None => ArrayVec::new(),
        };
        let cache = routed.cache.as_deref();
        let length = |packet: &MediaPacket<'_>| packet.descriptor.len() + packet.payload.len();
        let padding = padding::plan(packets.iter().map(length));
        let (mut needs_key_frame, mut has_switched) = (false, false);
        let mut served = 0;
        let left = &routed.subscribers[routed.burst.served().min(routed.subscribers.len())..];
        for (place, subscriber) in left.iter().enumerate() {
            if out.wants_flush() {
                break;
            }
            if place % TOUCHED == 0 {
                touch(&self.participants, &left[place..]);
            }
            served += 1;
            let receiver = &mut self.participants[subscriber.participant];
            let Some((to, sealer)) = receiver.transport.egress() else {
                continue;
            };
            let track = &mut receiver.down_tracks[subscriber.down_track];
            if let Some(packet) = packets.first().filter(|packet| !track.takes(packet.codec)) {
                // Nor is a key frame asked for that could not be decoded.
                debug_assert!(packet.codec.is_video(), "every offer has Opus");
                self.stats.undecodable += packets.len() as u64;
                continue;
            }
            let awaited = track.awaits(layer);
            let congestion = &mut receiver.congestion;
            let now_us = congestion.micros(now);
            let waiting = &mut receiver.waiting;
            let waits = is_video && (receiver.is_paced || waiting.concerns(is_screen));
            let mut budget = waits.then(|| congestion.budget(now, is_screen));
            for (packet, pad) in packets.iter().zip(&padding) {
                if let Some(left) = budget {
                    let held = Held {
                        source,
                        layer,
                        index: packet.index,
                        timestamp: packet.timestamp,
                        down_track: subscriber.down_track,
                        since: now,
                        begins_anew: false,
                    };
                    let is_key_frame = packet.begins_key_frame();
                    match waiting.admit(is_screen, left > 0, is_key_frame, held) {
                        Turn::Now => {}
                        Turn::Anew => track.lose_picture(),
                        Turn::Later => {
                            self.stats.held += 1;
                            continue;
                        }
                        Turn::Never => continue,
                    }
                }
                let pad = if track.may_pad() { *pad } else { 0 };
                let stamp = congestion.stamp().filter(|_| track.labels.is_stamped);
                let sent = out.push(to, |buffer| {
                    let len =
                        track.forward(now, layer, packet, cache, pad, stamp, sealer, buffer)?;
                    congestion.on_sent(now_us, len, stamp.is_some());
                    budget = budget.map(|left| left.saturating_sub(len));
                    Some(len)
                });
                self.stats.rtp_sent += u64::from(sent);
                self.stats.padding_sent += u64::from(sent) * u64::from(pad);
            }
            let awaits = track.awaits(layer);
            needs_key_frame |= awaits && !waiting.may_have_key_frame(is_screen);
            needs_key_frame |= is_screen && waiting.awaits_slide();
            if waiting.next().is_some() && receiver.release_at.is_none() {
                let at = now + PACE_TICK;
                receiver.release_at = Some(at);
                let due = Due::Participant(subscriber.participant);
                self.timers.schedule(at, due, &mut receiver.scheduled);
            }
            has_switched |= awaited && !awaits;
        }
        drop(packets);
        routed.burst.serve(served);
        routed.burst.note_switch(has_switched);
        needs_key_frame
    }
}

/// Reads a little of what the next receivers' packets will need. A burst to hundreds finds each of
/// them cold, and one after the other each would wait for its memory several times; together they
/// wait once.
fn touch(participants: &SlotMap<ParticipantKey, Participant>, next: &[Subscriber]) {
    let touched = next.iter().take(TOUCHED).map(|subscriber| {
        let receiver = participants.get(subscriber.participant);
        receiver.map_or(0, |receiver| receiver.touch(subscriber.down_track))
    });
    std::hint::black_box(touched.fold(0, |all, one| all ^ one));
}
