//! Of three layers each receiver gets the one it shows, and switches without a frozen frame.

use super::harness::*;
use crate::bounds::{LAYER_PAUSE_DELAY, LEFT_LAYER_KEPT};
use crate::model::{SlotKind, Source};
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

/// A teacher with a layered camera and a student who shows it at a height.
fn lesson(height: u16) -> (World, usize, usize) {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1).with_layers(), Join::student(2)]);
    world.publish(people[0], &[Source::Camera]);
    world.watch_at(people[1], &[(1, height)]);
    // Long enough for sender reports to tell the layers' common clock.
    world.run(secs(3));
    (world, people[0], people[1])
}

fn picture(world: &World, client: usize) -> &Slot {
    world.clients[client].slot(SlotKind::Video(0))
}

/// The layers a client was shown since a moment.
fn layers_since(world: &World, client: usize, from: Instant) -> Vec<u8> {
    let frames = picture(world, client).frames().into_iter();
    let mut layers: Vec<_> = frames
        .filter(|frame| frame.at >= from)
        .map(|frame| frame.label.layer)
        .collect();
    layers.sort_unstable();
    layers.dedup();
    layers
}

#[test]
fn each_tile_gets_the_layer_it_is_large_enough_for() {
    for (height, layer) in [(90, 0), (180, 0), (300, 1), (480, 1), (700, 2), (0, 2)] {
        let (mut world, _, student) = lesson(height);
        let from = world.now();
        world.run(secs(1));
        let layers = layers_since(&world, student, from);
        assert_eq!(layers, [layer], "at {height} pixels");
        let slot = picture(&world, student);
        slot.assert_decodable();
        assert_eq!(slot.holes(), 0);
    }
}

#[test]
fn a_switch_takes_a_key_frame_and_freezes_nothing() {
    let (mut world, teacher, student) = lesson(180);
    let mut from = world.now();
    for (height, layer) in [(720, 2), (180, 0), (360, 1), (720, 2), (360, 1), (180, 0)] {
        world.watch_at(student, &[(1, height)]);
        let switched_at = world.now();
        world.run(secs(2));
        let first = picture(&world, student).first_of_layer(layer, switched_at);
        let took = first.expect("it came") - switched_at;
        // The request goes to the sender, the next frame comes back and on.
        assert!(took <= 2 * ROUND_TRIP + FRAME, "{took:?} to layer {layer}");
        let slot = picture(&world, student);
        let freeze = slot.longest_freeze(from, world.now());
        assert!(freeze <= NOT_FROZEN, "{freeze:?} to layer {layer}");
        from = world.now();
    }
    let slot = picture(&world, student);
    slot.assert_decodable();
    assert_eq!((slot.holes(), slot.empty.len()), (0, 0));
    assert_eq!(slot.layer_switches(), 6);
    // One key frame for each switch, of the layer that was switched to; the first came unasked.
    let asked = world.clients[teacher].layers(Source::Camera);
    let asked: Vec<_> = asked.map(|track| track.key_frames.len()).collect();
    assert!(asked.iter().sum::<usize>() <= 3 + 6 + 3, "{asked:?}");
}

#[test]
fn frames_keep_their_distance_over_switches() {
    let (mut world, _, student) = lesson(180);
    let from = world.now();
    for height in [720, 180, 720, 360, 180] {
        world.watch_at(student, &[(1, height)]);
        world.run(ms(700));
    }
    let frames = picture(&world, student).frames().into_iter();
    let frames: Vec<_> = frames.filter(|frame| frame.at >= from).collect();
    for pair in frames.windows(2) {
        let shown = pair[1].timestamp.wrapping_sub(pair[0].timestamp) / 90;
        let captured = pair[1].label.captured_ms - pair[0].label.captured_ms;
        assert!(shown.abs_diff(captured) <= 1, "{shown} ms for {captured}");
    }
}

