//! What people and the server do, in the words of a script.
//!
//! Invariant: every word is known here or the script is refused; both players match on [`Deed`], so
//! a new one does not compile until both can do it.

use crate::clock::Clock;

/// One thing that somebody does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// Opens the lesson in a browser.
    Comes(Coming),
    /// Taps, so that the browser plays.
    LetsSoundPlay,
    /// Opens it on one more device, while the first is there.
    OpensAnotherDevice,
    /// Leaves by the button.
    Leaves,
    /// Nothing gets through in either direction.
    LosesLine,
    /// It does again, and the page comes back by itself.
    HasLineAgain,
    /// Presses "I am here"; without a line it is sent when there is one.
    Answers,
    /// Raises a hand.
    RaisesHand,
    /// Speaks.
    Speaks {
        /// For so long.
        for_ms: u64,
    },
    /// Says that several children sit at this screen.
    SaysSeveral,
    /// Says that their line of the roll is wrong.
    SaysWrong,
    /// A teacher asks who is there.
    Asks {
        /// So long it can be answered.
        for_ms: u64,
    },
    /// A teacher excuses somebody.
    Excuses(String),
    /// A teacher marks somebody present.
    Marks(String),
    /// A teacher takes such a word back.
    TakesBack(String),
    /// A teacher ticks who sits with others at one screen.
    Seats {
        /// Who.
        names: Vec<String>,
        /// At whose.
        screen: String,
    },
}

/// How somebody comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coming {
    /// Types this name, instead of their own.
    pub name: Option<String>,
    /// With what.
    pub with: With,
}

/// What works of a browser that comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum With {
    /// All of it.
    Everything,
    /// Its sound waits for a tap.
    SoundBlocked,
    /// It has no media at all.
    NoMedia,
}

/// What the server does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerDeed {
    /// `kill -9`.
    IsKilled,
    /// It answers again.
    RunsAgain,
}

impl Deed {
    /// Reads what a script says.
    ///
    /// # Errors
    /// When nobody can do that.
    pub fn parse(text: &str) -> Result<Self, String> {
        let comes = |name: Option<&str>, with| {
            let name = name.map(str::to_owned);
            Ok(Self::Comes(Coming { name, with }))
        };
        match text {
            "comes" => return comes(None, With::Everything),
            "comes without media" => return comes(None, With::NoMedia),
            "comes with the sound blocked" => return comes(None, With::SoundBlocked),
            "lets the sound play" => return Ok(Self::LetsSoundPlay),
            "opens another device" => return Ok(Self::OpensAnotherDevice),
            "leaves" => return Ok(Self::Leaves),
            "loses the line" => return Ok(Self::LosesLine),
            "has the line again" => return Ok(Self::HasLineAgain),
            "answers" => return Ok(Self::Answers),
            "raises a hand" => return Ok(Self::RaisesHand),
            "says that several are here" => return Ok(Self::SaysSeveral),
            "says that this is wrong" => return Ok(Self::SaysWrong),
            _ => {}
        }
        let time = |text: &str| Clock::parse(text).map(Clock::length_ms);
        if let Some(name) = text.strip_prefix("comes as ") {
            return comes(Some(name), With::Everything);
        } else if let Some(length) = text.strip_prefix("speaks for ") {
            return Ok(Self::Speaks {
                for_ms: time(length)?,
            });
        } else if let Some(length) = text.strip_prefix("asks who is there for ") {
            return Ok(Self::Asks {
                for_ms: time(length)?,
            });
        } else if let Some(name) = text.strip_prefix("excuses ") {
            return Ok(Self::Excuses(name.to_owned()));
        } else if let Some(name) = text.strip_prefix("takes back ") {
            return Ok(Self::TakesBack(name.to_owned()));
        } else if let Some(name) = text
            .strip_prefix("marks ")
            .and_then(|rest| rest.strip_suffix(" present"))
        {
            return Ok(Self::Marks(name.to_owned()));
        } else if let Some((names, screen)) = text
            .strip_prefix("seats ")
            .and_then(|rest| rest.split_once(" at "))
        {
            let names = names.split(", ").map(str::to_owned).collect();
            let screen = screen.to_owned();
            return Ok(Self::Seats { names, screen });
        }
        Err(format!("nobody can do this: {text:?}"))
    }
}

impl ServerDeed {
    /// Reads what a script says.
    ///
    /// # Errors
    /// When no server can do that.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "is killed" => Ok(Self::IsKilled),
            "runs again" => Ok(Self::RunsAgain),
            other => Err(format!("the server cannot do this: {other:?}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_deeds_and_others_are_refused() {
        let comes = |name: Option<&str>, with| {
            let name = name.map(str::to_owned);
            Ok(Deed::Comes(Coming { name, with }))
        };
        let read = Deed::parse;
        assert_eq!(read("comes"), comes(None, With::Everything));
        assert_eq!(
            read("comes as Batman"),
            comes(Some("Batman"), With::Everything)
        );
        assert_eq!(read("comes without media"), comes(None, With::NoMedia));
        assert_eq!(
            read("speaks for 00:20"),
            Ok(Deed::Speaks { for_ms: 20_000 })
        );
        let seats = Deed::Seats {
            names: vec!["Desk one".into(), "Desk two".into()],
            screen: "Screen".into(),
        };
        assert_eq!(read("seats Desk one, Desk two at Screen"), Ok(seats));
        assert_eq!(read("marks Ana present"), Ok(Deed::Marks("Ana".into())));
        for text in ["", "come", "marks Ana", "speaks", "seats A", "is killed"] {
            assert!(read(text).is_err(), "{text:?}");
        }
        assert!(ServerDeed::parse("comes").is_err());
    }
}
