import { describe, expect, test } from "vitest";
import { holdFor, Playout } from "./playout";

describe("what arrives is held", () => {
  test("for as many repairs as loss and round trip call for, within a bound", () => {
    const rows: [number, number, number][] = [
      [0, 50, 0],
      [0.009, 50, 0],
      [0.02, 50, 220],
      [0.05, 50, 320],
      [0.05, 20, 280],
      [0.1, 50, 400],
      [0.2, 50, 400],
      [0.9, 300, 400],
    ];
    for (const [loss, roundTrip, hold] of rows) {
      expect([loss, roundTrip, holdFor(loss, roundTrip)]).toEqual([loss, roundTrip, hold]);
    }
  });

  /** A second of packets after another, each losing a share. */
  function seconds(shares: readonly number[]): number[] {
    const playout = new Playout();
    let [received, lost] = [0, 0];
    return shares.map((share, second) => {
      received += Math.round(200 * (1 - share));
      lost += Math.round(200 * share);
      return playout.update({ received, lost, roundTrip: 50 }, 1_000 * second);
    });
  }

  test("not at all on a clean line", () => {
    expect(seconds([0, 0.005, 0, 0, 0.005])).toEqual([0, 0, 0, 0, 0]);
  });

  test("at once when loss begins, and for a while after it has ended", () => {
    const held = seconds([0, ...Array<number>(4).fill(0.1), ...Array<number>(12).fill(0)]);
    expect(held[0]).toBe(0);
    expect(held[1]).toBeGreaterThanOrEqual(200);
    expect(held[4]).toBeGreaterThanOrEqual(300);
    expect(held[10]).toBe(held[4]);
    expect(held.at(-1)).toBe(0);
  });

  test("whatever a count does", () => {
    const playout = new Playout();
    const counts = [
      { received: 1_000, lost: 100, roundTrip: null },
      // A new connection counts anew.
      { received: 10, lost: 0, roundTrip: null },
      // Late packets are lost no more.
      { received: 500, lost: -20, roundTrip: null },
      { received: 500, lost: -20, roundTrip: null },
    ];
    const held = counts.map((count, second) => playout.update(count, second * 1_000));
    expect(held.every((ms) => ms >= 0 && ms <= 400)).toBe(true);
  });
});
