/**
 * A room's behaviour on a virtual clock: joining, the people, the way back.
 *
 * Invariant: no test waits; time is a number passed in.
 */
import { describe, expect, test } from "vitest";
import { PROTOCOL_VERSION } from "./protocol";
import { hands, trouble, wakeAt } from "./room";
import { ANSWER_TIMEOUT_MS, CONNECT_TIMEOUT_MS, INTERRUPTION_MS } from "./room/connection";
import {
  CODE,
  DEVICE,
  joined,
  live,
  OFFER,
  Play,
  person,
  resumed,
  ticketsOf,
  tokenOf,
} from "./room/play";

describe("joining", () => {
  test("starts socket and offer together and says everything in the first message", () => {
    const play = new Play().do({ type: "enter" });
    expect(play.asked()).toEqual(["make_offer", "open_socket"]);
    play.do({ type: "offer", media: OFFER });
    expect(play.asked()).toEqual([]);
    play.do({ type: "socket_opened" });
    expect(play.take()).toEqual([
      {
        type: "send",
        message: {
          type: "join",
          version: PROTOCOL_VERSION,
          lesson: CODE,
          name: "Timur",
          device: DEVICE,
          media: OFFER,
          microphone: false,
          camera: true,
        },
      },
    ]);
  });

  test("waits for the offer when the socket is faster", () => {
    const play = new Play().do({ type: "enter" }, { type: "socket_opened" });
    play.take();
    play.do({ type: "offer", media: OFFER });
    expect(play.asked()).toEqual(["send join"]);
  });

  test("applies the answer, keeps the seat and asks for the cameras it shows", () => {
    const play = new Play().do({ type: "enter" }, { type: "offer", media: OFFER });
    play.do({ type: "socket_opened" });
    play.take();
    play.hear(joined());
    expect(play.take()).toEqual([
      { type: "keep_seat", token: "seat", inside: true },
      { type: "apply_answer", sdp: "answer" },
      { type: "send", message: { type: "watch", slots: [1, null] } },
    ]);
    expect(trouble(play.room)).toBe("connecting");
    play.do({ type: "media", state: "connected" });
    expect(trouble(play.room)).toBeNull();
    expect(wakeAt(play.room)).toBeNull();
  });

  test("asks for cameras at the height it shows them", () => {
    const play = live().do({ type: "tile_height", height: 240 });
    expect(play.take()).toEqual([
      { type: "send", message: { type: "watch", slots: [1, null], heights: [240, 0] } },
    ]);
    play.do({ type: "tile_height", height: 240 });
    expect(play.take()).toEqual([]);
    play.do({ type: "tile_height", height: 0 });
    expect(play.take()).toEqual([{ type: "send", message: { type: "watch", slots: [1, null] } }]);
  });

  test("sends only the layers the server has use for", () => {
    const play = live().hear({ type: "wanted", camera: [true, false, false], screen: [false] });
    expect(play.take()).toEqual([
      { type: "want_layers", camera: [true, false, false], screen: [false] },
    ]);
  });

  test("knows what its line is too narrow for, until it hears otherwise or has a new line", () => {
    const play = live().hear({ type: "withheld", cameras: [1], screen: true });
    expect(play.room.withheld).toEqual({ cameras: [1], screen: true });
    play.hear({ type: "withheld", cameras: [], screen: true });
    expect(play.room.withheld).toEqual({ cameras: [], screen: true });
    play.do({ type: "media", state: "failed" });
    play.do({ type: "offer", media: OFFER }).hear({ type: "media", answer: "v=0" });
    expect(play.room.withheld).toEqual({ cameras: [], screen: false });
  });

  test("prefers the seat's token to the teacher's", () => {
    for (const [tokens, expected] of [
      [{}, undefined],
      [{ teacherToken: "t" }, "t"],
      [{ teacherToken: "t", seatToken: "s" }, "s"],
    ] as const) {
      const play = new Play(tokens).do({ type: "enter" }, { type: "socket_opened" });
      play.do({ type: "offer", media: OFFER });
      expect(tokenOf(play.take())).toBe(expected);
    }
  });

  test("says who the school knows it to be, until it has a seat", () => {
    const play = new Play({ ticket: "once" }).do({ type: "enter" }, { type: "socket_opened" });
    play.do({ type: "offer", media: OFFER });
    expect(ticketsOf(play.take())).toEqual(["once"]);
    play.hear(joined()).do({ type: "socket_lost" }).sleep().do({ type: "socket_opened" });
    play.do({ type: "offer", media: OFFER });
    expect(ticketsOf(play.take())).toEqual([undefined]);
  });

  test("an unanswered join is tried again on a new socket", () => {
    const play = new Play().do({ type: "enter" }, { type: "offer", media: OFFER });
    play.do({ type: "socket_opened" });
    play.take();
    play.wait(ANSWER_TIMEOUT_MS - 1);
    expect(play.asked()).toEqual([]);
    play.wait(1);
    expect(play.asked()).toEqual(["close_socket"]);
    play.sleep();
    expect(play.asked()).toEqual(["open_socket"]);
    play.do({ type: "socket_opened" }, { type: "offer", media: OFFER });
    expect(play.asked()).toEqual(["make_offer", "send join"]);
  });

  test("a browser without peer connections is told so", () => {
    const play = new Play().do({ type: "enter" }, { type: "offer_failed" });
    expect(play.room.connection.ending).toEqual({ why: "unsupported_browser" });
  });
});

