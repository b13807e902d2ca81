//! Hundreds of joins and leaves disturb nobody and leave nothing behind.

use super::harness::*;
use crate::model::{SlotKind, Source};
use homeroom_netsim::LinkConfig;

const VISITORS: u32 = 12;

/// Somebody comes, leaves, comes again without having left, or just closes the page.
fn visit(world: &mut World, present: &mut Vec<usize>) {
    let goes = world.random(2) == 0 && !present.is_empty();
    if goes {
        let client = present.swap_remove(world.random(present.len()));
        if world.standing[client] == Standing::Gone {
            return;
        }
        if world.random(3) == 0 {
            world.clients[client].close();
        } else {
            world.leave(client);
        }
        return;
    }
    let id = 10 + world.random(VISITORS as usize) as u32;
    let worker = world.random(2) as u8;
    let lossy = LinkConfig { loss: 0.05, ..GOOD };
    let client = world.join(&Join::student(id).on_worker(worker).over(lossy));
    world.publish(client, &[Source::Microphone, Source::Camera]);
    world.watch(client, &[Some(1), Some(10), Some(11)]);
    present.push(client);
}

#[test]
fn two_hundred_comings_and_goings_cost_the_others_no_packet() {
    let mut world = World::new(2);
    let people = world.lesson(&[Join::teacher(1), Join::teacher(2).on_worker(1)]);
    for (client, other) in [(people[0], 2), (people[1], 1)] {
        world.publish(client, &[Source::Microphone, Source::Camera]);
        world.watch(client, &[Some(other), Some(10), Some(11)]);
    }
    world.run(secs(1));
    let mut present = Vec::new();
    for _ in 0..200 {
        visit(&mut world, &mut present);
        let pause = world.random(1_000) as u64;
        world.run(ms(pause));
    }
    world.run(secs(2));
    for (client, other) in [(people[0], people[1]), (people[1], people[0])] {
        let id = world.clients[other].who.id;
        let camera = world.clients[client].slot(SlotKind::Video(0));
        camera.assert_continuous();
        let sent = world.clients[other].tracks[Source::Camera.index()].sent;
        // What was sent before the slot was filled, or is still under way.
        assert!(
            sent - camera.seen.len() as u64 <= 20,
            "{sent} sent, {} came",
            camera.seen.len()
        );
        let of_other = |slot: &Slot| {
            slot.seen
                .values()
                .filter(|seen| seen.label.publisher == id)
                .count()
        };
        let voices = world.clients[client].slots.iter();
        let voices = voices.filter(|slot| matches!(slot.kind, SlotKind::Audio(_)));
        let came: usize = voices
            .inspect(|slot| slot.assert_ordered())
            .map(of_other)
            .sum();
        let sent = world.clients[other].tracks[Source::Microphone.index()].sent;
        assert!(sent - came as u64 <= 30, "{sent} sent, {came} came");
    }
    world.close_room(ROOM);
    for worker in 0..2 {
        assert_eq!(world.sfu(worker).participants(), 0);
        assert!(
            world.sfu(worker).is_empty(),
            "worker {worker} remembers somebody"
        );
    }
    world.run(secs(2));
}

#[test]
fn a_rejoin_takes_the_place_of_the_older_session() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    world.publish(people[0], &[Source::Microphone, Source::Camera]);
    world.watch(people[0], &[Some(2)]);
    world.publish(people[1], &[Source::Camera]);
    world.run(secs(1));
    for _ in 0..5 {
        let again = world.join(&Join::student(2));
        world.publish(again, &[Source::Camera]);
        world.watch(again, &[Some(1)]);
        world.run(secs(2));
        assert_eq!(world.sfu(0).participants(), 2);
        assert_eq!(saw(&world, people[0], ms(500)), [2]);
        assert_eq!(saw(&world, again, ms(500)), [1]);
        assert_eq!(heard(&world, again, ms(500)), [1]);
    }
    let slot = world.clients[people[0]].slot(SlotKind::Video(0));
    assert_eq!(slot.holes(), 0);
}

#[test]
fn a_rejoin_on_another_worker_leaves_nothing_on_the_first() {
    let mut world = World::new(2);
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    world.watch(people[0], &[Some(2)]);
    world.publish(people[1], &[Source::Camera]);
    world.run(secs(1));
    for turn in 1..=6 {
        let again = world.join(&Join::student(2).on_worker(turn % 2));
        world.publish(again, &[Source::Camera, Source::Microphone]);
        world.run(secs(2));
        let carried = world.sfu(0).participants() + world.sfu(1).participants();
        assert_eq!(carried, 2);
        assert_eq!(
            saw(&world, people[0], ms(500)),
            [2],
            "on worker {}",
            turn % 2
        );
        assert_eq!(heard(&world, people[0], ms(500)), [2]);
    }
}

#[test]
fn a_rejoin_while_packets_cross_is_a_stream_of_its_own() {
    let mut world = World::new(2);
    let people = world.lesson(&[Join::teacher(1), Join::student(2).on_worker(1)]);
    world.watch(people[0], &[Some(2)]);
    let mut student = people[1];
    for _ in 0..6 {
        world.publish(student, &[Source::Camera, Source::Microphone]);
        world.clients[student].track(Source::Camera).interval = ms(1);
        world.clients[student].track(Source::Microphone).interval = ms(1);
        world.run(secs(1));
        world.run_until(secs(1), |world| world.crossing() > 2);
        student = world.join(&Join::student(2).on_worker(1));
        world.publish(student, &[Source::Camera, Source::Microphone]);
        world.run(secs(2));
        assert_eq!(saw(&world, people[0], ms(500)), [2]);
        assert_eq!(heard(&world, people[0], ms(500)), [2]);
    }
    for slot in &world.clients[people[0]].slots {
        assert_eq!(slot.holes(), 0);
    }
}
