//! The table as comma- or semicolon-separated text.
//!
//! Invariant: the byte order mark makes Excel read Kazakh and Russian names rightly.

use super::is_formula;
use super::table::{Cell, Form, lines};
use homeroom_protocol::RollReport;

const BYTE_ORDER_MARK: &str = "\u{feff}";

/// What parts the fields: Excel of a Russian or Kazakh Windows wants semicolons.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Separator {
    /// `,`
    #[default]
    Comma,
    /// `;`
    Semicolon,
}

/// The file.
///
/// # Errors
/// Never for a roll of ours; the writer's error type asks for it.
pub fn csv(report: &RollReport, form: Form, separator: Separator) -> Result<String, csv::Error> {
    let mut writer = csv::WriterBuilder::new()
        .delimiter(match separator {
            Separator::Comma => b',',
            Separator::Semicolon => b';',
        })
        .from_writer(Vec::from(BYTE_ORDER_MARK));
    let (head, rows) = lines(report, form);
    writer.write_record(head)?;
    for row in rows {
        writer.write_record(row.iter().map(text))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn text(cell: &Cell) -> String {
    match cell {
        Cell::Nothing => String::new(),
        Cell::Text(text) if is_formula(text) => format!("'{text}"),
        Cell::Text(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Tenths(tenths) => format!("{}.{}", tenths / 10, tenths % 10),
    }
}
