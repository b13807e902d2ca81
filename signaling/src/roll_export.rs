//! The roll as files: the same table as CSV and as a workbook, and the report itself as JSON.
//!
//! Invariant: opening a file runs nothing: a field that a spreadsheet would take for a formula is led
//! by an apostrophe in CSV and is plain text in a workbook. Times are UTC and say so.

mod csv_file;
mod table;
mod workbook;

pub use csv_file::{Separator, csv};
pub use table::Form;
pub use workbook::workbook;

#[cfg(test)]
mod tests;

/// OWASP "CSV injection": these first characters make a formula, in some programs after a space or
/// in their full-width form too.
fn is_formula(field: &str) -> bool {
    const FORMULA: [char; 10] = ['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠'];
    field.trim_start().starts_with(FORMULA) || field.starts_with(['\t', '\r'])
}
