//! Bots that attend lessons: real WebRTC endpoints that speak, show a film, listen and watch.
//!
//! They share no media code with the server, so what they hear is evidence. In reading order:
//! [`Lessons`] talks HTTP, [`Socket`] carries the signalling, `peer` is the peer connection, and
//! [`Bot`] is all three: a person in a lesson. What it perceives is one value, [`Observed`], and a
//! test waits for that value to become what it should be.
//!
//! Invariant: a bot never knows more than a browser would; whatever it asserts, it received.

mod arrivals;
mod bot;
mod clip;
mod key_frame_requests;
mod lecture;
mod lessons;
mod observed;
mod peer;
mod perceived;
mod sdp;
mod sender;
mod socket;
mod tone;
mod vp8;

pub use arrivals::Arrivals;
pub use bot::{Bot, BotConfig, JoinFailed, TooLate};
pub use clip::Picture;
pub use lecture::{Lecture, LectureReport, MAX_STUDENTS, Spread};
pub use lessons::Lessons;
pub use observed::{Link, Observed, RoomView, Timings};
pub use peer::Lines;
pub use perceived::{Heard, Seen};
pub use socket::Socket;
pub use tone::{Tone, Volume};
