//! Signalling: who is in which lesson, over HTTP and WebSocket.
//!
//! A message's way, in the order of the modules: [`http`](self) opens the socket's door; `session`
//! reads one socket and applies its caps; `registry` knows which room runs where; `lesson` is the
//! task that owns a room; [`room`] decides, as a pure state machine, with [`rights`] and
//! [`roll_call`]; the task then writes the roll, tells the SFU and sends the answers.
//!
//! Invariant: every decision is made in `room`, without IO; every bound is in [`limits`].

mod chat_text;
mod clock;
mod dispatch;
mod doors;
mod headers;
mod http;
mod lesson;
pub mod limits;
mod load_tests;
mod media;
mod metrics;
mod names;
mod origin;
mod outbox;
mod process;
mod registry;
pub mod rights;
pub mod roll_call;
mod roll_export;
mod roll_http;
pub mod room;
pub mod school;
mod server;
mod session;
mod throttle;
mod tokens;
mod whip;

pub use headers::SECURITY_HEADERS;
pub use load_tests::{LoadTests, Machine, Signer};
pub use media::{Media, NoMedia};
pub use server::Signaling;
