/** One student's link becomes bad: another's on a good link must not notice. */
import { pause } from "../pause.mjs";
import {
  between,
  concealed,
  frozen,
  kbps,
  pictureInWords,
  received,
  voiceInWords,
} from "../series.mjs";

/** Three tiles, of which the teacher's is high enough for the whole picture. */
const WINDOW = { width: 1800, height: 1200 };

export async function competing(lesson, { link, badKbps, seconds, limits }) {
  const first = await lesson.student("Bolat", { link, window: WINDOW });
  const second = await lesson.student("Dina", { link, window: WINDOW });
  await lesson.seesPicture(first);
  await pause(seconds.warm);
  const aloneAt = Date.now();
  await pause(seconds.alone);
  const worseAt = Date.now();
  await second.link.change({ down: { rate_kbps: badKbps } });
  await pause(seconds.settle);
  const togetherAt = Date.now();
  await pause(seconds.together);
  const end = Date.now();

  const notes = await lesson.notes(first);
  const picture = received(notes, "video");
  const [alone, together] = [between(picture, aloneAt, worseAt), between(picture, togetherAt, end)];
  const badNotes = await lesson.notes(second);
  const [badPicture, badVoice] = ["video", "audio"].map((kind) =>
    between(received(badNotes, kind), togetherAt, end),
  );
  return {
    rows: [
      {
        what: "good link's bitrate kept",
        unit: "%",
        ours: Math.min(100, (100 * kbps(together)) / kbps(alone)),
        limit: limits.kept,
        atLeast: true,
        note: `before ${pictureInWords(alone)}; after ${pictureInWords(together)}`,
      },
      {
        what: "good link's picture frozen",
        unit: "%",
        ours: frozen(between(picture, worseAt, end)),
        limit: limits.frozen,
      },
      {
        what: "bad link's voice concealed",
        unit: "%",
        ours: concealed(badVoice),
        limit: limits.concealed,
        note: `${voiceInWords(badVoice)}; picture ${pictureInWords(badPicture)}`,
      },
    ],
    notes,
    from: aloneAt,
  };
}
