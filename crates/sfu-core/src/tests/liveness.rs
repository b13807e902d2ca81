//! Silence, death, and a client that moves to another address.

use super::harness::*;
use crate::Event;
use crate::model::{ParticipantId, SlotKind, Source};
use crate::stats::DropReason;
use homeroom_netsim::LinkConfig;
use std::time::Duration;

/// A teacher, and a student who sends and watches.
fn pair() -> (World, usize, usize) {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    for (client, other) in [(people[0], 2), (people[1], 1)] {
        world.publish(client, &[Source::Microphone, Source::Camera]);
        world.watch(client, &[Some(other)]);
    }
    world.run(secs(3));
    (world, people[0], people[1])
}

/// When events of the student were told, counted from `from`.
fn told(world: &World, from: Duration, is: impl Fn(&Event) -> bool) -> Vec<Duration> {
    let events = world
        .events
        .iter()
        .filter(|(at, event)| *at >= from && is(event));
    events.map(|(at, _)| *at - from).collect()
}

fn is_silent(event: &Event) -> bool {
    matches!(
        event,
        Event::Silent {
            participant: ParticipantId(2),
            ..
        }
    )
}

fn is_alive(event: &Event) -> bool {
    matches!(
        event,
        Event::Alive {
            participant: ParticipantId(2),
            ..
        }
    )
}

fn is_failed(event: &Event) -> bool {
    matches!(
        event,
        Event::Failed {
            participant: ParticipantId(2),
            ..
        }
    )
}

#[test]
fn silence_is_told_within_six_seconds_and_so_is_its_end() {
    let (mut world, _, student) = pair();
    let from = world.network.elapsed();
    world.clients[student].asleep = true;
    world.run(secs(10));
    let silent = told(&world, from, is_silent);
    assert_eq!(silent.len(), 1);
    // Counted from the last packet that came, up to 20 ms before.
    assert!((ms(4_980)..secs(6)).contains(&silent[0]), "{silent:?}");
    let now = world.now();
    let from = world.network.elapsed();
    world.clients[student].wake(now);
    world.run(secs(3));
    let alive = told(&world, from, is_alive);
    assert_eq!(alive.len(), 1);
    assert!(alive[0] <= ms(1_500), "{alive:?}");
    assert_eq!(saw(&world, student, secs(1)), [1], "and media goes on");
}

#[test]
fn after_twenty_seconds_the_session_is_dead_and_nothing_is_sent() {
    let (mut world, teacher, student) = pair();
    let from = world.network.elapsed();
    let (server, at) = (
        world.clients[student].who.server,
        world.clients[student].who.at,
    );
    world.clients[student].asleep = true;
    world.run(secs(22));
    let failed = told(&world, from, is_failed);
    assert_eq!(failed.len(), 1);
    assert!((secs(18)..secs(22)).contains(&failed[0]), "{failed:?}");
    let sent = world.network.stats(server, at).pushed;
    world.run(secs(10));
    assert_eq!(world.network.stats(server, at).pushed, sent);
    assert!(told(&world, from, is_alive).is_empty());
    assert!(heard(&world, teacher, secs(10)).is_empty());
    // Whoever comes back must bring a new offer: see `note_standing` of the harness.
    let now = world.now();
    world.clients[student].wake(now);
    world.run(secs(5));
    assert_eq!(world.standing[student], Standing::Failed);
}

#[test]
fn a_session_that_is_too_late_does_not_come_to_life() {
    let mut world = World::default();
    let client = world.join(&Join::student(2));
    let (at, server) = (
        world.clients[client].who.at,
        world.clients[client].who.server,
    );
    world.run_until(secs(1), |world| !world.clients[client].answered.is_empty());
    // The client has all it needs but to say so: its last flight is lost, and the phone put away.
    world.run(ms(35));
    world.network.set_link(at, server, LinkConfig::CUT);
    world.run(ms(10));
    world.clients[client].asleep = true;
    world.network.set_link(at, server, GOOD);
    world.run(secs(16));
    assert_eq!(world.standing[client], Standing::Failed);
    let now = world.now();
    world.clients[client].wake(now);
    // The harness fails on any event that says otherwise.
    world.run(secs(5));
    assert_eq!(world.standing[client], Standing::Failed);
}

