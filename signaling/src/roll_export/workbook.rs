//! The roll as a workbook: the roll, every session, who never came, and the term's totals.
//!
//! Invariant: every field is a number or plain text, never a formula or a link.

use super::table::{Cell, Form, describe, lines, minutes, utc, word, words};
use crate::roll_call::report::PupilHistory;
use homeroom_protocol::{Attendance, RollReport, RollSessionEnd};
use homeroom_store::PersonId;
use rust_xlsxwriter::{Format, Workbook, Worksheet, XlsxError};
use std::collections::BTreeMap;

/// What the report can and cannot prove, printed with it.
const LIMIT: &str = "Connection, hearing and sound prove a device; speech, hands, messages, answered \
     checks and a teacher's word prove a person. Nothing here measures attention.";

const TOTALS: [Attendance; 8] = [
    Attendance::Present,
    Attendance::Late,
    Attendance::LeftEarly,
    Attendance::Partial,
    Attendance::Technical,
    Attendance::InTheRoom,
    Attendance::Excused,
    Attendance::Absent,
];

/// The file. `term` is what the class's lessons so far came to, by pupil.
///
/// # Errors
/// Never for a roll of ours; the writer's error type asks for it.
pub fn workbook(
    report: &RollReport,
    form: Form,
    term: &BTreeMap<PersonId, PupilHistory>,
) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    let (head, rows) = lines(report, form);
    let notes = match form {
        Form::Full => vec![describe(&report.rules), LIMIT.to_owned()],
        Form::Short => Vec::new(),
    };
    fill(book.add_worksheet().set_name("roll")?, &notes, &head, rows)?;
    if form == Form::Full {
        let head = [
            "name",
            "from_utc",
            "to_utc",
            "minutes",
            "minutes_hearing",
            "end",
        ];
        fill(
            book.add_worksheet().set_name("sessions")?,
            &[],
            &head,
            sessions(report),
        )?;
        let head = ["number", "name", "status", "reason"];
        fill(
            book.add_worksheet().set_name("never came")?,
            &[],
            &head,
            never_came(report),
        )?;
        let mut head = vec!["name"];
        head.extend(TOTALS.map(word));
        head.extend(["absent_in_a_row", "minutes_late", "minutes_hearing"]);
        fill(
            book.add_worksheet().set_name("term totals")?,
            &[],
            &head,
            totals(term),
        )?;
    }
    book.save_to_buffer()
}

fn sessions(report: &RollReport) -> Vec<Vec<Cell>> {
    let rows = report.sessions.iter().map(|session| {
        let end = match session.end {
            RollSessionEnd::Open => "open",
            RollSessionEnd::Left => "left",
            RollSessionEnd::Silent => "silent",
            RollSessionEnd::Outage => "server_outage",
        };
        vec![
            words(&session.name),
            utc(Some(session.from_ms)),
            utc(Some(session.to_ms)),
            minutes(session.to_ms.saturating_sub(session.from_ms)),
            minutes(session.heard_ms),
            words(end),
        ]
    });
    rows.collect()
}

fn never_came(report: &RollReport) -> Vec<Vec<Cell>> {
    let lines = (1..).zip(&report.lines);
    let never = lines.filter(|(_, line)| line.expected && line.first_seen_ms.is_none());
    let rows = never.map(|(number, line)| {
        let reason = line.decided.as_ref().map_or("", |mark| &mark.reason);
        vec![
            Cell::Count(number),
            words(&line.name),
            words(word(line.status)),
            words(reason),
        ]
    });
    rows.collect()
}

fn totals(term: &BTreeMap<PersonId, PupilHistory>) -> Vec<Vec<Cell>> {
    let mut pupils: Vec<_> = term.values().collect();
    pupils.sort_by(|a, b| a.name.cmp(&b.name));
    let rows = pupils.into_iter().map(|pupil| {
        let count = |status| pupil.totals.get(&status).copied().unwrap_or(0).into();
        let mut row = vec![words(&pupil.name)];
        row.extend(TOTALS.map(|status| Cell::Count(count(status))));
        row.push(Cell::Count(pupil.absent_in_a_row.into()));
        row.extend([minutes(pupil.late_ms), minutes(pupil.heard_ms)]);
        row
    });
    rows.collect()
}

fn fill(
    sheet: &mut Worksheet,
    notes: &[String],
    head: &[&str],
    rows: Vec<Vec<Cell>>,
) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    let mut at = 0;
    for note in notes {
        sheet.write_string(at, 0, note)?;
        at += 1;
    }
    for (column, name) in (0..).zip(head) {
        sheet.write_string_with_format(at, column, *name, &bold)?;
    }
    for row in rows {
        at += 1;
        for (column, cell) in (0..).zip(row) {
            match cell {
                Cell::Nothing => continue,
                // A string is a string to a workbook, whatever it begins with.
                Cell::Text(text) => sheet.write_string(at, column, text)?,
                Cell::Count(count) => sheet.write_number(at, column, count as f64)?,
                Cell::Tenths(tenths) => sheet.write_number(at, column, tenths as f64 / 10.0)?,
            };
        }
    }
    Ok(())
}
