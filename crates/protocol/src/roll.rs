//! The roll as teachers read it, and the same words as the pupil sees about themselves.
//!
//! Invariant: a [`RollLine`] says what was observed beside what it was judged to be, so that whoever
//! reads it can judge anew; nothing in it measures attention.

use crate::{LessonCode, ParticipantId, RollStatus};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// Names a line of a lesson's roll: a person of the school, or a seat nobody is known by.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(transparent)]
pub struct LineId(pub String);

/// What somebody's attendance was judged to be, or is so far.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Attendance {
    /// Heard enough of the lesson, from its beginning.
    Present,
    /// Came after it had begun.
    Late,
    /// Went before it ended.
    LeftEarly,
    /// Heard some of it.
    Partial,
    /// Expected, and never heard any of it.
    Absent,
    /// Somebody excused them.
    Excused,
    /// Missed much by the fault of the server or the line; the teacher decides.
    Technical,
    /// Sat with others at one screen.
    InTheRoom,
    /// Not expected.
    Guest,
}

/// What is worth knowing beside the one word.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RollFlag {
    /// First heard the lesson after it had begun.
    Late,
    /// Last heard it before it ended.
    LeftEarly,
    /// Much of what they missed is the server's or the line's fault.
    Technical,
    /// The device was there, but the lesson did not reach its loudspeaker.
    Unheard,
    /// Devices took the seat from each other again and again.
    TwoPlaces,
    /// Did not answer a check.
    MissedCheck,
    /// Several children sit at this screen.
    Several,
    /// The pupil says that this is wrong.
    Disputed,
}

/// One line of the roll: a person however often they came, with however many devices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RollLine {
    /// Which.
    pub id: LineId,
    /// The name the school has fixed, or the one the guest wrote.
    pub name: String,
    /// Their seat, once they have one.
    pub participant: Option<ParticipantId>,
    /// Whether a list expected them; `false` is a guest.
    pub expected: bool,
    /// Where the seat stands now; `null` before they come.
    pub now: Option<RollStatus>,
    /// The lesson reaches their device's loudspeaker now.
    pub hearing_now: bool,
    /// What it comes to, a teacher's word included.
    pub status: Attendance,
    /// What the evidence alone comes to.
    pub measured: Attendance,
    /// Beside it.
    pub flags: Vec<RollFlag>,
    /// From the lesson's beginning to the first moment they heard it; 0 when they were in time.
    pub late_ms: u64,
    /// From the last moment they heard it to its end; 0 when they stayed.
    pub left_early_ms: u64,
    /// First seen, milliseconds since the Unix epoch (UTC).
    pub first_seen_ms: Option<u64>,
    /// Last seen; `null` while they are here.
    pub last_seen_ms: Option<u64>,
    /// First heard the lesson.
    pub first_heard_ms: Option<u64>,
    /// Last heard it; the moment of this line while they do.
    pub last_heard_ms: Option<u64>,
    /// Connected during the lesson.
    pub connected_ms: u64,
    /// Heard it.
    pub heard_ms: u64,
    /// What could have been heard: the lesson without our own outages.
    pub possible_ms: u64,
    /// Not heard by our fault; not part of `possible_ms`.
    pub ours_ms: u64,
    /// Not heard because the line was down and came back.
    pub line_ms: u64,
    /// Not heard because the device played no sound.
    pub device_ms: u64,
    /// Times they came, again included.
    pub sessions: u32,
    /// The longest time away between two of them.
    pub longest_gap_ms: u64,
    /// Checks they were asked.
    pub checks_sent: u32,
    /// Those they answered.
    pub checks_answered: u32,
    /// When the first was asked that they did not answer.
    pub check_missed_ms: Option<u64>,
    /// Spoke.
    pub spoke_ms: u64,
    /// Hands raised.
    pub hands: u32,
    /// Messages written in the chat.
    pub messages: u32,
    /// At whose screen they sit with others.
    pub at_screen_of: Option<String>,
    /// A teacher's word on them.
    pub decided: Option<RollMark>,
    /// What they say is wrong with this line.
    pub dispute: Option<String>,
}

/// Somebody's word on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RollMark {
    /// What it is to be.
    pub status: Attendance,
    /// Why; may be empty.
    pub reason: String,
    /// Who said so; `null` for the server or somebody without an account.
    pub by: Option<String>,
    /// When.
    pub at_ms: u64,
}

