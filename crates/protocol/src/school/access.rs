//! Getting in: invitations, logins, personal links, join tickets.
//!
//! Invariant: a token travels in a body or in the `Authorization` header, in a link only after `#`.

use super::{ClassNumber, ClassRole, Language, PersonKind, PersonNumber};
use crate::LessonCode;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// `POST /api/v1/invitations/look`: whose invitation is this? It stays good.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAtInvitation {
    /// What the link holds after `#invite=`.
    pub token: String,
}

/// The answer to [`LookAtInvitation`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct InvitationInfo {
    /// What the invited person will be.
    pub kind: PersonKind,
    /// Their name, where whoever invited them wrote one.
    pub name: String,
    /// Their login, where they have an account already and only need a new password.
    pub login: Option<String>,
    /// The school's name; empty until somebody set it.
    pub school: String,
    /// Of the pages, until the person chooses.
    pub language: Language,
}

/// `POST /api/v1/invitations/accept`: makes the account. The invitation is used up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// What the link holds after `#invite=`.
    pub token: String,
    /// Name as everybody will see it.
    pub name: String,
    /// What they will type to log in; letters, digits and `. _ - @`, any case.
    pub login: String,
    /// At least `MIN_PASSWORD_CHARS` characters.
    pub password: String,
}

/// `POST /api/v1/login`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// As chosen, any case.
    pub login: String,
    /// The password.
    pub password: String,
}

/// Somebody is in: the answer to [`LogIn`], [`AcceptInvitation`], [`ExchangeLink`],
/// [`ChangePassword`] and to `POST /api/v1/login/renew`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct LoggedIn {
    /// Goes into `Authorization: Bearer …` of all further calls. The page keeps it.
    pub token: String,
    /// When it stops to open anything.
    pub expires_ms: u64,
    /// Who they are.
    pub me: Me,
}

/// `POST /api/v1/password`: ends every other login of this person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The password until now.
    pub old: String,
    /// At least `MIN_PASSWORD_CHARS` characters.
    pub new: String,
}

/// `POST /api/v1/links/exchange`: a student's personal link for a token of this device. The link is
/// used up; a teacher makes a new one in two clicks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExchangeLink {
    /// What the link holds after `#`.
    pub token: String,
}

/// `GET /api/v1/me`: who am I?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Me {
    /// Number at this school.
    pub person: PersonNumber,
    /// Name as the school has fixed it.
    pub name: String,
    /// What they are at this school.
    pub kind: PersonKind,
    /// What they log in with; `null` for whoever comes by a personal link.
    pub login: Option<String>,
    /// The school's name; empty until somebody set it.
    pub school: String,
    /// Of the pages, until the person chooses.
    pub language: Language,
    /// Classes they teach, look on or attend, archived ones left out.
    pub classes: Vec<MyClass>,
}

/// A class as one of its people sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct MyClass {
    /// Its number.
    pub id: ClassNumber,
    /// Its name.
    pub name: String,
    /// What is taught; may be empty.
    pub subject: String,
    /// What I am in it.
    pub role: ClassRole,
    /// Lessons that have begun and not ended, the newest first.
    pub lessons: Vec<RunningLesson>,
}

/// A lesson one may join now.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RunningLesson {
    /// Its code.
    pub code: LessonCode,
    /// Its name.
    pub name: String,
    /// When it was opened.
    pub started_ms: u64,
}

/// The answer to `POST /api/v1/lessons/{code}/ticket`: opens this person's seat in this lesson, once
/// and soon. It goes into `ticket` of the socket's `join`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct JoinTicket {
    /// 128 random bits.
    pub ticket: String,
    /// When it stops to open anything: two minutes from now.
    pub expires_ms: u64,
    /// The lesson's code.
    pub lesson: LessonCode,
    /// The name the school has fixed.
    pub name: String,
    /// What they will be in it.
    pub role: ClassRole,
}
