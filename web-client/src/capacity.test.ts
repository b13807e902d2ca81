/**
 * How many tiles fit, and their size.
 *
 * Invariant: tiles never leave their space and never take a silly shape.
 */
import { expect, test } from "vitest";
import { capacityFor, GAP_PX, pictureHeight, slotsFor, tileSize } from "./capacity";
import { MAX_VIDEO_SLOTS } from "./protocol";

test.each([
  [{ width: 360, height: 640 }, 4],
  [{ width: 640, height: 360 }, 4],
  [{ width: 768, height: 1024 }, 9],
  [{ width: 1280, height: 800 }, 9],
])("a screen of %j has %i slots", (screen, slots) => {
  expect(slotsFor(screen)).toBe(slots);
  expect(slotsFor(screen)).toBeLessThanOrEqual(MAX_VIDEO_SLOTS);
});

test.each([
  [360, 640, 4, { slots: 4, grid: 4, stage: 1 }],
  [1280, 800, 9, { slots: 9, grid: 9, stage: 3 }],
  [500, 800, 9, { slots: 9, grid: 4, stage: 1 }],
  [1280, 800, 4, { slots: 4, grid: 4, stage: 3 }],
])("a window of %i × %i with %i slots", (width, height, slots, capacity) => {
  expect(capacityFor(width, height, slots)).toEqual(capacity);
});

test("tiles fit their space at every count", () => {
  for (const [width, height] of [
    [344, 500],
    [1264, 660],
    [220, 660],
  ] as const) {
    for (let count = 1; count <= 10; count++) {
      const tile = tileSize(width, height, count);
      const columns = Math.floor((width + GAP_PX) / (tile.width + GAP_PX));
      const rows = Math.ceil(count / columns);
      expect(rows * (tile.height + GAP_PX) - GAP_PX).toBeLessThanOrEqual(height);
      expect(tile.width / tile.height).toBeGreaterThan(0.7);
      expect(tile.width / tile.height).toBeLessThan(1.85);
    }
  }
});

test("five people on an upright phone stand in two columns", () => {
  const tile = tileSize(344, 500, 5);
  expect(Math.floor((344 + GAP_PX) / (tile.width + GAP_PX))).toBe(2);
});

test("no space and no people are no trouble", () => {
  expect(tileSize(0, 0, 3)).toEqual({ width: 0, height: 0 });
  expect(tileSize(300, 300, 0)).toEqual({ width: 0, height: 0 });
});

test.each([
  [{ height: 0, ratio: 1 }, 0],
  [{ height: 80, ratio: 1 }, 90],
  [{ height: 180, ratio: 1 }, 180],
  [{ height: 181, ratio: 1 }, 240],
  [{ height: 181, ratio: 2 }, 480],
  [{ height: 700, ratio: 1 }, 720],
  [{ height: 700, ratio: 3 }, 0],
])("a tile of %j is asked for at %i pixels", ({ height, ratio }, asked) => {
  expect(pictureHeight(height, ratio)).toBe(asked);
});
