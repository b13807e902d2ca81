//! One slot of one receiver: whatever source is in it, the receiver sees one continuous stream.
//!
//! Invariant: the slot's SSRC, and an index that only grows, so that no (key, SSRC, index) is ever
//! used for two different packets (RFC 7714 §8.1).

mod layer_selector;
mod redundancy;
mod rewriter;
mod sent;

use crate::bounds::{LAYER_PAUSE_DELAY, MAX_DESCRIPTOR_BYTES};
use crate::congestion::Stamp;
use crate::layers::{Hurry, LayerSet, MAX_TEMPORAL, Target};
use crate::model::{Codec, SlotKind};
use crate::packet_cache::{MediaPacket, PacketCache};
use crate::picture::Numbers;
use crate::router::SourceKey;
use crate::sdp::PayloadTypes;
use crate::transport::srtp::SrtpSealer;
use homeroom_rtp::rtcp::SenderInfo;
use homeroom_rtp::{
    Extension, HeaderFields, dependency, red, rtx, write_header, write_long_header,
    write_numbered_header, write_padding,
};
use layer_selector::{Decision, LayerSelector};
use redundancy::Redundancy;
use rewriter::{Mapped, Rewriter, Stream};
use sent::{Sent, SentPackets};
use std::time::Instant;

/// Resends a slot may make before it has forwarded anything, and at most saved up.
const RESEND_BURST: u32 = 256;
/// One resend is earned by this many forwarded packets.
const FORWARDED_PER_RESEND: u32 = 2;

/// How a slot's packets are labelled, as the answer said.
#[derive(Debug, Clone, Copy)]
pub struct SlotLabels {
    /// SSRC of the media.
    pub ssrc: u32,
    /// Payload types of the codecs that it takes.
    pub payload_types: PayloadTypes,
    /// Payload type of a voice's packets that carry earlier ones (RFC 2198), when negotiated.
    pub red: Option<u8>,
    /// SSRC of retransmissions (RFC 4588), when negotiated.
    pub rtx_ssrc: Option<u32>,
    /// Header extension of the dependency descriptors of packets that have one, when negotiated.
    pub dependency: Option<u8>,
    /// Packets carry a transport-wide sequence number, so that the receiver reports on them.
    pub is_stamped: bool,
}

/// The slot.
pub struct DownTrack {
    /// Which.
    pub slot: SlotKind,
    /// Its labels.
    pub labels: SlotLabels,
    /// The layers whose packets are handed to it.
    pub subscribed: LayerSet,
    /// How many earlier packets each packet of a voice carries.
    pub redundancy: usize,
    source: Option<SourceKey>,
    selector: LayerSelector,
    /// The layer that its receiver's line carried when a smaller one was enough, and how long that
    /// counts.
    carried: Option<(u8, Instant)>,
    rewriter: Rewriter,
    next_rtx_index: u64,
    resend_credit: u32,
    packets: u32,
    octets: u32,
    sent: SentPackets,
}

impl DownTrack {
    /// An empty slot. Its sequence numbers start at `first_index`.
    pub fn new(slot: SlotKind, labels: SlotLabels, first_index: u16, first_timestamp: u32) -> Self {
        Self {
            slot,
            labels,
            subscribed: LayerSet::NONE,
            redundancy: 0,
            source: None,
            selector: LayerSelector::new(slot.is_video()),
            carried: None,
            // Half the circle at most, so that early reordering cannot wrap below zero.
            rewriter: Rewriter::new(
                u64::from(first_index >> 1),
                first_timestamp,
                slot.clock_rate(),
            ),
            next_rtx_index: u64::from(first_index >> 1),
            resend_credit: RESEND_BURST * FORWARDED_PER_RESEND,
            packets: 0,
            octets: 0,
            sent: SentPackets::new(slot.is_video()),
        }
    }

    /// What is in the slot.
    pub const fn source(&self) -> Option<SourceKey> {
        self.source
    }

