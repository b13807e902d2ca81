//! One participant of this worker: its transport, what it sends, what it receives.
//!
//! Invariant: an incoming packet belongs to the up track whose SSRC the offer or an authenticated
//! mid, with the layer's name where the line has layers, named; nothing else of a packet chooses its
//! track.

mod reports;
mod resends;
mod waiting;

pub use waiting::{Held, Turn};

use crate::allocation::Allocator;
use crate::bounds::{MAX_LAYERS, REPORT_INTERVAL, SILENT_AFTER};
use crate::congestion::{Congestion, Estimate};
use crate::demand::Demand;
use crate::down_track::{DownTrack, SlotLabels};
use crate::event::NewParticipant;
use crate::hearing::Hearing;
use crate::layers::LayerInfo;
use crate::model::{Codec, ParticipantId, SlotKind, Source, SourceSet};
use crate::protection::redundancy;
use crate::router::{RoomKey, SourceKey};
use crate::sdp::{ExtensionIds, PayloadTypes, UpLine};
use crate::stats::DropReason;
use crate::transport::Transport;
use crate::up_track::{Feedback, Told, UpTrack};
use homeroom_rtp::extension::{parse_mid, parse_rid};
use homeroom_rtp::rtcp::{ReportBlock, TransportFeedback};
use homeroom_rtp::{ParseError, RtpHeader, extension};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::RngCore;
use resends::Resends;
use slotmap::new_key_type;
use std::time::Instant;
use waiting::Waiting;

new_key_type! {
    /// A participant of a worker.
    pub struct ParticipantKey;
}

/// Most up tracks of a participant: pictures have layers, the voice may come at a low rate too.
pub const MAX_UP_TRACKS: usize = 3 + 2 * MAX_LAYERS;

/// How a participant's liveness was last told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// DTLS has not finished.
    Connecting,
    /// Something authentic arrives.
    Alive,
    /// Nothing does.
    Silent,
    /// The transport is dead.
    Failed,
}

/// Where an authenticated packet belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Index of the up track.
    pub up_track: usize,
    /// Whether it is a retransmission.
    pub is_retransmission: bool,
}

/// What of an RTP header outlives decryption.
#[derive(Debug, Clone, Copy)]
pub struct Incoming {
    /// Length of the header.
    pub header_len: usize,
    /// SSRC.
    pub ssrc: u32,
    /// Sequence number.
    pub sequence_number: u16,
    /// Timestamp.
    pub timestamp: u32,
    /// Marker.
    pub marker: bool,
    /// The payload ends in padding.
    pub has_padding: bool,
    /// RFC 6464.
    pub level: Option<u8>,
    /// Transport-wide sequence number.
    pub transport_sequence: Option<u16>,
    /// What its payload is coded in, if the offer named it.
    pub codec: Option<Codec>,
    /// Where it belongs, if already known.
    pub placed: Option<Placed>,
}

/// The participant.
pub struct Participant {
    /// Unique in the room.
    pub id: ParticipantId,
    /// Its room.
    pub room: RoomKey,
    /// What it may send.
    pub may_send: SourceSet,
    /// Its path.
    pub transport: Transport,
    /// What it sends.
    pub up_tracks: Vec<UpTrack>,
    /// What it sends as the room's router knows it, by [`Source::index`].
    pub sources: [SourceKey; 4],
    /// Its slots.
    pub down_tracks: Vec<DownTrack>,
    /// Whose cameras it wants, by video slot.
    pub watching: Vec<Option<ParticipantId>>,
    /// How high it shows them in pixels, by video slot; 0 is any height.
    pub heights: Vec<u16>,
    /// A narrower line than congestion control can see, in plans.
    #[cfg(test)]
    pub max_bitrate_bps: Option<u64>,
    /// Which part of that it spends.
    pub allocator: Allocator,
    /// Its line is so weak that it hears voices at their low rate, where they have one.
    pub is_thrifty: bool,
    /// What it was last told that its line does not carry: cameras, and the screen.
    pub withheld: (Vec<ParticipantId>, bool),
    /// What others are shown of its own pictures.
    pub demand: Demand,
    /// How its liveness was last told.
    pub liveness: Liveness,
    /// What its link carries.
    pub congestion: Congestion,
    /// Whether a teacher's voice reaches it.
    pub hearing: Hearing,
    /// What it was sent again.
    pub resends: Resends,
    /// Its pictures wait where they do not fit: see `sfu/pacing`.
    pub is_paced: bool,
    /// What waits.
    pub waiting: Waiting,
    /// When some of it may leave.
    pub release_at: Option<Instant>,
    /// Its timer entry.
    pub scheduled: Option<Instant>,
    names: Vec<TrackName>,
    payload_types: PayloadTypes,
    extensions: ExtensionIds,
    feedback: Feedback,
    report_at: Instant,
    ask: Vec<u16>,
}

