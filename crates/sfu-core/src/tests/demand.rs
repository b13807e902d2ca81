//! What nobody is shown is not sent, and is there again at once when somebody is.

use super::harness::*;
use crate::Event;
use crate::model::{ParticipantId, SlotKind, Source};
use std::time::Duration;

const PEOPLE: u32 = 30;
const TILES: usize = 9;
/// What signalling takes from a worker to a page.
const TELLING: Duration = Duration::from_millis(20);
const ROUND_TRIP: Duration = Duration::from_millis(20);
const FRAME: Duration = Duration::from_millis(33);

/// Everybody's camera on, and who watches whom, at which height.
fn seminar(pauses: bool, watched: impl Fn(u32) -> Vec<(u32, u16)>) -> (World, Vec<usize>) {
    let mut world = World::new(2);
    world.pauses = pauses.then_some(TELLING);
    let join = |id: u32| Join {
        video_slots: TILES,
        ..Join::student(id).with_layers().on_worker(id as u8 % 2)
    };
    let joins: Vec<_> = (1..=PEOPLE).map(join).collect();
    let people = world.lesson(&joins);
    for client in &people {
        world.publish(*client, &[Source::Camera]);
    }
    for (client, id) in people.iter().zip(1..) {
        world.watch_at(*client, &watched(id));
    }
    world.run(secs(3));
    (world, people)
}

/// Bytes that all cameras send in a second.
fn uplink(world: &mut World) -> u64 {
    let sent = |world: &mut World| {
        let clients = world.clients.iter_mut();
        clients
            .flat_map(|client| client.layers(Source::Camera))
            .map(|track| track.bytes)
            .sum::<u64>()
    };
    let before = sent(world);
    world.run(secs(1));
    sent(world) - before
}

/// The same first tiles for everybody, but never oneself.
fn first_tiles(own: u32) -> Vec<(u32, u16)> {
    let others = (1..=PEOPLE).filter(|id| *id != own);
    others.take(TILES).map(|id| (id, 180)).collect()
}

/// Different tiles for everybody.
fn next_tiles(own: u32) -> Vec<(u32, u16)> {
    let others = (0..TILES as u32).map(|step| (own + step) % PEOPLE + 1);
    others.map(|id| (id, 180)).collect()
}

/// One person large, the others small.
fn one_large(own: u32) -> Vec<(u32, u16)> {
    let mut tiles = first_tiles(own);
    tiles[0].1 = 720;
    tiles
}

#[test]
fn a_seminar_of_thirty_sends_a_fifth_at_most() {
    let (mut world, _) = seminar(false, first_tiles);
    let all = uplink(&mut world);
    drop(world);
    for (name, tiles) in [
        ("the same tiles", first_tiles as fn(u32) -> Vec<(u32, u16)>),
        ("different tiles", next_tiles),
        ("one large", one_large),
    ] {
        let (mut world, people) = seminar(true, tiles);
        let used = uplink(&mut world);
        let saved = 100 - 100 * used / all;
        println!("seminar of {PEOPLE}, {TILES} tiles, {name}: {saved} % of the uplink saved");
        assert!(saved >= 80, "{name}: {used} of {all} bytes a second");
        for (client, id) in people.iter().zip(1..) {
            let mut expected: Vec<u32> = tiles(id).into_iter().map(|(id, _)| id).collect();
            expected.sort_unstable();
            assert_eq!(saw(&world, *client, ms(500)), expected, "{name}: {id}");
        }
    }
}

#[test]
fn who_appears_on_a_screen_is_there_at_once() {
    let (mut world, people) = seminar(true, first_tiles);
    for (id, height, layer) in [(20, 180, 0), (20, 720, 2), (21, 360, 1)] {
        world.watch_at(people[0], &[(id, height)]);
        let asked_at = world.now();
        world.run(secs(2));
        let slot = world.clients[people[0]].slot(SlotKind::Video(0));
        // The last frames of whoever was there before are still under way.
        let came = slot.first_of_layer(layer, asked_at + ROUND_TRIP);
        let came = came.expect("it comes");
        // Told, then a frame and its way; 300 ms and a round trip are promised.
        let limit = TELLING + 2 * ROUND_TRIP + 2 * FRAME;
        assert!(came - asked_at <= limit, "{:?}", came - asked_at);
        let freeze = slot.longest_freeze(came, world.now());
        assert!(freeze <= ms(50), "{freeze:?}");
        slot.assert_decodable();
    }
}

#[test]
fn a_layer_that_becomes_unwanted_is_sent_until_its_stand_in_has_come() {
    let (mut world, people) = seminar(true, one_large);
    let slot = SlotKind::Video(0);
    for turn in 0..6 {
        let height = if turn % 2 == 0 { 180 } else { 720 };
        for (client, id) in people.iter().zip(1..) {
            let mut tiles = first_tiles(id);
            tiles[0].1 = height;
            world.watch_at(*client, &tiles);
        }
        let from = world.now();
        world.run(secs(3));
        for client in &people {
            let slot = world.clients[*client].slot(slot);
            let freeze = slot.longest_freeze(from, world.now());
            assert!(freeze <= ms(50), "{freeze:?} in turn {turn}");
            slot.assert_decodable();
        }
    }
}

fn told(world: &World, id: u32) -> Vec<(Duration, usize)> {
    let of = |event: &Event| match event {
        Event::Wanted {
            participant,
            camera,
            ..
        } if *participant == ParticipantId(id) => Some(camera.iter().count()),
        _ => None,
    };
    let events = world.events.iter();
    events
        .filter_map(|(at, event)| Some((*at, of(event)?)))
        .collect()
}

#[test]
fn a_storm_of_watching_is_told_ten_times_a_second() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1).with_layers(), Join::student(2)]);
    world.publish(people[0], &[Source::Camera]);
    world.run(secs(2));
    let before = told(&world, 1).len();
    for turn in 0..500_u16 {
        world.watch_at(people[1], &[(1, [180, 360, 720][usize::from(turn) % 3])]);
        world.run(ms(4));
    }
    let after = told(&world, 1).len() - before;
    assert!((1..=20).contains(&after), "{after} in two seconds");
}

#[test]
fn a_new_session_is_told_anew_on_whatever_worker() {
    let mut world = World::new(2);
    world.pauses = Some(TELLING);
    let student = world.lesson(&[Join::student(2)])[0];
    world.watch_at(student, &[(1, 180)]);
    for worker in [0, 1, 1, 0] {
        let before = told(&world, 1).len();
        let teacher = world.join(&Join::teacher(1).with_layers().on_worker(worker));
        world.publish(teacher, &[Source::Camera]);
        world.run(secs(3));
        let told = told(&world, 1);
        assert!(told.len() > before, "worker {worker}");
        assert_eq!(told.last().map(|(_, layers)| *layers), Some(1));
        let layers = world.clients[teacher].layers(Source::Camera);
        let active: Vec<_> = layers.map(|track| track.is_active).collect();
        assert_eq!(active, [true, false, false], "worker {worker}");
        assert_eq!(saw(&world, student, ms(300)), [1]);
    }
    // Nobody is left to show it to.
    world.leave(student);
    world.run(secs(2));
    let teacher = world.clients.len() - 1;
    let layers = world.clients[teacher].layers(Source::Camera);
    assert!(layers.into_iter().all(|track| !track.is_active));
}
