/**
 * From the tap on "Join" to the first frame, and what of it is the server's: how long it took to
 * answer the join message (less the round trip), and, seen next to the server, how long it had the
 * turn in the first check and in the handshake, and from the handshake's end to the first packet of
 * the picture, in which the teacher's encoder makes a key frame. Of that, one frame's time is the
 * camera's, whose next picture the encoder waits for.
 */
import { until } from "../../e2e/support/until.mjs";
import { median } from "../series.mjs";
import { ServerTurns } from "../server-turns.mjs";

/** At the 24 frames a second that the page asks for. */
const FRAME_MS = 1_000 / 24;

export async function join(lesson, { link, rttMs, times, limits }) {
  const runs = [];
  for (let i = 0; i < times; i++) {
    const turns = new ServerTurns();
    const student = await lesson.studentAtDoor(`Bolat ${i}`, {
      link: { ...link, relay: turns },
      signallingMs: rttMs / 2,
    });
    await student.person.fill("Your name", student.person.name);
    await student.person.find("button", "Join");
    const tapped = await student.page.evaluate(() => {
      const join = [...document.querySelectorAll("button")].find((b) => b.textContent === "Join");
      join.click();
      return performance.timeOrigin + performance.now();
    });
    const notes = await until("the first frame", async () => {
      const notes = await lesson.notes(student);
      return notes.frames.length > 0 && notes;
    });
    runs.push({ ...timeline(tapped, notes), ...turns.steps(videoPayloadType(notes)) });
    await lesson.leaves(student);
    turns.close();
  }
  const of = (key) => median(runs.map((run) => run[key]));
  const own = [
    ["answer", of("answer") - rttMs],
    ["check", of("check")],
    ["handshake", of("handshake")],
    ["key frame beyond the camera's", Math.max(0, of("keyFrame") - FRAME_MS)],
  ];
  const words = own.map(([step, ms]) => `${step} ${ms.toFixed(1)}`).join(" + ");
  return {
    rows: [
      {
        what: "join: server's share",
        unit: "ms",
        ours: own.reduce((sum, [, ms]) => sum + ms, 0),
        limit: limits.share,
        note:
          `${words} (${of("keyFrame").toFixed(0)} in all); tap → frame ${of("whole").toFixed(0)} ms, of which ${of("socket").toFixed(0)} until the ` +
          `socket is open, ${of("page").toFixed(0)} in the page, ${of("media").toFixed(0)} from the answer to the frame`,
      },
    ],
  };
}

function videoPayloadType({ marks }) {
  return marks.find(({ what }) => what === "answer").videoPayloadType;
}

/** Milliseconds of each step as the page saw it; starting the link's process is in none of them. */
function timeline(tapped, { marks, frames }) {
  const at = (what) => marks.find((mark) => mark.what === what)?.at ?? Number.NaN;
  const frame = frames[0].receivedAt;
  return {
    whole: frame - tapped - (at("link ready") - at("link asked")),
    socket: at("socket open") - tapped,
    page: at("said join") - at("socket open") + (at("link asked") - at("got joined")),
    answer: at("got joined") - at("said join"),
    media: frame - at("link ready"),
  };
}
