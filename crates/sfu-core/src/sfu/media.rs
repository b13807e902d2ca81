//! The packet path on its way in: one RTP packet opened, placed, and staged for its receivers.
//!
//! Invariant: no allocation, lock or string key; what is staged is authentic, new, and allowed.

use super::Sfu;
use super::fan_out::Stream;
use crate::bounds::{MAX_DESCRIPTOR_BYTES, MAX_RTP_BYTES};
use crate::model::{Codec, Source, WorkerIndex};
use crate::packet_cache::MediaPacket;
use crate::participant::{Incoming, ParticipantKey};
use crate::picture::{Described, Picture};
use crate::relay::{Relay, RelayedPacket};
use crate::router::{Origin, Receiver, RoomKey, SourceKey};
use crate::stats::DropReason;
use crate::transmit::TransmitBatch;
use crate::up_track::Told;
use homeroom_rtp::{ParseError, RtpHeader, rtx};
use std::net::SocketAddr;
use std::time::Instant;

/// A packet's dependency descriptor, and what it says.
struct Descriptor<'p> {
    data: &'p [u8],
    read: Result<Described, ParseError>,
}

impl Sfu {
    pub(super) fn handle_rtp(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &mut [u8],
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        let key = self
            .demux
            .by_address(from)
            .ok_or(DropReason::UnknownAddress)?;
        let participant = &mut self.participants[key];
        self.active = Some(participant.room);
        let header = RtpHeader::parse(datagram).map_err(|_| DropReason::Malformed)?;
        let incoming = participant.read_header(&header);
        let opened = participant.transport.open_rtp(
            now,
            datagram,
            incoming.header_len,
            incoming.ssrc,
            incoming.sequence_number,
        )?;
        self.stats.rtp_received += 1;
        participant.note_arrival(now, &incoming);
        let descriptor = self.read_descriptor(key, &incoming, datagram);
        let body = datagram
            .get(incoming.header_len..opened.len)
            .ok_or(DropReason::Malformed)?;
        let payload = without_padding(body, incoming.has_padding)?;
        let handled =
            self.handle_media(now, key, &incoming, descriptor, opened.index, payload, out);
        self.reschedule(now, key);
        handled
    }

