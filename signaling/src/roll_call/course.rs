//! The lesson that attendance is measured against: when it began, when we failed it, what was asked.
//!
//! A lesson begins when a teacher says so; else when a teacher's microphone was first on with
//! somebody else there; else when a teacher and somebody else were first there together; else when a
//! teacher came. A teacher who waits with the microphone off is not late for, nor makes anybody late.
//! It ends when a teacher ends it; one that nobody ends ends when its teachers were last seen.
//!
//! Invariant: time in which the server was down belongs to nobody.

use super::spans::{Span, Spans};
use homeroom_protocol::ParticipantId;
use std::collections::BTreeSet;

/// Whoever is not back so long after the first one could be is away by themselves.
const BACK_WITHIN_MS: u64 = 60_000;

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// Asked.
    pub sent_ms: u64,
    /// Can be answered until.
    pub until_ms: u64,
    /// Who was there to be asked.
    pub asked: BTreeSet<ParticipantId>,
}

/// The lesson.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Course {
    /// A teacher's microphone was on, and somebody else was there.
    pub started_ms: Option<u64>,
    /// A teacher and somebody else were there.
    pub together_ms: Option<u64>,
    /// A teacher was there.
    pub teacher_ms: Option<u64>,
    /// Ended by a teacher.
    pub ended_ms: Option<u64>,
    /// All checks, in order.
    pub checks: Vec<Check>,
    /// When the server stopped, and when the first person was back.
    outages: Vec<(u64, Option<u64>)>,
}

impl Course {
    /// When it began, a teacher's word on that aside.
    #[must_use]
    pub fn begins_ms(&self) -> Option<u64> {
        self.started_ms.or(self.together_ms).or(self.teacher_ms)
    }

    /// The server was down from then on.
    pub fn cut(&mut self, at_ms: u64) {
        if self.outages.last().is_none_or(|(_, back)| back.is_some()) {
            self.outages.push((at_ms, None));
        }
    }

    /// Somebody came: it is up.
    pub fn come(&mut self, at_ms: u64) {
        if let Some((from, back @ None)) = self.outages.last_mut() {
            *back = Some(at_ms.max(*from));
        }
    }

    /// When it was down for everybody.
    #[must_use]
    pub fn outages(&self, now_ms: u64) -> Spans {
        let spans = self.outages.iter();
        Spans::of(
            spans
                .map(|(from, to)| Span::new(*from, to.unwrap_or(now_ms)))
                .collect(),
        )
    }

    /// When it was down for somebody who came back after these gaps.
    #[must_use]
    pub fn outages_of(&self, gaps: impl Iterator<Item = Span>, now_ms: u64) -> Spans {
        let mut all: Vec<Span> = Vec::new();
        for gap in gaps {
            let back = self.outages.iter().find(|(from, _)| *from == gap.from_ms);
            let back = back.and_then(|(_, back)| *back).unwrap_or(gap.to_ms);
            all.push(Span::new(gap.from_ms, gap.to_ms.min(back + BACK_WITHIN_MS)));
        }
        let spans = self.outages.iter();
        all.extend(spans.map(|(from, to)| Span::new(*from, to.unwrap_or(now_ms))));
        Spans::of(all)
    }
}
