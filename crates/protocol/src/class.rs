//! Running a class in a room: what may be asked of it, its rules, who waits at the door, its chat.
//!
//! Invariant: nothing here says who may do what; it only names what can be asked for.

use crate::{ParticipantId, Role};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a person in a lesson can ask for, by the name a refusal gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Receive what others send, and say what the page shows and plays.
    Receive,
    /// Say what the own devices do.
    SendMedia,
    /// Be heard.
    Speak,
    /// Share a screen.
    ShareScreen,
    /// Take over while somebody else shares.
    TakeStage,
    /// Raise or lower the own hand.
    RaiseHand,
    /// Let a student share.
    AllowShare,
    /// Read the roll.
    SeeRoll,
    /// Answer a check, read and dispute the own line.
    OwnRoll,
    /// Decide on attendance, and ask who is there.
    KeepRoll,
    /// Turn somebody's microphone off.
    Mute,
    /// Turn the microphones of all students off.
    MuteAll,
    /// Keep students from turning their microphones on.
    LockMicrophones,
    /// Let one student speak while microphones are locked.
    GiveFloor,
    /// Take somebody's hand down.
    LowerHand,
    /// Take all hands down.
    LowerAllHands,
    /// Put somebody out for good.
    Remove,
    /// Take that back.
    Readmit,
    /// Let nobody new in.
    LockLesson,
    /// Make strangers wait at the door.
    SetLobby,
    /// See who waits, let them in or send them away.
    KeepDoor,
    /// Write to everyone.
    Chat,
    /// Write to the teachers alone.
    ChatToTeachers,
    /// Read what others write to the teachers alone.
    ReadTeachersChat,
    /// Take somebody's message out of the chat.
    DeleteChat,
    /// Say who may write.
    SetChat,
    /// Read and renew what other programs publish and play with, and see which do.
    KeepPrograms,
    /// Go.
    Leave,
    /// End the lesson for everybody.
    EndLesson,
}

/// What holds in this lesson now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Rules {
    /// Students speak only with the floor.
    pub microphones_locked: bool,
    /// Nobody new comes in.
    pub lesson_locked: bool,
    /// Strangers wait until somebody lets them in.
    pub lobby: bool,
    /// Who may write.
    pub chat: ChatMode,
    /// No teacher or assistant is here: students neither hear nor see one another and cannot write
    /// until one is.
    pub paused: bool,
}

/// Who may write in the chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum ChatMode {
    /// Everybody, to everyone or to the teachers.
    Everyone,
    /// Students only to the teachers.
    TeachersOnly,
    /// Students not at all.
    Off,
}

/// Who reads a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Everybody in the lesson.
    Everyone,
    /// Teachers, assistants and whoever wrote it.
    Teachers,
}

/// A message of the chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct ChatMessage {
    /// Counts the messages of this lesson; a reader is not told of every one.
    pub number: u32,
    /// Who wrote it, and may have left since.
    pub from: ParticipantId,
    /// Their name as shown.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Who reads it.
    pub audience: Audience,
    /// Plain text; lines end with `\n`.
    pub text: String,
    /// When, milliseconds since the Unix epoch (UTC).
    pub at_ms: u64,
}

/// A program that is in the lesson without a page: it publishes over WHIP or plays over WHEP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Program {
    /// Its seat.
    pub participant: ParticipantId,
    /// It publishes; else it plays.
    pub publishes: bool,
    /// Since when, milliseconds since the Unix epoch (UTC).
    pub since_ms: u64,
}

/// Somebody at the door.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct WaitingPerson {
    /// Number at this door; never used for another.
    pub id: WaitingId,
    /// The name they gave.
    pub name: String,
    /// Since when, milliseconds since the Unix epoch (UTC).
    pub since_ms: u64,
}

/// The number of somebody at the door; says nothing about seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct WaitingId(pub u32);

/// Somebody who was put out of this lesson.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RemovedPerson {
    /// The seat they had.
    pub participant: ParticipantId,
    /// Their name as shown.
    pub name: String,
    /// When, milliseconds since the Unix epoch (UTC).
    pub at_ms: u64,
}
