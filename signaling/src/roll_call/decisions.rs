//! What teachers, the office and pupils say of attendance, over what was measured.
//!
//! Invariant: decisions are only ever added; the last one of a kind counts, and none of them
//! changes what was measured.

use super::line_key::LineKey;
use homeroom_protocol::{Attendance, LineId, RollFlag, RollHead, RollLine, RollMark};
use homeroom_store::{DecisionKind, RollDecision};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A decision's detail where it is a status.
#[derive(Debug, Serialize, Deserialize)]
pub struct StatusDetail {
    /// What it is to be.
    pub status: Attendance,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// Who said so, by name.
    #[serde(default)]
    pub by: Option<String>,
}

/// All of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decisions {
    lines: BTreeMap<LineKey, Said>,
    /// When the lesson begins, by a teacher's word.
    pub begins_ms: Option<u64>,
    confirmed_ms: Option<u64>,
    final_ms: Option<u64>,
    /// The number of the next one.
    pub next_number: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Said {
    mark: Option<RollMark>,
    excuse: Option<RollMark>,
    screen: Option<LineKey>,
    dispute: Option<(u64, String)>,
    disputes: usize,
    answered_ms: u64,
}

impl Decisions {
    /// One more. What cannot be read changes nothing.
    pub fn apply(&mut self, decision: &RollDecision) {
        self.next_number = self.next_number.max(decision.number + 1);
        let at_ms = decision.at_ms;
        let detail = decision.detail.as_deref().unwrap_or_default();
        let Some(key) = LineKey::of_decision(decision) else {
            match decision.kind {
                DecisionKind::Begins => self.begins_ms = detail.parse().ok(),
                DecisionKind::Confirmed => self.confirmed_ms = Some(at_ms),
                DecisionKind::Final => self.final_ms = Some(at_ms),
                DecisionKind::Reopened => self.final_ms = None,
                _ => {}
            }
            return;
        };
        let said = self.lines.entry(key).or_default();
        match decision.kind {
            DecisionKind::Status => {
                said.mark = mark(detail, at_ms).or(said.mark.take());
                said.answered_ms = at_ms;
            }
            DecisionKind::Clear => {
                said.mark = None;
                said.answered_ms = at_ms;
            }
            DecisionKind::Excuse => {
                said.excuse = Some(RollMark {
                    status: Attendance::Excused,
                    reason: detail.to_owned(),
                    by: None,
                    at_ms,
                });
            }
            DecisionKind::InTheRoom => said.screen = LineKey::parse(&LineId(detail.to_owned())),
            DecisionKind::NotInTheRoom => said.screen = None,
            DecisionKind::Dispute => {
                said.dispute = Some((at_ms, detail.to_owned()));
                said.disputes += 1;
            }
            DecisionKind::Begins
            | DecisionKind::Confirmed
            | DecisionKind::Final
            | DecisionKind::Reopened => {}
        }
    }

    /// Who sits at a screen.
    pub fn at_screen(&self, screen: LineKey) -> impl Iterator<Item = LineKey> {
        let at = move |said: &Said| said.screen == Some(screen);
        (self.lines.iter())
            .filter(move |(_, said)| at(said))
            .map(|(key, _)| *key)
    }

    /// At whose screen somebody sits.
    #[must_use]
    pub fn screen_of(&self, key: LineKey) -> Option<LineKey> {
        self.lines.get(&key)?.screen
    }

    /// How often somebody has said that their line is wrong.
    #[must_use]
    pub fn disputes(&self, key: LineKey) -> usize {
        self.lines.get(&key).map_or(0, |said| said.disputes)
    }

    /// Lays what was said over what was measured.
    pub fn settle(&self, key: LineKey, line: &mut RollLine) {
        line.status = line.measured;
        line.decided = None;
        line.dispute = None;
        line.flags.retain(|flag| *flag != RollFlag::Disputed);
        let Some(said) = self.lines.get(&key) else {
            return;
        };
        let was_there = matches!(line.measured, Attendance::Present | Attendance::Guest);
        if said.screen.is_some() && !was_there && line.measured != Attendance::Late {
            line.status = Attendance::InTheRoom;
        }
        let excuse = said.excuse.as_ref();
        let excuse = excuse.filter(|_| !was_there && line.status != Attendance::InTheRoom);
        if let Some(mark) = said.mark.as_ref().or(excuse) {
            line.status = mark.status;
            line.decided = Some(mark.clone());
        }
        // A teacher's later word answers it, whichever way.
        if let Some((at_ms, text)) = &said.dispute
            && *at_ms > said.answered_ms
        {
            line.dispute = Some(text.clone());
            line.flags.push(RollFlag::Disputed);
        }
    }

    /// Puts what was said of the whole roll into its head.
    pub fn settle_head(&self, head: &mut RollHead) {
        head.confirmed_ms = self.confirmed_ms;
        head.final_ms = self.final_ms;
    }
}

fn mark(detail: &str, at_ms: u64) -> Option<RollMark> {
    let StatusDetail { status, reason, by } = serde_json::from_str(detail).ok()?;
    Some(RollMark {
        status,
        reason,
        by,
        at_ms,
    })
}
