/**
 * When a tab that comes back may turn its devices on by itself.
 *
 * Invariant: only right after a refresh, and only from inside.
 */
import { expect, test } from "vitest";
import { isRefresh, REFRESH_MS } from "./storage";

test.each([
  [true, 0, true],
  [true, REFRESH_MS, true],
  [true, REFRESH_MS + 1, false],
  [true, -1, false],
  [false, 0, false],
])("inside %s and %i ms away: %s", (inside, awayMs, refresh) => {
  const seat = { token: "", name: "", inside, microphone: true, camera: true, seenMs: 5_000 };
  expect(isRefresh(seat, 5_000 + awayMs)).toBe(refresh);
});
