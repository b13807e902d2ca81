/**
 * The links on which the promises are measured, and the limits. `measure/<kind>.mjs` says how each
 * kind is measured; a filter (`QUALITY=loss`) picks those whose name contains it.
 *
 * Links are given as `crates/netsim/src/change.rs` names them, `down` from the server to the
 * student. Loss is independent, and in both directions: what the student asks for again and what
 * they report is lost as well. A round-trip time is half in each direction. A queue of 250 ms is
 * that of a home router that is not bloated.
 *
 * Invariant: data only.
 */

const rtt = (ms) => ({ up: { delay_ms: ms / 2 }, down: { delay_ms: ms / 2 } });
const lossy = (loss, ms) => ({
  up: { loss, delay_ms: ms / 2 },
  down: { loss, delay_ms: ms / 2 },
});
const narrow = (rate_kbps, ms) => ({
  up: { delay_ms: ms / 2 },
  down: { delay_ms: ms / 2, rate_kbps, queue_ms: 250 },
});

const losses = [
  { loss: 0.05, ms: 50, limits: { frozen: 0.1 } },
  { loss: 0.1, ms: 50, limits: { frozen: 0.5 } },
  { loss: 0.2, ms: 50, limits: { frozen: 3 } },
  { loss: 0.1, ms: 100, limits: { concealed: 0.3 } },
  { loss: 0.2, ms: 100, limits: { concealed: 1 } },
  { loss: 0.3, ms: 100, limits: { concealed: 3 } },
];

export const SHAPES = [
  {
    name: "recovery",
    kind: "recovery",
    shape: "30 s at 0.25 Mbit/s, then 2; RTT 50 ms",
    link: narrow(2_000, 50),
    dropKbps: 250,
    backKbps: 2_000,
    seconds: { warm: 20, drop: 30, back: 60 },
    limits: { recovery: 5, silence: 0.5, changes: 1 },
  },
  ...losses.map(({ loss, ms, limits }) => ({
    name: `loss-${100 * loss}-rtt-${ms}`,
    kind: "loss",
    shape: `${100 * loss} % loss, RTT ${ms} ms, 720p`,
    link: lossy(loss, ms),
    seconds: { warm: 10, run: 45 },
    limits,
  })),
  {
    name: "narrow-64",
    kind: "narrow",
    shape: "64 kbit/s down, RTT 100 ms: camera, voice and slides",
    link: narrow(64, 100),
    seconds: { warm: 15, run: 60, slide: 20 },
    limits: { concealed: 3, slide: 10, megabytes: 20 },
  },
  {
    name: "switch",
    kind: "switch",
    shape: "tile small ↔ large, RTT 50 ms",
    link: rtt(50),
    rttMs: 50,
    times: 4,
    limits: { up: 300, down: 40, freezes: 0 },
  },
  ...[0, 50, 150].map((ms) => ({
    name: `join-rtt-${ms}`,
    kind: "join",
    shape: `join → first frame, RTT ${ms} ms`,
    link: rtt(ms),
    rttMs: ms,
    times: 3,
    limits: { share: 60 },
  })),
  {
    name: "competing",
    kind: "competing",
    shape: "two students at 10 Mbit/s, then one at 0.3",
    link: narrow(10_000, 50),
    badKbps: 300,
    seconds: { warm: 20, alone: 15, settle: 5, together: 25 },
    limits: { kept: 90, frozen: 0, concealed: 3 },
  },
  {
    name: "resume",
    kind: "resume",
    shape: "camera unwatched, then watched again, RTT 50 ms",
    link: rtt(50),
    rttMs: 50,
    seconds: { unwatched: 8 },
    times: 3,
    limits: { resume: 300, unwatchedKbps: 5 },
  },
];
