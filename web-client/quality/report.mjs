/**
 * The rows: judged, printed and kept.
 *
 * Invariant: a row says its unit, its limit and, when the machine was the bottleneck, that it
 * says nothing.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export function judge({ name, shape }, row, reasons) {
  const { what, unit, ours, limit, atLeast = false, note = "" } = row;
  const ok = atLeast ? ours >= limit : ours <= limit;
  return {
    what,
    shape,
    name,
    unit,
    ours,
    limit,
    atLeast,
    ok,
    valid: reasons.length === 0,
    note,
    reasons,
  };
}

export function print({ what, shape, unit, ours, limit, atLeast, ok, valid, note, reasons }) {
  const figure = (value) => (Number.isFinite(value) ? String(Number(value.toFixed(2))) : "never");
  const verdict = (ok ? "ok  " : "MISS") + (valid ? "" : " (not valid)");
  console.log(
    `${verdict}  ${shape}: ${what} ${figure(ours)} ${unit} (limit ${atLeast ? "≥" : "≤"} ${figure(limit)})`,
  );
  for (const line of [note, ...reasons]) if (line !== "") console.log(`        ${line}`);
}

export function keep(folder, value, name = "quality") {
  return writeFile(join(folder, `${name}.json`), `${JSON.stringify(value, null, 1)}\n`);
}
