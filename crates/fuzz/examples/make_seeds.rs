//! Writes `seeds/`: small packets of every kind, browsers' offers, every message of a client.
//!
//! Run it after a change of a format: `cargo run --example make_seeds`. Invariant: it writes the
//! same bytes every time, so that a diff shows what changed.

use std::fs;
use std::path::{Path, PathBuf};

use homeroom_rtp::rtcp::{
    ReportBlock, SenderInfo, write_nack, write_pli, write_receiver_report, write_sdes_cname,
    write_sender_report, write_transport_feedback,
};
use homeroom_rtp::{Extension, HeaderFields, write_header};
use rtc_stun::attributes::{
    ATTR_ICE_CONTROLLING, ATTR_PRIORITY, ATTR_USE_CANDIDATE, ATTR_USERNAME,
};
use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::integrity::MessageIntegrity;
use rtc_stun::message::{BINDING_REQUEST, Message, Setter, TransactionId};
use rtc_stun::textattrs::TextAttribute;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn write(target: &str, name: &str, bytes: &[u8]) {
    let folder = crates().join("fuzz/seeds").join(target);
    fs::create_dir_all(&folder).expect("a writable folder of seeds");
    fs::write(folder.join(name), bytes).expect("a writable seed");
}

/// Copies every file of a folder of the repository.
fn copy(from: &str, target: &str) {
    for entry in fs::read_dir(crates().join(from)).expect("the folder is there") {
        let path = entry.expect("a readable folder").path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a plain name");
        write(target, name, &fs::read(&path).expect("a readable file"));
    }
}

fn written(write: impl FnOnce(&mut [u8]) -> usize) -> Vec<u8> {
    let mut buf = vec![0; 1_500];
    let len = write(&mut buf);
    buf.truncate(len);
    buf
}

fn main() {
    copy("protocol/fixtures/client", "client_message");
    write("client_message", "too-deep", "[".repeat(64).as_bytes());
    copy("sfu-core/src/sdp/fixtures", "sdp_offer");
    rtp();
    rtcp();
    h264();
    vp8();
    vp9();
    dependency();
    stun();
    datagram();
    session();
}

const VP8_KEY_FRAME: &[u8] =
    b"\x90\xe0\x81\x02\x2a\x20\x50\x2c\x00\x9d\x01\x2a\x80\x02\xe0\x01first partition";
const VP8_INTER_FRAME: &[u8] = b"\x90\xe0\x81\x03\x2a\x60\x51\x2c\x00first partition";

