//! Earlier packets of a voice that go with a packet of it (RFC 2198), for receivers that lose many.
//!
//! Invariant: nothing is copied before it is written; a packet that is sent again carries the same
//! ones again, or is not sent.

use crate::bounds::{MAX_RED_BYTES, MAX_REDUNDANCY};
use crate::packet_cache::{MediaPacket, PacketCache};
use arrayvec::ArrayVec;
use homeroom_rtp::red::{self, Block};

/// How many packets before it each one is that goes with a packet: bit 0 is the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Carried(u8);

/// What goes with a packet, oldest first.
#[derive(Default)]
pub struct Redundancy<'a> {
    /// The blocks.
    pub blocks: ArrayVec<Block<'a>, MAX_REDUNDANCY>,
    /// Which they are.
    pub carried: Carried,
}

impl<'a> Redundancy<'a> {
    /// At most `count` of the packets before `packet`: those that are here, of the same stay in the
    /// slot, and that the format has room for.
    pub fn gather(
        cache: &'a PacketCache,
        packet: &MediaPacket<'_>,
        count: usize,
        is_of_stay: impl Fn(u64) -> bool,
    ) -> Self {
        let mut gathered = Self::default();
        let mut bytes = packet.payload.len();
        for distance in (1..=count.min(MAX_REDUNDANCY)).rev() {
            let index = packet.index.checked_sub(distance as u64);
            let Some(index) = index.filter(|index| is_of_stay(*index)) else {
                continue;
            };
            let Some(block) = block_of(cache, packet, index) else {
                continue;
            };
            bytes += block.payload.len();
            if red::written_len(gathered.blocks.len() + 1, bytes) > MAX_RED_BYTES {
                return Self::default();
            }
            gathered.blocks.push(block);
            gathered.carried.0 |= 1 << (distance - 1);
        }
        gathered
    }

    /// The same again; `None` if one of them is not here any more.
    pub fn again(
        cache: &'a PacketCache,
        packet: &MediaPacket<'_>,
        carried: Carried,
    ) -> Option<Self> {
        let distances = (1..=MAX_REDUNDANCY).rev();
        let distances = distances.filter(|distance| carried.0 & 1 << (distance - 1) != 0);
        let blocks = distances.map(|distance| {
            let index = packet.index.checked_sub(distance as u64)?;
            block_of(cache, packet, index)
        });
        Some(Self {
            blocks: blocks.collect::<Option<_>>()?,
            carried,
        })
    }
}

fn block_of<'a>(cache: &'a PacketCache, packet: &MediaPacket<'_>, index: u64) -> Option<Block<'a>> {
    let earlier = cache.get(index)?;
    let block = Block {
        offset: packet.timestamp.wrapping_sub(earlier.timestamp),
        payload: earlier.payload,
    };
    // An empty payload is a probe and nothing to hear.
    (block.fits() && !block.payload.is_empty()).then_some(block)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    const PAYLOAD: &[u8] = &[7; 1_100];

    fn packet(index: u64, len: usize) -> MediaPacket<'static> {
        MediaPacket {
            index,
            timestamp: 960 * index as u32,
            clock: None,
            marker: false,
            codec: crate::Codec::Opus,
            picture: None,
            descriptor: &[],
            payload: &PAYLOAD[..len],
        }
    }

    #[test]
    fn a_packet_carries_what_is_here_and_fits() {
        // The lengths of packets 8, 9 and 10, where None is missing; how many are wanted; of which
        // the slot has had since; the offsets that go with 10.
        for (lengths, count, since, expected) in [
            ([Some(80), Some(80), Some(80)], 0, 0, &[][..]),
            ([Some(80), Some(80), Some(80)], 1, 0, &[960]),
            ([Some(80), Some(80), Some(80)], 2, 0, &[1_920, 960]),
            ([Some(80), Some(80), Some(80)], 9, 0, &[1_920, 960]),
            ([Some(80), None, Some(80)], 2, 0, &[1_920]),
            ([None, None, Some(80)], 2, 0, &[]),
            ([Some(80), Some(80), Some(80)], 2, 9, &[960]),
            ([Some(80), Some(80), Some(80)], 2, 10, &[]),
            ([Some(80), Some(0), Some(80)], 2, 0, &[1_920]),
            ([Some(80), Some(1_024), Some(80)], 2, 0, &[1_920]),
            ([Some(500), Some(500), Some(500)], 2, 0, &[]),
        ] {
            let mut cache = PacketCache::default();
            for (index, len) in (8..).zip(lengths) {
                if let Some(len) = len {
                    cache.put(Instant::now(), &packet(index, len));
                }
            }
            let packet = packet(10, lengths[2].unwrap_or(0));
            let gathered = Redundancy::gather(&cache, &packet, count, |index| index >= since);
            let offsets: Vec<u32> = gathered.blocks.iter().map(|block| block.offset).collect();
            assert_eq!(offsets, expected, "{lengths:?}, {count} since {since}");
            let again = Redundancy::again(&cache, &packet, gathered.carried);
            assert_eq!(again.expect("all are here").blocks, gathered.blocks);
        }
    }

    #[test]
    fn what_cannot_be_the_same_again_is_not_sent() {
        let mut cache = PacketCache::default();
        cache.put(Instant::now(), &packet(9, 80));
        let carried = Redundancy::gather(&cache, &packet(10, 80), 2, |_| true).carried;
        assert!(Redundancy::again(&PacketCache::default(), &packet(10, 80), carried).is_none());
        // One that came later does not join.
        cache.put(Instant::now(), &packet(8, 80));
        let again = Redundancy::again(&cache, &packet(10, 80), carried).expect("it is here");
        assert_eq!(again.blocks.len(), 1);
    }
}
