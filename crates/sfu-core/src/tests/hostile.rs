//! Garbage, replays, spoofed addresses, storms: counted, bounded, and nobody else notices.

use super::harness::*;
use crate::bounds::{MAX_ICE_ADDRESSES, MAX_RESENDS_PER_NACK};
use crate::model::{SlotKind, Source};
use crate::stats::{DROP_REASONS, DropReason};
use homeroom_netsim::LinkConfig;
use homeroom_rtp::{DatagramKind, classify};
use std::net::SocketAddr;

/// A connected pair that talks, and keeps what the student has sent.
fn lesson() -> (World, usize, usize) {
    let mut world = World::default();
    let teacher = world.lesson(&[Join::teacher(1)])[0];
    let student = world.join(&Join::student(2));
    world.clients[student].sent = Some(Vec::new());
    for (client, other) in [(teacher, 2), (student, 1)] {
        world.publish(client, &[Source::Microphone, Source::Camera]);
        world.watch(client, &[Some(other)]);
    }
    world.run(secs(3));
    (world, teacher, student)
}

fn assert_goes_on(world: &mut World, teacher: usize, student: usize) {
    world.run(secs(2));
    assert_eq!(world.standing[student], Standing::Connected);
    assert_eq!(
        (heard(world, teacher, secs(1)), saw(world, teacher, secs(1))),
        (vec![2], vec![2])
    );
    assert_eq!(
        (heard(world, student, secs(1)), saw(world, student, secs(1))),
        (vec![1], vec![1])
    );
    world.clients[teacher]
        .slot(SlotKind::Video(0))
        .assert_continuous();
}

fn dropped(world: &World) -> u64 {
    world.sfu(0).stats().dropped.iter().sum()
}

