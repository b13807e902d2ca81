//! Two reports side by side: what became better, and what worse.
//!
//! Invariant: only what was measured in both, of the same scenario and the same number of students;
//! a difference that could be chance is none.

use crate::report::Report;
use crate::trial::Trial;
use anyhow::{Result, ensure};
use std::fmt;

/// Differences below this share may be chance.
const NOISE: f64 = 0.1;

/// One figure of both.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// What it is.
    pub name: &'static str,
    /// How many students; `None` for the answer itself.
    pub students: Option<usize>,
    /// Before.
    pub old: f64,
    /// Now.
    pub new: f64,
    /// Whether more is better.
    pub more_is_better: bool,
    /// Differences below this are chance, whatever share they are.
    pub least: f64,
}

/// What a change comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Could be chance.
    Same,
    /// Better.
    Better,
    /// Worse.
    Worse,
}

impl Change {
    /// What it comes to.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let difference = self.new - self.old;
        let chance = self.least.max(NOISE * self.old.abs());
        if difference.abs() <= chance {
            Verdict::Same
        } else if (difference > 0.0) == self.more_is_better {
            Verdict::Better
        } else {
            Verdict::Worse
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = match self.students {
            Some(students) => format!("{students} students"),
            None => "answer".to_owned(),
        };
        let word = match self.verdict() {
            Verdict::Same => "",
            Verdict::Better => "better",
            Verdict::Worse => "WORSE",
        };
        let Self { name, old, new, .. } = self;
        write!(f, "{of:<16} {name:<28} {old:>10.2} {new:>10.2}  {word}")
    }
}

/// Every figure that both reports have.
///
/// # Errors
/// When they are of different scenarios, or one of them proves nothing.
pub fn compare(old: &Report, new: &Report) -> Result<Vec<Change>> {
    ensure!(
        old.scenario.name == new.scenario.name,
        "one is of {}, the other of {}",
        old.scenario.name,
        new.scenario.name
    );
    ensure!(
        old.trials.iter().any(Trial::is_valid) && new.trials.iter().any(Trial::is_valid),
        "one of them says nothing about a server"
    );
    let mut changes = vec![Change {
        name: "students served well",
        students: None,
        old: old.students as f64,
        new: new.students as f64,
        more_is_better: true,
        least: old.scenario.search.step as f64,
    }];
    for before in old.trials.iter().filter(|trial| trial.is_valid()) {
        let same = |t: &&Trial| t.is_valid() && t.students == before.students;
        if let Some(now) = new.trials.iter().find(same) {
            changes.extend(figures(before, now));
        }
    }
    Ok(changes)
}

fn figures(before: &Trial, now: &Trial) -> Vec<Change> {
    let students = Some(before.students);
    let less = |name, old, new, least| Change {
        name,
        students,
        old,
        new,
        more_is_better: false,
        least,
    };
    let mut all = vec![
        Change {
            more_is_better: true,
            ..less("joined", before.joined as f64, now.joined as f64, 0.0)
        },
        less(
            "to sound, ms (95 of 100)",
            before.sound_p95_ms,
            now.sound_p95_ms,
            200.0,
        ),
        less(
            "speech missing, %",
            before.concealed_p95_percent,
            now.concealed_p95_percent,
            0.3,
        ),
        less(
            "voice delay, ms (99 of 100)",
            before.voice_ms.p99,
            now.voice_ms.p99,
            5.0,
        ),
        less(
            "frozen, %",
            before.frozen_p95_percent,
            now.frozen_p95_percent,
            0.5,
        ),
        less(
            "picture delay, ms (99 of 100)",
            before.picture_ms.p99,
            now.picture_ms.p99,
            10.0,
        ),
        less(
            "packets lost, %",
            before.loss_percent,
            now.loss_percent,
            0.1,
        ),
        less("to a student, kbit/s", before.kbit, now.kbit, 20.0),
        less(
            "wrong or foreign",
            (before.wrong + before.full.faults) as f64,
            (now.wrong + now.full.faults) as f64,
            0.0,
        ),
    ];
    if let Some((old, new)) = before.server.zip(now.server) {
        let (old, new) = (old.cpu_us_per_packet, new.cpu_us_per_packet);
        all.push(less("server, µs per packet", old, new, 0.2));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{About, Question};
    use crate::scenario::Scenario;

    fn report(scenario: &str, change: impl FnOnce(&mut Trial)) -> Report {
        let mut trial = Trial {
            students: 100,
            joined: 100,
            ..Trial::default()
        };
        change(&mut trial);
        let about = About {
            question: Question::Run,
            scenario: Scenario::load(scenario).expect("shipped"),
            began_ms: 0,
            took_seconds: 1.0,
            same_machine: true,
            server_version: "1".to_owned(),
        };
        Report::of(about, vec![trial])
    }

    #[test]
    fn what_became_worse_is_named_and_chance_is_not() {
        let check = |change: fn(&mut Trial), expected: &[(&str, Verdict)]| {
            let changes = compare(&report("lecture", |_| {}), &report("lecture", change));
            let changes = changes.expect("can be compared");
            let said = changes.iter().filter(|c| c.verdict() != Verdict::Same);
            let said: Vec<_> = said.map(|c| (c.name, c.verdict())).collect();
            assert_eq!(said, expected);
        };
        check(|_| {}, &[]);
        check(|t| t.voice_ms.p99 = 4.0, &[]);
        check(
            |t| t.voice_ms.p99 = 205.0,
            &[("voice delay, ms (99 of 100)", Verdict::Worse)],
        );
        check(
            |t| t.loss_percent = 2.0,
            &[("packets lost, %", Verdict::Worse)],
        );
    }

    #[test]
    fn only_like_is_compared() {
        let error = compare(&report("lecture", |_| {}), &report("audio", |_| {}));
        assert!(error.is_err());
        let doubtful = report("lecture", |t| t.doubts = vec![crate::Doubt::Interrupted]);
        assert!(compare(&report("lecture", |_| {}), &doubtful).is_err());
    }
}
