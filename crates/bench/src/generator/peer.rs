//! One participant: its link, its tracks, what it received.
//!
//! Invariant: it answers nothing but ICE and DTLS; of RTCP it sends a receiver report each second
//! and hears requests for key frames.

use super::{Delays, Group, Totals, Way, seal};
use crate::endpoint::Endpoint;
use crate::media::{Track, read_stamp};
use crate::reception::Reception;
use crate::sockets::Arrival;
use anyhow::Result;
use homeroom_rtp::rtcp::{Compound, ReportBlock, RtcpPacket, write_receiver_report};
use homeroom_rtp::{DatagramKind, RtpHeader, classify};
use homeroom_sfu_core::transport::srtp::MAX_OVERHEAD;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Most streams one report tells of (RFC 3550 §6.4.2).
const MAX_BLOCKS: usize = 31;
/// Pace of receiver reports.
const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// The reporter of who sends nothing, as in Chromium.
const RECEIVER_SSRC: u32 = 1;
/// An answer to one of the server's checks, in bytes: what a plain receiver sends with each report
/// so that the other side is woken as often.
const CHECK_BYTES: usize = 96;
/// The payload type of retransmissions, which are not counted: nothing here asks for any.
const RTX: u8 = crate::media::Numbers::OURS.rtx;

/// How packets travel.
pub enum Link {
    /// Through ICE, DTLS and SRTP.
    Webrtc(Box<Endpoint>),
    /// As they are, as long as if they were sealed.
    Plain {
        /// Bytes that stand for the tag.
        tag_len: usize,
    },
}

impl Link {
    /// The transport, if it is one.
    #[must_use]
    pub const fn endpoint(&self) -> Option<&Endpoint> {
        match self {
            Self::Webrtc(endpoint) => Some(endpoint),
            Self::Plain { .. } => None,
        }
    }
}

pub struct Peer {
    pub group: Group,
    pub at: SocketAddr,
    pub link: Link,
    pub tracks: Vec<Track>,
    pub is_sampled: bool,
    pub has_media: bool,
    to: Option<SocketAddr>,
    reception: Reception,
    /// The sequence number of each stream's first packet, parallel to the reception's streams.
    firsts: Vec<u64>,
    forged: u64,
    transport_sequence: u16,
    report_at: Option<Instant>,
    queue: Vec<Vec<u8>>,
}

impl Peer {
    pub fn new(group: Group, at: SocketAddr, link: Link, tracks: Vec<Track>) -> Self {
        Self {
            group,
            at,
            link,
            tracks,
            is_sampled: false,
            has_media: false,
            to: None,
            reception: Reception::default(),
            firsts: Vec::new(),
            forged: 0,
            transport_sequence: 1,
            report_at: None,
            queue: Vec::new(),
        }
    }

    pub fn connect(&mut self, now: Instant, way: Way) {
        match (&mut self.link, way) {
            (Link::Webrtc(endpoint), Way::Webrtc(remote)) => {
                self.to = Some(remote.address);
                endpoint.connect(now, remote);
            }
            (_, Way::Webrtc(remote)) => self.to = Some(remote.address),
            (_, Way::Plain(address)) => self.to = Some(address),
        }
        // Spread over the second, as people are.
        let phase = Duration::from_millis(rand::random_range(0..1_000));
        self.report_at = Some(now + phase);
    }

    pub fn is_connected(&self) -> bool {
        let is_up = self.link.endpoint().is_none_or(Endpoint::is_connected);
        is_up && self.to.is_some()
    }

    pub fn add_to(&self, totals: &mut Totals) {
        for track in &self.tracks {
            totals.sent += track.sent;
            totals.expected += track.sent * track.audience;
            totals.burst += track.burst() * track.audience;
        }
        for (stream, first) in self.reception.streams().iter().zip(&self.firsts) {
            totals.arrived += stream.arrived;
            totals.spanned += stream.newest + 1 - first;
        }
        totals.forged += self.forged;
    }

    /// Takes a datagram; whether there may be something to send or a new time to wait for.
    pub fn receive(&mut self, arrival: Arrival<'_>, delays: &mut Delays) -> Result<bool> {
        match classify(arrival.bytes) {
            Some(DatagramKind::Rtp) => {
                self.receive_media(arrival, delays);
                Ok(false)
            }
            Some(DatagramKind::Rtcp) => {
                self.receive_feedback(arrival.bytes);
                Ok(false)
            }
            _ => match &mut self.link {
                Link::Webrtc(endpoint) => {
                    endpoint.handle(Instant::now(), arrival.from, arrival.bytes)?;
                    Ok(true)
                }
                Link::Plain { .. } => Ok(false),
            },
        }
    }

