//! Times of a script: `MM:SS` of the lesson, before it with a minus.
//!
//! Invariant: what is not such a time is an error that says so.

use serde::Deserialize;

/// A time of the lesson, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Clock(pub i64);

impl Clock {
    /// Reads `MM:SS`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no time like 07:00");
        let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        let (minutes, seconds) = digits.split_once(':').ok_or_else(wrong)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| wrong());
        let (minutes, seconds) = (number(minutes)?, number(seconds)?);
        if seconds >= 60 {
            return Err(wrong());
        }
        Ok(Self(
            sign * (i64::from(minutes) * 60 + i64::from(seconds)) * 1_000,
        ))
    }

    /// How long it is, the sign aside.
    #[must_use]
    pub const fn length_ms(self) -> u64 {
        self.0.unsigned_abs()
    }
}

impl TryFrom<String> for Clock {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let seconds = (self.length_ms() + 500) / 1_000;
        write!(f, "{sign}{:02}:{:02}", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_minutes_and_seconds() {
        let read = |text| Clock::parse(text).map(|clock| clock.0);
        assert_eq!(read("07:05"), Ok(425_000));
        assert_eq!(read("-01:00"), Ok(-60_000));
        for text in ["", "7", "07:60", "07:-5", "7 min", "--1:00"] {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert_eq!(Clock(-60_000).to_string(), "-01:00");
        assert_eq!(Clock(44_499).to_string(), "00:44");
    }
}
