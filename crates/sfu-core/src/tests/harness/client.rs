//! A browser's peer connection in small, as the controlling agent.
//!
//! It nominates, answers our checks, shakes hands, sends its tracks, repairs what it lost, and
//! keeps a record of what reached each of its slots.
//!
//! Invariant: it reads what the SFU sends as strictly as a browser would, and panics when a packet
//! is not authentic, comes twice, or is of another room or of its own.

use super::media;
use super::offer::{DEPENDENCY_ID, OPUS, RED, TRANSPORT_CC_ID};
use super::slot::{Seen, Slot};
use super::stun;
use super::track::{Plain, Track};
use crate::model::{Codec, ParticipantId, RoomId, SlotKind, Source};
use crate::sdp::IceCredentials;
use crate::transport::dtls::{Dtls, DtlsIdentity, RtcDtls};
use crate::transport::srtp::{MAX_OVERHEAD, SrtpError, SrtpOpener, SrtpProfile, SrtpSealer};
use crate::up_track::Feedback;
use homeroom_rtp::extension::parse_transport_wide_sequence;
use homeroom_rtp::rtcp::{
    Compound, Nack, RtcpPacket, SenderInfo, write_nack, write_pli, write_receiver_report,
    write_sdes_cname, write_sender_report,
};
use homeroom_rtp::{DatagramKind, RtpHeader, RtpPacket, classify, dependency, rtx, sequence};
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Pace of checks until the first answer, and from then on.
const FIRST_CHECKS: Duration = Duration::from_millis(50);
const CHECKS: Duration = Duration::from_secs(1);
/// Pace of reports.
const REPORTS: Duration = Duration::from_secs(1);
/// When a client began, by its own clock: seconds since 1900.
const NTP_BEGAN_S: u64 = 3_900_000_000;
/// Pace at which gaps are looked at.
const GAPS: Duration = Duration::from_millis(20);

/// Who a client is and whom it expects.
pub struct Identity {
    pub room: RoomId,
    pub id: ParticipantId,
    pub at: SocketAddr,
    pub server: SocketAddr,
    pub ours: IceCredentials,
    pub theirs: IceCredentials,
    pub certificate: Arc<DtlsIdentity>,
    pub server_fingerprint: [u8; 32],
    pub profiles: Vec<SrtpProfile>,
}

/// The client.
pub struct Client {
    pub who: Identity,
    /// Its addresses from which it answered a check of the SFU's.
    pub answered: BTreeSet<SocketAddr>,
    /// It answers checks; a spoofed address does not.
    pub answers_checks: bool,
    /// It neither sends nor hears.
    pub asleep: bool,
    pub tracks: Vec<Track>,
    pub slots: Vec<Slot>,
    /// When its own handshake was over.
    pub connected_at: Option<Instant>,
    /// Reports it got.
    pub sender_reports: usize,
    pub receiver_reports: usize,
    /// Transport-wide sequence numbers in the order they were reported.
    pub reported: Vec<u16>,
    /// Transport-wide sequence numbers of what it got, in that order.
    pub stamps: Vec<u16>,
    /// Packets of nothing but padding that it got.
    pub probes: usize,
    /// It asks for what it misses.
    pub asks_again: bool,
    /// It reports arrivals; one that does not is known by its reports alone.
    pub gives_feedback: bool,
    /// What waits to be sent, with the address it leaves from.
    pub out: Vec<(SocketAddr, Vec<u8>)>,
    /// Every datagram sent, when asked to keep them.
    pub sent: Option<Vec<Vec<u8>>>,
    arrivals: Feedback,
    dtls: Option<RtcDtls>,
    srtp: Option<(SrtpSealer, SrtpOpener)>,
    next_check: Option<Instant>,
    check_interval: Duration,
    next_report: Option<Instant>,
    next_gaps: Option<Instant>,
    checks: u64,
    transport_sequence: u16,
    round_trip: Duration,
    check_sent_at: Instant,
    begun_at: Instant,
}

