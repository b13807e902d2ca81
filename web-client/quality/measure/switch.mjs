/**
 * A tile that grows and shrinks: how long until the other layer's first frame, counted from when
 * the page asked, and whether anything froze.
 *
 * "As the server sees it" is what the student sees less a round trip: the request's way there and
 * the frame's way back.
 */
import { until } from "../../e2e/support/until.mjs";
import { pause } from "../pause.mjs";
import { between, median, received, rise } from "../series.mjs";

const LARGE = { width: 1600, height: 1000 };
const SMALL = { width: 400, height: 300 };
/** Frames between which a camera's picture can change, at the 24 a second that the page asks for. */
const FRAME_MS = 1_000 / 24;
/** Long enough for the sender to have stopped a layer that nobody watches. */
const STAY_S = 4;

export async function switching(lesson, { link, rttMs, times, limits }) {
  const student = await lesson.student("Bolat", { link });
  await student.page.setViewport(LARGE);
  await until("the whole picture", async () => heightNow(await lesson.notes(student)) === 720);
  await pause(STAY_S);
  const from = Date.now();
  const [ups, downs] = [[], []];
  for (let i = 0; i < times; i++) {
    downs.push(await change(lesson, student, SMALL, (height, before) => 3 * height <= before));
    ups.push(await change(lesson, student, LARGE, (height, before) => height >= 3 * before));
  }
  const notes = await lesson.notes(student);
  const picture = between(received(notes, "video"), from, Date.now());
  const words = (waits) => `${waits.map((wait) => (wait - rttMs).toFixed(0)).join(", ")} ms`;
  return {
    rows: [
      {
        what: "switch up, less a round trip",
        unit: "ms",
        ours: Math.max(...ups) - rttMs,
        limit: limits.up,
        note: `the slowest of ${words(ups)}; the sender had paused the layer, so a key frame is encoded first`,
      },
      {
        what: "switch down, less a round trip and a frame",
        unit: "ms",
        ours: Math.max(...downs) - rttMs - FRAME_MS,
        limit: limits.down,
        note: `the slowest of ${words(downs)}, a frame being ${FRAME_MS.toFixed(0)} ms; median ${(median(downs) - rttMs).toFixed(0)} ms`,
      },
      {
        what: "freezes while switching",
        unit: "",
        ours: rise(picture, "freezeCount"),
        limit: limits.freezes,
        note: `${2 * times} switches, ${rise(picture, "framesDecoded")} frames`,
      },
    ],
    notes,
    from,
  };
}

/**
 * Milliseconds from the page's request to the receipt of the first frame of a height that `fits`
 * beside the one before. Not of a given height: an encoder short of processor lowers all of them.
 * Between the small and the large layer is a factor of four, and of three if that happens meanwhile;
 * the middle one is not what was asked for.
 */
async function change(lesson, student, size, fits) {
  const began = Date.now();
  const before = heightNow(await lesson.notes(student));
  await student.page.setViewport(size);
  const wait = await until("a frame of another layer", async () => {
    const { marks, frames } = await lesson.notes(student);
    const asked = marks.find(({ what, at }) => what === "said watch" && at > began);
    const first = frames.find(
      (frame) => frame.receivedAt > asked?.at && fits(frame.height, before),
    );
    return first && first.receivedAt - asked.at;
  });
  await pause(STAY_S);
  return wait;
}

function heightNow({ frames }) {
  return frames.at(-1)?.height;
}
