//! The roll of one lesson: who was here, when, for how long, and what they heard of it.
//!
//! The room tells what it observes of a seat (`here`, `away`, `left`, `cut`, `hearing`, `act`); the
//! roll answers with the event worth writing down, or nothing when it knew already. Reading the
//! written events back goes through the same `apply`, so the roll after a restart is the roll before
//! it. [`course`] is the lesson itself, [`evidence`] one seat's part of it, [`judge`] what the rules
//! call that, [`decisions`] what people say of it; a line gathers all seats of a person.
//!
//! Invariant: minutes count only between two signs of life. A gap of ours (`Cut`) is neither
//! present time nor one of the person's absences.

pub mod course;
pub mod decisions;
pub mod evidence;
mod judge;
mod line_key;
mod lines;
pub mod report;
pub mod spans;

#[cfg(test)]
mod tests;

pub use line_key::LineKey;

use course::{Check, Course};
use decisions::Decisions;
use evidence::{Cause, Evidence};
use homeroom_protocol::{ParticipantId, Role, RollEntry, RollRules, RollSessionEnd, RollStatus};
use homeroom_store::{PersonId, RollDecision, RollKind, RosterLine, SavedLesson, SeatRole};
use std::collections::BTreeMap;

/// What is worth writing down of a seat: from when, what, and what that alone does not say.
pub type Noted = (u64, RollKind, Option<String>);

/// The roll.
#[derive(Debug, Default)]
pub struct RollCall {
    roster: Vec<RosterLine>,
    rules: RollRules,
    lines: BTreeMap<ParticipantId, Line>,
    /// The seats of each line that is a pupil's.
    seats_of: BTreeMap<LineKey, Vec<ParticipantId>>,
    course: Course,
    decisions: Decisions,
}

