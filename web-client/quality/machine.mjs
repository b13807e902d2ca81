/**
 * Whether the machine had enough left to measure the server and not itself.
 *
 * Invariant: says why not.
 */
import { readFile } from "node:fs/promises";
import { rise, sent } from "./series.mjs";

/** Below so much of idle time, who waits for whom is luck. */
const IDLE_PERCENT = 10;
/** A link whose datagrams leave so much later than due is another link. */
const LATE_MS = 3;
/** Of the time, how long the teacher's encoder may have lowered its picture for want of CPU. */
const LOWERED_PERCENT = 5;

/** Work that is niced counts as idle, as it gives way. */
export async function load() {
  const [line] = (await readFile("/proc/stat", "utf8")).split("\n");
  const times = line.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, nice, , idle, iowait] = times;
  return { all: times.reduce((sum, time) => sum + time), idle: nice + idle + iowait };
}

/** Reasons for which a measurement between two loads says nothing; empty if it does. */
export function doubts({ before, after, teacher, lateMs }) {
  const reasons = [];
  const idle = (100 * (after.idle - before.idle)) / (after.all - before.all);
  if (idle < IDLE_PERCENT) reasons.push(`only ${idle.toFixed(0)} % of the CPU was idle`);
  if (lateMs > LATE_MS) reasons.push(`the link was ${lateMs.toFixed(1)} ms late`);
  const camera = sent(teacher, (entry) => entry.kind === "video");
  const limits = camera.map(({ qualityLimitationDurations: durations }) => ({ ...durations }));
  const lowered = rise(limits, "cpu");
  const time = ["cpu", "none", "bandwidth", "other"].reduce(
    (sum, key) => sum + rise(limits, key),
    0,
  );
  if (100 * lowered > LOWERED_PERCENT * time)
    reasons.push(`the teacher's encoder lacked CPU for ${lowered.toFixed(0)} s`);
  return reasons;
}
