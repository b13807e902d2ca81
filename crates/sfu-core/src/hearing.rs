//! Whether the voice of a teacher reaches a receiver's device.
//!
//! Looked at once a second. While a teacher's packets go out, proof is that the receiver reports one
//! of them: by transport-wide feedback on the last one of a second, or by a receiver report (RFC 3550
//! §6.4) whose highest number moves. While none go out (nobody speaks, or no microphone is on) there
//! is nothing to miss: whoever is alive would hear.
//!
//! Invariant: nothing here is done per packet, allocated, or read from a clock; what is told changes
//! only once per [`DEAF_AFTER`] for the worse.

use crate::bounds::DEAF_AFTER;
use std::time::Instant;

/// Seconds for which a packet's report is waited before another packet is looked out for.
const PATIENCE: u8 = 3;

/// What goes out to a receiver of teachers' voices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Voices {
    /// Packets so far.
    pub packets: u32,
    /// The transport-wide number of the last one.
    pub stamp: Option<u16>,
    /// The down tracks that carry them, one bit each.
    pub tracks: u64,
}

/// One receiver's hearing.
#[derive(Debug, Default)]
pub struct Hearing {
    told: Option<bool>,
    voices: Voices,
    proven_at: Option<Instant>,
    /// The packet whose report is waited for, and for how many seconds already.
    awaited: Option<(u16, u8)>,
    /// The highest number last reported.
    highest: Option<u32>,
}

impl Hearing {
    /// The packet whose arrival would be proof.
    pub fn awaits(&self) -> Option<u16> {
        self.awaited.map(|(stamp, _)| stamp)
    }

    /// That packet has arrived.
    pub const fn on_arrival(&mut self, now: Instant) {
        self.awaited = None;
        self.proven_at = Some(now);
    }

    /// A receiver report on one of our streams.
    pub fn on_report(&mut self, now: Instant, down_track: usize, highest: u32) {
        if self.voices.tracks >> down_track.min(63) & 1 == 0 || self.highest == Some(highest) {
            return;
        }
        // The first number proves nothing: it may be from before.
        if self.highest.replace(highest).is_some() {
            self.proven_at = Some(now);
        }
    }

    /// The receiver was silent and is no longer: it hears what it heard before.
    pub const fn resume(&mut self, now: Instant) {
        if self.proven_at.is_some() {
            self.proven_at = Some(now);
        }
    }

    /// Looks once more; what there is to tell, if that has changed.
    pub fn look(&mut self, now: Instant, voices: Voices) -> Option<bool> {
        let was = std::mem::replace(&mut self.voices, voices);
        if was.tracks != voices.tracks {
            self.highest = None;
        }
        let is_sending = voices.tracks != 0 && voices.packets != was.packets;
        if is_sending {
            self.awaited = match self.awaited {
                Some((stamp, seconds)) if seconds < PATIENCE => Some((stamp, seconds + 1)),
                _ => voices.stamp.map(|stamp| (stamp, 0)),
            };
        } else {
            self.awaited = None;
            self.proven_at = Some(now);
        }
        let is_fresh = |at: Instant| now.saturating_duration_since(at) < DEAF_AFTER;
        let hears = self.proven_at.is_some_and(is_fresh);
        if !hears {
            self.proven_at = None;
        }
        // Until there is a first proof nothing is known.
        let is_news = self.told != Some(hears) && (hears || self.told.is_some());
        if is_news {
            self.told = Some(hears);
        }
        is_news.then_some(hears)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// What is told in each second of a receiver to which `packets` go out, and whose reports come
    /// in the seconds that `proofs` names.
    fn told(
        seconds: u32,
        sends: impl Fn(u32) -> bool,
        proofs: impl Fn(u32) -> bool,
    ) -> Vec<(u32, bool)> {
        let begin = Instant::now();
        let mut hearing = Hearing::default();
        let mut voices = Voices {
            tracks: 1,
            ..Voices::default()
        };
        let mut all = Vec::new();
        for second in 1..=seconds {
            let now = begin + Duration::from_secs(second.into());
            if sends(second) {
                voices.packets += 50;
                voices.stamp = Some(second as u16);
            }
            all.extend(hearing.look(now, voices).map(|hears| (second, hears)));
            if proofs(second) && hearing.awaits().is_some() {
                hearing.on_arrival(now + Duration::from_millis(100));
            }
        }
        all
    }

    #[test]
    fn whoever_would_hear_a_silent_teacher_hears() {
        assert_eq!(told(30, |_| false, |_| false), [(1, true)]);
    }

    #[test]
    fn a_voice_is_heard_once_a_packet_of_it_is_reported() {
        assert_eq!(told(30, |_| true, |_| true), [(2, true)]);
        assert_eq!(told(30, |_| true, |_| false), []);
        assert_eq!(told(30, |_| true, |second| second > 9), [(11, true)]);
    }

    #[test]
    fn losing_a_few_reports_is_not_losing_the_voice() {
        assert_eq!(told(60, |_| true, |second| second % 9 == 1), [(2, true)]);
    }

    #[test]
    fn a_voice_that_stops_arriving_is_told_once_and_so_is_its_return() {
        let proofs = |second| !(10..30).contains(&second);
        assert_eq!(
            told(60, |_| true, proofs),
            [(2, true), (20, false), (31, true)]
        );
    }

    #[test]
    fn a_report_counts_when_its_number_moves_and_its_stream_is_a_teachers() {
        let begin = Instant::now();
        let at = |seconds| begin + Duration::from_secs(seconds);
        let mut hearing = Hearing::default();
        let voices = |packets| Voices {
            packets,
            stamp: None,
            tracks: 0b10,
        };
        assert_eq!(hearing.look(at(1), voices(50)), None);
        for (second, track, highest) in [(2, 1, 40), (3, 1, 40), (4, 0, 90), (5, 0, 91)] {
            hearing.on_report(at(second), track, highest);
            assert_eq!(hearing.look(at(second), voices(50 * second as u32)), None);
        }
        hearing.on_report(at(6), 1, 41);
        assert_eq!(hearing.look(at(6), voices(300)), Some(true));
    }
}
