//! Bodies of the few HTTP calls around a lesson.
//!
//! Invariant: the teacher's token leaves the server once, in [`CreatedLesson`].

use crate::LessonCode;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// `POST /api/lessons`: "Start a lesson".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct CreateLesson {
    /// Name of the lesson.
    pub name: String,
}

/// The answer to [`CreateLesson`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS, ToSchema)]
pub struct CreatedLesson {
    /// The lesson's code.
    pub code: LessonCode,
    /// The link students open: an absolute URL that works on the local network.
    pub join_url: String,
    /// Opens the teacher's seat. The page keeps it; it is never part of a URL.
    pub teacher_token: String,
}

/// `GET /api/lessons/{code}`: what a person with the link may know before joining.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LessonInfo {
    /// The lesson's code.
    pub code: LessonCode,
    /// Name of the lesson.
    pub name: String,
    /// The link students open.
    pub join_url: String,
}

/// `GET /api/server`: what the page must know of the server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct ServerInfo {
    /// The server's `PROTOCOL_VERSION`.
    pub protocol_version: u32,
    /// The server's release.
    pub server_version: String,
    /// What browsers are asked to code pictures in, if they can.
    pub video_codec: VideoCodec,
}

/// What pictures are coded in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum VideoCodec {
    /// Each size of a picture is a stream of its own. Easy on old phones.
    #[default]
    Vp8,
    /// All sizes of a camera's picture are in one stream: fewer bits for the same picture, and more
    /// work for whoever codes and decodes it.
    Vp9,
    /// Likewise, with fewer bits again and more work again, most of all for whoever codes it.
    Av1,
}
