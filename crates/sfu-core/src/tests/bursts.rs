//! What came together leaves together: receiver by receiver, in order, in lengths that one send can
//! carry.

use super::harness::*;
use crate::bounds::FLUSH_AT;
use crate::model::{SlotKind, Source};
use crate::{Event, LayerSet};
use homeroom_netsim::LinkConfig;
use std::net::SocketAddr;
use std::time::Duration;

/// A teacher's camera of frames whose packets grow by a byte each, to some students.
fn lecture(students: u32, parts: u8, with_rtx: bool) -> (World, Vec<usize>) {
    let mut world = World::default();
    let mut joins = vec![Join::teacher(1)];
    joins.extend((0..students).map(|n| Join::student(2 + n)));
    for join in &mut joins {
        join.with_rtx = with_rtx;
    }
    let people = world.lesson(&joins);
    let camera = world.clients[people[0]].track(Source::Camera);
    (camera.parts, camera.growth) = (parts, 1);
    world.publish(people[0], &[Source::Camera]);
    for student in &people[1..] {
        world.watch(*student, &[Some(1)]);
    }
    (world, people)
}

/// The lengths of a receiver's media in a batch, and whether they lie side by side in it.
fn run_to(batch: &[(SocketAddr, usize)], to: SocketAddr) -> (Vec<usize>, bool) {
    let places = (0..batch.len()).filter(|place| batch[*place].0 == to);
    let places: Vec<usize> = places.collect();
    let is_one = places.windows(2).all(|pair| pair[1] == pair[0] + 1);
    (places.iter().map(|place| batch[*place].1).collect(), is_one)
}

#[test]
fn a_frame_is_one_run_of_equal_lengths_for_each_receiver() {
    let (mut world, people) = lecture(5, 6, true);
    world.run(secs(1));
    world.media_batches = Some(Vec::new());
    world.run(secs(2));
    let batches = world.media_batches.take().expect("they were kept");
    assert!(batches.len() > 28, "15 frames a second: {}", batches.len());
    for batch in &batches {
        for student in &people[1..] {
            let (lengths, is_one) = run_to(batch, world.clients[*student].who.at);
            assert!(is_one, "{batch:?}");
            assert_eq!(lengths.len(), 6, "a whole frame");
            assert_eq!(lengths, [lengths[5]; 6], "one send needs equal lengths");
        }
    }
    for student in &people[1..] {
        let slot = world.clients[*student].slot(SlotKind::Video(0));
        slot.assert_continuous();
        assert!(slot.seen.len() > 6 * 40, "and everybody can read them");
    }
    let stats = world.sfu(0).stats();
    // 5 + 4 + 3 + 2 + 1 bytes on six packets, but in key frames, whose first packet is longer.
    let frames = (stats.rtp_sent - stats.probes_sent) / 6;
    assert!(stats.padding_sent > 14 * frames, "{}", stats.padding_sent);
    assert!(stats.padding_sent <= 15 * frames, "{}", stats.padding_sent);
}

#[test]
fn without_a_stream_for_retransmissions_nothing_is_padded() {
    let (mut world, people) = lecture(2, 6, false);
    let link = LinkConfig { loss: 0.1, ..GOOD };
    let student = &world.clients[people[1]].who;
    world.network.set_link(student.server, student.at, link);
    world.run(secs(5));
    let slot = world.clients[people[1]].slot(SlotKind::Video(0));
    let resent = world.sfu(0).stats().rtx_sent;
    assert!(resent > 20, "plain resends: {resent}");
    assert!(slot.holes() < 5, "which the receiver could read");
    assert_eq!(world.sfu(0).stats().padding_sent, 0);
}

#[test]
fn a_burst_larger_than_a_batch_reaches_everybody_whole() {
    let students = (FLUSH_AT / 20 + 10) as u32;
    let (mut world, people) = lecture(students, 40, true);
    world.run(secs(4));
    for student in &people[1..] {
        let slot = world.clients[*student].slot(SlotKind::Video(0));
        slot.assert_continuous();
        assert!(slot.seen.len() > 40 * 40, "{}", slot.seen.len());
    }
}

#[test]
fn voices_leave_before_pictures() {
    let (mut world, people) = lecture(1, 6, true);
    let student = world.clients[people[1]].who.at;
    // A voice is captured with each picture, so they arrive together; the picture is sent first.
    let now = world.now();
    let tracks = &mut world.clients[people[0]].tracks;
    tracks.swap(Source::Microphone.index(), Source::Camera.index());
    for track in &mut tracks[..2] {
        track.interval = ms(66);
        track.start(now);
    }
    world.run(secs(1));
    world.media_batches = Some(Vec::new());
    world.run(secs(2));
    let batches = world.media_batches.take().expect("they were kept");
    let mixed = batches.iter().map(|batch| run_to(batch, student).0);
    let mixed: Vec<_> = mixed.filter(|lengths| lengths.len() == 7).collect();
    assert!(mixed.len() > 20, "{}", mixed.len());
    for lengths in mixed {
        assert!(lengths[0] < lengths[1], "the voice is first: {lengths:?}");
    }
}

