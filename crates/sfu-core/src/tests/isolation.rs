//! Nothing leaves its room, and nothing goes to an address that has not proven itself.
//!
//! Most of this is asserted by the harness in every plan: each client checks the room and the
//! publisher of every packet it gets, and `assert_may_leave` checks each datagram's destination.

use super::harness::*;
use crate::Event;
use crate::model::{RoomId, Source, SourceSet};
use crate::stats::DropReason;

const ROOMS: u64 = 20;
const PEOPLE: u32 = 4;

/// One random command of signalling, sensible or not.
fn disturb(world: &mut World, clients: &mut Vec<usize>) {
    let client = clients[world.random(clients.len())];
    let (room, _) = world.name(client);
    let somebody = |world: &mut World| Some(1 + world.random(PEOPLE as usize + 1) as u32);
    match world.random(8) {
        0 | 1 => {
            let watched = [somebody(world), None, somebody(world)];
            world.watch(client, &watched);
        }
        2 => {
            let sharer = somebody(world);
            world.stage(room, sharer);
        }
        3 => world.set_rights(client, SourceSet::NONE.with(Source::Microphone)),
        4 => world.set_rights(client, EVERYTHING),
        5 => {
            let source = Source::ALL[world.random(4)];
            world.stop(client, source);
            world.publish(client, &[Source::ALL[(source.index() + 1) % 4]]);
        }
        6 if world.standing[client] != Standing::Gone => world.leave(client),
        _ => {
            let id = 1 + world.random(PEOPLE as usize) as u32;
            let worker = world.random(2) as u8;
            let client = world.join(&Join::student(id).in_room(room.0).on_worker(worker));
            world.publish(client, &[Source::Microphone, Source::Camera]);
            clients.push(client);
        }
    }
}

#[test]
fn no_command_makes_a_packet_leave_its_room() {
    let mut world = World::new(2);
    let mut clients = Vec::new();
    for room in 1..=ROOMS {
        for id in 1..=PEOPLE {
            let worker = ((room + u64::from(id)) % 2) as u8;
            let join = Join::student(id).in_room(room).on_worker(worker);
            let client = world.join(&join);
            for source in Source::ALL {
                let interval = &mut world.clients[client].track(source).interval;
                *interval *= 3;
            }
            world.publish(
                client,
                &[Source::Microphone, Source::Camera, Source::Screen],
            );
            clients.push(client);
        }
    }
    world.run(secs(1));
    for _ in 0..400 {
        disturb(&mut world, &mut clients);
        world.run(ms(20));
    }
    let slots = world.clients.iter().flat_map(|client| &client.slots);
    let packets: usize = slots.map(|slot| slot.seen.len()).sum();
    assert!(packets > 10_000, "the rooms were alive: {packets}");
    for room in 1..=ROOMS {
        world.close_room(RoomId(room));
    }
    assert_eq!(world.sfu(0).participants() + world.sfu(1).participants(), 0);
    // The harness fails if anything still goes to anybody.
    world.run(secs(2));
}

#[test]
fn whoever_is_removed_gets_nothing_more_and_is_not_heard() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    for (client, other) in [(people[0], 2), (people[1], 1)] {
        world.publish(client, &[Source::Microphone, Source::Camera]);
        world.watch(client, &[Some(other)]);
    }
    world.run(secs(1));
    world.leave(people[1]);
    // Their page has not noticed and goes on.
    world.clients[people[1]].asleep = false;
    // What is already under way to the teacher.
    world.run(GOOD.delay + ms(1));
    assert_eq!(heard(&world, people[0], secs(1)), [2]);
    world.run(secs(3));
    assert!(heard(&world, people[0], secs(3)).is_empty());
    assert!(saw(&world, people[0], secs(3)).is_empty());
    assert!(world.dropped(0, DropReason::UnknownAddress) > 100);
    assert!(world.dropped(0, DropReason::UnknownUfrag) >= 2);
}

#[test]
fn an_address_that_never_answers_gets_a_few_checks_and_nothing_else() {
    let mut world = World::default();
    let teacher = world.lesson(&[Join::teacher(1)])[0];
    world.publish(teacher, &[Source::Microphone]);
    // Valid credentials, but the address is somebody else's: it answers nothing.
    let spoofer = world.join(&Join::student(2));
    world.clients[spoofer].answers_checks = false;
    world.run(secs(14));
    assert_eq!(world.standing[spoofer], Standing::Expected);
    let client = &world.clients[spoofer];
    let (sent, got) = (
        world.network.stats(client.who.at, client.who.server),
        world.network.stats(client.who.server, client.who.at),
    );
    assert!(got.pushed <= 3 * sent.pushed, "{got:?} for {sent:?}");
    assert_eq!(
        world.count(|event| matches!(event, Event::Connected { .. })),
        1
    );
}

#[test]
fn nothing_goes_to_a_spoofed_address_of_a_connected_client() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    world.publish(people[0], &[Source::Microphone]);
    world.run(secs(1));
    let victim = world.new_address();
    // The student's own check, from an address that is not theirs.
    let now = world.now();
    world.clients[people[1]].check(now);
    let (_, check) = world.clients[people[1]].out.pop().expect("a check");
    let before = world.to_strangers;
    for _ in 0..100 {
        world.inject(0, victim, &check);
        world.run(ms(50));
    }
    let got = world.to_strangers - before;
    assert!(got <= 300, "{got} STUN packets for 100, and no media");
    assert_eq!(
        heard(&world, people[1], secs(1)),
        [1],
        "the student still hears"
    );
}
