//! VP8 frames to RTP payloads and back (RFC 7741).
//!
//! Invariant: [`Assembler`] hands out a frame only when every byte of it arrived, in order.

use crate::clip::is_key_frame;
use bytes::{BufMut, Bytes, BytesMut};
use std::collections::BTreeMap;

/// Bytes of a frame in one packet: what a browser uses, with room for SRTP and extensions.
const MAX_FRAGMENT_BYTES: usize = 1100;
/// Packets held while waiting for a missing one; then the hole is given up.
const MAX_WAITING: usize = 128;

/// Splits frames into RTP payloads with 15-bit picture ids.
#[derive(Debug, Default)]
pub struct Packetizer {
    picture_id: u16,
}

impl Packetizer {
    /// The payloads of one frame, the last of which carries the RTP marker. Their lengths ascend
    /// and differ by at most one byte, as libwebrtc cuts them.
    pub fn split(&mut self, frame: &[u8]) -> Vec<Bytes> {
        self.picture_id = (self.picture_id + 1) & 0x7fff;
        let count = frame.len().div_ceil(MAX_FRAGMENT_BYTES).max(1);
        let (each, longer) = (frame.len() / count, frame.len() % count);
        let mut rest = frame;
        (0..count)
            .map(|i| {
                let length = each + usize::from(i >= count - longer);
                let (fragment, tail) = rest.split_at(length);
                rest = tail;
                let mut payload = BytesMut::with_capacity(fragment.len() + 4);
                // §4.2: X, and S on the first packet; then I; then M and the picture id.
                payload.put_u8(if i == 0 { 0x90 } else { 0x80 });
                payload.put_u8(0x80);
                payload.put_u16(0x8000 | self.picture_id);
                payload.put_slice(fragment);
                payload.freeze()
            })
            .collect()
    }
}

/// One packet's payload, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Fragment {
    starts_frame: bool,
    ends_frame: bool,
    picture_id: Option<u16>,
    bytes: Bytes,
}

impl Fragment {
    fn parse(payload: &Bytes, marker: bool) -> Option<Self> {
        let first = *payload.first()?;
        let mut at = 1;
        let mut picture_id = None;
        if first & 0x80 != 0 {
            let extended = *payload.get(at)?;
            at += 1;
            if extended & 0x80 != 0 {
                let high = *payload.get(at)?;
                at += 1;
                picture_id = Some(u16::from(high));
                if high & 0x80 != 0 {
                    let low = *payload.get(at)?;
                    picture_id = Some(u16::from(high & 0x7f) << 8 | u16::from(low));
                    at += 1;
                }
            }
            // L: TL0PICIDX; T or K: one more byte.
            at += usize::from(extended & 0x40 != 0) + usize::from(extended & 0x30 != 0);
        }
        (at < payload.len()).then(|| Self {
            starts_frame: first & 0x17 == 0x10,
            ends_frame: marker,
            picture_id,
            bytes: payload.slice(at..),
        })
    }
}

/// A frame that arrived whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its picture id.
    pub picture_id: Option<u16>,
    /// Its bytes.
    pub bytes: Bytes,
    /// Packets right before it were given up, so only a key frame can be decoded here.
    pub after_hole: bool,
}

/// Puts packets in order and frames together.
#[derive(Debug)]
pub struct Assembler {
    next: Option<u64>,
    waiting: BTreeMap<u64, Option<Fragment>>,
    open: Option<(Option<u16>, BytesMut)>,
    hole: bool,
    torn: u64,
}

impl Default for Assembler {
    fn default() -> Self {
        Self {
            next: None,
            waiting: BTreeMap::new(),
            open: None,
            // Whatever came before the first packet is missing.
            hole: true,
            torn: 0,
        }
    }
}

impl Assembler {
    /// Takes one packet by its extended number and appends the frames it completes.
    pub fn take(&mut self, number: u64, marker: bool, payload: &Bytes, frames: &mut Vec<Frame>) {
        let next = *self.next.get_or_insert(number);
        if number < next {
            return;
        }
        // A packet without a picture (padding) only fills its number.
        self.waiting
            .insert(number, Fragment::parse(payload, marker));
        if self.waiting.len() > MAX_WAITING {
            self.give_up_hole();
        }
        self.drain(frames);
    }

    /// Frames that lacked a part so far though no packet was missing.
    #[must_use]
    pub fn torn(&self) -> u64 {
        self.torn
    }

    fn drain(&mut self, frames: &mut Vec<Frame>) {
        while let Some(next) = self.next
            && let Some(fragment) = self.waiting.remove(&next)
        {
            self.next = Some(next + 1);
            if let Some(fragment) = fragment {
                self.append(fragment, frames);
            }
        }
    }

    fn append(&mut self, fragment: Fragment, frames: &mut Vec<Frame>) {
        if fragment.starts_frame {
            // A server may stop within a frame when it stops showing a picture, or gives up what
            // waited to leave. It goes on with a key frame, and nobody sees the part.
            let is_cut = self.open.is_some();
            self.tear(is_cut && !is_key_frame(&fragment.bytes));
            self.hole |= is_cut;
            self.open = Some((fragment.picture_id, BytesMut::new()));
        }
        let Some((picture_id, bytes)) = &mut self.open else {
            self.tear(true);
            return;
        };
        bytes.put_slice(&fragment.bytes);
        if fragment.ends_frame {
            frames.push(Frame {
                picture_id: *picture_id,
                bytes: std::mem::take(bytes).freeze(),
                after_hole: std::mem::take(&mut self.hole),
            });
            self.open = None;
        }
    }

