//! A participant who is let in and sends anything at all, and another who watches and listens.
//!
//! The input is steps as in the `datagram` target; here the bytes are plain RTP or RTCP, sealed
//! with the keys of the teacher (address 0, 2) or of the student (1, 3).

use std::net::SocketAddr;
use std::time::Instant;

use homeroom_sfu_core::transmit::TransmitBatch;
use homeroom_sfu_core::{Command, Event, Sfu};

use crate::datagram::{Steps, pass_time};
use crate::peer::Peer;
use crate::stun::{LOCAL, REMOTE};
use crate::world::{ROOM, STUDENT, TEACHER, identity, participant, sfu};

/// Steps read of one input.
const MAX_STEPS: usize = 64;
/// Datagrams that one step may cause beside those its time causes: a NACK's worth and a few.
const MAX_OUT_PER_STEP: usize = 1_000;
const STUDENT_LOCAL: (&str, &str) = ("srv2", "second-server-password-of-seeds");
const STUDENT_REMOTE: (&str, &str) = ("cln2", "second-client-password-of-seeds");

/// Whatever an insider sends, the room goes on, and what the SFU sends is authentic, never
/// repeated, well-formed, bounded, and goes to the two of them only.
pub fn session(data: &[u8]) {
    let mut out = TransmitBatch::default();
    let (mut sfu, mut peers, mut now) = lesson(&mut out);
    for step in Steps(data).take(MAX_STEPS) {
        now = pass_time(&mut sfu, now, step.tenths_s.min(8), &mut out);
        let sender = &mut peers[step.sender % 2];
        if let Some(mut sealed) = sender.seal(step.datagram) {
            sfu.handle_datagram(now, sender.at, &mut sealed, &mut out);
            assert!(!sfu.fan_out(now, &mut out), "a packet to one receiver");
        }
        deliver(&mut peers, &mut out);
    }
    while let Some(event) = sfu.poll_event() {
        assert!(!matches!(event, Event::RoomFailed { .. }));
    }
    assert_eq!(sfu.participants(), 2);
}

fn deliver(peers: &mut [Peer; 2], out: &mut TransmitBatch) {
    assert!(out.datagrams().len() <= MAX_OUT_PER_STEP);
    for (to, datagram) in out.iter() {
        let receiver = peers.iter_mut().find(|peer| peer.at == to);
        receiver.expect("nobody else is in the room").open(datagram);
    }
    out.clear();
}

/// A connected teacher on stage and a connected student who watches; both may send everything.
fn lesson(out: &mut TransmitBatch) -> (Sfu, [Peer; 2], Instant) {
    let now = Instant::now();
    let mut sfu = sfu(now);
    let fingerprint = identity().fingerprint();
    sfu.handle_command(now, participant(TEACHER, LOCAL, REMOTE, fingerprint), out);
    sfu.handle_command(
        now,
        participant(STUDENT, STUDENT_LOCAL, STUDENT_REMOTE, fingerprint),
        out,
    );
    let at = |host| SocketAddr::from(([192, 0, 2, host], 40_000));
    let mut teacher = Peer::new(now, at(0), REMOTE, LOCAL);
    let now = teacher.connect(&mut sfu, now, out);
    let mut student = Peer::new(now, at(1), STUDENT_REMOTE, STUDENT_LOCAL);
    let now = student.connect(&mut sfu, now, out);
    for (id, watched) in [(TEACHER, STUDENT), (STUDENT, TEACHER)] {
        let watch = Command::Watch {
            room: ROOM,
            id,
            slots: vec![Some(watched)],
            heights: Vec::new(),
        };
        sfu.handle_command(now, watch, out);
    }
    sfu.handle_command(
        now,
        Command::Stage {
            room: ROOM,
            sharer: Some(TEACHER),
        },
        out,
    );
    let mut peers = [teacher, student];
    deliver(&mut peers, out);
    (sfu, peers, now)
}
