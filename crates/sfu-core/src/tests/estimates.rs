//! What each receiver's link carries is known: from pictures, voices, or nothing at all.

use super::harness::*;
use crate::congestion::{Estimate, Reason};
use crate::model::{ParticipantId, Source};
use homeroom_netsim::LinkConfig;

/// What the harness's camera takes with all its layers.
const CAMERA_BPS: u64 = 1_000_000;

fn limited(rate_bps: u64) -> LinkConfig {
    LinkConfig {
        rate_bps: Some(rate_bps),
        ..GOOD
    }
}

/// A teacher, and a student on a link of `rate_bps` who is sent what `sources` says.
fn lesson(rate_bps: u64, sources: &[Source]) -> (World, usize) {
    let mut world = World::default();
    let people = world.lesson(&[
        Join::teacher(1).with_layers().reporting(),
        Join::student(2).reporting().over(limited(rate_bps)),
    ]);
    world.publish(people[0], sources);
    world.watch(people[1], &[Some(1)]);
    (world, people[1])
}

fn estimate(world: &World, id: u32) -> Estimate {
    let mut all = world.sfu(0).estimates();
    let found = all.find(|(room, of, _)| *room == ROOM && *of == ParticipantId(id));
    found.expect("a participant").2
}

fn share(world: &World, rate_bps: u64) -> f64 {
    estimate(world, 2).bitrate_bps as f64 / rate_bps as f64
}

#[test]
fn it_follows_the_receivers_link() {
    use Source::{Camera, Microphone};
    let sent: [&[Source]; 2] = [&[Microphone, Camera], &[Camera]];
    for sources in sent {
        let (mut world, student) = lesson(2_000_000, sources);
        let (server, at) = (
            world.clients[student].who.server,
            world.clients[student].who.at,
        );
        world.run(secs(5));
        let good = share(&world, 2_000_000);
        world.network.set_link(server, at, limited(250_000));
        world.run(secs(30));
        let lines = world.sfu(0).lines();
        assert_eq!((lines.narrow, lines.by_reason.iter().sum::<u64>()), (1, 2));
        let squeezed = share(&world, 250_000);
        world.network.set_link(server, at, limited(2_000_000));
        // No more is looked for than there is use for.
        let is_back = |world: &World| share(world, CAMERA_BPS) >= 0.9;
        let back = world.run_until(secs(5), is_back);
        println!("{sources:?}: {good:.2}, then {squeezed:.2}, back after {back:?}");
        assert!((0.85..=1.15).contains(&good), "{sources:?}: {good}");
        assert!((0.7..=1.15).contains(&squeezed), "{sources:?}: {squeezed}");
    }
}

#[test]
fn every_packet_has_a_number_of_its_own() {
    let (mut world, student) = lesson(2_000_000, &[Source::Microphone, Source::Camera]);
    world.run(secs(5));
    let client = &world.clients[student];
    assert!(client.stamps.len() > 400, "{}", client.stamps.len());
    let pairs = client.stamps.windows(2);
    let is_next = |pair: &[u16]| pair[1] == pair[0].wrapping_add(1);
    assert!(pairs.clone().all(is_next), "one counter over all streams");
    assert!(client.probes > 10, "{}", client.probes);
    let stats = world.sfu(0).stats();
    assert!(stats.feedback_received > 40, "{}", stats.feedback_received);
    assert!(stats.probes_sent >= client.probes as u64);
}

#[test]
fn who_never_reports_arrivals_is_judged_by_reports_and_hardly_probed() {
    let mut world = World::default();
    let teacher = world.join(&Join::teacher(1).reporting());
    let student = world.join(&Join::student(2).reporting());
    world.clients[student].gives_feedback = false;
    world.run(secs(1));
    world.publish(teacher, &[Source::Microphone]);
    world.run(secs(60));
    let probes = world.clients[student].probes;
    println!("{probes} probes");
    assert!(probes < 45, "{probes} packets in a minute");
    let estimate = estimate(&world, 2);
    assert_ne!(estimate.reason, Reason::Silence);
}
