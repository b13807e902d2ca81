/**
 * A camera's picture that tells people apart, one colour each with a bar that moves, and how to
 * tell that it has arrived.
 *
 * Invariant: a colour survives the codec as its strongest channel, wherever the bar is not.
 */
import { writeFile } from "node:fs/promises";

const WIDTH = 320;
const HEIGHT = 240;
const FRAMES = 30;
/** Height of the strip at the top in which the bar moves, in lines. */
const STRIP = 48;

/** Y, Cb, Cr (BT.601, limited range). */
const COLOURS = { red: [81, 90, 240], green: [145, 54, 34], blue: [41, 240, 110] };

/** Writes a YUV4MPEG2 file, which Chromium plays as a camera. */
export async function writeFace(path, colour) {
  const parts = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F30:1 Ip A1:1 C420\n`)];
  for (let number = 0; number < FRAMES; number++) {
    parts.push(Buffer.from("FRAME\n"), frame(COLOURS[colour], number));
  }
  await writeFile(path, Buffer.concat(parts));
}

function frame([luma, blue, red], number) {
  const bytes = Buffer.alloc((WIDTH * HEIGHT * 3) / 2, luma);
  const left = Math.floor((number * WIDTH) / FRAMES);
  for (let line = 0; line < STRIP; line++)
    bytes.fill(235, line * WIDTH + left, line * WIDTH + left + 8);
  const quarter = (WIDTH * HEIGHT) / 4;
  bytes.fill(blue, WIDTH * HEIGHT, WIDTH * HEIGHT + quarter);
  bytes.fill(red, WIDTH * HEIGHT + quarter);
  return bytes;
}

/** The colour at the middle of a `<video>`; runs in the page. */
export function colourOf(video) {
  if (video.videoWidth === 0) return null;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 9;
  const context = canvas.getContext("2d");
  context.drawImage(video, 0, 0, 9, 9);
  const [red, green, blue] = context.getImageData(4, 4, 1, 1).data;
  const strongest = Math.max(red, green, blue);
  if (strongest < 60) return "black";
  return strongest === red ? "red" : strongest === green ? "green" : "blue";
}

/** Whether a `<video>` presents new frames within two seconds; runs in the page. */
export function moves(video) {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), 2000);
    let first;
    video.requestVideoFrameCallback(function look(_, { presentedFrames }) {
      first ??= presentedFrames;
      if (presentedFrames > first + 5) resolve(true);
      else video.requestVideoFrameCallback(look);
    });
  });
}
