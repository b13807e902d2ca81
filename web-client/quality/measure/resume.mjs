/**
 * A camera that nobody watches costs its sender nothing, and is back when somebody does.
 *
 * No part of the page hides the only other person, so the measurement says "watch nobody", and
 * then again what the page had said last.
 */
import { until } from "../../e2e/support/until.mjs";
import { notesOf } from "../page.mjs";
import { pause } from "../pause.mjs";
import { between, kbps, sent } from "../series.mjs";

/** The server tells senders at its leisure; after this they should have stopped. */
const SETTLE_S = 3;

export async function resume(lesson, { link, rttMs, seconds, times, limits }) {
  const student = await lesson.student("Bolat", { link });
  await lesson.seesPicture(student);
  await pause(seconds.unwatched);
  const [waits, rates] = [[], []];
  for (let i = 0; i < times; i++) {
    await student.page.evaluate(() => {
      const { slots, heights } = window.notesWatch;
      window.wasWatched = window.notesWatch;
      const nobody = {
        type: "watch",
        slots: slots.map(() => null),
        heights: heights?.map(() => 0),
      };
      window.notesSocket.send(JSON.stringify(nobody));
    });
    await pause(SETTLE_S);
    const from = Date.now();
    await pause(seconds.unwatched);
    const asked = await student.page.evaluate(() => {
      window.notesSocket.send(JSON.stringify(window.wasWatched));
      return performance.timeOrigin + performance.now();
    });
    rates.push(await uplink(lesson, from, asked));
    waits.push(
      await until("a frame again", async () => {
        const { frames } = await lesson.notes(student);
        const first = frames.find((frame) => frame.receivedAt > asked);
        return first && first.receivedAt - asked;
      }),
    );
    await pause(SETTLE_S);
  }
  return {
    rows: [
      {
        what: "watched again: first frame, less a round trip",
        unit: "ms",
        ours: Math.max(...waits) - rttMs,
        limit: limits.resume,
        note: `the slowest of ${waits.map((wait) => (wait - rttMs).toFixed(0)).join(", ")} ms`,
      },
      {
        what: "camera's uplink while unwatched",
        unit: "kbit/s",
        ours: Math.max(...rates),
        limit: limits.unwatchedKbps,
      },
    ],
    notes: await lesson.notes(student),
  };
}

/** All layers of the teacher's camera together. */
async function uplink(lesson, from, to) {
  const notes = await notesOf(lesson.teacher.page);
  return ["q", "h", "f", undefined]
    .map((rid) => sent(notes, (entry) => entry.kind === "video" && entry.rid === rid))
    .reduce((sum, series) => sum + kbps(between(series, from, to), "bytesSent"), 0);
}