#[test]
fn frame_rate_falls_within_a_frame_and_rises_without_a_key_frame() {
    let (mut world, teacher, student) = lesson(180);
    for _ in 0..10 {
        let extra = ms(world.random(100) as u64);
        world.limit(student, Some(BASE_ONLY_BPS));
        let limited_at = world.now();
        world.run(secs(2) + extra);
        let late = limited_at + ms(40);
        let upper = |frame: &&Frame| {
            frame.at > late && frame.label.temporal > 0 && frame.at <= limited_at + secs(2)
        };
        let frames = picture(&world, student).frames();
        assert_eq!(frames.iter().find(upper).map(|f| f.label), None);
        let base = frames.iter().filter(|f| f.at > late).count();
        assert!((14..=17).contains(&base), "a quarter of the frames: {base}");
        world.limit(student, None);
        let raised_at = world.now();
        world.run(secs(1));
        // Every eighth frame the middle layer starts anew, and after it the upper one.
        let first = picture(&world, student).frames().into_iter();
        let mut first = first.filter(|f| f.at > raised_at && f.label.temporal == 2);
        let took = first.next().expect("it rises").at - raised_at;
        assert!(took <= 16 * FRAME + ROUND_TRIP, "{took:?}");
    }
    let slot = picture(&world, student);
    slot.assert_decodable();
    assert_eq!((slot.holes(), slot.empty.len()), (0, 0));
    assert_eq!(slot.layer_switches(), 0);
    let track = world.clients[teacher].track(Source::Camera);
    assert!(track.key_frames.len() <= 2, "{}", track.key_frames.len());
}

#[test]
fn a_budget_chooses_the_layer_too() {
    let (mut world, _, student) = lesson(720);
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
        assert_eq!(layers_since(&world, student, from), layers, "{budget:?}");
    }
    picture(&world, student).assert_decodable();
}

#[test]
fn a_tile_that_was_small_for_a_moment_is_given_back_what_its_line_carried() {
    // Less than the large layer takes, but too little less to give it up.
    const CARRIES_BPS: u64 = 40_000 + 1_400_000;
    let rows = [
        (secs(2), CARRIES_BPS, 2),
        // Nobody knows any more.
        (LAYER_PAUSE_DELAY + secs(1), CARRIES_BPS, 1),
        // It has become another line.
        (secs(2), CARRIES_BPS / 2, 1),
    ];
    for (small_for, carries_then, layer) in rows {
        let (mut world, teacher, student) = lesson(720);
        let now = world.now();
        let layers = world.clients[teacher].layers(Source::Camera);
        for (track, bps) in layers.zip([150_000, 450_000, 1_500_000]) {
            track.encode(now, bps);
        }
        world.run(secs(6));
        world.limit(student, Some(CARRIES_BPS));
        world.run(secs(1));
        let from = world.now();
        world.run(secs(1));
        assert_eq!(layers_since(&world, student, from), [2], "before");

        world.watch_at(student, &[(1, 180)]);
        world.run(small_for);
        world.limit(student, Some(carries_then));
        world.watch_at(student, &[(1, 720)]);
        let from = world.now();
        world.run(secs(2));
        let first = picture(&world, student).first_of_layer(layer, from);
        let took = first.expect("it came") - from;
        assert!(took <= ms(300), "{took:?} to layer {layer}");
        assert_eq!(layers_since(&world, student, from), [0, layer]);
    }
}

#[test]
fn a_layer_that_dies_is_stood_in_for_within_300_ms_and_comes_back_by_itself() {
    let (mut world, teacher, student) = lesson(720);
    for _ in 0..5 {
        let extra = ms(world.random(60) as u64);
        world.run(extra);
        let set = |world: &mut World, active: bool| {
            let top = world.clients[teacher].layers(Source::Camera).nth(2);
            top.expect("three").set_active(active);
        };
        set(&mut world, false);
        let died_at = world.now();
        world.run(secs(2));
        let stand_in = picture(&world, student).first_of_layer(1, died_at);
        let took = stand_in.expect("something comes") - died_at;
        let limit = ms(300) + 2 * ROUND_TRIP + 2 * FRAME;
        assert!(took <= limit, "{took:?} of {limit:?}");
        set(&mut world, true);
        let back_at = world.now();
        world.run(secs(2));
        let back = picture(&world, student).first_of_layer(2, back_at);
        assert!(back.expect("it is back") - back_at <= ROUND_TRIP + 2 * FRAME);
    }
    let slot = picture(&world, student);
    slot.assert_decodable();
    // The smallest layer came first.
    assert_eq!(slot.layer_switches(), 11, "and never without need");
}

