//! What a student sees and hears on a bad line: the shapes of the promises, in virtual time.
//!
//! A plan is a line that changes and what must hold of what came over it. Real browsers on the same
//! shapes are `make quality`.

use super::harness::*;
use crate::event::Event;
use crate::model::{ParticipantId, SlotKind, Source};
use homeroom_netsim::LinkConfig;
use std::time::Instant;

/// A line of the student's, towards them; theirs towards us has its loss and delay only.
fn line(rate_kbps: Option<u64>, loss: f64, delay_ms: u64) -> LinkConfig {
    LinkConfig {
        loss,
        delay: ms(delay_ms),
        rate_bps: rate_kbps.map(|kbps| 1_000 * kbps),
        queue_time: rate_kbps.map(|_| ms(250)),
        ..GOOD
    }
}

/// For how long the line is how, and what must hold meanwhile. Shares are in percent.
struct Stretch {
    seconds: u64,
    line: LinkConfig,
    /// Of the frames of the whole stretch: the layers that most of them are of.
    layers: &'static [u8],
    /// Longest time without a new frame, in milliseconds.
    freeze_ms: u64,
    /// Voice packets that never came.
    voice_lost: f64,
}

struct Lesson {
    world: World,
    teacher: usize,
    student: usize,
}

impl Lesson {
    /// A teacher with camera and voice, and a student who shows them on the whole screen.
    fn new(first: LinkConfig) -> Self {
        let mut world = World::default();
        let people = world.lesson(&[Join::teacher(1).with_layers(), Join::student(2).reporting()]);
        let (teacher, student) = (people[0], people[1]);
        world.publish(teacher, &[Source::Microphone, Source::Camera]);
        world.watch_at(student, &[(1, 720)]);
        let mut lesson = Self {
            world,
            teacher,
            student,
        };
        lesson.set(first);
        lesson.world.run(secs(4));
        lesson
    }

    fn set(&mut self, line: LinkConfig) {
        let who = &self.world.clients[self.student].who;
        let (server, at) = (who.server, who.at);
        let back = LinkConfig {
            rate_bps: None,
            ..line
        };
        self.world.network.set_link(server, at, line);
        self.world.network.set_link(at, server, back);
    }

    fn picture(&self) -> &Slot {
        self.world.clients[self.student].slot(SlotKind::Video(0))
    }

    /// The share of voice packets between two moments that never came, in percent. What was lost is
    /// waited for as long as a jitter buffer would.
    fn voice_lost(&self, from: Instant, until: Instant) -> f64 {
        let slots = &self.world.clients[self.student].slots;
        let voices = slots
            .iter()
            .filter(|s| matches!(s.kind, SlotKind::Audio(_)));
        let within = |seen: &&Seen| (from..until).contains(&seen.at);
        let came: usize = voices
            .map(|slot| slot.seen.values().filter(within).count())
            .sum();
        let sent = (until - from).as_millis() as f64 / 20.0;
        (100.0 * (1.0 - came as f64 / sent)).max(0.0)
    }

    #[track_caller]
    fn check(&mut self, number: usize, stretch: &Stretch) {
        self.set(stretch.line);
        let begun = self.world.now();
        self.world.run(secs(stretch.seconds));
        let end = self.world.now();
        // The change itself is judged by the freeze; what is shown, by the second half.
        let half = begun + secs(stretch.seconds) / 2;
        let picture = self.picture();
        let frames = picture.frames().into_iter().filter(|frame| frame.at > half);
        let mut counts = [0; 3];
        for frame in frames {
            counts[usize::from(frame.label.layer)] += 1;
        }
        let most = (0..3)
            .max_by_key(|layer| counts[usize::from(*layer)])
            .filter(|l| counts[usize::from(*l)] > 0);
        let freeze = picture.longest_freeze(half, end);
        let lost = self.voice_lost(begun, end);
        let said = format!(
            "stretch {number}: {counts:?} of each layer, freeze {freeze:?}, {lost:.2} % of voice lost"
        );
        println!("{said}");
        assert!(
            most.map_or(stretch.layers.is_empty(), |l| stretch.layers.contains(&l)),
            "{said}"
        );
        if !stretch.layers.is_empty() {
            assert!(freeze <= ms(stretch.freeze_ms), "{said}");
        }
        assert!(lost <= stretch.voice_lost, "{said}");
    }
}

