//! What a played script came to: for each person of the roll, whether it says what happened.
//!
//! Invariant: right is only what was compared and found right; whoever is not on the roll is wrong.

use super::attendee::Attended;
use homeroom_protocol::{Attendance, RollReport};
use homeroom_truth::{Clock, Deed, Person, Script, ServerDeed, TOLERANCE_MS};
use serde::Serialize;
use std::fmt;

/// All of it.
#[derive(Debug, Clone, Serialize)]
pub struct Findings {
    /// Those whose lines are right in everything.
    pub right: usize,
    /// Those whose statuses are right.
    pub statuses_right: usize,
    /// Those who are, or must be, on the roll.
    pub people: usize,
    /// How long the lesson was, in milliseconds.
    pub length_ms: u64,
    /// How often the server was killed.
    pub kills: u32,
    /// The largest error of any time, in milliseconds.
    pub worst_ms: u64,
    /// What of it, and whose.
    pub worst_of: String,
    /// By how much the roll's minutes heard and those of a device differ at most, in milliseconds.
    pub worst_unlike_device_ms: u64,
    /// By how much anything was done later than the script says at most, in milliseconds.
    pub latest_ms: i64,
    /// Lines that nobody should have.
    pub strangers: Vec<String>,
    /// Person by person, in the script's order.
    pub each: Vec<Finding>,
}

/// One person.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Who.
    pub name: String,
    /// What the roll says; `None` when they are not on it.
    pub status: Option<Attendance>,
    /// What it must say.
    pub must_be: Attendance,
    /// What the roll says they heard, in milliseconds.
    pub heard_ms: u64,
    /// For how long a voice came to their devices and was played, in milliseconds.
    pub voiced_ms: u64,
    /// What is wrong, in words.
    pub wrong: Vec<String>,
}

impl Findings {
    pub(super) fn of(
        script: &Script,
        roll: &RollReport,
        attended: Vec<Attended>,
        kills: u32,
    ) -> Self {
        let mut findings = Self {
            right: 0,
            statuses_right: 0,
            people: 0,
            length_ms: script.length_ms,
            kills,
            worst_ms: 0,
            worst_of: String::new(),
            worst_unlike_device_ms: 0,
            latest_ms: 0,
            strangers: Vec::new(),
            each: Vec::new(),
        };
        let returned = attended.iter().map(|one| one.slips.outage_ms);
        let first_back_ms = returned.filter(|slip| *slip != 0).min().unwrap_or(0);
        for (person, attended) in script.people.iter().zip(attended) {
            findings.add(script, person, roll, attended, first_back_ms);
        }
        let is_known = |name: &str| findings.each.iter().any(|one| one.name == name);
        let lines = roll.lines.iter().filter(|line| !is_known(&line.name));
        findings.strangers = lines.map(|line| line.name.clone()).collect();
        findings
    }

    fn add(
        &mut self,
        script: &Script,
        person: &Person,
        roll: &RollReport,
        attended: Attended,
        first_back_ms: i64,
    ) {
        let Attended {
            mut slips,
            voiced_ms,
            wrong: strange_packets,
        } = attended;
        let later = [
            slips.came_ms,
            slips.left_ms,
            slips.outage_ms,
            slips.line_ms,
            slips.sound_ms,
        ];
        self.latest_ms = later.into_iter().fold(self.latest_ms, i64::max);
        let Some(expected) = &person.roll else { return };
        if comes_after_an_outage(script, person) {
            slips.before_ms = first_back_ms;
        }
        let mut finding = Finding {
            name: person.name.clone(),
            status: None,
            must_be: expected.status,
            heard_ms: 0,
            voiced_ms,
            wrong: Vec::new(),
        };
        if let Some(line) = roll.lines.iter().find(|line| line.name == person.name) {
            let judgement = expected.judge(line, &slips);
            finding.status = Some(line.status);
            finding.heard_ms = line.heard_ms;
            finding.wrong = judgement.wrong;
            if judgement.worst.0 > self.worst_ms {
                self.worst_ms = judgement.worst.0;
                self.worst_of = format!("{}: {}", person.name, judgement.worst.1);
            }
            let unlike_ms = line.heard_ms.abs_diff(voiced_ms);
            self.worst_unlike_device_ms = self.worst_unlike_device_ms.max(unlike_ms);
            if unlike_ms > TOLERANCE_MS {
                finding.wrong.push(format!(
                    "heard {} ms by the roll, {voiced_ms} ms by the device",
                    line.heard_ms
                ));
            }
        } else {
            finding.wrong.push("is not on the roll".to_owned());
        }
        if strange_packets > 0 {
            let strange = format!("{strange_packets} packets were not authentic, or foreign");
            finding.wrong.push(strange);
        }
        self.people += 1;
        self.right += usize::from(finding.wrong.is_empty());
        self.statuses_right += usize::from(finding.status == Some(finding.must_be));
        self.each.push(finding);
    }

    /// Whether the roll says what happened.
    #[must_use]
    pub fn is_right(&self) -> bool {
        self.right == self.people && self.strangers.is_empty()
    }
}

fn comes_after_an_outage(script: &Script, person: &Person) -> bool {
    let mut comings = person.does.iter();
    let comes = comings.find(|timed| matches!(timed.deed, Deed::Comes(_)));
    let mut outages = script.server.iter();
    let after = |comes_ms: i64| {
        outages.any(|timed| timed.deed == ServerDeed::RunsAgain && timed.at_ms < comes_ms)
    };
    comes.map(|timed| timed.at_ms).is_some_and(after)
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for one in self.each.iter().filter(|one| !one.wrong.is_empty()) {
            writeln!(f, "{:<24} {}", one.name, one.wrong.join("; "))?;
        }
        for name in &self.strangers {
            writeln!(f, "{name:<24} is on the roll, and nobody came by that name")?;
        }
        let length = Clock(i64::try_from(self.length_ms).unwrap_or(i64::MAX));
        writeln!(
            f,
            "a lesson of {length}, the server killed {} times: of {} people {} statuses are right, \
             and {} lines in everything",
            self.kills, self.people, self.statuses_right, self.right
        )?;
        writeln!(
            f,
            "largest error of a time {} ms ({}), largest difference to what a device heard {} ms; \
             the bots were {} ms late at most",
            self.worst_ms, self.worst_of, self.worst_unlike_device_ms, self.latest_ms
        )
    }
}