#[test]
fn a_camera_that_pauses_is_not_a_layer_that_dies() {
    let (mut world, teacher, student) = lesson(720);
    for pause in [200, 300, 400, 700, 1_500, 3_000] {
        world.stop(teacher, Source::Camera);
        world.run(ms(pause));
        world.publish_together(teacher, Source::Camera);
        world.run(secs(2));
    }
    let slot = picture(&world, student);
    slot.assert_decodable();
    assert_eq!(slot.layer_switches(), 1, "the smallest layer came first");
}

#[test]
fn only_wanted_layers_cross() {
    let mut world = World::new(2);
    let people = world.lesson(&[
        Join::teacher(1).with_layers(),
        Join::student(2).on_worker(1),
        Join::student(3).on_worker(1),
    ]);
    world.publish(people[0], &[Source::Camera]);
    world.run(secs(1));
    let crossed = |world: &mut World, heights: [u16; 2]| {
        for (client, height) in people[1..].iter().zip(heights) {
            match height {
                0 => world.watch(*client, &[]),
                _ => world.watch_at(*client, &[(1, height)]),
            }
        }
        // Whoever has left a layer may be back at once.
        world.run(LEFT_LAYER_KEPT + secs(1));
        let before = world.sfu(0).stats().relayed;
        world.run(secs(1));
        world.sfu(0).stats().relayed - before
    };
    // Packets of 30 frames a second.
    for (heights, parts) in [
        ([180, 0], 1),
        ([180, 180], 1),
        ([720, 180], 11),
        ([360, 360], 3),
        ([0, 0], 0),
    ] {
        let packets = crossed(&mut world, heights);
        let expected = 30 * parts;
        assert!(
            packets.abs_diff(expected) <= parts,
            "{packets} of {expected} at {heights:?}"
        );
    }
    for client in &people[1..] {
        picture(&world, *client).assert_decodable();
        assert_eq!(picture(&world, *client).holes(), 0);
    }
}

#[test]
fn whoever_awaits_somebody_on_another_worker_gets_their_layers() {
    let mut world = World::new(2);
    let student = world.lesson(&[Join::student(2)])[0];
    world.watch_at(student, &[(1, 720)]);
    for worker in [1, 0, 1] {
        let teacher = world.join(&Join::teacher(1).with_layers().on_worker(worker));
        world.publish(teacher, &[Source::Camera]);
        world.run(secs(2));
        let from = world.now();
        world.run(secs(1));
        assert_eq!(layers_since(&world, student, from), [2], "worker {worker}");
    }
}

/// Random sizes and lines, with loss and reordering on every line.
#[test]
fn every_picture_is_decodable_whatever_changes() {
    // In 100 somebody on another worker leaves a layer and is back at once, in between two packets
    // that are still held for them.
    for seed in (seed()..seed() + 3).chain([100]) {
        let mut world = World::seeded(2, seed);
        let bad = LinkConfig {
            loss: 0.03,
            reorder: 0.03,
            jitter: ms(3),
            ..GOOD
        };
        let people = world.lesson(&[
            Join::teacher(1).with_layers(),
            Join::teacher(2).with_layers().on_worker(1),
            Join::student(3),
            Join::student(4).on_worker(1),
        ]);
        for client in &people {
            let who = &world.clients[*client].who;
            world.network.set_path(who.at, who.server, bad);
        }
        for client in &people[..2] {
            world.publish(*client, &[Source::Camera]);
        }
        let heights = [90, 180, 300, 720, 720];
        let budgets = [None, Some(BASE_ONLY_BPS), Some(SMALLEST_BPS), Some(700_000)];
        for _ in 0..60 {
            for client in &people[2..] {
                let own = [1, 2][world.random(2)];
                let height = heights[world.random(heights.len())];
                let budget = budgets[world.random(budgets.len())];
                match world.random(3) {
                    0 => world.limit(*client, budget),
                    _ => world.watch_at(*client, &[(own, height)]),
                }
            }
            let pause = 50 + world.random(900) as u64;
            world.run(ms(pause));
        }
        for client in &people[..2] {
            world.stop(*client, Source::Camera);
        }
        world.run(secs(2));
        for client in &people[2..] {
            let slot = picture(&world, *client);
            slot.assert_decodable();
            assert_eq!(slot.holes_within_layers(), 0, "seed {seed}");
            assert!(slot.layer_switches() > 10, "{}", slot.layer_switches());
            assert!(slot.frames().len() > 300, "{}", slot.frames().len());
        }
    }
}

