//! A lesson in virtual time: workers with their SFUs, a bad network, and browsers in small.
//!
//! [`World`] runs it (`world`), `lesson` is what a plan does to it, [`client::Client`] is a browser.
//!
//! Invariant, in every plan: media leaves only towards the address of a client whose session is
//! connected, DTLS only towards one that has answered our check, nothing to one who was removed;
//! every client checks for itself that what it gets is of its room and not its own.

mod client;
mod descriptor;
mod encoder;
mod lesson;
mod media;
mod offer;
mod slot;
mod stun;
mod superframes;
mod track;
mod world;

pub use slot::{Frame, Seen, Slot};
pub use track::Track;
pub use world::{Standing, World};

use crate::model::{Codec, MediaRole, RoomId, SlotKind, Source, SourceSet};
use crate::transport::srtp::SrtpProfile;
use homeroom_netsim::LinkConfig;
use std::time::Duration;

/// The room of plans that need only one.
pub const ROOM: RoomId = RoomId(1);
pub const EVERYTHING: SourceSet = SourceSet::NONE
    .with(Source::Microphone)
    .with(Source::Camera)
    .with(Source::Screen)
    .with(Source::ScreenAudio);
/// In the order in which Chromium lists them.
pub const CHROMIUM_PROFILES: [SrtpProfile; 2] =
    [SrtpProfile::AesCm128HmacSha1_80, SrtpProfile::AeadAes128Gcm];
/// A good line: 10 ms each way.
pub const GOOD: LinkConfig = LinkConfig {
    delay: Duration::from_millis(10),
    ..LinkConfig::PERFECT
};

pub fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

pub fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Somebody who is about to come in.
#[derive(Clone)]
pub struct Join {
    pub room: RoomId,
    pub id: u32,
    pub role: MediaRole,
    pub may_send: SourceSet,
    pub worker: u8,
    pub profiles: Vec<SrtpProfile>,
    /// What the offer says, when that is a lie.
    pub fingerprint: Option<[u8; 32]>,
    pub link: LinkConfig,
    pub video_slots: usize,
    /// The answer names a stream for retransmissions with each slot.
    pub with_rtx: bool,
    /// Layers of the camera.
    pub layers: u8,
    /// Its screen has a small layer.
    pub has_slides: bool,
    /// Its microphone comes at a low rate too.
    pub has_low: bool,
    /// All its video lines offer H.264 too.
    pub has_h264: bool,
    /// All its video lines offer VP9, and prefer it.
    pub has_vp9: bool,
    /// All its video lines offer AV1, and prefer it.
    pub has_av1: bool,
    /// Its camera has its layers in one stream, of AV1 if it has that, else of VP9.
    pub has_svc: bool,
    /// It reports arrivals, as browsers do, so that the server judges its line and obeys.
    pub reports_arrivals: bool,
    /// It has a slot for one voice and one for pictures, and none for the stage.
    pub is_player: bool,
}

impl Join {
    pub fn teacher(id: u32) -> Self {
        Self {
            room: ROOM,
            id,
            role: MediaRole::Teacher,
            may_send: EVERYTHING,
            worker: 0,
            profiles: CHROMIUM_PROFILES.to_vec(),
            fingerprint: None,
            link: GOOD,
            video_slots: 4,
            with_rtx: true,
            layers: 1,
            has_slides: false,
            has_low: false,
            has_h264: false,
            has_vp9: false,
            has_av1: false,
            has_svc: false,
            reports_arrivals: false,
            is_player: false,
        }
    }

    pub fn student(id: u32) -> Self {
        Self {
            role: MediaRole::Student,
            ..Self::teacher(id)
        }
    }

    pub fn over(self, link: LinkConfig) -> Self {
        Self { link, ..self }
    }

    /// With a camera of three layers, each of three temporal layers.
    pub fn with_layers(self) -> Self {
        Self { layers: 3, ..self }
    }

    /// Whose screen has a small layer, of two frames a second.
    pub fn with_slides(self) -> Self {
        Self {
            has_slides: true,
            ..self
        }
    }

    /// Whose microphone comes at a low rate too.
    pub fn with_low_microphone(self) -> Self {
        Self {
            has_low: true,
            ..self
        }
    }

    /// Whose browser knows H.264.
    pub fn with_h264(self) -> Self {
        Self {
            has_h264: true,
            ..self
        }
    }

    /// Whose browser knows VP9.
    pub fn with_vp9(self) -> Self {
        Self {
            has_vp9: true,
            ..self
        }
    }

    /// Whose browser knows AV1.
    pub fn with_av1(self) -> Self {
        Self {
            has_av1: true,
            ..self
        }
    }

    /// Whose browser knows a codec.
    pub fn with(self, codec: Codec) -> Self {
        match codec {
            Codec::Opus | Codec::Vp8 => self,
            Codec::H264 => self.with_h264(),
            Codec::Vp9 => self.with_vp9(),
            Codec::Av1 => self.with_av1(),
        }
    }

    /// With a camera of three layers in one stream, each of three temporal layers.
    pub fn with_svc(self, codec: Codec) -> Self {
        Self {
            has_svc: true,
            ..self.with(codec)
        }
    }

    pub fn reporting(self) -> Self {
        Self {
            reports_arrivals: true,
            ..self
        }
    }

    /// That plays a lesson as one voice and one picture.
    pub fn player(id: u32) -> Self {
        Self {
            is_player: true,
            video_slots: 1,
            ..Self::student(id)
        }
    }

    pub fn on_worker(self, worker: u8) -> Self {
        Self { worker, ..self }
    }

    pub fn in_room(self, room: u64) -> Self {
        Self {
            room: RoomId(room),
            ..self
        }
    }
}
/// The seed of this run.
pub fn seed() -> u64 {
    match std::env::var("HOMEROOM_SEED") {
        Ok(seed) => seed.parse().expect("HOMEROOM_SEED is a number"),
        Err(_) => 1,
    }
}

/// Whom a client has heard in the last `time`.
pub fn heard(world: &World, client: usize, time: Duration) -> Vec<u32> {
    let is_voice = |slot| matches!(slot, SlotKind::Audio(_));
    world.clients[client].sources_since(world.now() - time, is_voice)
}

/// Whose camera a client has seen in the last `time`.
pub fn saw(world: &World, client: usize, time: Duration) -> Vec<u32> {
    let is_camera = |slot| matches!(slot, SlotKind::Video(_));
    world.clients[client].sources_since(world.now() - time, is_camera)
}
