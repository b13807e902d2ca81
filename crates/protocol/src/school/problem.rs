//! Why a call of `/api/v1` was refused (RFC 9457).
//!
//! Invariant: `detail` is English for developers and holds no name and no secret; pages translate
//! `code` and the problems of `lines`.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// The body of every refusal, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Problem {
    /// The HTTP status again.
    pub status: u16,
    /// For the page to say it in the person's language.
    pub code: ProblemCode,
    /// In English, for developers.
    pub detail: String,
    /// With `bad_lines`: each line that cannot be read. Nothing was changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<BadLine>>")]
    pub lines: Vec<BadLine>,
}

/// Why.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum ProblemCode {
    /// The body or the query is not what this call takes.
    BadRequest,
    /// A name is empty, too long or holds control characters.
    BadName,
    /// A login has 3 to 64 letters, digits or `. _ - @`.
    BadLogin,
    /// The password is too short or too long.
    BadPassword,
    /// Lines of the roster cannot be read; `lines` says which.
    BadLines,
    /// No token, or one that opens nothing any more: log in.
    NotLoggedIn,
    /// Login and password do not fit.
    WrongPassword,
    /// The link was opened before, was replaced by a newer one, or is too old.
    LinkUsed,
    /// This person or tool may not do that.
    NotAllowed,
    /// There is no such thing, or it is not yours to see.
    NotFound,
    /// Somebody else has this login.
    LoginTaken,
    /// Somebody else has this number in the school's own records.
    ExternalIdTaken,
    /// The school would be left without an administrator.
    LastAdmin,
    /// The lesson has ended, or the class is archived.
    Over,
    /// A bound is reached; `detail` says which.
    TooMany,
    /// The body is too long.
    TooLong,
    /// Too many tries: wait a little.
    TooFast,
    /// The database is away or busy: try again soon.
    Unavailable,
    /// Our mistake.
    Internal,
}

/// A line of a pasted roster that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct BadLine {
    /// Its number in the text, from 1.
    pub line: u32,
    /// What is wrong with it.
    pub problem: LineProblem,
}

/// What is wrong with a line of a pasted roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineProblem {
    /// There is no name in it.
    NoName,
    /// The name is too long.
    NameTooLong,
    /// Control characters, or ones that turn the direction of text.
    BadCharacters,
    /// The number in the school's own records is too long.
    ExternalIdTooLong,
    /// More columns than a name and a number.
    TooManyColumns,
    /// A quotation mark is not closed.
    Unreadable,
    /// A line above has the same number with another name.
    ExternalIdRepeated,
    /// The number belongs to somebody who is not a student.
    NotAStudent,
    /// One line more than a roster may have.
    TooManyLines,
}