    /// Reads an authentic packet's dependency descriptor, if it has one that we look at.
    fn read_descriptor<'p>(
        &mut self,
        key: ParticipantKey,
        incoming: &Incoming,
        packet: &'p [u8],
    ) -> Option<Descriptor<'p>> {
        let participant = &mut self.participants[key];
        let (data, read) = participant.read_descriptor(incoming, packet)?;
        if let Ok(Told {
            coded: Some(coded), ..
        }) = read
        {
            let source = participant.up_tracks[incoming.placed?.up_track].source;
            let source = participant.sources[source.index()];
            self.rooms[participant.room].sources[source].note_coded(coded);
        }
        let read = read.map(|told| told.described);
        Some(Descriptor { data, read })
    }

    /// An authentic packet: which source, which index, and is it new.
    #[expect(clippy::too_many_arguments, reason = "what one packet needs")]
    fn handle_media(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        incoming: &Incoming,
        descriptor: Option<Descriptor<'_>>,
        index: u64,
        payload: &[u8],
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        let participant = &mut self.participants[key];
        let placed = incoming.placed.ok_or(DropReason::UnknownSource)?;
        participant.bind(placed, incoming.ssrc)?;
        let track = &mut participant.up_tracks[placed.up_track];
        if !participant.may_send.contains(track.source) {
            return Err(DropReason::NotAllowed);
        }
        let (index, payload) = if placed.is_retransmission {
            // A retransmission without content is a probe for bandwidth.
            let Some((original, payload)) = rtx::split_osn(payload) else {
                return Ok(());
            };
            let index = track
                .on_retransmission(now, original)
                .ok_or(DropReason::Replayed)?;
            (index, payload)
        } else {
            if !track.on_packet(now, index, incoming.timestamp) {
                return Err(DropReason::Replayed);
            }
            (index, payload)
        };
        let codec = incoming
            .codec
            .filter(|codec| codec.is_video() == track.source.is_video());
        let codec = codec.ok_or(DropReason::UnknownCodec)?;
        let (layer, clock) = (track.layer, track.clock(incoming.timestamp));
        let descriptor = descriptor.filter(|_| codec == Codec::Av1);
        let (descriptor, described) = match descriptor {
            Some(Descriptor {
                data,
                read: Ok(read),
            }) => (data, Some(read)),
            Some(Descriptor { read: Err(_), .. }) => {
                let source = participant.sources[track.source.index()];
                let room = participant.room;
                return self.on_undescribed(now, room, (source, layer), out);
            }
            None => (&[][..], None),
        };
        if descriptor.len() > MAX_DESCRIPTOR_BYTES
            || descriptor.len() + payload.len() > MAX_RTP_BYTES
        {
            return Err(DropReason::TooLong);
        }
        let picture = Picture::read(codec, payload, described);
        let picture = picture.map_err(|_| DropReason::Malformed)?;
        if picture.is_some_and(|picture| picture.begins_key_frame()) {
            track.key_frame.on_key_frame();
        }
        let packet = MediaPacket {
            index,
            timestamp: incoming.timestamp,
            clock,
            marker: incoming.marker,
            codec,
            picture,
            descriptor,
            payload,
        };
        let (room, source) = (participant.room, participant.sources[track.source.index()]);
        let has_layers = !codec.is_video() && self.rooms[room].sources[source].info.count > 1;
        if packet.picture.is_some() || has_layers {
            self.note_layer(now, room, (source, layer), &packet);
        }
        self.route(now, room, (source, layer), &packet, incoming.level, out);
        Ok(())
    }

    /// A packet that may be of any layer: what told its frame's structure got lost. The next key frame
    /// tells it anew.
    fn on_undescribed(
        &mut self,
        now: Instant,
        room: RoomKey,
        (source, layer): Stream,
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        if !self.rooms[room].sources[source].demanded().is_empty() {
            self.request_key_frame(now, room, source, layer, out);
        }
        Err(DropReason::Undescribed)
    }

    pub(super) fn handle_relayed_packet(
        &mut self,
        now: Instant,
        from: WorkerIndex,
        relayed: &RelayedPacket,
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        let room = self.find_room(relayed.room).ok_or(DropReason::Stale)?;
        let source = self.rooms[room].source_of(relayed.owner, relayed.source);
        let source = source.ok_or(DropReason::Stale)?;
        // Its sender may have come to another worker meanwhile, this one included.
        let routed = &mut self.rooms[room].sources[source];
        let is_stale = routed.origin != Origin::Remote(from) || relayed.session < routed.session;
        if is_stale || usize::from(relayed.layer) >= routed.layers.len() {
            return Err(DropReason::Stale);
        }
        if relayed.session > routed.session {
            self.begin_session(now, room, source, relayed.session);
        }
        let (middle, len) = (relayed.descriptor_len.into(), usize::from(relayed.len));
        let split = relayed.payload.split_at_checked(middle);
        let split = split.and_then(|(before, after)| Some((before, after.get(..len)?)));
        let (descriptor, payload) = split.ok_or(DropReason::Malformed)?;
        let packet = MediaPacket {
            index: relayed.index,
            timestamp: relayed.timestamp,
            clock: relayed.clock,
            marker: relayed.marker,
            codec: relayed.codec,
            picture: relayed.picture,
            descriptor,
            payload,
        };
        self.route(
            now,
            room,
            (source, relayed.layer),
            &packet,
            relayed.level,
            out,
        );
        Ok(())
    }

    /// A source's packets are counted anew from here on: nothing kept of it is of use.
    fn begin_session(&mut self, now: Instant, room: RoomKey, source: SourceKey, session: u64) {
        let routed = &mut self.rooms[room].sources[source];
        routed.session = session;
        routed.forget_packets();
        for Receiver { slot, .. } in &routed.receivers {
            let participant = &mut self.participants[slot.participant];
            participant.down_tracks[slot.down_track].restart();
        }
        self.retarget_source(now, room, source);
    }

    /// Ranks a voice, passes the packet to other workers, and stages it for its receivers here.
    fn route(
        &mut self,
        now: Instant,
        room: RoomKey,
        stream: Stream,
        packet: &MediaPacket<'_>,
        level: Option<u8>,
        out: &mut TransmitBatch,
    ) {
        let (source, layer) = stream;
        let routed = &self.rooms[room].sources[source];
        if routed.source == Source::Microphone && routed.is_ranked_by(layer) {
            self.hear(now, room, source, level, out);
        }
        self.relay(room, stream, packet, level);
        self.stage(now, room, stream, packet);
    }

    /// Ranks a voice before any fan-out.
    fn hear(
        &mut self,
        now: Instant,
        room: RoomKey,
        source: SourceKey,
        level: Option<u8>,
        out: &mut TransmitBatch,
    ) {
        let router = &mut self.rooms[room];
        let always = router.sources[source].always_heard;
        let is_new = router.speakers.observe(now, source, always, level);
        if is_new && router.speakers.choose(now) {
            self.assign_voices(now, room, out);
        }
        self.look_after(now, room);
    }

    /// Passes a packet of this worker once to each other worker that wants it.
    fn relay(
        &mut self,
        room: RoomKey,
        (source, layer): Stream,
        packet: &MediaPacket<'_>,
        level: Option<u8>,
    ) {
        let router = &self.rooms[room];
        let routed = &router.sources[source];
        let interest = routed.interest_in(layer) & router.remote_workers;
        let wanted = match routed.source {
            Source::Microphone if !router.speakers.is_chosen(source) => 0,
            // What ranks it there too.
            Source::Microphone if routed.is_ranked_by(layer) => router.remote_workers,
            _ => interest,
        };
        if wanted == 0 || routed.is_remote() {
            return;
        }
        let mut payload = [0; MAX_RTP_BYTES];
        let descriptor_len = packet.descriptor.len();
        let end = descriptor_len + packet.payload.len();
        payload[..descriptor_len].copy_from_slice(packet.descriptor);
        payload[descriptor_len..end].copy_from_slice(packet.payload);
        let relayed = RelayedPacket {
            room: router.id,
            owner: routed.owner,
            source: routed.source,
            layer,
            codec: packet.codec,
            picture: packet.picture,
            session: routed.session,
            index: packet.index,
            timestamp: packet.timestamp,
            clock: packet.clock,
            marker: packet.marker,
            level,
            descriptor_len: descriptor_len as u8,
            len: packet.payload.len() as u16,
            payload,
        };
        for worker in (0..64).filter(|worker| wanted & (1 << worker) != 0) {
            self.stats.relayed += 1;
            self.push_relay(WorkerIndex(worker), Relay::Packet(relayed.clone()));
        }
    }
}

/// RFC 3550 §5.1: the last byte of padding counts it.
fn without_padding(body: &[u8], has_padding: bool) -> Result<&[u8], DropReason> {
    let payload = match (has_padding, body.last()) {
        (false, _) => body,
        (true, Some(0) | None) => return Err(DropReason::Malformed),
        (true, Some(&count)) => {
            let end = body.len().checked_sub(usize::from(count));
            &body[..end.ok_or(DropReason::Malformed)?]
        }
    };
    if payload.len() > MAX_RTP_BYTES {
        return Err(DropReason::TooLong);
    }
    Ok(payload)
}
