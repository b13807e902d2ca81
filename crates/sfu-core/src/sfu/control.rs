//! Everything but media: STUN, DTLS, RTCP, and what other workers ask.
//!
//! Invariant: STUN finds a participant by ufrag and is authenticated before its address means
//! anything; DTLS and RTCP are read only from such addresses.

use super::Sfu;
use crate::bounds::MAX_RESENDS_PER_NACK;
use crate::layers::LayerSet;
use crate::model::{ParticipantId, RoomId, SlotKind, Source};
use crate::participant::ParticipantKey;
use crate::stats::DropReason;
use crate::transmit::TransmitBatch;
use crate::transport::ice;
use homeroom_rtp::rtcp::{Compound, Nack, RtcpPacket};
use std::net::SocketAddr;
use std::time::Instant;

impl Sfu {
    pub(super) fn handle_stun(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        let mut message = ice::decode(datagram)?;
        // A request names us; an answer comes from an address that has proven itself.
        let key = match ice::request_ufrag(&message) {
            Some(ufrag) => self.demux.by_ufrag(ufrag).ok_or(DropReason::UnknownUfrag)?,
            None => self
                .demux
                .by_address(from)
                .ok_or(DropReason::UnknownAddress)?,
        };
        let participant = &mut self.participants[key];
        self.active = Some(participant.room);
        let change = participant
            .transport
            .handle_stun(now, from, &mut message, out)?;
        if self.demux.by_address(from) != Some(key) {
            self.adopt_addresses(key);
        }
        if let Some(change) = change {
            self.on_transport_change(now, key, change, out);
        }
        self.reschedule(now, key);
        Ok(())
    }

    /// Demultiplexes a participant's addresses to it, but none that somebody else has proven to
    /// hold by answering: a check is easily sent from a neighbour's address.
    fn adopt_addresses(&mut self, key: ParticipantKey) {
        let is_free = |at: &SocketAddr| match self.demux.by_address(*at) {
            Some(owner) if owner != key => {
                !self.participants[owner].transport.ice().is_validated(*at)
            }
            _ => true,
        };
        let addresses = self.participants[key]
            .transport
            .ice()
            .addresses()
            .filter(is_free)
            .collect();
        self.demux.set_addresses(key, addresses);
    }

    pub(super) fn handle_dtls(
        &mut self,
        now: Instant,
        from: SocketAddr,
        datagram: &[u8],
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        let key = self
            .demux
            .by_address(from)
            .ok_or(DropReason::UnknownAddress)?;
        let participant = &mut self.participants[key];
        self.active = Some(participant.room);
        let handled = participant.transport.handle_dtls(now, from, datagram, out);
        let change = match handled {
            Ok(Some(change)) => Some(change),
            Ok(None) | Err(_) => participant.transport.poll_failure(),
        };
        if let Some(change) = change {
            self.on_transport_change(now, key, change, out);
        }
        self.reschedule(now, key);
        handled.map(|_| ())
    }

    pub(super) fn handle_rtcp(
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
        let len = participant.transport.open_rtcp(now, datagram)?;
        let compound = Compound::parse(&datagram[..len]).map_err(|_| DropReason::Malformed)?;
        for packet in compound {
            self.handle_control_packet(now, key, &packet, out);
        }
        self.participants[key].protect_voices();
        self.participants[key].chain_pictures();
        self.obey_estimate(now, key, out);
        self.reschedule(now, key);
        Ok(())
    }

    fn handle_control_packet(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        packet: &RtcpPacket<'_>,
        out: &mut TransmitBatch,
    ) {
        match packet {
            RtcpPacket::SenderReport(report) => {
                let tracks = &mut self.participants[key].up_tracks;
                if let Some(track) = tracks.iter_mut().find(|t| t.ssrc == Some(report.ssrc)) {
                    track.on_sender_report(now, &report.info);
                }
                self.participants[key].on_report_blocks(now, report.blocks());
            }
            RtcpPacket::ReceiverReport(report) => {
                self.participants[key].on_report_blocks(now, report.blocks());
            }
            RtcpPacket::TransportFeedback(feedback) => {
                self.stats.feedback_received += 1;
                self.participants[key].on_feedback(now, feedback);
            }
            RtcpPacket::Remb(remb) => {
                let congestion = &mut self.participants[key].congestion;
                congestion.on_remb(now, remb.bitrate_bps);
            }
            RtcpPacket::Nack(nack) => self.handle_nack(now, key, nack, out),
            RtcpPacket::Pli(pli) => self.handle_key_frame_request(now, key, pli.media_ssrc, out),
            RtcpPacket::Fir(fir) => {
                for entry in fir.entries() {
                    self.handle_key_frame_request(now, key, entry.media_ssrc, out);
                }
            }
            // A goodbye of one stream says nothing that silence does not.
            RtcpPacket::Sdes | RtcpPacket::Bye(_) | RtcpPacket::Other { .. } => {}
        }
    }

