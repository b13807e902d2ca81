//! What the server says.
//!
//! Invariant: a token appears only in the `joined` of the session it belongs to, and a stream key
//! only in the answer to whoever had it made.

use crate::{
    Action, ChatMessage, LessonCode, ParticipantId, Program, RemovedPerson, RollHead, RollLine,
    Rules, WaitingPerson,
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// One frame from the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The seat is taken: who you are, the answer, and the lesson as it is now.
    Joined(Box<Joined>),
    /// The answer to `renew_media`.
    Media {
        /// SDP answer.
        answer: String,
    },
    /// Who came, changed or left since the last one.
    Presence {
        /// New and changed participants, whole.
        changed: Vec<Participant>,
        /// Participants who left, or are no longer listed for this client.
        gone: Vec<ParticipantId>,
        /// People in the lesson, listed or not.
        total: u32,
    },
    /// Who is speaking now, loudest first.
    Speaking {
        /// At most a handful.
        participants: Vec<ParticipantId>,
    },
    /// Who shares a screen now; the screen slot carries it.
    Stage {
        /// `null` when nobody shares.
        sharer: Option<ParticipantId>,
    },
    /// Which layers of your own pictures anybody is shown; the others need not be sent. Until it
    /// comes, and for layers it does not list, send.
    Wanted {
        /// Of the camera, in the order of its `sendEncodings`.
        camera: Vec<bool>,
        /// Of the shared screen.
        screen: Vec<bool>,
    },
    /// What you watch but are not sent, because your connection carries no more; whole each time. It
    /// comes again as soon as it fits.
    Withheld {
        /// Whose cameras.
        cameras: Vec<ParticipantId>,
        /// And the shared screen.
        screen: bool,
    },
    /// Teacher only: the roll. After `joined` once with every seat, then only what changed.
    Roll {
        /// Seats, in order of joining.
        entries: Vec<RollEntry>,
    },
    /// Teacher only: attendance. After `joined` once with every line, then only what changed.
    Attendance {
        /// What the whole stands at.
        head: RollHead,
        /// Those expected in the list's order, then guests.
        lines: Vec<RollLine>,
        /// The moment the lines tell of.
        now_ms: u64,
    },
    /// The teacher asks whether you are there; comes again to whoever rejoins meanwhile.
    Check {
        /// Which.
        number: u32,
        /// How long there is left to answer.
        for_ms: u64,
    },
    /// Your answer counts, or came too late.
    CheckAnswered {
        /// Which.
        number: u32,
        /// It counts.
        accepted: bool,
    },
    /// What the roll says about you: the very line the teacher sees.
    MyRoll {
        /// What the whole stands at.
        head: RollHead,
        /// Yours; `null` for who gives the lesson.
        line: Option<Box<RollLine>>,
        /// The moment it tells of.
        now_ms: u64,
    },
    /// You are at the door of a lesson: somebody has to let you in. All a stranger is told.
    Waiting {
        /// The lesson's name.
        lesson: String,
    },
    /// You may come in: send `join` again with this token.
    Admitted {
        /// Opens a seat, once and soon. Keep it secret.
        token: String,
    },
    /// Staff only: who waits at the door; whole each time.
    Lobby {
        /// In order of coming.
        waiting: Vec<WaitingPerson>,
    },
    /// Staff only: who was put out; whole each time.
    Removed {
        /// In order of leaving.
        people: Vec<RemovedPerson>,
    },
    /// What holds now; `joined` has what held then.
    Rules(Rules),
    /// Your microphone was turned off; the server drops what it sends until you turn it on.
    Muted {
        /// Who did it; `null` when the lesson's rules did.
        by: Option<ParticipantId>,
    },
    /// After `joined` what you may read of the chat so far, if there is any; then what is new.
    Chat {
        /// In order of writing.
        messages: Vec<ChatMessage>,
    },
    /// A message is taken out of the chat.
    ChatDeleted {
        /// Which.
        number: u32,
    },
    /// Teacher only: the stream key, and which programs publish and play. The answer to `programs`,
    /// and again, without the key itself, when any of it changes.
    Programs {
        /// The stream key, once, to whoever had it made. Keep it secret: the server cannot say it
        /// again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        key: Option<String>,
        /// When the key that opens now was made, milliseconds since the Unix epoch (UTC); `null` when
        /// there is none yet. No two keys of a lesson have the same.
        key_made_ms: Option<u64>,
        /// Those that are connected, in order of their seats.
        programs: Vec<Program>,
    },
    /// A request was refused or not understood. The socket stays open unless `closed` follows.
    Error {
        /// For the page to say it in the person's language.
        code: ErrorCode,
        /// In English, for developers and logs; holds nothing secret.
        detail: String,
        /// With `not_allowed`: what was asked for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[ts(optional)]
        refused: Option<Action>,
    },
    /// The last frame: the server closes the socket after it.
    Closed {
        /// Why.
        reason: ClosedReason,
    },
}

