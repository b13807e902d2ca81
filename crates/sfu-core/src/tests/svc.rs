//! Layers that share a stream of VP9 or AV1: each receiver gets the one it shows, in pictures that a decoder
//! takes for whole, and switches without a frozen frame.

use super::harness::*;
use crate::Event;
use crate::model::{Codec, SlotKind, Source};
use crate::stats::DropReason;
use homeroom_netsim::LinkConfig;
use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_millis(33);
/// There and back between a client and the server.
const ROUND_TRIP: Duration = Duration::from_millis(20);
/// A pause that no eye takes for one: a frame and the shaking of the line.
const NOT_FROZEN: Duration = Duration::from_millis(45);
/// A voice, a base layer of 150 kbit/s at its lowest frame rate, and at its full one.
const BASE_ONLY_BPS: u64 = 40_000 + 48_000;
const SMALLEST_BPS: u64 = 40_000 + 150_000;
const CAMERA: SlotKind = SlotKind::Video(0);
const LAYERED: [Codec; 2] = [Codec::Vp9, Codec::Av1];

/// A teacher whose camera has its layers in one stream, and a student who shows it at a height.
fn lesson(codec: Codec, height: u16, workers: u8) -> (World, usize, usize) {
    let mut world = World::new(workers);
    let student = Join::student(2).with(codec).on_worker(workers - 1);
    let people = world.lesson(&[Join::teacher(1).with_svc(codec), student]);
    world.publish(people[0], &[Source::Camera]);
    world.watch_at(people[1], &[(1, height)]);
    world.run(secs(3));
    (world, people[0], people[1])
}

fn picture(world: &World, client: usize) -> &Slot {
    world.clients[client].slot(CAMERA)
}

fn tops_since(world: &World, client: usize, from: Instant) -> Vec<u8> {
    let tops = picture(world, client).tops_since(from);
    tops.into_iter().collect()
}

#[test]
fn each_tile_gets_the_layer_it_is_large_enough_for() {
    for codec in LAYERED {
        for workers in [1, 2] {
            for (height, layer) in [(90, 0), (180, 0), (300, 1), (480, 1), (700, 2), (0, 2)] {
                let (mut world, _, student) = lesson(codec, height, workers);
                let from = world.now();
                world.run(secs(1));
                assert_eq!(
                    tops_since(&world, student, from),
                    [layer],
                    "{height} pixels"
                );
                let slot = picture(&world, student);
                slot.assert_superframes_decodable();
                assert_eq!((slot.holes(), slot.empty.len()), (0, 0));
                // Between key frames a layer needs none below it, and none is sent.
                let recent = slot.seen.values().filter(|seen| seen.at >= from);
                let sent = recent.count() as u64;
                let expected = 30 * [1, 3, 10][usize::from(layer)];
                assert!(sent.abs_diff(expected) <= 20, "{sent} of {expected}");
            }
        }
    }
}

#[test]
fn a_switch_takes_a_key_frame_and_freezes_nothing() {
    for codec in LAYERED {
        for workers in [1, 2] {
            let (mut world, teacher, student) = lesson(codec, 180, workers);
            for (height, layer) in [(720, 2), (180, 0), (360, 1), (720, 2), (360, 1), (180, 0)] {
                let from = world.now();
                world.watch_at(student, &[(1, height)]);
                world.run(secs(2));
                let first = picture(&world, student).first_of_top(layer, from);
                let took = first.expect("it came") - from;
                // The request goes to the sender, the next frame comes back and on.
                assert!(took <= 2 * ROUND_TRIP + FRAME, "{took:?} to layer {layer}");
                let pause = picture(&world, student).longest_pause(from, world.now());
                assert!(pause <= NOT_FROZEN, "{pause:?} to layer {layer}");
            }
            let slot = picture(&world, student);
            slot.assert_superframes_decodable();
            assert_eq!((slot.holes(), slot.empty.len()), (0, 0));
            let track = world.clients[teacher].track(Source::Camera);
            let asked = track.asked_for_key_frame.len();
            assert!(asked <= 6 + 2, "one key frame for each switch: {asked}");
        }
    }
}

