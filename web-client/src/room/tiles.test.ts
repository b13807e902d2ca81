/**
 * Who is on the screen: places and slots stay put while people come, speak and share.
 *
 * Invariant: each case lists people in and tiles out, nothing else.
 */
import { describe, expect, test } from "vitest";
import type { Participant } from "../protocol";
import type { Room, Turn } from "./state";
import { newRoom } from "./state";
import { arrange, watchesStage } from "./tiles";

const YOU = 100;

function person(id: number, change: Partial<Participant> = {}): Participant {
  return {
    id,
    name: `P${id}`,
    role: "student",
    state: "here",
    microphone: false,
    camera: true,
    may_share: false,
    may_speak: true,
    floor: false,
    hand_ms: null,
    ...change,
  };
}

function room(people: Participant[], change: Partial<Room> = {}): Room {
  const seat = { code: "k7m-3xh-rp2", name: "", seatToken: null, teacherToken: null, device: "" };
  const mine = { microphone: false, camera: false, screen: false };
  return {
    ...newRoom(seat, mine, { slots: 3, grid: 3, stage: 1 }, 1),
    you: YOU,
    participants: new Map([...people, person(YOU)].map((each) => [each.id, each])),
    ...change,
  };
}

function arranged(before: Room): Room {
  const turn: Turn = { room: before, effects: [], now: 0 };
  arrange(turn);
  return turn.room;
}

function people(...ids: number[]): Participant[] {
  return ids.map((id) => person(id));
}

describe("who is wanted", () => {
  const cases: [string, Room, number[]][] = [
    ["never oneself", room(people(1)), [1]],
    ["by arrival when nothing else tells them apart", room(people(4, 2, 3, 1)), [1, 2, 3]],
    [
      "a teacher before everyone",
      room([...people(1, 2, 3), person(9, { role: "teacher" })]),
      [9, 1, 2],
    ],
    [
      "hands in their order before the rest",
      room([...people(1, 2), person(3, { hand_ms: 8 }), person(4, { hand_ms: 5 })]),
      [4, 3, 1],
    ],
    [
      "who spoke last before who was silent",
      room(people(1, 2, 3, 4), { lastSpoke: new Map([[4, 50]]) }),
      [4, 1, 2],
    ],
    ["cameras before names", room([person(1, { camera: false }), ...people(2, 3, 4)]), [2, 3, 4]],
    ["the absent last", room([person(1, { state: "away" }), ...people(2, 3, 4)]), [2, 3, 4]],
    ["beside a screen only the sharer", room(people(1, 2, 3), { sharer: 3 }), [3]],
    ["all as usual beside one's own screen", room(people(1, 2, 3), { sharer: YOU }), [1, 2, 3]],
  ];
  test.each(cases)("%s", (_, before, tiles) => {
    expect(arranged(before).tiles).toEqual(tiles);
  });
});

describe("places", () => {
  test("do not move when a visible person speaks", () => {
    const before = arranged(room(people(1, 2, 3)));
    const after = arranged({ ...before, lastSpoke: new Map([[3, 99]]) });
    expect(after.tiles).toEqual([1, 2, 3]);
    expect(after.slots).toBe(before.slots);
  });

  test("change only where a hidden speaker comes in", () => {
    const before = arranged(room(people(1, 2, 3, 4)));
    const after = arranged({ ...before, lastSpoke: new Map([[4, 99]]) });
    expect(after.tiles).toEqual([1, 2, 4]);
    expect(after.slots).toEqual([1, 2, 4]);
  });

  test("close up when somebody leaves, but the slots stay", () => {
    const before = arranged(room(people(1, 2, 3)));
    const participants = new Map(before.participants);
    participants.delete(1);
    const after = arranged({ ...before, participants });
    expect(after.tiles).toEqual([2, 3]);
    expect(after.slots).toEqual([null, 2, 3]);
  });

  test("are given to a newcomer in the free slot", () => {
    const before = { ...room(people(2, 3, 4)), tiles: [2, 3], slots: [null, 2, 3] };
    const after = arranged(before);
    expect(after.tiles).toEqual([2, 3, 4]);
    expect(after.slots).toEqual([4, 2, 3]);
  });

  test("never outnumber the slots", () => {
    const capacity = { slots: 2, grid: 9, stage: 9 };
    const after = arranged(room(people(1, 2, 3, 4), { capacity }));
    expect(after.tiles).toEqual([1, 2]);
    expect(after.slots).toEqual([1, 2]);
  });
});

test("one's own screen is no stage to watch", () => {
  expect(watchesStage(room([], { sharer: YOU }))).toBe(false);
  expect(watchesStage(room([], { sharer: 1 }))).toBe(true);
  expect(watchesStage(room([]))).toBe(false);
});
