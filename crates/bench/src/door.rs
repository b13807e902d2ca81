//! How a participant joins and gets the other side's description: the seam between the generator
//! and whatever is under load.
//!
//! Invariant: the generator knows nothing of lessons, rooms or routes; a door knows nothing of
//! media.

use crate::endpoint::Local;
use crate::generator::{Generator, PeerId, Way};
use crate::media::Track;
use anyhow::Result;
use std::net::SocketAddr;
use std::time::Duration;

/// Whom a participant is in a lesson.
#[derive(Debug, Clone)]
pub struct Person {
    /// Which lesson, counted from 0.
    pub lesson: usize,
    /// Comes with the teacher's token.
    pub is_teacher: bool,
    /// Camera slots of the offer.
    pub video_slots: usize,
}

/// Who wants in.
pub struct Asking<'a> {
    /// The participant.
    pub peer: PeerId,
    /// As whom.
    pub person: &'a Person,
    /// The transport's part of the offer; `None` where packets travel plain.
    pub local: Option<Local>,
    /// Where its packets come from, for a peer that makes checks of its own.
    pub at: Option<SocketAddr>,
    /// What the participant will send.
    pub tracks: &'a [Track],
}

/// A way in.
pub trait Door {
    /// Asks for a participant to be let in; what comes of it comes out of [`Door::poll`].
    ///
    /// # Errors
    /// When the door is shut.
    fn ask(&mut self, asking: &Asking<'_>) -> Result<()>;

    /// The next participant whose way is known.
    ///
    /// # Errors
    /// When somebody was refused.
    fn poll(&mut self) -> Result<Option<(PeerId, Way)>>;
}

/// Lets these people in and waits until all their transports are up.
///
/// # Errors
/// When somebody is refused, or it takes longer than `within`.
pub fn let_in(
    generator: &mut Generator,
    door: &mut dyn Door,
    people: &[(PeerId, Person)],
    within: Duration,
) -> Result<()> {
    ask(generator, door, people)?;
    generator.run_until(within, "everybody to be let in", |generator| {
        while let Some((peer, way)) = door.poll()? {
            generator.connect(peer, way);
        }
        Ok(people.iter().all(|(peer, _)| generator.is_connected(*peer)))
    })
}

/// Asks for these people and does not wait.
///
/// # Errors
/// When the door is shut.
pub fn ask(generator: &Generator, door: &mut dyn Door, people: &[(PeerId, Person)]) -> Result<()> {
    for (peer, person) in people {
        door.ask(&Asking {
            peer: *peer,
            person,
            local: generator.local(*peer),
            at: generator.address(*peer),
            tracks: generator.tracks(*peer),
        })?;
    }
    Ok(())
}
