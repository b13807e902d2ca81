//! A room over three workers is the same room.

use super::harness::*;
use crate::bounds::MAX_RELAYS;
use crate::model::{SlotKind, Source};

/// A lesson of six: who hears and sees whom at its end, client by client.
fn outcome(workers: u8) -> Vec<(Vec<u32>, Vec<u32>, Vec<u32>)> {
    let mut world = World::new(workers);
    let mut joins = vec![Join::teacher(1)];
    joins.extend((2..=6).map(Join::student));
    for (number, join) in joins.iter_mut().enumerate() {
        join.worker = number as u8 % workers;
    }
    let people = world.lesson(&joins);
    for (number, client) in people.iter().enumerate() {
        world.clients[*client].track(Source::Microphone).level = 20 + 10 * number as u8;
        world.publish(*client, &Source::ALL);
        let id = number as u32 + 1;
        world.watch(
            *client,
            &[Some(id % 6 + 1), Some((id + 1) % 6 + 1), None, Some(id)],
        );
    }
    world.run(secs(1));
    world.stage(ROOM, Some(3));
    world.run(secs(2));
    world.watch(people[0], &[Some(5)]);
    world.stage(ROOM, Some(4));
    world.leave(people[5]);
    world.run(secs(3));
    let screens = |client: usize| {
        let screen = world.clients[client].slot(SlotKind::Screen);
        screen
            .sources_since(world.now() - secs(1))
            .into_iter()
            .map(|id| id.0)
            .collect()
    };
    let here = people[..5].iter();
    here.map(|&client| {
        for slot in &world.clients[client].slots {
            slot.assert_continuous();
        }
        (
            heard(&world, client, secs(1)),
            saw(&world, client, secs(1)),
            screens(client),
        )
    })
    .collect()
}

#[test]
fn everybody_hears_and_sees_the_same_with_one_worker_and_with_three() {
    let alone = outcome(1);
    assert_eq!(alone[0], (vec![2, 3, 4], vec![5], vec![4]));
    assert_eq!(alone[3].2, Vec::<u32>::new(), "the sharer sees no screen");
    assert_eq!(outcome(3), alone);
}

#[test]
fn a_packet_crosses_once_however_many_receive_it_there() {
    let mut world = World::new(2);
    let mut joins = vec![Join::teacher(1)];
    joins.extend((2..=9).map(|id| Join::student(id).on_worker(1)));
    let people = world.lesson(&joins);
    world.publish(people[0], &[Source::Camera]);
    for client in &people[1..] {
        world.watch(*client, &[Some(1), Some(1)]);
    }
    world.run(secs(5));
    let sent = world.clients[people[0]].track(Source::Camera).sent;
    let (relayed, fanned_out) = (world.sfu(0).stats().relayed, world.sfu(1).stats().rtp_sent);
    assert!(
        relayed <= sent && relayed > sent - 10,
        "{relayed} of {sent}"
    );
    assert!(fanned_out > 15 * relayed, "{fanned_out} went to 16 slots");
    assert_eq!(world.sfu(1).stats().relayed, 0, "and never back");
}

#[test]
fn nothing_crosses_when_nobody_watches() {
    let mut world = World::new(2);
    let people = world.lesson(&[
        Join::teacher(1),
        Join::student(2).on_worker(1),
        Join::student(3).on_worker(1),
    ]);
    world.publish(people[0], &[Source::Camera, Source::Screen]);
    world.run(secs(1));
    assert_eq!(world.sfu(0).stats().relayed, 0, "nobody has asked");
    world.watch(people[1], &[Some(1)]);
    world.watch(people[2], &[Some(1)]);
    world.run(secs(1));
    let first = world.sfu(0).stats().relayed;
    assert!(first > 0);
    world.watch(people[1], &[]);
    world.run(secs(1));
    let second = world.sfu(0).stats().relayed;
    assert!(second > first, "the other still watches");
    world.leave(people[2]);
    world.run(ms(100));
    let third = world.sfu(0).stats().relayed;
    world.run(secs(2));
    assert_eq!(world.sfu(0).stats().relayed, third, "the last has left");
}

#[test]
fn only_voices_that_are_heard_cross() {
    let mut world = World::new(2);
    let mut joins = vec![Join::teacher(1).on_worker(1)];
    joins.extend((2..=11).map(Join::student));
    let people = world.lesson(&joins);
    for (number, client) in people.iter().enumerate() {
        world.clients[*client].track(Source::Microphone).level = 10 + 8 * number as u8;
        world.publish(*client, &[Source::Microphone]);
    }
    world.run(secs(2));
    let before = world.sfu(0).stats().relayed;
    world.run(secs(2));
    let relayed = world.sfu(0).stats().relayed - before;
    assert!(
        (280..=310).contains(&relayed),
        "three voices of 50 packets a second: {relayed}"
    );
}

#[test]
fn a_worker_that_does_not_keep_up_costs_video_and_bounded_memory() {
    let mut world = World::new(2);
    let people = world.lesson(&[Join::teacher(1), Join::student(2).on_worker(1)]);
    world.watch(people[1], &[Some(1)]);
    world.publish(people[0], &[Source::Camera, Source::Microphone]);
    world.run(secs(1));
    world.hold_relays(true);
    world.clients[people[0]].track(Source::Camera).interval = ms(1);
    world.run(secs(3));
    let held = world.hold_relays(false);
    assert_eq!(held.iter().flatten().count(), MAX_RELAYS);
    let voices = held
        .iter()
        .filter(|source| **source == Some(Source::Microphone))
        .count();
    assert!(
        (149..=151).contains(&voices),
        "no voice was dropped: {voices}"
    );
}