fn rtp_packet(payload_type: u8, extensions: &[Extension<'_>], payload: &[u8]) -> Vec<u8> {
    let fields = HeaderFields {
        marker: true,
        payload_type,
        sequence_number: 4_242,
        timestamp: 3_000,
        ssrc: 0x1234_5678,
    };
    let mut packet = written(|buf| write_header(buf, &fields, extensions));
    packet.extend_from_slice(payload);
    packet
}

fn rtp() {
    let level = Extension {
        id: 1,
        data: &[0x9e],
    };
    let transport_wide = Extension {
        id: 3,
        data: &[0x01, 0x02],
    };
    let mid = Extension { id: 4, data: b"0" };
    let mut probe = rtp_packet(97, &[transport_wide], &[0, 0, 0, 4]);
    probe[0] |= 0x20;
    let mut two_byte = rtp_packet(96, &[], &[0x10, 0x00, 0, 2, 20, 3, 1, 2, 3, 0, 0, 0, b'm']);
    two_byte[0] |= 0x10;
    let mut contributors = rtp_packet(111, &[], &[0, 0, 0, 1, 0, 0, 0, 2, b'm']);
    contributors[0] |= 2;
    let retransmission = [&[0x10, 0x92][..], VP8_INTER_FRAME].concat();
    for (name, packet) in [
        (
            "audio",
            rtp_packet(111, &[level, transport_wide, mid], b"opus"),
        ),
        (
            "key-frame",
            rtp_packet(96, &[transport_wide, mid], VP8_KEY_FRAME),
        ),
        (
            "inter-frame",
            rtp_packet(96, &[transport_wide], VP8_INTER_FRAME),
        ),
        ("retransmission", rtp_packet(97, &[], &retransmission)),
        ("probe", probe),
        ("two-byte-extensions", two_byte),
        ("contributors", contributors),
    ] {
        write("rtp", name, &packet);
        write("srtp", name, &packet);
    }
}

fn rtcp() {
    let info = SenderInfo {
        ntp_time: 1 << 40,
        rtp_time: 90_000,
        packet_count: 7,
        octet_count: 900,
    };
    let block = ReportBlock {
        ssrc: 9,
        cumulative_lost: -3,
        fraction_lost: 12,
        ..ReportBlock::default()
    };
    let arrivals = [
        Some(1_000_000),
        None,
        Some(1_000_300),
        Some(1_900_000),
        Some(1_800_000),
        None,
    ];
    let arrivals = (65_530..=u16::MAX)
        .zip(arrivals)
        .chain((0..40).map(|seq| (seq, Some(2_000_000))));
    let estimate = b"\x8f\xce\x00\x05\0\0\0\x01\0\0\0\0REMB\x01\x0b\xff\xff\0\0\0\x09";
    let mut compound = written(|buf| write_sender_report(buf, 5, &info, &[block]));
    compound.extend(written(|buf| write_sdes_cname(buf, 5, "homeroom")));
    let mut reports = written(|buf| write_receiver_report(buf, 5, &[block, block]));
    reports.extend_from_slice(estimate);
    for (name, packet) in [
        ("sender-report", compound),
        ("receiver-report", reports),
        (
            "nack",
            written(|buf| write_nack(buf, 1, 2, [65_535, 0, 3, 40, 41])),
        ),
        ("pli", written(|buf| write_pli(buf, 1, 2))),
        (
            "fir",
            b"\x84\xce\x00\x04\0\0\0\x01\0\0\0\0\0\0\0\x09\x03\0\0\0".to_vec(),
        ),
        ("bye", b"\x82\xcb\x00\x02\0\0\0\x07\0\0\0\x09".to_vec()),
        (
            "transport-feedback",
            written(|buf| write_transport_feedback(buf, 1, 2, 3, arrivals).len),
        ),
    ] {
        write("rtcp", name, &packet);
        write("srtp", name, &packet);
    }
}

fn h264() {
    write("h264", "parameters", b"\x67\x42\xe0\x1f");
    write(
        "h264",
        "both-parameters",
        b"\x78\x00\x02\x67\x42\x00\x01\x68",
    );
    write(
        "h264",
        "parameters-after-a-delimiter",
        b"\x78\x00\x01\x09\x00\x01\x67",
    );
    write("h264", "first-fragment", b"\x7c\x85rest");
    write("h264", "later-fragment", b"\x7c\x05rest");
}

fn vp8() {
    write("vp8", "key-frame", VP8_KEY_FRAME);
    write("vp8", "inter-frame", VP8_INTER_FRAME);
    write("vp8", "short-picture-id", b"\x90\x80\x2a\x51\x2c\x00rest");
    write("vp8", "no-picture-id", b"\x00rest");
    write("vp8", "second-partition", b"\x11rest");
}

fn vp9() {
    let key_frame = b"\x8e\x81\x02\x50\x01\x40\x00\xb4\x02\x80\x01\x68\x05\x00\x02\xd0frame";
    write("vp9", "key-frame", key_frame);
    let structure = b"\xae\x81\x02\x10\x2a\x18\x01\x40\x00\xb4\x02\x04\x01\x58\x01\x02frame";
    write("vp9", "groups", structure);
    write("vp9", "upper-layer", b"\xac\x81\x02\x13\x2aframe");
    write("vp9", "inter-frame", b"\xed\x81\x03\x52\x2aframe");
    write("vp9", "flexible", b"\xf8\x81\x03\x52\x03\x05\x06frame");
    write("vp9", "short-picture-id", b"\xec\x2a\x52\x2aframe");
    write("vp9", "no-picture-id", b"\x0cframe");
}

/// A key frame's descriptor of a browser that codes L3T3.
const DEPENDENCY: &[u8] = b"\xc1\x01\x72\x80\x08\x14\x85\x21\x4e\xaf\xff\xaa\xaa\x86\x3c\xf0\x43\x0c\x10\xc3\x02\xaf\xc0\xaa\
    \xa0\x06\x3c\x00\x43\x00\x10\xc0\x02\xa0\x00\xa8\x00\x06\x00\x00\x40\x00\x1d\x95\x49\x26\xe0\x82\
    \xb0\x4a\x09\x41\xb8\x20\xac\x12\x82\x50\x31\x57\xf9\x74\x00\x0c\xa8\x64\x33\x0e\x22\x22\x22\xec\
    \xa8\x65\x53\x04\x22\x42\x30\xec\xa8\x77\x53\x00\x77\x00\x42\x00\xef\x00\x86\x01\xdf\x01\x0d";

fn dependency() {
    let after = |next: &[u8]| [&[DEPENDENCY.len() as u8], DEPENDENCY, next].concat();
    write("dependency", "key-frame", &after(b""));
    write(
        "dependency",
        "fewer-layers",
        &after(b"\x86\x01\x73\x40\xfc"),
    );
    write("dependency", "mandatory", &after(b"\x46\x01\x73"));
    let three = b"\x09\x80\x00\x09\x80\x02\xaf\xf3\xc3\x00\xc0\x00\x0a\x43";
    write("dependency", "three-targets", three);
    // The same frame with indications of its own, after what is active.
    let own = b"\x09\x80\x00\x09\x80\x02\xaf\xf3\xc3\x00\xc0\x00\x0a\x63\x90";
    write("dependency", "own-indications", own);
    write("dependency", "unknown", b"\x00\xc0\x00\x0b");
}

/// Credentials that the target gives its server.
const USERNAME: &str = "srvr:clnt";
const PASSWORD: &str = "server-password-of-the-seeds";

fn stun() {
    write("stun", "check", &stun_request(false, true));
    write("stun", "nomination", &stun_request(true, true));
    write("stun", "unsigned", &stun_request(false, false));
}

fn stun_request(nominates: bool, is_signed: bool) -> Vec<u8> {
    let mut message = Message::new();
    message
        .build(&[
            Box::new(BINDING_REQUEST),
            Box::new(TransactionId(*b"transaction!")),
            Box::new(TextAttribute::new(ATTR_USERNAME, USERNAME.to_owned())),
        ])
        .expect("a well-formed request");
    message.add(ATTR_PRIORITY, &0x6e7f_1eff_u32.to_be_bytes());
    message.add(ATTR_ICE_CONTROLLING, &7_u64.to_be_bytes());
    if nominates {
        message.add(ATTR_USE_CANDIDATE, &[]);
    }
    if is_signed {
        let provider = rtc_crypto::default_provider().expect("ring is compiled in");
        let password = PASSWORD.to_owned();
        MessageIntegrity::new_short_term_integrity_with_provider(password, provider.crypto())
            .add_to(&mut message)
            .expect("a message to sign");
        FINGERPRINT.add_to(&mut message).expect("a message to mark");
    }
    message.raw
}

/// The smallest ClientHello that WebRTC accepts.
fn client_hello() -> Vec<u8> {
    let extensions = [
        // Extended master secret, P-256, uncompressed points, ECDSA with SHA-256, use_srtp.
        &[0, 23, 0, 0][..],
        &[0, 10, 0, 4, 0, 2, 0, 23],
        &[0, 11, 0, 2, 1, 0],
        &[0, 13, 0, 4, 0, 2, 4, 3],
        &[0, 14, 0, 7, 0, 4, 0, 1, 0, 7, 0],
    ]
    .concat();
    let mut body = [&[0xfe, 0xfd][..], &[7; 32], &[0, 0, 0, 2, 0xc0, 0x2b, 1, 0]].concat();
    body.extend((extensions.len() as u16).to_be_bytes());
    body.extend(extensions);
    let len = (body.len() as u32).to_be_bytes();
    let handshake = [&[1][..], &len[1..], &[0, 0, 0, 0, 0], &len[1..], &body].concat();
    let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0];
    record.extend((handshake.len() as u16).to_be_bytes());
    record.extend(handshake);
    record
}

