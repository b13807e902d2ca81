//! One camera and many receivers, connected through the SFU without sockets.
//!
//! Invariant: receivers open nothing while time is measured; what they got is counted by address
//! and, for one of them, authenticated afterwards.

use homeroom_rtp::{DatagramKind, HeaderFields, classify, write_header};
use homeroom_sfu_core::sdp::{IceCredentials, Offer, SlotSsrc};
use homeroom_sfu_core::transmit::TransmitBatch;
use homeroom_sfu_core::transport::dtls::{Dtls, DtlsIdentity, RtcDtls};
use homeroom_sfu_core::transport::srtp::{MAX_OVERHEAD, SrtpProfile, SrtpSealer};
use homeroom_sfu_core::{
    Command, Layout, MediaRole, NewParticipant, ParticipantId, RoomId, Sfu, SfuConfig, Source,
    SourceSet, WorkerIndex,
};
use rtc_stun::attributes::{ATTR_USE_CANDIDATE, ATTR_USERNAME};
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Receivers of the one camera.
pub const RECEIVERS: usize = 50;
/// Packets that come at once: a frame's.
const BURST: usize = 6;
/// Payload of a packet, in bytes.
pub const PAYLOAD_BYTES: usize = 1_200;
/// A VP8 descriptor with a 15-bit picture id (RFC 7741 §4.2) and a key frame's first bytes.
const KEY_FRAME: [u8; 14] = [
    0x90, 0x80, 0x80, 0x01, 0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02,
];
const CAMERA_SSRC: u32 = 77;

/// The lesson.
pub struct Lesson {
    sfu: Sfu,
    out: TransmitBatch,
    now: Instant,
    camera: Client,
    sent: u64,
    forwarded: u64,
}

/// See [`Lesson::settle`].
const SETTLED: Duration = Duration::from_secs(5);

impl Lesson {
    /// Everybody connected and watching the one camera.
    pub fn connected() -> Self {
        let now = Instant::now();
        let provider = rtc_crypto::default_provider().expect("ring is compiled in");
        let identity = Arc::new(DtlsIdentity::generate(provider).expect("a certificate"));
        let sfu = Sfu::new(SfuConfig {
            worker: WorkerIndex(0),
            identity: identity.clone(),
            cname: "bench".to_owned(),
            seed: [7; 32],
            epoch: now,
            unix_at_epoch: Duration::from_secs(1_800_000_000),
        });
        let mut lesson = Self {
            sfu,
            out: TransmitBatch::default(),
            now,
            camera: Client::new(now, 0, &identity),
            sent: 0,
            forwarded: 0,
        };
        for id in 0..=RECEIVERS as u32 {
            lesson.connect(id, &identity);
        }
        lesson.settle();
        lesson
    }

    /// The receivers report nothing, so their lines are thought narrow until that is clear.
    fn settle(&mut self) {
        let end = self.now + SETTLED;
        while self.now < end {
            self.now += Duration::from_millis(1);
            self.sfu.handle_timeout(self.now, &mut self.out);
            self.out.clear();
        }
    }

    fn connect(&mut self, id: u32, identity: &Arc<DtlsIdentity>) {
        let mut client = Client::new(self.now, id, identity);
        let joins = client.joins(identity.fingerprint());
        let room = RoomId(1);
        self.sfu.handle_command(self.now, joins, &mut self.out);
        let watch = Command::Watch {
            room,
            id: ParticipantId(id),
            slots: vec![Some(ParticipantId(0))],
            heights: Vec::new(),
        };
        self.sfu.handle_command(self.now, watch, &mut self.out);
        let mut to_sfu = vec![client.check()];
        while client.sealer.is_none() {
            to_sfu.extend(std::iter::from_fn(|| client.dtls.poll_transmit()).map(|d| d.to_vec()));
            for mut datagram in to_sfu.drain(..) {
                self.sfu
                    .handle_datagram(self.now, client.at, &mut datagram, &mut self.out);
            }
            self.now += Duration::from_millis(1);
            self.sfu.handle_timeout(self.now, &mut self.out);
            let at = client.at;
            for (_, datagram) in self.out.iter().filter(|(to, _)| *to == at) {
                to_sfu.extend(client.receive(self.now, datagram));
            }
            self.out.clear();
        }
        if id == 0 {
            self.camera = client;
        }
    }

    /// The camera's next packets, sealed.
    pub fn next_packets(&mut self, count: usize) -> Vec<Vec<u8>> {
        (0..count).map(|_| self.next_packet()).collect()
    }

    fn next_packet(&mut self) -> Vec<u8> {
        let mut packet = vec![0x55; 12 + PAYLOAD_BYTES + MAX_OVERHEAD];
        let fields = HeaderFields {
            marker: true,
            payload_type: 96,
            sequence_number: self.sent as u16,
            timestamp: self.sent as u32 * 3_000,
            ssrc: CAMERA_SSRC,
        };
        let header_len = write_header(&mut packet, &fields, &[]);
        packet[header_len..header_len + KEY_FRAME.len()].copy_from_slice(&KEY_FRAME);
        let len = header_len + PAYLOAD_BYTES;
        let sealer = self.camera.sealer.as_mut().expect("connected");
        let sealed = sealer.seal_rtp(&mut packet, len, header_len, self.sent);
        packet.truncate(sealed.expect("there is room"));
        self.sent += 1;
        packet
    }

