//! The school's office: settings, tokens of its own tools, the audit.
//!
//! Invariant: the audit's lines hold numbers of people, never their names.

use super::Language;
use crate::RollRules;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// `GET` and `PUT /api/v1/settings`: the school's own rules and words, whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SchoolSettings {
    /// The school's name; may be empty.
    pub name: String,
    /// Of the pages, until a person chooses.
    pub language: Language,
    /// Whether anybody may start a lesson without an account.
    pub adhoc_lessons: bool,
    /// Days for which a device that came by a personal link comes in by itself: a school year.
    pub device_days: u32,
    /// Days for which the evidence behind a roll is kept; the roll itself stays.
    pub evidence_days: u32,
    /// How attendance is judged from now on. `version` is the server's to count.
    pub roll_rules: RollRules,
}

/// `GET /api/v1/school`: what anybody may know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct SchoolInfo {
    /// The school's name; empty until somebody set it.
    pub name: String,
    /// Of the pages, until a person chooses.
    pub language: Language,
    /// Whether anybody may start a lesson without an account.
    pub adhoc_lessons: bool,
}

/// What a tool may be allowed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
pub enum Scope {
    /// See people.
    #[serde(rename = "people:read")]
    PeopleRead,
    /// Add and change people.
    #[serde(rename = "people:write")]
    PeopleWrite,
    /// See classes, rosters and staff.
    #[serde(rename = "classes:read")]
    ClassesRead,
    /// Add and change classes, rosters and staff.
    #[serde(rename = "classes:write")]
    ClassesWrite,
    /// See lessons.
    #[serde(rename = "lessons:read")]
    LessonsRead,
    /// See the roll of one lesson.
    #[serde(rename = "rolls:read")]
    RollsRead,
    /// Take rolls out in bulk.
    #[serde(rename = "rolls:export")]
    RollsExport,
    /// See the audit.
    #[serde(rename = "audit:read")]
    AuditRead,
}

/// `POST /api/v1/api-tokens`: a token for a tool of the school.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiToken {
    /// Which tool, in the administrator's words.
    pub name: String,
    /// What it may; at least one.
    pub scopes: Vec<Scope>,
    /// Days until it stops to open anything; left out for never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub days: Option<u32>,
}

/// A tool's token, without its secret.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ApiToken {
    /// Its number; `DELETE /api/v1/api-tokens/{id}` ends it.
    pub id: i64,
    /// Which tool.
    pub name: String,
    /// What it may.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_ms: u64,
    /// When it stops to open anything.
    pub expires_ms: Option<u64>,
    /// When it was ended.
    pub revoked_ms: Option<u64>,
}

/// The answer to [`NewApiToken`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct CreatedApiToken {
    /// The secret, shown once.
    pub token: String,
    /// The rest.
    pub about: ApiToken,
}

/// `GET /api/v1/api-tokens`: all, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ApiTokens {
    /// The tokens.
    pub tokens: Vec<ApiToken>,
}

/// A line of the audit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct AuditLine {
    /// Counts all lines from 1.
    pub number: u64,
    /// When.
    pub at_ms: u64,
    /// Who: `person:…`, `tool:…` or `server`.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what: `person:…`, `class:…`, `lesson:…`, …
    pub subject: String,
    /// What the action alone does not say.
    pub detail: String,
    /// SHA-256 over this line and the hash before it, in hexadecimal.
    pub hash: String,
}

/// `GET /api/v1/audit?cursor=&limit=`: a page, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct AuditPage {
    /// The lines.
    pub lines: Vec<AuditLine>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// `GET /api/v1/audit/verification`: are all lines as they were written?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct AuditVerification {
    /// Lines read.
    pub lines: u64,
    /// The first that is not as it was written, or is gone; `null` when all are well.
    pub first_broken: Option<u64>,
}
