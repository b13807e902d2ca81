//! A script as a value: read from its file, and repeated for more pupils than it has.
//!
//! Invariant: whoever a deed is about is in the script; a key or word that is not known is an error.

use crate::clock::Clock;
use crate::deed::{Deed, ServerDeed};
use crate::judgement::Expected;
use serde::Deserialize;

/// Most pupils of one script: as many as a lesson has room for, and the teacher.
pub const MAX_PUPILS: usize = 1_900;
/// Who is late after it, or leaves longer before the end, where a script says nothing.
const USUAL_GRACE_MS: u64 = 5 * 60_000;

/// Forty-five minutes by the school's usual rules.
const WHOLE: &str = include_str!("../../../loadtest/scenarios/truth.toml");
/// A minute and a half by rules of its own.
const SHORT: &str = include_str!("../../../loadtest/scenarios/truth-short.toml");

/// Why there is no script.
#[derive(Debug, thiserror::Error)]
pub enum BadScript {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] toml::de::Error),
    /// A deed is about nobody.
    #[error("{who} does something to {about}, who is not in the script")]
    NobodyThere {
        /// Who does it.
        who: String,
        /// Whom it is about.
        about: String,
    },
    /// Two have one name.
    #[error("two are called {0}")]
    Namesakes(String),
    /// Somebody is expected and nothing said of them.
    #[error("the script does not say what the roll says of {0}")]
    NoRoll(String),
    /// More than a lesson has room for.
    #[error("a lesson has at most {MAX_PUPILS} pupils")]
    TooMany,
}

/// A lesson as it happens.
#[derive(Debug, Clone)]
pub struct Script {
    /// How long the lesson is.
    pub length_ms: u64,
    /// Who first hears it later than this is late.
    pub late_after_ms: u64,
    /// Who last hears it longer than this before its end has left early.
    pub early_before_ms: u64,
    /// What the server does.
    pub server: Vec<Timed<ServerDeed>>,
    /// Everybody: the teacher, the pupils in the list's order, the guests.
    pub people: Vec<Person>,
}

/// Somebody of the lesson.
#[derive(Debug, Clone)]
pub struct Person {
    /// Their name at school, or what a guest types.
    pub name: String,
    /// What they are.
    pub kind: Kind,
    /// What they do, in order.
    pub does: Vec<Timed<Deed>>,
    /// What the roll must say of them; of a teacher it says nothing.
    pub roll: Option<Expected>,
}

/// What somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Gives the lesson.
    Teacher,
    /// Is on the list.
    Pupil,
    /// Comes by the link alone.
    Guest,
}

