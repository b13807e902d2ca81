//! Budgets and wants in, targets out.

use super::*;

const CAMERA: [u64; MAX_LAYERS] = [150_000, 450_000, 1_500_000];
const SCREEN: [u64; MAX_LAYERS] = [1_000_000; MAX_LAYERS];
/// Without its voices.
const AUDIO: u64 = 100_000;

fn want(rank: Rank, spatial: u8) -> Want {
    let bitrates_bps = if rank == Rank::Screen { SCREEN } else { CAMERA };
    Want {
        rank,
        spatial,
        bitrates_bps,
    }
}

/// What is given, as (spatial, temporal) with 3 for all.
fn given(budget: u64, wants: &[Want]) -> Vec<Option<(u8, u8)>> {
    let targets = allocate(budget, AUDIO, wants);
    let pair = |target: &Option<Target>| target.map(|t| (t.spatial, t.temporal));
    targets.iter().map(pair).collect()
}

#[test]
fn in_order_of_rank_and_first_something_for_everybody() {
    use Rank::{Other, Screen, Speaker, Teacher};
    let wants = [
        want(Other, 0),
        want(Speaker, 2),
        want(Teacher, 2),
        want(Screen, 0),
    ];
    let all = Some((0, 3));
    let rows = [
        (0, [None; 4]),
        (AUDIO, [None; 4]),
        // Sixty percent of a layer is its base.
        (AUDIO + 90_000, [None, None, Some((0, 0)), None]),
        // So is it of the screen, which does not fit here, while faces do.
        (AUDIO + 500_000, [all, all, all, None]),
        (AUDIO + 600_000, [None, None, None, Some((0, 0))]),
        (AUDIO + 1_000_000, [None, None, None, all]),
        (AUDIO + 1_120_000, [None, None, Some((0, 1)), all]),
        (AUDIO + 1_450_000, [all, all, all, all]),
        (AUDIO + 1_749_999, [all, all, all, all]),
        (AUDIO + 1_750_000, [all, all, Some((1, 3)), all]),
        (AUDIO + 2_800_000, [all, all, Some((2, 3)), all]),
        (AUDIO + 3_100_000, [all, Some((1, 3)), Some((2, 3)), all]),
        (u64::MAX / 200, [all, Some((2, 3)), Some((2, 3)), all]),
    ];
    for (budget, expected) in rows {
        assert_eq!(given(budget, &wants), expected, "{budget}");
    }
}

#[test]
fn among_equals_the_first_slot_is_first() {
    let wants = [want(Rank::Other, 1), want(Rank::Other, 1)];
    let given = given(AUDIO + 600_000, &wants);
    assert_eq!(given, [Some((1, 3)), Some((0, 3))]);
}

#[test]
fn nothing_is_given_beyond_the_budget() {
    let ranks = [Rank::Screen, Rank::Teacher, Rank::Speaker, Rank::Other];
    let mut number = 7_usize;
    let mut random = |below: usize| {
        number = (number * 1_103 + 12_345) % 65_537;
        number % below
    };
    for _ in 0..2_000 {
        let count = random(MAX_WANTS + 1);
        let wants: Vec<Want> = (0..count)
            .map(|_| want(ranks[random(4)], random(3) as u8))
            .collect();
        let budget = random(6_000) as u64 * 1_000;
        let targets = allocate(budget, AUDIO, &wants);
        let pairs = wants.iter().zip(&targets);
        let spent: u64 = pairs
            .clone()
            .filter_map(|(w, t)| Some(cost(w, (*t)?)))
            .sum();
        assert!(spent <= budget.saturating_sub(AUDIO), "{spent} of {budget}");
        for (want, target) in pairs {
            assert!(target.is_none_or(|t| t.spatial <= want.spatial));
        }
    }
}

