/**
 * `make quality`: every shape through real links with real browsers, beside its limits.
 *
 *   node quality/run.mjs [FILTER]
 *
 * Invariant: a shape that could not be measured is a row that is not ok, never a missing one.
 */
import { mkdir } from "node:fs/promises";
import { Lesson } from "./lesson.mjs";
import { doubts, load } from "./machine.mjs";
import { competing } from "./measure/competing.mjs";
import { join } from "./measure/join.mjs";
import { loss } from "./measure/loss.mjs";
import { narrow, prepare } from "./measure/narrow.mjs";
import { recovery } from "./measure/recovery.mjs";
import { resume } from "./measure/resume.mjs";
import { switching } from "./measure/switch.mjs";
import { notesOf } from "./page.mjs";
import { plotRun } from "./plot.mjs";
import { judge, keep, print } from "./report.mjs";
import { SHAPES } from "./shapes.mjs";

const FOLDER = new URL("../../target/quality/", import.meta.url).pathname;
const MEASURES = { recovery, loss, narrow, switch: switching, join, competing, resume };

const filter = process.argv[2] ?? "";
const shapes = SHAPES.filter(({ name }) => name.includes(filter));
if (shapes.length === 0) {
  console.error(`No shape has "${filter}" in its name: ${SHAPES.map(({ name }) => name)}`);
  process.exit(2);
}
await mkdir(FOLDER, { recursive: true });
const rows = [];
for (const shape of shapes) {
  const measured = await measure(shape).catch((error) => failed(shape, error));
  rows.push(...measured);
  for (const row of measured) print(row);
}
await keep(FOLDER, rows);
process.exitCode = rows.every(({ ok }) => ok) ? 0 : 1;

async function measure(shape) {
  return Lesson.during(
    async (lesson) => {
      const before = await load();
      const result = await MEASURES[shape.kind](lesson, shape);
      const after = await load();
      const teacher = await notesOf(lesson.teacher.page);
      const lateMs = Math.max(...(await lesson.latenessMs()));
      const reasons = doubts({ before, after, teacher, lateMs });
      const server = await lesson.serverStats();
      await plotRun(FOLDER, shape, result);
      await keep(FOLDER, { ...result, teacher, server, reasons }, `${shape.name}.notes`);
      return result.rows.map((row) => judge(shape, row, reasons));
    },
    { prepare: shape.kind === "narrow" ? prepare : undefined },
  );
}

function failed(shape, error) {
  console.error(`${shape.name}:`, error);
  const row = { what: "could not be measured", unit: "", ours: Number.NaN, limit: 0 };
  return [judge(shape, { ...row, note: error.message }, [])];
}
