//! The last packets of one source, decrypted: one copy for all its receivers, for the burst that is
//! about to leave and for retransmission.
//!
//! The bytes lie in one ring. A lap of it that took less than it is to keep means that the ring is
//! too small for the source, and it doubles instead of wrapping; so a voice costs a few kilobytes
//! and a camera what its bitrate needs.
//!
//! Invariant: memory stops growing at [`MAX_CACHE_BYTES`] and [`MAX_CACHE_PACKETS`]; a packet is
//! found only under its own index, and only while its bytes are whole.

use crate::bounds::{CACHE_TIME, MAX_CACHE_BYTES, MAX_CACHE_PACKETS, MAX_RTP_BYTES};
use crate::model::Codec;
use crate::picture::{Numbers, Picture};
use std::time::{Duration, Instant};

/// Room a source begins with: about a second of a voice.
const FIRST_BYTES: usize = 8 * 1024;
const FIRST_PACKETS: usize = 64;

const _: () = {
    assert!(
        FIRST_BYTES >= MAX_RTP_BYTES,
        "any packet fits the first ring"
    );
    assert!(FIRST_PACKETS.is_power_of_two() && MAX_CACHE_PACKETS.is_power_of_two());
};

/// A packet as the router passes it on: the payload and what a receiver's header needs.
#[derive(Debug, Clone, Copy)]
pub struct MediaPacket<'a> {
    /// Packet index: the sequence number extended by its wraps.
    pub index: u64,
    /// RTP timestamp, in the source's clock.
    pub timestamp: u32,
    /// The same moment in the clock that all layers of the source share, once sender reports have
    /// told it.
    pub clock: Option<u32>,
    /// RTP marker.
    pub marker: bool,
    /// What it is coded in.
    pub codec: Codec,
    /// The picture it is part of; padding and voices are of none.
    pub picture: Option<Picture>,
    /// The dependency descriptor that goes along, as its sender wrote it; empty where none does.
    pub descriptor: &'a [u8],
    /// The payload, without padding.
    pub payload: &'a [u8],
}

impl MediaPacket<'_> {
    /// Its spatial layer within its stream; 0 when there are none.
    pub const fn spatial(&self) -> u8 {
        match &self.picture {
            Some(picture) => picture.spatial(),
            None => 0,
        }
    }

    /// How its picture is numbered, if it is.
    pub fn numbers(&self) -> Option<Numbers> {
        self.picture.and_then(|picture| picture.numbers())
    }

    /// Whether a decoder that knows nothing can begin with it.
    pub fn begins_key_frame(&self) -> bool {
        self.picture
            .is_some_and(|picture| picture.begins_key_frame())
    }
}

#[derive(Clone, Copy)]
struct Slot {
    index: u64,
    put_at: Instant,
    /// Place of the payload, counted over all laps.
    place: u64,
    timestamp: u32,
    clock: Option<u32>,
    /// Of the descriptor, and of the payload that follows it.
    descriptor_len: u8,
    len: u16,
    marker: bool,
    codec: Codec,
    picture: Option<Picture>,
}

/// The ring.
pub struct PacketCache {
    /// By index, modulo their number.
    slots: Box<[Option<Slot>]>,
    bytes: Vec<u8>,
    /// Place of the ring's first byte in this lap.
    lap: u64,
    lap_began: Option<Instant>,
    /// Bytes of this lap.
    used: usize,
    /// Nothing before this place is whole.
    oldest: u64,
    /// How much time's worth is kept, at the least.
    kept: Duration,
}

impl Default for PacketCache {
    fn default() -> Self {
        Self::keeping(CACHE_TIME)
    }
}

impl PacketCache {
    /// An empty one that grows until it holds so much.
    pub fn keeping(kept: Duration) -> Self {
        Self {
            kept,
            slots: vec![None; FIRST_PACKETS].into_boxed_slice(),
            bytes: vec![0; FIRST_BYTES],
            lap: 0,
            lap_began: None,
            used: 0,
            oldest: 0,
        }
    }

    /// Keeps a packet in place of the oldest.
    pub fn put(&mut self, now: Instant, packet: &MediaPacket<'_>) {
        let descriptor_len = packet.descriptor.len();
        let len = descriptor_len + packet.payload.len();
        debug_assert!(len <= MAX_RTP_BYTES, "longer packets are dropped before");
        if self.used + len > self.bytes.len() {
            self.end_lap(now);
        }
        let Some(room) = self.bytes.get_mut(self.used..self.used + len) else {
            return;
        };
        let (before, after) = room.split_at_mut(descriptor_len);
        before.copy_from_slice(packet.descriptor);
        after.copy_from_slice(packet.payload);
        let slot = self.slot_for(now, packet.index);
        self.slots[slot] = Some(Slot {
            index: packet.index,
            put_at: now,
            place: self.lap + self.used as u64,
            timestamp: packet.timestamp,
            clock: packet.clock,
            descriptor_len: descriptor_len as u8,
            len: (len - descriptor_len) as u16,
            marker: packet.marker,
            codec: packet.codec,
            picture: packet.picture,
        });
        self.used += len;
        self.lap_began.get_or_insert(now);
    }

    /// The packet with this index, if it is still here.
    #[must_use]
    pub fn get(&self, index: u64) -> Option<MediaPacket<'_>> {
        let kept = self.slots[self.place_of(index)].as_ref()?;
        if kept.index != index || !self.is_whole(kept) {
            return None;
        }
        // What is of no lap but this one and the one before was not whole.
        let lap = if kept.place >= self.lap {
            self.lap
        } else {
            self.lap - self.bytes.len() as u64
        };
        let start = (kept.place - lap) as usize;
        let middle = start + usize::from(kept.descriptor_len);
        Some(MediaPacket {
            index,
            timestamp: kept.timestamp,
            clock: kept.clock,
            marker: kept.marker,
            codec: kept.codec,
            picture: kept.picture,
            descriptor: self.bytes.get(start..middle)?,
            payload: self.bytes.get(middle..middle + usize::from(kept.len))?,
        })
    }

    /// The ring is full: it grows while a lap is too short, else begins again.
    fn end_lap(&mut self, now: Instant) {
        let took = self.lap_began.map(|at| now.saturating_duration_since(at));
        let is_too_short = took.is_some_and(|took| took < self.kept);
        if is_too_short && self.bytes.len() < MAX_CACHE_BYTES {
            self.oldest = self.lap;
            self.bytes.resize(2 * self.bytes.len(), 0);
        } else {
            self.lap += self.bytes.len() as u64;
            self.used = 0;
            self.lap_began = Some(now);
        }
    }

    /// The slot of an index, after making room if it would cost another its place too early.
    fn slot_for(&mut self, now: Instant, index: u64) -> usize {
        while self.slots.len() < MAX_CACHE_PACKETS
            && let Some(other) = &self.slots[self.place_of(index)]
            && other.index != index
            && self.is_whole(other)
            && now.saturating_duration_since(other.put_at) < self.kept
        {
            let more = vec![None; 2 * self.slots.len()].into_boxed_slice();
            for slot in std::mem::replace(&mut self.slots, more)
                .into_iter()
                .flatten()
            {
                self.slots[self.place_of(slot.index)] = Some(slot);
            }
        }
        self.place_of(index)
    }

    fn is_whole(&self, slot: &Slot) -> bool {
        let overwritten = (self.lap + self.used as u64).saturating_sub(self.bytes.len() as u64);
        slot.place >= self.oldest.max(overwritten)
    }

    const fn place_of(&self, index: u64) -> usize {
        (index % self.slots.len() as u64) as usize
    }
}

#[cfg(test)]
mod tests;
