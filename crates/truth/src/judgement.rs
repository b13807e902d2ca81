//! A line of the roll beside what a script says it must be.
//!
//! Invariant: statuses, flags and counts are as the script says; times are within [`TOLERANCE_MS`] of
//! it, after what whoever played it did later than it says.

use crate::clock::Clock;
use homeroom_protocol::{Attendance, RollFlag, RollLine};
use serde::Deserialize;

/// Times of the roll may be off by so much.
pub const TOLERANCE_MS: u64 = 2_000;

/// What the roll must say of somebody.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// What it comes to.
    pub status: Attendance,
    /// What was measured, where a teacher's word stands over it.
    measured: Option<Attendance>,
    #[serde(default)]
    flags: Vec<RollFlag>,
    late: Option<Clock>,
    early: Option<Clock>,
    heard: Option<Clock>,
    line: Option<Clock>,
    device: Option<Clock>,
    spoke: Option<Clock>,
    #[serde(default)]
    hands: u32,
    checks: Option<String>,
}

/// How much later than the script says somebody really did things, in milliseconds.
///
/// A roll tells of what was done; a machine that is busy does it late.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slips {
    /// Came first so much later.
    pub came_ms: i64,
    /// Left so much later, less what they then came again later.
    pub left_ms: i64,
    /// The server was away so much longer before they first came.
    pub before_ms: i64,
    /// Came back to a server that ran again so much later, all times together.
    pub outage_ms: i64,
    /// Came back from a lost line so much later, all times together.
    pub line_ms: i64,
    /// Let the sound play so much later.
    pub sound_ms: i64,
}

/// What a line was found to be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Judgement {
    /// What is not as it must be.
    pub wrong: Vec<String>,
    /// The largest error of a time, in milliseconds, and of which.
    pub worst: (u64, &'static str),
}

impl Expected {
    /// Lays a line beside it.
    #[must_use]
    pub fn judge(&self, line: &RollLine, slips: &Slips) -> Judgement {
        let mut judgement = Judgement::default();
        let wrong = &mut judgement.wrong;
        let measured = self.measured.unwrap_or(match self.status {
            Attendance::Excused | Attendance::InTheRoom => Attendance::Absent,
            Attendance::Present
            | Attendance::Late
            | Attendance::LeftEarly
            | Attendance::Partial
            | Attendance::Absent
            | Attendance::Technical
            | Attendance::Guest => self.status,
        });
        if (line.status, line.measured) != (self.status, measured) {
            wrong.push(format!(
                "{:?}, measured {:?}; not {:?}, measured {measured:?}",
                line.status, line.measured, self.status
            ));
        }
        let sorted = |flags: &[RollFlag]| {
            let mut flags = flags.to_vec();
            flags.sort_unstable();
            flags
        };
        let (raised, meant) = (sorted(&line.flags), sorted(&self.flags));
        if raised != meant {
            wrong.push(format!("flags {raised:?}, not {meant:?}"));
        }
        let checks = format!("{} of {}", line.checks_answered, line.checks_sent);
        if let Some(meant) = self.checks.as_ref().filter(|meant| **meant != checks) {
            wrong.push(format!("checks {checks}, not {meant}"));
        }
        if line.hands != self.hands {
            wrong.push(format!("{} hands, not {}", line.hands, self.hands));
        }
        for (what, is_ms, meant, slip_ms) in self.times(line, slips) {
            let meant_ms = meant.map_or(0, |meant| meant.0.saturating_add(slip_ms).max(0));
            let off_ms = is_ms.abs_diff(meant_ms.unsigned_abs());
            judgement.worst = judgement.worst.max((off_ms, what));
            if off_ms > TOLERANCE_MS {
                judgement
                    .wrong
                    .push(format!("{what} {is_ms} ms, not {meant_ms}"));
            }
        }
        judgement
    }

    /// Each time: its name, what it is, what it must be, and what later deeds add to that.
    fn times(
        &self,
        line: &RollLine,
        slips: &Slips,
    ) -> [(&'static str, u64, Option<Clock>, i64); 6] {
        let Slips {
            came_ms,
            left_ms,
            before_ms,
            outage_ms,
            line_ms,
            sound_ms,
        } = *slips;
        // What the server was away is nobody's lateness.
        let late_ms = came_ms + sound_ms - before_ms;
        let heard_ms = left_ms - came_ms - outage_ms - line_ms - sound_ms;
        // Whom nothing was heard of since they came lost all of it to their device.
        let device_ms = if self.heard.is_none_or(|heard| heard.0 == 0) {
            -came_ms - outage_ms
        } else {
            sound_ms - came_ms
        };
        [
            ("late", line.late_ms, self.late, late_ms),
            ("early", line.left_early_ms, self.early, -left_ms),
            ("heard", line.heard_ms, self.heard, heard_ms),
            ("line", line.line_ms, self.line, line_ms),
            ("device", line.device_ms, self.device, device_ms),
            ("spoke", line.spoke_ms, self.spoke, 0),
        ]
    }
}
