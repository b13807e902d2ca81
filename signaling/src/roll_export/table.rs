//! Which columns there are and what is in them.
//!
//! Invariant: a column is there because it was measured or decided; minutes are rounded down, so that
//! nobody is said to have been there longer than they were.

use crate::roll_call::LineKey;
use homeroom_protocol::{Attendance, JournalCodes, RollFlag, RollLine, RollReport, RollRules};
use time::OffsetDateTime;
use time::macros::format_description;

/// How much of the roll is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Form {
    /// Everything.
    #[default]
    Full,
    /// Names and statuses: to show in class.
    Short,
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Nothing,
    /// Words.
    Text(String),
    /// A number.
    Count(u64),
    /// A number with one decimal, in tenths.
    Tenths(u64),
}

const SHORT: [&str; 4] = ["number", "name", "status", "journal_code"];

const FULL: [&str; 38] = [
    "number",
    "name",
    "status",
    "journal_code",
    "flags",
    "minutes_late",
    "minutes_left_early",
    "first_seen_utc",
    "last_seen_utc",
    "first_heard_utc",
    "last_heard_utc",
    "minutes_connected",
    "minutes_hearing",
    "percent_of_lesson",
    "sessions",
    "longest_gap_s",
    "minutes_lost_server",
    "minutes_lost_line",
    "minutes_lost_device",
    "checks_sent",
    "checks_answered",
    "spoke_s",
    "hands",
    "messages",
    "at_screen_of",
    "measured_status",
    "teacher_override",
    "override_by",
    "override_reason",
    "override_at_utc",
    "dispute",
    "student_id",
    "lesson_id",
    "lesson",
    "actual_start_utc",
    "actual_end_utc",
    "rule_version",
    "rules",
];

/// The heading and the rows.
pub fn lines(report: &RollReport, form: Form) -> (Vec<&'static str>, Vec<Vec<Cell>>) {
    let rows = (1..).zip(&report.lines);
    match form {
        Form::Short => {
            let rows = rows.map(|(number, line)| short(number, line, &report.rules));
            (SHORT.to_vec(), rows.collect())
        }
        Form::Full => {
            let rows = rows.map(|(number, line)| full(number, line, report));
            (FULL.to_vec(), rows.collect())
        }
    }
}

fn short(number: u64, line: &RollLine, rules: &RollRules) -> Vec<Cell> {
    vec![
        Cell::Count(number),
        words(&line.name),
        words(word(line.status)),
        words(journal_code(line, &rules.journal)),
    ]
}

fn full(number: u64, line: &RollLine, report: &RollReport) -> Vec<Cell> {
    let flags: Vec<_> = line.flags.iter().map(|flag| flag_word(*flag)).collect();
    let mark = line.decided.as_ref();
    let percent = (line.heard_ms * 100).checked_div(line.possible_ms);
    let person = matches!(LineKey::parse(&line.id), Some(LineKey::Person(_)));
    let mut row = short(number, line, &report.rules);
    row.extend([
        words(&flags.join(" ")),
        minutes(line.late_ms),
        minutes(line.left_early_ms),
        utc(line.first_seen_ms),
        utc(line.last_seen_ms),
        utc(line.first_heard_ms),
        utc(line.last_heard_ms),
        minutes(line.connected_ms),
        minutes(line.heard_ms),
        percent.map_or(Cell::Nothing, Cell::Count),
        Cell::Count(line.sessions.into()),
        Cell::Count(line.longest_gap_ms / 1_000),
        minutes(line.ours_ms),
        minutes(line.line_ms),
        minutes(line.device_ms),
        Cell::Count(line.checks_sent.into()),
        Cell::Count(line.checks_answered.into()),
        Cell::Count(line.spoke_ms / 1_000),
        Cell::Count(line.hands.into()),
        Cell::Count(line.messages.into()),
        line.at_screen_of.as_deref().map_or(Cell::Nothing, words),
        words(word(line.measured)),
        mark.map_or(Cell::Nothing, |mark| words(word(mark.status))),
        mark.and_then(|mark| mark.by.as_deref())
            .map_or(Cell::Nothing, words),
        mark.map_or(Cell::Nothing, |mark| words(&mark.reason)),
        mark.map_or(Cell::Nothing, |mark| utc(Some(mark.at_ms))),
        line.dispute.as_deref().map_or(Cell::Nothing, words),
        // A guest's seat is a number of this lesson alone.
        if person {
            words(&line.id.0[1..])
        } else {
            Cell::Nothing
        },
        words(report.code.as_str()),
        words(&report.name),
        utc(report.head.started_ms),
        utc(report.head.ended_ms),
        Cell::Count(report.rules.version.into()),
        words(&describe(&report.rules)),
    ]);
    row
}

/// The rules in one line, for whoever reads the file without us.
pub fn describe(rules: &RollRules) -> String {
    format!(
        "v{}: late after {} min; left early before the last {} min; present from {}%; \
         partial below {}%; technical from {}% of the lost time",
        rules.version,
        rules.late_after_ms / 60_000,
        rules.early_before_ms / 60_000,
        rules.present_percent,
        rules.partial_percent,
        rules.technical_percent,
    )
}

/// The word for a status.
pub const fn word(status: Attendance) -> &'static str {
    match status {
        Attendance::Present => "present",
        Attendance::Late => "late",
        Attendance::LeftEarly => "left_early",
        Attendance::Partial => "partial",
        Attendance::Absent => "absent",
        Attendance::Excused => "excused",
        Attendance::Technical => "technical",
        Attendance::InTheRoom => "in_the_room",
        Attendance::Guest => "guest",
    }
}

const fn flag_word(flag: RollFlag) -> &'static str {
    match flag {
        RollFlag::Late => "late",
        RollFlag::LeftEarly => "left_early",
        RollFlag::Technical => "technical",
        RollFlag::Unheard => "unheard",
        RollFlag::TwoPlaces => "two_places",
        RollFlag::MissedCheck => "missed_check",
        RollFlag::Several => "several_at_screen",
        RollFlag::Disputed => "disputed",
    }
}

/// The journal's letter. An excuse whose reason says "ill" in one of our languages has its own.
pub fn journal_code<'a>(line: &RollLine, codes: &'a JournalCodes) -> &'a str {
    const ILL: [&str; 5] = ["ill", "sick", "бол", "ауыр", "сырқат"];
    let reason = line.decided.as_ref().map(|mark| mark.reason.to_lowercase());
    let is_ill = reason.is_some_and(|reason| ILL.iter().any(|word| reason.starts_with(word)));
    match line.status {
        Attendance::Present => &codes.present,
        Attendance::Late => &codes.late,
        Attendance::LeftEarly => &codes.left_early,
        Attendance::Partial => &codes.partial,
        Attendance::Absent => &codes.absent,
        Attendance::Excused if is_ill => &codes.ill,
        Attendance::Excused => &codes.excused,
        Attendance::Technical => &codes.technical,
        Attendance::InTheRoom => &codes.in_the_room,
        Attendance::Guest => "",
    }
}

/// Text; empty is nothing.
pub fn words(text: &str) -> Cell {
    match text {
        "" => Cell::Nothing,
        text => Cell::Text(text.to_owned()),
    }
}

/// With one decimal, rounded down.
pub const fn minutes(ms: u64) -> Cell {
    Cell::Tenths(ms / 6_000)
}

/// To the second.
pub fn utc(ms: Option<u64>) -> Cell {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let text = ms
        .and_then(|ms| i64::try_from(ms / 1_000).ok())
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| time.format(format).ok());
    text.map_or(Cell::Nothing, Cell::Text)
}