#[derive(Debug)]
struct Line {
    name: String,
    role: Role,
    person: Option<PersonId>,
    joined_ms: u64,
    standing: Standing,
    evidence: Evidence,
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
        let mut roll = Self {
            roster: saved.roster.clone(),
            rules: report::rules(saved.roll_rules.as_deref()),
            ..Self::default()
        };
        for seat in &saved.seats {
            let id = ParticipantId(seat.participant);
            let person = seat.person;
            roll.add_seat(id, &seat.name, role(seat.role), person, seat.joined_ms);
        }
        for event in &saved.events {
            let detail = event.detail.as_deref().unwrap_or_default();
            let id = ParticipantId(event.participant);
            roll.apply(id, event.at_ms, event.kind, detail);
        }
        for decision in &saved.decisions {
            roll.decisions.apply(decision);
        }
        roll.course.ended_ms = saved.lesson.ended_ms;
        roll
    }

    /// A seat was taken for the first time.
    pub fn add_seat(
        &mut self,
        id: ParticipantId,
        name: &str,
        role: Role,
        person: Option<PersonId>,
        joined_ms: u64,
    ) {
        if role == Role::Student {
            let key = LineKey::of(person, id);
            self.seats_of.entry(key).or_default().push(id);
        }
        let line = Line {
            name: name.to_owned(),
            role,
            person,
            joined_ms,
            standing: Standing::Expected,
            evidence: Evidence::default(),
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
        Some((self.apply(id, now_ms, kind, "")?, kind))
    }

    /// The device is silent; the last sign of life was at `seen_ms`.
    pub fn away(&mut self, id: ParticipantId, seen_ms: u64) -> Option<(u64, RollKind)> {
        self.is_here(id)
            .then(|| Some((self.apply(id, seen_ms, RollKind::Away, "")?, RollKind::Away)))?
    }

    /// The person said goodbye, or the lesson ended.
    pub fn left(&mut self, id: ParticipantId, now_ms: u64) -> Option<(u64, RollKind)> {
        match self.status(id)? {
            RollStatus::Left => None,
            RollStatus::Here | RollStatus::Away => {
                Some((self.apply(id, now_ms, RollKind::Left, "")?, RollKind::Left))
            }
        }
    }

    /// The server stops, or stopped, at `at_ms` while the person was here.
    pub fn cut(&mut self, id: ParticipantId, at_ms: u64) -> Option<(u64, RollKind)> {
        self.is_here(id)
            .then(|| Some((self.apply(id, at_ms, RollKind::Cut, "")?, RollKind::Cut)))?
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
        let inside = |line: &&Line| line.counts() && line.standing.status() != RollStatus::Left;
        u32::try_from(self.lines.values().filter(inside).count()).unwrap_or(u32::MAX)
    }

    /// One line of the roll as of `now_ms`.
    #[must_use]
    pub fn entry(&self, id: ParticipantId, now_ms: u64) -> Option<RollEntry> {
        let line = self.lines.get(&id).filter(|line| line.counts())?;
        Some(line.entry(id, now_ms))
    }

    /// The whole roll as of `now_ms`, in order of joining.
    #[must_use]
    pub fn entries(&self, now_ms: u64) -> Vec<RollEntry> {
        let lines = self.lines.iter().filter(|(_, line)| line.counts());
        lines.map(|(id, line)| line.entry(*id, now_ms)).collect()
    }

    /// The device plays the teacher, or does no longer for that reason.
    pub fn hearing(
        &mut self,
        id: ParticipantId,
        now_ms: u64,
        heard: Result<(), Cause>,
    ) -> Option<Noted> {
        let line = self.lines.get(&id)?;
        let known = match heard {
            Ok(()) => line.evidence.hears(),
            Err(cause) => !line.evidence.hears() && line.evidence.deaf_by() == Some(cause),
        };
        if known || !self.is_here(id) || line.evidence.is_full() {
            return None;
        }
        let (kind, detail) = match heard {
            Ok(()) => (RollKind::Hearing, None),
            Err(cause) => (RollKind::Deaf, Some(cause.as_str().to_owned())),
        };
        self.write(id, now_ms, kind, detail)
    }

    /// Whether the device plays the teacher.
    #[must_use]
    pub fn hears(&self, id: ParticipantId) -> bool {
        self.lines
            .get(&id)
            .is_some_and(|line| line.evidence.hears())
    }

    /// Somebody did something, or something was asked of all.
    pub fn write(
        &mut self,
        id: ParticipantId,
        at_ms: u64,
        kind: RollKind,
        detail: Option<String>,
    ) -> Option<Noted> {
        let at_ms = self.apply(id, at_ms, kind, detail.as_deref().unwrap_or_default())?;
        Some((at_ms, kind, detail))
    }

    /// A teacher can be heard, and may be by somebody.
    pub fn start(&mut self, teacher: ParticipantId, now_ms: u64) -> Option<Noted> {
        let is_other = |(id, line): &(&ParticipantId, &Line)| **id != teacher && line.counts();
        let mut others = self.lines.iter().filter(is_other);
        let somebody = others.any(|(_, line)| line.standing.status() == RollStatus::Here);
        if self.course.started_ms.is_some() || !somebody || !self.is_here(teacher) {
            return None;
        }
        self.write(teacher, now_ms, RollKind::Started, None)
    }

    /// The lesson is over.
    pub const fn end(&mut self, now_ms: u64) {
        self.course.ended_ms = Some(now_ms);
    }

    /// A decision, as written.
    pub fn decide(&mut self, decision: &RollDecision) {
        self.decisions.apply(decision);
    }

    /// What people have said.
    #[must_use]
    pub const fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    /// The checks so far.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.course.checks
    }

    /// What is known of a seat.
    #[must_use]
    pub fn evidence(&self, id: ParticipantId) -> Option<&Evidence> {
        self.lines.get(&id).map(|line| &line.evidence)
    }

    /// Whose line a seat is; `None` for who gives the lesson.
    #[must_use]
    pub fn key_of(&self, id: ParticipantId) -> Option<LineKey> {
        let line = self
            .lines
            .get(&id)
            .filter(|line| line.role == Role::Student)?;
        Some(LineKey::of(line.person, id))
    }

    /// The one place where an event changes a line. Answers the time it counts from: never before
    /// the stretch that it ends.
    fn apply(
        &mut self,
        id: ParticipantId,
        at_ms: u64,
        kind: RollKind,
        detail: &str,
    ) -> Option<u64> {
        let line = self.lines.get_mut(&id)?;
        let at_ms = match kind {
            // Noticed when it happened, whatever the stretch.
            RollKind::CheckAnswered => at_ms,
            _ => at_ms.max(line.standing.since_ms()),
        };
        match kind {
            RollKind::Joined | RollKind::Back | RollKind::Rejoined => {
                line.come(at_ms);
                self.course.come(at_ms);
            }
            RollKind::Away => {
                line.times_away += 1;
                line.go(at_ms, false);
            }
            RollKind::Cut => {
                line.go(at_ms, true);
                self.course.cut(at_ms);
            }
            RollKind::Left => line.leave(at_ms),
            RollKind::Hearing => line.evidence.hear(at_ms),
            RollKind::Deaf => line.evidence.stop_hearing(at_ms, Cause::parse(detail)),
            RollKind::Spoke => line.evidence.spoke_ms += detail.parse().unwrap_or(0),
            RollKind::Hand => line.evidence.hands += 1,
            RollKind::Chat => line.evidence.messages += 1,
            RollKind::Moved => line.evidence.moves.push(at_ms),
            RollKind::Several => line.evidence.several = detail == "yes",
            RollKind::CheckAnswered => {
                line.evidence.answered.extend(detail.parse::<u32>());
            }
            RollKind::Started => {
                self.course.started_ms.get_or_insert(at_ms);
            }
            RollKind::CheckSent => self.ask(at_ms, detail),
        }
        self.note_teacher(at_ms);
        Some(at_ms)
    }

    fn ask(&mut self, at_ms: u64, until: &str) {
        let is_asked =
            |line: &Line| line.role == Role::Student && line.standing.status() == RollStatus::Here;
        let asked = self.lines.iter().filter(|(_, line)| is_asked(line));
        self.course.checks.push(Check {
            sent_ms: at_ms,
            until_ms: until.parse().unwrap_or(at_ms),
            asked: asked.map(|(id, _)| *id).collect(),
        });
    }

    fn note_teacher(&mut self, at_ms: u64) {
        if self.course.together_ms.is_some() {
            return;
        }
        let here = |line: &&Line| line.counts() && line.standing.status() == RollStatus::Here;
        let (teachers, others): (Vec<_>, Vec<_>) =
            (self.lines.values().filter(here)).partition(|line| line.role.is_staff());
        if teachers.is_empty() {
            return;
        }
        self.course.teacher_ms.get_or_insert(at_ms);
        if !others.is_empty() {
            self.course.together_ms = Some(at_ms);
        }
    }
}