    fn receive_media(&mut self, arrival: Arrival<'_>, delays: &mut Delays) {
        let Ok(header) = RtpHeader::parse(arrival.bytes) else {
            self.forged += 1;
            return;
        };
        if header.payload_type() == RTX {
            return;
        }
        let (ssrc, seq) = (header.ssrc(), header.sequence_number());
        let (header_len, payload_type) = (header.header_len(), header.payload_type());
        if self.is_sampled || !self.has_media {
            let opened = match &mut self.link {
                Link::Webrtc(endpoint) => endpoint.srtp().and_then(|(_, opener)| {
                    let opened = opener.open_rtp(arrival.bytes, header_len, ssrc, seq);
                    opened.ok().map(|opened| opened.len)
                }),
                Link::Plain { tag_len } => arrival.bytes.len().checked_sub(*tag_len),
            };
            let Some(len) = opened.filter(|len| *len >= header_len) else {
                self.forged += 1;
                return;
            };
            self.has_media = true;
            if let Some(made) = read_stamp(&arrival.bytes[header_len..len])
                && self.is_sampled
            {
                let is_video = payload_type == crate::media::Numbers::OURS.vp8;
                let histogram = if is_video {
                    &mut delays.video
                } else {
                    &mut delays.audio
                };
                histogram.saturating_record(arrival.at_ns.saturating_sub(made));
            }
        }
        self.reception.count(ssrc, seq);
        let streams = self.reception.streams();
        let known = self.firsts.len();
        self.firsts
            .extend(streams[known..].iter().map(|stream| stream.newest));
    }

    /// Only publishers listen, for requests of key frames.
    fn receive_feedback(&mut self, datagram: &mut [u8]) {
        let Self { link, tracks, .. } = self;
        let Link::Webrtc(endpoint) = link else { return };
        if tracks.is_empty() {
            return;
        }
        let Some((_, opener)) = endpoint.srtp() else {
            return;
        };
        let Ok(len) = opener.open_rtcp(datagram) else {
            self.forged += 1;
            return;
        };
        let Ok(packets) = Compound::parse(&datagram[..len]) else {
            return;
        };
        let mut refresh = |ssrc| {
            for track in tracks.iter_mut().filter(|track| track.ssrc == ssrc) {
                track.wants_key_frame = true;
            }
        };
        for packet in packets {
            match packet {
                RtcpPacket::Pli(pli) => refresh(pli.media_ssrc),
                RtcpPacket::Fir(fir) => fir.entries().for_each(|e| refresh(e.media_ssrc)),
                _ => {}
            }
        }
    }

    pub fn next_timeout(&self) -> Option<Instant> {
        let transport = self.link.endpoint().and_then(Endpoint::next_timeout);
        [transport, self.report_at].into_iter().flatten().min()
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        if let Link::Webrtc(endpoint) = &mut self.link {
            endpoint.handle_timeout(now);
        }
        if self.report_at.is_some_and(|at| at <= now) {
            self.report_at = Some(now + REPORT_INTERVAL);
            self.report();
        }
    }

    /// A receiver report of every stream. A publisher that hears nobody says nothing.
    fn report(&mut self) {
        let streams = self.reception.streams().iter().zip(&self.firsts);
        let blocks: Vec<ReportBlock> = streams
            .take(MAX_BLOCKS)
            .map(|(stream, first)| ReportBlock {
                ssrc: stream.ssrc,
                fraction_lost: 0,
                cumulative_lost: (stream.newest + 1 - first).saturating_sub(stream.arrived) as i32,
                // One turn up is where counting begins.
                extended_highest_sequence: (stream.newest - (1 << 16)) as u32,
                jitter: 0,
                last_sender_report: 0,
                delay_since_last_sender_report: 0,
            })
            .collect();
        if blocks.is_empty() {
            return;
        }
        let mut packet = vec![0; 8 + 24 * blocks.len() + MAX_OVERHEAD];
        let reporter = self.tracks.first().map_or(RECEIVER_SSRC, |t| t.ssrc);
        let len = write_receiver_report(&mut packet, reporter, &blocks);
        let sealed = match &mut self.link {
            Link::Webrtc(endpoint) => endpoint
                .srtp()
                .and_then(|(sealer, _)| sealer.seal_rtcp(&mut packet, len).ok()),
            Link::Plain { tag_len } => {
                // Stands for the answer to a check, which there is none here to ask for.
                self.queue.push(vec![0; CHECK_BYTES]);
                Some(len + *tag_len + 4)
            }
        };
        if let Some(len) = sealed {
            packet.truncate(len);
            self.queue.push(packet);
        }
    }

    pub fn poll_transmit(&mut self) -> Option<(SocketAddr, Vec<u8>)> {
        let to = self.to?;
        let from_transport = match &mut self.link {
            Link::Webrtc(endpoint) => endpoint.poll_transmit(),
            Link::Plain { .. } => None,
        };
        let datagram = from_transport.or_else(|| self.queue.pop())?;
        Some((to, datagram))
    }

    /// Makes the next frame of a track and sends it.
    pub fn send_frame(&mut self, track: usize, mut send: impl FnMut(SocketAddr, &[u8])) {
        let Self {
            link,
            tracks,
            to,
            transport_sequence,
            ..
        } = self;
        let Some(to) = *to else { return };
        tracks[track].frame(transport_sequence, |mut plain| {
            if let Some(len) = seal(link, &mut plain) {
                send(to, &plain.buffer[..len]);
            }
        });
    }
}