    /// Puts another source, or none, into the slot.
    pub fn set_source(&mut self, source: Option<SourceKey>) {
        if self.source != source {
            self.source = source;
            self.carried = None;
            self.restart();
        }
    }

    /// The source begins anew: its next packet, for video of a key frame, is the slot's next.
    pub fn restart(&mut self) {
        self.selector = LayerSelector::new(self.slot.is_video());
    }

    /// What waited to leave is given up: the next key frame goes on.
    pub const fn lose_picture(&mut self) {
        self.selector.lose_picture();
    }

    /// What is to be shown of the source, and of which layer while that one does not arrive; `None`
    /// is nothing. `hurry` is about a larger layer than that, while it is still shown.
    pub fn set_target(&mut self, target: Option<Target>, fallback: Option<u8>, hurry: Hurry) {
        let Some(target) = target else {
            self.selector.pause();
            return;
        };
        if target.temporal < MAX_TEMPORAL || hurry != Hurry::No {
            self.rewriter.expect_skips();
        }
        self.selector.set_target(target, fallback, hurry);
    }

    /// The layers it has use for.
    pub fn layers(&self) -> LayerSet {
        match self.source {
            Some(_) => self.selector.layers(),
            None => LayerSet::NONE,
        }
    }

    /// Whether its source is in it but not shown.
    pub const fn is_paused(&self) -> bool {
        self.source.is_some() && self.selector.is_paused()
    }

    /// The layer that is shown, or else is to be.
    pub fn layer(&self) -> u8 {
        let target = self.selector.target();
        self.selector.current().unwrap_or(target.spatial)
    }

    /// The layer that is shown.
    pub const fn shown(&self) -> Option<u8> {
        self.selector.current()
    }

    /// Tells from the next picture of the base layer on that each refers to the one before, or no
    /// longer: see [`Rewriter::chain`].
    pub const fn chain(&mut self, chains: bool) {
        self.rewriter.chain(chains);
    }

    /// The largest layer that the line is known to carry: what is shown, or was until a moment ago
    /// and made room only because less was asked for.
    pub fn carried(&self, now: Instant) -> Option<u8> {
        let before = self.carried.filter(|(_, until)| now < *until);
        self.shown().max(before.map(|(layer, _)| layer))
    }

    /// What is to be shown was chosen: `whole` is the layer that its size calls for, and whether the
    /// line `can` have it.
    pub fn note_chosen(&mut self, now: Instant, whole: u8, can: bool) {
        if !can {
            self.carried = None;
        } else if let Some(shown) = self.shown().filter(|shown| *shown > whole) {
            self.carried = Some((shown, now + LAYER_PAUSE_DELAY));
        }
    }

    /// Whether all layers of its source come in one stream, of which it takes a part.
    pub fn share_stream(&mut self, share: bool) {
        self.selector.share_stream(share);
        if share {
            self.rewriter.expect_skips();
        }
    }

    /// The layers of which a key frame, or any packet of a voice, would change what is shown.
    pub fn awaited(&self) -> LayerSet {
        match self.source {
            Some(_) => self.selector.awaited(),
            None => LayerSet::NONE,
        }
    }

    /// Whether a key frame of this stream, or any packet of a voice's, would change what is shown.
    pub fn awaits(&self, stream: u8) -> bool {
        self.source.is_some() && self.selector.awaits(stream)
    }

    /// Whether its packets may end in padding: a resend without RTX must be the same packet to the
    /// last bit, and knows nothing of the burst that the first one left in.
    pub const fn may_pad(&self) -> bool {
        self.labels.rtx_ssrc.is_some()
    }

    /// Whether its receiver can decode that.
    pub const fn takes(&self, codec: Codec) -> bool {
        self.labels.payload_types.of(codec).is_some()
    }