#[test]
fn a_layer_that_nobody_receives_any_more_is_soon_kept_no_more_on_any_worker() {
    let mut world = World::new(2);
    let people = world.lesson(&[
        Join::teacher(1).with_layers(),
        Join::student(2),
        Join::student(3),
        Join::student(4).on_worker(1),
        Join::student(5).on_worker(1),
    ]);
    world.publish(people[0], &[Source::Camera]);
    // On each worker one large and one small; who shows it large then does not, in three ways.
    for client in [people[1], people[3]] {
        world.watch_at(client, &[(1, 180)]);
    }
    for way in ["looks away", "shows it small", "leaves"] {
        for client in [people[2], people[4]] {
            world.watch_at(client, &[(1, 720)]);
        }
        world.run(secs(2));
        for client in [people[2], people[4]] {
            match way {
                "looks away" => world.watch(client, &[]),
                "shows it small" => world.watch_at(client, &[(1, 180)]),
                _ => world.leave(client),
            }
        }
        world.run(ms(500));
        for worker in 0..2 {
            assert_eq!(world.sfu(worker).kept_for_nobody(), 1, "worker {worker}");
        }
        world.run(secs(1));
        for worker in 0..2 {
            let kept = world.sfu(worker).kept_for_nobody();
            assert_eq!(kept, 0, "worker {worker}, {way}");
        }
    }
}

#[test]
fn a_camera_of_few_frames_keeps_its_layers() {
    let shaky = LinkConfig {
        jitter: ms(50),
        ..GOOD
    };
    for interval in [180, 200, 230, 260, 400] {
        let (mut world, teacher, student) = lesson(180);
        let who = &world.clients[teacher].who;
        world.network.set_path(who.at, who.server, shaky);
        for track in world.clients[teacher].layers(Source::Camera) {
            track.interval = ms(interval);
        }
        let from = world.now();
        world.run(secs(10));
        let asked = world.clients[teacher].layers(Source::Camera);
        let asked: Vec<_> = asked.map(|track| track.asked_for_key_frame.len()).collect();
        let layers = layers_since(&world, student, from + secs(1));
        assert_eq!(layers, [0], "a frame in {interval} ms");
        assert!(asked.iter().sum::<usize>() <= 3, "{interval}: {asked:?}");
    }
}

#[test]
fn pictures_that_change_their_height_all_the_time_are_little_work() {
    let mut world = World::default();
    let mut joins = vec![Join::teacher(1).with_layers()];
    joins.extend((2..22).map(Join::student));
    let people = world.lesson(&joins);
    world.publish(people[0], &[Source::Camera]);
    for client in &people[1..] {
        world.watch_at(*client, &[(1, 180)]);
    }
    world.run(secs(2));
    for track in world.clients[people[0]].layers(Source::Camera) {
        track.interval = ms(5);
        track.resizes = true;
    }
    let before = world.sfu(0).retargets();
    world.run(secs(1));
    let work = (world.sfu(0).retargets() - before) / 20;
    assert!((10..=20).contains(&work), "{work} a receiver and second");
}

#[test]
fn who_speaks_is_served_first_on_every_worker() {
    let mut world = World::new(2);
    let people = world.lesson(&[
        Join::student(1).with_layers(),
        Join::student(2).with_layers(),
        Join::student(3),
        Join::student(4).on_worker(1),
    ]);
    for client in &people[..2] {
        world.publish(*client, &[Source::Camera]);
    }
    // The second speaks, and is in the second slot.
    world.publish(people[1], &[Source::Microphone]);
    for client in &people[2..] {
        world.watch_at(*client, &[(1, 720), (2, 720)]);
        world.run(secs(1));
        world.limit(*client, Some(120_000 + 150_000 + 450_000));
    }
    world.run(secs(3));
    for client in &people[2..] {
        let slot = world.clients[*client].slot(SlotKind::Video(1));
        let last = slot.frames().last().map(|frame| frame.label.layer);
        assert_eq!(last, Some(1), "client {client}");
    }
}