impl Line {
    /// An observer is in the lesson and on no roll.
    const fn counts(&self) -> bool {
        !matches!(self.role, Role::Observer)
    }

    fn come(&mut self, at_ms: u64) {
        let counts = match self.standing {
            Standing::Away { by_our_fault, .. } => !by_our_fault,
            Standing::Left { .. } => true,
            Standing::Expected | Standing::Here { .. } => false,
        };
        self.rejoins += u32::from(counts);
        if !matches!(self.standing, Standing::Here { .. }) {
            self.standing = Standing::Here { since_ms: at_ms };
            self.evidence.come(at_ms);
        }
    }

    fn go(&mut self, at_ms: u64, by_our_fault: bool) {
        self.close_stretch(at_ms);
        let end = if by_our_fault {
            RollSessionEnd::Outage
        } else {
            RollSessionEnd::Silent
        };
        self.evidence.go(at_ms, end);
        self.standing = Standing::Away {
            since_ms: at_ms,
            by_our_fault,
        };
    }

    fn leave(&mut self, at_ms: u64) {
        self.close_stretch(at_ms);
        self.evidence.go(at_ms, RollSessionEnd::Left);
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

/// The protocol's word for a role in the store's.
pub(crate) const fn stored(role: Role) -> SeatRole {
    match role {
        Role::Teacher => SeatRole::Teacher,
        Role::Assistant => SeatRole::Assistant,
        Role::Observer => SeatRole::Observer,
        Role::Student => SeatRole::Student,
    }
}

/// The store's word for a role in the protocol's.
pub(crate) const fn role(stored: SeatRole) -> Role {
    match stored {
        SeatRole::Teacher => Role::Teacher,
        SeatRole::Assistant => Role::Assistant,
        SeatRole::Observer => Role::Observer,
        SeatRole::Student => Role::Student,
    }
}