/// Something, and when it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timed<D> {
    /// When, in milliseconds of the lesson.
    pub at_ms: i64,
    /// What.
    pub deed: D,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    length: Clock,
    late_after: Option<Clock>,
    early_before: Option<Clock>,
    teacher: Actor,
    server: Deeds,
    pupil: Vec<Actor>,
    #[serde(default)]
    guest: Vec<Actor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Deeds {
    does: Vec<Timed<ServerDeed>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Actor {
    name: String,
    does: Vec<Timed<Deed>>,
    roll: Option<Expected>,
}

impl Script {
    /// The lesson of 45 minutes.
    ///
    /// # Errors
    /// When the shipped file is wrong; a test sees to it that it is not.
    pub fn whole() -> Result<Self, BadScript> {
        Self::parse(WHOLE)
    }

    /// The short one.
    ///
    /// # Errors
    /// When the shipped file is wrong; a test sees to it that it is not.
    pub fn short() -> Result<Self, BadScript> {
        Self::parse(SHORT)
    }

    /// Reads a script.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, BadScript> {
        let file: File = toml::from_str(text)?;
        let grace = |clock: Option<Clock>| clock.map_or(USUAL_GRACE_MS, Clock::length_ms);
        let person = |kind: Kind| {
            move |actor: Actor| Person {
                name: actor.name,
                kind,
                does: actor.does,
                roll: actor.roll,
            }
        };
        let mut people = vec![person(Kind::Teacher)(file.teacher)];
        people.extend(file.pupil.into_iter().map(person(Kind::Pupil)));
        people.extend(file.guest.into_iter().map(person(Kind::Guest)));
        let script = Self {
            length_ms: file.length.length_ms(),
            late_after_ms: grace(file.late_after),
            early_before_ms: grace(file.early_before),
            server: file.server.does,
            people,
        };
        script.check()?;
        Ok(script)
    }

    /// The pupils.
    pub fn pupils(&self) -> impl Iterator<Item = &Person> {
        let is_pupil = |person: &&Person| person.kind == Kind::Pupil;
        self.people.iter().filter(is_pupil)
    }

    /// The guests.
    pub fn guests(&self) -> impl Iterator<Item = &Person> {
        let is_guest = |person: &&Person| person.kind == Kind::Guest;
        self.people.iter().filter(is_guest)
    }

    /// Who is on the roll, in its order.
    pub fn on_roll(&self) -> impl Iterator<Item = (&Person, &Expected)> {
        let people = self.people.iter();
        people.filter_map(|person| Some((person, person.roll.as_ref()?)))
    }

    /// The same with so many pupils: fewer, or everybody again under a name with a number. Who speaks
    /// is there once, as only three are heard at a time.
    ///
    /// # Errors
    /// When there are more than a lesson has room for.
    pub fn with_pupils(&self, count: usize) -> Result<Self, BadScript> {
        if count > MAX_PUPILS {
            return Err(BadScript::TooMany);
        }
        let speaks = |person: &Person| {
            let mut does = person.does.iter();
            does.any(|timed| matches!(timed.deed, Deed::Speaks { .. }))
        };
        let again = self.pupils().filter(|pupil| !speaks(pupil));
        let again: Vec<&Person> = again.collect();
        let mut pupils: Vec<Person> = self.pupils().take(count).cloned().collect();
        let turns = (2..).flat_map(|turn| again.iter().map(move |pupil| (turn, *pupil)));
        let missing = if again.is_empty() {
            0
        } else {
            count - pupils.len()
        };
        pupils.extend(turns.take(missing).map(|(turn, pupil)| Person {
            name: numbered(&pupil.name, turn),
            ..pupil.clone()
        }));
        let has = |name: &str| pupils.iter().any(|pupil| pupil.name == name);
        let turns = count.div_ceil(again.len().max(1)) + 1;
        let mut people = Vec::with_capacity(count + 2);
        for person in &self.people {
            match person.kind {
                Kind::Teacher => {
                    let does = person.does.iter();
                    let does = does.flat_map(|timed| about_each(timed, turns, has));
                    people.push(Person {
                        does: does.collect(),
                        ..person.clone()
                    });
                    people.extend(pupils.iter().cloned());
                }
                Kind::Pupil => {}
                Kind::Guest => people.push(person.clone()),
            }
        }
        let script = Self {
            people,
            ..self.clone()
        };
        script.check()?;
        Ok(script)
    }

    fn check(&self) -> Result<(), BadScript> {
        let mut names: Vec<&str> = self.people.iter().map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        if let Some(pair) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(BadScript::Namesakes(pair[0].to_owned()));
        }
        for person in &self.people {
            if person.kind != Kind::Teacher && person.roll.is_none() {
                return Err(BadScript::NoRoll(person.name.clone()));
            }
            let about = person.does.iter().flat_map(|timed| names_in(&timed.deed));
            for about in about {
                if names.binary_search(&about).is_err() {
                    let (who, about) = (person.name.clone(), about.to_owned());
                    return Err(BadScript::NobodyThere { who, about });
                }
            }
        }
        Ok(())
    }
}

fn numbered(name: &str, turn: usize) -> String {
    match turn {
        1 => name.to_owned(),
        _ => format!("{name} {turn}"),
    }
}

fn names_in(deed: &Deed) -> Vec<&str> {
    match deed {
        Deed::Excuses(name) | Deed::Marks(name) | Deed::TakesBack(name) => vec![name],
        Deed::Seats { names, screen } => {
            let names = names.iter().chain([screen]);
            names.map(String::as_str).collect()
        }
        Deed::Comes(_)
        | Deed::LetsSoundPlay
        | Deed::OpensAnotherDevice
        | Deed::Leaves
        | Deed::LosesLine
        | Deed::HasLineAgain
        | Deed::Answers
        | Deed::RaisesHand
        | Deed::Speaks { .. }
        | Deed::SaysSeveral
        | Deed::SaysWrong
        | Deed::Asks { .. } => Vec::new(),
    }
}

