/**
 * Fails the build when the first load outgrows what a weak link can carry.
 *
 * Invariant: the budget counts every script and style of the build, compressed as it is served,
 * and nothing in the build asks another host for anything.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = { ".js": 60 * 1024, ".css": 8 * 1024 };
const FORBIDDEN = [".woff", ".woff2", ".ttf", ".otf"];

const dist = new URL("../dist/", import.meta.url);
const files = readdirSync(dist, { recursive: true }).map(String);
const problems = [];

for (const [ending, budget] of Object.entries(BUDGET_BYTES)) {
  const bytes = files
    .filter((file) => file.endsWith(ending))
    .reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0);
  console.log(`${ending}: ${(bytes / 1024).toFixed(1)} of ${budget / 1024} KB compressed`);
  if (bytes === 0) problems.push(`no ${ending} file in the build`);
  if (bytes > budget) problems.push(`${ending} is over its budget`);
}
for (const file of files) {
  if (FORBIDDEN.some((ending) => file.endsWith(ending))) problems.push(`web font: ${file}`);
}
const html = readFileSync(new URL("index.html", dist), "utf8");
if (/(src|href)="https?:/.test(html)) problems.push("index.html asks another host");
if (/<script(?![^>]*\ssrc=)|<style|\sstyle=/.test(html)) {
  problems.push("index.html holds inline script or style, which the CSP forbids");
}

for (const problem of problems) console.error(`budget: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
