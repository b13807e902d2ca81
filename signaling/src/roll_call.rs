//! The roll of one lesson: who was here, when, and for how long.
//!
//! The room tells what it observes of a seat (`here`, `away`, `left`, `cut`); the roll answers with
//! the event worth writing down, or nothing when it knew already. Reading the written events back
//! goes through the same `apply`, so the roll after a restart is the roll before it.
//!
//! Invariant: minutes count only between two signs of life. A gap of ours (`Cut`) is neither
//! present time nor one of the person's absences.

use homeroom_protocol::{ParticipantId, Role, RollEntry, RollStatus};
use homeroom_store::{RollKind, SavedLesson, SeatRole};
use std::collections::BTreeMap;

/// The roll.
#[derive(Debug, Default)]
pub struct RollCall {
    lines: BTreeMap<ParticipantId, Line>,
}

#[derive(Debug)]
struct Line {
    name: String,
    role: Role,
    joined_ms: u64,
    standing: Standing,
    /// Minutes of closed stretches; the open one is in `standing`.
    present_ms: u64,
    times_away: u32,
    rejoins: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Has a seat, and no event yet.
    Expected,
    Here {
        since_ms: u64,
    },
    Away {
        since_ms: u64,
        by_our_fault: bool,
    },
    Left {
        last_seen_ms: u64,
    },
}

impl RollCall {
    /// The roll as written; whoever was here when the writing stopped still is.
    #[must_use]
    pub fn replay(saved: &SavedLesson) -> Self {
        let mut roll = Self::default();
        for seat in &saved.seats {
            let id = ParticipantId(seat.participant);
            roll.add_seat(id, &seat.name, role(seat.role), seat.joined_ms);
        }
        for event in &saved.events {
            roll.apply(ParticipantId(event.participant), event.at_ms, event.kind);
        }
        roll
    }

    /// A seat was taken for the first time.
    pub fn add_seat(&mut self, id: ParticipantId, name: &str, role: Role, joined_ms: u64) {
        let line = Line {
            name: name.to_owned(),
            role,
            joined_ms,
            standing: Standing::Expected,
            present_ms: 0,
            times_away: 0,
            rejoins: 0,
        };
        self.lines.insert(id, line);
    }

    /// The person is here.
    pub fn here(&mut self, id: ParticipantId, now_ms: u64) -> Option<(u64, RollKind)> {
        let kind = match self.lines.get(&id)?.standing {
            Standing::Expected => RollKind::Joined,
            Standing::Here { .. } => return None,
            Standing::Away { .. } => RollKind::Back,
            Standing::Left { .. } => RollKind::Rejoined,
        };
        Some((self.apply(id, now_ms, kind)?, kind))
    }

    /// The device is silent; the last sign of life was at `seen_ms`.
    pub fn away(&mut self, id: ParticipantId, seen_ms: u64) -> Option<(u64, RollKind)> {
        self.is_here(id)
            .then(|| Some((self.apply(id, seen_ms, RollKind::Away)?, RollKind::Away)))?
    }

    /// The person said goodbye, or the lesson ended.
    pub fn left(&mut self, id: ParticipantId, now_ms: u64) -> Option<(u64, RollKind)> {
        match self.status(id)? {
            RollStatus::Left => None,
            RollStatus::Here | RollStatus::Away => {
                Some((self.apply(id, now_ms, RollKind::Left)?, RollKind::Left))
            }
        }
    }

    /// The server stops, or stopped, at `at_ms` while the person was here.
    pub fn cut(&mut self, id: ParticipantId, at_ms: u64) -> Option<(u64, RollKind)> {
        self.is_here(id)
            .then(|| Some((self.apply(id, at_ms, RollKind::Cut)?, RollKind::Cut)))?
    }

    /// Where a seat stands; `None` for one that is not on the roll.
    #[must_use]
    pub fn status(&self, id: ParticipantId) -> Option<RollStatus> {
        self.lines.get(&id).map(|line| line.standing.status())
    }

    /// Whether the person is here.
    #[must_use]
    pub fn is_here(&self, id: ParticipantId) -> bool {
        self.status(id) == Some(RollStatus::Here)
    }

    /// Whether anybody is here.
    #[must_use]
    pub fn anybody_here(&self) -> bool {
        let mut lines = self.lines.values();
        lines.any(|line| line.standing.status() == RollStatus::Here)
    }

    /// People in the lesson: here or away.
    #[must_use]
    pub fn total(&self) -> u32 {
        let inside = |line: &&Line| line.standing.status() != RollStatus::Left;
        u32::try_from(self.lines.values().filter(inside).count()).unwrap_or(u32::MAX)
    }

