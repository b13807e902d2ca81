/**
 * The fixtures that Rust and TypeScript share, run through the room.
 *
 * Invariant: that each fits its type is the compiler's proof (`satisfies` in `fixtures.ts`); here
 * the room takes every server message in every phase without throwing.
 */
import { expect, test } from "vitest";
import { client, http, server } from "./fixtures";
import { parseLessonCode } from "./lesson-code";
import type { ServerMessage } from "./protocol";
import { handle, newRoom, type Room, type RoomEvent } from "./room";

const messages: [string, ServerMessage][] = Object.entries(server);

function play(room: Room, ...events: RoomEvent[]): Room {
  return events.reduce((state, event) => handle(state, event, 0).room, room);
}

function phases(): [string, Room][] {
  const { lesson: code, name, media } = client.join;
  const seat = { code, name, seatToken: null, teacherToken: null, device: "" };
  const mine = { microphone: false, camera: false, screen: false };
  const fresh = newRoom(seat, mine, { slots: 4, grid: 4, stage: 1 }, 1);
  const joining = play(
    fresh,
    { type: "enter" },
    { type: "offer", media },
    { type: "socket_opened" },
  );
  const live = play(joining, { type: "server", message: server.joined });
  const door = play(joining, { type: "server", message: server.waiting });
  const ended = play(live, { type: "leave" });
  return [
    ["fresh", fresh],
    ["joining", joining],
    ["door", door],
    ["live", live],
    ["ended", ended],
  ];
}

test.each(messages)("the room takes `%s` in every phase", (_, message) => {
  for (const [phase, room] of phases()) {
    const step = () => handle(room, { type: "server", message }, 1);
    expect(step, phase).not.toThrow();
  }
});

test("the fixtures' join of a student is what the room sends", () => {
  const fixture = client["join-student"];
  const { lesson: code, name, device, media, microphone, camera } = fixture;
  const seat = { code, name, seatToken: null, teacherToken: null, device };
  const mine = { microphone, camera, screen: false };
  const room = newRoom(seat, mine, { slots: 4, grid: 4, stage: 1 }, 1);
  const open = play(room, { type: "enter" }, { type: "socket_opened" });
  const { effects } = handle(open, { type: "offer", media }, 0);
  expect(effects).toEqual([{ type: "send", message: fixture }]);
});

test("codes in the fixtures are codes to us too", () => {
  expect(parseLessonCode(http.created_lesson.code)).toBe(http.created_lesson.code);
  expect(parseLessonCode(http.created_lesson.join_url)).toBe(http.created_lesson.code);
});