#[track_caller]
fn plan(stretches: &[Stretch]) -> Lesson {
    let mut lesson = Lesson::new(stretches[0].line);
    for (number, stretch) in stretches.iter().enumerate() {
        lesson.check(number, stretch);
    }
    lesson
}

const fn stretch(
    seconds: u64,
    line: LinkConfig,
    layers: &'static [u8],
    freeze_ms: u64,
    voice_lost: f64,
) -> Stretch {
    Stretch {
        seconds,
        line,
        layers,
        freeze_ms,
        voice_lost,
    }
}

#[test]
fn a_drop_costs_the_large_picture_and_no_word_and_is_over_when_the_line_is_back() {
    let (good, poor) = (line(Some(2_000), 0.0, 25), line(Some(250), 0.0, 25));
    let mut lesson = plan(&[
        stretch(10, good, &[2], 150, 0.5),
        stretch(30, poor, &[0], 1_500, 8.0),
    ]);
    lesson.set(good);
    let back_at = lesson.world.now();
    lesson.world.run(secs(30));
    let picture = lesson.picture();
    let first = picture.first_of_layer(2, back_at).expect("it comes back");
    println!("back after {:?}", first - back_at);
    assert!(first - back_at <= secs(5), "{:?}", first - back_at);
    let later = picture
        .frames()
        .into_iter()
        .filter(|frame| frame.at > back_at + secs(10));
    let (mut of, mut all) = (0, 0);
    for frame in later {
        of += u32::from(frame.label.layer == 2);
        all += 1;
    }
    assert!(of * 10 >= all * 9, "and stays: {of} of {all}");
    let changes = picture.layer_switches();
    assert!(changes <= 8, "{changes} changes of layer");
}

#[test]
fn what_a_line_loses_is_repaired() {
    for (loss, voice_lost, freeze_ms) in [
        (0.05, 0.2, 150),
        (0.1, 0.5, 250),
        (0.2, 1.5, 400),
        (0.3, 4.0, 1_500),
    ] {
        let lossy = line(None, loss, 25);
        println!("{loss}");
        plan(&[stretch(20, lossy, &[0, 1, 2], freeze_ms, voice_lost)]);
    }
}

#[test]
fn a_line_for_a_voice_carries_the_voice() {
    let lesson = plan(&[stretch(40, line(Some(64), 0.0, 50), &[], 0, 3.0)]);
    let told = lesson
        .world
        .events
        .iter()
        .rev()
        .find_map(|(_, event)| match event {
            Event::Withheld {
                participant,
                cameras,
                screen,
                ..
            } => Some((*participant, cameras.clone(), *screen)),
            _ => None,
        });
    let teacher = ParticipantId(1);
    assert_eq!(
        told,
        Some((ParticipantId(2), vec![teacher], false)),
        "and says so"
    );
}