describe("a refused join", () => {
  function refusedWith(
    code: "full" | "unavailable" | "bad_token" | "internal",
    play = new Play(),
  ): Play {
    play.do({ type: "enter" }, { type: "offer", media: OFFER }, { type: "socket_opened" });
    play.take();
    play.hear({ type: "error", code, detail: "" });
    return play.hear({ type: "closed", reason: "error" });
  }

  test("ends with its reason", () => {
    const play = refusedWith("full");
    expect(play.room.connection.ending).toEqual({ why: "refused", code: "full" });
    expect(play.asked()).toContain("forget_seat");
    expect(wakeAt(play.room)).toBeNull();
  });

  test.each(["full", "unavailable"] as const)(
    "because all is %s is no end for who has a seat",
    (code) => {
      const play = refusedWith(code, new Play({ seatToken: "s" }));
      for (let tries = 1; tries < 20; tries++) {
        expect(play.asked()).toEqual(["close_socket"]);
        play.sleep().do({ type: "socket_opened" }, { type: "offer", media: OFFER });
        play.take();
        play.hear({ type: "error", code, detail: "" });
        play.hear({ type: "closed", reason: "error" });
      }
      expect(play.room.connection.ending).toBeNull();
    },
  );

  test("with a stale seat falls back to the teacher's token by itself", () => {
    const play = refusedWith("bad_token", new Play({ seatToken: "s", teacherToken: "t" }));
    expect(play.asked()).toEqual(["close_socket", "forget_seat"]);
    play.sleep().do({ type: "socket_opened" }, { type: "offer", media: OFFER });
    expect(tokenOf(play.take())).toBe("t");
  });

  test("after the server's own mistake is tried again, but not for ever", () => {
    const play = refusedWith("internal");
    let tries = 1;
    while (play.room.connection.ending === null && tries < 20) {
      play.sleep().do({ type: "socket_opened" }, { type: "offer", media: OFFER });
      play.hear({ type: "error", code: "internal", detail: "" }).do({ type: "socket_lost" });
      tries += 1;
    }
    expect(tries).toBe(6);
  });
});

