//! What the layers of a source cost a receiver's line, from what they were measured to take.
//!
//! Invariant: pure; no layer costs nothing.

use crate::bounds::MAX_LAYERS;
use crate::model::Source;
use crate::router::RoutedSource;
use std::time::Instant;

/// What a layer costs until it was measured, in bits per second: what our page lets its encoder use
/// at most (`web-client/src/media.ts`).
const BITRATES_BPS: [u64; MAX_LAYERS] = [150_000, 450_000, 1_500_000];
/// A still picture is cheap until it moves: a layer is never thought to cost less than this share.
const LEAST_SHARE: u64 = 3;
/// What the line carries already counts for so many percent of its cost.
const KEPT_PERCENT: u64 = 85;
/// What a shared screen costs at least, once measured: slides.
const LEAST_SCREEN_BPS: u64 = 16_000;

/// What the whole of a screen that has a small layer costs until it was measured.
const WHOLE_SCREEN_BPS: u64 = 300_000;
/// A whole slide is to be there after so many seconds, or the small one is sooner.
const SLIDE_S: u64 = 4;

/// What the layers of a source cost a slot whose line carries one of them already. That one is not
/// given up for a little: only a line that carries clearly less takes it away; nor is it kept from a
/// tile that was made smaller and is made larger again.
pub(super) fn bitrates_of(
    now: Instant,
    routed: &RoutedSource,
    carried: Option<u8>,
) -> [u64; MAX_LAYERS] {
    let is_one = routed.info.count < 2;
    // The small layer of a screen waits for what others leave.
    let is_slides = !is_one && routed.source == Source::Screen;
    let mut costs = BITRATES_BPS;
    for (number, (cost, layer)) in (0..).zip(costs.iter_mut().zip(&routed.layers)) {
        let measured = match is_one || is_slides {
            true => layer.meter.mean_at(now),
            false => layer.meter.bps(),
        };
        *cost = match measured {
            _ if is_slides && number == 0 => LEAST_SCREEN_BPS,
            None if is_slides => WHOLE_SCREEN_BPS,
            Some(bps) if is_slides => bps.max(layer.meter.bps().unwrap_or(0) / SLIDE_S),
            Some(bps) if is_one => bps.max(LEAST_SCREEN_BPS),
            // One stream costs what the largest layer would.
            None if is_one => BITRATES_BPS[MAX_LAYERS - 1],
            // Encoders exceed their limit for a second or two, and not for long.
            Some(bps) => bps.clamp(*cost / LEAST_SHARE, *cost),
            None => *cost,
        };
        if carried.is_some_and(|carried| number <= carried) {
            *cost = *cost * KEPT_PERCENT / 100;
        }
    }
    if is_one {
        costs = [costs[0]; MAX_LAYERS];
    }
    costs
}