    /// SSRC and payload type of retransmissions of a codec's packets.
    fn rtx(&self, codec: Codec) -> Option<(u32, u8)> {
        let types = self.labels.payload_types.of(codec)?;
        self.labels.rtx_ssrc.zip(types.rtx)
    }

    /// Writes the packet as this slot's into `buffer`, with `pad` bytes of padding, and seals it:
    /// the length to send, or `None` when this receiver does not get it.
    #[expect(clippy::too_many_arguments, reason = "what one packet needs")]
    pub fn forward(
        &mut self,
        now: Instant,
        layer: u8,
        packet: &MediaPacket<'_>,
        cache: Option<&PacketCache>,
        pad: u8,
        stamp: Option<Stamp>,
        sealer: &mut SrtpSealer,
        buffer: &mut [u8],
    ) -> Option<usize> {
        debug_assert!(pad == 0 || self.may_pad(), "padding only where it may be");
        let source = self.source?;
        match self.selector.decide(layer, packet) {
            Decision::Drop => return None,
            Decision::Skip => return self.fill(packet, stamp, sealer, buffer),
            Decision::Begin => self.rewriter.begin(now, (source, layer), packet),
            Decision::Forward => {}
        }
        let mut mapped = self.rewriter.map(now, packet)?;
        if !packet.marker && self.selector.is_last(packet) {
            self.rewriter.end_picture(&mut mapped);
        }
        let earlier = self.redundancy_for(packet, cache);
        self.sent.note(Sent {
            index: mapped.index,
            stamp,
            carried: earlier.carried,
        });
        let (header_len, end) = self.write_media(&mapped, packet, &earlier, stamp, buffer)?;
        let len = write_padding(buffer, end, pad)?;
        let sealed = sealer
            .seal_rtp(buffer, len, header_len, mapped.index)
            .ok()?;
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add((end - header_len) as u32);
        self.resend_credit = (self.resend_credit + 1).min(RESEND_BURST * FORWARDED_PER_RESEND);
        Some(sealed)
    }

    /// Reads a byte of each part that [`DownTrack::forward`] needs.
    pub fn touch(&self) -> u8 {
        self.labels.ssrc as u8 ^ self.selector.touch() ^ self.rewriter.touch()
    }

    /// Leaves a packet out; one for which a number was kept is sent empty, as whoever waits for it
    /// waits in vain. Empty payloads are what senders without RTX probe with.
    fn fill(
        &mut self,
        packet: &MediaPacket<'_>,
        stamp: Option<Stamp>,
        sealer: &mut SrtpSealer,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let mapped = self.rewriter.skip(packet)?;
        let empty = MediaPacket {
            marker: false,
            descriptor: &[],
            ..*packet
        };
        let own = self.labels.payload_types.of(packet.codec)?.main;
        let len = self.write_media_header(&mapped, &empty, own, stamp, buffer);
        let sealed = sealer.seal_rtp(buffer, len, len, mapped.index).ok()?;
        self.packets = self.packets.wrapping_add(1);
        Some(sealed)
    }

    /// Where a sequence number that a receiver lost came from.
    pub fn locate(&self, sequence_number: u16) -> Option<(Stream, u64)> {
        self.rewriter.locate(sequence_number)
    }

