//! Who hears and sees whom, and that each slot is one continuous stream.

use super::harness::*;
use crate::model::{ParticipantId, SlotKind, Source};
use crate::stats::DropReason;
use crate::{Event, SourceSet};

const VOICE_AND_FACE: [Source; 2] = [Source::Microphone, Source::Camera];

#[test]
fn two_people_hear_and_see_each_other() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    for (client, other) in [(people[0], 2), (people[1], 1)] {
        world.publish(client, &VOICE_AND_FACE);
        world.watch(client, &[Some(other)]);
    }
    world.run(secs(10));
    for (client, other) in [(people[0], 2), (people[1], 1)] {
        assert_eq!(heard(&world, client, secs(1)), [other]);
        assert_eq!(saw(&world, client, secs(1)), [other]);
        let camera = world.clients[client].slot(SlotKind::Video(0));
        camera.assert_continuous();
        assert!(camera.seen.len() > 400, "15 frames of 3 packets a second");
        let voices = world.clients[client].slots.iter();
        let voices = voices.filter(|slot| matches!(slot.kind, SlotKind::Audio(_)));
        let packets: usize = voices
            .inspect(|slot| slot.assert_continuous())
            .map(|slot| slot.seen.len())
            .sum();
        assert!(packets > 450, "50 packets a second: {packets}");
        assert!(world.clients[client].receiver_reports >= 9);
        assert!(world.clients[client].sender_reports >= 9);
    }
}

#[test]
fn every_packet_is_reported_once_to_the_senders_congestion_control() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    world.publish(people[0], &VOICE_AND_FACE);
    world.run(secs(5));
    let reported = &world.clients[people[0]].reported;
    assert!(reported.len() > 400, "{}", reported.len());
    let in_order = reported
        .windows(2)
        .all(|pair| pair[1] == pair[0].wrapping_add(1));
    assert!(in_order, "each once, in order");
}

#[test]
fn the_teacher_and_the_loudest_are_heard() {
    let mut world = World::default();
    let mut joins = vec![Join::teacher(1)];
    joins.extend((2..=7).map(Join::student));
    let people = world.lesson(&joins);
    // The teacher is the quietest; students 2–7 are louder one after another.
    for (client, level) in people.iter().zip([60, 50, 45, 40, 30, 20, 10]) {
        world.clients[*client].track(Source::Microphone).level = level;
        world.publish(*client, &[Source::Microphone]);
    }
    world.run(secs(3));
    assert_eq!(
        heard(&world, people[0], secs(1)),
        [5, 6, 7],
        "the teacher hears the loudest three"
    );
    assert_eq!(
        heard(&world, people[1], secs(1)),
        [1, 6, 7],
        "a student hears the teacher first"
    );
    assert_eq!(
        heard(&world, people[6], secs(1)),
        [1, 5, 6],
        "and never themselves"
    );
    let speaking = world
        .events
        .iter()
        .rev()
        .find_map(|(_, event)| match event {
            Event::Speaking { participants, .. } => Some(participants.clone()),
            _ => None,
        });
    let ids = |ids: &[u32]| Some(ids.iter().map(|id| ParticipantId(*id)).collect::<Vec<_>>());
    assert_eq!(
        speaking,
        ids(&[7, 6, 5]),
        "loudest first; −60 dB is not speech"
    );
}

#[test]
fn a_voice_that_outgrows_another_takes_its_place() {
    let mut world = World::default();
    let mut joins = vec![Join::teacher(1)];
    joins.extend((2..=5).map(Join::student));
    let people = world.lesson(&joins);
    for (client, level) in people.iter().zip([60, 20, 30, 40, 127]) {
        world.clients[*client].track(Source::Microphone).level = level;
        world.publish(*client, &[Source::Microphone]);
    }
    world.run(secs(2));
    assert_eq!(heard(&world, people[4], secs(1)), [1, 2, 3]);
    // The fourth was heard by the teacher only; now everybody wants to hear them.
    world.clients[people[3]].track(Source::Microphone).level = 5;
    world.clients[people[2]].track(Source::Microphone).level = 60;
    world.run(secs(3));
    assert_eq!(heard(&world, people[4], secs(1)), [1, 2, 4]);
}

#[test]
fn a_silent_microphone_frees_its_slot() {
    let mut world = World::default();
    let people = world.lesson(&[
        Join::teacher(1),
        Join::student(2),
        Join::student(3),
        Join::student(4),
    ]);
    for client in &people {
        world.publish(*client, &[Source::Microphone]);
    }
    world.run(secs(2));
    assert_eq!(heard(&world, people[1], secs(1)), [1, 3, 4]);
    world.stop(people[3], Source::Microphone);
    world.run(secs(3));
    assert_eq!(heard(&world, people[1], secs(1)), [1, 3]);
    for slot in &world.clients[people[1]].slots {
        slot.assert_continuous();
    }
}

