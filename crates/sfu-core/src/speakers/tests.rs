//! Levels in, who is heard out.

use super::*;
use slotmap::SlotMap;

const PACKET: Duration = Duration::from_millis(20);

/// A room where everybody sends 50 packets a second.
struct Room {
    now: Instant,
    speakers: Speakers,
    people: Vec<SourceKey>,
    teachers: usize,
    changes: usize,
}

impl Room {
    /// The first `teachers` of `people` are teachers.
    fn new(people: usize, teachers: usize) -> Self {
        let mut keys = SlotMap::<SourceKey, ()>::with_key();
        Self {
            now: Instant::now(),
            speakers: Speakers::default(),
            people: (0..people).map(|_| keys.insert(())).collect(),
            teachers,
            changes: 0,
        }
    }

    /// Everybody at a level (−dBov), or not at all, for a second.
    fn second(&mut self, levels: &[Option<u8>]) -> Vec<usize> {
        self.time(Duration::from_secs(1), |_| levels.to_vec())
    }

    fn time(&mut self, time: Duration, levels: impl Fn(u32) -> Vec<Option<u8>>) -> Vec<usize> {
        let end = self.now + time;
        let mut packet = 0;
        while self.now < end {
            for (person, level) in levels(packet).into_iter().enumerate() {
                if level.is_some() {
                    let (source, always) = (self.people[person], person < self.teachers);
                    self.speakers.observe(self.now, source, always, level);
                }
            }
            if packet % 3 == 0 {
                self.changes += usize::from(self.speakers.choose(self.now));
            }
            self.now += PACKET;
            packet += 1;
        }
        self.changes += usize::from(self.speakers.choose(self.now));
        self.places(self.speakers.chosen())
    }

    fn places(&self, sources: &[SourceKey]) -> Vec<usize> {
        let place = |source| self.people.iter().position(|person| person == source);
        sources.iter().filter_map(place).collect()
    }
}

#[test]
fn the_loudest_three_are_heard_loudest_first() {
    for (levels, heard) in [
        (&[60, 50, 40, 30, 20][..], &[4, 3, 2][..]),
        (&[20, 60, 30, 50, 40], &[0, 2, 4]),
        (&[127, 127], &[0, 1]),
        (&[10], &[0]),
    ] {
        let mut room = Room::new(levels.len(), 0);
        let levels: Vec<_> = levels.iter().copied().map(Some).collect();
        assert_eq!(room.second(&levels), heard, "{levels:?}");
    }
}

#[test]
fn teachers_are_heard_first_whatever_their_level() {
    let mut room = Room::new(6, 1);
    let heard = room.second(&[Some(127), Some(10), Some(20), Some(30), Some(40), Some(50)]);
    assert_eq!(heard, [0, 1, 2, 3], "and three students beside");
    let mut room = Room::new(MAX_ALWAYS_HEARD + 2, MAX_ALWAYS_HEARD + 1);
    let levels: Vec<_> = (0..MAX_ALWAYS_HEARD as u8 + 2)
        .map(|n| Some(90 - 10 * n))
        .collect();
    let heard = room.second(&levels);
    let louder: Vec<_> = (1..=MAX_ALWAYS_HEARD).rev().collect();
    assert_eq!(
        heard[..MAX_ALWAYS_HEARD],
        louder,
        "the louder teachers when there are more"
    );
    assert_eq!(heard[MAX_ALWAYS_HEARD..], [MAX_ALWAYS_HEARD + 1]);
}

#[test]
fn a_place_is_taken_only_by_who_is_clearly_louder() {
    let mut room = Room::new(4, 0);
    let before = [Some(30), Some(30), Some(30), Some(60)];
    assert_eq!(room.second(&before), [0, 1, 2], "ties keep an order");
    let slightly = [Some(30), Some(30), Some(30), Some(27)];
    assert_eq!(room.second(&slightly), [0, 1, 2]);
    let clearly = [Some(30), Some(30), Some(30), Some(20)];
    let heard = room.second(&clearly);
    assert!(heard.contains(&3), "{heard:?}");
    assert_eq!(heard.len(), LOUDEST);
}

#[test]
fn two_who_talk_alike_do_not_flicker() {
    let mut room = Room::new(4, 0);
    room.second(&[Some(20), Some(20), Some(30), Some(30)]);
    room.changes = 0;
    // Syllables: each is 3 dB louder than the other, ten times a second.
    room.time(Duration::from_secs(20), |packet| {
        let (a, b) = if packet / 5 % 2 == 0 {
            (30, 33)
        } else {
            (33, 30)
        };
        vec![Some(20), Some(20), Some(a), Some(b)]
    });
    assert_eq!(room.changes, 0);
}

#[test]
fn who_grows_louder_among_the_heard_moves_up() {
    let mut room = Room::new(4, 1);
    assert_eq!(
        room.second(&[Some(60), Some(20), Some(30), Some(40)]),
        [0, 1, 2, 3]
    );
    let heard = room.time(Duration::from_secs(2), |_| {
        vec![Some(60), Some(20), Some(50), Some(10)]
    });
    assert_eq!(
        heard,
        [0, 3, 1, 2],
        "a receiver of three slots hears them now"
    );
}

#[test]
fn who_stops_sending_is_not_heard() {
    let mut room = Room::new(2, 1);
    room.second(&[Some(30), Some(30)]);
    assert_eq!(room.second(&[None, Some(30)]), [1]);
    assert_eq!(room.second(&[None, None]), [0; 0]);
    assert!(room.speakers.is_idle());
}

#[test]
fn who_is_removed_is_forgotten_at_once() {
    let mut room = Room::new(4, 0);
    room.second(&[Some(10), Some(20), Some(30), Some(40)]);
    room.speakers.remove(room.people[0]);
    assert_eq!(room.places(room.speakers.chosen()), [1, 2]);
    assert!(
        room.speakers.choose(room.now),
        "the next one takes the place"
    );
    assert_eq!(room.places(room.speakers.chosen()), [1, 2, 3]);
}

#[test]
fn only_who_is_loud_enough_speaks() {
    let mut room = Room::new(4, 1);
    room.second(&[Some(20), Some(127), Some(60), Some(10)]);
    assert_eq!(
        room.places(&room.speakers.speaking()),
        [3, 0],
        "loudest first"
    );
}

#[test]
fn a_voice_without_levels_is_heard_but_below_speech() {
    let mut room = Room::new(4, 0);
    let silent = Some(126);
    room.second(&[silent, silent, silent]);
    let (now, person) = (room.now, room.people[3]);
    let is_new = room.speakers.observe(now, person, false, None);
    assert!(is_new && room.speakers.choose(now));
    let heard = room.places(room.speakers.chosen());
    assert_eq!(heard.first(), Some(&3), "louder than silence: {heard:?}");
}