    /// Writes a packet again, on the retransmission stream when there is one. The second `copy` of
    /// one is paid for by the first.
    #[expect(clippy::too_many_arguments, reason = "what one packet needs")]
    pub fn resend(
        &mut self,
        sequence_number: u16,
        copy: u8,
        packet: &MediaPacket<'_>,
        cache: &PacketCache,
        stamp: Option<Stamp>,
        sealer: &mut SrtpSealer,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let price = if copy == 0 { FORWARDED_PER_RESEND } else { 0 };
        self.resend_credit = self.resend_credit.checked_sub(price)?;
        let mapped = self.rewriter.map_again(sequence_number, packet)?;
        let Some((ssrc, payload_type)) = self.rtx(packet.codec) else {
            // The same packet to the last bit, so the same ciphertext: no nonce is misused.
            let (stamp, earlier) = match self.slot.is_video() {
                true => (None, Redundancy::default()),
                false => {
                    let sent = self.sent.get(mapped.index)?;
                    let earlier = Redundancy::again(cache, packet, sent.carried)?;
                    (sent.stamp, earlier)
                }
            };
            let written = self.write_media(&mapped, packet, &earlier, stamp, buffer);
            let (header_len, len) = written?;
            return sealer.seal_rtp(buffer, len, header_len, mapped.index).ok();
        };
        let index = self.next_rtx_index;
        self.next_rtx_index += 1;
        let fields = HeaderFields {
            marker: packet.marker || mapped.is_last,
            payload_type,
            sequence_number: index as u16,
            timestamp: mapped.timestamp,
            ssrc,
        };
        let header_len = self.write_header_of(buffer, &fields, stamp, &mapped, packet);
        let body = header_len + rtx::write_osn(&mut buffer[header_len..], mapped.index as u16);
        let len = write_payload(packet, &mapped, buffer, body)?;
        sealer.seal_rtp(buffer, len, header_len, index).ok()
    }

    /// Writes a packet of nothing but padding on the retransmission stream (RFC 4588 §4 leaves it
    /// without an original), to see how fast it gets there.
    pub fn probe(
        &mut self,
        now: Instant,
        pad: u8,
        stamp: Stamp,
        sealer: &mut SrtpSealer,
        buffer: &mut [u8],
    ) -> Option<usize> {
        // Any number of the stream will do: nothing is in it.
        let (ssrc, payload_type) = self.rtx(Codec::Vp8)?;
        let index = self.next_rtx_index;
        self.next_rtx_index += 1;
        let fields = HeaderFields {
            marker: false,
            payload_type,
            sequence_number: index as u16,
            timestamp: self.rewriter.timestamp_at(now).unwrap_or(0),
            ssrc,
        };
        let header_len = write_stamped_header(buffer, &fields, Some(stamp));
        let len = write_padding(buffer, header_len, pad)?;
        sealer.seal_rtp(buffer, len, header_len, index).ok()
    }

    /// How a packet was sent that is sent again as it was.
    pub fn stamp_of(&self, sequence_number: u16) -> Option<Stamp> {
        let index = self.rewriter.index_of(sequence_number)?;
        self.sent.get(index)?.stamp
    }

    /// Packets sent, and the transport-wide number of the last one.
    pub fn last_sent(&self) -> (u32, Option<u16>) {
        let last = self
            .rewriter
            .newest()
            .and_then(|index| self.sent.get(index));
        let stamp = last.and_then(|sent| sent.stamp);
        (self.packets, stamp.map(|stamp| stamp.number))
    }

    /// The sender's side of a report (RFC 3550 §6.4.1), once something was sent.
    pub fn sender_info(&self, now: Instant, ntp_time: u64) -> Option<SenderInfo> {
        Some(SenderInfo {
            ntp_time,
            rtp_time: self.rewriter.timestamp_at(now)?,
            packet_count: self.packets,
            octet_count: self.octets,
        })
    }