/// One step of the target: which of four addresses sends, how long after the step before, what.
fn step(address: u8, tenths_s: u8, datagram: &[u8]) -> Vec<u8> {
    let len = (datagram.len() as u16).to_be_bytes();
    [&[tenths_s << 2 | address][..], &len, datagram].concat()
}

fn datagram() {
    let check = stun_request(false, true);
    let nomination = stun_request(true, true);
    let rtp = rtp_packet(96, &[], VP8_KEY_FRAME);
    let rtcp = written(|buf| write_pli(buf, 1, 2));
    let join = [
        step(0, 0, &check),
        step(0, 1, &nomination),
        step(0, 0, &client_hello()),
        step(0, 1, &rtp),
        step(0, 0, &rtcp),
        step(1, 2, &nomination),
        step(3, 50, &check),
        step(0, 63, &check),
    ];
    write("datagram", "join", &join.concat());
    let strangers = [
        step(0, 0, &rtp),
        step(1, 0, &rtcp),
        step(2, 1, &client_hello()),
    ];
    write("datagram", "strangers", &strangers.concat());
}

/// SSRCs of the browser's offer that everybody in the target's lesson has made.
const MICROPHONE_SSRC: u32 = 3_495_378_472;
const CAMERA_SSRC: u32 = 3_235_687_456;
const CAMERA_RTX_SSRC: u32 = 3_977_811_158;
/// The SSRC that the target's SFU gives to a receiver's first camera, behind three voices.
const FIRST_CAMERA_SLOT_SSRC: u32 = 1_003;

