//! A report: what was tried, what is to be said of it, and the seal under it.
//!
//! Invariant: the JSON is the report; the page (`html`) only shows it. Its digest is of all of it
//! but the seal, with sorted keys, so that it does not depend on who wrote it down.

mod html;
mod model;
mod plot;
mod words;

pub use model::{Model, Projection};

use crate::generator::Machine;
use crate::scenario::Scenario;
use crate::trial::{Limit, Trial};
use anyhow::{Context, Result, ensure};
use homeroom_protocol::load_test::{Seal, SealedStatement};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

/// The form of the file; another number is another form.
const VERSION: u32 = 2;

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// Whether so many students are served well.
    Run,
    /// How many are.
    Capacity,
}

/// A report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The form of this file.
    pub version: u32,
    /// What was asked.
    pub question: Question,
    /// The most students who were served well: the answer. 0 when nobody was.
    pub students: usize,
    /// Whether the answer is about the server. It is not when the load test itself was in the way.
    pub valid: bool,
    /// What stood in the way of more: a limit, a doubt, `most` where nothing did; `none` when so
    /// many was the question.
    pub limit_hit: String,
    /// The server's CPU time per packet that arrived, in microseconds, at the answer.
    pub server_cpu_us_per_packet: Option<f64>,
    /// When it began, milliseconds since the Unix epoch (UTC).
    pub began_ms: u64,
    /// How long it took, in seconds.
    pub took_seconds: f64,
    /// The machine that the load came from.
    pub machine: Machine,
    /// Whether the server was on that machine too.
    pub same_machine: bool,
    /// The server's release.
    pub server_version: String,
    /// What was held.
    pub scenario: Scenario,
    /// Every number of students that was tried, in the order of trying.
    pub trials: Vec<Trial>,
    /// What follows for other shapes of lessons.
    pub model: Option<Model>,
    /// The server's seal.
    #[serde(default)]
    pub seal: Option<Seal>,
}

/// What a report is about beside its trials.
pub struct About {
    /// What was asked.
    pub question: Question,
    /// What was held.
    pub scenario: Scenario,
    /// When it began, milliseconds since the Unix epoch.
    pub began_ms: u64,
    /// How long it took.
    pub took_seconds: f64,
    /// Whether the server was on this machine.
    pub same_machine: bool,
    /// The server's release.
    pub server_version: String,
}

impl Report {
    /// Says what follows from trials.
    #[must_use]
    pub fn of(about: About, trials: Vec<Trial>) -> Self {
        let answer = answer(&trials);
        let best = trials.iter().filter(|t| t.is_good() && t.is_valid());
        let best = best.max_by_key(|trial| trial.students);
        let shown = best.or_else(|| trials.first());
        Self {
            version: VERSION,
            question: about.question,
            students: answer.students,
            valid: answer.valid,
            limit_hit: answer.limit_hit,
            server_cpu_us_per_packet: shown.and_then(|t| Some(t.server?.cpu_us_per_packet)),
            began_ms: about.began_ms,
            took_seconds: about.took_seconds,
            machine: Machine::this(),
            same_machine: about.same_machine,
            server_version: about.server_version,
            model: Model::of(&trials),
            scenario: about.scenario,
            trials,
            seal: None,
        }
    }

    /// The trial of the answer, or the smallest when nobody was served well.
    #[must_use]
    pub fn shown(&self) -> Option<&Trial> {
        let good = self.trials.iter().filter(|t| t.is_good() && t.is_valid());
        let best = good.max_by_key(|trial| trial.students);
        best.or_else(|| self.trials.iter().min_by_key(|trial| trial.students))
    }

    /// Whether the answer is "yes, so many".
    #[must_use]
    pub fn is_good(&self) -> bool {
        match self.question {
            Question::Run => self.trials.iter().all(|t| t.is_good() && t.is_valid()),
            Question::Capacity => self.students > 0 && self.valid,
        }
    }

