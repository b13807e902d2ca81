/**
 * The class in the lesson: the door, the rules, the microphone that others may turn off.
 *
 * Invariant: no test waits; time is a number passed in.
 */
import { describe, expect, test } from "vitest";
import { server } from "../fixtures";
import type { Role } from "../protocol";
import { maySpeak, microphoneAdvice, standsAbove, trouble, wakeAt, whyNotSpeak } from "../room";
import { joined, live, OFFER, Play, person, RULES, tokenOf } from "./play";

/** One of our seat in another state. */
function presence(change: Parameters<typeof person>[1]) {
  return { type: "presence" as const, changed: [person(2, change)], gone: [], total: 2 };
}

function atDoor(play = new Play()): Play {
  play.do({ type: "enter" }, { type: "offer", media: OFFER }, { type: "socket_opened" });
  play.take();
  return play.hear({ type: "waiting", lesson: "Algebra" });
}

describe("at the door", () => {
  test("one waits as long as it takes, with nothing running", () => {
    const play = atDoor();
    expect(play.room.door).toBe("Algebra");
    expect(play.asked()).toEqual(["close_media"]);
    expect(wakeAt(play.room)).toBeNull();
    expect(trouble(play.room)).toBeNull();
    play.do({ type: "media", state: "failed" });
    expect(play.asked()).toEqual([]);
  });

  test("who is let in joins once more on the same socket, with the token and a new offer", () => {
    const play = atDoor();
    play.take();
    play.hear({ type: "admitted", token: "in" });
    expect(play.asked()).toEqual(["make_offer"]);
    play.do({ type: "offer", media: OFFER });
    const effects = play.take();
    expect(tokenOf(effects)).toBe("in");
    expect(effects).toMatchObject([{ message: { type: "join", media: OFFER } }]);
    expect(play.room.door).toBe("Algebra");
    play.hear(joined());
    expect(play.room.door).toBeNull();
    expect(play.room.connection.phase).toBe("live");
  });

  test("a lost socket asks again, and the door stays on the screen meanwhile", () => {
    const play = atDoor().do({ type: "socket_lost" });
    play.take();
    play.sleep();
    expect(play.asked()).toEqual(["open_socket"]);
    play.do({ type: "socket_opened" }, { type: "offer", media: OFFER });
    expect(play.asked()).toEqual(["make_offer", "send join"]);
    expect(play.room.door).toBe("Algebra");
  });

  test("a token that came too late leads back to the door", () => {
    const play = atDoor().hear({ type: "admitted", token: "in" });
    play.do({ type: "offer", media: OFFER });
    play.hear({ type: "error", code: "bad_token", detail: "" });
    play.hear({ type: "closed", reason: "error" });
    play.take();
    play.sleep().do({ type: "socket_opened" }, { type: "offer", media: OFFER });
    expect(tokenOf(play.take())).toBeUndefined();
  });

  test.each(["turned_away", "removed"] as const)(
    "%s is an end, and the seat is forgotten",
    (why) => {
      const play = why === "removed" ? live() : atDoor();
      play.hear({ type: "closed", reason: why });
      expect(play.room.connection.ending).toEqual({ why });
      expect(play.asked()).toContain("forget_seat");
      expect(wakeAt(play.room)).toBeNull();
    },
  );
});

describe("who comes to the door", () => {
  test("is announced to staff once, by name", () => {
    const play = live().hear(server.lobby);
    const names = () => play.take().map((effect) => effect.type === "announce" && effect.what.name);
    expect(names()).toEqual(["Дана", "Тимур"]);
    play.hear({ type: "lobby", waiting: server.lobby.waiting.slice(1) });
    expect(names()).toEqual([]);
    expect(play.room.lobby.map((one) => one.name)).toEqual(["Тимур"]);
  });

  test("is told anew after a lost socket", () => {
    const play = live().hear(server.lobby).hear(server.removed).hear(joined());
    expect(play.room.lobby).toEqual([]);
    expect(play.room.removed).toEqual([]);
  });
});

