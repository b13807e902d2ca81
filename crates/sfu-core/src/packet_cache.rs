//! The last packets of one video source, decrypted, once for all its receivers.
//!
//! Invariant: memory is taken once, at the first packet, and never grows; a packet is found only
//! under its own index.

use crate::bounds::{MAX_RTP_BYTES, PACKET_CACHE_SLOTS};
use homeroom_rtp::vp8::Vp8Descriptor;

/// A packet as the router passes it on: the payload and what a receiver's header needs.
#[derive(Debug, Clone, Copy)]
pub struct MediaPacket<'a> {
    /// Packet index: the sequence number extended by its wraps.
    pub index: u64,
    /// RTP timestamp, in the source's clock.
    pub timestamp: u32,
    /// RTP marker.
    pub marker: bool,
    /// Audio level in −dBov, when known.
    pub level: Option<u8>,
    /// What the payload begins with, for video.
    pub vp8: Option<Vp8Descriptor>,
    /// The payload, without padding.
    pub payload: &'a [u8],
}

#[derive(Clone, Copy)]
struct Slot {
    index: u64,
    timestamp: u32,
    marker: bool,
    vp8: Option<Vp8Descriptor>,
    len: u16,
}

/// The ring.
pub struct PacketCache {
    slots: Box<[Option<Slot>]>,
    bytes: Box<[u8]>,
}

impl Default for PacketCache {
    fn default() -> Self {
        Self {
            slots: vec![None; PACKET_CACHE_SLOTS].into_boxed_slice(),
            bytes: vec![0; PACKET_CACHE_SLOTS * MAX_RTP_BYTES].into_boxed_slice(),
        }
    }
}

impl PacketCache {
    /// Keeps a packet in place of the one [`PACKET_CACHE_SLOTS`] earlier.
    pub fn put(&mut self, packet: &MediaPacket<'_>) {
        let (slot, bytes) = self.place(packet.index);
        let Some(room) = self.bytes.get_mut(bytes..bytes + packet.payload.len()) else {
            return;
        };
        room.copy_from_slice(packet.payload);
        self.slots[slot] = Some(Slot {
            index: packet.index,
            timestamp: packet.timestamp,
            marker: packet.marker,
            vp8: packet.vp8,
            len: packet.payload.len() as u16,
        });
    }

    /// The packet with this index, if it is still here.
    pub fn get(&self, index: u64) -> Option<MediaPacket<'_>> {
        let (slot, bytes) = self.place(index);
        let kept = self.slots[slot].filter(|kept| kept.index == index)?;
        Some(MediaPacket {
            index,
            timestamp: kept.timestamp,
            marker: kept.marker,
            level: None,
            vp8: kept.vp8,
            payload: self.bytes.get(bytes..bytes + usize::from(kept.len))?,
        })
    }

    const fn place(&self, index: u64) -> (usize, usize) {
        let slot = (index % PACKET_CACHE_SLOTS as u64) as usize;
        (slot, slot * MAX_RTP_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(index: u64, payload: &[u8]) -> MediaPacket<'_> {
        MediaPacket {
            index,
            timestamp: index as u32,
            marker: false,
            level: None,
            vp8: None,
            payload,
        }
    }

    #[test]
    fn a_packet_is_kept_until_its_place_is_taken() {
        let mut cache = PacketCache::default();
        let slots = PACKET_CACHE_SLOTS as u64;
        for index in 0..slots {
            cache.put(&packet(index, &index.to_be_bytes()));
        }
        assert_eq!(
            cache.get(0).map(|p| p.payload),
            Some(&0u64.to_be_bytes()[..])
        );
        cache.put(&packet(slots, b"next lap"));
        assert!(cache.get(0).is_none(), "index 0 lost its place");
        assert_eq!(cache.get(slots).map(|p| p.payload), Some(&b"next lap"[..]));
        assert!(cache.get(2 * slots).is_none(), "never there");
    }

    #[test]
    fn the_longest_payload_fits_in_the_last_place() {
        let mut cache = PacketCache::default();
        let last = PACKET_CACHE_SLOTS as u64 - 1;
        cache.put(&packet(last, &[7; MAX_RTP_BYTES]));
        assert_eq!(
            cache.get(last).map(|p| p.payload.len()),
            Some(MAX_RTP_BYTES)
        );
    }
}
