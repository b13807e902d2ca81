/**
 * The chat: what is new, what is on its way, and what becomes of it when the line breaks.
 *
 * Invariant: no test waits; time is a number passed in.
 */
import { describe, expect, test } from "vitest";
import type { ChatMessage, ChatMode, Role } from "../protocol";
import { audiences, MAX_OUTGOING, unread } from "../room";
import { joined, live, type Play, person, RULES, resumed } from "./play";

function said(number: number, change: Partial<ChatMessage> = {}): ChatMessage {
  return {
    number,
    from: 1,
    name: "P1",
    role: "teacher",
    audience: "everyone",
    text: `text ${number}`,
    at_ms: number,
    ...change,
  };
}

const chat = (...messages: ChatMessage[]) => ({ type: "chat" as const, messages });
const ours = (number: number, text: string) => chat(said(number, { from: 2, text }));
const states = (play: Play) => play.room.chat.outgoing.map((one) => `${one.text}: ${one.state}`);

function reconnect(play: Play): Play {
  play.do({ type: "socket_lost" });
  play.sleep().do({ type: "socket_opened" });
  play.take();
  return play.hear(resumed());
}

describe("what is new", () => {
  test("counts from when we came, without our own, until the chat is on the screen", () => {
    const play = live()
      .hear(joined({ now_ms: 10 }))
      .hear(chat(said(3), said(4)));
    expect(unread(play.room)).toBe(2);
    play.hear(chat(said(5, { from: 2 })));
    expect(unread(play.room)).toBe(2);
    play.do({ type: "chat_shown", shown: true });
    expect(unread(play.room)).toBe(0);
    play.hear(chat(said(6))).do({ type: "chat_shown", shown: false });
    expect(unread(play.room)).toBe(0);
    play.hear(chat(said(7)));
    expect(unread(play.room)).toBe(1);
  });

  test("is not what was written before we came", () => {
    const play = live().hear(chat(said(1, { at_ms: -5 }), said(2, { at_ms: -1 })));
    expect(unread(play.room)).toBe(0);
    expect(play.take()).toEqual([]);
  });

  test("is what was written while the line was down", () => {
    const play = live().hear(chat(said(1)));
    play.do({ type: "chat_shown", shown: true }, { type: "chat_shown", shown: false });
    reconnect(play).hear(chat(said(1), said(2)));
    expect(play.room.chat.messages.map((one) => one.number)).toEqual([1, 2]);
    expect(unread(play.room)).toBe(1);
  });

  test("is announced by name unless the chat is on the screen", () => {
    const play = live().hear(chat(said(1)));
    expect(play.take()).toEqual([{ type: "announce", what: { kind: "wrote", name: "P1" } }]);
    play.do({ type: "chat_shown", shown: true }).hear(chat(said(2)));
    expect(play.take()).toEqual([]);
  });

  test("does not come back when it was deleted while the line was down", () => {
    const play = reconnect(live().hear(chat(said(1), said(2)))).hear(chat(said(2)));
    expect(play.room.chat.messages.map((one) => one.number)).toEqual([2]);
  });

  test("goes when it is deleted", () => {
    const play = live()
      .hear(chat(said(1), said(2)))
      .hear({ type: "chat_deleted", number: 1 });
    expect(play.room.chat.messages.map((one) => one.number)).toEqual([2]);
  });
});

describe("what we write", () => {
  test("is sent, and is on its way until the server shows it", () => {
    const play = live().do({ type: "write", text: "hello", to: "teachers" });
    expect(play.take()).toEqual([
      { type: "send", message: { type: "chat", text: "hello", to: "teachers" } },
    ]);
    expect(states(play)).toEqual(["hello: sent"]);
    play.hear(ours(1, "hello"));
    expect(states(play)).toEqual([]);
  });

  test("may come back cleaned", () => {
    const play = live().do({ type: "write", text: "a\u200bb", to: "everyone" });
    play.hear(ours(1, "ab"));
    expect(states(play)).toEqual([]);
  });

  test("is not sent when it is empty, nor more at once than fits", () => {
    const play = live().do({ type: "write", text: " \n", to: "everyone" });
    expect(play.asked()).toEqual([]);
    for (let i = 0; i <= MAX_OUTGOING; i++) play.do({ type: "write", text: "x", to: "everyone" });
    expect(play.asked()).toHaveLength(MAX_OUTGOING);
  });

  test("waits for the line", () => {
    const play = live().do({ type: "socket_lost" });
    play.do({ type: "write", text: "hello", to: "everyone" });
    expect(states(play)).toEqual(["hello: waits"]);
    play.sleep().do({ type: "socket_opened" });
    play.take();
    play.hear(resumed());
    expect(play.asked()).toContain("send chat");
    expect(states(play)).toEqual(["hello: sent"]);
  });

  test("that was on its way when the line broke is there, or was not sent", () => {
    const play = live().hear(ours(1, "yes"));
    play.do({ type: "write", text: "yes", to: "everyone" });
    play.do({ type: "write", text: "no", to: "everyone" });
    reconnect(play);
    expect(play.asked()).not.toContain("send chat");
    play.hear(chat(said(1, { from: 2, text: "yes" }), said(2, { from: 2, text: "yes" })));
    expect(states(play)).toEqual(["no: failed"]);
  });

  test("and an old message of the same words is no answer to it", () => {
    const play = live().hear(ours(1, "yes")).do({ type: "write", text: "yes", to: "everyone" });
    reconnect(play).hear(ours(1, "yes"));
    expect(states(play)).toEqual(["yes: failed"]);
  });

  test.each([
    ["too_fast", undefined],
    ["not_allowed", "chat"],
    ["not_allowed", "chat_to_teachers"],
    ["bad_message", undefined],
    ["full", undefined],
  ] as const)("is kept when it is refused (%s, %s), to be sent again or not", (code, action) => {
    const play = live().do({ type: "write", text: "a", to: "everyone" });
    play.do({ type: "write", text: "b", to: "everyone" });
    play.hear({ type: "error", code, detail: "", ...(action && { refused: action }) });
    expect(states(play)).toEqual(["a: failed", "b: sent"]);
    play.take();
    const key = play.room.chat.outgoing[0]?.key ?? 0;
    play.do({ type: "write_again", key });
    expect(play.asked()).toEqual(["send chat"]);
    play.do({ type: "write_not", key });
    expect(states(play)).toEqual(["b: sent"]);
  });

  test("is untouched by the refusal of something else", () => {
    const play = live().do({ type: "write", text: "a", to: "everyone" });
    play.hear({ type: "error", code: "not_allowed", detail: "", refused: "mute" });
    expect(states(play)).toEqual(["a: sent"]);
  });
});

test.each<[Role, ChatMode, boolean, string]>([
  ["student", "everyone", false, "everyone teachers"],
  ["student", "teachers_only", false, "teachers"],
  ["student", "off", false, ""],
  ["student", "everyone", true, "teachers"],
  ["student", "off", true, ""],
  ["teacher", "off", false, "everyone teachers"],
  ["assistant", "teachers_only", false, "everyone teachers"],
  ["observer", "everyone", false, ""],
])("a %s writes where the chat is for %s (paused: %s) to: %s", (role, mode, paused, expected) => {
  const participants = [person(1), person(2, { role })];
  const rules = { ...RULES, chat: mode, paused };
  const play = live().hear(joined({ participants, rules }));
  expect(audiences(play.room).join(" ")).toBe(expected);
});