#[test]
fn garbage_from_strangers_is_counted_and_never_answered() {
    let (mut world, teacher, student) = lesson();
    let strangers = [[203, 0, 113, 5], [10, 0, 0, 0]].map(|ip| SocketAddr::from((ip, 999)));
    // The first byte alone tells the protocol (RFC 7983); 256 is every one of them.
    for first in 0..=255 {
        for len in [0, 1, 2, 11, 12, 13, 20, 28, 100, 549, 1_500, 9_000] {
            let mut datagram = vec![first; len];
            world.rng_fill(datagram.get_mut(1..).unwrap_or_default());
            let (from, before) = (strangers[len % 2], dropped(&world));
            assert_eq!(world.inject(0, from, &datagram), 0, "{first} × {len}");
            assert_eq!(
                dropped(&world),
                before + 1,
                "{first} × {len} is counted once"
            );
        }
    }
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn a_strangers_copy_of_real_traffic_is_not_answered() {
    let (mut world, teacher, student) = lesson();
    let stranger = SocketAddr::from(([203, 0, 113, 5], 999));
    let sent = world.clients[student].sent.take().expect("kept");
    let is_stun = |datagram: &&Vec<u8>| classify(datagram) == Some(DatagramKind::Stun);
    let (_, others): (Vec<_>, Vec<_>) = sent.iter().partition(is_stun);
    assert!(others.len() > 200, "{}", others.len());
    for datagram in &others {
        assert_eq!(world.inject(0, stranger, datagram), 0);
    }
    let dropped = world.dropped(0, DropReason::UnknownAddress);
    assert_eq!(dropped, others.len() as u64);
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn replays_of_a_live_session_are_dropped() {
    let (mut world, teacher, student) = lesson();
    let at = world.clients[student].who.at;
    let sent = world.clients[student].sent.take().expect("kept");
    let is_media = |datagram: &Vec<u8>| {
        matches!(
            classify(datagram),
            Some(DatagramKind::Rtp | DatagramKind::Rtcp)
        )
    };
    let received = world.sfu(0).stats().rtp_received;
    let mut replays = 0;
    for datagram in &sent {
        let before = world.dropped(0, DropReason::Replayed);
        world.inject(0, at, datagram);
        if is_media(datagram) {
            replays += 1;
            assert_eq!(world.dropped(0, DropReason::Replayed), before + 1);
        }
    }
    assert!(replays > 250, "{replays}");
    assert_eq!(world.sfu(0).stats().rtp_received, received);
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn damaged_packets_of_a_live_session_are_dropped() {
    let (mut world, teacher, student) = lesson();
    let at = world.clients[student].who.at;
    let sent = world.clients[student].sent.take().expect("kept");
    let mut by_reason = [0; DROP_REASONS];
    for datagram in sent.iter().filter(|datagram| !datagram.is_empty()) {
        for kind in 0..3 {
            let mut datagram = datagram.clone();
            let place = world.random(datagram.len());
            match kind {
                0 => datagram.truncate(place),
                1 => datagram[place] ^= 1 << world.random(8),
                _ => datagram.push(0),
            }
            world.inject(0, at, &datagram);
            let now = world.sfu(0).stats().dropped;
            by_reason
                .iter_mut()
                .zip(now)
                .for_each(|(most, count)| *most = count.max(*most));
        }
    }
    for reason in [
        DropReason::NotAuthentic,
        DropReason::Malformed,
        DropReason::BadIntegrity,
    ] {
        assert!(by_reason[reason as usize] > 0, "{reason:?}");
    }
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn a_source_that_the_offer_does_not_name_is_dropped() {
    let (mut world, teacher, student) = lesson();
    let before = world.dropped(0, DropReason::UnknownSource);
    let strange = world.clients[student].track(Source::Camera).ssrc + 50;
    // By its mid it would be the camera, which has an SSRC already.
    world.clients[student].track(Source::Screen).ssrc = strange;
    world.clients[student].track(Source::Screen).mid = b'1';
    world.publish(student, &[Source::Screen]);
    world.stage(ROOM, Some(2));
    world.run(secs(1));
    assert!(world.dropped(0, DropReason::UnknownSource) > before + 30);
    assert!(
        world.clients[teacher]
            .slot(SlotKind::Screen)
            .seen
            .is_empty()
    );
    world.stop(student, Source::Screen);
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn nacks_for_everything_cost_a_bounded_number_of_packets() {
    let (mut world, teacher, student) = lesson();
    // So many that all of them are still kept.
    world.clients[teacher].track(Source::Camera).interval = ms(15);
    world.run(secs(1));
    let ssrc = world.clients[student].slot(SlotKind::Video(0)).ssrc;
    let highest = world.clients[student]
        .slot(SlotKind::Video(0))
        .highest()
        .expect("it sees");
    let everything: Vec<u16> = (0..120)
        .map(|back| (highest as u16).wrapping_sub(119 - back))
        .collect();
    let (sent, resent) = (world.sfu(0).stats().rtp_sent, world.sfu(0).stats().rtx_sent);
    world.clients[student].send_nack(ssrc, &everything);
    world.send_of(student);
    world.run(ms(20));
    let first = world.sfu(0).stats().rtx_sent - resent;
    assert!(first <= MAX_RESENDS_PER_NACK as u64, "{first} for one NACK");
    assert!(first > 0);
    for _ in 0..200 {
        world.clients[student].send_nack(ssrc, &everything);
        world.send_of(student);
        world.run(ms(10));
    }
    let resent = world.sfu(0).stats().rtx_sent - resent;
    let forwarded = world.sfu(0).stats().rtp_sent - sent - resent;
    assert!(resent <= 256 + forwarded, "{resent} of 24,000 asked for");
    // Others are not slowed by it.
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn nacks_for_slots_that_are_empty_or_not_ones_own_are_ignored() {
    let (mut world, teacher, student) = lesson();
    let before = world.sfu(0).stats().rtx_sent;
    let theirs = world.clients[teacher].slot(SlotKind::Video(0)).ssrc;
    let empty = world.clients[student].slot(SlotKind::Video(2)).ssrc;
    for ssrc in [theirs, empty, 0, u32::MAX] {
        for number in [0, 1, 0x7fff, 0x8000, u16::MAX] {
            world.clients[student].send_nack(ssrc, &[number]);
            world.clients[student].send_pli(ssrc);
        }
    }
    world.send_of(student);
    world.run(ms(100));
    assert_eq!(world.sfu(0).stats().rtx_sent, before);
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn an_address_beyond_the_bound_is_refused_while_the_others_answer() {
    let (mut world, teacher, student) = lesson();
    // Every address stays alive: a client with many networks.
    let addresses: Vec<_> = (1..MAX_ICE_ADDRESSES)
        .map(|_| world.new_address_of(student, GOOD))
        .collect();
    let now = world.now();
    for at in addresses {
        world.check_from(student, at, now);
    }
    world.run(ms(500));
    assert_eq!(
        world.dropped(0, DropReason::TooManyAddresses),
        0,
        "eight fit"
    );
    let ninth = world.new_address_of(student, GOOD);
    world.check_from(student, ninth, now);
    world.run(ms(500));
    assert_eq!(
        world.dropped(0, DropReason::TooManyAddresses),
        1,
        "a ninth does not"
    );
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn addresses_that_never_answered_make_room() {
    let (mut world, teacher, student) = lesson();
    let now = world.now();
    for _ in 0..3 * MAX_ICE_ADDRESSES {
        let at = world.new_address_of(student, LinkConfig::CUT);
        world.check_injected(student, at, now);
    }
    assert_eq!(world.dropped(0, DropReason::TooManyAddresses), 0);
    assert_goes_on(&mut world, teacher, student);
}

#[test]
fn an_insider_who_checks_from_anothers_address_does_not_get_it() {
    let (mut world, teacher, student) = lesson();
    let now = world.now();
    // Any member can sign a check of their own; this one writes the student's address on it.
    let at = world.clients[student].who.at;
    world.check_injected(teacher, at, now);
    world.run(secs(3));
    let lost = world.dropped(0, DropReason::NotAuthentic);
    assert_eq!(lost, 0, "nothing was taken for the insider's");
    assert_eq!(heard(&world, teacher, secs(1)), [2]);
    world.run(secs(25));
    assert_eq!(world.standing[student], Standing::Connected);
    assert_eq!(saw(&world, student, secs(1)), [1]);
    assert_eq!(saw(&world, teacher, secs(1)), [2]);
}
