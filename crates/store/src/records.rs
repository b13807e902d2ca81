//! What is kept about a lesson.
//!
//! Invariant: a [`RollEvent`] is evidence and is never changed; what it means for a person's
//! attendance is worked out by whoever reads the roll.

use crate::{SavedClass, StoredChat, StoredRemoval, StoredSeatToken, StoredStreamKey, TokenHash};
use serde::{Deserialize, Serialize};

/// A lesson's own number; also the number of its room in the SFU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LessonId(pub i64);

/// A person's number at this school, the same in every lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PersonId(pub i64);

/// A class's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ClassId(pub i64);

/// A lesson.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLesson {
    /// Its number.
    pub id: LessonId,
    /// Whose lesson it is; `None` for an ad-hoc one, which has no roster.
    pub class: Option<ClassId>,
    /// Who gives it; `None` when it was started without an account.
    pub teacher: Option<PersonId>,
    /// The short code people type.
    pub code: String,
    /// Its name as the teacher wrote it.
    pub name: String,
    /// Opens the teacher's seat.
    pub teacher_token: TokenHash,
    /// When it was opened, milliseconds since the Unix epoch (UTC), like every time here.
    pub started_ms: u64,
    /// The last moment the server is known to have been running it with somebody in it.
    pub alive_ms: Option<u64>,
    /// When the teacher ended it.
    pub ended_ms: Option<u64>,
}

/// A person's place in a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSeat {
    /// The lesson.
    pub lesson: LessonId,
    /// The participant's number in it.
    pub participant: u32,
    /// Who it is; `None` for a guest and for whoever the link alone let in.
    pub person: Option<PersonId>,
    /// Name as shown.
    pub name: String,
    /// What they are.
    pub role: SeatRole,
    /// Opens the seat again.
    pub token: TokenHash,
    /// When they first came.
    pub joined_ms: u64,
}

/// What a seat's holder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SeatRole {
    /// Gives the lesson.
    Teacher,
    /// Helps to give it.
    Assistant,
    /// Looks on.
    Observer,
    /// Attends it.
    Student,
}

impl SeatRole {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Teacher => "teacher",
            Self::Assistant => "assistant",
            Self::Observer => "observer",
            Self::Student => "student",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [
            Self::Teacher,
            Self::Assistant,
            Self::Observer,
            Self::Student,
        ]
        .into_iter()
        .find(|role| role.as_str() == text)
    }
}

/// One line of the roll's evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollEvent {
    /// The lesson.
    pub lesson: LessonId,
    /// Counts the events of this lesson from 0.
    pub number: u32,
    /// Whose seat.
    pub participant: u32,
    /// When it was so; for `Away` the last sign of life, which is before it was noticed.
    pub at_ms: u64,
    /// What happened.
    pub kind: RollKind,
    /// What the kind alone does not say.
    pub detail: Option<String>,
}

/// What happened to a seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RollKind {
    /// Taken for the first time.
    Joined,
    /// The device went silent.
    Away,
    /// The device answers again.
    Back,
    /// Said goodbye, or the lesson ended.
    Left,
    /// Came back after leaving.
    Rejoined,
    /// The server stopped while the person was here: our gap, not theirs.
    Cut,
    /// The lesson proper began: a teacher could be heard, and somebody was there. Once.
    Started,
    /// The teacher reaches the device's loudspeaker.
    Hearing,
    /// No longer; the detail says whose fault it is.
    Deaf,
    /// Spoke; the detail is how many milliseconds.
    Spoke,
    /// Raised a hand.
    Hand,
    /// Wrote in the chat.
    Chat,
    /// A teacher asked everybody whether they are there; the detail is until when, in milliseconds.
    CheckSent,
    /// Answered; the detail is which check, counted from 1.
    CheckAnswered,
    /// Several children sit at this screen (`yes`), or no longer (`no`).
    Several,
    /// Another device took the seat over while the one before it was still connected.
    Moved,
}

