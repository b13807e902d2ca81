//! The packet path takes no memory once a lesson runs.

use super::harness::*;
use crate::model::{Codec, Source};
use homeroom_netsim::LinkConfig;

/// A lesson where everything happens: voices that take turns, cameras, a screen, losses both ways,
/// reports, feedback, retransmissions, a second worker.
fn lesson(loss: f64, teacher: Join) -> (World, Vec<usize>) {
    let mut world = World::new(2);
    let (has_vp9, has_av1) = (teacher.has_vp9, teacher.has_av1);
    let mut joins = vec![teacher];
    joins.extend((2..=8).map(|id| Join {
        has_vp9,
        has_av1,
        ..Join::student(id).reporting()
    }));
    for join in &mut joins {
        join.worker = (join.id % 2) as u8;
        join.link = LinkConfig { loss, ..GOOD };
    }
    let people = world.lesson(&joins);
    for (number, client) in people.iter().enumerate() {
        world.clients[*client].track(Source::Microphone).level = 20 + 10 * number as u8;
        world.publish(*client, &[Source::Microphone, Source::Camera]);
        world.watch(*client, &[Some(1), Some(2), Some(3), Some(4)]);
    }
    world.publish(people[0], &[Source::Screen, Source::ScreenAudio]);
    world.stage(ROOM, Some(1));
    // Caches grow to their size, queues to their longest.
    world.run(secs(20));
    (world, people)
}

#[track_caller]
fn check(world: &mut World) {
    let sent = |world: &World| (0..2).map(|w| world.sfu(w).stats().rtp_sent).sum::<u64>();
    let resent = |world: &World| (0..2).map(|w| world.sfu(w).stats().rtx_sent).sum::<u64>();
    let (sent_before, resent_before) = (sent(world), resent(world));
    world.allocations = 0;
    world.run(secs(10));
    let (sent, resent) = (sent(world) - sent_before, resent(world) - resent_before);
    assert!(sent > 15_000 && resent > 500, "{sent} sent, {resent} again");
    assert_eq!(world.allocations, 0, "for {sent} packets");
}

#[test]
fn a_running_lesson_allocates_nothing_per_packet() {
    let (mut world, _) = lesson(0.05, Join::teacher(1));
    check(&mut world);
}

#[test]
fn neither_does_one_of_layers_some_frames_of_which_are_left_out() {
    let (mut world, people) = lesson(0.05, Join::teacher(1).with_layers());
    for (student, height) in people[1..].iter().zip([180, 360, 720, 180, 360, 720]) {
        world.watch_at(*student, &[(1, height), (2, 180), (3, 180)]);
    }
    // The smallest layer at its lowest frame rate.
    world.limit(people[1], Some(120_000 + 90_000));
    world.run(secs(5));
    check(&mut world);
}

#[test]
fn neither_does_one_of_layers_in_one_stream_each_of_which_is_shown_to_somebody() {
    for codec in [Codec::Vp9, Codec::Av1] {
        let (mut world, people) = lesson(0.05, Join::teacher(1).with_svc(codec));
        for (student, height) in people[1..].iter().zip([180, 360, 720, 180, 360, 720]) {
            world.watch_at(*student, &[(1, height), (2, 180), (3, 180)]);
        }
        world.limit(people[1], Some(120_000 + 90_000));
        world.run(secs(5));
        check(&mut world);
    }
}

#[test]
fn a_newcomer_does_allocate_so_that_the_counter_is_known_to_count() {
    let (mut world, _) = lesson(0.0, Join::teacher(1));
    world.allocations = 0;
    let newcomer = world.join(&Join::student(30).reporting());
    world.run(secs(2));
    world.publish(newcomer, &[Source::Camera]);
    world.watch(0, &[Some(30)]);
    world.run(secs(2));
    assert!(world.allocations > 0, "a cache for a new camera at least");
}
