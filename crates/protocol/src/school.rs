//! Bodies of the school's HTTP calls, `/api/v1`: people, classes, personal links, audit, settings.
//!
//! Answers that are lists come in pages: `next` is what to send as `cursor` for the following one,
//! `null` after the last. Times are milliseconds since the Unix epoch (UTC). Every refusal is a
//! [`Problem`].
//!
//! Invariant: numbers of people and classes stay below 2^53, so that JavaScript reads them exactly;
//! a secret leaves the server once, in the answer to the call that made it.

mod access;
mod classes;
mod office;
mod people;
mod problem;

pub use access::{
    AcceptInvitation, ChangePassword, ExchangeLink, InvitationInfo, JoinTicket, LogIn, LoggedIn,
    LookAtInvitation, Me, MyClass, RunningLesson,
};
pub use classes::{
    ChangeClass, Class, ClassHistory, ClassLesson, ClassLessons, Classes, LessonRoll, LinkSheet,
    MakeLinks, NewClass, PasteRoster, PersonalLink, QrPath, Renamed, Roster, RosterChange,
    RosterName, RosterStudent, SetStaff, StaffMember, StartLesson, StudentHistory, StudentRoll,
};
pub use office::{
    ApiToken, ApiTokens, AuditLine, AuditPage, AuditVerification, CreatedApiToken, NewApiToken,
    SchoolInfo, SchoolSettings, Scope,
};
pub use people::{
    ChangePerson, Invitation, LinkState, NewInvitation, NewPerson, People, Person, PersonKind,
};
pub use problem::{BadLine, LineProblem, Problem, ProblemCode};

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Shortest password of a local account, in characters.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// Longest password of a local account, in characters.
pub const MAX_PASSWORD_CHARS: usize = 200;
/// Shortest login, in characters.
pub const MIN_LOGIN_CHARS: usize = 3;
/// Longest login, in characters.
pub const MAX_LOGIN_CHARS: usize = 64;
/// Longest number of a person or class in the school's own records, in characters.
pub const MAX_EXTERNAL_ID_CHARS: usize = 64;
/// Longest name of a class, and of its subject, in characters.
pub const MAX_CLASS_NAME_CHARS: usize = 64;
/// Most lines of a pasted roster, and most students of a class.
pub const MAX_ROSTER_LINES: usize = 1_000;
/// Most entries of one page of a list.
pub const MAX_PAGE: usize = 200;
/// Days for which a device may come in by itself: at least and at most.
pub const DEVICE_DAYS: (u32, u32) = (1, 400);
/// Days for which evidence of attendance may be kept: at least and at most.
pub const EVIDENCE_DAYS: (u32, u32) = (1, 3_650);

/// A person's number at this school, the same in every lesson; below 2^53.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(transparent)]
pub struct PersonNumber(pub i64);

/// A class's number; below 2^53.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(transparent)]
pub struct ClassNumber(pub i64);

/// What somebody is in a class, and so in its lessons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassRole {
    /// Gives its lessons.
    Teacher,
    /// Helps to give them.
    Assistant,
    /// Is on its roster.
    Student,
    /// Looks on: a head of studies, a parent.
    Observer,
}

/// What a member of a class's staff is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StaffRole {
    /// Gives its lessons.
    Teacher,
    /// Helps to give them.
    Assistant,
    /// Looks on and changes nothing.
    Observer,
}

/// A language of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Kazakh.
    Kk,
    /// Russian.
    Ru,
    /// English.
    En,
}