impl RollKind {
    const ALL: [Self; 16] = [
        Self::Joined,
        Self::Away,
        Self::Back,
        Self::Left,
        Self::Rejoined,
        Self::Cut,
        Self::Started,
        Self::Hearing,
        Self::Deaf,
        Self::Spoke,
        Self::Hand,
        Self::Chat,
        Self::CheckSent,
        Self::CheckAnswered,
        Self::Several,
        Self::Moved,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Joined => "joined",
            Self::Away => "away",
            Self::Back => "back",
            Self::Left => "left",
            Self::Rejoined => "rejoined",
            Self::Cut => "cut",
            Self::Started => "started",
            Self::Hearing => "hearing",
            Self::Deaf => "deaf",
            Self::Spoke => "spoke",
            Self::Hand => "hand",
            Self::Chat => "chat",
            Self::CheckSent => "check_sent",
            Self::CheckAnswered => "check_answered",
            Self::Several => "several",
            Self::Moved => "moved",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What somebody says of a pupil's attendance: never changed, only followed by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollDecision {
    /// The lesson.
    pub lesson: LessonId,
    /// Counts the decisions of this lesson from 0.
    pub number: u32,
    /// Whose attendance: a person of the school's…
    pub person: Option<PersonId>,
    /// … or a seat nobody is known by; neither for a decision about the whole roll.
    pub participant: Option<u32>,
    /// What is said.
    pub kind: DecisionKind,
    /// What the kind alone does not say.
    pub detail: Option<String>,
    /// Who says it; `None` is the server, or somebody without an account.
    pub by: Option<PersonId>,
    /// When.
    pub at_ms: u64,
}

/// What a decision says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecisionKind {
    /// A teacher's word on a pupil: status and reason.
    Status,
    /// That word is taken back: the evidence counts again.
    Clear,
    /// The office or a parent excuses a pupil; the detail is the reason.
    Excuse,
    /// The pupil sits with others at one screen; the detail is whose.
    InTheRoom,
    /// No longer.
    NotInTheRoom,
    /// The pupil says that this is wrong; the detail is how.
    Dispute,
    /// The lesson proper begins; the detail is when, in milliseconds.
    Begins,
    /// The teacher has looked at the draft.
    Confirmed,
    /// The roll is final.
    Final,
    /// No longer.
    Reopened,
}

impl DecisionKind {
    const ALL: [Self; 10] = [
        Self::Status,
        Self::Clear,
        Self::Excuse,
        Self::InTheRoom,
        Self::NotInTheRoom,
        Self::Dispute,
        Self::Begins,
        Self::Confirmed,
        Self::Final,
        Self::Reopened,
    ];

    /// The word in the database, and in exports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Clear => "clear",
            Self::Excuse => "excuse",
            Self::InTheRoom => "in_the_room",
            Self::NotInTheRoom => "not_in_the_room",
            Self::Dispute => "dispute",
            Self::Begins => "begins",
            Self::Confirmed => "confirmed",
            Self::Final => "final",
            Self::Reopened => "reopened",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One thing to write down while a lesson runs. While the database is gone it waits as JSON in a
/// file, which the next release may be the one to read: a field added later has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Record {
    /// A seat was taken for the first time.
    Seat(StoredSeat),
    /// Something happened to a seat.
    Event(RollEvent),
    /// Somebody said something of a pupil's attendance.
    Decision(RollDecision),
    /// What holds in the lesson from now on.
    Rules {
        /// The lesson.
        lesson: LessonId,
        /// As JSON, whole.
        rules: String,
    },
    /// Somebody was put out.
    Removal(StoredRemoval),
    /// They may come again.
    Readmission {
        /// The lesson.
        lesson: LessonId,
        /// The seat they had.
        participant: u32,
    },
    /// A seat has one more token.
    SeatToken(StoredSeatToken),
    /// Programs come with this from now on, and with nothing of before.
    StreamKey(StoredStreamKey),
    /// Somebody wrote in the chat.
    Chat(StoredChat),
    /// A message was taken out of the chat.
    ChatDeleted {
        /// The lesson.
        lesson: LessonId,
        /// Which.
        number: u32,
        /// When.
        at_ms: u64,
    },
    /// The lesson runs and somebody is in it.
    Alive {
        /// The lesson.
        lesson: LessonId,
        /// Now.
        at_ms: u64,
    },
    /// The teacher ended the lesson.
    Ended {
        /// The lesson.
        lesson: LessonId,
        /// Now.
        at_ms: u64,
    },
}

impl Record {
    pub(crate) const fn lesson(&self) -> LessonId {
        match self {
            Self::Seat(seat) => seat.lesson,
            Self::Event(event) => event.lesson,
            Self::Decision(decision) => decision.lesson,
            Self::Removal(removal) => removal.lesson,
            Self::SeatToken(more) => more.lesson,
            Self::StreamKey(made) => made.lesson,
            Self::Chat(chat) => chat.lesson,
            Self::Rules { lesson, .. }
            | Self::Readmission { lesson, .. }
            | Self::ChatDeleted { lesson, .. }
            | Self::Alive { lesson, .. }
            | Self::Ended { lesson, .. } => *lesson,
        }
    }
}

/// One child of a class, as its roster names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterLine {
    /// Who.
    pub person: PersonId,
    /// The name the school has fixed.
    pub name: String,
}

/// A lesson with everything that happened in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedLesson {
    /// The lesson.
    pub lesson: StoredLesson,
    /// Who is expected, in the roster's order; empty for an ad-hoc lesson.
    pub roster: Vec<RosterLine>,
    /// Its seats, in order of joining.
    pub seats: Vec<StoredSeat>,
    /// Its roll, in order of writing; empty once the evidence was thrown away.
    pub events: Vec<RollEvent>,
    /// What was said of it, in order.
    pub decisions: Vec<RollDecision>,
    /// What its staff decided, and its chat.
    pub class: SavedClass,
    /// What the evidence came to, kept when it was thrown away.
    pub kept: Option<String>,
    /// The school's own rules of attendance ([`crate::ROLL_RULES`]), if it has any.
    pub roll_rules: Option<String>,
}
