//! The rows of the table, by the numbers of the promises.
//!
//! Invariant: ours and what it is held against are measured in turn within one row, so that the
//! machine's drift hits both.

mod forwarding;
mod latency;
mod memory;
pub mod peers;
mod presence;
mod stampede;

use crate::report::Row;
use crate::subject::Bench;
use anyhow::{Result, bail};

/// The rows there are.
pub const NUMBERS: [u8; 9] = [4, 1, 2, 3, 5, 6, 9, 10, 11];

/// Measures one row; it may come out as several lines.
///
/// # Errors
/// When there is no such row, or it cannot be measured here.
pub fn run(bench: &mut Bench, row: u8) -> Result<Vec<Row>> {
    match row {
        1 => forwarding::lecture(bench),
        2 => forwarding::seminar(bench),
        3 => forwarding::voices(bench),
        4 => Ok(crate::in_memory::rows(bench.quick)),
        5 => memory::rows(bench),
        6 => latency::rows(bench),
        9 => stampede::rows(bench),
        10 => forwarding::rooms(bench),
        11 => presence::rows(bench),
        _ => bail!("there is no row {row} here"),
    }
}

/// Says what is going on.
fn say(row: u8, what: &str) {
    eprintln!("row {row}: {what}");
}
