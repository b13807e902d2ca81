//! NACK and RTX both ways; reordering and duplicates are harmless.
//!
//! A missing packet is asked for while its repetition would be of use, so what stays missing is the
//! chance to lose a packet and every repetition; the bounds here leave room for packets that were
//! lost shortly before the end.

use super::harness::*;
use crate::model::{SlotKind, Source};
use homeroom_netsim::LinkConfig;

/// The teacher's camera over a line of `up` to a student on a line of `down`, for 20 s: the share
/// of packets that never came.
fn missing(up: LinkConfig, down: LinkConfig) -> (f64, World) {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    let [teacher, student] = [people[0], people[1]].map(|client| world.clients[client].who.at);
    let server = world.clients[people[0]].who.server;
    world.network.set_link(teacher, server, up);
    world.network.set_link(server, student, down);
    world.publish(people[0], &[Source::Camera]);
    world.watch(people[1], &[Some(1)]);
    world.run(secs(20));
    world.stop(people[0], Source::Camera);
    world.run(secs(1));
    let slot = world.clients[people[1]].slot(SlotKind::Video(0));
    slot.assert_ordered();
    assert!(slot.seen.len() > 800, "{} came", slot.seen.len());
    let share = slot.holes() as f64 / (slot.seen.len() as f64 + slot.holes() as f64);
    (share, world)
}

fn lossy(loss: f64) -> LinkConfig {
    LinkConfig { loss, ..GOOD }
}

#[test]
fn losses_of_the_publishers_line_are_repaired() {
    for (loss, bound) in [(0.05, 0.001), (0.1, 0.002), (0.2, 0.01)] {
        let (missing, world) = missing(lossy(loss), GOOD);
        assert!(missing <= bound, "{missing} of {loss}");
        let sent = world.clients[0].tracks[Source::Camera.index()].resent;
        assert!(sent > (400.0 * loss) as u64, "{sent} were repeated");
    }
}

#[test]
fn losses_of_the_receivers_line_are_repaired() {
    for (loss, bound) in [(0.05, 0.001), (0.1, 0.002), (0.2, 0.01)] {
        let (missing, world) = missing(GOOD, lossy(loss));
        assert!(missing <= bound, "{missing} of {loss}");
        let slot = world.clients[1].slot(SlotKind::Video(0));
        let resent = slot.seen.values().filter(|seen| seen.resent).count();
        assert!(resent > (400.0 * loss) as usize, "{resent} were repeated");
        assert_eq!(
            world.clients[0].tracks[Source::Camera.index()].resent,
            0,
            "its line is good"
        );
    }
}

/// A student's voice and a teacher's over the student's bad line, for 30 s: the shares of packets
/// that never came to the teacher and to the student.
fn missing_voices(line: LinkConfig) -> ([f64; 2], World) {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    let who = &world.clients[people[1]].who;
    let (student, server) = (who.at, who.server);
    world.network.set_path(student, server, line);
    // The round trip is measured once a second.
    world.run(secs(3));
    for person in &people {
        world.publish(*person, &[Source::Microphone]);
    }
    world.run(secs(30));
    for person in &people {
        world.stop(*person, Source::Microphone);
    }
    world.run(secs(1));
    let shares = [0, 1].map(|person: usize| {
        let slots = world.clients[people[person]].slots.iter();
        let heard = slots.filter(|slot| !slot.kind.is_video() && !slot.seen.is_empty());
        let (seen, holes) = heard.fold((0, 0), |(seen, holes), slot| {
            slot.assert_ordered();
            (seen + slot.seen.len() as u64, holes + slot.holes())
        });
        assert!(seen > 1_000, "{seen} came");
        holes as f64 / (seen + holes) as f64
    });
    (shares, world)
}

#[test]
fn a_voice_is_repaired_both_ways() {
    for (loss, bound) in [(0.1, 0.003), (0.2, 0.015), (0.3, 0.06)] {
        let line = LinkConfig {
            delay: ms(50),
            loss,
            ..GOOD
        };
        let (missing, _) = missing_voices(line);
        println!("{loss}: {missing:?}");
        assert!(
            missing.iter().all(|share| *share < bound),
            "{missing:?} of {loss}"
        );
    }
}

/// The teacher's voice to a student on a line of `down` from which nothing is asked for again, for
/// 60 s: the share of it that came in no way.
fn unheard(down: LinkConfig) -> (f64, World, usize) {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2).reporting()]);
    let who = &world.clients[people[1]].who;
    let (student, server) = (who.at, who.server);
    world.network.set_link(server, student, down);
    world.clients[people[1]].asks_again = false;
    world.publish(people[0], &[Source::Microphone]);
    // So long it takes to see that the line loses much.
    world.run(secs(15));
    for slot in &mut world.clients[people[1]].slots {
        slot.forget();
    }
    world.run(secs(60));
    let slots = world.clients[people[1]].slots.iter();
    let slot = slots.max_by_key(|slot| slot.seen.len()).expect("slots");
    let heard = slot.seen.len() as f64 + slot.holes() as f64;
    (slot.unheard() as f64 / heard, world, people[1])
}

#[test]
fn earlier_packets_go_along_where_many_are_lost() {
    for (loss, bound) in [(0.1, 0.003), (0.2, 0.014), (0.3, 0.045)] {
        let (unheard, ..) = unheard(lossy(loss));
        println!("{loss}: {unheard}");
        assert!(unheard < bound, "{unheard} of {loss}");
    }
}

