/** Attendance on the page: the check over a broken line, and the teacher's strip. */
import { describe, expect, test } from "vitest";
import { client, server } from "../fixtures";
import type { RollLine } from "../protocol";
import type { Effect, Room, RoomEvent } from "../room";
import { handle, newRoom, ordered, summary, wakeAt } from "../room";

const { lesson: code, name, media } = client.join;

/** A pupil in the lesson, at time 0. */
function inside(): Room {
  const seat = { code, name, seatToken: null, teacherToken: null, device: "" };
  const mine = { microphone: false, camera: false, screen: false };
  const fresh = newRoom(seat, mine, { slots: 4, grid: 4, stage: 1 }, 1);
  return play(fresh, [
    [0, { type: "enter" }],
    [0, { type: "offer", media }],
    [0, { type: "socket_opened" }],
    [0, { type: "server", message: server.joined }],
    [0, { type: "media", state: "connected" }],
  ]).room;
}

function play(room: Room, events: [number, RoomEvent][]): { room: Room; effects: Effect[] } {
  const effects: Effect[] = [];
  let now = room;
  for (const [at, event] of events) {
    const step = handle(now, event, at);
    now = step.room;
    effects.push(...step.effects);
  }
  return { room: now, effects };
}

function sent(effects: readonly Effect[]) {
  return effects.flatMap((effect) => (effect.type === "send" ? [effect.message] : []));
}

const asked: RoomEvent = { type: "server", message: { type: "check", number: 1, for_ms: 60_000 } };
const pressed: RoomEvent = { type: "check_pressed" };

describe("a check", () => {
  test("is answered once, and goes when its last word was seen", () => {
    const { room, effects } = play(inside(), [
      [1_000, asked],
      [5_000, pressed],
      [5_100, pressed],
    ]);
    expect(sent(effects)).toEqual([{ type: "answer_check", check: 1, ago_ms: 0 }]);
    const counted = { type: "check_answered", number: 1, accepted: true } as const;
    const after = play(room, [[5_200, { type: "server", message: counted }]]).room;
    expect(after.check?.outcome).toBe("counted");
    const gone = play(after, [[wakeAt(after) ?? 0, { type: "clock" }]]).room;
    expect(gone.check).toBeNull();
  });

  test("answered without a line is sent when it is back, with how long ago that was", () => {
    const { effects, room } = play(inside(), [
      [1_000, asked],
      [2_000, { type: "socket_lost" }],
      [5_000, pressed],
      [70_000, { type: "clock" }],
      [70_000, { type: "socket_opened" }],
      [71_000, { type: "server", message: server.joined }],
    ]);
    const answer = { type: "answer_check", check: 1, ago_ms: 66_000 };
    expect(sent(effects)).toContainEqual(answer);
    // The server asks whoever comes back; this one has answered.
    expect(play(room, [[71_001, asked]]).room.check?.outcome).toBe("pressed");
  });

  test("that nobody answers goes away, and cannot be answered any more", () => {
    const { room } = play(inside(), [[1_000, asked]]);
    expect(wakeAt(room)).toBe(61_000);
    const { effects } = play(room, [[61_001, pressed]]);
    expect(sent(effects)).toEqual([]);
    expect(play(room, [[61_000, { type: "clock" }]]).room.check).toBeNull();
  });
});

test("a browser that plays nothing says so to every new socket", () => {
  const { effects, room } = play(inside(), [[1_000, { type: "playing", audio: false }]]);
  expect(sent(effects)).toEqual([{ type: "playing", audio: false }]);
  const again = play(room, [[2_000, { type: "server", message: server.joined }]]);
  expect(sent(again.effects)).toContainEqual({ type: "playing", audio: false });
});

test("the strip counts who is expected, names who has not come, and leaves guests out", () => {
  const [line] = server.attendance.lines as readonly RollLine[];
  if (line === undefined) throw new Error("the fixture has lines");
  const lines: RollLine[] = [
    { ...line, id: "s9", name: "Guest", expected: false },
    { ...line, id: "p1", name: "Aida", flags: ["late"], now: "here" },
    { ...line, id: "p2", name: "Timur", flags: [], now: null, decided: null, status: "absent" },
    { ...line, id: "p3", name: "Dana", flags: [], now: null, status: "in_the_room" },
  ];
  const message = { ...server.attendance, lines };
  const { room } = play(inside(), [[1, { type: "server", message }]]);
  expect(summary(room.attendance)).toEqual({
    expected: 3,
    here: 2,
    late: 1,
    notYet: ["Timur"],
    disputed: 3,
  });
  expect(ordered(room.attendance).map((one) => one.name)).toEqual([
    "Aida",
    "Timur",
    "Dana",
    "Guest",
  ]);
});
