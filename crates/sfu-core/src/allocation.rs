//! What a receiver's line is spent on: audio first, then the screen, the teacher, who speaks, and
//! the rest.
//!
//! [`allocate`] is the rule; an [`Allocator`] keeps a receiver from flickering between two answers:
//! down at once when the line loses a tenth, up at most once a second and only with room to spare.
//!
//! Invariant: pure. Nobody of a lower rank gets a better layer while one of a higher rank that could
//! still be shown gets none; the sum of what is given is within the budget, audio aside.

use crate::bounds::MAX_LAYERS;
use crate::layers::{Hurry, MAX_TEMPORAL, Target};
use std::time::{Duration, Instant};

/// Slots of one receiver that can be given something: `sdp` allows 12 cameras and a screen.
pub const MAX_WANTS: usize = 16;
/// Fall of the budget from which it is obeyed at once, in percent.
const FALL_PERCENT: u64 = 10;
/// Pace of steps up.
const RISE_INTERVAL: Duration = Duration::from_secs(1);
/// The same until the line has objected for the first time, as what is believed at the start is a
/// guess, and when it is another line altogether.
const FIRST_RISE_INTERVAL: Duration = Duration::from_millis(200);
/// A fall so soon after a step up shows that it was too early: the next one waits twice as long.
const RELAPSE: Duration = Duration::from_secs(10);
/// And at most so long.
const LONGEST_RISE_INTERVAL: Duration = Duration::from_secs(16);
/// Without a relapse for so long the pace is what it was.
const FORGIVEN: Duration = Duration::from_secs(30);
/// A line thought to carry so many times the budget is another line, and nothing is held against it.
const OTHER_LINE: u64 = 2;
/// What a step up must leave free, in percent of the budget.
const HEADROOM_PERCENT: u64 = 10;
/// What a line bears for the moment until a smaller layer begins, in multiples of that.
const BEARABLE: u64 = 2;
/// Share of a layer that its temporal layers up to this one take, in percent: a base layer of half
/// or a quarter of the frames takes more than its share of them.
const TEMPORAL_SHARES: [u64; 3] = [60, 80, 100];

/// What a slot is for, the first served first. Voices come before all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// The shared screen.
    Screen,
    /// A teacher's face.
    Teacher,
    /// Somebody who speaks.
    Speaker,
    /// Anybody else.
    Other,
}

/// What a slot could be given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    /// Who is served first.
    pub rank: Rank,
    /// The layer it would have on an unlimited line.
    pub spatial: u8,
    /// Bits per second of each layer with all its temporal layers.
    pub bitrates_bps: [u64; MAX_LAYERS],
}

impl Want {
    /// What to do with the layer that is shown until one of `target` begins, where the line carries
    /// no more than that.
    pub fn hurry(&self, shown: u8, target: Target) -> Hurry {
        let base = Target {
            spatial: shown,
            temporal: 0,
        };
        if target.spatial >= self.spatial {
            Hurry::No
        } else if cost(self, base) > BEARABLE * cost(self, target) {
            Hurry::Stop
        } else {
            Hurry::Base
        }
    }
}

/// One answer for each slot; `None` is nothing.
pub type Targets = arrayvec::ArrayVec<Option<Target>, MAX_WANTS>;

/// The targets of slots that share `budget_bps`, of which voices have had `audio_bps` already.
///
/// In order of rank each gets its smallest layer, at its full frame rate or less of it; what is left
/// lifts them, again by rank, a layer at a time.
pub fn allocate(budget_bps: u64, audio_bps: u64, wants: &[Want]) -> Targets {
    let mut left = budget_bps.saturating_sub(audio_bps);
    let mut targets: Targets = wants.iter().take(MAX_WANTS).map(|_| None).collect();
    let mut order: arrayvec::ArrayVec<usize, MAX_WANTS> = (0..targets.len()).collect();
    order.sort_by_key(|slot| (wants[*slot].rank, *slot));
    for slot in &order {
        let first = (0..TEMPORAL_SHARES.len() as u8).map(|temporal| Target {
            spatial: 0,
            temporal,
        });
        for target in first {
            lift(&wants[*slot], &mut targets[*slot], target, &mut left);
        }
    }
    for slot in &order {
        for spatial in 1..=wants[*slot].spatial {
            // A larger picture at half its frames is no better than a smaller one at all.
            let target = Target {
                spatial,
                temporal: top_temporal(),
            };
            lift(&wants[*slot], &mut targets[*slot], target, &mut left);
        }
    }
    for target in targets.iter_mut().flatten() {
        if target.temporal == top_temporal() {
            target.temporal = MAX_TEMPORAL;
        }
    }
    targets
}