#[test]
fn frame_rate_falls_within_a_frame_and_rises_without_a_key_frame() {
    for codec in LAYERED {
        let (mut world, teacher, student) = lesson(codec, 180, 1);
        for _ in 0..10 {
            let extra = ms(world.random(100) as u64);
            world.limit(student, Some(BASE_ONLY_BPS));
            let limited_at = world.now();
            world.run(secs(2) + extra);
            let late = limited_at + ms(40);
            let frames = picture(&world, student).superframes();
            let frames = frames.into_iter().filter(|f| f.at > late);
            let frames: Vec<_> = frames.filter(|f| f.at <= limited_at + secs(2)).collect();
            let upper = frames.iter().find(|frame| frame.temporal > 0);
            assert!(upper.is_none(), "{upper:?}");
            assert!((14..=17).contains(&frames.len()), "{}", frames.len());
            world.limit(student, None);
            let raised_at = world.now();
            world.run(secs(1));
            // Every eighth frame upper layers may begin.
            let mut frames = picture(&world, student).superframes().into_iter();
            let first = frames.find(|frame| frame.at > raised_at && frame.temporal == 2);
            let took = first.expect("it rises").at - raised_at;
            assert!(took <= 10 * FRAME + ROUND_TRIP, "{took:?}");
        }
        let slot = picture(&world, student);
        slot.assert_superframes_decodable();
        assert_eq!((slot.holes(), slot.empty.len()), (0, 0));
        let track = world.clients[teacher].track(Source::Camera);
        assert!(track.key_frames.len() <= 2, "{}", track.key_frames.len());
    }
}

#[test]
fn a_budget_chooses_the_layer_too() {
    for codec in LAYERED {
        let (mut world, _, student) = lesson(codec, 720, 1);
        let rows: [(_, &[u8]); 6] = [
            (Some(SMALLEST_BPS), &[0]),
            (None, &[2]),
            (Some(40_000 + 600_000), &[1]),
            // Not even the smallest: voices come first.
            (Some(100), &[]),
            (Some(40_000 + 600_000), &[1]),
            (Some(100), &[]),
        ];
        for (budget, layers) in rows {
            world.limit(student, budget);
            world.run(secs(1));
            let from = world.now();
            world.run(secs(1));
            assert_eq!(tops_since(&world, student, from), layers, "{budget:?}");
        }
        picture(&world, student).assert_superframes_decodable();
    }
}

#[test]
fn a_layer_that_dies_is_stood_in_for_and_comes_back_by_itself() {
    for codec in LAYERED {
        for workers in [1, 2] {
            let (mut world, teacher, student) = lesson(codec, 720, workers);
            for turn in 0..6 {
                let extra = ms(world.random(60) as u64);
                world.run(extra);
                // From its packets' extension it is known as soon as the room is looked at.
                let is_told = turn % 2 == 1;
                world.clients[teacher].track(Source::Camera).tells_coded = is_told;
                if is_told {
                    // A key frame tells the structure.
                    world.clients[teacher]
                        .track(Source::Camera)
                        .set_coded_layers(2);
                    world.clients[teacher]
                        .track(Source::Camera)
                        .set_coded_layers(3);
                    world.run(secs(1));
                }
                // An encoder that can no more pay for its largest layer leaves it out.
                let track = world.clients[teacher].track(Source::Camera);
                track.leave_out(2);
                let died_at = world.now();
                world.run(secs(2));
                let stand_in = picture(&world, student).first_of_top(1, died_at);
                let took = stand_in.expect("something comes") - died_at;
                let known = if is_told { ms(60) } else { ms(300) };
                let limit = known + 2 * ROUND_TRIP + 2 * FRAME;
                assert!(took <= limit, "{took:?} of {limit:?}");
                let track = world.clients[teacher].track(Source::Camera);
                track.set_coded_layers(3);
                let back_at = world.now();
                world.run(secs(2));
                let back = picture(&world, student).first_of_top(2, back_at);
                let took = back.expect("it is back") - back_at;
                assert!(took <= ROUND_TRIP + 2 * FRAME, "{took:?}");
            }
            picture(&world, student).assert_superframes_decodable();
        }
    }
}

