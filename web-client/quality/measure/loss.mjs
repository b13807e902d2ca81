/** Frozen time and concealed sound on a link that loses packets. */

import { pause } from "../pause.mjs";
import { between, concealed, frozen, pictureInWords, received, voiceInWords } from "../series.mjs";

export async function loss(lesson, { link, seconds, limits }) {
  const student = await lesson.student("Bolat", { link });
  await lesson.seesPicture(student);
  await pause(seconds.warm);
  const from = Date.now();
  await pause(seconds.run);
  const notes = await lesson.notes(student);
  const [picture, voice] = ["video", "audio"].map((kind) =>
    between(received(notes, kind), from, Date.now()),
  );
  const rows = [
    {
      what: "picture frozen",
      unit: "%",
      ours: frozen(picture),
      limit: limits.frozen,
      note: pictureInWords(picture),
    },
    {
      what: "voice concealed",
      unit: "%",
      ours: concealed(voice),
      limit: limits.concealed,
      note: voiceInWords(voice),
    },
  ];
  return { rows: rows.filter(({ limit }) => limit !== undefined), notes, from };
}
