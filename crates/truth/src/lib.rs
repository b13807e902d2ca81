//! The truth test's scripts: a lesson as it happens to a class, and what its roll must say.
//!
//! Two tests play them. `signaling` does so in virtual time, on the room as a value; `loadtest` with
//! bots that have real media, on a server that is really killed. [`script`] reads
//! `loadtest/scenarios/truth*.toml`, [`deed`] is one thing somebody does, [`judgement`] lays a line
//! of the roll beside what it must say.
//!
//! Invariant: what happens and what must be said of it stands in the scripts alone, and is read and
//! compared in one place, so that both tests mean the same.

pub mod clock;
pub mod deed;
pub mod judgement;
pub mod script;

pub use clock::Clock;
pub use deed::{Coming, Deed, ServerDeed, With};
pub use judgement::{Expected, Judgement, Slips, TOLERANCE_MS};
pub use script::{BadScript, Kind, Person, Script, Timed};