describe("a lost socket", () => {
  test("is replaced while the media goes on, without a new offer", () => {
    const play = live().do({ type: "socket_lost" });
    expect(trouble(play.room)).toBe("reconnecting");
    expect(play.asked()).toEqual([]);
    play.sleep().do({ type: "socket_opened" });
    const [open, join] = play.take();
    expect(open).toEqual({ type: "open_socket" });
    expect(join).toMatchObject({ message: { type: "join", token: "seat" } });
    expect(join).not.toHaveProperty("message.media");
    play.hear(resumed());
    expect(trouble(play.room)).toBeNull();
    expect(play.asked()).toEqual(["keep_seat", "send watch"]);
    expect(play.room.notice?.code).toBe("reconnected");
  });

  test("brings a new offer when the media died meanwhile", () => {
    const play = live().do({ type: "socket_lost" }, { type: "media", state: "failed" });
    play.sleep();
    expect(play.asked()).toEqual(["open_socket"]);
    play.do({ type: "socket_opened" });
    expect(play.asked()).toEqual(["make_offer"]);
    play.do({ type: "offer", media: OFFER });
    expect(play.take()).toMatchObject([{ message: { type: "join", media: OFFER } }]);
  });

  test("whose media dies only after it opened again is repaired after joining", () => {
    const play = live().do({ type: "socket_lost" }).sleep().do({ type: "socket_opened" });
    play.do({ type: "media", state: "failed" });
    play.take();
    play.hear(resumed());
    expect(play.asked()).toContain("make_offer");
  });

  test("is retried with growing pauses, and at once when the network returns", () => {
    const play = live();
    const pauses: number[] = [];
    for (let i = 0; i < 8; i++) {
      play.do({ type: "socket_lost" });
      pauses.push((wakeAt(play.room) ?? 0) - play.now);
      play.sleep();
    }
    expect(pauses.slice(0, 4).every((pause, i) => pause < (pauses[i + 2] ?? 0))).toBe(true);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(10_000);
    play.do({ type: "socket_lost" });
    play.take();
    play.do({ type: "online" });
    expect(play.asked()).toEqual(["open_socket"]);
  });

  test("keeps what the person sees, and what they changed meanwhile is said again", () => {
    const play = live().do({ type: "socket_lost" });
    expect(play.room.participants.size).toBe(2);
    play.sleep().do({ type: "socket_opened" }, { type: "mine", mine: { microphone: true } });
    play.hear(resumed());
    expect(play.take()).toContainEqual({
      type: "send",
      message: { type: "set_media", microphone: true, camera: true, screen: false },
    });
  });

  test("after the server stopped, media is made anew too", () => {
    const play = live().hear({ type: "closed", reason: "server_stopping" });
    expect(play.asked()).toEqual(["close_socket"]);
    play.sleep().do({ type: "socket_opened" });
    expect(play.asked()).toEqual(["open_socket", "make_offer"]);
  });
});