impl Client {
    pub fn new(now: Instant, who: Identity, tracks: Vec<Track>, slots: Vec<Slot>) -> Self {
        Self {
            who,
            answered: BTreeSet::new(),
            answers_checks: true,
            asleep: false,
            tracks,
            slots,
            connected_at: None,
            sender_reports: 0,
            receiver_reports: 0,
            reported: Vec::new(),
            stamps: Vec::new(),
            probes: 0,
            asks_again: true,
            gives_feedback: true,
            arrivals: Feedback::new(now),
            out: Vec::new(),
            sent: None,
            dtls: None,
            srtp: None,
            next_check: Some(now),
            check_interval: FIRST_CHECKS,
            next_report: None,
            next_gaps: None,
            checks: 0,
            transport_sequence: 0,
            round_trip: Duration::from_millis(50),
            check_sent_at: now,
            begun_at: now,
        }
    }

    pub fn track(&mut self, source: Source) -> &mut Track {
        &mut self.tracks[source.index()]
    }

    /// A source's layers, smallest first.
    pub fn layers(&mut self, source: Source) -> impl Iterator<Item = &mut Track> {
        self.tracks
            .iter_mut()
            .filter(move |track| track.source == source)
    }

    pub fn slot(&self, kind: SlotKind) -> &Slot {
        let mut slots = self.slots.iter();
        slots
            .find(|slot| slot.kind == kind)
            .expect("the offer has this slot")
    }

    /// Whom it hears or sees in any slot of a kind since `from`.
    pub fn sources_since(&self, from: Instant, of: impl Fn(SlotKind) -> bool) -> Vec<u32> {
        let slots = self.slots.iter().filter(|slot| of(slot.kind));
        let sources: BTreeSet<_> = slots.flat_map(|slot| slot.sources_since(from)).collect();
        sources.into_iter().map(|id| id.0).collect()
    }

    /// When [`Client::tick`] has something to do.
    pub fn next_at(&self) -> Option<Instant> {
        if self.asleep {
            return None;
        }
        let dtls = self.dtls.as_ref().and_then(|dtls| dtls.next_timeout());
        let media = self.tracks.iter().filter_map(Track::next_at);
        let media = media.min().filter(|_| self.srtp.is_some());
        let others = [
            self.next_check,
            self.next_report,
            self.next_gaps,
            self.arrivals.next_timeout(),
            dtls,
            media,
        ];
        others.into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Instant) {
        if self.next_check.is_some_and(|at| at <= now) {
            self.check(now);
        }
        if let Some(dtls) = &mut self.dtls
            && dtls.next_timeout().is_some_and(|at| at <= now)
        {
            dtls.handle_timeout(now);
            self.flush_dtls();
        }
        if self.srtp.is_none() {
            return;
        }
        for track in 0..self.tracks.len() {
            let packets = self.tracks[track].poll(now, &mut self.transport_sequence);
            packets.iter().for_each(|plain| self.send_rtp(plain));
        }
        if self.next_gaps.is_some_and(|at| at <= now) {
            self.next_gaps = Some(now + GAPS);
            if self.asks_again {
                self.repair(now);
            }
        }
        self.report_arrivals(now);
        if self.next_report.is_some_and(|at| at <= now) {
            self.next_report = Some(now + REPORTS);
            self.report(now);
        }
    }

    /// Sends a nominating check.
    pub fn check(&mut self, now: Instant) {
        self.next_check = Some(now + self.check_interval);
        self.checks += 1;
        self.check_sent_at = now;
        let mut id = [0; 12];
        id[..8].copy_from_slice(&self.checks.to_be_bytes());
        let check = stun::check(&self.who.ours, &self.who.theirs, id, true);
        self.out.push((self.who.at, check));
    }

    /// Moves to another network: the same session from another address.
    pub fn move_to(&mut self, now: Instant, at: SocketAddr) {
        self.who.at = at;
        self.check(now);
    }