#[test]
fn losses_are_repaired_and_layers_stay_what_they_are() {
    for codec in LAYERED {
        for workers in [1, 2] {
            let (mut world, teacher, student) = lesson(codec, 180, workers);
            world.clients[teacher].track(Source::Camera).wrap_soon();
            for client in [teacher, student] {
                let who = &world.clients[client].who;
                let lossy = LinkConfig { loss: 0.03, ..GOOD };
                world.network.set_path(who.at, who.server, lossy);
            }
            world.clients[student]
                .slots
                .iter_mut()
                .for_each(Slot::forget);
            for (height, layer) in [(720, 2), (360, 1), (180, 0)].into_iter().cycle().take(36) {
                world.watch_at(student, &[(1, height)]);
                world.run(secs(1));
                let from = world.now();
                world.run(secs(2));
                let tops = tops_since(&world, student, from);
                assert!(tops.contains(&layer), "{tops:?} for layer {layer}");
                let pause = picture(&world, student).longest_pause(from, world.now());
                assert!(pause <= ms(250), "{pause:?} in layer {layer}");
            }
            let slot = picture(&world, student);
            slot.assert_superframes_decodable();
            let resent = slot.seen.values().filter(|seen| seen.resent).count();
            assert!(resent > 50, "{resent}");
        }
    }
}

#[test]
fn what_nobody_is_shown_is_not_coded_and_is_back_at_once() {
    for codec in LAYERED {
        let (mut world, teacher, student) = lesson(codec, 180, 1);
        world.pauses = Some(ROUND_TRIP / 2);
        world.run(secs(12));
        let coded = |world: &mut World| {
            let track = world.clients[teacher].track(Source::Camera);
            (track.is_active, track.coded_layers)
        };
        // What was told before is told again to whoever hears it now.
        world.watch_at(student, &[(1, 360)]);
        world.run(secs(1));
        world.watch_at(student, &[(1, 180)]);
        world.run(secs(12));
        assert_eq!(coded(&mut world), (true, 1));
        let from = world.now();
        world.watch_at(student, &[(1, 720)]);
        world.run(secs(2));
        assert_eq!(coded(&mut world), (true, 3));
        let first = picture(&world, student).first_of_top(2, from);
        let took = first.expect("it came") - from;
        assert!(took <= ms(300) + ROUND_TRIP, "{took:?}");
        world.watch(student, &[]);
        world.run(secs(2));
        assert!(!coded(&mut world).0, "nobody watches");
        picture(&world, student).assert_superframes_decodable();
        let told = world.count(|event| matches!(event, Event::Wanted { .. }));
        assert!(told <= 8, "{told}");
    }
}

#[test]
fn one_slot_shows_both_codecs_one_after_the_other() {
    for codec in LAYERED {
        let mut world = World::default();
        let people = world.lesson(&[
            Join::student(1).with_svc(codec),
            Join::student(2),
            Join::student(3).with(codec),
            Join::student(4),
        ]);
        for client in &people[..2] {
            world.publish(*client, &[Source::Camera]);
        }
        world.watch(people[3], &[Some(1)]);
        for turn in 0..6 {
            world.watch(people[2], &[Some(1 + turn % 2)]);
            world.run(secs(1));
            let shown = picture(&world, people[2]).sources_since(world.now() - ms(300));
            assert!(shown.iter().map(|id| id.0).eq([1 + turn % 2]), "{shown:?}");
        }
        let slot = picture(&world, people[2]);
        assert_eq!(slot.holes(), 0);
        slot.assert_superframes_decodable();
        // Who does not take the codec is sent none, and costs nobody a key frame.
        assert_eq!(picture(&world, people[3]).seen.len(), 0);
        let track = world.clients[people[0]].track(Source::Camera);
        let asked = track.asked_for_key_frame.len();
        assert!(asked <= 5, "{asked}");
    }
}