/// What the first packets of an up track name it by.
struct TrackName {
    mid: String,
    /// Of a line that has layers.
    rid: Option<String>,
}

impl Participant {
    /// A participant whose transport waits.
    pub fn new(
        now: Instant,
        new: &NewParticipant,
        room: RoomKey,
        transport: Transport,
        epoch: Instant,
        rng: &mut ChaCha20Rng,
    ) -> Self {
        let payload_types = new.offer.payload_types;
        let down_tracks = new
            .offer
            .down
            .iter()
            .zip(&new.slot_ssrcs)
            .map(|(line, ssrcs)| {
                let is_video = line.slot.is_video();
                let rtx_ssrc = ssrcs.rtx_ssrc.filter(|_| is_video && new.offer.has_rtx());
                let labels = SlotLabels {
                    ssrc: ssrcs.ssrc,
                    payload_types: new.offer.received,
                    red: new.offer.red.filter(|_| !is_video),
                    rtx_ssrc,
                    // A picture's packet without RTX is sent again as it was, long after its stamp
                    // is forgotten.
                    dependency: new.offer.extensions.dependency.filter(|_| is_video),
                    is_stamped: line.transport_wide && (rtx_ssrc.is_some() || !is_video),
                };
                DownTrack::new(line.slot, labels, rng.next_u32() as u16, rng.next_u32())
            });
        let (up_tracks, names) = up_tracks(&new.offer.up);
        let extensions = new.offer.extensions;
        let reports = new.offer.down.iter().any(|line| line.transport_wide);
        Self {
            id: new.id,
            room,
            may_send: new.may_send,
            transport,
            up_tracks,
            sources: [SourceKey::default(); 4],
            down_tracks: down_tracks.collect(),
            watching: Vec::new(),
            heights: Vec::new(),
            #[cfg(test)]
            max_bitrate_bps: None,
            allocator: Allocator::default(),
            is_thrifty: false,
            withheld: (Vec::new(), false),
            demand: Demand::default(),
            liveness: Liveness::Connecting,
            congestion: Congestion::new(epoch, extensions.transport_cc.filter(|_| reports)),
            hearing: Hearing::default(),
            resends: Resends::new(epoch),
            is_paced: false,
            waiting: Waiting::default(),
            release_at: None,
            scheduled: None,
            names,
            payload_types,
            extensions,
            feedback: Feedback::new(epoch),
            report_at: now + REPORT_INTERVAL,
            ask: Vec::new(),
        }
    }

    /// Reads a header before decryption. Nothing of it is believed yet.
    pub fn read_header(&self, header: &RtpHeader<'_>) -> Incoming {
        let find = |id: Option<u8>| id.and_then(|id| header.extension(id));
        let level = find(self.extensions.audio_level).and_then(extension::AudioLevel::parse);
        Incoming {
            header_len: header.header_len(),
            ssrc: header.ssrc(),
            sequence_number: header.sequence_number(),
            timestamp: header.timestamp(),
            marker: header.marker(),
            has_padding: header.has_padding(),
            level: level.map(|level| level.level),
            transport_sequence: find(self.extensions.transport_cc)
                .and_then(extension::parse_transport_wide_sequence),
            codec: self.codec_of(header.payload_type()),
            placed: self.place(header),
        }
    }

    fn codec_of(&self, payload_type: u8) -> Option<Codec> {
        let (codec, _) = self.payload_types.find(payload_type)?;
        Some(codec)
    }

    /// What its offer says of the layers of each of its sources, by [`Source::index`].
    pub fn layer_infos(&self) -> [LayerInfo; 4] {
        Source::ALL.map(|source| {
            let mut of_source = self.up_tracks.iter().filter(|t| t.source == source);
            if of_source.clone().any(|track| track.has_layers) {
                return LayerInfo::in_one_stream();
            }
            LayerInfo::of(of_source.by_ref().count().max(1) as u8)
        })
    }

