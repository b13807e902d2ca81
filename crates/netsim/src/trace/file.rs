//! A trace as TOML: `[[step]]` tables, each with `at_s` and the settings it changes.
//!
//! ```toml
//! [[step]]
//! at_s = 0
//! rate_kbps = 2000
//! delay_ms = 25
//! queue_ms = 300
//!
//! [[step]]          # thirty bad seconds; delay and queue stay
//! at_s = 30
//! rate_kbps = 250
//!
//! [[step]]
//! at_s = 60
//! rate_kbps = 2000
//! ```
//!
//! The keys are the fields of [`LinkChange`]; what no step has named yet is perfect.
//!
//! Invariant: an error names its line or its step.

use serde::Deserialize;
use std::time::Duration;
use toml::{Spanned, Table, Value};

use super::{Step, Trace, TraceError};
use crate::{LinkChange, LinkConfig};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    step: Vec<Spanned<Table>>,
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    /// [`TraceError`] says where.
    pub fn from_toml(text: &str) -> Result<Self, TraceError> {
        let file: File = toml::from_str(text)?;
        let steps = file.step.into_iter().map(|table| {
            let before = text.get(..table.span().start).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            step(table.into_inner()).map_err(|message| TraceError::Step { line, message })
        });
        Self::new(LinkConfig::PERFECT, steps.collect::<Result<_, _>>()?)
    }
}

/// `at_s` is taken out first, as serde cannot both flatten a struct and refuse unknown keys.
fn step(mut table: Table) -> Result<Step, String> {
    let at_s = match table.remove("at_s") {
        Some(Value::Integer(at_s)) => at_s as f64,
        Some(Value::Float(at_s)) => at_s,
        Some(_) => return Err("at_s is not a number".to_owned()),
        None => return Err("a step without at_s".to_owned()),
    };
    let at = Duration::try_from_secs_f64(at_s)
        .map_err(|_| format!("at_s = {at_s} is not a time since the start"))?;
    // The library ends its messages with a line break.
    let change = LinkChange::deserialize(table).map_err(|error| error.message().to_owned())?;
    Ok(Step { at, change })
}
