/**
 * The pauses between tries.
 *
 * Invariant: bounded, growing, and different for different seeds.
 */
import { expect, test } from "vitest";
import { backoff, MAX_DELAY_MS } from "./backoff";

test("each pause lies between half and all of its step", () => {
  for (const [attempts, full] of [
    [1, 500],
    [2, 1_000],
    [5, 8_000],
    [6, MAX_DELAY_MS],
    [1_000, MAX_DELAY_MS],
  ] as const) {
    for (let seed = 0; seed < 50; seed++) {
      const { delayMs } = backoff(attempts, seed * 77_777);
      expect(delayMs).toBeGreaterThanOrEqual(full / 2);
      expect(delayMs).toBeLessThanOrEqual(full);
    }
  }
});

test("a class does not come back in one instant", () => {
  const delays = new Set(Array.from({ length: 30 }, (_, i) => backoff(3, i * 99_991).delayMs));
  expect(delays.size).toBeGreaterThan(25);
});