    /// Passes the packets through the SFU, a frame's burst at a time; how many it sent on.
    pub fn forward(&mut self, packets: &mut [Vec<u8>]) -> u64 {
        let mut forwarded = 0;
        for burst in packets.chunks_mut(BURST) {
            // A frame's time of a camera, without waiting for it.
            self.now += Duration::from_micros(100 * burst.len() as u64);
            forwarded += self.forward_burst(burst);
        }
        self.forwarded += forwarded;
        forwarded
    }

    /// What a worker does with what it received at once; how many packets it would send.
    fn forward_burst(&mut self, burst: &mut [Vec<u8>]) -> u64 {
        for packet in burst {
            self.sfu
                .handle_datagram(self.now, self.camera.at, packet, &mut self.out);
        }
        let mut forwarded = 0;
        loop {
            let has_more = self.sfu.fan_out(self.now, &mut self.out);
            let is_media = |(_, d): &(SocketAddr, &[u8])| classify(d) == Some(DatagramKind::Rtp);
            forwarded += self.out.iter().filter(is_media).count() as u64;
            self.out.clear();
            if !has_more {
                return forwarded;
            }
        }
    }

    /// Whether every receiver got every packet.
    pub const fn all_delivered(&self) -> bool {
        self.forwarded == self.sent * RECEIVERS as u64
    }
}

/// One participant's side of ICE and DTLS.
struct Client {
    id: u32,
    at: SocketAddr,
    ours: IceCredentials,
    theirs: IceCredentials,
    dtls: RtcDtls,
    sealer: Option<SrtpSealer>,
}

impl Client {
    fn new(now: Instant, id: u32, identity: &Arc<DtlsIdentity>) -> Self {
        let credentials = |side: &str| IceCredentials {
            ufrag: format!("{side}{id:04}"),
            pwd: format!("{side}-password-of-participant-{id:04}"),
        };
        let profiles = [SrtpProfile::AeadAes128Gcm];
        let dtls = RtcDtls::client(now, identity.clone(), identity.fingerprint(), &profiles);
        Self {
            id,
            at: SocketAddr::from(([192, 0, 2, 1], 1_000 + id as u16)),
            ours: credentials("client"),
            theirs: credentials("server"),
            dtls: dtls.expect("a configuration of our own"),
            sealer: None,
        }
    }

    fn joins(&self, fingerprint: [u8; 32]) -> Command {
        let sdp = include_str!("offer.sdp");
        let layout = Layout {
            camera: Some("0".to_owned()),
            video_slots: vec!["1".to_owned()],
            audio_slots: vec!["2".to_owned()],
            ..Layout::default()
        };
        let mut offer = Offer::parse(sdp, &layout).expect("an offer of our own");
        offer.ice = self.ours.clone();
        offer.fingerprint = fingerprint;
        let ssrcs = |slot: u32| SlotSsrc {
            ssrc: 10_000 + 2 * self.id + slot,
            rtx_ssrc: Some(20_000 + 2 * self.id + slot),
        };
        Command::Add(Box::new(NewParticipant {
            room: RoomId(1),
            id: ParticipantId(self.id),
            role: MediaRole::Student,
            may_send: SourceSet::NONE.with(Source::Camera),
            offer,
            ice: self.theirs.clone(),
            slot_ssrcs: vec![ssrcs(0), ssrcs(1)],
        }))
    }

    fn check(&self) -> Vec<u8> {
        let mut message = Message::new();
        let username = format!("{}:{}", self.theirs.ufrag, self.ours.ufrag);
        message
            .build(&[
                Box::new(BINDING_REQUEST),
                Box::new(TransactionId(*b"a nomination")),
                Box::new(TextAttribute::new(ATTR_USERNAME, username)),
            ])
            .expect("a request");
        message.add(ATTR_USE_CANDIDATE, &[]);
        signed(message, &self.theirs.pwd)
    }

    /// Takes a datagram of the SFU; what to answer.
    fn receive(&mut self, now: Instant, datagram: &[u8]) -> Option<Vec<u8>> {
        match classify(datagram) {
            Some(DatagramKind::Stun) => {
                let mut check = Message::new();
                check.unmarshal_binary(datagram).expect("STUN");
                if check.typ != BINDING_REQUEST {
                    return None;
                }
                let mut answer = Message::new();
                answer
                    .build(&[Box::new(BINDING_SUCCESS), Box::new(check.transaction_id)])
                    .expect("an answer");
                Some(signed(answer, &self.ours.pwd))
            }
            Some(DatagramKind::Dtls) => {
                if let Some(keys) = self.dtls.handle(now, datagram).expect("our own handshake") {
                    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
                    let sealer = SrtpSealer::new(&keys, provider.crypto());
                    self.sealer = Some(sealer.expect("supported"));
                }
                None
            }
            _ => None,
        }
    }
}

fn signed(mut message: Message, password: &str) -> Vec<u8> {
    let provider = rtc_crypto::default_provider().expect("ring is compiled in");
    MessageIntegrity::new_short_term_integrity_with_provider(
        password.to_owned(),
        provider.crypto(),
    )
    .add_to(&mut message)
    .expect("a message to sign");
    message.raw
}