const fn top_temporal() -> u8 {
    TEMPORAL_SHARES.len() as u8 - 1
}

/// Gives a slot a better target if the rest of the budget pays the difference.
fn lift(want: &Want, have: &mut Option<Target>, better: Target, left: &mut u64) {
    let paid = have.map_or(0, |have| cost(want, have));
    let price = cost(want, better).saturating_sub(paid);
    if price <= *left {
        *left -= price;
        *have = Some(better);
    }
}

fn cost(want: &Want, target: Target) -> u64 {
    let full = want.bitrates_bps[usize::from(target.spatial).min(MAX_LAYERS - 1)];
    full * TEMPORAL_SHARES[usize::from(target.temporal.min(top_temporal()))] / 100
}

/// One receiver's budget over time.
#[derive(Debug, Default)]
pub struct Allocator {
    /// What was last spent by; `None` is without limit.
    budget_bps: Option<u64>,
    raised_at: Option<Instant>,
    has_fallen: bool,
    /// The last step up that has not turned out to be too early.
    rose_at: Option<Instant>,
    relapsed_at: Option<Instant>,
    /// Since then steps up wait so many times as long.
    patience: u32,
}

impl Allocator {
    /// The budget that is spent now; `None` is without limit.
    pub const fn current(&self) -> Option<u64> {
        self.budget_bps
    }

    /// What a line must carry before so much is spent of it.
    pub const fn line_for(spent_bps: u64) -> u64 {
        spent_bps * 100 / (100 - HEADROOM_PERCENT) + 1
    }

    /// The budget to spend now that the line is thought to carry `estimate_bps`: the old one while
    /// the difference does not matter or it is too early to go up. While the line is being found
    /// `is_climbing`, it is: each step would be a layer that is turned on and off again.
    pub fn budget(
        &mut self,
        now: Instant,
        estimate_bps: Option<u64>,
        is_climbing: bool,
    ) -> Option<u64> {
        let Some(estimate) = estimate_bps else {
            self.budget_bps = None;
            return None;
        };
        let Some(budget) = self.budget_bps else {
            self.budget_bps = Some(estimate);
            self.raised_at = Some(now);
            return self.budget_bps;
        };
        let falls = estimate * 100 <= budget * (100 - FALL_PERCENT);
        let rises = estimate * (100 - HEADROOM_PERCENT) / 100 > budget;
        let interval = match self.has_fallen {
            true => RISE_INTERVAL,
            false => FIRST_RISE_INTERVAL,
        };
        let is_other = estimate > OTHER_LINE * budget;
        let interval = match is_other {
            true => FIRST_RISE_INTERVAL,
            false => (interval * self.patience.max(1)).min(LONGEST_RISE_INTERVAL),
        };
        let may_rise = self.raised_at.is_none_or(|at| now >= at + interval);
        if falls {
            self.budget_bps = Some(estimate);
            // What has just fallen is not lifted at once.
            self.raised_at = Some(now);
            self.has_fallen = true;
            self.note_fall(now);
        } else if rises && may_rise && !is_climbing {
            if is_other {
                self.patience = 1;
                self.relapsed_at = None;
            }
            self.budget_bps = Some(estimate * (100 - HEADROOM_PERCENT) / 100);
            self.raised_at = Some(now);
            self.rose_at = Some(now);
        }
        self.budget_bps
    }

    fn note_fall(&mut self, now: Instant) {
        let is_within = |at: Instant, time: Duration| now < at + time;
        if self.rose_at.take().is_some_and(|at| is_within(at, RELAPSE)) {
            self.patience = (2 * self.patience.max(1)).min(16);
            self.relapsed_at = Some(now);
        } else if !self.relapsed_at.is_some_and(|at| is_within(at, FORGIVEN)) {
            self.patience = 1;
        }
    }
}

#[cfg(test)]
mod tests;
