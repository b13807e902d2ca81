//! The roll as a spreadsheet.
//!
//! Invariant: opening the file runs nothing: a field that a spreadsheet would take for a formula is
//! led by an apostrophe. The byte order mark makes Excel read Kazakh and Russian names rightly.

use homeroom_protocol::{Role, RollEntry, RollStatus};
use time::OffsetDateTime;
use time::macros::format_description;

const BYTE_ORDER_MARK: &str = "\u{feff}";
const COLUMNS: [&str; 9] = [
    "number",
    "name",
    "role",
    "status",
    "joined_utc",
    "last_seen_utc",
    "present_minutes",
    "times_away",
    "rejoins",
];

/// The file.
///
/// # Errors
/// Never for a roll of ours; the writer's error type asks for it.
pub(crate) fn write(entries: &[RollEntry]) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::from(BYTE_ORDER_MARK));
    writer.write_record(COLUMNS)?;
    for entry in entries {
        writer.write_record(row(entry))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn row(entry: &RollEntry) -> [String; 9] {
    let role = match entry.role {
        Role::Teacher => "teacher",
        Role::Student => "student",
    };
    let status = match entry.status {
        RollStatus::Here => "here",
        RollStatus::Away => "away",
        RollStatus::Left => "left",
    };
    [
        entry.participant.0.to_string(),
        disarm(&entry.name),
        role.to_owned(),
        status.to_owned(),
        utc(entry.joined_ms),
        entry.last_seen_ms.map(utc).unwrap_or_default(),
        minutes(entry.present_ms),
        entry.times_away.to_string(),
        entry.rejoins.to_string(),
    ]
}

/// OWASP "CSV injection": these first characters make a formula, in some programs after a space or
/// in their full-width form too.
fn disarm(field: &str) -> String {
    const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    if field.trim_start().starts_with(FORMULA) {
        format!("'{field}")
    } else {
        field.to_owned()
    }
}

/// Minutes with one decimal, rounded down: nobody was here longer than they were.
fn minutes(ms: u64) -> String {
    let tenths = ms / 6_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn utc(ms: u64) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    i64::try_from(ms / 1_000)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|time| time.format(format).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_protocol::ParticipantId;

    fn entry(name: &str) -> RollEntry {
        RollEntry {
            participant: ParticipantId(2),
            name: name.into(),
            role: Role::Student,
            status: RollStatus::Away,
            joined_ms: 1_700_000_000_000,
            last_seen_ms: Some(1_700_000_060_999),
            present_ms: 65_999,
            times_away: 1,
            rejoins: 0,
        }
    }

    #[test]
    fn a_file_excel_reads() {
        let text = write(&[entry("Әйгерім, 9 \"Ә\"")]).expect("writes");
        let expected = "\u{feff}number,name,role,status,joined_utc,last_seen_utc,present_minutes,\
                        times_away,rejoins\n2,\"Әйгерім, 9 \"\"Ә\"\"\",student,away,\
                        2023-11-14 22:13:20,2023-11-14 22:14:20,1.0,1,0\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn formulas_are_disarmed() {
        let table = [
            ("=1+1", "'=1+1"),
            ("+7 701", "'+7 701"),
            ("-2", "'-2"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("＝1", "'＝1"),
            ("Aida", "Aida"),
            ("O=K", "O=K"),
        ];
        for (name, expected) in table {
            assert_eq!(disarm(name), expected);
        }
    }
}
