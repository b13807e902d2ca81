/**
 * A lesson through a modem's worth of link: the voice, the slides, and what 40 minutes cost.
 *
 * The slides are a canvas that changes every so often and is nearly still in between. Each shows
 * its number as bars of black and white, which survive any codec.
 */
import { pause } from "../pause.mjs";
import { between, concealed, median, pictureInWords, received, voiceInWords } from "../series.mjs";

const BITS = 6;
const LESSON_MINUTES = 40;

/** The teacher's page shares slides instead of Chromium's fake screen. */
export const prepare = (page) => page.evaluateOnNewDocument(slides, BITS);

export async function narrow(lesson, { link, seconds, limits }) {
  const student = await lesson.student("Bolat", { link });
  await lesson.teacher.press("Share screen");
  await student.page.evaluate(watchSlides, BITS);
  await pause(seconds.warm);
  const from = Date.now();
  const bytesBefore = await carriedBytes(student.link);
  const shown = [];
  for (let spent = 0; spent < seconds.run; spent += seconds.slide) {
    shown.push(await lesson.teacher.page.evaluate(() => window.nextSlide()));
    await pause(seconds.slide);
  }
  const to = Date.now();
  const bytes = (await carriedBytes(student.link)) - bytesBefore;
  const notes = await lesson.notes(student);
  const seen = await student.page.evaluate(() => window.seenSlides);
  const waits = shown.map(({ number, at }) =>
    seen[number] === undefined ? Number.POSITIVE_INFINITY : (seen[number] - at) / 1_000,
  );
  const voice = between(received(notes, "audio"), from, to);
  const picture = between(received(notes, "video"), from, to);
  return {
    rows: [
      {
        what: "voice concealed",
        unit: "%",
        ours: concealed(voice),
        limit: limits.concealed,
        note: voiceInWords(voice),
      },
      {
        what: "slowest slide",
        unit: "s",
        ours: Math.max(...waits),
        limit: limits.slide,
        note: `median ${median(waits).toFixed(1)} s; the heaviest picture: ${pictureInWords(picture)}`,
      },
      {
        what: `down in ${LESSON_MINUTES} minutes`,
        unit: "MB",
        ours: ((bytes / 1e6) * LESSON_MINUTES * 60_000) / (to - from),
        limit: limits.megabytes,
        note: "with the headers of IP and UDP",
      },
    ],
    notes,
    from,
  };
}

async function carriedBytes(link) {
  const { delivered, deliveredBytes } = (await link.stats()).down;
  return deliveredBytes + 28 * delivered;
}

/** Runs in the teacher's page, before anything of it does. */
function slides(bits) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [1280, 720];
  const context = canvas.getContext("2d");
  let number = 0;
  let ticks = 0;
  const draw = () => {
    context.fillStyle = "white";
    context.fillRect(0, 0, 1280, 720);
    for (let bit = 0; bit < bits; bit++) {
      context.fillStyle = number & (1 << bit) ? "black" : "white";
      context.fillRect((bit * 1280) / bits, 0, 1280 / bits, 120);
    }
    context.fillStyle = "black";
    context.font = "bold 48px sans-serif";
    context.fillText(`Slide ${number}: the derivative of a product`, 60, 210);
    context.font = "30px sans-serif";
    for (let line = 0; line < 9; line++)
      context.fillText(
        `${line + 1}. (uv)' = u'v + uv', n = ${(number * 37 + line * 61) % 97}`,
        80,
        280 + 45 * line,
      );
    // A captured screen is never quite still: a cursor blinks.
    if (ticks++ % 2) context.fillRect(80, 680, 4, 30);
  };
  window.nextSlide = () => {
    number++;
    draw();
    return { number, at: Date.now() };
  };
  navigator.mediaDevices.getDisplayMedia = async () => {
    draw();
    setInterval(draw, 500);
    return canvas.captureStream(15);
  };
}

/** Runs in the student's page: notes when each slide is on the screen. */
function watchSlides(bits) {
  window.seenSlides = {};
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bits, 1];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  setInterval(() => {
    const video = document.querySelector("figure video");
    if (!video?.videoWidth) return;
    const { videoWidth: width, videoHeight: height } = video;
    let number = 0;
    for (let bit = 0; bit < bits; bit++) {
      context.drawImage(video, ((bit + 0.5) * width) / bits, height / 12, 1, 1, bit, 0, 1, 1);
      if (context.getImageData(bit, 0, 1, 1).data[1] < 100) number |= 1 << bit;
    }
    window.seenSlides[number] ??= Date.now();
  }, 100);
}
