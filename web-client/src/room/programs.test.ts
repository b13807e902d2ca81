/**
 * What a teacher's page knows of the stream key and of the programs in the lesson.
 *
 * Invariant: no test waits; time is a number passed in.
 */
import { describe, expect, test } from "vitest";
import { joined, live, Play } from "./play";

const OLD = { key: "stream-old", madeMs: 5 };

function said(key_made_ms: number | null, key?: string) {
  const programs = [{ participant: 3, publishes: true, since_ms: 7 }];
  return {
    type: "programs" as const,
    key_made_ms,
    programs,
    ...(key === undefined ? {} : { key }),
  };
}

describe("the stream key", () => {
  test("is kept when it is told, and shown for as long as it is the one that opens", () => {
    const play = live().hear(said(5, "stream-old"));
    expect(play.take()).toEqual([{ type: "keep_stream_key", kept: OLD }]);
    play.hear(said(5));
    expect(play.take()).toEqual([]);
    expect(play.room.programs).toMatchObject({ key: "stream-old", keyMadeMs: 5 });
    // Another teacher had a new one made.
    play.hear(said(6));
    expect(play.room.programs).toMatchObject({ key: null, keyMadeMs: 6 });
    play.hear(said(7, "stream-new"));
    expect(play.room.programs).toMatchObject({ key: "stream-new", keyMadeMs: 7 });
  });

  test("is known after a refresh, if nobody had another made meanwhile", () => {
    for (const [madeMs, key] of [
      [5, "stream-old"],
      [6, null],
      [null, null],
    ] as const) {
      const play = live(new Play({ streamKey: OLD }));
      play.hear(said(madeMs));
      expect(play.room.programs?.key).toBe(key);
    }
  });
});

test("a page that asked once asks again on every new socket", () => {
  const play = live();
  const back = () => play.do({ type: "socket_lost" }).sleep().do({ type: "socket_opened" });
  back();
  play.take();
  play.hear(joined());
  expect(play.asked()).not.toContain("send programs");
  play.hear(said(null));
  expect(play.room.programs?.connected).toHaveLength(1);
  back();
  play.take();
  play.hear(joined());
  expect(play.asked()).toContain("send programs");
});
