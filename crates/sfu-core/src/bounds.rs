//! Every bound on what the network can make us hold or do, in one place.
//!
//! Invariant: a table, queue or loop that packets, offers or commands feed stops at one of these.

use std::time::Duration;

/// Participants of one worker. The offer of one more is refused.
pub const MAX_PARTICIPANTS: usize = 10_000;
/// Addresses one participant may be reached at while ICE looks for the best (RFC 8445 pairs).
pub const MAX_ICE_ADDRESSES: usize = 8;
/// Longest STUN message read, in bytes. Browsers send about 100.
pub const MAX_STUN_BYTES: usize = 548;
/// Longest ClientHello gathered before the SRTP profile is chosen, in bytes and in datagrams.
pub const MAX_CLIENT_HELLO_BYTES: usize = 8 * 1024;
/// See [`MAX_CLIENT_HELLO_BYTES`].
pub const MAX_CLIENT_HELLO_DATAGRAMS: usize = 8;
/// DTLS bytes taken from a peer in all: a handshake needs about 3 KiB, and nothing follows it but a
/// goodbye. The library keeps what it cannot use yet, so its memory is bounded here.
pub const MAX_DTLS_BYTES: usize = 32 * 1024;
/// Time a peer has from its answer to finish DTLS.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);
/// DTLS datagrams kept until the peer's address has answered our own check.
pub const MAX_HELD_DATAGRAMS: usize = 16;
/// DTLS datagrams of a peer kept until its address has answered our own check: one ClientHello.
pub const MAX_EARLY_DATAGRAMS: usize = 4;
/// Longest RTP packet forwarded, header to payload, in bytes; what is longer is dropped.
pub const MAX_RTP_BYTES: usize = 1_500;
/// Longest dependency descriptor that is passed on; a browser's with the structure of an L3T3 has 90.
pub const MAX_DESCRIPTOR_BYTES: usize = 255;
/// How much of a source is kept for retransmission, at the least: three tries on a slow line.
pub const CACHE_TIME: Duration = Duration::from_secs(1);
/// Most bytes a source may keep, whatever time they are: a second at 8 Mbit/s.
pub const MAX_CACHE_BYTES: usize = 1024 * 1024;
/// Most packets a source may keep.
pub const MAX_CACHE_PACKETS: usize = 2_048;
/// Spatial layers of one source (RFC 8853); what an offer has beyond them is not taken.
pub const MAX_LAYERS: usize = 3;
/// Longest name of a layer (RFC 8851 `rid`), in bytes. Browsers' pages use one letter.
pub const MAX_RID_BYTES: usize = 16;
/// Packets of one layer of a source that leave together.
pub const MAX_BURST: usize = 64;
/// Layers of sources whose packets may wait to leave before they must.
pub const MAX_STAGED: usize = 256;
/// A packet is padded by at most one byte for so many of its own.
pub const PADDING_SHARE: usize = 64;
/// Missing packets an up track asks for at a time (one NACK's worth).
pub const MAX_MISSING: usize = 250;
/// Times one missing packet is asked for.
pub const MAX_NACK_TRIES: u8 = 10;
/// How late a picture's packet may come: so long do browsers wait before they give a frame up.
pub const PICTURE_USEFUL: Duration = Duration::from_secs(1);
/// How late a voice's packet may come: about what browsers let it wait for when much is lost.
pub const VOICE_USEFUL: Duration = Duration::from_millis(500);
/// A voice over a longer round trip is not asked for again.
pub const VOICE_ROUND_TRIP: Duration = Duration::from_millis(200);
/// Packets resent for one NACK of a receiver.
pub const MAX_RESENDS_PER_NACK: usize = 64;
/// Packets to one receiver of which it is known when they were last sent again.
pub const MAX_RECENT_RESENDS: usize = 256;
/// Earlier packets of a voice that go with one of it.
pub const MAX_REDUNDANCY: usize = 2;
/// Longest payload of a voice with earlier packets, in bytes: it stays under any path's MTU.
pub const MAX_RED_BYTES: usize = 1_100;
/// Arrivals remembered for one transport-wide feedback packet.
pub const MAX_FEEDBACK_PACKETS: usize = 256;
/// At most one key-frame request per layer in this time.
pub const KEY_FRAME_INTERVAL: Duration = Duration::from_millis(500);
/// Voices forwarded beside those who are always heard.
pub const LOUDEST: usize = 3;
/// Teachers always heard; the louder ones when there are more. Fewer than the slots of a receiver,
/// so that three teachers cannot silence the class.
pub const MAX_ALWAYS_HEARD: usize = 2;
/// Switches of source or layer a down track can still answer NACKs for.
pub const MAX_SWITCHES: usize = 8;
/// The same where frames are left out, each time of which counts as a switch: four seconds of every
/// other frame at 30 a second.
pub const MAX_RUNS: usize = 64;
/// A layer from which nothing came for this long, while another layer of its source did arrive, is
/// gone. With the wait for the room's next tick that is 300 ms.
pub const LAYER_SILENCE: Duration = Duration::from_millis(240);
/// The same of a shared screen, of which frames come when something moves, or the encoder can pay.
pub const SCREEN_LAYER_SILENCE: Duration = Duration::from_secs(4);
/// Nor is a layer gone before the others have ended so many frames without it.
pub const LAYER_MISSED_FRAMES: u8 = 4;
/// How long a layer's packets are kept for retransmission after its last receiver went to another.
pub const LEFT_LAYER_KEPT: Duration = Duration::from_secs(1);
/// Publishers are told which layers are wanted at most once in this time.
pub const DEMAND_INTERVAL: Duration = Duration::from_millis(100);
/// How long nobody must have wanted a layer before its publisher is told to pause it: people look
/// back at whom they just looked at.
pub const PAUSE_DELAY: Duration = Duration::from_secs(1);
/// The same of a layer while another of its source is wanted. Turning one off or on makes a browser
/// begin all of them anew, with a key frame each and seconds of a poor picture.
pub const LAYER_PAUSE_DELAY: Duration = Duration::from_secs(10);
/// Events kept for signalling before `Speaking` is coalesced away.
pub const MAX_EVENTS: usize = 65_536;
/// Relayed packets that wait for another worker; then the oldest video is dropped.
pub const MAX_RELAYS: usize = 4_096;
/// Datagrams in a batch at which a worker sends before it handles more.
pub const FLUSH_AT: usize = 128;

