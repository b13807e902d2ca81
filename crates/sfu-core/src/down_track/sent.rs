//! How a voice's last packets were sent, so that they can be sent again: the same to the last bit,
//! or the key stream of one packet would be used for another (RFC 3711 §9.1).
//!
//! Invariant: what is told of an index is what was noted of it, or nothing.

use super::redundancy::Carried;
use crate::congestion::Stamp;

/// Packets that can be sent again: more than a second of a voice.
pub const RESENDABLE: u64 = 64;

/// What a packet had beside what its cached copy tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Its packet index in the slot.
    pub index: u64,
    /// Its transport-wide number.
    pub stamp: Option<Stamp>,
    /// Which earlier packets it carried.
    pub carried: Carried,
}

/// The last ones, by index, modulo their number. Of pictures, which have RTX, none are kept.
pub struct SentPackets(Box<[Option<Sent>]>);

impl SentPackets {
    /// Nothing was sent.
    pub fn new(is_video: bool) -> Self {
        let kept = if is_video { 0 } else { RESENDABLE };
        Self(vec![None; kept as usize].into_boxed_slice())
    }

    /// Notes a packet.
    pub fn note(&mut self, sent: Sent) {
        if let Some(place) = self.0.get_mut((sent.index % RESENDABLE) as usize) {
            *place = Some(sent);
        }
    }

    /// How the packet of an index was sent.
    pub fn get(&self, index: u64) -> Option<Sent> {
        let sent = self.0.get((index % RESENDABLE) as usize)?;
        sent.filter(|sent| sent.index == index)
    }
}
