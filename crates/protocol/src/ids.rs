//! Names of things on the wire.
//!
//! Invariant: a [`LessonCode`] holds only its own alphabet, so it is safe in a URL and a log.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use utoipa::ToSchema;

/// A participant's number within one lesson, given by the server in order of joining; never reused.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, TS, ToSchema,
)]
#[serde(transparent)]
pub struct ParticipantId(pub u32);

/// The short code of a lesson as people read it aloud: groups of three, like `k7m-3xh-rp2`.
///
/// Digits and Latin letters without look-alikes (no 0 o 1 l i, and none that a Cyrillic hand
/// confuses), so about 43 bits: enough against guessing because lookups are rate-limited.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, TS, ToSchema)]
#[serde(transparent)]
pub struct LessonCode(String);

impl LessonCode {
    /// The letters a code is made of.
    pub const ALPHABET: &'static [u8] = b"23456789adfghjkmnpqrstvwxyz";
    /// Letters in a code, the dashes not counted.
    pub const LETTERS: usize = 9;

    /// Reads a code as a person types it: any case, spaces and dashes anywhere.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 64 {
            return None;
        }
        let mut letters = String::with_capacity(Self::LETTERS + 2);
        let mut count = 0;
        for c in text.chars() {
            if c == '-' || c.is_whitespace() {
                continue;
            }
            let c = c.to_ascii_lowercase();
            if count == Self::LETTERS || !c.is_ascii() || !Self::ALPHABET.contains(&(c as u8)) {
                return None;
            }
            if count > 0 && count % 3 == 0 {
                letters.push('-');
            }
            letters.push(c);
            count += 1;
        }
        (count == Self::LETTERS).then_some(Self(letters))
    }

    /// The code with its dashes.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A browser's own random name, by which it is known to one lesson's door.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, TS)]
#[serde(transparent)]
pub struct DeviceId(String);

impl DeviceId {
    /// Shortest and longest, in characters.
    pub const CHARS: (usize, usize) = (16, 64);

    /// Letters, digits, `-` and `_`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (least, most) = Self::CHARS;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let fits = (least..=most).contains(&text.len()) && text.bytes().all(is_plain);
        fits.then(|| Self(text.to_owned()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for DeviceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a device's name"))
    }
}

impl std::fmt::Display for LessonCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for LessonCode {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not a lesson code"))
    }
}