fn media(
    ssrc: u32,
    sequence_number: u16,
    payload_type: u8,
    id: u8,
    data: &[u8],
    payload: &[u8],
) -> Vec<u8> {
    let fields = HeaderFields {
        marker: true,
        payload_type,
        sequence_number,
        timestamp: 3_000,
        ssrc,
    };
    let mut packet = written(|buf| write_header(buf, &fields, &[Extension { id, data }]));
    packet.extend_from_slice(payload);
    packet
}

fn session() {
    let voice = |seq| media(MICROPHONE_SSRC, seq, 111, 1, &[0x9e], b"opus");
    let key_frame = |seq| media(CAMERA_SSRC, seq, 96, 4, b"1", VP8_KEY_FRAME);
    let inter_frame = |seq| media(CAMERA_SSRC, seq, 96, 3, &[0, 9], VP8_INTER_FRAME);
    let repaired = [&65_535_u16.to_be_bytes(), VP8_INTER_FRAME].concat();
    let retransmission = media(CAMERA_RTX_SSRC, 7, 97, 3, &[0, 12], &repaired);
    let nack = written(|buf| write_nack(buf, 1, FIRST_CAMERA_SLOT_SSRC, 300..330));
    let pli = written(|buf| write_pli(buf, 1, FIRST_CAMERA_SLOT_SSRC));
    let lesson = [
        step(0, 0, &voice(10)),
        step(1, 0, &voice(20)),
        step(1, 0, &pli),
        step(0, 0, &key_frame(65_534)),
        step(0, 1, &inter_frame(0)),
        step(0, 1, &retransmission),
        step(1, 1, &nack),
        step(0, 3, &voice(12)),
    ];
    write("session", "lesson", &lesson.concat());
    let info = SenderInfo {
        ntp_time: 1 << 60,
        rtp_time: 3_000,
        packet_count: 2,
        octet_count: 90,
    };
    let report = written(|buf| write_sender_report(buf, CAMERA_SSRC, &info, &[]));
    let arrivals = (0..40).map(|seq| (seq, Some(2_000_000)));
    let feedback = written(|buf| write_transport_feedback(buf, 1, 2, 3, arrivals).len);
    let reports = [
        step(0, 0, &key_frame(1)),
        step(0, 1, &report),
        step(1, 2, &feedback),
        step(0, 8, &inter_frame(9)),
        step(0, 8, &inter_frame(8)),
    ];
    write("session", "reports", &reports.concat());
    let before_the_first = [step(0, 0, &key_frame(1)), step(0, 0, &inter_frame(65_289))];
    write("session", "before-the-first", &before_the_first.concat());
}
