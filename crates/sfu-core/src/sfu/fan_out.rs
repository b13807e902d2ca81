//! The packet path on its way out: what came in together leaves together, receiver by receiver.
//!
//! A burst's packets wait in their source's cache until the worker has handled all that it had
//! received. Then each receiver's transport, keys and slot are touched once for the whole burst, and
//! its packets lie side by side in the batch, as one send wants them. Idle, a burst is one packet
//! and nothing waits; under load bursts grow by themselves.
//!
//! Invariant: no allocation, lock or string key; a packet reaches only slots of its own room; voices
//! leave before pictures; whatever was staged leaves before the next batch is handled.

use super::Sfu;
use crate::bounds::{MAX_BURST, MAX_STAGED};
use crate::burst;
use crate::packet_cache::MediaPacket;
use crate::router::{RoomKey, SourceKey};
use crate::transmit::TransmitBatch;
use arrayvec::ArrayVec;
use std::collections::VecDeque;
use std::time::Instant;

/// Sources with packets that have not left yet.
#[derive(Default)]
pub(super) struct Staged {
    voices: VecDeque<(RoomKey, SourceKey)>,
    pictures: VecDeque<(RoomKey, SourceKey)>,
    /// Packets of all of them together, at most.
    packets: usize,
    /// A source has as many as may leave together.
    is_full: bool,
    /// How many receivers of the first source have got theirs.
    served: usize,
}

impl Sfu {
    /// Keeps a packet for its receivers here, if there are any, until [`Sfu::fan_out`].
    pub(super) fn stage(
        &mut self,
        now: Instant,
        room: RoomKey,
        source: SourceKey,
        packet: &MediaPacket<'_>,
    ) {
        let routed = &mut self.rooms[room].sources[source];
        if routed.subscribers.is_empty() {
            return;
        }
        assert!(
            routed.staged.len() < MAX_BURST,
            "the worker fans out when wants_fan_out says so"
        );
        routed.cache.get_or_insert_default().put(now, packet);
        if routed.staged.is_empty() {
            let queue = if routed.source.is_video() {
                &mut self.staged.pictures
            } else {
                &mut self.staged.voices
            };
            queue.push_back((room, source));
        }
        routed.staged.push(packet.index);
        self.staged.packets += 1;
        self.staged.is_full |= routed.staged.len() == MAX_BURST;
    }

    /// Whether [`Sfu::fan_out`] must come before the next datagram or message.
    #[must_use]
    pub fn wants_fan_out(&self) -> bool {
        self.staged.is_full || self.staged.packets >= MAX_STAGED
    }

    /// Sends what is staged; `true` when `out` was full before all had gone: send it and call
    /// again, before anything else is handled.
    #[must_use]
    pub fn fan_out(&mut self, now: Instant, out: &mut TransmitBatch) -> bool {
        while let Some((room, source)) = self.next_staged() {
            if out.wants_flush() {
                return true;
            }
            self.active = Some(room);
            if self.fan_out_source(now, room, source, out) {
                return true;
            }
            self.unstage();
        }
        self.staged.packets = 0;
        self.staged.is_full = false;
        false
    }

    /// The source whose turn it is. After a panic the queues may name a room that is gone.
    fn next_staged(&mut self) -> Option<(RoomKey, SourceKey)> {
        loop {
            let staged = &self.staged;
            let (room, source) = *staged.voices.front().or(staged.pictures.front())?;
            let routed = self.rooms.get(room).and_then(|r| r.sources.get(source));
            if routed.is_some_and(|routed| !routed.staged.is_empty()) {
                return Some((room, source));
            }
            self.unstage();
        }
    }

    fn unstage(&mut self) {
        let staged = &mut self.staged;
        staged.served = 0;
        if staged.voices.pop_front().is_none() {
            staged.pictures.pop_front();
        }
    }

    /// Sends a source's burst to its receivers; `true` when `out` was full before all had it.
    fn fan_out_source(
        &mut self,
        now: Instant,
        room: RoomKey,
        source: SourceKey,
        out: &mut TransmitBatch,
    ) -> bool {
        let needs_key_frame = self.serve(now, room, source, out);
        let routed = &mut self.rooms[room].sources[source];
        let is_full = self.staged.served < routed.subscribers.len();
        if !is_full {
            routed.staged.clear();
        }
        if needs_key_frame {
            // A camera that was off when it was asked, or a request that got lost.
            self.request_key_frame(now, room, source, out);
        }
        is_full
    }

    /// Serves one receiver after the other until all have the burst or `out` is full; whether one of
    /// them cannot show anything before the next key frame.
    fn serve(
        &mut self,
        now: Instant,
        room: RoomKey,
        source: SourceKey,
        out: &mut TransmitBatch,
    ) -> bool {
        let routed = &self.rooms[room].sources[source];
        let staged = routed.staged.iter();
        let packets: ArrayVec<MediaPacket<'_>, MAX_BURST> = match &routed.cache {
            Some(cache) => staged.filter_map(|index| cache.get(*index)).collect(),
            None => ArrayVec::new(),
        };
        let padding = burst::plan(packets.iter().map(|packet| packet.payload.len()));
        let mut needs_key_frame = false;
        while let Some(subscriber) = routed.subscribers.get(self.staged.served)
            && !out.wants_flush()
        {
            self.staged.served += 1;
            let receiver = &mut self.participants[subscriber.participant];
            let Some((to, sealer)) = receiver.transport.egress() else {
                continue;
            };
            let track = &mut receiver.down_tracks[subscriber.down_track];
            let congestion = &mut receiver.congestion;
            let now_us = congestion.micros(now);
            for (packet, pad) in packets.iter().zip(&padding) {
                let pad = if track.may_pad() { *pad } else { 0 };
                let stamp = congestion.stamp().filter(|_| track.labels.is_stamped);
                let sent = out.push(to, |buffer| {
                    let len = track.forward(now, packet, pad, stamp, sealer, buffer)?;
                    congestion.on_sent(now_us, len, stamp.is_some());
                    Some(len)
                });
                self.stats.rtp_sent += u64::from(sent);
                self.stats.padding_sent += u64::from(sent) * u64::from(pad);
            }
            needs_key_frame |= track.needs_key_frame();
        }
        needs_key_frame
    }
}
