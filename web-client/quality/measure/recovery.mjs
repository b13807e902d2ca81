/** How fast the picture is back after a drop of the link's rate, and whether the voice goes on. */
import { pause } from "../pause.mjs";
import {
  between,
  concealed,
  kbps,
  longestGap,
  median,
  pictureInWords,
  received,
  voiceInWords,
  windows,
} from "../series.mjs";

/** Of the median before the drop. */
const BACK = 0.9;
/** Windows of a second begin so close to each other. */
const STEP_MS = 250;
/** At the end, when whoever hunts for the right layer should have found it. */
const STEADY_S = 30;

export async function recovery(lesson, shape) {
  const { link, seconds, limits, dropKbps, backKbps } = shape;
  const student = await lesson.student("Bolat", { link });
  await lesson.seesPicture(student);
  await pause(seconds.warm);
  const droppedAt = Date.now();
  await student.link.change({ down: { rate_kbps: dropKbps } });
  await pause(seconds.drop);
  const backAt = Date.now();
  await student.link.change({ down: { rate_kbps: backKbps } });
  await pause(seconds.back);
  const end = Date.now();

  const notes = await lesson.notes(student);
  const [picture, voice] = ["video", "audio"].map((kind) => received(notes, kind));
  const before = median(
    windows(picture, droppedAt - 10_000, droppedAt).map(({ samples }) => kbps(samples)),
  );
  const recovered = firstWindow(picture, backAt, end, BACK * before);
  const worst = windows(voice, droppedAt, backAt + 5_000)
    .map(({ at, samples }) => ({ at, share: concealed(samples, { withSilence: true }) }))
    .sort((a, b) => b.share - a.share)[0];
  const [during, heard] = [picture, voice].map((series) => between(series, droppedAt, backAt));
  const after = recovered ?? Number.POSITIVE_INFINITY;
  return {
    rows: [
      {
        what: "recovery to 90 %",
        unit: "s",
        ours: after,
        limit: limits.recovery,
        note:
          `${before.toFixed(0)} kbit/s before; in the drop ${pictureInWords(during)}; ` +
          `after it ${pictureInWords(between(picture, backAt, end))}`,
      },
      {
        what: "longest time without voice in the drop",
        unit: "s",
        ours: longestGap(heard),
        limit: limits.silence,
        note:
          `in the worst second ${worst.share.toFixed(0)} % of it was made up, ` +
          `${((worst.at - droppedAt) / 1_000).toFixed(0)} s into the drop; over all of it ` +
          `${concealed(heard).toFixed(2)} %, ${voiceInWords(heard)}`,
      },
      {
        what: `changes of the picture's height in the last ${STEADY_S} s`,
        unit: "",
        ours: heightChanges(notes, end - 1_000 * STEADY_S),
        limit: limits.changes,
        note: "on a link that no longer changes",
      },
    ],
    notes,
    from: droppedAt - 1_000 * seconds.warm,
    rates: [
      [droppedAt - 1_000 * seconds.warm, backKbps],
      [droppedAt, dropKbps],
      [backAt, backKbps],
      [end, backKbps],
    ],
  };
}

function heightChanges({ frames }, from) {
  const late = frames.filter(({ receivedAt }) => receivedAt >= from);
  return late.filter(({ height }, i) => i > 0 && height !== late[i - 1].height).length;
}

/** Seconds from `from` to the end of the first window of a second with such a bitrate. */
function firstWindow(series, from, to, enough) {
  for (let at = from; at + 1_000 <= to; at += STEP_MS)
    if (kbps(between(series, at, at + 1_000)) >= enough) return (at + 1_000 - from) / 1_000;
  return null;
}
