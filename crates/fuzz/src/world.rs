//! An SFU with people in it, as the targets that need a whole one start from.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use homeroom_sfu_core::sdp::{Offer, SlotSsrc};
use homeroom_sfu_core::transport::dtls::DtlsIdentity;
use homeroom_sfu_core::{
    Command, MediaRole, NewParticipant, ParticipantId, RoomId, Sfu, SfuConfig, Source, SourceSet,
    WorkerIndex,
};

use crate::sdp_offer::layout;
use crate::stun::credentials;

/// The only room.
pub(crate) const ROOM: RoomId = RoomId(1);
pub(crate) const TEACHER: ParticipantId = ParticipantId(1);
pub(crate) const STUDENT: ParticipantId = ParticipantId(2);

/// Everybody's offer: what a browser made.
const OFFER: &str = include_str!("../seeds/sdp_offer/chromium-desktop.sdp");

/// One certificate for the whole process, as making one costs more than most inputs.
pub(crate) fn identity() -> Arc<DtlsIdentity> {
    static IDENTITY: OnceLock<Arc<DtlsIdentity>> = OnceLock::new();
    let generate = || {
        let provider = rtc_crypto::default_provider().expect("ring is compiled in");
        Arc::new(DtlsIdentity::generate(provider).expect("a certificate of our own"))
    };
    IDENTITY.get_or_init(generate).clone()
}

/// An SFU without rooms.
pub(crate) fn sfu(now: Instant) -> Sfu {
    Sfu::new(SfuConfig {
        worker: WorkerIndex(0),
        identity: identity(),
        cname: "homeroom".to_owned(),
        seed: [7; 32],
        epoch: now,
        unix_at_epoch: Duration::from_secs(1_800_000_000),
    })
}

/// Lets in somebody who may send everything. `local` and `remote` are the two halves of the ICE
/// credentials, `fingerprint` that of the certificate they will show.
pub(crate) fn participant(
    id: ParticipantId,
    local: (&str, &str),
    remote: (&str, &str),
    fingerprint: [u8; 32],
) -> Command {
    let mut offer = Offer::parse(OFFER, &layout(9)).expect("a browser's offer");
    offer.ice = credentials(remote);
    offer.fingerprint = fingerprint;
    let slots = 0..offer.down.len() as u32;
    let ssrcs = |slot| SlotSsrc {
        ssrc: 1_000 + slot,
        rtx_ssrc: Some(2_000 + slot),
    };
    Command::Add(Box::new(NewParticipant {
        room: ROOM,
        id,
        role: if id == TEACHER {
            MediaRole::Teacher
        } else {
            MediaRole::Student
        },
        may_send: Source::ALL
            .into_iter()
            .fold(SourceSet::NONE, SourceSet::with),
        ice: credentials(local),
        slot_ssrcs: slots.map(ssrcs).collect(),
        offer,
    }))
}
