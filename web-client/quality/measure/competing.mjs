/** A student on a bad link joins: one on a good link must not notice. */
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

export async function competing(lesson, { good, bad, seconds, limits }) {
  const first = await lesson.student("Bolat", { link: good });
  await lesson.seesPicture(first);
  await pause(seconds.warm);
  const aloneAt = Date.now();
  await pause(seconds.alone);
  const comesAt = Date.now();
  const second = await lesson.student("Dina", { link: bad });
  await pause(seconds.settle);
  const togetherAt = Date.now();
  await pause(seconds.together);
  const end = Date.now();

  const notes = await lesson.notes(first);
  const picture = received(notes, "video");
  const [alone, together] = [between(picture, aloneAt, comesAt), between(picture, togetherAt, end)];
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
        note: `alone ${pictureInWords(alone)}; together ${pictureInWords(together)}`,
      },
      {
        what: "good link's picture frozen",
        unit: "%",
        ours: frozen(between(picture, comesAt, end)),
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
