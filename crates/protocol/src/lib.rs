//! Every message that crosses a wire between the web client (or a bot) and the server.
//!
//! One JSON object per WebSocket text frame, tagged by `"type"`. The first frame from a client is
//! always `join`; it carries [`PROTOCOL_VERSION`]. The server answers `joined` (a snapshot) and
//! then sends deltas only.
//!
//! Invariant: a frame is decoded in one place, [`decode_client_message`], and nothing that passed
//! it exceeds the caps below. Every message here has a fixture in `fixtures/`, which Rust and
//! TypeScript both read, and `web-client/src/protocol.ts` is generated from these types.

mod class;
mod client;
mod decode;
mod http;
mod ids;
pub mod load_test;
mod roll;
pub mod school;
mod server;

pub use class::{
    Action, Audience, ChatMessage, ChatMode, Program, RemovedPerson, Rules, WaitingId,
    WaitingPerson,
};
pub use client::{ClientMessage, Join, MediaLayout, MediaOffer};
pub use decode::{DecodeError, decode_client_message};
pub use http::{CreateLesson, CreatedLesson, LessonInfo, ServerInfo, VideoCodec};
pub use ids::{DeviceId, LessonCode, ParticipantId};
pub use roll::{
    Attendance, JournalCodes, LineId, RollChange, RollCheck, RollFlag, RollHead, RollLine,
    RollMark, RollReport, RollRules, RollSession, RollSessionEnd,
};
pub use server::{
    ClosedReason, ErrorCode, Joined, Lesson, Participant, Role, RollEntry, RollStatus, SeatState,
    ServerMessage,
};

/// The one version this build speaks; a `join` with another is refused with `unsupported_version`.
pub const PROTOCOL_VERSION: u32 = 1;

/// Longest WebSocket frame a client may send, in bytes: an SDP offer with all m-lines fits easily.
pub const MAX_CLIENT_FRAME_BYTES: usize = 256 * 1024;
/// Longest frame of any message but `join` and `renew_media`, in bytes.
pub const MAX_SMALL_FRAME_BYTES: usize = 16 * 1024;
/// Deepest nesting of JSON arrays and objects in a client frame.
pub const MAX_JSON_DEPTH: usize = 16;
/// Longest SDP offer, in bytes.
pub const MAX_SDP_BYTES: usize = 200 * 1024;
/// Longest name of a person, in characters (Unicode scalar values) after trimming.
pub const MAX_NAME_CHARS: usize = 64;
/// Longest name of a lesson, in characters after trimming.
pub const MAX_LESSON_NAME_CHARS: usize = 120;
/// Longest token (teacher's or seat's), in bytes.
pub const MAX_TOKEN_BYTES: usize = 128;
/// Longest `mid` of an m-line, in bytes (RFC 9143 recommends at most three; browsers use 1 or 2).
pub const MAX_MID_BYTES: usize = 16;
/// Audio slots (receive m-lines) of one session: the loudest three are forwarded.
pub const AUDIO_SLOTS: usize = 3;
/// Most video slots one session may offer.
pub const MAX_VIDEO_SLOTS: usize = 12;
/// Longest [`LineId`], in bytes.
pub const MAX_LINE_ID_BYTES: usize = 32;
/// Longest reason or dispute, in bytes.
pub const MAX_REASON_BYTES: usize = 1_000;
/// Most children at one screen.
pub const MAX_AT_ONE_SCREEN: usize = 100;
/// Longest message of the chat, in characters after cleaning.
pub const MAX_CHAT_CHARS: usize = 500;
/// The same before cleaning, in bytes.
pub const MAX_CHAT_BYTES: usize = 4 * MAX_CHAT_CHARS;
/// Most lines of a message of the chat.
pub const MAX_CHAT_LINES: usize = 10;
/// Most people at a lesson's door.
pub const MAX_LOBBY: usize = 200;
/// How long a check lasts, in seconds: at least and at most.
pub const CHECK_SECONDS: (u16, u16) = (15, 180);
/// Most people a student is told about by name; beyond it `total` carries the count and only
/// the stage (teachers, sharer, hands, cameras) is listed, so presence stays O(N).
pub const MAX_PRESENCE: usize = 50;
