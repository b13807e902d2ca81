//! One row of the table, the table itself, and `bench.json`.
//!
//! Invariant: a row that is not valid says so wherever it is shown, and why.

use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::PathBuf;

/// One line of the table: a figure of ours beside something to hold it against.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    /// Its number among the promises.
    pub row: u8,
    /// What was done.
    pub workload: String,
    /// Our figure.
    pub ours: f64,
    /// Of both figures.
    pub unit: String,
    /// The other figure.
    pub baseline: f64,
    /// What the other figure is of.
    pub baseline_name: String,
    /// Ours over the other.
    pub ratio: f64,
    /// Whether the figures may be believed.
    pub valid: bool,
    /// What stands in the way of believing them.
    pub problems: Vec<String>,
    /// Further figures, by name.
    pub details: BTreeMap<String, f64>,
}

impl Row {
    /// A valid row; its ratio is that of the two figures.
    #[must_use]
    pub fn new(row: u8, workload: impl Into<String>, unit: &str) -> Self {
        Self {
            row,
            workload: workload.into(),
            ours: f64::NAN,
            unit: unit.to_owned(),
            baseline: f64::NAN,
            baseline_name: String::new(),
            ratio: f64::NAN,
            valid: true,
            problems: Vec::new(),
            details: BTreeMap::new(),
        }
    }

    /// Puts both figures in.
    #[must_use]
    pub fn against(mut self, ours: f64, baseline_name: impl Into<String>, baseline: f64) -> Self {
        self.ours = ours;
        self.baseline = baseline;
        self.baseline_name = baseline_name.into();
        self.ratio = ours / baseline;
        self.invalid_unless(
            ours.is_finite() && baseline.is_finite(),
            "nothing was measured",
        );
        self
    }

    /// Adds a further figure.
    #[must_use]
    pub fn detail(mut self, name: impl Into<String>, value: f64) -> Self {
        // JSON has no NaN.
        if value.is_finite() {
            self.details.insert(name.into(), value);
        }
        self
    }

    /// Makes the row invalid when `condition` does not hold.
    pub fn invalid_unless(&mut self, condition: bool, problem: impl Into<String>) {
        if !condition {
            self.valid = false;
            let problem = problem.into();
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }
}

/// All rows as text: the table, then what is wrong, then the further figures.
#[must_use]
pub fn table(rows: &[Row]) -> String {
    let head = ["row", "workload", "ours", "baseline", "", "ratio", "unit"];
    let mut cells: Vec<[String; 7]> = vec![head.map(str::to_owned)];
    for row in rows {
        let mark = if row.valid { "" } else { " INVALID" };
        cells.push([
            row.row.to_string(),
            row.workload.clone(),
            figure(row.ours),
            figure(row.baseline),
            row.baseline_name.clone(),
            format!("{:.2}{mark}", row.ratio),
            row.unit.clone(),
        ]);
    }
    let width = |column: usize| {
        let lengths = cells.iter().map(|line| line[column].chars().count());
        lengths.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut text = String::new();
    for line in &cells {
        let mut out = String::new();
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            let is_figure = matches!(column, 0 | 2 | 3);
            let _ = match is_figure {
                true => write!(out, "{cell:>width$}  "),
                false => write!(out, "{cell:<width$}  "),
            };
        }
        let _ = writeln!(text, "{}", out.trim_end());
    }
    // Lines of one row share its problems.
    let problems = rows
        .iter()
        .flat_map(|row| row.problems.iter().map(|problem| (row.row, problem)));
    let problems: BTreeSet<(u8, &String)> = problems.collect();
    for (row, problem) in problems {
        let _ = writeln!(text, "row {row} is INVALID: {problem}");
    }
    for row in rows.iter().filter(|row| !row.details.is_empty()) {
        let details = row.details.iter();
        let details: Vec<_> = details
            .map(|(k, v)| format!("{k} {}", figure(*v)))
            .collect();
        let (number, baseline) = (row.row, &row.baseline_name);
        let _ = writeln!(text, "row {number} ({baseline}): {}", details.join(" · "));
    }
    text
}

/// A figure with as many decimals as it deserves.
fn figure(value: f64) -> String {
    match value.abs() {
        v if v >= 1_000.0 => format!("{value:.0}"),
        v if v >= 100.0 => format!("{value:.1}"),
        v if v >= 0.1 || v == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.4}"),
    }
}

/// All rows as a JSON array, a row a line.
///
/// # Errors
/// When a figure is not a number that JSON has.
pub fn json(rows: &[Row]) -> serde_json::Result<String> {
    lines(rows)
}

fn lines(rows: &[impl Serialize]) -> serde_json::Result<String> {
    let rows: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
    Ok(format!("[\n{}\n]\n", rows?.join(",\n")))
}

/// The rows of a report with these added; a row of the same work beside the same baseline is
/// replaced.
///
/// # Errors
/// When the report is not one.
pub fn merge(report: &str, rows: &[Row]) -> serde_json::Result<String> {
    let mut merged: Vec<Value> = serde_json::from_str(report)?;
    for row in rows {
        let row = serde_json::to_value(row)?;
        let is_same = |other: &Value| {
            let names = ["row", "workload", "baseline_name"];
            names.iter().all(|name| other[name] == row[name])
        };
        merged.retain(|other| !is_same(other));
        merged.push(row);
    }
    lines(&merged)
}

/// Where the build and its reports go.
#[must_use]
pub fn target_dir() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target");
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| default.into(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_file_tell_the_same() {
        let mut bad = Row::new(6, "a lecture", "µs").against(3.0, "limit", 2.0);
        bad.invalid_unless(true, "never told");
        bad.invalid_unless(false, "it was late");
        let good = Row::new(1, "a lesson", "ms").against(1.0, "floor", 4.0);
        let rows = [good.detail("loss", 0.5).detail("nothing", f64::NAN), bad];
        let text = table(&rows);
        assert!(text.contains("0.25"), "{text}");
        assert!(text.contains("1.50 INVALID"), "{text}");
        assert!(text.contains("it was late"), "{text}");
        let read: serde_json::Value =
            serde_json::from_str(&json(&rows).expect("finite")).expect("JSON");
        assert_eq!(read[0]["ratio"], 0.25);
        assert_eq!(read[0]["details"]["loss"], 0.5);
        assert_eq!(read[1]["valid"], false);
    }

    #[test]
    fn a_row_measured_again_takes_its_place() {
        let floor = Row::new(1, "a lesson", "ms").against(1.0, "floor", 4.0);
        let peer = |theirs| Row::new(1, "a lesson", "ms").against(1.0, "peer", theirs);
        let report = json(&[peer(2.0), floor]).expect("finite");
        let merged = merge(&report, &[peer(8.0)]).expect("a report");
        let read: Value = serde_json::from_str(&merged).expect("JSON");
        let figures: Vec<_> = read.as_array().expect("rows").iter().collect();
        assert_eq!(figures.len(), 2);
        assert_eq!(
            (&figures[0]["baseline"], &figures[1]["baseline"]),
            (&4.0.into(), &8.0.into())
        );
        assert!(merge("no report", &[]).is_err());
    }

    #[test]
    fn what_was_not_measured_is_not_valid() {
        assert!(!Row::new(1, "", "").against(f64::NAN, "", 1.0).valid);
    }
}
