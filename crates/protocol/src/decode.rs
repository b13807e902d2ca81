//! Bytes of a client frame to a message, with every cap applied.
//!
//! Invariant: whatever the bytes are, decoding ends in a message within the caps or in a
//! [`DecodeError`], in time linear in the frame's length.

use crate::{
    AUDIO_SLOTS, CHECK_SECONDS, ClientMessage, MAX_AT_ONE_SCREEN, MAX_CHAT_BYTES,
    MAX_CLIENT_FRAME_BYTES, MAX_JSON_DEPTH, MAX_LINE_ID_BYTES, MAX_LOBBY, MAX_MID_BYTES,
    MAX_REASON_BYTES, MAX_SDP_BYTES, MAX_SMALL_FRAME_BYTES, MAX_TOKEN_BYTES, MAX_VIDEO_SLOTS,
    MediaOffer, PROTOCOL_VERSION,
};
use thiserror::Error;

/// Why a frame is not a message.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum DecodeError {
    /// Longer than its cap.
    #[error("frame of {bytes} bytes; at most {cap} are read")]
    TooLong {
        /// Length of the frame.
        bytes: usize,
        /// What is allowed.
        cap: usize,
    },
    /// Nested deeper than [`MAX_JSON_DEPTH`].
    #[error("JSON nested deeper than {MAX_JSON_DEPTH}")]
    TooDeep,
    /// Not JSON, or not one of our messages.
    #[error("{0}")]
    NotAMessage(String),
    /// A `join` of another protocol version.
    #[error("protocol version {0}; this server speaks {PROTOCOL_VERSION}")]
    UnsupportedVersion(u64),
    /// A field over its cap.
    #[error("{field} is over its cap of {cap}")]
    OverCap {
        /// Path of the field.
        field: &'static str,
        /// What is allowed.
        cap: usize,
    },
}

/// Decodes one text frame.
///
/// # Errors
/// [`DecodeError`]; its text names the problem and holds nothing of the frame but field names.
pub fn decode_client_message(frame: &str) -> Result<ClientMessage, DecodeError> {
    if frame.len() > MAX_CLIENT_FRAME_BYTES {
        return Err(DecodeError::TooLong {
            bytes: frame.len(),
            cap: MAX_CLIENT_FRAME_BYTES,
        });
    }
    if depth(frame) > MAX_JSON_DEPTH {
        return Err(DecodeError::TooDeep);
    }
    let message = serde_json::from_str::<ClientMessage>(frame).map_err(|error| {
        // A client of another version may have other fields too: say the version, not the field.
        other_version(frame).map_or_else(
            || DecodeError::NotAMessage(describe(&error)),
            DecodeError::UnsupportedVersion,
        )
    })?;
    check_caps(&message, frame.len())?;
    Ok(message)
}