    /// The earlier packets that go with one: only with the newest, as what comes late has been
    /// carried by others.
    fn redundancy_for<'a>(
        &self,
        packet: &MediaPacket<'_>,
        cache: Option<&'a PacketCache>,
    ) -> Redundancy<'a> {
        let count = if self.labels.red.is_some() && self.rewriter.is_newest(packet.index) {
            self.redundancy
        } else {
            0
        };
        match cache {
            Some(cache) if count > 0 => {
                let is_of_stay = |index| self.rewriter.has_place_for(index);
                Redundancy::gather(cache, packet, count, is_of_stay)
            }
            _ => Redundancy::default(),
        }
    }

    /// Writes a packet as the slot's own, with what it carries; the lengths of its header and of all.
    fn write_media(
        &self,
        mapped: &Mapped,
        packet: &MediaPacket<'_>,
        earlier: &Redundancy<'_>,
        stamp: Option<Stamp>,
        buffer: &mut [u8],
    ) -> Option<(usize, usize)> {
        let red = self.labels.red.filter(|_| !earlier.blocks.is_empty());
        let own = self.labels.payload_types.of(packet.codec)?.main;
        let header_len = self.write_media_header(mapped, packet, red.unwrap_or(own), stamp, buffer);
        let len = match red {
            Some(_) => red::write(buffer, header_len, own, &earlier.blocks, packet.payload)?,
            None => write_payload(packet, mapped, buffer, header_len)?,
        };
        Some((header_len, len))
    }

    fn write_media_header(
        &self,
        mapped: &Mapped,
        packet: &MediaPacket<'_>,
        payload_type: u8,
        stamp: Option<Stamp>,
        buffer: &mut [u8],
    ) -> usize {
        let fields = HeaderFields {
            marker: packet.marker || mapped.is_last,
            payload_type,
            sequence_number: mapped.index as u16,
            timestamp: mapped.timestamp,
            ssrc: self.labels.ssrc,
        };
        self.write_header_of(buffer, &fields, stamp, mapped, packet)
    }

    /// Writes a header, with the packet's dependency descriptor if it has one.
    fn write_header_of(
        &self,
        buffer: &mut [u8],
        fields: &HeaderFields,
        stamp: Option<Stamp>,
        mapped: &Mapped,
        packet: &MediaPacket<'_>,
    ) -> usize {
        let id = self
            .labels
            .dependency
            .filter(|_| !packet.descriptor.is_empty());
        let Some(id) = id else {
            return write_stamped_header(buffer, fields, stamp);
        };
        write_described_header(buffer, fields, stamp, (id, packet.descriptor), mapped)
    }
}

/// The same as [`write_stamped_header`] with a dependency descriptor, which gets the slot's number.
fn write_described_header(
    buffer: &mut [u8],
    fields: &HeaderFields,
    stamp: Option<Stamp>,
    (id, descriptor): (u8, &[u8]),
    mapped: &Mapped,
) -> usize {
    let mut renumbered = [0; MAX_DESCRIPTOR_BYTES];
    let renumbered = &mut renumbered[..descriptor.len().min(MAX_DESCRIPTOR_BYTES)];
    renumbered.copy_from_slice(&descriptor[..renumbered.len()]);
    dependency::renumber(renumbered, mapped.picture_id);
    let number = stamp.map_or([0; 2], |stamp| stamp.number.to_be_bytes());
    let described = Extension {
        id,
        data: renumbered,
    };
    match stamp {
        Some(stamp) => {
            let stamped = Extension {
                id: stamp.id,
                data: &number,
            };
            write_long_header(buffer, fields, &[stamped, described])
        }
        None => write_long_header(buffer, fields, &[described]),
    }
}

fn write_stamped_header(buffer: &mut [u8], fields: &HeaderFields, stamp: Option<Stamp>) -> usize {
    match stamp {
        Some(Stamp { id, number }) => write_numbered_header(buffer, fields, id, number),
        None => write_header(buffer, fields, &[]),
    }
}

/// Copies the payload to `at`, with the slot's picture ids; the packet's length.
fn write_payload(
    packet: &MediaPacket<'_>,
    mapped: &Mapped,
    buffer: &mut [u8],
    at: usize,
) -> Option<usize> {
    let end = at + packet.payload.len();
    let payload = buffer.get_mut(at..end)?;
    payload.copy_from_slice(packet.payload);
    if let Some(picture) = &packet.picture {
        let numbers = Numbers {
            picture_id: mapped.picture_id,
            tl0_pic_idx: mapped.tl0_pic_idx,
            chain: mapped.chain,
        };
        picture.renumber(payload, numbers);
    }
    Some(end)
}

#[cfg(test)]
mod tests;
