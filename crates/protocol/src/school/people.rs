//! People and their invitations.
//!
//! Invariant: a password or its hash is in no answer.

use super::{PersonNumber, QrPath};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// What somebody is at this school.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PersonKind {
    /// Sets the school up and sees all of it.
    Admin,
    /// Teaches the classes whose staff they are on.
    Teacher,
    /// Attends.
    Student,
    /// Looks on in the classes whose staff they are on.
    Observer,
}

/// How a student's personal link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Never made, or made void.
    None,
    /// Made and not opened yet.
    Unused,
    /// Opened: a device of theirs comes in by itself.
    Used,
}

/// A person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Person {
    /// Number at this school.
    pub id: PersonNumber,
    /// Name as the school has fixed it; of an invited person who has not come yet, may be empty.
    pub name: String,
    /// What they are.
    pub kind: PersonKind,
    /// What they log in with; `null` without a local account.
    pub login: Option<String>,
    /// Their number in the school's own records.
    pub external_id: Option<String>,
    /// When they were written down.
    pub created_ms: u64,
    /// Since when nothing opens for them.
    pub disabled_ms: Option<u64>,
    /// An invitation that waits for them is good until then.
    pub invited_until_ms: Option<u64>,
    /// Their personal link.
    pub link: LinkState,
}

/// `GET /api/v1/people?kind=&search=&cursor=&limit=`: a page of people, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct People {
    /// The people.
    pub people: Vec<Person>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// `POST /api/v1/people`: one more person. With `login` and `password` they can log in at once;
/// without, invite them or make a personal link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPerson {
    /// Name as everybody will see it.
    pub name: String,
    /// What they are.
    pub kind: PersonKind,
    /// What they will log in with; not for a student. Goes with `password`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub login: Option<String>,
    /// At least `MIN_PASSWORD_CHARS` characters. Goes with `login`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub password: Option<String>,
    /// Their number in the school's own records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub external_id: Option<String>,
}

/// `PATCH /api/v1/people/{id}`: what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePerson {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// The new number in the school's own records; an empty text takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub external_id: Option<String>,
    /// `true` ends every login, link and invitation of theirs; `false` lets them be given again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub disabled: Option<bool>,
}

/// `POST /api/v1/invitations`: a new person, and the link to their account. A new link for somebody
/// who is there already is `POST /api/v1/people/{id}/invitation`, without a body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewInvitation {
    /// What they will be; not a student.
    pub kind: PersonKind,
    /// Their name; they may correct it. May be empty.
    pub name: String,
}

/// An invitation, shown once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Invitation {
    /// Whose.
    pub person: PersonNumber,
    /// The link to give to them; good for one use.
    pub url: String,
    /// The link as a QR code.
    pub qr: QrPath,
    /// When it stops to open anything.
    pub expires_ms: u64,
}
