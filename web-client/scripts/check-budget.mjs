/**
 * Fails the build when the first load outgrows what a weak link can carry.
 *
 * Invariant: the budget counts every script and style that the first page needs, compressed as it
 * is served, and not what is fetched when it is first shown; nothing in the build asks another host for anything.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET_BYTES = { ".js": 60 * 1024, ".css": 8 * 1024 };
const FORBIDDEN = [".woff", ".woff2", ".ttf", ".otf"];

const dist = new URL("../dist/", import.meta.url);
const files = readdirSync(dist, { recursive: true }).map(String);
const problems = [];

const html = readFileSync(new URL("index.html", dist), "utf8");
const first = firstLoad();

for (const [ending, budget] of Object.entries(BUDGET_BYTES)) {
  const bytes = files
    .filter((file) => file.endsWith(ending) && first.has(file))
    .reduce((sum, file) => sum + gzipSync(readFileSync(new URL(file, dist))).length, 0);
  console.log(`${ending}: ${(bytes / 1024).toFixed(1)} of ${budget / 1024} KB compressed`);
  if (bytes === 0) problems.push(`no ${ending} file in the build`);
  if (bytes > budget) problems.push(`${ending} is over its budget`);
}
for (const file of files) {
  if (FORBIDDEN.some((ending) => file.endsWith(ending))) problems.push(`web font: ${file}`);
}
if (/(src|href)="https?:/.test(html)) problems.push("index.html asks another host");
if (/<script(?![^>]*\ssrc=)|<style|\sstyle=/.test(html)) {
  problems.push("index.html holds inline script or style, which the CSP forbids");
}

for (const problem of problems) console.error(`budget: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);

/** The files that the page names, and what those import before they run. */
function firstLoad() {
  const found = new Set();
  const named = html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g);
  const queue = [...named].map(([, file]) => file);
  for (const file of queue) {
    if (found.has(file)) continue;
    found.add(file);
    if (!file.endsWith(".js")) continue;
    const text = readFileSync(new URL(file, dist), "utf8");
    const imports = text.matchAll(/(?:from|import)\s*"\.\/([^"]+\.js)"/g);
    queue.push(...[...imports].map(([, name]) => file.replace(/[^/]*$/, name)));
  }
  return found;
}
