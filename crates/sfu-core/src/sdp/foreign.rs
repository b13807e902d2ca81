//! The layout of an offer whose writer knows nothing of layouts: a program that publishes or plays.
//!
//! A publisher's one audio line is a microphone, its one video line a camera. A player's audio lines
//! are voices; of two, and of one more than there are voices, the last has the shared screen's sound.
//! Its first video line shows the lesson's picture, a second one the shared screen.
//!
//! Invariant: every m-line of the offer has a purpose, or there is no layout: half of what a program
//! offers is not what its user meant (RFC 9725 §4.4.3).

use super::{MAX_AUDIO_SLOTS, SdpError, lines};
use crate::Layout;

/// Why an offer has no layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignError {
    /// It cannot be read at all.
    #[error(transparent)]
    Unreadable(#[from] SdpError),
    /// It has no m-line.
    #[error("the offer has no audio and no video")]
    Empty,
    /// An m-line is neither audio nor video.
    #[error("an m-line is neither audio nor video")]
    WrongKind,
    /// An m-line has no mid to name it by.
    #[error("an m-line has no mid")]
    NoMid,
    /// More lines of one kind than are taken.
    #[error("more audio or video lines than are taken")]
    TooMany,
}

impl Layout {
    /// Of whoever publishes one voice, one picture, or both.
    ///
    /// # Errors
    /// See [`ForeignError`].
    pub fn of_publisher(sdp: &str) -> Result<Self, ForeignError> {
        read(sdp, |layout, is_video, mid| {
            let line = if is_video {
                &mut layout.camera
            } else {
                &mut layout.microphone
            };
            line.replace(mid).is_none()
        })
    }

    /// Of whoever plays the lesson.
    ///
    /// # Errors
    /// See [`ForeignError`].
    pub fn of_player(sdp: &str) -> Result<Self, ForeignError> {
        let mut layout = read(sdp, |layout, is_video, mid| match is_video {
            false => {
                layout.audio_slots.push(mid);
                layout.audio_slots.len() <= MAX_AUDIO_SLOTS + 1
            }
            true if layout.video_slots.is_empty() => {
                layout.video_slots.push(mid);
                true
            }
            true => layout.screen_slot.replace(mid).is_none(),
        })?;
        // As with pictures: whoever has a second line has it for the screen.
        if layout.audio_slots.len() == 2 || layout.audio_slots.len() > MAX_AUDIO_SLOTS {
            layout.screen_audio_slot = layout.audio_slots.pop();
        }
        Ok(layout)
    }
}

/// Gives each line to `place`, which says whether there is a purpose left for it.
fn read(
    sdp: &str,
    mut place: impl FnMut(&mut Layout, bool, String) -> bool,
) -> Result<Layout, ForeignError> {
    let document = lines::read(sdp)?;
    if document.media.is_empty() {
        return Err(ForeignError::Empty);
    }
    let mut layout = Layout::default();
    for media in &document.media {
        let is_video = match media.kind {
            "audio" => false,
            "video" => true,
            _ => return Err(ForeignError::WrongKind),
        };
        let mid = media.attributes.value("mid").ok_or(ForeignError::NoMid)?;
        if !place(&mut layout, is_video, mid.to_owned()) {
            return Err(ForeignError::TooMany);
        }
    }
    Ok(layout)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(kinds: &[&str]) -> String {
        let line = |(mid, kind): (usize, &&str)| format!("m={kind} 9 X 0\r\na=mid:{mid}\r\n");
        let lines: String = kinds.iter().enumerate().map(line).collect();
        format!("v=0\r\n{lines}")
    }

    fn mid(number: u32) -> Option<String> {
        Some(number.to_string())
    }

    #[test]
    fn a_publisher_sends_one_voice_and_one_picture() {
        let both = Layout {
            microphone: mid(1),
            camera: mid(0),
            ..Layout::default()
        };
        assert_eq!(Layout::of_publisher(&offer(&["video", "audio"])), Ok(both));
        let voice = Layout {
            microphone: mid(0),
            ..Layout::default()
        };
        assert_eq!(Layout::of_publisher(&offer(&["audio"])), Ok(voice));
        let two = Layout::of_publisher(&offer(&["audio", "audio"]));
        assert_eq!(two, Err(ForeignError::TooMany));
    }

    #[test]
    fn a_player_gets_voices_the_picture_and_the_screen() {
        let kinds = ["audio", "video", "audio", "video", "audio"];
        let all = Layout {
            audio_slots: vec!["0".into(), "2".into(), "4".into()],
            video_slots: vec!["1".into()],
            screen_slot: mid(3),
            ..Layout::default()
        };
        assert_eq!(Layout::of_player(&offer(&kinds)), Ok(all));
        for (lines, voices, sound) in [(1, 1, None), (2, 1, mid(1)), (3, 3, None), (4, 3, mid(3))] {
            let layout = Layout::of_player(&offer(&vec!["audio"; lines])).expect("fits");
            let voices = (voices, sound);
            assert_eq!(
                (layout.audio_slots.len(), layout.screen_audio_slot),
                voices,
                "{lines}"
            );
        }
        for kinds in [&["video"; 3][..], &["audio"; 5][..]] {
            let more = Layout::of_player(&offer(kinds));
            assert_eq!(more, Err(ForeignError::TooMany), "{kinds:?}");
        }
    }

    #[test]
    fn what_has_no_purpose_makes_the_whole_unusable() {
        for (sdp, error) in [
            (offer(&[]), ForeignError::Empty),
            (offer(&["audio", "application"]), ForeignError::WrongKind),
            ("v=0\r\nm=audio 9 X 0\r\n".into(), ForeignError::NoMid),
        ] {
            assert_eq!(Layout::of_publisher(&sdp), Err(error));
            assert_eq!(Layout::of_player(&sdp), Err(error));
        }
        let rubbish = Layout::of_publisher("rubbish");
        assert!(matches!(rubbish, Err(ForeignError::Unreadable(_))));
    }
}
