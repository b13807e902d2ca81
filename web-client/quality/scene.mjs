/**
 * What the camera sees and the microphone hears: somebody who talks before a shelf, at 720p and 30
 * frames a second, textured and noisy enough that VP8 needs the bitrate it needs for a camera; and
 * a voice without pauses, so that nothing that is concealed passes for silence.
 *
 * Invariant: the same files every time, and both loop without a seam.
 */
import { existsSync } from "node:fs";
import { mkdir, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";

const WIDTH = 1280;
const HEIGHT = 720;
const FPS = 30;
const FRAMES = 120;
/** How far the camera shakes, and the person moves, in pixels. */
const SHAKE = 10;
const SWAY = 60;
const TEXTURE_SIZE = 2048;
/** The camera's noise, peak to peak, of 255. */
const NOISE = 5;

const SAMPLE_RATE = 48_000;
const VOICE_SECONDS = 12;
/** Syllables in a second. */
const SYLLABLES_HZ = 4;

/** The two files in a folder, made if they are not there. */
export async function scene(folder) {
  await mkdir(folder, { recursive: true });
  const camera = join(folder, "scene-720p30.y4m");
  const microphone = join(folder, "voice.wav");
  if (!existsSync(microphone)) await writeFile(microphone, voice());
  if (!existsSync(camera)) await film(camera);
  return { camera, microphone };
}

async function film(path) {
  const [random, texture] = [generator(1), smoothNoise(generator(2))];
  const noise = Buffer.from(Uint8Array.from({ length: 1 << 20 }, () => random() * NOISE));
  const file = await open(`${path}.part`, "w");
  await file.write(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F${FPS}:1 Ip A1:1 C420\n`);
  for (let number = 0; number < FRAMES; number++) {
    const noiseFrom = Math.floor(random() * 65_536);
    await file.write("FRAME\n");
    await file.write(plane(texture, number, 1, (at) => noise[(at + noiseFrom) & 0xfffff]));
    await file.write(plane(texture, number, 2, () => 40));
    await file.write(plane(texture, number, 2, () => 60));
  }
  await file.close();
  await rename(`${path}.part`, path);
}

/** One plane of one frame: the shelf, and before it an oval that sways and whose mouth moves. */
function plane(texture, number, scale, plus) {
  const turn = (2 * Math.PI * number) / FRAMES;
  const [width, height] = [WIDTH / scale, HEIGHT / scale];
  const shakeX = Math.round((SHAKE * Math.sin(2 * turn)) / scale) + 2 * SHAKE;
  const shakeY = Math.round((SHAKE * Math.cos(3 * turn)) / scale) + 2 * SHAKE;
  const [centreX, centreY] = [WIDTH / 2 + SWAY * Math.sin(turn), 400 + 20 * Math.cos(2 * turn)];
  const bytes = Buffer.alloc(width * height);
  for (let y = 0; y < height; y++) {
    const from = (y + shakeY) * TEXTURE_SIZE + shakeX;
    texture.copy(bytes, y * width, from, from + width);
    const rise = (y * scale - centreY) / 340;
    if (Math.abs(rise) >= 1) continue;
    const half = Math.floor((240 * Math.sqrt(1 - rise * rise)) / scale);
    const left = Math.round(centreX / scale) - half;
    const talks = Math.abs(y * scale - centreY) < 60 ? number * 17 : 0;
    const row = (y + 1000 - Math.round(centreY / scale) + talks) % (TEXTURE_SIZE - 1);
    const person = row * TEXTURE_SIZE + 900;
    texture.copy(bytes, y * width + left, person, person + 2 * half);
  }
  for (let at = 0; at < bytes.length; at++) bytes[at] = 40 + (bytes[at] >> 1) + plus(at);
  return bytes;
}

/** Value noise in five octaves. */
function smoothNoise(random) {
  const sum = new Float32Array(TEXTURE_SIZE * TEXTURE_SIZE);
  for (let cell = 128, weight = 0.4; cell >= 8; cell /= 2, weight *= 0.7) {
    const side = TEXTURE_SIZE / cell + 1;
    const knots = Float32Array.from({ length: side * side }, random);
    for (let y = 0; y < TEXTURE_SIZE; y++) {
      const [row, fy] = [Math.floor(y / cell), (y % cell) / cell];
      for (let x = 0; x < TEXTURE_SIZE; x++) {
        const [at, fx] = [row * side + Math.floor(x / cell), (x % cell) / cell];
        const above = knots[at] + (knots[at + 1] - knots[at]) * fx;
        const below = knots[at + side] + (knots[at + side + 1] - knots[at + side]) * fx;
        sum[y * TEXTURE_SIZE + x] += weight * (above + (below - above) * fy);
      }
    }
  }
  return Buffer.from(Uint8Array.from(sum, (value) => Math.min(255, value * 230)));
}

/** Harmonics of a pitch that glides, through two formants that wander, in syllables. */
function voice() {
  const samples = SAMPLE_RATE * VOICE_SECONDS;
  const data = Buffer.alloc(44 + samples * 2);
  header(data, samples);
  let phase = 0;
  for (let at = 0; at < samples; at++) {
    const turn = (2 * Math.PI * at) / samples;
    const pitch = 140 + 30 * Math.sin(5 * turn) + 15 * Math.sin(17 * turn);
    phase += (2 * Math.PI * pitch) / SAMPLE_RATE;
    const formants = [550 + 250 * Math.sin(23 * turn), 1600 + 600 * Math.sin(31 * turn)];
    let value = 0;
    for (let harmonic = 1; harmonic <= 24; harmonic++) {
      const near = (formant) => 1 / (1 + ((harmonic * pitch - formant) / 120) ** 2);
      value += Math.sin(harmonic * phase) * (0.05 + near(formants[0]) + 0.5 * near(formants[1]));
    }
    const syllable = 0.6 + 0.4 * Math.sin(SYLLABLES_HZ * VOICE_SECONDS * turn);
    data.writeInt16LE(Math.round(5_000 * syllable * Math.tanh(value / 2)), 44 + at * 2);
  }
  return data;
}

/** RIFF, 16 bits, one channel. */
function header(data, samples) {
  data.write("RIFF", 0);
  data.writeUInt32LE(36 + samples * 2, 4);
  data.write("WAVEfmt ", 8);
  data.writeUInt32LE(16, 16);
  data.writeUInt16LE(1, 20);
  data.writeUInt16LE(1, 22);
  data.writeUInt32LE(SAMPLE_RATE, 24);
  data.writeUInt32LE(SAMPLE_RATE * 2, 28);
  data.writeUInt16LE(2, 32);
  data.writeUInt16LE(16, 34);
  data.write("data", 36);
  data.writeUInt32LE(samples * 2, 40);
}

/** Mulberry32: small, seeded, good enough for a picture. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
