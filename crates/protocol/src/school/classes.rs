//! Classes: rosters, staff, links to print, lessons and their rolls.
//!
//! Invariant: a personal link is in the answer that made it and in no other.

use super::{ClassNumber, LinkState, PersonNumber, StaffRole};
use crate::{LessonCode, RollLine, RollReport};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// A class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Class {
    /// Its number.
    pub id: ClassNumber,
    /// Its name.
    pub name: String,
    /// What is taught; may be empty.
    pub subject: String,
    /// Its number in the school's own records.
    pub external_id: Option<String>,
    /// When it was made.
    pub created_ms: u64,
    /// Since when it is over.
    pub archived_ms: Option<u64>,
    /// Students on its roster.
    pub students: u32,
    /// Who teaches and looks on.
    pub staff: Vec<StaffMember>,
}

/// Somebody of a class's staff.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct StaffMember {
    /// Who.
    pub person: PersonNumber,
    /// Their name.
    pub name: String,
    /// What they are in the class.
    pub role: StaffRole,
}

/// `GET /api/v1/classes?archived=&cursor=&limit=`: a page of the classes one may see, by name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Classes {
    /// The classes.
    pub classes: Vec<Class>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// `POST /api/v1/classes`. A teacher who makes one is its teacher.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewClass {
    /// Its name.
    pub name: String,
    /// What is taught; may be empty.
    #[serde(default)]
    pub subject: String,
    /// Its number in the school's own records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub external_id: Option<String>,
}

/// `PATCH /api/v1/classes/{id}`: what is left out stays.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeClass {
    /// The new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
    /// The new subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub subject: Option<String>,
    /// The new number in the school's own records; an empty text takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub external_id: Option<String>,
    /// Whether it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub archived: Option<bool>,
}

/// `PUT /api/v1/classes/{id}/staff/{person}`; `DELETE` takes them off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetStaff {
    /// What they are in the class from now on.
    pub role: StaffRole,
}

/// `GET /api/v1/classes/{id}/roster`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Roster {
    /// In the order of the list.
    pub students: Vec<RosterStudent>,
}

/// A student on a roster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RosterStudent {
    /// Who.
    pub person: PersonNumber,
    /// Place in the list, from 1.
    pub number: u32,
    /// The name the school has fixed.
    pub name: String,
    /// Their number in the school's own records.
    pub external_id: Option<String>,
    /// Their personal link.
    pub link: LinkState,
}

/// `POST /api/v1/classes/{id}/roster`: a pasted list or a CSV file. The file itself may be the body,
/// as `text/csv`, in UTF-8 or Windows-1251; then the other fields are the query's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasteRoster {
    /// A line per student: the name, and if the school wants their number in its own records, before
    /// or after it; divided by tab, `;` or `,`. A line of headings is recognized.
    pub text: String,
    /// Takes students off the roster who are not in the list.
    #[serde(default)]
    pub remove_missing: bool,
    /// Says what would change and changes nothing.
    #[serde(default)]
    pub check_only: bool,
}

/// What a pasted roster changed, or would.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RosterChange {
    /// New on the roster.
    pub added: Vec<RosterName>,
    /// On it before and after, unchanged.
    pub unchanged: u32,
    /// Known by their number in the school's own records, with another name now.
    pub renamed: Vec<Renamed>,
    /// Not in the list; taken off only with `remove_missing`.
    pub missing: Vec<RosterStudent>,
    /// Were those taken off?
    pub missing_removed: bool,
    /// Lines that name somebody a line above had named: counted once.
    pub repeated: Vec<RosterName>,
    /// Lines added whose name a student of another class has: perhaps the same child. Without a number
    /// in the school's own records they are two people.
    pub namesakes: Vec<RosterName>,
    /// Students on the roster afterwards.
    pub students: u32,
}

/// A line of a pasted list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RosterName {
    /// Its number in the text, from 1.
    pub line: u32,
    /// The name.
    pub name: String,
}

/// A student whose name the list corrects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct Renamed {
    /// Who.
    pub person: PersonNumber,
    /// The name until now.
    pub from: String,
    /// The name in the list.
    pub to: String,
}

/// `POST /api/v1/classes/{id}/links`: personal links to print. Each makes the student's link before it
/// void; devices that came by it stay in unless `end_devices`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeLinks {
    /// For these students of the class; left out for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub persons: Option<Vec<PersonNumber>>,
    /// Only for those who have no link, used or not.
    #[serde(default)]
    pub only_without: bool,
    /// Ends the devices that came by an older link: a sheet was photographed, a phone was lost.
    #[serde(default)]
    pub end_devices: bool,
}

/// The answer to [`MakeLinks`]: what is to be printed, once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct LinkSheet {
    /// The class.
    pub class: ClassNumber,
    /// Its name.
    pub class_name: String,
    /// In the order of the roster.
    pub links: Vec<PersonalLink>,
}

/// A student's personal link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct PersonalLink {
    /// Whose.
    pub person: PersonNumber,
    /// Place in the list, from 1; 0 outside a class.
    pub number: u32,
    /// Their name.
    pub name: String,
    /// The link; the first device that opens it uses it up.
    pub url: String,
    /// The link as a QR code.
    pub qr: QrPath,
}

/// A QR code as an SVG path: `<svg viewBox="0 0 size size"><path d="…"/></svg>`, dark on light, its
/// quiet zone included.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct QrPath {
    /// Width and height in modules.
    pub size: u32,
    /// The `d` of the path, to be filled.
    pub path: String,
}

/// `POST /api/v1/classes/{id}/lessons`: starts a lesson of the class now. The answer is
/// `CreatedLesson`; other staff come in by ticket.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartLesson {
    /// Its name; left out for the class's name and subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub name: Option<String>,
}

/// A lesson of a class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ClassLesson {
    /// Its code.
    pub code: LessonCode,
    /// Its name.
    pub name: String,
    /// Whose it is; `null` for an ad-hoc lesson.
    pub class: Option<ClassNumber>,
    /// Who gave it; `null` without an account.
    pub teacher: Option<PersonNumber>,
    /// When it was opened.
    pub started_ms: u64,
    /// When it was ended.
    pub ended_ms: Option<u64>,
}

/// `GET /api/v1/classes/{id}/lessons?cursor=&limit=`: a page, the newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ClassLessons {
    /// The lessons.
    pub lessons: Vec<ClassLesson>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// `GET /api/v1/lessons/{code}/roll`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct LessonRoll {
    /// The lesson.
    pub lesson: ClassLesson,
    /// What its teacher sees.
    pub report: RollReport,
}

/// `GET /api/v1/classes/{id}/students/{person}/rolls?cursor=&limit=`: one student's attendance, a
/// page, the newest first; for staff, and for the student about themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct StudentHistory {
    /// The lessons.
    pub rolls: Vec<StudentRoll>,
    /// Cursor of the next page.
    pub next: Option<String>,
}

/// What one lesson's roll says about one student.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct StudentRoll {
    /// The lesson.
    pub lesson: ClassLesson,
    /// Their line; `null` where it has none.
    pub line: Option<RollLine>,
}

/// `GET /api/v1/classes/{id}/rolls?cursor=&limit=`: the class's history, a page, the newest first;
/// its reports come without sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct ClassHistory {
    /// The rolls.
    pub rolls: Vec<LessonRoll>,
    /// Cursor of the next page.
    pub next: Option<String>,
}
