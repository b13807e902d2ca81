//! H.264 and AV1 beside VP8: layers switch as VP8's do, and nobody is sent what they cannot decode.

use super::harness::*;
use crate::model::{SlotKind, Source};
use crate::stats::DropReason;
use homeroom_netsim::LinkConfig;

const CAMERA: SlotKind = SlotKind::Video(0);

/// A teacher with a camera of three layers in H.264, and two who watch it, one without H.264.
fn lesson(workers: u8) -> (World, usize, [usize; 2]) {
    let mut world = World::new(workers);
    let people = world.lesson(&[
        Join::teacher(1).with_layers().with_h264(),
        Join::student(2).with_h264().on_worker(workers - 1),
        Join::student(3).on_worker(workers - 1),
    ]);
    for track in world.clients[people[0]].layers(Source::Camera) {
        track.code_h264();
    }
    world.publish(people[0], &[Source::Camera]);
    (world, people[0], [people[1], people[2]])
}

#[test]
fn layers_in_h264_switch_without_a_freeze() {
    for workers in [1, 2] {
        let (mut world, teacher, [student, _]) = lesson(workers);
        let who = &world.clients[teacher].who;
        let lossy = LinkConfig { loss: 0.01, ..GOOD };
        world.network.set_path(who.at, who.server, lossy);
        world.watch_at(student, &[(1, 180)]);
        world.run(secs(3));
        for (height, layer) in [(720, 2), (180, 0), (360, 1), (0, 2)] {
            let from = world.now();
            world.watch_at(student, &[(1, height)]);
            world.run(secs(2));
            let slot = world.clients[student].slot(CAMERA);
            assert!(slot.first_of_layer(layer, from).is_some(), "layer {layer}");
            let freeze = slot.longest_freeze(from, world.now());
            assert!(freeze <= ms(130), "{freeze:?} to layer {layer}");
        }
        let slot = world.clients[student].slot(CAMERA);
        slot.assert_decodable();
        assert_eq!(slot.holes_within_layers(), 0);
        assert!(
            world.clients[teacher]
                .layers(Source::Camera)
                .any(|t| t.resent > 0)
        );
    }
}

#[test]
fn who_does_not_take_a_codec_is_sent_none_of_it_and_costs_nobody_a_key_frame() {
    for workers in [1, 2] {
        let (mut world, teacher, [student, other]) = lesson(workers);
        world.watch_at(student, &[(1, 180)]);
        world.run(secs(2));
        let asked = |world: &mut World| {
            let layers = world.clients[teacher].layers(Source::Camera);
            layers
                .map(|track| track.asked_for_key_frame.len())
                .sum::<usize>()
        };
        let before = asked(&mut world);
        world.watch_at(other, &[(1, 180)]);
        world.run(secs(5));
        assert!(asked(&mut world) <= before + 1, "{workers} workers");
        assert_eq!(world.clients[other].slot(CAMERA).seen.len(), 0);
        assert!(world.sfu(workers - 1).stats().undecodable > 100);
        world.clients[student].slot(CAMERA).assert_decodable();
    }
}

#[test]
fn one_slot_shows_both_codecs_one_after_the_other() {
    let mut world = World::default();
    let people = world.lesson(&[
        Join::student(1).with_h264(),
        Join::student(2),
        Join::student(3).with_h264(),
    ]);
    world.clients[people[0]].track(Source::Camera).code_h264();
    for client in &people[..2] {
        world.publish(*client, &[Source::Camera]);
    }
    for turn in 0..6 {
        world.watch(people[2], &[Some(1 + turn % 2)]);
        world.run(secs(1));
        let shown = world.clients[people[2]]
            .slot(CAMERA)
            .sources_since(world.now() - ms(300));
        assert!(shown.iter().map(|id| id.0).eq([1 + turn % 2]), "{shown:?}");
    }
    world.clients[people[2]].slot(CAMERA).assert_continuous();
}

#[test]
fn a_codec_that_was_not_offered_goes_nowhere() {
    let mut world = World::default();
    let people = world.lesson(&[Join::student(1), Join::student(2).with_h264()]);
    world.clients[people[0]].track(Source::Camera).code_h264();
    world.publish(people[0], &[Source::Camera]);
    world.watch(people[1], &[Some(1)]);
    world.run(secs(1));
    assert!(world.dropped(0, DropReason::UnknownCodec) > 10);
    assert_eq!(world.clients[people[1]].slot(CAMERA).seen.len(), 0);
}

/// A voice, and a small picture at its lowest frame rate.
const BASE_ONLY_BPS: u64 = 40_000 + 48_000;

#[test]
fn streams_in_av1_switch_without_a_freeze_and_have_fewer_frames_where_a_line_is_narrow() {
    for workers in [1, 2] {
        let mut world = World::new(workers);
        let people = world.lesson(&[
            Join::teacher(1).with_layers().with_av1(),
            Join::student(2).with_av1().on_worker(workers - 1),
        ]);
        let (teacher, student) = (people[0], people[1]);
        for track in world.clients[teacher].layers(Source::Camera) {
            track.code_each_av1();
        }
        world.publish(teacher, &[Source::Camera]);
        world.watch_at(student, &[(1, 180)]);
        world.run(secs(3));
        for (height, layer) in [(720, 2), (360, 1), (0, 2), (180, 0)] {
            let from = world.now();
            world.watch_at(student, &[(1, height)]);
            world.run(secs(2));
            let slot = world.clients[student].slot(CAMERA);
            assert!(slot.first_of_layer(layer, from).is_some(), "layer {layer}");
            let freeze = slot.longest_freeze(from, world.now());
            assert!(freeze <= ms(130), "{freeze:?} to layer {layer}");
        }
        world.limit(student, Some(BASE_ONLY_BPS));
        let from = world.now() + ms(50);
        world.run(secs(2));
        let slot = world.clients[student].slot(CAMERA);
        let frames = slot.frames().into_iter().filter(|frame| frame.at > from);
        let temporal: Vec<_> = frames.map(|frame| frame.label.temporal).collect();
        assert!(
            temporal.len() > 10 && temporal.iter().all(|t| *t == 0),
            "{temporal:?}"
        );
        world.limit(student, None);
        world.run(secs(2));
        let slot = world.clients[student].slot(CAMERA);
        assert!(
            slot.frames()
                .iter()
                .rev()
                .take(8)
                .any(|f| f.label.temporal == 2)
        );
        slot.assert_decodable();
        assert_eq!(slot.holes(), 0);
    }
}
