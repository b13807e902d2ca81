/**
 * How many people a screen can show, and how large.
 *
 * Invariant: pure arithmetic; the number of slots is fixed for a visit, the rest follows the
 * window.
 */
import type { Capacity } from "./room";

const PHONE_MAX_SIDE_PX = 600;
const PHONE_SLOTS = 4;
const DESKTOP_SLOTS = 9;

/** Width over height. In a narrow space an upright crop shows faces larger; in a wide one it cuts. */
const NARROWEST_SMALL = 3 / 4;
const NARROWEST_WIDE = 4 / 3;
const WIDEST = 16 / 9;
export const GAP_PX = 8;

/** Phones decode four videos well; beyond that names serve better than stutter. */
export function slotsFor(screen: { readonly width: number; readonly height: number }): number {
  return Math.min(screen.width, screen.height) < PHONE_MAX_SIDE_PX ? PHONE_SLOTS : DESKTOP_SLOTS;
}

export function capacityFor(width: number, height: number, slots: number): Capacity {
  const small = width < PHONE_MAX_SIDE_PX || height < 480;
  return {
    slots,
    grid: Math.min(slots, small ? PHONE_SLOTS : DESKTOP_SLOTS),
    stage: Math.min(slots, small ? 1 : 3),
  };
}

/** The largest equal tiles of a sensible shape that fit `count` times. */
export function tileSize(
  width: number,
  height: number,
  count: number,
): { width: number; height: number } {
  const narrowest = width < PHONE_MAX_SIDE_PX ? NARROWEST_SMALL : NARROWEST_WIDE;
  let best = { width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cell = {
      width: Math.max(0, width - GAP_PX * (columns - 1)) / columns,
      height: Math.max(0, height - GAP_PX * (rows - 1)) / rows,
    };
    const tile = {
      width: Math.floor(Math.min(cell.width, cell.height * WIDEST)),
      height: Math.floor(Math.min(cell.height, cell.width / narrowest)),
    };
    if (tile.width * tile.height > best.width * best.height) best = tile;
  }
  return best;
}

/** Heights worth telling apart: between two of them no other layer of a camera would be sent. */
const HEIGHTS_PX = [90, 180, 240, 360, 480, 720, 1080];

/** The height to ask pictures for, of a tile so high on a screen so dense; 0 is any height. */
export function pictureHeight(tileHeight: number, pixelRatio: number): number {
  const pixels = tileHeight * pixelRatio;
  return pixels <= 0 ? 0 : (HEIGHTS_PX.find((height) => height >= pixels) ?? 0);
}