#[test]
fn a_budget_falls_at_once_and_rises_once_a_second_with_room_to_spare() {
    let start = Instant::now();
    let rows = [
        // Milliseconds, estimate, budget.
        (0, Some(1_000), Some(1_000)),
        (10, Some(950), Some(1_000)),
        (20, Some(901), Some(1_000)),
        (30, Some(900), Some(900)),
        (40, Some(1_800), Some(900)),
        (1_029, Some(1_800), Some(900)),
        (1_030, Some(1_800), Some(1_620)),
        (1_040, Some(3_000), Some(1_620)),
        (2_029, Some(1_800), Some(1_620)),
        (2_030, Some(3_000), Some(2_700)),
        // More than twice as much is another line.
        (2_040, Some(6_000), Some(2_700)),
        (2_230, Some(6_000), Some(5_400)),
        (2_250, Some(500), Some(500)),
        (2_260, None, None),
        (2_270, Some(300), Some(300)),
    ];
    let mut allocator = Allocator::default();
    for (ms, estimate, budget) in rows {
        let now = start + Duration::from_millis(ms);
        assert_eq!(allocator.budget(now, estimate, false), budget, "at {ms} ms");
    }
}

#[test]
fn a_step_up_that_was_too_early_makes_the_next_wait_longer() {
    let start = Instant::now();
    let mut allocator = Allocator::default();
    let mut rises = Vec::new();
    let mut before = allocator.budget(start, Some(1_000), false);
    for ms in 0..60_000 {
        // Whatever is more than a thousand turns out not to fit, two seconds later.
        let estimate = match rises.last() {
            Some(rose) if ms - rose == 2_000 => 1_000,
            _ => 1_500,
        };
        let budget = allocator.budget(start + Duration::from_millis(ms), Some(estimate), false);
        if budget > before {
            rises.push(ms);
        }
        before = budget;
    }
    let waits: Vec<u64> = rises
        .windows(2)
        .map(|pair| (pair[1] - pair[0]) / 1_000)
        .collect();
    assert_eq!(waits, [4, 6, 10, 18, 18], "{rises:?}");
}

#[test]
fn a_budget_waits_for_the_end_of_a_climb_and_falls_in_the_middle_of_one() {
    let start = Instant::now();
    let rows = [
        // Milliseconds, estimate, whether it climbs, budget.
        (0, 200_000, false, 200_000),
        (2_000, 400_000, true, 200_000),
        (2_300, 1_000_000, true, 200_000),
        (2_500, 1_900_000, false, 1_710_000),
        (9_000, 300_000, true, 300_000),
    ];
    let mut allocator = Allocator::default();
    for (ms, estimate, is_climbing, budget) in rows {
        let now = start + Duration::from_millis(ms);
        let given = allocator.budget(now, Some(estimate), is_climbing);
        assert_eq!(given, Some(budget), "at {ms} ms");
    }
}

#[test]
fn nothing_is_held_against_another_line() {
    let start = Instant::now();
    let at = |ms: u64| start + Duration::from_millis(ms);
    let mut allocator = Allocator::default();
    allocator.budget(start, Some(200_000), false);
    // Four steps up that were too early: the next one waits 16 s.
    let mut ms = 0;
    for wait in [1_000, 2_000, 4_000, 8_000] {
        ms += wait;
        assert_eq!(
            allocator.budget(at(ms), Some(240_000), false),
            Some(216_000)
        );
        ms += 500;
        assert_eq!(
            allocator.budget(at(ms), Some(190_000), false),
            Some(190_000)
        );
    }
    assert_eq!(
        allocator.budget(at(ms + 8_000), Some(240_000), false),
        Some(190_000)
    );
    // The line is back, and the second look at it shows still more.
    ms += 9_000;
    assert_eq!(
        allocator.budget(at(ms), Some(1_000_000), false),
        Some(900_000)
    );
    assert_eq!(
        allocator.budget(at(ms + 999), Some(1_800_000), false),
        Some(900_000)
    );
    assert_eq!(
        allocator.budget(at(ms + 1_000), Some(1_800_000), false),
        Some(1_620_000)
    );
}
