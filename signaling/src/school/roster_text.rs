//! A class list as people have it: pasted from a table, a document or a message, or a CSV file.
//!
//! What each column is, the whole list tells: one that counts 1, 2, 3 … is the list's own order; one
//! with digits in every line is the number in the school's records; what is left are names, or
//! their parts.
//!
//! Invariant: a list is read whole or not at all; every line that cannot be read is named.

use crate::names;
use csv::{ReaderBuilder, StringRecord};
use homeroom_protocol::MAX_NAME_CHARS;
use homeroom_protocol::school::{BadLine, LineProblem, MAX_EXTERNAL_ID_CHARS, MAX_ROSTER_LINES};
use homeroom_store::PastedLine;

/// Parts of a name that may stand in columns of their own: surname, name, patronymic.
const MAX_NAME_COLUMNS: usize = 3;
/// Words of a line of headings, in small letters.
const HEADINGS: &[&str] = &[
    "№",
    "no",
    "n",
    "id",
    "name",
    "surname",
    "student",
    "pupil",
    "number",
    "фио",
    "ф",
    "имя",
    "фамилия",
    "отчество",
    "ученик",
    "ученика",
    "учащийся",
    "учащегося",
    "обучающийся",
    "номер",
    "иин",
    "аты",
    "жөні",
    "тегі",
    "есімі",
    "әкесінің",
    "оқушы",
    "оқушының",
    "нөмірі",
    "нөмір",
    "жсн",
    "р",
    "рс",
    "п",
];

struct Line {
    number: u32,
    cells: Vec<String>,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Nothing,
    Order,
    Number,
    Name,
}

/// The text of a file: UTF-8, or Windows-1251 as spreadsheets in Russian save it.
pub(super) fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1251.decode(bytes).0.into_owned(),
    }
}

/// Reads a list.
pub(super) fn read(text: &str) -> Result<Vec<PastedLine>, Vec<BadLine>> {
    let text = text.trim_start_matches('\u{feff}');
    let mut bad = Vec::new();
    let mut lines = split(text, &mut bad);
    if lines.first().is_some_and(is_heading) {
        lines.remove(0);
    }
    if let Some(line) = lines.get(MAX_ROSTER_LINES) {
        bad.push(problem(line.number, LineProblem::TooManyLines));
        return Err(bad);
    }
    let columns = columns(&lines);
    let too_many = |kind| columns.iter().filter(|column| **column == kind).count();
    let crowded = too_many(Column::Number) > 1 || too_many(Column::Name) > MAX_NAME_COLUMNS;
    let mut read = Vec::with_capacity(lines.len());
    for line in &lines {
        let outcome = if crowded {
            Err(LineProblem::TooManyColumns)
        } else {
            read_line(line, &columns)
        };
        match outcome {
            Ok(line) => read.push(line),
            Err(what) => bad.push(problem(line.number, what)),
        }
    }
    if bad.is_empty() {
        return Ok(read);
    }
    bad.sort_by_key(|bad| bad.line);
    Err(bad)
}

const fn problem(line: u32, problem: LineProblem) -> BadLine {
    BadLine { line, problem }
}

/// Lines with something in them, as cells.
fn split(text: &str, bad: &mut Vec<BadLine>) -> Vec<Line> {
    let delimiter = delimiter(text);
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        // What is beyond the bound is not even looked at.
        if lines.len() > MAX_ROSTER_LINES + 1 {
            break;
        }
        match cells(line, delimiter) {
            Some(cells) if cells.iter().all(String::is_empty) => {}
            Some(cells) => lines.push(Line { number, cells }),
            None => bad.push(problem(number, LineProblem::Unreadable)),
        }
    }
    lines
}

/// What divides the cells: a name holds no tab and no semicolon.
fn delimiter(text: &str) -> u8 {
    for delimiter in [b'\t', b';'] {
        if text.bytes().any(|byte| byte == delimiter) {
            return delimiter;
        }
    }
    b','
}

