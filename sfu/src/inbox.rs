//! What other workers have for this one, in two lanes: voices and control first, pictures after.
//!
//! A worker that does not keep up loses the oldest pictures, each one counted by who replaced it;
//! voices and control have a lane that pictures cannot fill.
//!
//! Invariant: nobody waits: a full lane takes a picture in place of the oldest, and hands anything
//! else back.

use crossbeam_queue::ArrayQueue;
use homeroom_sfu_core::WorkerIndex;
use homeroom_sfu_core::relay::Relay;
use mio::Waker;
use std::io;

/// Voices and control messages that wait: 1.6 kB each, touched only when used. A stalled worker
/// gets ten seconds of a lesson's three voices and its control.
const MAX_FIRST: usize = 2_048;
/// Pictures that wait: about 50 ms of 100 cameras.
const MAX_PICTURES: usize = 1_024;

/// A message and which worker sent it.
pub type Relayed = (WorkerIndex, Relay);

/// What became of a message.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "what does not fit comes back as it went, by value"
)]
pub enum Passed {
    /// It waits.
    Taken,
    /// It waits, and the oldest picture does not.
    InPlaceOfOldest,
    /// There is no room for it.
    Full(Relay),
}

/// The lanes, and what wakes their worker.
pub struct Inbox {
    first: ArrayQueue<Relayed>,
    pictures: ArrayQueue<Relayed>,
    waker: Waker,
}

impl Inbox {
    /// Empty lanes of the worker that `waker` wakes.
    pub fn new(waker: Waker) -> Self {
        Self {
            first: ArrayQueue::new(MAX_FIRST),
            pictures: ArrayQueue::new(MAX_PICTURES),
            waker,
        }
    }

    /// Puts a message of `from` into its lane.
    pub fn pass(&self, from: WorkerIndex, relay: Relay) -> Passed {
        let is_picture = matches!(&relay, Relay::Packet(packet) if packet.source.is_video());
        if is_picture {
            return match self.pictures.force_push((from, relay)) {
                None => Passed::Taken,
                Some(_oldest) => Passed::InPlaceOfOldest,
            };
        }
        match self.first.push((from, relay)) {
            Ok(()) => Passed::Taken,
            Err((_, relay)) => Passed::Full(relay),
        }
    }

    /// The next message.
    pub fn pop(&self) -> Option<Relayed> {
        self.first.pop().or_else(|| self.pictures.pop())
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.pictures.is_empty()
    }

    /// Lets the worker look.
    pub fn wake(&self) -> io::Result<()> {
        self.waker.wake()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use homeroom_sfu_core::relay::RelayedPacket;
    use homeroom_sfu_core::{ParticipantId, RoomId, Source};

    fn inbox() -> (mio::Poll, Inbox) {
        let poll = mio::Poll::new().expect("the system has readiness");
        let waker = Waker::new(poll.registry(), mio::Token(0)).expect("a waker");
        (poll, Inbox::new(waker))
    }

    fn packet(source: Source, index: u64) -> Relay {
        Relay::Packet(RelayedPacket {
            room: RoomId(1),
            owner: ParticipantId(1),
            source,
            codec: homeroom_sfu_core::Codec::Opus,
            picture: None,
            descriptor_len: 0,
            layer: 0,
            session: 1,
            index,
            timestamp: 0,
            clock: None,
            marker: false,
            level: None,
            len: 0,
            payload: [0; homeroom_sfu_core::bounds::MAX_RTP_BYTES],
        })
    }

    /// What waits, as (is a voice, index).
    fn drain(inbox: &Inbox) -> Vec<(bool, u64)> {
        let packet = |(_, relay)| match relay {
            Relay::Packet(packet) => (!packet.source.is_video(), packet.index),
            other => panic!("{other:?}"),
        };
        std::iter::from_fn(|| inbox.pop()).map(packet).collect()
    }

    #[test]
    fn a_full_lane_of_pictures_loses_the_oldest_and_no_voice() {
        let (_poll, inbox) = inbox();
        let from = WorkerIndex(0);
        let count = MAX_PICTURES as u64 + 10;
        for index in 0..count {
            let passed = inbox.pass(from, packet(Source::Camera, index));
            let replaces = matches!(passed, Passed::InPlaceOfOldest);
            assert_eq!(replaces, index >= MAX_PICTURES as u64, "{index}");
            if index < MAX_FIRST as u64 {
                let passed = inbox.pass(from, packet(Source::Microphone, index));
                assert!(matches!(passed, Passed::Taken), "{index}");
            }
        }
        let waiting = drain(&inbox);
        let voices = count.min(MAX_FIRST as u64);
        let expected = (0..voices).map(|index| (true, index));
        let pictures = (count - MAX_PICTURES as u64..count).map(|index| (false, index));
        assert_eq!(waiting, expected.chain(pictures).collect::<Vec<_>>());
        assert!(inbox.is_empty());
    }

    #[test]
    fn what_does_not_fit_the_first_lane_comes_back() {
        let (_poll, inbox) = inbox();
        let from = WorkerIndex(3);
        for index in 0..MAX_FIRST as u64 {
            let passed = inbox.pass(from, packet(Source::ScreenAudio, index));
            assert!(matches!(passed, Passed::Taken));
        }
        let refused = inbox.pass(from, packet(Source::Microphone, 9));
        assert!(matches!(refused, Passed::Full(Relay::Packet(packet)) if packet.index == 9));
        assert_eq!(drain(&inbox).len(), MAX_FIRST);
    }
}
