//! A link's settings over time, as data: a start and steps that each change some of them.
//!
//! [`Trace`] is the plan and does not change; [`Schedule`] is where one link stands in it. `file`
//! reads a trace from TOML.
//!
//! Invariant: every configuration that a trace or a schedule can reach has been validated before
//! the first packet, so no step can fail when its time comes.

mod file;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{ConfigError, LinkChange, LinkConfig};

/// Steps of one trace: 10 ms each for a quarter of an hour.
pub const MAX_STEPS: usize = 100_000;

/// A change at a time since the trace began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: Duration,
    /// What.
    pub change: LinkChange,
}

/// The settings of a link over time. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    start: LinkConfig,
    steps: Arc<[Step]>,
}

/// Why a text or steps make no trace. Steps are counted from 1.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TraceError {
    /// The text is not TOML, or not of this form.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    /// A key or value of a step.
    #[error("line {line}: {message}")]
    Step {
        /// Where the step begins.
        line: usize,
        /// What is wrong.
        message: String,
    },
    /// The settings after a step make no link.
    #[error("step {number}: {source}")]
    Config {
        /// Which step.
        number: usize,
        /// Why.
        source: ConfigError,
    },
    /// A step is before the one above it.
    #[error("step {number} is earlier than the one before it")]
    Order {
        /// Which step.
        number: usize,
    },
    /// More than [`MAX_STEPS`].
    #[error("{0} steps; at most {MAX_STEPS}")]
    TooManySteps(usize),
}

impl Trace {
    /// A trace that begins with `start`.
    ///
    /// # Errors
    /// [`TraceError`] names the step.
    pub fn new(start: LinkConfig, steps: Vec<Step>) -> Result<Self, TraceError> {
        if steps.len() > MAX_STEPS {
            return Err(TraceError::TooManySteps(steps.len()));
        }
        if let Some(early) = steps.windows(2).position(|pair| pair[1].at < pair[0].at) {
            return Err(TraceError::Order { number: early + 2 });
        }
        start
            .validate()
            .map_err(|source| TraceError::Config { number: 0, source })?;
        check_all(start, &steps)
            .map_err(|(number, source)| TraceError::Config { number, source })?;
        let steps = steps.into();
        Ok(Self { start, steps })
    }

    /// The steps, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }
}

impl From<LinkConfig> for Trace {
    /// A trace without steps.
    fn from(start: LinkConfig) -> Self {
        let steps = Arc::default();
        Self { start, steps }
    }
}

/// Whether each step leads to a link; the number of the first that does not.
fn check_all(start: LinkConfig, steps: &[Step]) -> Result<(), (usize, ConfigError)> {
    let mut config = start;
    for (step, number) in steps.iter().zip(1..) {
        config = step.change.apply(config).map_err(|error| (number, error))?;
    }
    Ok(())
}

/// Where a link stands in its trace.
#[derive(Clone, Debug)]
pub struct Schedule {
    config: LinkConfig,
    steps: Arc<[Step]>,
    /// How many steps are done.
    done: usize,
    began: Instant,
}

impl Schedule {
    /// The trace, beginning at `now`.
    ///
    /// # Panics
    /// If a trace without steps was made of a configuration that is no link's.
    #[must_use]
    pub fn new(now: Instant, trace: &Trace) -> Self {
        assert_valid(&trace.start);
        Self {
            config: trace.start,
            steps: trace.steps.clone(),
            done: 0,
            began: now,
        }
    }

    /// The present settings.
    #[must_use]
    pub fn config(&self) -> &LinkConfig {
        &self.config
    }

    /// When the next step is.
    #[must_use]
    pub fn next_at(&self) -> Option<Instant> {
        self.steps.get(self.done).map(|step| self.began + step.at)
    }

    /// Takes the next step if its time has come; when that was.
    pub fn step(&mut self, now: Instant) -> Option<Instant> {
        let at = self.next_at().filter(|at| *at <= now)?;
        let change = self.steps.get(self.done)?.change;
        self.done += 1;
        // Validated when the trace was made, and again by whatever was changed since.
        let after = change.apply(self.config);
        debug_assert!(after.is_ok(), "a step that was validated");
        self.config = after.unwrap_or(self.config);
        Some(at)
    }

    /// Changes some settings; later steps go on from here.
    ///
    /// # Errors
    /// [`ConfigError`] when this, or a step to come, would then make no link; nothing changes.
    pub fn change(&mut self, change: &LinkChange) -> Result<(), ConfigError> {
        let after = change.apply(self.config)?;
        let to_come = self.steps.get(self.done..).unwrap_or_default();
        check_all(after, to_come).map_err(|(_, error)| error)?;
        self.config = after;
        Ok(())
    }

    /// Holds these settings for good: there are no more steps.
    ///
    /// # Panics
    /// If they are no link's.
    pub fn set(&mut self, config: LinkConfig) {
        assert_valid(&config);
        self.config = config;
        self.steps = Arc::default();
        self.done = 0;
    }
}

fn assert_valid(config: &LinkConfig) {
    if let Err(error) = config.validate() {
        panic!("no link is like this: {error}");
    }
}

#[cfg(test)]
mod tests;