    pub fn wake(&mut self, now: Instant) {
        self.asleep = false;
        self.next_check = Some(now);
    }

    /// Says goodbye to nobody: the page is closed.
    pub fn close(&mut self) {
        self.asleep = true;
    }

    pub fn receive(&mut self, now: Instant, to: SocketAddr, datagram: &mut [u8]) {
        if self.asleep {
            return;
        }
        match classify(datagram) {
            Some(DatagramKind::Stun) => self.receive_stun(now, to, datagram),
            Some(DatagramKind::Dtls) => self.receive_dtls(now, datagram),
            Some(DatagramKind::Rtp) => self.receive_rtp(now, datagram),
            Some(DatagramKind::Rtcp) => self.receive_rtcp(now, datagram),
            None => panic!("the SFU sent what is no protocol of ours"),
        }
    }

    fn receive_stun(&mut self, now: Instant, to: SocketAddr, datagram: &[u8]) {
        let mut message = Message::new();
        message
            .unmarshal_binary(datagram)
            .expect("well-formed STUN");
        if message.typ == BINDING_SUCCESS {
            // An answer to somebody else's check, which they sent in our name.
            if !stun::is_signed(&mut message, &self.who.theirs.pwd) {
                return;
            }
            self.round_trip = now - self.check_sent_at;
            if std::mem::replace(&mut self.check_interval, CHECKS) == FIRST_CHECKS {
                self.next_check = Some(now + CHECKS);
                self.start_dtls(now);
            }
        } else if message.typ == BINDING_REQUEST
            && self.answers_checks
            && stun::is_signed(&mut message, &self.who.ours.pwd)
        {
            let answer = stun::answer(&message, self.who.server, &self.who.ours.pwd);
            self.out.push((to, answer));
            self.answered.insert(to);
        }
    }

    fn start_dtls(&mut self, now: Instant) {
        let who = &self.who;
        let certificate = who.certificate.clone();
        let dtls = RtcDtls::client(now, certificate, who.server_fingerprint, &who.profiles);
        self.dtls = Some(dtls.expect("a configuration of our own"));
        self.flush_dtls();
    }

    fn receive_dtls(&mut self, now: Instant, datagram: &[u8]) {
        let Some(dtls) = &mut self.dtls else { return };
        // The SFU may refuse us; that is its decision to make.
        let keys = dtls.handle(now, datagram).ok().flatten();
        self.flush_dtls();
        let Some(keys) = keys else { return };
        let provider = stun::provider();
        let sealer = SrtpSealer::new(&keys, provider.crypto()).expect("supported");
        let opener = SrtpOpener::new(&keys, provider.crypto()).expect("supported");
        self.srtp = Some((sealer, opener));
        self.connected_at = Some(now);
        self.next_report = Some(now + REPORTS);
        self.next_gaps = Some(now + GAPS);
    }

    fn flush_dtls(&mut self) {
        while let Some(flight) = self.dtls.as_mut().and_then(|dtls| dtls.poll_transmit()) {
            self.out.push((self.who.at, flight.to_vec()));
        }
    }