fn cells(line: &str, delimiter: u8) -> Option<Vec<String>> {
    if line.matches('"').count() % 2 == 1 {
        return None;
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(line.as_bytes());
    let mut record = StringRecord::new();
    reader.read_record(&mut record).ok()?;
    let clean = |cell: &str| {
        let words: Vec<&str> = cell
            .split([' ', '\u{a0}'])
            .filter(|w| !w.is_empty())
            .collect();
        words.join(" ")
    };
    Some(record.iter().map(clean).collect())
}

/// Whether a line names the columns: it is made of the words of headings.
fn is_heading(line: &Line) -> bool {
    let named = |cell: &String| {
        let lower = cell.to_lowercase();
        let words = lower.split(|c: char| !c.is_alphanumeric() && c != '№');
        let mut words = words.filter(|word| !word.is_empty()).peekable();
        words.peek().is_some() && words.all(|word| HEADINGS.contains(&word))
    };
    let mut cells = line.cells.iter().filter(|cell| !cell.is_empty()).peekable();
    cells.peek().is_some() && cells.all(named)
}

fn has_digit(text: &str) -> bool {
    text.chars().any(|c| c.is_ascii_digit())
}

fn columns(lines: &[Line]) -> Vec<Column> {
    let width = lines.iter().map(|line| line.cells.len()).max().unwrap_or(0);
    (0..width).map(|column| kind(lines, column)).collect()
}

fn kind(lines: &[Line], column: usize) -> Column {
    let cells = lines.iter().map(|line| line.cells.get(column));
    let cells: Vec<&str> = cells.map(|cell| cell.map_or("", String::as_str)).collect();
    let mut written = cells.iter().filter(|cell| !cell.is_empty()).peekable();
    if written.peek().is_none() {
        return Column::Nothing;
    }
    let counts =
        |(place, cell): (usize, &&str)| cell.trim_end_matches(['.', ')']).parse() == Ok(place + 1);
    if cells.iter().enumerate().all(counts) {
        return Column::Order;
    }
    // `1. Aida` is a name with its place before it.
    if written.all(|cell| has_digit(cell) && without_place(cell) == *cell) {
        return Column::Number;
    }
    Column::Name
}

/// A name without the place a document's list writes before it: `12. Aida`, `12) Aida`.
fn without_place(cell: &str) -> &str {
    let rest = cell.trim_start_matches(|c: char| c.is_ascii_digit());
    if rest.len() == cell.len() {
        return cell;
    }
    match rest.strip_prefix(['.', ')']) {
        Some(name) if !name.trim().is_empty() && !has_digit(name) => name.trim(),
        _ => cell,
    }
}

fn read_line(line: &Line, columns: &[Column]) -> Result<PastedLine, LineProblem> {
    let of = |wanted: Column| {
        let cells = line.cells.iter().zip(columns);
        cells
            .filter(move |(cell, column)| **column == wanted && !cell.is_empty())
            .map(|(cell, _)| cell.as_str())
    };
    let parts: Vec<&str> = of(Column::Name).map(without_place).collect();
    let name = parts.join(" ");
    if name.is_empty() {
        return Err(LineProblem::NoName);
    }
    if name.chars().count() > MAX_NAME_CHARS {
        return Err(LineProblem::NameTooLong);
    }
    let name = names::clean(&name, MAX_NAME_CHARS).ok_or(LineProblem::BadCharacters)?;
    let external_id = match of(Column::Number).next() {
        None => None,
        Some(number) if number.chars().count() > MAX_EXTERNAL_ID_CHARS => {
            return Err(LineProblem::ExternalIdTooLong);
        }
        Some(number) => {
            let number = names::clean(number, MAX_EXTERNAL_ID_CHARS);
            Some(number.ok_or(LineProblem::BadCharacters)?)
        }
    };
    Ok(PastedLine {
        line: line.number,
        name,
        external_id,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name/number` of each line.
    fn list(text: &str) -> String {
        let lines = read(text).expect("can be read");
        let line = |line: &PastedLine| match &line.external_id {
            Some(number) => format!("{}/{number}", line.name),
            None => line.name.clone(),
        };
        lines.iter().map(line).collect::<Vec<_>>().join(" | ")
    }

    fn problems(text: &str) -> Vec<(u32, LineProblem)> {
        let bad = read(text).expect_err("cannot be read");
        bad.iter().map(|bad| (bad.line, bad.problem)).collect()
    }

    #[test]
    fn lists_as_people_have_them() {
        let table = [
            (
                "Әлия Нұрланқызы\nТимур Ким\n",
                "Әлия Нұрланқызы | Тимур Ким",
            ),
            ("  Aida   N.  \r\n\r\n\tTimur\r\n", "Aida N. | Timur"),
            (
                "Aida;2026-017\nTimur;2026-018",
                "Aida/2026-017 | Timur/2026-018",
            ),
            (
                "2026-017,Aida\n2026-018,Timur",
                "Aida/2026-017 | Timur/2026-018",
            ),
            ("Aida\t17\nTimur\t", "Aida/17 | Timur"),
            ("№;ФИО\n1;Aida\n2;Timur", "Aida | Timur"),
            (
                "№\tАты-жөні\tЖСН\n1\tAida\t070101\n2\tTimur\t070102",
                "Aida/070101 | Timur/070102",
            ),
            ("1. Aida\n2. Timur\n10) Dana", "Aida | Timur | Dana"),
            (
                "Фамилия;Имя\nКим;Тимур\nСерік;Айдана",
                "Ким Тимур | Серік Айдана",
            ),
            (
                "\"Kim, Timur\",7\n\"Serik, Aida\",9",
                "Kim, Timur/7 | Serik, Aida/9",
            ),
            ("\u{feff}Aida;7\n;;\nTimur;9", "Aida/7 | Timur/9"),
            ("1;Aida", "Aida"),
            ("3;Aida\n4;Timur", "Aida/3 | Timur/4"),
            ("", ""),
        ];
        for (text, expected) in table {
            assert_eq!(list(text), expected, "{text:?}");
        }
    }

    #[test]
    fn every_line_that_cannot_be_read_is_named() {
        let long = "x".repeat(MAX_NAME_CHARS + 1);
        let number = "7".repeat(MAX_EXTERNAL_ID_CHARS + 1);
        let text = format!("Aida;7\n;8\n{long};9\nTimur\u{202e};10\nDana;{number}\n\"Olzhas;11\n");
        let expected = [
            (2, LineProblem::NoName),
            (3, LineProblem::NameTooLong),
            (4, LineProblem::BadCharacters),
            (5, LineProblem::ExternalIdTooLong),
            (6, LineProblem::Unreadable),
        ];
        assert_eq!(problems(&text), expected);
    }

    #[test]
    fn two_numbers_are_one_too_many() {
        let expected = [
            (1, LineProblem::TooManyColumns),
            (2, LineProblem::TooManyColumns),
        ];
        assert_eq!(problems("Aida;17;2007\nTimur;18;2009"), expected);
    }

    #[test]
    fn a_roster_has_an_end() {
        let line = |number: usize| format!("Aida {}\n", "x".repeat(number % 7 + 1));
        let text: String = (0..=MAX_ROSTER_LINES).map(line).collect();
        let expected = [(1_001, LineProblem::TooManyLines)];
        assert_eq!(problems(&text), expected, "one too many");
        let rest = text.split_once('\n').expect("has lines").1;
        assert_eq!(read(rest).expect("fits").len(), MAX_ROSTER_LINES);
    }

    #[test]
    fn files_of_windows_and_of_the_web_are_read() {
        let (windows, _, _) = encoding_rs::WINDOWS_1251.encode("Тимур Ким;17");
        assert_eq!(decode(&windows), "Тимур Ким;17");
        assert_eq!(decode("\u{feff}Әлия".as_bytes()), "Әлия");
    }
}