    fn handle_key_frame_request(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        ssrc: u32,
        out: &mut TransmitBatch,
    ) {
        let receiver = &mut self.participants[key];
        let down_track = receiver.down_track_of(ssrc);
        let Some(track) = down_track.map(|i| &receiver.down_tracks[i]) else {
            return;
        };
        if track.slot == SlotKind::Screen {
            // Who waits for the rest of a picture that is on its way would wait longer for another.
            if receiver.waiting.is_amid_slide(now) {
                return;
            }
            receiver.waiting.give_up_slides();
        }
        if let Some(source) = track.source() {
            let (room, layer) = (receiver.room, track.layer());
            self.request_key_frame(now, room, source, layer, out);
        }
    }

    /// Sends again what a receiver lost, from the source's one copy.
    fn handle_nack(
        &mut self,
        now: Instant,
        key: ParticipantKey,
        nack: &Nack<'_>,
        out: &mut TransmitBatch,
    ) {
        let receiver = &mut self.participants[key];
        let Some(down_track) = receiver.down_track_of(nack.media_ssrc) else {
            return;
        };
        // Where a line is full, repeating what it dropped would keep it so. A slide's other packets
        // wait meanwhile.
        let is_face = matches!(receiver.down_tracks[down_track].slot, SlotKind::Video(_));
        if is_face && receiver.is_paced && receiver.congestion.budget(now, false) == 0 {
            return;
        }
        let round_trip = receiver.transport.round_trip();
        let sources = &self.rooms[receiver.room].sources;
        for sequence_number in nack.lost().take(MAX_RESENDS_PER_NACK) {
            let track = &mut receiver.down_tracks[down_track];
            let asked = (down_track, sequence_number);
            let is_due = receiver.resends.is_due(now, asked, round_trip);
            let located = track.locate(sequence_number).filter(|_| is_due);
            let Some(((source, layer), index)) = located else {
                continue;
            };
            let cache = sources
                .get(source)
                .and_then(|routed| routed.layers[usize::from(layer)].cache.as_deref());
            let found = cache.and_then(|cache| Some((cache, cache.get(index)?)));
            let Some((cache, packet)) = found else {
                continue;
            };
            let Some((to, sealer)) = receiver.transport.egress() else {
                return;
            };
            let congestion = &mut receiver.congestion;
            let now_us = congestion.micros(now);
            let has_rtx = track.labels.rtx_ssrc.is_some();
            let copies = if has_rtx && congestion.loses_much() {
                2
            } else {
                1
            };
            for copy in 0..copies {
                let stamp = congestion
                    .stamp()
                    .filter(|_| track.labels.is_stamped && has_rtx);
                let sent = out.push(to, |buffer| {
                    let len = track.resend(
                        sequence_number,
                        copy,
                        &packet,
                        cache,
                        stamp,
                        sealer,
                        buffer,
                    )?;
                    if has_rtx {
                        congestion.on_sent(now_us, len, stamp.is_some());
                    } else {
                        congestion.on_resent(len, track.stamp_of(sequence_number));
                    }
                    Some(len)
                });
                self.stats.rtp_sent += u64::from(sent);
                self.stats.rtx_sent += u64::from(sent);
                if !sent {
                    break;
                }
                receiver.resends.note(now, asked);
            }
        }
    }

    pub(super) fn handle_announce(
        &mut self,
        now: Instant,
        room: RoomId,
        owner: ParticipantId,
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        let room = self.find_room(room).ok_or(DropReason::Stale)?;
        for source in Source::ALL {
            let router = &self.rooms[room];
            let source = router.source_of(owner, source).ok_or(DropReason::Stale)?;
            if !router.sources[source].receivers.is_empty() {
                self.rooms[room].sources[source].told_interest = LayerSet::NONE;
                self.note_demand(now, room, source);
                self.request_awaited(now, room, source, out);
            }
        }
        Ok(())
    }

    pub(super) fn handle_relayed_key_frame(
        &mut self,
        now: Instant,
        room: RoomId,
        owner: ParticipantId,
        source: Source,
        layer: u8,
        out: &mut TransmitBatch,
    ) -> Result<(), DropReason> {
        let room = self.find_room(room).ok_or(DropReason::Stale)?;
        let router = &self.rooms[room];
        let source = router.source_of(owner, source).ok_or(DropReason::Stale)?;
        if !router.sources[source].is_remote() {
            self.request_key_frame(now, room, source, layer, out);
        }
        Ok(())
    }
}
