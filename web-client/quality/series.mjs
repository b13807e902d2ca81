/**
 * What samples of `getStats()` say about a stretch of time.
 *
 * Invariant: counters only rise, so a stretch is the difference of its two ends.
 */

/** The samples of the one stream of a kind that carried most, as `{ at, ...entry }`. */
export function received(notes, kind) {
  return heaviest(notes, "inbound-rtp", (entry) => entry.kind === kind, "bytesReceived");
}

/** Likewise of what is sent, which `fits`. */
export function sent(notes, fits) {
  return heaviest(notes, "outbound-rtp", fits, "bytesSent");
}

function heaviest(notes, type, fits, key) {
  const streams = new Map();
  for (const { at, entries } of notes.samples)
    for (const entry of entries) {
      if (entry.type !== type || !fits(entry)) continue;
      const id = `${entry.mid} ${entry.rid ?? ""}`;
      if (!streams.has(id)) streams.set(id, []);
      streams.get(id).push({ at, ...entry });
    }
  const grown = (stream) => stream.at(-1)[key] - stream[0][key];
  return [...streams.values()].sort((a, b) => grown(b) - grown(a))[0] ?? [];
}

/** The part of a series between two times, its ends included as far as there are samples. */
export function between(series, from, to) {
  const first = series.findLastIndex(({ at }) => at <= from);
  const last = series.findLastIndex(({ at }) => at <= to);
  return series.slice(Math.max(0, first), last + 1);
}

/** How much a counter rose over a series. */
export function rise(series, key) {
  if (series.length < 2) return 0;
  return (series.at(-1)[key] ?? 0) - (series[0][key] ?? 0);
}

export function seconds(series) {
  return series.length < 2 ? 0 : (series.at(-1).at - series[0].at) / 1_000;
}

/** Windows of `ms` that follow each other from `from` to `to`, each a series. */
export function windows(series, from, to, ms = 1_000) {
  const count = Math.floor((to - from) / ms);
  return Array.from({ length: count }, (_, i) => {
    const at = from + i * ms;
    return { at, samples: between(series, at, at + ms) };
  });
}

export function kbps(series, key = "bytesReceived") {
  const time = seconds(series);
  return time === 0 ? 0 : (8 * rise(series, key)) / 1_000 / time;
}

/** Share of samples that were made up, in percent; those made up in silence only if asked. */
export function concealed(series, { withSilence = false } = {}) {
  // Chromium takes some of them back when a late packet comes after all.
  const silent = Math.max(0, rise(series, "silentConcealedSamples"));
  const made = rise(series, "concealedSamples") - (withSilence ? 0 : silent);
  const all = rise(series, "totalSamplesReceived");
  // No sample at all is no sound at all.
  return all === 0 ? 100 : (100 * made) / all;
}

/** Of what is between two samples, made up so far that it is no voice any more, in percent. */
const NO_VOICE = 90;

/** The longest time without a voice, in seconds, as far as samples tell. */
export function longestGap(series) {
  let [longest, began] = [0, series[0]?.at];
  for (let i = 1; i < series.length; i++) {
    const pair = series.slice(i - 1, i + 1);
    if (concealed(pair, { withSilence: true }) < NO_VOICE) began = series[i].at;
    longest = Math.max(longest, (series[i].at - began) / 1_000);
  }
  return longest;
}

/** A picture that stands still now counts from here on, though the browser knows only later. */
const STANDS_STILL_MS = 500;

/** Share of time in which the picture stood still, in percent. */
export function frozen(series) {
  const time = seconds(series);
  if (time === 0) return 100;
  const last = series.at(-1);
  const lastFrame = series.find((sample) => sample.framesDecoded === last.framesDecoded);
  const stillMs = last.at - lastFrame.at;
  const now = stillMs > STANDS_STILL_MS ? stillMs / 1_000 : 0;
  return (100 * (rise(series, "totalFreezesDuration") + now)) / time;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.length === 0 ? Number.NaN : sorted[Math.floor(sorted.length / 2)];
}

/** What else one wants to know of a picture: rate, height, frames. */
export function pictureInWords(series) {
  const time = seconds(series);
  const height = median(series.map((sample) => sample.frameHeight ?? 0));
  const fps = time === 0 ? 0 : rise(series, "framesDecoded") / time;
  return (
    `${height}p, ${fps.toFixed(1)} fps, ${kbps(series).toFixed(0)} kbit/s, ` +
    `${rise(series, "freezeCount")} freezes, ${rise(series, "nackCount")} NACKs, ` +
    `${rise(series, "pliCount")} PLIs, ${rise(series, "keyFramesDecoded")} key frames`
  );
}

export function voiceInWords(series) {
  const packets = rise(series, "packetsReceived");
  const lost = rise(series, "packetsLost");
  const delay = rise(series, "jitterBufferDelay") / (rise(series, "jitterBufferEmittedCount") || 1);
  return (
    `${concealed(series, { withSilence: true }).toFixed(2)} % with silent ones, ` +
    `${((100 * lost) / (packets + lost || 1)).toFixed(1)} % of packets missing, ` +
    `${kbps(series).toFixed(0)} kbit/s, buffer ${(1_000 * delay).toFixed(0)} ms, ` +
    `${rise(series, "fecPacketsReceived")} FEC`
  );
}