#[test]
fn a_slot_carries_what_is_watched_and_nothing_else() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2), Join::student(3)]);
    for client in &people {
        world.publish(*client, &[Source::Camera]);
    }
    world.run(secs(1));
    assert!(saw(&world, people[1], secs(1)).is_empty(), "nobody asked");
    world.watch(people[1], &[Some(1), None, Some(3)]);
    world.run(secs(1));
    assert_eq!(saw(&world, people[1], ms(500)), [1, 3]);
    let client = &world.clients[people[1]];
    assert_eq!(client.slot(SlotKind::Video(0)).seen.len() / 40, 1);
    assert!(client.slot(SlotKind::Video(1)).seen.is_empty());
    world.watch(people[1], &[None, None, Some(3)]);
    world.run(secs(1));
    assert_eq!(saw(&world, people[1], ms(500)), [3]);
    world.watch(people[1], &[Some(2), Some(99)]);
    world.run(secs(1));
    assert!(
        saw(&world, people[1], ms(500)).is_empty(),
        "neither oneself nor a stranger"
    );
}

#[test]
fn whoever_comes_later_appears_where_they_were_awaited() {
    let mut world = World::default();
    let teacher = world.lesson(&[Join::teacher(1)])[0];
    world.watch(teacher, &[Some(2)]);
    world.run(secs(1));
    let student = world.join(&Join::student(2));
    world.publish(student, &[Source::Camera]);
    world.run(secs(1));
    assert_eq!(saw(&world, teacher, ms(500)), [2]);
    world.clients[teacher]
        .slot(SlotKind::Video(0))
        .assert_continuous();
}

#[test]
fn switching_a_slot_is_one_continuous_stream() {
    let mut world = World::default();
    let mut joins = vec![Join::teacher(1)];
    joins.extend((2..=4).map(Join::student));
    let people = world.lesson(&joins);
    for client in &people[1..] {
        world.publish(*client, &[Source::Camera]);
    }
    for turn in 0..20 {
        world.watch(people[0], &[Some(2 + turn % 3)]);
        world.run(ms(700));
    }
    let slot = world.clients[people[0]].slot(SlotKind::Video(0));
    assert_eq!(slot.switches(), 19);
    slot.assert_continuous();
}

#[test]
fn the_stage_shows_one_screen_to_all_but_its_sharer() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2), Join::student(3)]);
    let screen = [Source::Screen, Source::ScreenAudio];
    world.publish(people[0], &screen);
    world.publish(people[1], &screen);
    let sees = |world: &World, client: usize| {
        let since = world.now() - ms(500);
        let of = |kind| {
            world.clients[client]
                .slot(kind)
                .sources_since(since)
                .into_iter()
                .map(|id| id.0)
                .collect::<Vec<_>>()
        };
        (of(SlotKind::Screen), of(SlotKind::ScreenAudio))
    };
    world.run(secs(1));
    assert_eq!(sees(&world, people[2]), (vec![], vec![]));
    for (sharer, shown) in [
        (Some(1), [vec![], vec![1], vec![1]]),
        (Some(2), [vec![2], vec![], vec![2]]),
        (None, [vec![], vec![], vec![]]),
    ] {
        world.stage(ROOM, sharer);
        world.run(secs(1));
        for (client, shown) in people.iter().zip(shown) {
            assert_eq!(
                sees(&world, *client),
                (shown.clone(), shown),
                "{sharer:?} for client {client}"
            );
        }
    }
    for client in people {
        world.clients[client]
            .slot(SlotKind::Screen)
            .assert_continuous();
        world.clients[client]
            .slot(SlotKind::ScreenAudio)
            .assert_continuous();
    }
}

#[test]
fn whoever_has_one_slot_for_pictures_sees_the_stage_there_before_the_camera() {
    for worker in [0, 1] {
        let mut world = World::new(2);
        let player = Join::player(3).on_worker(worker);
        let people = world.lesson(&[Join::teacher(1), Join::student(2), player]);
        world.publish(people[0], &[Source::Camera]);
        world.publish(people[1], &[Source::Screen]);
        world.watch(people[2], &[Some(1)]);
        for (sharer, shown) in [
            (None, 1),
            (Some(2), 2),
            (None, 1),
            (Some(2), 2),
            (Some(1), 1),
        ] {
            world.stage(ROOM, sharer);
            world.run(secs(2));
            // The teacher's screen is empty: there is nothing to see, and no camera before it.
            let shown = if sharer == Some(1) {
                vec![]
            } else {
                vec![shown]
            };
            assert_eq!(saw(&world, people[2], secs(1)), shown, "{sharer:?}");
        }
        let picture = world.clients[people[2]].slot(SlotKind::Video(0));
        picture.assert_continuous();
        picture.assert_decodable();
    }
}