#[test]
fn media_follows_a_client_to_another_address() {
    let (mut world, teacher, student) = pair();
    for _ in 0..20 {
        let at = world.new_address();
        let old = world.clients[student].who.at;
        let server = world.clients[student].who.server;
        // The old network is gone the moment the new one is there.
        world.network.set_path(old, server, LinkConfig::CUT);
        world.move_to(student, at, GOOD);
        let before = world.network.stats(server, at).delivered;
        world.run(ms(1_500));
        assert!(world.network.stats(server, at).delivered > before + 50);
        assert_eq!(heard(&world, student, ms(1_000)), [1], "the student hears");
        assert_eq!(heard(&world, teacher, ms(1_000)), [2], "and is heard");
        assert_eq!(saw(&world, student, ms(1_000)), [1]);
        world.run(secs(1));
    }
    assert_eq!(world.count(is_failed) + world.count(is_silent), 0);
    assert_eq!(world.sfu(0).stats().connected, 2, "no second handshake");
    world.clients[student]
        .slot(SlotKind::Video(0))
        .assert_ordered();
}

#[test]
fn new_credentials_for_the_same_session_disturb_nothing() {
    let (mut world, teacher, student) = pair();
    for round in 0..3 {
        let before = world.clients[student].who.theirs.ufrag.clone();
        world.restart_ice(student);
        if round == 1 {
            // A restart is what a client does whose network has changed.
            let old = world.clients[student].who.at;
            let (at, server) = (world.new_address(), world.clients[student].who.server);
            world.network.set_path(old, server, LinkConfig::CUT);
            world.move_to(student, at, GOOD);
        }
        assert_ne!(world.clients[student].who.theirs.ufrag, before);
        // Longer than consent lasts: checks with the new credentials are answered, both ways.
        for _ in 0..25 {
            world.run(secs(1));
            assert_eq!(heard(&world, student, ms(800)), [1], "the student hears");
            assert_eq!(heard(&world, teacher, ms(800)), [2], "and is heard");
        }
    }
    assert_eq!(world.count(is_failed) + world.count(is_silent), 0);
    assert_eq!(world.sfu(0).stats().connected, 2, "no second handshake");
}

#[test]
fn the_credentials_before_a_restart_open_nothing() {
    let (mut world, _, student) = pair();
    let (ours, theirs) = {
        let who = &world.clients[student].who;
        (who.ours.clone(), who.theirs.clone())
    };
    world.restart_ice(student);
    let restarted = world.clients[student].who.theirs.clone();
    world.clients[student].who.ours = ours;
    world.clients[student].who.theirs = theirs;
    let from = world.network.elapsed();
    let ignored = world.dropped(0, DropReason::UnknownUfrag);
    world.run(secs(25));
    assert!(world.dropped(0, DropReason::UnknownUfrag) > ignored + 10);
    // Media keeps it from being silent; consent is what it loses.
    assert_eq!(told(&world, from, is_failed).len(), 1);
    world.clients[student].who.theirs = restarted;
    world.run(secs(5));
    assert_eq!(world.standing[student], Standing::Failed);
}

#[test]
fn an_address_that_has_moved_away_gets_nothing_more() {
    let (mut world, _, student) = pair();
    let (old, server) = (
        world.clients[student].who.at,
        world.clients[student].who.server,
    );
    let at = world.new_address();
    world.move_to(student, at, GOOD);
    world.run(ms(1_500));
    let media = world.network.stats(server, old).pushed;
    world.run(secs(5));
    let more = world.network.stats(server, old).pushed - media;
    assert!(more <= 10, "a few checks, no media: {more}");
}

#[test]
fn a_teachers_voice_reaches_whoever_reports_it_and_nobody_else() {
    // Before the teacher speaks, both would hear.
    for (student, said) in [
        (Join::student(2).reporting(), &[true][..]),
        (Join::student(2), &[true, false][..]),
    ] {
        let mut world = World::default();
        let people = world.lesson(&[Join::teacher(1), student]);
        world.run(secs(2));
        world.publish(people[0], &[Source::Microphone]);
        world.run(secs(15));
        let events = world.events.iter();
        let told: Vec<bool> = events
            .filter_map(|(_, event)| match event {
                Event::Hearing {
                    participant: ParticipantId(2),
                    hearing,
                    ..
                } => Some(*hearing),
                _ => None,
            })
            .collect();
        assert_eq!(told, said);
    }
}
