//! Why a bot did not get what it wanted.
//!
//! Invariant: each says what was there instead, so that a failed test explains itself.

use crate::observed::Observed;
use homeroom_protocol::{ClosedReason, ErrorCode};
use std::time::Duration;

/// Why a bot is not in the lesson.
#[derive(Debug)]
pub enum JoinFailed {
    /// The server said so.
    Refused(ErrorCode, String),
    /// It closed the socket with no more than that.
    Closed(ClosedReason),
    /// It never came that far.
    Broken(anyhow::Error),
}

impl std::fmt::Display for JoinFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(code, detail) => write!(f, "refused: {code:?}: {detail}"),
            Self::Closed(reason) => write!(f, "closed: {reason:?}"),
            Self::Broken(error) => write!(f, "{error:#}"),
        }
    }
}

impl std::error::Error for JoinFailed {}

impl From<anyhow::Error> for JoinFailed {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

/// What a bot waited for did not happen.
#[derive(Debug)]
pub struct TooLate {
    pub(super) what: String,
    pub(super) waited: Duration,
    pub(super) saw: Box<Observed>,
}

impl std::fmt::Display for TooLate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "after {:?} still not: {}\n{}",
            self.waited, self.what, self.saw
        )
    }
}

impl std::error::Error for TooLate {}
