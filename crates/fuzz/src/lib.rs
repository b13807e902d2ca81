//! What must hold for any bytes that the network can bring: one function per entry.
//!
//! libFuzzer feeds the functions through `fuzz_targets/`; `tests/replay.rs` feeds them the seeds
//! and everything near the seeds, with plain `cargo test`.
//!
//! Invariant: a function panics only when a property is broken, so every crash is a bug.

mod client_message;
mod datagram;
mod dependency;
mod h264;
mod peer;
mod rtcp;
mod rtp;
mod sdp_offer;
mod session;
mod srtp;
mod stun;
mod vp8;
mod vp9;
mod world;

pub use client_message::client_message;
pub use datagram::datagram;
pub use dependency::dependency;
pub use h264::h264;
pub use rtcp::rtcp;
pub use rtp::rtp;
pub use sdp_offer::sdp_offer;
pub use session::session;
pub use srtp::srtp;
pub use stun::stun;
pub use vp8::vp8;
pub use vp9::vp9;

/// A property over arbitrary bytes.
pub type Target = fn(&[u8]);

/// Every target by the name of its binary and of its folder of seeds.
pub const TARGETS: [(&str, Target); 12] = [
    ("client_message", client_message),
    ("datagram", datagram),
    ("dependency", dependency),
    ("h264", h264),
    ("rtcp", rtcp),
    ("rtp", rtp),
    ("sdp_offer", sdp_offer),
    ("session", session),
    ("srtp", srtp),
    ("stun", stun),
    ("vp8", vp8),
    ("vp9", vp9),
];