/// What a teacher does about somebody, done about each who is there under that name and a number.
fn about_each(timed: &Timed<Deed>, turns: usize, has: impl Fn(&str) -> bool) -> Vec<Timed<Deed>> {
    if names_in(&timed.deed).is_empty() {
        return vec![timed.clone()];
    }
    let one = |name: &String, turn| Some(numbered(name, turn)).filter(|name| has(name));
    let turned = (1..=turns).filter_map(|turn| match &timed.deed {
        Deed::Excuses(name) => one(name, turn).map(Deed::Excuses),
        Deed::Marks(name) => one(name, turn).map(Deed::Marks),
        Deed::TakesBack(name) => one(name, turn).map(Deed::TakesBack),
        Deed::Seats { names, screen } => {
            let names: Vec<_> = names.iter().filter_map(|name| one(name, turn)).collect();
            let screen = one(screen, turn).filter(|_| !names.is_empty())?;
            Some(Deed::Seats { names, screen })
        }
        Deed::Comes(_)
        | Deed::LetsSoundPlay
        | Deed::OpensAnotherDevice
        | Deed::Leaves
        | Deed::LosesLine
        | Deed::HasLineAgain
        | Deed::Answers
        | Deed::RaisesHand
        | Deed::Speaks { .. }
        | Deed::SaysSeveral
        | Deed::SaysWrong
        | Deed::Asks { .. } => None,
    });
    let at_ms = timed.at_ms;
    turned.map(|deed| Timed { at_ms, deed }).collect()
}

impl<'de> Deserialize<'de> for Timed<Deed> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        timed(deserializer, Deed::parse)
    }
}

impl<'de> Deserialize<'de> for Timed<ServerDeed> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        timed(deserializer, ServerDeed::parse)
    }
}

/// `MM:SS`, and what is done.
fn timed<'de, D: serde::Deserializer<'de>, T>(
    deserializer: D,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Timed<T>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let read = || {
        let (at, what) = text
            .split_once(' ')
            .ok_or_else(|| format!("{text:?} does not say when and what"))?;
        let (at_ms, deed) = (Clock::parse(at)?.0, parse(what)?);
        Ok::<_, String>(Timed { at_ms, deed })
    };
    read().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_protocol::Attendance;
    use std::collections::BTreeSet;

    #[test]
    fn the_shipped_scripts_can_be_read_and_the_whole_one_has_every_status() {
        let (whole, short) = (
            Script::whole().expect("reads"),
            Script::short().expect("reads"),
        );
        assert_eq!((whole.length_ms, whole.late_after_ms), (2_700_000, 300_000));
        assert!(short.length_ms <= 100_000, "has its place in `make test`");
        assert_eq!(short.pupils().count(), 12);
        let statuses: BTreeSet<Attendance> = whole.on_roll().map(|(_, roll)| roll.status).collect();
        assert_eq!(statuses.len(), 9, "{statuses:?}");
    }

    #[test]
    fn more_pupils_are_the_same_ones_again() {
        let whole = Script::whole().expect("reads");
        let many = whole.with_pupils(500).expect("fits");
        assert_eq!(many.pupils().count(), 500);
        let named = |name: &str| many.people.iter().find(|person| person.name == name);
        let (first, third) = (named("Late"), named("Late 3"));
        assert_eq!(first.expect("is there").does, third.expect("is there").does);
        assert!(named("Speaks").is_some() && named("Speaks 2").is_none());
        let teacher = &many.people[0];
        let excused = teacher
            .does
            .iter()
            .filter(|timed| matches!(timed.deed, Deed::Excuses(_)));
        let meant = many
            .pupils()
            .filter(|pupil| pupil.name.starts_with("Excused"));
        assert_eq!(excused.count(), meant.count());
        assert_eq!(whole.with_pupils(3).expect("fits").pupils().count(), 3);
        assert!(matches!(
            whole.with_pupils(MAX_PUPILS + 1),
            Err(BadScript::TooMany)
        ));
    }

    #[test]
    fn what_is_wrong_with_a_script_is_said() {
        let script = |deed: &str, more: &str| {
            let text = format!(
                "length = \"01:00\"\nserver = {{ does = [] }}\n\
                 teacher = {{ name = \"T\", does = [\"00:00 {deed}\"] }}\n\
                 [[pupil]]\nname = \"P\"\ndoes = []\nroll = {{ status = \"absent\" }}\n{more}"
            );
            Script::parse(&text)
                .map(drop)
                .map_err(|error| error.to_string())
        };
        assert_eq!(script("comes", ""), Ok(()));
        let check = |deed: &str, more: &str, says: &str| {
            let error = script(deed, more).expect_err("is wrong");
            assert!(error.contains(says), "{error}");
        };
        check("dances", "", "nobody can do this");
        check("excuses Q", "", "Q, who is not in the script");
        check("comes", "dances = 1", "unknown field");
        check(
            "comes",
            "[[guest]]\nname = \"P\"\ndoes = []",
            "two are called P",
        );
        check("comes", "[[guest]]\nname = \"G\"\ndoes = []", "says of G");
    }
}
