//! The live list: here, away, left.

use super::*;
use homeroom_protocol::Attendance;

const AIDA: ParticipantId = ParticipantId(1);
const SECOND: u64 = 1_000;

/// One observation of Aida at a second of the lesson.
enum Seen {
    Here(u64),
    Away(u64),
    Left(u64),
    Cut(u64),
}
use Seen::{Away, Cut, Here, Left};

/// What the roll says at second 100: (status, present seconds, away, rejoins, last seen).
fn after(script: &[Seen]) -> (RollStatus, u64, u32, u32, Option<u64>) {
    let mut roll = RollCall::default();
    roll.add_seat(AIDA, "Aida", Role::Student, None, 0);
    for seen in script {
        match *seen {
            Here(at) => roll.here(AIDA, at * SECOND),
            Away(at) => roll.away(AIDA, at * SECOND),
            Left(at) => roll.left(AIDA, at * SECOND),
            Cut(at) => roll.cut(AIDA, at * SECOND),
        };
    }
    let entry = roll.entry(AIDA, 100 * SECOND).expect("has a seat");
    let last_seen = entry.last_seen_ms.map(|ms| ms / SECOND);
    let present = entry.present_ms / SECOND;
    (
        entry.status,
        present,
        entry.times_away,
        entry.rejoins,
        last_seen,
    )
}

#[test]
fn scripts_of_one_pupil() {
    use RollStatus as S;
    let table: &[(&[Seen], _)] = &[
        (&[Here(0)], (S::Here, 100, 0, 0, None)),
        (&[Here(0), Away(30)], (S::Away, 30, 1, 0, Some(30))),
        (&[Here(0), Away(30), Here(40)], (S::Here, 90, 1, 1, None)),
        (&[Here(0), Left(50)], (S::Left, 50, 0, 0, Some(50))),
        (&[Here(0), Left(50), Here(60)], (S::Here, 90, 0, 1, None)),
        // Never came back before the end: last seen when the device went silent.
        (
            &[Here(0), Away(30), Left(80)],
            (S::Left, 30, 1, 0, Some(30)),
        ),
        // Our crash: no absence, no rejoin, no minutes.
        (&[Here(0), Cut(20), Here(50)], (S::Here, 70, 0, 0, None)),
        (&[Here(0), Cut(20)], (S::Away, 20, 0, 0, Some(20))),
        // Observing the same again changes nothing.
        (
            &[Here(0), Here(10), Away(30), Away(35), Here(40), Here(50)],
            (S::Here, 90, 1, 1, None),
        ),
        // A sign of life from before the stretch began ends it where it began.
        (&[Here(50), Away(45)], (S::Away, 0, 1, 0, Some(50))),
    ];
    for (number, (script, expected)) in table.iter().enumerate() {
        assert_eq!(after(script), *expected, "script {number}");
    }
}

#[test]
fn each_change_is_told_once_and_by_its_name() {
    let mut roll = RollCall::default();
    roll.add_seat(AIDA, "Aida", Role::Student, None, 5);
    assert_eq!(roll.away(AIDA, 6), None);
    assert_eq!(roll.here(AIDA, 7), Some((7, RollKind::Joined)));
    assert_eq!(roll.here(AIDA, 8), None);
    assert_eq!(roll.away(AIDA, 9), Some((9, RollKind::Away)));
    assert_eq!(roll.cut(AIDA, 9), None);
    assert_eq!(roll.here(AIDA, 10), Some((10, RollKind::Back)));
    assert_eq!(roll.left(AIDA, 11), Some((11, RollKind::Left)));
    assert_eq!(roll.left(AIDA, 12), None);
    assert_eq!(roll.here(AIDA, 13), Some((13, RollKind::Rejoined)));
    assert_eq!(roll.here(ParticipantId(9), 13), None);
}

#[test]
fn total_counts_who_has_not_left() {
    let mut roll = RollCall::default();
    for number in 1..=3 {
        roll.add_seat(ParticipantId(number), "x", Role::Student, None, 0);
        roll.here(ParticipantId(number), 1);
    }
    roll.left(ParticipantId(1), 2);
    roll.away(ParticipantId(2), 2);
    assert_eq!(roll.total(), 2);
    assert!(roll.anybody_here());
    roll.cut(ParticipantId(3), 3);
    assert!(!roll.anybody_here());
}

#[test]
fn while_the_lesson_runs_nobody_is_blamed_for_coming_in_time() {
    const TEACHER: ParticipantId = ParticipantId(7);
    let mut roll = RollCall::default();
    roll.add_seat(TEACHER, "Ms Omarova", Role::Teacher, None, 0);
    roll.add_seat(AIDA, "Aida", Role::Student, None, 0);
    roll.here(TEACHER, 0);
    roll.here(AIDA, 20 * SECOND);
    roll.write(TEACHER, 0, RollKind::Started, None);
    roll.hearing(AIDA, 21 * SECOND, Ok(()));
    let status = |roll: &RollCall| {
        let key = roll.key_of(AIDA).expect("is a pupil");
        let line = roll.roll_line(key, 30 * SECOND);
        line.expect("has a line").status
    };
    assert_eq!(status(&roll), Attendance::Present);
    // Nine of thirty seconds are not four fifths of them.
    roll.end(30 * SECOND);
    assert_eq!(status(&roll), Attendance::Partial);
}
