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
mod capacity;
mod clip;
mod compare;
mod cost;
mod generator;
mod key_frame_requests;
mod lessons;
mod light;
mod observed;
mod origin;
mod own_server;
mod patience;
mod peer;
mod perceived;
mod report;
mod run;
mod scenario;
mod sdp;
mod sender;
mod socket;
mod spread;
mod streams;
mod student;
mod tone;
mod trial;
mod truth;
mod vp8;

pub use arrivals::Arrivals;
pub use bot::{Bot, BotConfig, JoinFailed, TooLate};
pub use capacity::{Bisection, Outcome};
pub use clip::Picture;
pub use compare::{Change, Verdict, compare};
pub use lessons::Lessons;
pub use light::{Fare, Got, LightBot, LightConfig, Performance, Sampled, Samples};
pub use observed::{Link, Observed, RoomView, Timings};
pub use origin::Origin;
pub use own_server::{OwnServer, beside_us, stay_on};
pub use peer::Lines;
pub use perceived::{Heard, Seen};
pub use report::{About, Model, Projection, Question, Report};
pub use run::{Options, hold};
pub use scenario::{Limits, MAX_STUDENTS, Scenario, Words};
pub use socket::Socket;
pub use spread::Spread;
pub use streams::{MAX_PLAYERS, Streams, StreamsReport, stream};
pub use tone::{Tone, Volume};
pub use trial::{Doubt, Limit, Meanwhile, Remark, Second, Trial};
pub use truth::{Finding, Findings, play};