    /// A frame lacks its begin or its end. Without a hole to explain it, somebody cut it off.
    fn tear(&mut self, torn: bool) {
        self.torn += u64::from(torn && !self.hole);
        self.hole |= torn;
    }

    fn give_up_hole(&mut self) {
        self.next = self.waiting.keys().next().copied();
        self.open = None;
        self.hole = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sent {
        number: u64,
        marker: bool,
        payload: Bytes,
    }

    fn sent(frames: &[&[u8]]) -> Vec<Sent> {
        let mut packetizer = Packetizer::default();
        let mut all = Vec::new();
        for frame in frames {
            let payloads = packetizer.split(frame);
            let last = payloads.len() - 1;
            for (i, payload) in payloads.into_iter().enumerate() {
                let number = all.len() as u64;
                all.push(Sent {
                    number,
                    marker: i == last,
                    payload,
                });
            }
        }
        all
    }

    fn assembled<'a>(packets: impl IntoIterator<Item = &'a Sent>) -> Vec<Frame> {
        let (mut assembler, mut frames) = (Assembler::default(), Vec::new());
        for sent in packets {
            assembler.take(sent.number, sent.marker, &sent.payload, &mut frames);
        }
        frames
    }

    #[test]
    fn frames_survive_splitting_and_reordering() {
        let long = vec![9; 3 * MAX_FRAGMENT_BYTES + 1];
        let mut packets = sent(&[b"one", &long, b"three"]);
        assert_eq!(packets.len(), 6);
        packets.swap(2, 4);
        let frames = assembled(&packets);
        let bytes: Vec<&[u8]> = frames.iter().map(|f| &f.bytes[..]).collect();
        assert_eq!(bytes, [&b"one"[..], &long, b"three"]);
        assert_eq!(frames[2].picture_id, Some(3));
        let holes: Vec<bool> = frames.iter().map(|f| f.after_hole).collect();
        assert_eq!(
            holes,
            [true, false, false],
            "before the first there was nothing"
        );
    }

    #[test]
    fn a_hole_is_given_up_after_a_while_and_told() {
        let pictures: Vec<[u8; 1]> = (0..=MAX_WAITING as u8 + 2).map(|i| [i]).collect();
        let pictures: Vec<&[u8]> = pictures.iter().map(|p| &p[..]).collect();
        let packets = sent(&pictures);
        let without_second = packets.iter().filter(|p| p.number != 1);
        let at_the_edge = without_second.clone().take(1 + MAX_WAITING);
        assert_eq!(assembled(at_the_edge).len(), 1, "still waiting");
        let frames = assembled(without_second);
        assert_eq!(frames.len(), packets.len() - 1);
        let holes: Vec<usize> = (0..frames.len())
            .filter(|i| frames[*i].after_hole)
            .collect();
        assert_eq!(holes, [0, 1]);
    }

    #[test]
    fn a_frame_without_its_end_or_its_begin_is_torn() {
        let long = vec![9; 2 * MAX_FRAGMENT_BYTES];
        let packets = sent(&[b"one", &long, b"three", &long, b"five"]);
        let torn = |cut: u64| {
            let (mut assembler, mut frames) = (Assembler::default(), Vec::new());
            let rest = packets.iter().filter(|p| p.number != cut).enumerate();
            for (number, p) in rest {
                // Renumbered, as by a server that drops a packet and hides it.
                assembler.take(number as u64, p.marker, &p.payload, &mut frames);
            }
            let hole = frames.iter().skip(1).any(|f| f.after_hole);
            (frames.len(), assembler.torn(), hole)
        };
        assert_eq!(torn(9), (5, 0, false));
        assert_eq!(torn(2), (4, 1, true), "an end is missing");
        assert_eq!(torn(4), (4, 1, true), "a begin is missing");
    }

    #[test]
    fn a_frame_given_up_for_a_key_frame_is_not_torn() {
        let mut key = vec![0; 2 * MAX_FRAGMENT_BYTES];
        key[3..6].copy_from_slice(&[0x9d, 0x01, 0x2a]);
        let long = vec![9; 2 * MAX_FRAGMENT_BYTES];
        let packets = sent(&[b"one", &long, &key]);
        let (mut assembler, mut frames) = (Assembler::default(), Vec::new());
        // Its end was never sent, and what came next took its number.
        for (number, p) in packets.iter().filter(|p| p.number != 2).enumerate() {
            assembler.take(number as u64, p.marker, &p.payload, &mut frames);
        }
        assert_eq!((frames.len(), assembler.torn()), (2, 0));
        assert!(frames[1].after_hole, "its picture id does not follow");
    }

    #[test]
    fn descriptors_of_every_length_are_understood() {
        let picture = |payload: &[u8]| {
            Fragment::parse(&Bytes::copy_from_slice(payload), false)
                .map(|f| (f.starts_frame, f.picture_id, f.bytes.to_vec()))
        };
        assert_eq!(picture(&[0x10, 1]), Some((true, None, vec![1])));
        assert_eq!(picture(&[0x90, 0x80, 5, 1]), Some((true, Some(5), vec![1])));
        assert_eq!(
            picture(&[0x80, 0x80, 0x81, 2, 1]),
            Some((false, Some(258), vec![1]))
        );
        assert_eq!(
            picture(&[0x90, 0xf0, 0x80, 7, 3, 4, 1]),
            Some((true, Some(7), vec![1]))
        );
        for cut in [
            &[][..],
            &[0x10],
            &[0x90],
            &[0x90, 0x80],
            &[0x90, 0x80, 0x80, 1],
        ] {
            assert_eq!(picture(cut), None);
        }
    }
}