describe("broken media", () => {
  test("that heals within the grace is left alone", () => {
    const play = live().do({ type: "media", state: "interrupted" });
    play.wait(INTERRUPTION_MS - 1);
    expect(play.asked()).toEqual([]);
    play.do({ type: "media", state: "connected" });
    expect(wakeAt(play.room)).toBeNull();
  });

  test("is renewed on the same socket, and the watched cameras are asked for again", () => {
    const play = live().do({ type: "media", state: "interrupted" });
    play.wait(INTERRUPTION_MS);
    expect(play.asked()).toEqual(["make_offer"]);
    play.do({ type: "offer", media: OFFER });
    expect(play.asked()).toEqual(["send renew_media"]);
    play.hear({ type: "media", answer: "new" });
    expect(play.take()).toEqual([
      { type: "apply_answer", sdp: "new" },
      { type: "send", message: { type: "watch", slots: [1, null] } },
    ]);
    expect(trouble(play.room)).toBe("restoring_media");
  });

  test("that fails is renewed at once the first time and with pauses later", () => {
    const play = live().do({ type: "media", state: "failed" });
    expect(play.asked()).toEqual(["make_offer"]);
    play.do({ type: "offer", media: OFFER }).hear({ type: "media", answer: "a" });
    play.take();
    play.wait(CONNECT_TIMEOUT_MS);
    expect(play.asked()).toEqual([]);
    expect(wakeAt(play.room)).toBeGreaterThanOrEqual(play.now + 250);
    play.sleep();
    expect(play.asked()).toEqual(["make_offer"]);
  });

  test("with an unanswered renewal means that the socket is dead", () => {
    const play = live().do({ type: "media", state: "failed" }, { type: "offer", media: OFFER });
    play.take();
    play.wait(ANSWER_TIMEOUT_MS);
    expect(play.asked()).toEqual(["close_socket"]);
    expect(trouble(play.room)).toBe("reconnecting");
  });

  test("and a lost socket: the renewal is not waited for any more", () => {
    const play = live().do({ type: "media", state: "failed" }, { type: "offer", media: OFFER });
    play.now += ANSWER_TIMEOUT_MS - 1;
    play.do({ type: "socket_lost" });
    play.take();
    expect(play.wait(1).asked()).toEqual([]);
    play.sleep().do({ type: "socket_opened" });
    expect(play.asked()).toEqual(["open_socket", "make_offer"]);
  });

  test("whose offer the server refuses is tried again later", () => {
    for (const code of ["bad_offer", "full"] as const) {
      const play = live().do({ type: "media", state: "failed" }, { type: "offer", media: OFFER });
      play.take();
      play.hear({ type: "error", code, detail: "" }).sleep();
      expect(play.asked()).toEqual(["make_offer"]);
    }
  });

  test("of which only the server knows is renewed at its word", () => {
    const play = live().hear({ type: "error", code: "internal", detail: "" });
    expect(play.asked()).toEqual(["make_offer"]);
    play.hear({ type: "error", code: "internal", detail: "" });
    expect(play.asked()).toEqual([]);
    play.do({ type: "offer", media: OFFER });
    expect(play.asked()).toEqual(["send renew_media"]);
  });

  test("after a sleep: the resumed socket brings the word that the media is gone", () => {
    const play = live().do({ type: "socket_lost" }).sleep().do({ type: "socket_opened" });
    play.hear(resumed()).take();
    play.hear({ type: "error", code: "internal", detail: "" });
    expect(play.asked()).toEqual(["make_offer"]);
  });

  test("ends no lesson when its successor cannot be made just now", () => {
    const play = live().do({ type: "media", state: "failed" }, { type: "offer_failed" });
    expect(play.room.connection.ending).toBeNull();
    play.take();
    play.sleep();
    expect(play.asked()).toEqual(["make_offer"]);
    play.do({ type: "offer", media: OFFER }, { type: "offer_failed" });
    expect(play.asked()).toEqual(["send renew_media"]);
    expect(play.room.connection.media).toBe("sent");
  });
});

describe("the people", () => {
  test("come, change and go by deltas", () => {
    const play = live();
    play.hear({
      type: "presence",
      changed: [person(3), person(1, { name: "A" })],
      gone: [],
      total: 3,
    });
    expect([...play.room.participants.values()].map(({ name }) => name)).toEqual(["A", "P2", "P3"]);
    play.hear({ type: "presence", changed: [], gone: [3], total: 2 });
    expect(play.room.participants.has(3)).toBe(false);
    expect(play.room.total).toBe(2);
  });

  test("are announced while they are few, raised hands always", () => {
    const announced = (total: number, hand_ms: number | null) => {
      const play = live();
      play.hear({ type: "presence", changed: [person(3)], gone: [], total });
      play.hear({ type: "presence", changed: [person(3, { hand_ms })], gone: [], total });
      return play.take().flatMap((effect) => (effect.type === "announce" ? effect.what.kind : []));
    };
    expect(announced(10, 5)).toEqual(["came", "hand_raised"]);
    expect(announced(11, 5)).toEqual(["hand_raised"]);
    expect(announced(11, null)).toEqual([]);
  });

  test("with raised hands stand in the server's order", () => {
    const play = live();
    const changed = [person(3, { hand_ms: 9 }), person(4, { hand_ms: 5 }), person(5)];
    play.hear({ type: "presence", changed, gone: [], total: 5 });
    expect(hands(play.room).map(({ id }) => id)).toEqual([4, 3]);
  });

  test("on the roll are replaced one by one", () => {
    const play = live();
    const entry = {
      participant: 2,
      name: "P2",
      role: "student" as const,
      status: "here" as const,
      joined_ms: 1,
      last_seen_ms: null,
      present_ms: 0,
      times_away: 0,
      rejoins: 0,
    };
    play.hear({ type: "roll", entries: [entry, { ...entry, participant: 3 }] });
    play.hear({ type: "roll", entries: [{ ...entry, status: "left" }] });
    expect([...play.room.roll.values()].map(({ status }) => status)).toEqual(["left", "here"]);
  });
});

