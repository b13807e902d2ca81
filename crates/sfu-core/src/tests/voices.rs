//! A voice that comes at two rates: the low one on weak lines, where something is left beside it.
//!
//! Layer 0 is the low rate with 60 ms in a packet, layer 1 the whole voice with 20 ms.

use super::harness::*;
use crate::model::{SlotKind, Source};
use homeroom_netsim::LinkConfig;
use std::time::{Duration, Instant};

/// A line that carries `kbps`, and queues for a quarter of a second.
fn line(kbps: u64) -> LinkConfig {
    LinkConfig {
        delay: ms(25),
        rate_bps: Some(1_000 * kbps),
        queue_time: Some(ms(250)),
        ..GOOD
    }
}

/// A teacher with both rates and a camera, and two students who show it: one on a good line, one on
/// `weak`.
fn lesson(mut world: World, weak: LinkConfig, worker: u8) -> World {
    world.lesson(&[
        Join::teacher(1).with_low_microphone().with_layers(),
        Join::student(2).reporting().on_worker(worker),
        Join::student(3).reporting().on_worker(worker).over(weak),
    ]);
    world.publish(0, &[Source::Microphone, Source::Camera]);
    for student in [1, 2] {
        world.watch_at(student, &[(1, 720)]);
    }
    world
}

fn set_line(world: &mut World, client: usize, line: LinkConfig) {
    let who = &world.clients[client].who;
    let (server, at) = (who.server, who.at);
    world.network.set_link(server, at, line);
}

/// The teacher's voice as a client has got it since a moment: when, and of which layer.
fn voice(world: &World, client: usize, from: Instant) -> Vec<(Instant, u8)> {
    let slots = world.clients[client].slots.iter();
    let slots = slots.filter(|slot| matches!(slot.kind, SlotKind::Audio(_)));
    let seen = slots.flat_map(|slot| slot.seen.values());
    let since = seen.filter(|seen| seen.at >= from);
    since.map(|seen| (seen.at, seen.label.layer)).collect()
}

fn longest_gap(voice: &[(Instant, u8)]) -> Duration {
    let gaps = voice.windows(2).map(|pair| pair[1].0 - pair[0].0);
    gaps.max().unwrap_or_default()
}

/// Layers in the order in which they took turns.
fn turns(voice: &[(Instant, u8)]) -> Vec<u8> {
    let mut turns: Vec<u8> = voice.iter().map(|(_, layer)| *layer).collect();
    turns.dedup();
    turns
}

/// One stream to the decoder: its timestamps grow.
fn assert_one_stream(world: &World, client: usize) {
    let slots = world.clients[client].slots.iter();
    for slot in slots.filter(|slot| !slot.kind.is_video()) {
        let seen: Vec<_> = slot.seen.values().collect();
        for pair in seen.windows(2) {
            let ticks = pair[1].timestamp.wrapping_sub(pair[0].timestamp);
            assert!((1..1 << 31).contains(&ticks), "{pair:?}");
        }
    }
}

#[test]
fn a_weak_line_hears_the_low_rate_and_a_good_one_the_whole_voice() {
    let mut world = lesson(World::default(), line(2_000), 0);
    world.run(secs(5));
    let from = world.now();
    set_line(&mut world, 2, line(64));
    world.run(secs(20));
    assert_eq!(turns(&voice(&world, 1, from)), [1], "the good line");
    let weak = voice(&world, 2, world.now() - secs(10));
    assert_eq!(turns(&weak), [0], "the weak line");
    assert!((155..=170).contains(&weak.len()), "{} packets", weak.len());
    assert_eq!(turns(&voice(&world, 2, from)), [1, 0]);
    let back_at = world.now();
    set_line(&mut world, 2, line(2_000));
    world.run(secs(20));
    let back = voice(&world, 2, back_at);
    assert_eq!(turns(&back), [0, 1], "whole again");
    let gap = longest_gap(&back);
    println!("longest gap on the way back {gap:?}");
    assert!(gap <= ms(100), "{gap:?}");
    for client in [1, 2] {
        assert_one_stream(&world, client);
    }
}

#[test]
fn a_change_of_rate_is_not_heard() {
    for (workers, worker) in [(1, 0), (2, 1)] {
        let mut world = lesson(World::new(workers), line(2_000), worker);
        world.run(secs(5));
        let from = world.now();
        for limit in [Some(64_000), None, Some(64_000), None] {
            world.limit(2, limit);
            world.run(secs(5));
        }
        let voice = voice(&world, 2, from);
        assert_eq!(turns(&voice), [1, 0, 1, 0, 1], "{workers} workers");
        let gap = longest_gap(&voice);
        println!("{workers} workers: longest gap {gap:?}");
        assert!(gap <= ms(80), "{gap:?}");
        assert_one_stream(&world, 2);
        let holes = |client: usize| world.clients[client].slot(SlotKind::Audio(0)).holes();
        assert_eq!((holes(1), holes(2)), (0, 0));
    }
}

#[test]
fn the_low_rate_crosses_only_to_where_it_is_heard() {
    let mut world = World::new(2);
    world.lesson(&[
        Join::teacher(1).with_low_microphone(),
        Join::student(2).on_worker(1),
    ]);
    world.publish(0, &[Source::Microphone]);
    for (limit, packets) in [
        (None, 98..=102),
        (Some(64_000), 130..=136),
        (None, 98..=102),
    ] {
        world.limit(1, limit);
        world.run(secs(2));
        let before = world.sfu(0).stats().relayed;
        world.run(secs(2));
        let relayed = world.sfu(0).stats().relayed - before;
        assert!(packets.contains(&relayed), "{relayed} at {limit:?}");
    }
}

#[test]
fn slides_fit_beside_a_voice_on_a_very_weak_line() {
    let mut world = lesson(World::default(), line(64), 0);
    let screen = world.clients[0].track(Source::Screen);
    (screen.parts, screen.interval) = (1, ms(500));
    world.publish(0, &[Source::Screen]);
    world.stage(ROOM, Some(1));
    world.run(secs(20));
    let from = world.now();
    world.run(secs(20));
    assert_eq!(turns(&voice(&world, 2, from)), [0]);
    let frames = world.clients[2].slot(SlotKind::Screen).frames();
    let frames = frames.iter().filter(|frame| frame.at > from).count();
    assert!(frames >= 36, "{frames} of 40 slides");
}

/// Whichever rate ceases, the other is there soon; a microphone that is off is silent in both.
#[test]
fn what_does_not_arrive_is_stood_in_for() {
    for (ceases, other) in [(1, 0), (0, 1)] {
        let mut world = lesson(World::default(), line(2_000), 0);
        let limit = (ceases == 0).then_some(64_000);
        world.limit(2, limit);
        world.run(secs(5));
        assert_eq!(turns(&voice(&world, 2, world.now() - secs(1))), [ceases]);
        let from = world.now() - ms(100);
        let layers = world.clients[0].layers(Source::Microphone);
        let of_it = layers.filter(|track| track.layer == ceases);
        of_it.for_each(|track| track.stop());
        world.run(secs(3));
        let heard = voice(&world, 2, from);
        assert_eq!(turns(&heard), [ceases, other]);
        let gap = longest_gap(&heard);
        println!("without layer {ceases}: {gap:?}");
        assert!(gap <= ms(450), "{gap:?}");
        world.stop(0, Source::Microphone);
        world.run(secs(2));
        let from = world.now();
        world.publish(0, &[Source::Microphone]);
        world.run(secs(2));
        assert_eq!(turns(&voice(&world, 2, from)), [ceases], "both are back");
    }
}