fn check_caps(message: &ClientMessage, bytes: usize) -> Result<(), DecodeError> {
    let media = match message {
        ClientMessage::Join(join) => {
            if join.version != PROTOCOL_VERSION {
                return Err(DecodeError::UnsupportedVersion(join.version.into()));
            }
            // The name's rules are the room's; here only its size is bounded.
            cap("name", join.name.len(), MAX_SMALL_FRAME_BYTES)?;
            cap(
                "token",
                join.token.as_ref().map_or(0, String::len),
                MAX_TOKEN_BYTES,
            )?;
            cap(
                "ticket",
                join.ticket.as_ref().map_or(0, String::len),
                MAX_TOKEN_BYTES,
            )?;
            join.media.as_ref()
        }
        ClientMessage::RenewMedia { media } => Some(media),
        ClientMessage::Watch { slots, heights } => {
            cap("slots", slots.len(), MAX_VIDEO_SLOTS)?;
            cap("heights", heights.len(), MAX_VIDEO_SLOTS)?;
            None
        }
        ClientMessage::DisputeRoll { text } => {
            cap("text", text.len(), MAX_REASON_BYTES)?;
            None
        }
        ClientMessage::SetAttendance { line, reason, .. } => {
            cap("line", line.0.len(), MAX_LINE_ID_BYTES)?;
            cap("reason", reason.len(), MAX_REASON_BYTES)?;
            None
        }
        ClientMessage::MarkInRoom { screen, lines } => {
            cap("lines", lines.len(), MAX_AT_ONE_SCREEN)?;
            for line in lines.iter().chain([screen]) {
                cap("line", line.0.len(), MAX_LINE_ID_BYTES)?;
            }
            None
        }
        ClientMessage::StartCheck { seconds } => {
            cap("seconds", usize::from(*seconds), CHECK_SECONDS.1.into())?;
            None
        }
        ClientMessage::Chat { text, .. } => {
            // Its characters are the room's to count, after cleaning.
            cap("text", text.len(), MAX_CHAT_BYTES)?;
            None
        }
        ClientMessage::Admit { waiting } => {
            cap("waiting", waiting.len(), MAX_LOBBY)?;
            None
        }
        ClientMessage::Playing { .. }
        | ClientMessage::AnswerCheck { .. }
        | ClientMessage::SeveralHere { .. }
        | ClientMessage::MyRoll
        | ClientMessage::ConfirmRoll
        | ClientMessage::BeginLesson
        | ClientMessage::SetMedia { .. }
        | ClientMessage::RaiseHand { .. }
        | ClientMessage::AllowShare { .. }
        | ClientMessage::Mute { .. }
        | ClientMessage::MuteAll
        | ClientMessage::LockMicrophones { .. }
        | ClientMessage::GiveFloor { .. }
        | ClientMessage::LowerHand { .. }
        | ClientMessage::LowerAllHands
        | ClientMessage::Remove { .. }
        | ClientMessage::Readmit { .. }
        | ClientMessage::LockLesson { .. }
        | ClientMessage::SetLobby { .. }
        | ClientMessage::TurnAway { .. }
        | ClientMessage::DeleteChat { .. }
        | ClientMessage::SetChat { .. }
        | ClientMessage::Programs { .. }
        | ClientMessage::Leave
        | ClientMessage::EndLesson => None,
    };
    match media {
        Some(media) => check_media(media),
        None if bytes > MAX_SMALL_FRAME_BYTES => Err(DecodeError::TooLong {
            bytes,
            cap: MAX_SMALL_FRAME_BYTES,
        }),
        None => Ok(()),
    }
}

fn check_media(media: &MediaOffer) -> Result<(), DecodeError> {
    let layout = &media.layout;
    cap("media.sdp", media.sdp.len(), MAX_SDP_BYTES)?;
    cap(
        "media.layout.audio_slots",
        layout.audio_slots.len(),
        AUDIO_SLOTS,
    )?;
    cap(
        "media.layout.video_slots",
        layout.video_slots.len(),
        MAX_VIDEO_SLOTS,
    )?;
    let mids = [
        &layout.microphone,
        &layout.camera,
        &layout.screen,
        &layout.screen_audio,
        &layout.screen_slot,
        &layout.screen_audio_slot,
    ];
    let mids = mids.into_iter().flatten();
    for mid in mids.chain(&layout.audio_slots).chain(&layout.video_slots) {
        cap("media.layout mid", mid.len(), MAX_MID_BYTES)?;
    }
    Ok(())
}

fn cap(field: &'static str, value: usize, cap: usize) -> Result<(), DecodeError> {
    if value > cap {
        return Err(DecodeError::OverCap { field, cap });
    }
    Ok(())
}

/// The deepest nesting of brackets outside strings; counts on text that is not JSON too.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for byte in text.bytes() {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn other_version(frame: &str) -> Option<u64> {
    let value: serde_json::Value = serde_json::from_str(frame).ok()?;
    if value.get("type")?.as_str()? != "join" {
        return None;
    }
    let version = value.get("version")?.as_u64()?;
    (version != u64::from(PROTOCOL_VERSION)).then_some(version)
}

/// serde_json quotes unknown values; keep its words, bounded, and never a whole frame.
fn describe(error: &serde_json::Error) -> String {
    const MAX_CHARS: usize = 200;
    error.to_string().chars().take(MAX_CHARS).collect()
}