    fn receive_rtp(&mut self, now: Instant, datagram: &mut [u8]) {
        // A packet that overtook the SFU's last flight is lost, as in a browser.
        let Some((_, opener)) = &mut self.srtp else {
            return;
        };
        let header = RtpHeader::parse(datagram).expect("a well-formed header");
        let (ssrc, header_len, number) =
            (header.ssrc(), header.header_len(), header.sequence_number());
        let payload_type = header.payload_type();
        let descriptor = header.extension(DEPENDENCY_ID);
        let frame_number = descriptor.and_then(dependency::frame_number);
        let flags = descriptor.and_then(|descriptor| Some(descriptor.first()? >> 6));
        let stamp = header.extension(TRANSPORT_CC_ID);
        let stamp = stamp.and_then(parse_transport_wide_sequence);
        let opened = match opener.open_rtp(datagram, header_len, ssrc, number) {
            Ok(opened) => opened,
            // The network itself may copy a packet; the SFU never does: see `Slot::note`.
            Err(SrtpError::Replayed) => return,
            Err(error) => panic!("{error}"),
        };
        let packet = RtpPacket::parse(&datagram[..opened.len]).expect("a well-formed packet");
        if let Some(stamp) = stamp {
            self.stamps.push(stamp);
            self.arrivals.on_packet(now, stamp);
        }
        let by_ssrc = |slot: &Slot| slot.ssrc == ssrc || slot.rtx_ssrc == ssrc;
        let slot = self
            .slots
            .iter()
            .position(by_ssrc)
            .expect("an SSRC of the answer");
        let slot = &mut self.slots[slot];
        let resent = slot.rtx_ssrc == ssrc;
        if resent && packet.payload().is_empty() {
            assert!(packet.padding_len() > 0, "a probe is padding");
            self.probes += 1;
            return;
        }
        let (index, payload) = if resent {
            let (original, payload) = rtx::split_osn(packet.payload()).expect("an original");
            let highest = slot
                .highest()
                .expect("nothing is resent before it was sent");
            (sequence::unwrap(highest, original), payload)
        } else {
            (opened.index, packet.payload())
        };
        if payload.is_empty() {
            slot.note_empty(now, index, self.round_trip);
            return;
        }
        let (mut payload, mut payload_type) = (payload, payload_type);
        if payload_type == RED {
            let (earlier, own) = media::read_red(payload);
            for (offset, earlier) in earlier {
                let (label, _) = media::read(earlier, Codec::Opus);
                slot.note_carried(index, packet.timestamp().wrapping_sub(offset), label);
            }
            (payload, payload_type) = (own, OPUS);
        }
        let codec = media::codec_of(payload_type);
        assert_eq!(codec.is_video(), slot.kind.is_video());
        let (label, picture) = media::read(payload, codec);
        assert_eq!(codec == Codec::Av1, frame_number.is_some(), "{label:?}");
        if let Some(flags) = flags {
            let (begins, ends) = (label.part == 0, label.part + 1 == label.parts);
            let expected = u8::from(begins) << 1 | u8::from(ends);
            assert_eq!(flags, expected, "the descriptor stays: {label:?}");
        }
        assert_eq!(label.room, self.who.room, "nothing leaves its room");
        assert_ne!(label.publisher, self.who.id, "nobody gets their own back");
        let seen = Seen {
            at: now,
            bytes: payload.len(),
            timestamp: packet.timestamp(),
            marker: packet.marker(),
            label,
            picture,
            frame_number,
            resent,
        };
        slot.note(index, seen, self.round_trip);
    }

    fn receive_rtcp(&mut self, now: Instant, datagram: &mut [u8]) {
        let Some((_, opener)) = &mut self.srtp else {
            return;
        };
        let len = match opener.open_rtcp(datagram) {
            Ok(len) => len,
            Err(SrtpError::Replayed) => return,
            Err(error) => panic!("{error}"),
        };
        for packet in Compound::parse(&datagram[..len]).expect("a well-formed compound") {
            match packet {
                RtcpPacket::Pli(pli) => {
                    let mut tracks = self.tracks.iter_mut();
                    let track = tracks.find(|track| track.ssrc == pli.media_ssrc);
                    track.expect("an SSRC of ours").on_key_frame_request(now);
                }
                RtcpPacket::Nack(nack) => self.resend(&nack),
                RtcpPacket::SenderReport(_) => self.sender_reports += 1,
                RtcpPacket::ReceiverReport(_) => self.receiver_reports += 1,
                RtcpPacket::TransportFeedback(feedback) => {
                    self.reported
                        .extend(feedback.packets().map(|(number, _)| number));
                }
                RtcpPacket::Sdes => {}
                other => panic!("the SFU has no reason to send {other:?}"),
            }
        }
    }