    /// One line of the roll as of `now_ms`.
    #[must_use]
    pub fn entry(&self, id: ParticipantId, now_ms: u64) -> Option<RollEntry> {
        Some(self.lines.get(&id)?.entry(id, now_ms))
    }

    /// The whole roll as of `now_ms`, in order of joining.
    #[must_use]
    pub fn entries(&self, now_ms: u64) -> Vec<RollEntry> {
        let lines = self.lines.iter();
        lines.map(|(id, line)| line.entry(*id, now_ms)).collect()
    }

    /// The one place where an event changes a line. Answers the time it counts from: never before
    /// the stretch that it ends.
    fn apply(&mut self, id: ParticipantId, at_ms: u64, kind: RollKind) -> Option<u64> {
        let line = self.lines.get_mut(&id)?;
        let at_ms = at_ms.max(line.standing.since_ms());
        match kind {
            RollKind::Joined | RollKind::Back | RollKind::Rejoined => line.come(at_ms),
            RollKind::Away => {
                line.times_away += 1;
                line.go(at_ms, false);
            }
            RollKind::Cut => line.go(at_ms, true),
            RollKind::Left => line.leave(at_ms),
        }
        Some(at_ms)
    }
}

impl Line {
    fn come(&mut self, at_ms: u64) {
        let counts = match self.standing {
            Standing::Away { by_our_fault, .. } => !by_our_fault,
            Standing::Left { .. } => true,
            Standing::Expected | Standing::Here { .. } => false,
        };
        self.rejoins += u32::from(counts);
        if !matches!(self.standing, Standing::Here { .. }) {
            self.standing = Standing::Here { since_ms: at_ms };
        }
    }

    fn go(&mut self, at_ms: u64, by_our_fault: bool) {
        self.close_stretch(at_ms);
        self.standing = Standing::Away {
            since_ms: at_ms,
            by_our_fault,
        };
    }

    fn leave(&mut self, at_ms: u64) {
        self.close_stretch(at_ms);
        let last_seen_ms = match self.standing {
            Standing::Away { since_ms, .. } => since_ms,
            Standing::Left { last_seen_ms } => last_seen_ms,
            Standing::Expected | Standing::Here { .. } => at_ms,
        };
        self.standing = Standing::Left { last_seen_ms };
    }

    fn close_stretch(&mut self, at_ms: u64) {
        if let Standing::Here { since_ms } = self.standing {
            self.present_ms += at_ms.saturating_sub(since_ms);
        }
    }

    fn entry(&self, participant: ParticipantId, now_ms: u64) -> RollEntry {
        let (open_ms, last_seen_ms) = match self.standing {
            Standing::Here { since_ms } => (now_ms.saturating_sub(since_ms), None),
            Standing::Expected => (0, Some(self.joined_ms)),
            Standing::Away { since_ms, .. } => (0, Some(since_ms)),
            Standing::Left { last_seen_ms } => (0, Some(last_seen_ms)),
        };
        RollEntry {
            participant,
            name: self.name.clone(),
            role: self.role,
            status: self.standing.status(),
            joined_ms: self.joined_ms,
            last_seen_ms,
            present_ms: self.present_ms + open_ms,
            times_away: self.times_away,
            rejoins: self.rejoins,
        }
    }
}

impl Standing {
    const fn status(self) -> RollStatus {
        match self {
            Self::Here { .. } => RollStatus::Here,
            Self::Expected | Self::Away { .. } => RollStatus::Away,
            Self::Left { .. } => RollStatus::Left,
        }
    }

    const fn since_ms(self) -> u64 {
        match self {
            Self::Expected => 0,
            Self::Here { since_ms } | Self::Away { since_ms, .. } => since_ms,
            Self::Left { last_seen_ms } => last_seen_ms,
        }
    }
}

/// The store's word for a role in the protocol's.
pub(crate) const fn role(stored: SeatRole) -> Role {
    match stored {
        SeatRole::Teacher => Role::Teacher,
        SeatRole::Student => Role::Student,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        roll.add_seat(AIDA, "Aida", Role::Student, 0);
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
        roll.add_seat(AIDA, "Aida", Role::Student, 5);
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
            roll.add_seat(ParticipantId(number), "x", Role::Student, 0);
            roll.here(ParticipantId(number), 1);
        }
        roll.left(ParticipantId(1), 2);
        roll.away(ParticipantId(2), 2);
        assert_eq!(roll.total(), 2);
        assert!(roll.anybody_here());
        roll.cut(ParticipantId(3), 3);
        assert!(!roll.anybody_here());
    }
}