    /// SHA-256 of all but the seal, in hexadecimal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn digest(&self) -> Result<String> {
        let mut value = serde_json::to_value(self)?;
        if let Some(object) = value.as_object_mut() {
            object.remove("seal");
        }
        // Values keep their keys sorted.
        let digest = Sha256::digest(serde_json::to_vec(&value)?);
        Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Reads one.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(path: &Path) -> Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {name}"))?;
        let is_none = || format!("{name} is no report");
        let value: serde_json::Value = serde_json::from_str(&text).with_context(is_none)?;
        // Before all else, as another form lacks fields.
        let version = value.get("version").with_context(is_none)?;
        ensure!(
            *version == VERSION,
            "{name} is of another release of the load test: form {version}, and this one reads {VERSION}"
        );
        serde_json::from_value(value).with_context(is_none)
    }

    /// Writes it as JSON, and beside it as a page.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        let page = path.with_extension("html");
        let text = self.page()?;
        fs::write(&page, text).with_context(|| format!("cannot write {}", page.display()))
    }

    /// The page: one file that needs nothing else.
    ///
    /// # Errors
    /// When a plot cannot be drawn.
    pub fn page(&self) -> Result<String> {
        html::page(self)
    }

    /// The verdict in plain English, a line for each number of students.
    #[must_use]
    pub fn verdict(&self) -> Vec<String> {
        words::verdict(self)
            .into_iter()
            .map(|line| line.en)
            .collect()
    }

    /// Checks the seal: that this is what the server saw, and that it was this key's server.
    ///
    /// # Errors
    /// When there is none, or it is of something else.
    pub fn verify(&self) -> Result<SealedStatement> {
        let seal = self.seal.as_ref().context("the report has no seal")?;
        let key = unhex(&seal.public_key).context("the seal's key is unreadable")?;
        let signature = unhex(&seal.signature).context("the seal's signature is unreadable")?;
        let signed =
            UnparsedPublicKey::new(&ED25519, key).verify(seal.statement.as_bytes(), &signature);
        ensure!(signed.is_ok(), "the signature is not of this seal");
        let statement: SealedStatement =
            serde_json::from_str(&seal.statement).context("the seal says nothing")?;
        ensure!(
            statement.what == SealedStatement::WHAT,
            "the signature is for something else"
        );
        ensure!(
            statement.digest == self.digest()?,
            "the report was changed after it was sealed"
        );
        Ok(statement)
    }
}

struct Answer {
    students: usize,
    valid: bool,
    limit_hit: String,
}

fn answer(trials: &[Trial]) -> Answer {
    let good = trials.iter().filter(|t| t.is_good() && t.is_valid());
    let students = good.map(|trial| trial.students).max().unwrap_or(0);
    // A larger number that once went well was luck if it went wrong another time.
    let beyond = trials
        .iter()
        .filter(|t| t.students > students || students == 0);
    let first = beyond.min_by_key(|trial| (trial.students, trial.is_valid()));
    match first {
        None => Answer {
            students,
            valid: !trials.is_empty(),
            limit_hit: "none".to_owned(),
        },
        Some(trial) => Answer {
            students,
            valid: trial.is_valid(),
            limit_hit: match (trial.doubts.first(), worst(trial)) {
                (Some(doubt), _) => word(doubt),
                (None, Some(limit)) => word(&limit),
                (None, None) => "none".to_owned(),
            },
        },
    }
}

/// The limit that matters most: a voice before a picture.
fn worst(trial: &Trial) -> Option<Limit> {
    let hit = &trial.limits_hit;
    let of_voice = hit.iter().find(|limit| !limit.is_of_pictures());
    of_voice.or_else(|| hit.first()).copied()
}