/// The answer to `join`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Joined {
    /// The server's `PROTOCOL_VERSION`.
    pub version: u32,
    /// Which participant you are.
    pub you: ParticipantId,
    /// Opens this seat again after a refresh or a lost connection. Keep it secret.
    pub seat_token: String,
    /// SDP answer, when the join carried an offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub answer: Option<String>,
    /// The lesson.
    pub lesson: Lesson,
    /// Everyone this client is told about, yourself included.
    pub participants: Vec<Participant>,
    /// People in the lesson, listed or not.
    pub total: u32,
    /// Who shares a screen now.
    pub sharer: Option<ParticipantId>,
    /// What holds in the lesson.
    pub rules: Rules,
    /// The server's clock, milliseconds since the Unix epoch (UTC).
    pub now_ms: u64,
}

/// A lesson, as everybody in it may see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Lesson {
    /// Its code.
    pub code: LessonCode,
    /// Its name as the teacher wrote it.
    pub name: String,
    /// When it was opened, milliseconds since the Unix epoch (UTC).
    pub started_ms: u64,
}

/// A person in the lesson.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct Participant {
    /// Number in this lesson.
    pub id: ParticipantId,
    /// Name as shown.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// Whether their device answers.
    pub state: SeatState,
    /// The microphone is on.
    pub microphone: bool,
    /// The camera is on.
    pub camera: bool,
    /// They may share a screen (teachers always may).
    pub may_share: bool,
    /// They may turn their microphone on.
    pub may_speak: bool,
    /// They were given the floor.
    pub floor: bool,
    /// When the hand went up, milliseconds since the Unix epoch (UTC); `null` when it is down.
    pub hand_ms: Option<u64>,
}

/// What a person is in a lesson.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Gives the lesson.
    Teacher,
    /// Helps to give it.
    Assistant,
    /// Looks on: seen by everybody, heard by nobody, on no roll.
    Observer,
    /// Attends it.
    Student,
}

impl Role {
    /// Teachers and assistants: an adult who runs the lesson.
    #[must_use]
    pub const fn is_staff(self) -> bool {
        match self {
            Self::Teacher | Self::Assistant => true,
            Self::Observer | Self::Student => false,
        }
    }
}

/// Whether a seat's device answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SeatState {
    /// Media or its feedback arrives.
    Here,
    /// Nothing arrived for a few seconds; the seat is kept.
    Away,
}

/// One seat of the roll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct RollEntry {
    /// Number in this lesson.
    pub participant: ParticipantId,
    /// Name as shown.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// Now.
    pub status: RollStatus,
    /// First joined, milliseconds since the Unix epoch (UTC).
    pub joined_ms: u64,
    /// When they left or were last seen; `null` while they are here.
    pub last_seen_ms: Option<u64>,
    /// Milliseconds here so far, as of the moment this entry was sent.
    pub present_ms: u64,
    /// Times the seat went away.
    pub times_away: u32,
    /// Times they came back, from away or after leaving.
    pub rejoins: u32,
}

/// Where a seat stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RollStatus {
    /// In the lesson.
    Here,
    /// The device went silent; the seat is kept.
    Away,
    /// Said goodbye, or never came back before the lesson ended.
    Left,
}

/// Why a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// Not JSON, not a known message, or over a cap.
    BadMessage,
    /// The client speaks another version: reload the page.
    UnsupportedVersion,
    /// No such lesson, or it has ended.
    LessonNotFound,
    /// The token opens no seat here.
    BadToken,
    /// The ticket is not of this lesson, was used, or is too old: ask for another.
    BadTicket,
    /// The offer cannot be answered.
    BadOffer,
    /// The name is empty, too long or holds control characters.
    BadName,
    /// This person may not do that; `refused` says what.
    NotAllowed,
    /// The lesson is locked: nobody new comes in.
    LessonLocked,
    /// Somebody else shares a screen now.
    ShareBusy,
    /// The lesson or the server is full.
    Full,
    /// Too many messages.
    TooFast,
    /// The database is away for the moment: running lessons go on, all else can be tried again.
    Unavailable,
    /// Our mistake.
    Internal,
}

/// Why the server closes the socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ClosedReason {
    /// After an `error` that leaves nothing to talk about.
    Error,
    /// You left.
    Left,
    /// The teacher ended the lesson.
    LessonEnded,
    /// The same seat was opened elsewhere.
    Replaced,
    /// The server is stopping; come back by yourself.
    ServerStopping,
    /// The client does not read what is sent to it.
    TooSlow,
    /// You were put out of this lesson, now or before.
    Removed,
    /// You were not let in.
    TurnedAway,
}