/// The lecture again, with a worker that has patience.
fn patient_lecture(to_server: LinkConfig) -> (World, Vec<usize>) {
    let (mut world, people) = lecture(3, 6, true);
    let teacher = &world.clients[people[0]].who;
    world
        .network
        .set_link(teacher.at, teacher.server, to_server);
    world.set_patience(ms(1));
    world.run(secs(1));
    (world, people)
}

#[test]
fn with_patience_a_frame_that_comes_in_pieces_leaves_whole() {
    let (mut world, people) = patient_lecture(LinkConfig {
        jitter: Duration::from_micros(300),
        ..GOOD
    });
    world.media_batches = Some(Vec::new());
    world.run(secs(2));
    let batches = world.media_batches.take().expect("they were kept");
    let whole = |batch: &&Vec<_>| run_to(batch, world.clients[people[1]].who.at).0.len() == 6;
    let count = batches.iter().filter(whole).count();
    assert!(count > 28, "{count} of 30 frames");
    for student in &people[1..] {
        let slot = world.clients[*student].slot(SlotKind::Video(0));
        slot.assert_continuous();
    }
}

#[test]
fn patience_ends_after_its_time_and_no_voice_waits() {
    let (mut world, people) = patient_lecture(GOOD);
    world.stop(people[0], Source::Camera);
    world.run(secs(1));
    let begun = world.now();
    for source in [Source::Microphone, Source::Camera] {
        let track = world.clients[people[0]].track(source);
        track.marks = false;
        track.start(begun);
    }
    world.run(secs(3));
    let late = |kind, interval: Duration| {
        let seen = world.clients[people[1]].slot(kind).seen.values();
        let way = 2 * GOOD.delay;
        let late = seen.filter(|seen| seen.at > begun + way);
        let late = late.map(|seen| (seen.at - begun - way).as_micros() % interval.as_micros());
        late.collect::<Vec<_>>()
    };
    let (voices, pictures) = (
        late(SlotKind::Audio(0), ms(20)),
        late(SlotKind::Video(0), ms(66)),
    );
    assert!(voices.len() > 140 && pictures.len() > 240);
    assert!(voices.iter().all(|late| *late == 0), "{voices:?}");
    // Nothing says that a picture is whole, so each waits its time.
    assert!(pictures.iter().all(|late| *late == 1_000), "{pictures:?}");
}

/// A teacher with a layered camera, and students who show it at these heights.
fn layered_lecture(heights: &[u16]) -> (World, Vec<usize>) {
    let mut world = World::default();
    let mut joins = vec![Join::teacher(1).with_layers()];
    joins.extend((0..heights.len() as u32).map(|n| Join::student(2 + n)));
    let people = world.lesson(&joins);
    world.publish(people[0], &[Source::Camera]);
    for (student, height) in people[1..].iter().zip(heights) {
        world.watch_at(*student, &[(1, *height)]);
    }
    (world, people)
}

#[test]
fn with_patience_each_layer_waits_for_its_own_last_packet() {
    let (mut world, people) = layered_lecture(&[720, 360]);
    let teacher = &world.clients[people[0]].who;
    let jitter = Duration::from_micros(300);
    let to_server = LinkConfig { jitter, ..GOOD };
    world
        .network
        .set_link(teacher.at, teacher.server, to_server);
    world.set_patience(ms(1));
    world.run(secs(3));
    world.media_batches = Some(Vec::new());
    world.run(secs(2));
    let batches = world.media_batches.take().expect("they were kept");
    for (student, parts) in [(people[1], 10), (people[2], 3)] {
        let lengths = |batch: &Vec<_>| run_to(batch, world.clients[student].who.at).0.len();
        let whole = batches.iter().filter(|batch| lengths(batch) == parts);
        let whole = whole.count();
        assert!(whole > 55, "{whole} of 60 frames of {parts}");
        world.clients[student]
            .slot(SlotKind::Video(0))
            .assert_decodable();
    }
}

#[test]
fn a_switch_in_a_burst_larger_than_a_batch_leaves_the_old_layer() {
    const STUDENTS: usize = 3 * FLUSH_AT / 40 + 1;
    let (mut world, people) = layered_lecture(&[360; STUDENTS]);
    let top = world.clients[people[0]].layers(Source::Camera).nth(2);
    top.expect("three").parts = 40;
    world.run(secs(3));
    for student in &people[1..] {
        world.watch_at(*student, &[(1, 720)]);
    }
    // Longer than a layer outlives its last receiver.
    world.run(secs(12));
    for student in &people[1..] {
        let slot = world.clients[*student].slot(SlotKind::Video(0));
        slot.assert_decodable();
        // The smallest layer came first.
        assert_eq!(slot.layer_switches(), 2);
        assert_eq!(slot.holes(), 0);
    }
    let wanted = world
        .events
        .iter()
        .rev()
        .find_map(|(_, event)| match event {
            Event::Wanted { camera, .. } => Some(*camera),
            _ => None,
        });
    assert_eq!(
        wanted,
        Some(LayerSet::of(0).with(2)),
        "nobody stayed behind"
    );
}
