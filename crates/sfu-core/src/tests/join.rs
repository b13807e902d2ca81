//! Who gets in, how fast, and with which SRTP profile.

use super::harness::*;
use crate::Event;
use crate::model::{ParticipantId, Source};
use crate::stats::DropReason;
use crate::transport::srtp::SrtpProfile;
use homeroom_netsim::LinkConfig;

/// Check, ClientHello (with our check's answer), cookie or hello, certificates, Finished.
const ROUND_TRIPS: u32 = 4;

fn line(round_trip_ms: u64) -> LinkConfig {
    LinkConfig {
        delay: ms(round_trip_ms) / 2,
        ..LinkConfig::PERFECT
    }
}

#[test]
fn a_client_connects_in_four_round_trips() {
    for round_trip_ms in [0, 50, 150] {
        let mut world = World::default();
        let client = world.join(&Join::teacher(1).over(line(round_trip_ms)));
        let took = world.run_until(secs(2), |w| w.clients[client].connected_at.is_some());
        assert!(
            took <= ROUND_TRIPS * ms(round_trip_ms),
            "{took:?} at a round trip of {round_trip_ms} ms"
        );
        let connected = Event::Connected {
            room: ROOM,
            participant: ParticipantId(1),
        };
        assert_eq!(world.count(|event| *event == connected), 1);
    }
}

#[test]
fn gcm_is_taken_when_both_profiles_are_offered_and_cm_when_alone() {
    for (profiles, cm) in [
        (CHROMIUM_PROFILES.to_vec(), 0),
        (vec![SrtpProfile::AeadAes128Gcm], 0),
        (vec![SrtpProfile::AesCm128HmacSha1_80], 1),
    ] {
        let mut world = World::default();
        let join = Join {
            profiles: profiles.clone(),
            ..Join::teacher(1)
        };
        let people = world.lesson(&[join, Join::student(2)]);
        let stats = world.sfu(0).stats();
        assert_eq!(
            (stats.connected, stats.connected_aes_cm),
            (2, cm),
            "{profiles:?}"
        );
        world.publish(people[0], &[Source::Microphone]);
        world.publish(people[1], &[Source::Microphone]);
        world.run(secs(1));
        assert_eq!(
            heard(&world, people[0], ms(500)),
            [2],
            "{profiles:?} opens and seals"
        );
        assert_eq!(heard(&world, people[1], ms(500)), [1]);
    }
}

#[test]
fn another_certificate_than_the_offers_gets_no_media() {
    let mut world = World::default();
    let liar = world.join(&Join {
        fingerprint: Some([7; 32]),
        ..Join::teacher(1)
    });
    let student = world.join(&Join::student(2));
    world.publish(liar, &[Source::Microphone]);
    world.publish(student, &[Source::Microphone]);
    world.run(secs(3));
    let failed = Event::Failed {
        room: ROOM,
        participant: ParticipantId(1),
    };
    assert_eq!(world.count(|event| *event == failed), 1);
    assert_eq!(world.dropped(0, DropReason::WrongFingerprint), 1);
    assert_eq!(world.standing[liar], Standing::Failed);
    assert!(heard(&world, student, secs(3)).is_empty());
    assert!(heard(&world, liar, secs(3)).is_empty());
}

#[test]
fn a_fifth_of_the_packets_lost_only_delays_a_join() {
    for seed in seed()..seed() + 5 {
        let mut world = World::seeded(1, seed);
        for id in 1..=10 {
            let lossy = LinkConfig {
                loss: 0.2,
                ..line(50)
            };
            world.join(&Join::student(id).over(lossy));
        }
        let all = |w: &World| w.standing.iter().all(|s| *s == Standing::Connected);
        world.run_until(secs(6), all);
    }
}

#[test]
fn whoever_never_answers_is_given_up() {
    let mut world = World::default();
    let client = world.join(&Join::student(1).over(LinkConfig::CUT));
    world.run(secs(16));
    assert_eq!(world.standing[client], Standing::Failed);
    assert_eq!(
        world.sfu(0).poll_timeout(),
        None,
        "nothing is left to do for them"
    );
}
