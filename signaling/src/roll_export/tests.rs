//! Files of a roll, as a spreadsheet would read them.

use super::table::Form;
use super::{Separator, csv, is_formula, workbook};
use homeroom_protocol::{Attendance, RollReport};
use std::collections::BTreeMap;

fn report() -> RollReport {
    let text = include_str!("../../../crates/protocol/fixtures/http/roll_report.json");
    serde_json::from_str(text).expect("the fixture is a report")
}

#[test]
fn a_name_that_is_a_formula_is_only_a_name() {
    for name in ["=1+1", "+7701", "-x", "@SUM(A1)", "\t=1", " =1", "＝1"] {
        assert!(is_formula(name), "{name:?}");
        let mut report = report();
        report.lines[0].name = name.into();
        let text = csv(&report, Form::Short, Separator::Comma).expect("writes");
        assert!(text.contains(&format!("'{name}")), "{text}");
    }
    assert!(!is_formula("Айдана Серік"));
}

#[test]
fn the_short_form_names_nothing_but_names_and_statuses() {
    let text = csv(&report(), Form::Short, Separator::Semicolon).expect("writes");
    let expected = "\u{feff}number;name;status;journal_code\n\
                    1;Айдана Серік;present;\n\
                    2;Тимур;absent;ж\n";
    assert_eq!(text, expected);
}

#[test]
fn the_full_form_says_what_was_measured_and_by_which_rules() {
    let text = csv(&report(), Form::Full, Separator::Comma).expect("writes");
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let row: BTreeMap<String, String> = reader.deserialize().next().expect("a row").expect("reads");
    for (column, expected) in [
        ("minutes_late", "7.0"),
        ("minutes_hearing", "9.9"),
        ("percent_of_lesson", "58"),
        ("flags", "late missed_check"),
        ("measured_status", "late"),
        ("teacher_override", "present"),
        ("override_by", "Асель Нұрланқызы"),
        ("first_seen_utc", "2023-11-14 22:13:20"),
        ("student_id", "7"),
        ("rule_version", "1"),
    ] {
        assert_eq!(row[column], expected, "{column}");
    }
    assert!(row["rules"].starts_with("v1: late after 5 min"));
}

#[test]
fn the_journal_has_its_own_letter_for_the_ill() {
    let mut report = report();
    let line = &mut report.lines[0];
    line.status = Attendance::Excused;
    for (reason, letter) in [("Болеет", "а"), ("ауырып қалды", "а"), ("олимпиада", "д")]
    {
        line.decided.as_mut().expect("decided").reason = reason.into();
        let code = super::table::journal_code(line, &report.rules.journal);
        assert_eq!(code, letter, "{reason}");
    }
    line.status = Attendance::Late;
    assert_eq!(super::table::journal_code(line, &report.rules.journal), "к");
}

#[test]
fn a_workbook_is_a_zip_with_four_sheets_or_one() {
    for (form, sheets) in [(Form::Full, 4), (Form::Short, 1)] {
        let bytes = workbook(&report(), form, &BTreeMap::new()).expect("writes");
        assert_eq!(&bytes[..2], b"PK");
        let name = b"xl/worksheets/sheet";
        let parts = bytes
            .windows(name.len())
            .filter(|part| part == name)
            .count();
        // Each part is named once before its bytes and once in the directory.
        assert_eq!(parts, 2 * sheets, "{form:?}");
    }
}
