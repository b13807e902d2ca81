//! Which layers of one participant's pictures anybody is shown, as its sender is told.
//!
//! What becomes wanted is told as soon as the pace allows, as somebody waits for it; what is wanted
//! no more only after a while, as people look away and back. The smallest layer is wanted with any
//! other: when a line cannot carry the large one any more, the small one is there already.
//!
//! Invariant: tells at most once per [`DEMAND_INTERVAL`], and once everything has been quiet for
//! [`LAYER_PAUSE_DELAY`], what was told last is what is wanted.

use crate::bounds::{DEMAND_INTERVAL, LAYER_PAUSE_DELAY, PAUSE_DELAY};
use crate::layers::LayerSet;
use std::time::{Duration, Instant};

/// What is wanted of camera and screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Of the camera.
    pub camera: LayerSet,
    /// Of the shared screen.
    pub screen: LayerSet,
}

impl Wanted {
    fn and(self, other: Self) -> Self {
        Self {
            camera: self.camera.and(other.camera),
            screen: self.screen.and(other.screen),
        }
    }

    fn with_smallest(self) -> Self {
        let with = |layers: LayerSet| match layers.is_empty() {
            true => layers,
            false => layers.with(0),
        };
        Self {
            camera: with(self.camera),
            screen: with(self.screen),
        }
    }
}

/// The state of one participant.
#[derive(Debug, Default)]
pub struct Demand {
    wanted: Wanted,
    /// `None`: nothing was told, and the sender sends everything.
    told: Option<Wanted>,
    told_at: Option<Instant>,
    /// When `wanted` last changed.
    changed_at: Option<Instant>,
    /// When to tell.
    due: Option<Instant>,
}

impl Demand {
    /// Notes what is wanted now.
    pub fn set(&mut self, now: Instant, wanted: Wanted) {
        let wanted = wanted.with_smallest();
        if self.wanted != wanted {
            self.wanted = wanted;
            self.changed_at = Some(now);
            self.plan(now);
        }
    }

    /// The sender can be told from now on; what it was told before, it has not heard.
    pub fn begin(&mut self, now: Instant) {
        self.told = None;
        self.changed_at = Some(now);
        self.plan(now);
    }

    /// When [`Demand::poll`] has something to tell.
    pub const fn next_timeout(&self) -> Option<Instant> {
        self.due
    }

    /// What to tell now, if anything.
    pub fn poll(&mut self, now: Instant) -> Option<Wanted> {
        if self.due? > now {
            return None;
        }
        // What nobody wants any more goes on until it was unwanted for long enough.
        let quiet = self.changed_at.is_none_or(|at| now >= at + self.delay());
        let wanted = match self.told {
            Some(told) if !quiet => self.wanted.and(told),
            _ => self.wanted,
        };
        let is_new = self.told != Some(wanted);
        if is_new {
            self.told = Some(wanted);
            self.told_at = Some(now);
        }
        self.plan(now);
        is_new.then_some(wanted)
    }

    /// How long what is wanted no more goes on.
    fn delay(&self) -> Duration {
        let told = self.told.unwrap_or_default();
        let goes_on =
            |wanted: LayerSet, told: LayerSet| !wanted.is_empty() && !told.minus(wanted).is_empty();
        let is_layer =
            goes_on(self.wanted.camera, told.camera) || goes_on(self.wanted.screen, told.screen);
        match is_layer {
            true => LAYER_PAUSE_DELAY,
            false => PAUSE_DELAY,
        }
    }

    fn plan(&mut self, now: Instant) {
        let at = match self.told {
            Some(told) if told == self.wanted => None,
            Some(told) if self.wanted.and(told) == told => {
                self.changed_at.map(|at| at + self.delay())
            }
            // The first word waits until those who are about to watch have said so.
            None => self.changed_at.map(|at| at + PAUSE_DELAY),
            Some(_) => Some(now),
        };
        let earliest = self.told_at.map(|at| at + DEMAND_INTERVAL);
        self.due = at.map(|at| earliest.map_or(at, |earliest| at.max(earliest)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn camera(layers: &[u8]) -> Wanted {
        Wanted {
            camera: layers.iter().fold(LayerSet::NONE, |s, l| s.with(*l)),
            screen: LayerSet::NONE,
        }
    }

    /// What is told, and after how many milliseconds, when these are set at those.
    #[track_caller]
    fn check(set: &[(u64, &[u8])], told: &[(u64, &[u8])]) {
        let start = Instant::now();
        let at = |ms: u64| start + Duration::from_millis(ms);
        let mut demand = Demand::default();
        demand.begin(start);
        let mut seen = Vec::new();
        for ms in 0..15_000 {
            for (_, layers) in set.iter().filter(|(when, _)| *when == ms) {
                demand.set(at(ms), camera(layers));
            }
            if let Some(wanted) = demand.poll(at(ms)) {
                seen.push((ms, wanted));
            }
        }
        let told: Vec<_> = told.iter().map(|(ms, l)| (*ms, camera(l))).collect();
        assert_eq!(seen, told, "{set:?}");
    }

    #[test]
    fn what_is_wanted_is_told_at_once_and_what_is_not_after_a_while() {
        check(&[], &[(1_000, &[])]);
        check(&[(100, &[0])], &[(1_100, &[0])]);
        check(&[(2_000, &[0])], &[(1_000, &[]), (2_000, &[0])]);
        check(
            &[(2_000, &[0]), (3_000, &[])],
            &[(1_000, &[]), (2_000, &[0]), (4_000, &[])],
        );
    }

    #[test]
    fn the_smallest_is_wanted_with_any_other() {
        check(&[(2_000, &[2])], &[(1_000, &[]), (2_000, &[0, 2])]);
    }

    #[test]
    fn a_switch_is_told_at_once_and_the_old_layer_goes_later() {
        check(
            &[(2_000, &[0, 1]), (3_000, &[0, 2])],
            &[
                (1_000, &[]),
                (2_000, &[0, 1]),
                (3_000, &[0, 1, 2]),
                (13_000, &[0, 2]),
            ],
        );
    }

    #[test]
    fn looking_away_and_back_is_not_told() {
        check(
            &[(2_000, &[0]), (2_500, &[]), (3_400, &[0])],
            &[(1_000, &[]), (2_000, &[0])],
        );
    }

    #[test]
    fn a_sender_that_connects_is_told_whatever_was_said_before() {
        let start = Instant::now();
        let at = |s: u64| start + Duration::from_secs(s);
        let mut demand = Demand::default();
        demand.set(start, camera(&[0]));
        assert_eq!(demand.poll(at(1)), Some(camera(&[0])));
        assert_eq!(demand.poll(at(5)), None);
        demand.begin(at(5));
        assert_eq!(demand.poll(at(6)), Some(camera(&[0])));
    }

    #[test]
    fn a_storm_is_told_ten_times_a_second() {
        let start = Instant::now();
        let mut demand = Demand::default();
        demand.begin(start);
        let mut told = 0;
        for ms in 1_000..3_000 {
            let now = start + Duration::from_millis(ms);
            demand.set(now, camera(&[(ms % 3) as u8]));
            told += u32::from(demand.poll(now).is_some());
        }
        assert!(told <= 20, "{told} in two seconds");
    }
}