/// Silence after which a participant counts as away.
pub const SILENT_AFTER: Duration = Duration::from_secs(5);
/// How long a teacher's voice may go out to a receiver without a proof that it arrives.
pub const DEAF_AFTER: Duration = Duration::from_secs(10);
/// Time without an answer to our checks after which nothing more is sent (RFC 7675 §5.1 says
/// 30 s at most).
pub const CONSENT_EXPIRES: Duration = Duration::from_secs(20);
/// Pace of our own checks on a validated address.
pub const CHECK_INTERVAL: Duration = Duration::from_secs(1);
/// Pace of our own checks on an address not yet validated (RFC 8445 §14.2: Ta ≥ 50 ms).
pub const FIRST_CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// Pace of sender and receiver reports.
pub const REPORT_INTERVAL: Duration = Duration::from_secs(1);
/// Pace of transport-wide feedback.
pub const FEEDBACK_INTERVAL: Duration = Duration::from_millis(100);
/// How long a gap may be mere reordering before it is asked for.
pub const REORDER_DELAY: Duration = Duration::from_millis(10);
/// Pace of the room's choice of voices.
pub const SPEAKER_INTERVAL: Duration = Duration::from_millis(60);
/// Pace at which signalling is told who speaks.
pub const ANNOUNCE_INTERVAL: Duration = Duration::from_millis(300);

/// Packets to one receiver that its transport-wide feedback can be about: four seconds at 2.5 Mbit/s,
/// six bytes each.
pub const SENT_HISTORY: usize = 1_024;
/// What a receiver is first believed to carry, in bits per second.
pub const START_ESTIMATE_BPS: u64 = 300_000;
/// The estimate never falls below this: two voices.
pub const MIN_ESTIMATE_BPS: u64 = 48_000;
/// Nor rises above this, whatever a receiver reports.
pub const MAX_ESTIMATE_BPS: u64 = 12_000_000;
/// What is looked for until somebody says what a receiver has use for, in bits per second.
pub const DEFAULT_WANTED_BPS: u64 = 4_000_000;
/// Loss beyond this share is ours to answer, whether it depends on our rate or not.
pub const MAX_INHERENT_LOSS: f64 = 0.35;
/// Silence about what was sent after which the estimate is halved, each second anew.
pub const NO_FEEDBACK_AFTER: Duration = Duration::from_millis(1_500);
/// Most bytes of one probe.
pub const MAX_PROBE_BYTES: u32 = 16_000;
/// Padding that probes may send to one receiver over time, in bytes per second: 64 kbit/s.
pub const PROBE_BYTES_PER_S: u32 = 8_000;
/// And no larger share of what a receiver is believed to carry: on a narrow line every byte is dear.
pub const PROBE_SHARE: f64 = 0.1;
/// And at most saved up: the first probes, from little to everything.
pub const MAX_PROBE_CREDIT: u32 = 64_000;
/// Pace of probes while a receiver has use for more than its estimate.
pub const PROBE_INTERVAL: Duration = Duration::from_millis(2_500);
/// The same for a while after the estimate has dropped.
pub const PROBE_AFTER_DROP: Duration = Duration::from_millis(500);
/// The same for a moment after a probe has shown something else than was believed.
pub const PROBE_AFTER_MOVE: Duration = Duration::from_secs(1);
/// Most time between probes of a receiver that has never answered one.
pub const PROBE_UNANSWERED_MAX: Duration = Duration::from_secs(60);
/// How finely a probe is spread over time.
pub const PROBE_TICK: Duration = Duration::from_millis(2);
/// Pace at which held packets leave.
pub const PACE_TICK: Duration = Duration::from_millis(5);
/// Longest time a face's packet is held.
pub const PACE_LONGEST: Duration = Duration::from_millis(250);
/// The same of a shared screen's: a slide is worth waiting for.
pub const SLIDE_LONGEST: Duration = Duration::from_secs(8);
/// Packets of one receiver's faces, or of its screen, that are held; of faces those beyond leave at
/// once.
pub const MAX_HELD: usize = 256;
/// What the pacer saves up: two of its ticks.
pub const PACE_BURST: Duration = Duration::from_millis(10);
/// And how much may be owed for what did not wait.
pub const PACE_DEBT: Duration = Duration::from_millis(500);
/// Streams of a receiver whose reports are kept apart.
pub const MAX_REPORTED_STREAMS: usize = 32;
/// How long a receiver's own limit (REMB) holds.
pub const REMB_VALID: Duration = Duration::from_secs(5);