/// What the whole roll stands at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RollHead {
    /// When the lesson proper began; `null` before that.
    pub started_ms: Option<u64>,
    /// When it ended.
    pub ended_ms: Option<u64>,
    /// From here on who comes is late: the draft is worth looking at.
    pub late_after_ms: u64,
    /// When a teacher last confirmed it.
    pub confirmed_ms: Option<u64>,
    /// When it became final; `null` again when it was reopened.
    pub final_ms: Option<u64>,
    /// The check that runs, or the last one.
    pub check: Option<RollCheck>,
}

/// "Are you there?", asked of everybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RollCheck {
    /// Counted from 1.
    pub number: u32,
    /// When it was asked.
    pub sent_ms: u64,
    /// Until when it can be answered.
    pub until_ms: u64,
    /// How many were asked.
    pub asked: u32,
    /// How many have answered.
    pub answered: u32,
}

/// How attendance is judged. A school may change it; every export says by which rules it was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RollRules {
    /// Counts the school's versions; 1 are the rules the server comes with.
    pub version: u32,
    /// Who first hears the lesson later than this is late.
    pub late_after_ms: u64,
    /// Who last hears it longer than this before its end has left early.
    pub early_before_ms: u64,
    /// Percent of the lesson that make somebody present.
    pub present_percent: u8,
    /// Fewer percent than this are partial whatever else was so.
    pub partial_percent: u8,
    /// Percent of the lost time that must be the server's or the line's fault to say so.
    pub technical_percent: u8,
    /// Letters for the school's journal.
    pub journal: JournalCodes,
}

/// What the journal calls each status; empty is nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct JournalCodes {
    /// Present.
    pub present: String,
    /// Late: never the same as absent, whatever the letter.
    pub late: String,
    /// Left early.
    pub left_early: String,
    /// Heard some of it.
    pub partial: String,
    /// Absent without a reason.
    pub absent: String,
    /// Excused.
    pub excused: String,
    /// Excused, where the reason begins with the word for an illness.
    pub ill: String,
    /// The server's or the line's fault.
    pub technical: String,
    /// At one screen with others.
    pub in_the_room: String,
}

impl Default for RollRules {
    fn default() -> Self {
        Self {
            version: 1,
            late_after_ms: 5 * 60_000,
            early_before_ms: 5 * 60_000,
            present_percent: 80,
            partial_percent: 20,
            technical_percent: 20,
            journal: JournalCodes::default(),
        }
    }
}

impl Default for JournalCodes {
    fn default() -> Self {
        let none = String::new;
        Self {
            present: none(),
            late: "к".into(),
            left_early: none(),
            partial: none(),
            absent: "ж".into(),
            excused: "д".into(),
            ill: "а".into(),
            technical: none(),
            in_the_room: none(),
        }
    }
}

/// `GET /api/lessons/{code}/roll.json`: the whole roll of one lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RollReport {
    /// The lesson's code.
    pub code: LessonCode,
    /// Its name.
    pub name: String,
    /// By which rules it was judged.
    pub rules: RollRules,
    /// What the roll stands at.
    pub head: RollHead,
    /// Those expected, in the list's order, then the guests in the order of coming.
    pub lines: Vec<RollLine>,
    /// Every time somebody came, in order; empty when the evidence was thrown away.
    pub sessions: Vec<RollSession>,
    /// Whether the evidence behind it is still kept.
    pub has_evidence: bool,
    /// The moment it tells of.
    pub as_of_ms: u64,
}

/// One time somebody came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
pub struct RollSession {
    /// Whose line.
    pub line: LineId,
    /// Their name.
    pub name: String,
    /// From.
    pub from_ms: u64,
    /// To.
    pub to_ms: u64,
    /// Of it, heard the lesson.
    pub heard_ms: u64,
    /// How it ended.
    pub end: RollSessionEnd,
}

/// How a stretch in the lesson ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollSessionEnd {
    /// It goes on.
    Open,
    /// They left, or the lesson ended.
    Left,
    /// The device went silent.
    Silent,
    /// The server stopped.
    Outage,
}

/// `POST /api/lessons/{code}/roll`: a teacher's word on a lesson that has ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum RollChange {
    /// On one line.
    Set {
        /// Which.
        line: LineId,
        /// What it is to be; `null` takes the word back.
        status: Option<Attendance>,
        /// Why.
        #[serde(default)]
        reason: String,
    },
    /// The roll is final.
    Final,
    /// No longer.
    Reopen,
}