    /// The up track of a packet: by SSRC, else by mid, and by the layer's name where there are
    /// layers (RFC 8852 §3: the one that is repaired, in a retransmission).
    fn place(&self, header: &RtpHeader<'_>) -> Option<Placed> {
        let ssrc = Some(header.ssrc());
        let by_ssrc = |track: &UpTrack| track.ssrc == ssrc || track.rtx_ssrc == ssrc;
        if let Some(up_track) = self.up_tracks.iter().position(by_ssrc) {
            return Some(Placed {
                up_track,
                is_retransmission: self.up_tracks[up_track].rtx_ssrc == ssrc,
            });
        }
        let find = |id: Option<u8>| id.and_then(|id| header.extension(id));
        let mid = parse_mid(find(self.extensions.mid)?)?;
        let repaired = find(self.extensions.repaired_rid).and_then(parse_rid);
        let rid = repaired.or_else(|| find(self.extensions.rid).and_then(parse_rid));
        let is_named = |name: &TrackName| {
            name.mid == mid && (name.rid.is_none() || name.rid.as_deref() == rid)
        };
        let up_track = self.names.iter().position(is_named)?;
        let named = self.payload_types.find(header.payload_type());
        let is_retransmission = named.is_some_and(|(_, is_rtx)| is_rtx);
        Some(Placed {
            up_track,
            is_retransmission,
        })
    }

    /// Remembers the SSRC of a packet placed by its mid, now that it has proven authentic.
    pub fn bind(&mut self, placed: Placed, ssrc: u32) -> Result<(), DropReason> {
        let track = &mut self.up_tracks[placed.up_track];
        let known = if placed.is_retransmission {
            &mut track.rtx_ssrc
        } else {
            &mut track.ssrc
        };
        match known {
            None => *known = Some(ssrc),
            Some(known) if *known == ssrc => {}
            // One SSRC per m-line and session: what the offer named stays.
            Some(_) => return Err(DropReason::UnknownSource),
        }
        Ok(())
    }