/// How limits and doubts are written in JSON.
fn word(value: &impl Serialize) -> String {
    let value = serde_json::to_value(value).ok();
    let text = value.and_then(|value| Some(value.as_str()?.to_owned()));
    text.unwrap_or_default()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trial::{Doubt, ServerCost};
    use ring::rand::SystemRandom;
    use ring::signature::{Ed25519KeyPair, KeyPair};

    pub(super) fn trial(students: usize, limits_hit: &[Limit], doubts: &[Doubt]) -> Trial {
        Trial {
            students,
            joined: students,
            seconds: 20.0,
            packets: 3_000 * students as u64,
            height: 720,
            server: Some(ServerCost {
                cores: 0.05 + 0.002 * students as f64,
                cpu_us_per_packet: 3.25,
                ..ServerCost::default()
            }),
            limits_hit: limits_hit.to_vec(),
            doubts: doubts.to_vec(),
            ..Trial::default()
        }
    }

    pub(super) fn report(trials: Vec<Trial>) -> Report {
        let about = About {
            question: Question::Capacity,
            scenario: Scenario::load("lecture").expect("shipped"),
            began_ms: 1_800_000_000_000,
            took_seconds: 100.0,
            same_machine: true,
            server_version: "1".to_owned(),
        };
        Report::of(about, trials)
    }

    #[test]
    fn the_answer_is_the_most_that_went_well_and_what_stood_in_the_way_of_more() {
        let check = |trials: Vec<Trial>, students, valid, limit_hit: &str| {
            let report = report(trials);
            let said = (report.students, report.valid, report.limit_hit.as_str());
            assert_eq!(said, (students, valid, limit_hit));
        };
        let good = |n| trial(n, &[], &[]);
        check(vec![good(100), good(200)], 200, true, "none");
        let bad = trial(400, &[Limit::Picture, Limit::Voice], &[]);
        check(vec![good(100), good(200), bad.clone()], 200, true, "voice");
        check(vec![bad], 0, true, "voice");
        let busy = trial(400, &[Limit::Picture], &[Doubt::GeneratorBusy]);
        check(vec![good(200), busy], 200, false, "generator_busy");
        let first = trial(50, &[], &[Doubt::Interrupted]);
        check(vec![first], 0, false, "interrupted");
    }

    #[test]
    fn a_seal_holds_until_a_figure_is_changed() {
        let mut report = report(vec![
            trial(100, &[], &[]),
            trial(200, &[Limit::Picture], &[]),
        ]);
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("randomness");
        let key = Ed25519KeyPair::from_pkcs8(key.as_ref()).expect("a key");
        let hex = |bytes: &[u8]| -> String { bytes.iter().map(|b| format!("{b:02x}")).collect() };
        let statement = SealedStatement {
            what: SealedStatement::WHAT.to_owned(),
            digest: report.digest().expect("writes"),
            lesson: "222-222-222".to_owned(),
            sealed_ms: 1,
            server_version: "1".to_owned(),
            processor: "x".to_owned(),
            cores: 2,
            memory_mb: 3,
        };
        let statement = serde_json::to_string(&statement).expect("writes");
        assert!(report.verify().is_err(), "there is none");
        report.seal = Some(Seal {
            signature: hex(key.sign(statement.as_bytes()).as_ref()),
            public_key: hex(key.public_key().as_ref()),
            statement,
        });
        assert!(report.verify().is_ok());
        // What is kept in a file is the same report.
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        report.write(&path).expect("writes");
        let read = Report::read(&path).expect("reads");
        assert_eq!(read, report);
        assert!(read.verify().is_ok());
        fs::write(&path, r#"{"version": 1, "fields": "of old"}"#).expect("writes");
        let error = Report::read(&path).expect_err("another form");
        assert!(error.to_string().contains("form 1"), "{error}");
        let mut better = read.clone();
        better.students = 1_000;
        let error = better.verify().expect_err("was changed");
        assert!(error.to_string().contains("changed"), "{error}");
        let mut other = read;
        if let Some(seal) = &mut other.seal {
            seal.statement = seal.statement.replace("222-222-222", "333-333-333");
        }
        assert!(other.verify().is_err());
    }
}