/// Slides of 13 kB, and of 60 kB whole, one in ten seconds, over a line for a voice and hardly more.
#[test]
fn a_line_for_a_voice_carries_slides_too() {
    let mut world = World::default();
    let narrow = line(Some(64), 0.0, 50);
    let people = world.lesson(&[
        Join::teacher(1)
            .with_layers()
            .with_slides()
            .with_low_microphone(),
        Join::student(2).reporting().over(narrow),
        Join::student(3).reporting(),
    ]);
    world.publish(people[0], &[Source::Microphone, Source::Camera]);
    for student in &people[1..] {
        world.watch_at(*student, &[(1, 720)]);
    }
    world.run(secs(8));
    world.publish(people[0], &[Source::Screen]);
    world.stage(ROOM, Some(1));
    world.run(secs(10));
    let (mut slowest, from) = (ms(0), world.now());
    let asked_before = asked_for_slides(&mut world, people[0]);
    for _ in 0..6 {
        let screen = world.clients[people[0]].layers(Source::Screen);
        screen.for_each(Track::turn_slide);
        let turned_at = world.now();
        world.run(ms(1_500));
        // Browsers that wait for the rest of a picture ask for another.
        let ssrc = world.clients[people[1]].slot(SlotKind::Screen).ssrc;
        world.clients[people[1]].send_pli(ssrc);
        world.send_of(people[1]);
        world.run(ms(8_500));
        let slide = |client: usize, parts: u8| {
            let frames = world.clients[client].slot(SlotKind::Screen).frames();
            let mut slides = frames.into_iter().filter(|f| f.label.parts == parts);
            let first = slides.find(|f| f.at > turned_at);
            first.expect("it comes").at - turned_at
        };
        slowest = slowest.max(slide(people[1], 40));
        let whole = slide(people[2], 170);
        assert!(whole < ms(300), "{whole:?} on a good line");
    }
    assert!(slowest < secs(6), "{slowest:?}");
    let voice = world.clients[people[1]].slot(SlotKind::Audio(0));
    let heard = voice.seen.iter().filter(|(_, seen)| seen.at >= from);
    let heard: Vec<_> = heard.map(|(index, seen)| (*index, seen.at)).collect();
    let gap = heard.windows(2).map(|pair| pair[1].1 - pair[0].1).max();
    println!("slowest: {slowest:?}, without a voice: {gap:?}");
    assert!(slowest < secs(6), "{slowest:?}");
    assert!(gap.expect("a voice") < ms(300), "{gap:?}");
    let is_next = |pair: &[(u64, _)]| pair[1].0 == pair[0].0 + 1;
    assert!(heard.windows(2).all(is_next), "every word comes");
    // An encoder that has spent too much on a slide pauses.
    world.clients[people[0]].track(Source::Screen).interval = secs(5);
    world.run(secs(12));
    let asked = asked_for_slides(&mut world, people[0]) - asked_before;
    assert_eq!(asked, 0, "nobody asks for what is on its way");
    for student in &people[1..] {
        let screen = world.clients[*student].slot(SlotKind::Screen);
        screen.assert_decodable();
        assert_eq!(screen.holes(), 0);
        let late = screen.longest_freeze(from, world.now());
        assert!(late < secs(7), "{late:?}");
    }
}

/// It is shown a picture now and then rather than all of them ever later.
#[test]
fn a_screen_that_moves_more_than_a_line_carries_is_no_later_than_it_may_be() {
    let mut world = World::default();
    let narrow = line(Some(64), 0.0, 50);
    let people = world.lesson(&[
        Join::teacher(1).with_slides().with_low_microphone(),
        Join::student(2).reporting().over(narrow),
    ]);
    world.publish(people[0], &[Source::Microphone]);
    world.run(secs(8));
    world.publish(people[0], &[Source::Screen]);
    world.stage(ROOM, Some(1));
    for track in world.clients[people[0]].layers(Source::Screen) {
        track.interval = ms(40);
    }
    world.run(secs(20));
    let from = world.now();
    world.run(secs(60));
    let screen = world.clients[people[1]].slot(SlotKind::Screen);
    let since_begin = (from - screen.frames()[0].at).as_millis() as u32;
    let first_ms = screen.frames()[0].label.captured_ms + since_begin;
    let came = screen.seen.iter().filter(|(_, seen)| seen.at > from);
    let came: Vec<u64> = came.map(|(index, _)| *index).collect();
    let is_next = |pair: &[u64]| pair[1] == pair[0] + 1;
    assert!(
        came.windows(2).all(is_next),
        "what is given up leaves no gap"
    );
    let late = screen.frames().into_iter().filter(|frame| frame.at > from);
    let late = late.map(|frame| {
        let now_ms = first_ms + (frame.at - from).as_millis() as u32;
        now_ms.saturating_sub(frame.label.captured_ms)
    });
    let latest = late.max().expect("pictures come");
    println!("latest: {latest} ms");
    assert!(latest < 14_000, "{latest} ms");
    let gap = screen.longest_freeze(from, world.now());
    assert!(gap < secs(15), "{gap:?}");
    let voice = world.clients[people[1]].slot(SlotKind::Audio(0));
    let heard = voice.seen.values().filter(|seen| seen.at >= from);
    assert!(heard.count() > 980, "the voice goes on");
}