    /// What an authentic packet's dependency descriptor says of it, and of which layers its sender
    /// codes: of codecs that say it nowhere else, and of streams that have several layers.
    pub fn read_descriptor<'p>(
        &mut self,
        incoming: &Incoming,
        packet: &'p [u8],
    ) -> Option<(&'p [u8], Result<Told, ParseError>)> {
        let id = self.extensions.dependency?;
        let track = &mut self.up_tracks[incoming.placed?.up_track];
        if !track.has_layers && incoming.codec != Some(Codec::Av1) {
            return None;
        }
        let header = RtpHeader::parse(packet).ok()?;
        let data = header.extension(id)?;
        Some((data, track.on_descriptor(data)))
    }

    /// Notes the arrival of an authenticated packet for transport-wide feedback.
    pub fn note_arrival(&mut self, now: Instant, incoming: &Incoming) {
        if let Some(sequence_number) = incoming.transport_sequence {
            self.feedback.on_packet(now, sequence_number);
        }
    }

    /// What its line is thought to carry; `None` while nothing speaks for a limit.
    pub fn limit_bps(&self, now: Instant) -> Option<u64> {
        let limit = self.congestion.limit_bps(now);
        #[cfg(test)]
        let limit = [limit, self.max_bitrate_bps].into_iter().flatten().min();
        limit
    }

    /// Whether its line carries less than there is use for.
    pub fn is_narrow(&self) -> bool {
        let budget = self.allocator.current();
        budget.is_some_and(|bps| Allocator::line_for(bps) < self.congestion.wanted_bps())
    }

    /// What may be sent to it, and why.
    pub const fn estimate(&self) -> Estimate {
        self.congestion.estimate()
    }

    /// Lets as many earlier packets go with each of a voice as its line calls for.
    pub fn protect_voices(&mut self) {
        let loss = self.congestion.loss_share();
        let estimate_bps = self.estimate().bitrate_bps;
        let voices = self.down_tracks.iter_mut();
        for voice in voices.filter(|track| track.labels.red.is_some()) {
            voice.redundancy = redundancy(voice.redundancy, loss, estimate_bps);
        }
    }

    /// Lets browsers ask for all that they miss of a picture as often as it takes, where that brings
    /// it in time.
    pub fn chain_pictures(&mut self) {
        // What a full line drops is not repeated, and a chain would break.
        let chains = !self.is_paced && self.congestion.is_repaired();
        for track in &mut self.down_tracks {
            track.chain(chains && track.labels.rtx_ssrc.is_some());
        }
    }

    /// Takes what it reports on our streams; blocks about others say nothing.
    pub fn on_report_blocks(&mut self, now: Instant, blocks: impl Iterator<Item = ReportBlock>) {
        for block in blocks {
            let by_ssrc = |track: &DownTrack| track.labels.ssrc == block.ssrc;
            if let Some(at) = self.down_tracks.iter().position(by_ssrc) {
                self.congestion.on_report(now, &block);
                let highest = block.extended_highest_sequence;
                self.hearing.on_report(now, at, highest);
            }
        }
    }

    /// Takes what it reports on arrivals.
    pub fn on_feedback(&mut self, now: Instant, feedback: &TransportFeedback<'_>) {
        self.congestion.on_feedback(now, feedback);
        let Some(awaited) = self.hearing.awaits() else {
            return;
        };
        let place = awaited.wrapping_sub(feedback.base_sequence);
        if place < feedback.packet_count {
            let mut packets = feedback.packets().skip(place.into());
            if packets.next().is_some_and(|(_, arrival)| arrival.is_some()) {
                self.hearing.on_arrival(now);
            }
        }
    }

    /// The up track of a layer of a source.
    pub fn up_track(&mut self, source: Source, layer: u8) -> Option<&mut UpTrack> {
        self.up_tracks
            .iter_mut()
            .find(|track| track.source == source && track.layer == layer)
    }

    /// Reads a byte of each part that a packet to a down track needs.
    pub fn touch(&self, down_track: usize) -> u8 {
        let track = self.down_tracks.get(down_track);
        self.transport.touch() ^ self.congestion.touch() ^ track.map_or(0, DownTrack::touch)
    }

    /// Whether it has a slot of this kind.
    pub fn has_slot(&self, kind: SlotKind) -> bool {
        self.down_tracks.iter().any(|track| track.slot == kind)
    }

    /// The down track that sends with this SSRC.
    pub fn down_track_of(&self, ssrc: u32) -> Option<usize> {
        self.down_tracks
            .iter()
            .position(|track| track.labels.ssrc == ssrc)
    }

    /// When it next gets our reports.
    pub const fn reports_at(&self) -> Instant {
        self.report_at
    }

    /// When something here is due.
    pub fn next_timeout(&self) -> Option<Instant> {
        let transport = self.transport.next_timeout()?;
        if self.liveness == Liveness::Connecting {
            return Some(transport);
        }
        let tracks = self
            .up_tracks
            .iter()
            .flat_map(|track| [track.loss.next_timeout(), track.key_frame.next_timeout()]);
        let silent =
            (self.liveness == Liveness::Alive).then(|| self.transport.heard_at() + SILENT_AFTER);
        let others = [
            Some(transport),
            Some(self.report_at),
            self.feedback.next_timeout(),
            self.demand.next_timeout(),
            self.congestion.next_timeout(),
            self.release_at,
            silent,
        ];
        others.into_iter().chain(tracks).flatten().min()
    }

    /// How liveness has changed, if it has.
    pub fn poll_liveness(&mut self, now: Instant) -> Option<Liveness> {
        let quiet = now.saturating_duration_since(self.transport.heard_at()) >= SILENT_AFTER;
        let liveness = match self.liveness {
            Liveness::Alive if quiet => Liveness::Silent,
            Liveness::Silent if !quiet => Liveness::Alive,
            _ => return None,
        };
        self.liveness = liveness;
        Some(liveness)
    }
}

/// One track for each line, or for each of its layers.
fn up_tracks(lines: &[UpLine]) -> (Vec<UpTrack>, Vec<TrackName>) {
    let (mut tracks, mut names) = (Vec::new(), Vec::new());
    for line in lines {
        // The low rate of a source is its layer 0, which the whole of it then stands above.
        let has_low = |other: &UpLine| other.is_low && other.source == line.source;
        let first = u8::from(!line.is_low && lines.iter().any(has_low));
        let layers = line.rids.iter().map(Some);
        let whole = line.rids.is_empty().then_some(None);
        for (layer, rid) in (first..).zip(layers.chain(whole)) {
            tracks.push(UpTrack::new(line, layer));
            names.push(TrackName {
                mid: line.mid.clone(),
                rid: rid.cloned(),
            });
        }
    }
    assert!(
        tracks.len() <= MAX_UP_TRACKS,
        "a layout has one line of each source"
    );
    (tracks, names)
}