describe("the stage", () => {
  test("taken over by a teacher ends our own capture", () => {
    const play = live().do({ type: "mine", mine: { screen: true } });
    play.hear({ type: "stage", sharer: 2 });
    play.take();
    play.hear({ type: "stage", sharer: 1 });
    expect(play.asked()).toContain("stop_screen");
    expect(play.room.mine.screen).toBe(false);
    expect(play.room.notice?.code).toBe("share_stopped");
  });

  test("outlives a reconnect with new media, unless somebody else holds it", () => {
    for (const sharer of [null, 1]) {
      const play = live().do({ type: "mine", mine: { screen: true } });
      play.hear({ type: "stage", sharer: 2 });
      play.do({ type: "socket_lost" }, { type: "media", state: "failed" }).sleep();
      play.do({ type: "socket_opened" }, { type: "offer", media: OFFER });
      play.take();
      play.hear(joined({ sharer }));
      const again = { microphone: false, camera: true, screen: true };
      expect(play.take()).toContainEqual({
        type: "send",
        message: { type: "set_media", ...again },
      });
      expect(play.room.mine.screen).toBe(true);
      if (sharer === null) continue;
      play.hear({ type: "error", code: "share_busy", detail: "" });
      expect(play.asked()).toEqual(["stop_screen"]);
    }
  });

  test("refused ends our own capture", () => {
    for (const code of ["share_busy", "not_allowed"] as const) {
      const play = live().do({ type: "mine", mine: { screen: true } });
      play.take();
      play.hear({ type: "error", code, detail: "" });
      expect(play.asked()).toEqual(["stop_screen"]);
      expect(play.room.notice?.code).toBe(code);
    }
  });
});

describe("the end", () => {
  test("by leaving says goodbye first and keeps the way back", () => {
    const play = live().do({ type: "leave" });
    expect(play.take()).toEqual([
      { type: "send", message: { type: "leave" } },
      { type: "close_socket" },
      { type: "close_media" },
      { type: "keep_seat", token: "seat", inside: false },
    ]);
  });

  test("works without a connection too", () => {
    const play = live().do({ type: "socket_lost" }, { type: "leave" });
    expect(play.room.connection.ending).toEqual({ why: "left" });
  });

  test("of the lesson and a takeover are told apart, and neither retries", () => {
    for (const [reason, seat] of [
      ["lesson_ended", "forget_seat"],
      ["replaced", "keep_seat"],
    ] as const) {
      const play = live().hear({ type: "closed", reason });
      expect(play.room.connection.ending).toEqual({ why: reason });
      expect(play.asked()).toEqual(["close_socket", "close_media", seat]);
      play.do({ type: "socket_lost" }, { type: "online" }, { type: "clock" });
      expect(play.asked()).toEqual([]);
    }
  });
});

test("a notice passes by itself", () => {
  const play = live().do({ type: "notice", code: "camera_lost" });
  play.sleep();
  expect(play.room.notice).toBeNull();
  expect(wakeAt(play.room)).toBeNull();
});

test("equal events give equal rooms", () => {
  const run = () => live().do({ type: "socket_lost" }).sleep().do({ type: "socket_lost" }).room;
  expect(run()).toEqual(run());
});