#[test]
fn whoever_hears_one_voice_hears_who_speaks_and_a_teacher_before_others() {
    let mut world = World::default();
    let joins = [
        Join::teacher(1),
        Join::student(2),
        Join::student(3),
        Join::player(4),
    ];
    let people = world.lesson(&joins);
    for client in &people[..3] {
        world.publish(*client, &[Source::Microphone]);
    }
    for (levels, voice) in [
        ([30, 127, 127], 1),
        ([127, 127, 127], 1),
        ([127, 20, 127], 2),
        ([127, 20, 22], 2),
        ([40, 20, 20], 1),
        ([127, 127, 30], 3),
        ([127, 127, 127], 1),
    ] {
        for (client, level) in people.iter().zip(levels) {
            world.clients[*client].track(Source::Microphone).level = level;
        }
        world.run(secs(2));
        assert_eq!(heard(&world, people[3], secs(1)), [voice], "{levels:?}");
    }
    let voice = world.clients[people[3]].slot(SlotKind::Audio(0));
    voice.assert_continuous();
}

#[test]
fn a_right_that_is_taken_ends_the_screen_at_once() {
    let mut world = World::default();
    let people = world.lesson(&[Join::teacher(1), Join::student(2)]);
    world.stage(ROOM, Some(2));
    world.watch(people[0], &[Some(2)]);
    world.publish(people[1], &[Source::Screen, Source::Camera]);
    world.run(secs(1));
    let screen = |world: &World| world.clients[people[0]].slot(SlotKind::Screen).seen.len();
    assert!(screen(&world) > 0);
    world.set_rights(people[1], SourceSet::NONE.with(Source::Camera));
    // What is already under way to the teacher.
    world.run(GOOD.delay);
    let before = screen(&world);
    world.run(secs(2));
    assert_eq!(screen(&world), before);
    assert!(world.dropped(0, DropReason::NotAllowed) > 80);
    assert_eq!(saw(&world, people[0], secs(1)), [2], "the camera goes on");
}

#[test]
fn a_right_that_is_given_back_brings_voice_and_picture_again() {
    let mut world = World::new(2);
    let people = world.lesson(&[Join::teacher(1), Join::student(2).on_worker(1)]);
    world.watch(people[0], &[Some(2)]);
    world.publish(people[1], &[Source::Microphone, Source::Camera]);
    world.run(secs(2));
    world.set_rights(people[1], SourceSet::NONE);
    world.run(secs(1));
    let silent = world.now();
    let got = |world: &World, since| {
        let slots = [SlotKind::Audio(0), SlotKind::Video(0)];
        slots.map(|slot| {
            world.clients[people[0]]
                .slot(slot)
                .sources_since(since)
                .len()
        })
    };
    world.run(secs(30));
    assert_eq!(got(&world, silent), [0, 0], "nothing passes");
    let begun = world.now();
    world.set_rights(people[1], EVERYTHING);
    world.run(ms(500));
    let asked = &world.clients[people[1]]
        .track(Source::Camera)
        .asked_for_key_frame;
    let prompt = asked.iter().any(|at| *at >= begun && *at < begun + ms(200));
    assert!(prompt, "a key frame is asked for at once");
    world.run(secs(1));
    assert_eq!(got(&world, begun), [1, 1]);
    let picture = world.clients[people[0]].slot(SlotKind::Video(0));
    picture.assert_decodable();
}

#[test]
fn a_storm_of_key_frame_requests_reaches_the_publisher_as_two_a_second() {
    let mut world = World::default();
    let mut joins = vec![Join::teacher(1)];
    joins.extend((2..=6).map(Join::student));
    let people = world.lesson(&joins);
    world.publish(people[0], &[Source::Camera]);
    for client in &people[1..] {
        world.watch(*client, &[Some(1)]);
    }
    world.run(secs(1));
    let begun = world.now();
    for _ in 0..100 {
        for client in &people[1..] {
            let ssrc = world.clients[*client].slot(SlotKind::Video(0)).ssrc;
            world.clients[*client].send_pli(ssrc);
            world.send_of(*client);
        }
        world.run(ms(50));
    }
    let asked = &world.clients[people[0]]
        .track(Source::Camera)
        .asked_for_key_frame;
    let during = asked.iter().filter(|at| **at >= begun).count();
    assert!((9..=10).contains(&during), "{during} in 5 s");
    world.clients[people[1]]
        .slot(SlotKind::Video(0))
        .assert_continuous();
}
