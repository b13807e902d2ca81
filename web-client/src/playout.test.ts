/**
 * How long what arrives is held back.
 *
 * Invariant: nothing is held on a good line, and never longer than `MAX_MS`.
 */
import { expect, test } from "vitest";
import type { Playout } from "./playout";
import { MAX_MS, NEW_PLAYOUT, playout } from "./playout";

/** So many seconds of a line on which 200 packets a second arrive or are lost. */
function seconds(count: number, loss: number, roundTripMs = 50, from = NEW_PLAYOUT): Playout {
  let now = from;
  for (let i = 0; i < count; i++) {
    const { packets, lost } = now.arrivals;
    const arrivals = { packets: packets + 200 * (1 - loss), lost: lost + 200 * loss };
    now = playout(now, arrivals, roundTripMs);
  }
  return now;
}

test.each([
  ["a good line is left to the browser", 0, 50, null],
  ["hardly any loss too", 0.005, 50, null],
  ["two tries at one in twenty", 0.05, 50, 190],
  ["three at one in ten", 0.1, 50, 290],
  ["no more than can be borne", 0.3, 150, MAX_MS],
])("%s", (_, loss, roundTripMs, holdMs) => {
  expect(seconds(10, loss, roundTripMs).holdMs).toBe(holdMs);
});

test("a line that gets worse is believed within three seconds", () => {
  const good = seconds(60, 0);
  expect(seconds(3, 0.1, 50, good).holdMs).not.toBeNull();
});

test("a line that got better is let go only when it stays so", () => {
  const bad = seconds(10, 0.1);
  expect(seconds(5, 0, 50, bad).holdMs).not.toBeNull();
  expect(seconds(60, 0, 50, bad).holdMs).toBeNull();
});

test("a hold does not follow every small change", () => {
  const held = seconds(30, 0.1);
  expect(seconds(10, 0.1, 60, held).holdMs).toBe(held.holdMs);
});

test("few packets and counters that begin anew say nothing", () => {
  const held = seconds(10, 0.1);
  const { packets, lost } = held.arrivals;
  expect(playout(held, { packets: packets + 5, lost: lost + 5 }, 50)).toBe(held);
  expect(playout(held, { packets: 10, lost: 0 }, 50).holdMs).toBe(held.holdMs);
});