describe("the own microphone", () => {
  function talking(): Play {
    const play = live().do({ type: "mine", mine: { microphone: true } });
    play.take();
    return play;
  }

  test("that a teacher turns off is off here too, and says so until it is on or waved away", () => {
    const play = talking().hear({ type: "muted", by: 1 });
    expect(play.asked()).toEqual(["stop_microphone"]);
    expect(play.room.mine.microphone).toBe(false);
    expect(microphoneAdvice(play.room)).toBe("muted");
    play.do({ type: "mine", mine: { microphone: true } });
    expect(microphoneAdvice(play.room)).toBeNull();
    play.do({ type: "mine", mine: { microphone: false } });
    expect(microphoneAdvice(play.room)).toBeNull();
    play.hear({ type: "muted", by: 1 }).do({ type: "muted_seen" });
    expect(microphoneAdvice(play.room)).toBeNull();
  });

  test("that was off already is no news", () => {
    const play = live().hear({ type: "muted", by: 1 });
    expect(play.asked()).toEqual([]);
    expect(microphoneAdvice(play.room)).toBeNull();
  });

  test("that was turned off while the line was down stays off, and says so", () => {
    const play = talking().do({ type: "socket_lost" });
    play.sleep().do({ type: "socket_opened" });
    play.take();
    play.hear(joined({ participants: [person(1), person(2, { camera: true })] }));
    expect(play.asked()).not.toContain("send set_media");
    expect(microphoneAdvice(play.room)).toBe("muted");
  });

  test("that a teacher locks is locked, not muted by somebody", () => {
    const play = talking().hear({ type: "muted", by: 1 });
    play.hear({ type: "rules", ...RULES, microphones_locked: true });
    play.hear(presence({ may_speak: false }));
    expect(microphoneAdvice(play.room)).toBeNull();
    play.hear({ type: "rules", ...RULES }).hear(presence({}));
    expect(microphoneAdvice(play.room)).toBeNull();
  });

  test("that a rule turns off blames nobody, and cannot be turned on", () => {
    const play = talking().hear({ type: "rules", ...RULES, microphones_locked: true });
    play.hear({ type: "muted", by: null }).hear(presence({ may_speak: false }));
    expect(play.room.mine.microphone).toBe(false);
    expect(microphoneAdvice(play.room)).toBeNull();
    expect(play.room.notice?.code).toBe("microphones_locked");
    expect(maySpeak(play.room)).toBe(false);
    expect(whyNotSpeak(play.room)).toBe("microphones_locked");
  });

  test("is offered to who is given the floor, and is silent when that is over", () => {
    const locked = { ...RULES, microphones_locked: true };
    const play = live()
      .hear({ type: "rules", ...locked })
      .hear(presence({ may_speak: false }));
    expect(play.room.notice?.code).toBe("microphones_locked");
    play.hear(presence({ may_speak: true, floor: true }));
    expect(microphoneAdvice(play.room)).toBe("floor");
    expect(play.room.notice).toBeNull();
    play.do({ type: "mine", mine: { microphone: true } });
    expect(microphoneAdvice(play.room)).toBeNull();
    play.take();
    play.hear(presence({ may_speak: false }));
    expect(play.asked()).toEqual(["stop_microphone"]);
    expect(play.room.notice?.code).toBe("floor_taken");
  });

  test("whose voice the server refuses is silent", () => {
    const play = talking();
    play.hear({ type: "error", code: "not_allowed", detail: "", refused: "speak" });
    expect(play.asked()).toEqual(["stop_microphone"]);
    expect(play.room.notice?.code).toBe("microphones_locked");
  });

  test("does not come back on by itself when microphones were locked meanwhile", () => {
    const play = talking().do({ type: "socket_lost" });
    play.sleep().do({ type: "socket_opened" });
    play.take();
    play.hear(joined({ participants: [person(1), person(2, { may_speak: false })] }));
    expect(play.asked()).toContain("stop_microphone");
    expect(play.room.mine.microphone).toBe(false);
  });

  test("and the camera of who only looks on are closed when they come in", () => {
    const play = new Play().do({ type: "enter" }, { type: "offer", media: OFFER });
    play.do({ type: "socket_opened" });
    play.take();
    const observer = person(2, { role: "observer", may_speak: false, camera: false });
    play.hear(joined({ participants: [person(1), observer] }));
    expect(play.room.mine.camera).toBe(false);
    const asked = play.asked();
    expect(asked).toContain("close_devices");
    expect(asked).not.toContain("send set_media");
  });

  test("of who only looks on is no matter of locks", () => {
    const observer = person(2, { role: "observer", may_speak: false });
    const play = live().hear({ type: "presence", changed: [observer], gone: [], total: 2 });
    expect(whyNotSpeak(play.room)).toBe("only_listening");
  });
});

test("locks and unlocks are told to students, not to who turned them", () => {
  const student = live().hear({ type: "rules", ...RULES, microphones_locked: true });
  expect(student.room.notice?.code).toBe("microphones_locked");
  student.hear({ type: "rules", ...RULES });
  expect(student.room.notice?.code).toBe("microphones_free");
  const teacher = live().hear(joined({ you: 1 }));
  const before = teacher.room.notice;
  teacher.hear({ type: "rules", ...RULES, microphones_locked: true });
  expect(teacher.room.notice).toBe(before);
});

test.each<[Role, boolean, string]>([
  ["teacher", true, "teacher assistant student observer"],
  ["teacher", false, "assistant student observer"],
  ["assistant", false, "student observer"],
  ["student", false, ""],
  ["observer", false, ""],
])("a %s (owner: %s) stands above: %s", (role, owns, expected) => {
  const play = live(new Play(owns ? { teacherToken: "t" } : {}));
  play.hear(joined({ participants: [person(2, { role })] }));
  const roles: Role[] = ["teacher", "assistant", "student", "observer"];
  expect(roles.filter((one) => standsAbove(play.room, one)).join(" ")).toBe(expected);
});

test("a refusal of one thing stops no other", () => {
  const play = live().do({ type: "mine", mine: { screen: true } });
  play.take();
  play.hear({ type: "error", code: "not_allowed", detail: "", refused: "mute" });
  expect(play.asked()).toEqual([]);
  play.hear({ type: "error", code: "not_allowed", detail: "", refused: "share_screen" });
  expect(play.asked()).toEqual(["stop_screen"]);
});