#[test]
fn nothing_goes_along_where_little_is_lost_or_the_line_is_full() {
    let narrow = LinkConfig {
        rate_bps: Some(64_000),
        loss: 0.05,
        ..GOOD
    };
    for line in [GOOD, lossy(0.005), narrow] {
        let (_, world, student) = unheard(line);
        let carried = world.clients[student].slots.iter();
        let carried: usize = carried.map(|slot| slot.carried.len()).sum();
        assert_eq!(carried, 0, "{line:?}");
    }
}

#[test]
fn a_voice_on_a_very_long_line_is_not_asked_for_again() {
    let line = LinkConfig {
        delay: ms(110),
        loss: 0.1,
        ..GOOD
    };
    let (missing, world) = missing_voices(line);
    assert!(missing[0] > 0.08, "{missing:?}");
    let track = &world.clients[1].tracks[Source::Microphone.index()];
    assert_eq!(track.resent, 0);
}

#[test]
fn a_packet_is_not_sent_again_while_it_may_be_on_its_way() {
    let mut world = World::default();
    let people = world.lesson(&[
        Join::teacher(1),
        Join::student(2).over(LinkConfig {
            delay: ms(50),
            ..GOOD
        }),
    ]);
    world.publish(people[0], &[Source::Microphone]);
    world.run(secs(1));
    let slot = world.clients[people[1]].slot(SlotKind::Audio(0));
    let (ssrc, last) = (slot.ssrc, slot.highest().expect("a voice") as u16);
    for (after_ms, sent) in [(0, 1), (10, 1), (0, 2), (0, 2)] {
        world.run(ms(after_ms));
        world.clients[people[1]].send_nack(ssrc, &[last]);
        world.send_of(people[1]);
        // The question takes half the round trip.
        world.run(ms(51));
        assert_eq!(world.sfu(0).stats().rtx_sent, sent, "after {after_ms} ms");
    }
}

#[test]
fn losses_in_bursts_are_repaired() {
    let bursts = LinkConfig {
        loss: 0.1,
        burst: 5.0,
        ..GOOD
    };
    let (missing, _) = missing(bursts, bursts);
    assert!(missing <= 0.01, "{missing}");
}

#[test]
fn a_long_line_is_repaired_too() {
    let long = LinkConfig {
        delay: ms(75),
        loss: 0.05,
        ..GOOD
    };
    let (missing, _) = missing(long, long);
    assert!(missing <= 0.005, "{missing}");
}

#[test]
fn reordering_and_copies_are_harmless() {
    let reordering = LinkConfig {
        reorder: 0.1,
        jitter: ms(5),
        ..GOOD
    };
    let copying = LinkConfig {
        duplicate: 0.3,
        ..GOOD
    };
    for bad in [reordering, copying] {
        for (up, down) in [(bad, GOOD), (GOOD, bad)] {
            let (missing, world) = missing(up, down);
            assert_eq!(missing, 0.0, "{up:?} {down:?}");
            let duplicates = world.clients[1].slot(SlotKind::Video(0)).duplicates;
            assert!(duplicates < 100, "{duplicates} needless repetitions");
        }
    }
}

/// What a student gets again on a lossy line, and how often it was sent again for that.
fn repetitions(loss: f64) -> (usize, usize) {
    let mut world = World::default();
    let people = world.lesson(&[
        Join::teacher(1),
        Join::student(2).reporting().over(lossy(loss)),
    ]);
    world.publish(people[0], &[Source::Camera]);
    world.watch(people[1], &[Some(1)]);
    world.run(secs(30));
    let slot = world.clients[people[1]].slot(SlotKind::Video(0));
    slot.assert_ordered();
    let repeated = slot.seen.values().filter(|seen| seen.resent).count();
    let sent = world.sfu(0).stats().rtx_sent as usize;
    (repeated, sent)
}

#[test]
fn where_much_is_lost_a_repetition_is_sent_twice() {
    let (repeated, sent) = repetitions(0.02);
    assert!(sent < repeated + repeated / 2 + 5, "{sent} for {repeated}");
    let (repeated, sent) = repetitions(0.2);
    assert!(sent > repeated * 17 / 10, "{sent} for {repeated}");
    assert!(sent < 4 * repeated, "{sent} for {repeated}");
}

#[test]
fn pictures_are_told_as_a_chain_where_a_few_tries_repair_all() {
    let mut world = World::default();
    let join = Join::student(2).reporting();
    let people = world.lesson(&[Join::teacher(1).with_layers(), join]);
    world.publish(people[0], &[Source::Camera]);
    world.watch_at(people[1], &[(1, 720)]);
    let who = &world.clients[people[1]].who;
    let (server, at) = (who.server, who.at);
    for (loss, is_chain) in [
        (0.0, false),
        (0.1, true),
        (0.0, false),
        (0.06, true),
        (0.3, false),
    ] {
        world.network.set_link(server, at, lossy(loss));
        // Until the server believes it.
        world.run(secs(20));
        let from = world.now();
        world.run(secs(10));
        let slot = world.clients[people[1]].slot(SlotKind::Video(0));
        let seen = slot.seen.values().filter(|seen| seen.at >= from);
        let of_upper = seen.clone().filter(|seen| seen.label.temporal > 0);
        assert!(of_upper.count() > 100, "the camera has temporal layers");
        let is_base = |seen: &Seen| seen.picture.is_some_and(|picture| picture.is_base);
        let is_told = seen.clone().all(is_base);
        assert_eq!(is_told, is_chain, "at {loss}");
        let lies = seen.filter(|seen| is_base(seen) != (seen.label.temporal == 0));
        assert_eq!(lies.count() > 0, is_chain, "at {loss}");
        if loss < 0.2 {
            slot.assert_decodable();
        }
    }
}
