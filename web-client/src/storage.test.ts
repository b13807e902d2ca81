/**
 * When a tab that comes back may turn its devices on by itself, and what the browser goes by.
 *
 * Invariant: devices come on only right after a refresh, and only from inside.
 */
import { expect, test } from "vitest";
import { deviceId, isRefresh, REFRESH_MS } from "./storage";

test("a browser without storage still goes by one random name while the page is open", () => {
  const name = deviceId();
  expect(name).toMatch(/^[\w-]{24}$/);
  expect(deviceId()).toBe(name);
});

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
