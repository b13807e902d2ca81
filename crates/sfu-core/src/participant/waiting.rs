//! What waits to leave to one receiver: see `sfu/pacing`.
//!
//! Invariant: two queues, each in the order of arrival, of at most [`MAX_HELD`] packets; a slide may
//! wait for long, so nobody's face waits behind it. What is given up of a screen ends before a key
//! frame.

use crate::bounds::MAX_HELD;
use crate::router::SourceKey;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Browsers that miss a key frame for so long ask for another.
const BROWSERS_WAIT: Duration = Duration::from_millis(200);

/// A packet that waits to leave to one receiver.
#[derive(Debug, Clone, Copy)]
pub struct Held {
    /// Its place in its layer's cache.
    pub source: SourceKey,
    /// See `source`.
    pub layer: u8,
    /// See `source`.
    pub index: u64,
    /// Its picture's.
    pub timestamp: u32,
    /// The slot it is for.
    pub down_track: usize,
    /// Since when it waits.
    pub since: Instant,
    /// What came between it and the one before was given up.
    pub begins_anew: bool,
}

/// When a packet leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Now.
    Now,
    /// Now, and what came between it and the one before was given up.
    Anew,
    /// In its turn.
    Later,
    /// Never: it goes on from what was given up.
    Never,
}

/// All that waits.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Of cameras.
    pub faces: VecDeque<Held>,
    /// Of the shared screen.
    pub slides: VecDeque<Held>,
    /// When the slide that now leaves began to.
    turned_at: Option<Instant>,
    /// Of the screen nothing more waits before its next key frame.
    awaits_slide: bool,
}

impl Waiting {
    /// Says when a packet leaves that has come just now; `has_room` is whether the line takes one.
    pub fn admit(&mut self, is_screen: bool, has_room: bool, is_key: bool, held: Held) -> Turn {
        let begins_anew = is_screen && self.awaits_slide;
        if begins_anew && !is_key {
            return Turn::Never;
        }
        self.awaits_slide &= !is_screen;
        let queue = match is_screen {
            true => &mut self.slides,
            false => &mut self.faces,
        };
        let is_first = queue.is_empty();
        if is_first && has_room {
            return if begins_anew { Turn::Anew } else { Turn::Now };
        }
        if queue.len() < MAX_HELD {
            queue.push_back(Held {
                begins_anew,
                ..held
            });
            if is_screen && is_first {
                self.turned_at = Some(held.since);
            }
            return Turn::Later;
        }
        if !is_screen {
            return Turn::Now;
        }
        self.give_up_slides();
        Turn::Never
    }

    /// The packet whose turn it is.
    pub fn next(&self) -> Option<&Held> {
        self.faces.front().or_else(|| self.slides.front())
    }

    /// Takes it.
    pub fn pop(&mut self, now: Instant) {
        if self.faces.pop_front().is_some() {
            return;
        }
        let left = self.slides.pop_front().map(|held| held.timestamp);
        if self.slides.front().map(|held| held.timestamp) != left {
            self.turned_at = Some(now);
        }
    }

    /// Whether something of a screen, or of a camera, waits or was given up.
    pub fn concerns(&self, is_screen: bool) -> bool {
        match is_screen {
            true => self.awaits_slide || !self.slides.is_empty(),
            false => !self.faces.is_empty(),
        }
    }

    /// Whether a key frame of a screen, or of a camera, that is awaited may be among what waits.
    pub fn may_have_key_frame(&self, is_screen: bool) -> bool {
        match is_screen {
            true => !self.awaits_slide && !self.slides.is_empty(),
            false => !self.faces.is_empty(),
        }
    }

    /// Whether of the screen only a key frame is of use.
    pub const fn awaits_slide(&self) -> bool {
        self.awaits_slide
    }

    /// Whether a slide has been leaving for longer than browsers wait for one.
    pub fn is_amid_slide(&self, now: Instant) -> bool {
        let is_long = |at| now.saturating_duration_since(at) >= BROWSERS_WAIT;
        !self.slides.is_empty() && self.turned_at.is_some_and(is_long)
    }

    /// Gives the slides up that wait behind the one that leaves now.
    pub fn give_up_slides(&mut self) {
        if let Some(&Held { timestamp, .. }) = self.slides.front() {
            self.slides.retain(|held| held.timestamp == timestamp);
            self.awaits_slide = true;
        }
    }

    /// Makes room, so that none is made on the packet path.
    pub fn reserve(&mut self, has_screen: bool) {
        self.faces.reserve_exact(MAX_HELD - self.faces.len());
        if has_screen {
            self.slides.reserve_exact(MAX_HELD - self.slides.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_up_of_a_screen_ends_before_a_key_frame() {
        let now = Instant::now();
        let mut waiting = Waiting::default();
        let come = |waiting: &mut Waiting, is_screen, timestamp, is_key| {
            let held = Held {
                source: SourceKey::default(),
                layer: 0,
                index: 0,
                timestamp,
                down_track: 0,
                since: now,
                begins_anew: false,
            };
            waiting.admit(is_screen, timestamp == 1, is_key, held)
        };
        assert_eq!(come(&mut waiting, true, 1, true), Turn::Now);
        for timestamp in [2, 2, 3, 4] {
            assert_eq!(come(&mut waiting, true, timestamp, false), Turn::Later);
        }
        waiting.give_up_slides();
        assert_eq!(waiting.slides.len(), 2, "the picture that leaves now stays");
        assert_eq!(come(&mut waiting, true, 5, false), Turn::Never);
        assert_eq!(come(&mut waiting, false, 5, false), Turn::Later, "a face");
        assert_eq!(come(&mut waiting, true, 6, true), Turn::Later);
        assert_eq!(come(&mut waiting, true, 6, false), Turn::Later);
        let begin_anew: Vec<bool> = waiting.slides.iter().map(|held| held.begins_anew).collect();
        assert_eq!(begin_anew, [false, false, true, false]);
        waiting.pop(now);
        assert!(waiting.faces.is_empty(), "faces go first");
    }

    #[test]
    fn a_slide_is_amid_from_its_first_packet_to_its_last() {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut waiting = Waiting::default();
        for timestamp in [1, 1, 2, 2] {
            let held = Held {
                source: SourceKey::default(),
                layer: 0,
                index: 0,
                timestamp,
                down_track: 0,
                since: start,
                begins_anew: false,
            };
            waiting.admit(true, false, false, held);
        }
        assert!(!waiting.is_amid_slide(at(199)) && waiting.is_amid_slide(at(200)));
        waiting.pop(at(300));
        assert!(waiting.is_amid_slide(at(300)));
        waiting.pop(at(400));
        assert!(!waiting.is_amid_slide(at(599)) && waiting.is_amid_slide(at(600)));
        waiting.pop(at(700));
        waiting.pop(at(800));
        assert!(!waiting.is_amid_slide(at(2_000)), "nothing waits");
    }
}