fn asked_for_slides(world: &mut World, teacher: usize) -> usize {
    let screen = world.clients[teacher].layers(Source::Screen);
    screen.map(|track| track.asked_for_key_frame.len()).sum()
}

#[test]
fn one_bad_line_lowers_nobody_else() {
    let mut world = World::default();
    let people = world.lesson(&[
        Join::teacher(1).with_layers(),
        Join::student(2).reporting(),
        Join::student(3).reporting().over(line(Some(300), 0.05, 40)),
    ]);
    world.publish(people[0], &[Source::Microphone, Source::Camera]);
    for student in &people[1..] {
        world.watch_at(*student, &[(1, 720)]);
    }
    world.run(secs(5));
    let from = world.now();
    world.run(secs(20));
    let good = world.clients[people[1]].slot(SlotKind::Video(0));
    let layers: Vec<u8> = good
        .frames()
        .iter()
        .filter(|f| f.at > from)
        .map(|f| f.label.layer)
        .collect();
    assert!(layers.iter().all(|layer| *layer == 2), "{layers:?}");
    assert!(layers.len() > 580, "{}", layers.len());
    let freeze = good.longest_freeze(from, world.now());
    assert!(freeze < ms(100), "{freeze:?}");
}

#[test]
fn a_line_that_keeps_changing_is_followed_and_not_chased() {
    let mut lesson = Lesson::new(line(Some(2_000), 0.0, 25));
    for _ in 0..6 {
        for kbps in [2_000, 700] {
            lesson.set(line(Some(kbps), 0.0, 25));
            lesson.world.run(secs(5));
        }
    }
    let picture = lesson.picture();
    let changes = picture.layer_switches();
    println!("{changes} changes in a minute");
    assert!(changes <= 26, "{changes}");
    let freeze = picture.longest_freeze(lesson.world.now() - secs(60), lesson.world.now());
    assert!(freeze < ms(2_000), "{freeze:?}");
    let keys = lesson.world.clients[lesson.teacher].layers(Source::Camera);
    let keys: Vec<usize> = keys.map(|track| track.key_frames.len()).collect();
    assert!(keys.iter().sum::<usize>() <= 60, "{keys:?}");
}

#[test]
fn a_seminar_of_thirty_shares_each_line_by_rank() {
    let mut world = World::default();
    let mut joins = vec![Join::teacher(1).with_layers().reporting()];
    joins.extend((2..=30).map(|id| {
        let join = Join::student(id).with_layers().reporting();
        match id {
            2 => join.over(line(Some(400), 0.0, 25)),
            _ => join,
        }
    }));
    for join in &mut joins {
        join.video_slots = 9;
    }
    let people = world.lesson(&joins);
    for person in &people {
        world.publish(*person, &[Source::Camera]);
    }
    world.publish(people[0], &[Source::Microphone]);
    let shown = |own: u32| -> Vec<(u32, u16)> {
        let others = (1..=30).filter(|id| *id != own);
        others.take(9).map(|id| (id, 360)).collect()
    };
    for (id, person) in (1..).zip(&people) {
        world.watch_at(*person, &shown(id));
    }
    world.run(secs(8));
    let from = world.now();
    world.run(secs(10));
    let frames = |client: usize, slot: u8| {
        let slot = world.clients[client].slot(SlotKind::Video(slot));
        let frames = slot.frames().into_iter().filter(|frame| frame.at > from);
        frames.map(|frame| frame.label.layer).collect::<Vec<u8>>()
    };
    // The third student's line carries all of it.
    for slot in 0..9 {
        let layers = frames(people[2], slot);
        assert!(
            layers.len() > 280 && layers.iter().all(|l| *l == 1),
            "{slot}: {}",
            layers.len()
        );
    }
    // The second's, the teacher first and then some of the others.
    let narrow: Vec<usize> = (0..9).map(|slot| frames(people[1], slot).len()).collect();
    println!("frames on 400 kbit/s: {narrow:?}");
    assert!(narrow[0] > 250, "the teacher: {narrow:?}");
    assert!(
        narrow.iter().filter(|frames| **frames > 60).count() >= 2,
        "{narrow:?}"
    );
    assert!(narrow.contains(&0), "not all fit: {narrow:?}");
}