#[test]
fn a_stream_of_one_layer_is_all_of_it() {
    for codec in LAYERED {
        let mut world = World::default();
        let people = world.lesson(&[
            Join::teacher(1).with_svc(codec),
            Join::student(2).with(codec),
        ]);
        world.clients[people[0]]
            .track(Source::Camera)
            .set_coded_layers(1);
        world.publish(people[0], &[Source::Camera]);
        world.watch_at(people[1], &[(1, 720)]);
        world.run(secs(10));
        let slot = picture(&world, people[1]);
        slot.assert_superframes_decodable();
        assert_eq!(slot.holes(), 0);
        assert!(slot.superframes().len() > 280);
        let track = world.clients[people[0]].track(Source::Camera);
        let asked = track.asked_for_key_frame.len();
        assert!(asked <= 2, "what cannot come is not asked for: {asked}");
    }
}

#[test]
fn a_picture_of_which_nothing_tells_the_layer_is_left_out_until_the_next_key_frame() {
    for workers in [1, 2] {
        let (mut world, teacher, student) = lesson(Codec::Av1, 720, workers);
        let track = world.clients[teacher].track(Source::Camera);
        // Other layers are another structure, which gets lost.
        track.set_coded_layers(2);
        track.lose_beginning();
        let asked = track.asked_for_key_frame.len();
        let lost_at = world.now();
        world.run(secs(2));
        assert!(world.dropped(0, DropReason::Undescribed) > 0);
        let first = picture(&world, student).first_of_top(1, lost_at);
        let took = first.expect("it came") - lost_at;
        assert!(took <= 3 * ROUND_TRIP + 2 * FRAME, "{took:?}");
        picture(&world, student).assert_superframes_decodable();
        let track = world.clients[teacher].track(Source::Camera);
        let asked = track.asked_for_key_frame.len() - asked;
        assert!((1..=2).contains(&asked), "{asked}");
    }
}

#[test]
fn numbers_of_frames_may_wrap() {
    // Its sender's do.
    let (mut world, _, student) = lesson(Codec::Av1, 180, 1);
    for (height, layer) in [(720, 2), (180, 0), (360, 1), (720, 2)] {
        let from = world.now();
        world.watch_at(student, &[(1, height)]);
        world.run(secs(1));
        let first = picture(&world, student).first_of_top(layer, from);
        let took = first.expect("it came") - from;
        assert!(took <= 2 * ROUND_TRIP + FRAME, "{took:?} to layer {layer}");
    }
    let slot = picture(&world, student);
    slot.assert_superframes_decodable();
    assert_eq!((slot.holes(), slot.empty.len()), (0, 0));
    assert_eq!(world.dropped(0, DropReason::Undescribed), 0);
}

#[test]
fn one_slot_shows_two_cameras_in_av1_whose_frames_are_numbered_anyhow() {
    for workers in [1, 2] {
        let mut world = World::new(workers);
        let people = world.lesson(&[
            Join::student(1).with_svc(Codec::Av1),
            Join::student(2).with_svc(Codec::Av1),
            Join::student(3).with_av1().on_worker(workers - 1),
        ]);
        world.publish(people[0], &[Source::Camera]);
        world.run(secs(2));
        // Its numbers are lower, and stay so.
        world.publish(people[1], &[Source::Camera]);
        for turn in 0..6 {
            world.watch(people[2], &[Some(1 + turn % 2)]);
            world.run(secs(1));
            let shown = picture(&world, people[2]).sources_since(world.now() - ms(300));
            assert!(shown.iter().map(|id| id.0).eq([1 + turn % 2]), "{shown:?}");
        }
        let slot = picture(&world, people[2]);
        slot.assert_superframes_decodable();
        assert_eq!(slot.holes(), 0);
    }
}