    fn resend(&mut self, nack: &Nack<'_>) {
        let by_ssrc = |track: &Track| track.ssrc == nack.media_ssrc;
        let track = self
            .tracks
            .iter()
            .position(by_ssrc)
            .expect("an SSRC of ours");
        for number in nack.lost() {
            let plain = self.tracks[track].resend(number, &mut self.transport_sequence);
            if let Some(plain) = plain {
                self.send_rtp(&plain);
            }
        }
    }

    /// Asks for what is missing; gives up with a request for a key frame.
    fn repair(&mut self, now: Instant) {
        let retry = self.round_trip + GAPS;
        for slot in 0..self.slots.len() {
            let slot = &mut self.slots[slot];
            let (ask, gave_up) = slot.poll_missing(now, retry);
            let (ssrc, is_video) = (slot.ssrc, slot.kind.is_video());
            if !ask.is_empty() {
                self.send_nack(ssrc, &ask);
            }
            if gave_up && is_video {
                self.send_pli(ssrc);
            }
        }
    }

    pub fn send_nack(&mut self, ssrc: u32, numbers: &[u16]) {
        self.send_rtcp(|buffer| write_nack(buffer, 1, ssrc, numbers.iter().copied()));
    }

    pub fn send_pli(&mut self, ssrc: u32) {
        self.send_rtcp(|buffer| write_pli(buffer, 1, ssrc));
    }

    /// Says when each packet arrived, as soon as that is due.
    fn report_arrivals(&mut self, now: Instant) {
        while self.arrivals.next_timeout().is_some_and(|at| at <= now) {
            let mut feedback = vec![0; 1_150];
            let Some(len) = self.arrivals.poll(now, &mut feedback, 1, 0) else {
                return;
            };
            feedback.truncate(len);
            if self.gives_feedback {
                self.send_rtcp(|buffer| {
                    buffer[..len].copy_from_slice(&feedback);
                    len
                });
            }
        }
    }

    fn report(&mut self, now: Instant) {
        let elapsed = now.saturating_duration_since(self.begun_at).as_micros() as u64;
        let ntp_time = (NTP_BEGAN_S << 32) + (elapsed << 32) / 1_000_000;
        // Reports begin when media does, as a browser's do.
        let sending = self.tracks.iter().filter(|track| track.sent > 0);
        let tracks: Vec<_> = sending
            .map(|track| (track.ssrc, track.sent, track.timestamp_at(now)))
            .collect();
        self.send_rtcp(|buffer| {
            let mut len = write_receiver_report(buffer, 1, &[]);
            len += write_sdes_cname(&mut buffer[len..], 1, "client");
            for (ssrc, sent, rtp_time) in tracks {
                let info = SenderInfo {
                    ntp_time,
                    rtp_time,
                    packet_count: sent as u32,
                    octet_count: 0,
                };
                len += write_sender_report(&mut buffer[len..], ssrc, &info, &[]);
            }
            len
        });
    }

    pub fn send_rtp(&mut self, plain: &Plain) {
        let Some((sealer, _)) = &mut self.srtp else {
            return;
        };
        let mut packet = [&plain.bytes[..], &[0; MAX_OVERHEAD]].concat();
        let len = sealer
            .seal_rtp(
                &mut packet,
                plain.bytes.len(),
                plain.header_len,
                plain.index,
            )
            .expect("a packet that can be sealed");
        packet.truncate(len);
        self.out.push((self.who.at, packet));
    }

    pub fn send_rtcp(&mut self, write: impl FnOnce(&mut [u8]) -> usize) {
        let Some((sealer, _)) = &mut self.srtp else {
            return;
        };
        let mut packet = vec![0; 1_200];
        let len = write(&mut packet);
        let len = sealer
            .seal_rtcp(&mut packet, len)
            .expect("a packet that can be sealed");
        packet.truncate(len);
        self.out.push((self.who.at, packet));
    }
}
