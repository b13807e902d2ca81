/**
 * The names of the roll, each with its status and what is worth knowing.
 *
 * Invariant: a status is a word before it is a colour.
 */
import { words } from "../../i18n/roll";
import type { LineId, RollLine } from "../../protocol";

interface LineListProps {
  readonly lines: readonly RollLine[];
  readonly pick: (line: LineId) => void;
  /** The lesson goes on: who has not come is not absent yet. */
  readonly running?: boolean;
}

export function LineList({ lines, pick, running = false }: LineListProps) {
  const text = words.value;
  const pupils = lines.filter((line) => line.expected);
  const guests = lines.filter((line) => !line.expected);
  if (lines.length === 0) return <p class="hint">{text.nobody}</p>;
  const rows = (some: readonly RollLine[]) => (
    <ul class="lines">
      {some.map((line) => (
        <Row key={line.id} line={line} pick={pick} running={running} />
      ))}
    </ul>
  );
  return (
    <>
      {rows(pupils)}
      {guests.length > 0 && <h3>{text.guests}</h3>}
      {guests.length > 0 && rows(guests)}
    </>
  );
}

interface RowProps {
  readonly line: RollLine;
  readonly pick: (line: LineId) => void;
  readonly running: boolean;
}

function Row({ line, pick, running }: RowProps) {
  const text = words.value;
  return (
    <li>
      <button type="button" class="line" onClick={() => pick(line.id)}>
        <span class="line-name">{line.name}</span>
        <span class={`line-status ${statusClass(line, running)}`}>{statusOf(line, running)}</span>
        <small>{remarks(line, running).join(" · ")}</small>
        {line.dispute !== null && <em>{text.dispute(line.name, line.dispute)}</em>}
      </button>
    </li>
  );
}

export function statusOf(line: RollLine, running: boolean): string {
  const text = words.value;
  const waits = running && line.status === "absent" && line.decided === null;
  if (waits && line.now === null) return text.notYet;
  if (waits) return text.notHearing;
  return text.status[line.status];
}

function statusClass(line: RollLine, running: boolean): string {
  return running && line.status === "absent" && line.decided === null ? "waits" : line.status;
}

/** Minutes for what the status names, and the flags it does not. */
export function remarks(line: RollLine, running: boolean): string[] {
  const text = words.value;
  const minutes = (ms: number) => Math.floor(ms / 60_000);
  const all: string[] = [];
  if (running && line.now === "away") all.push(text.end.silent);
  if (running && line.now === "left") all.push(text.end.left);
  if (line.late_ms > 0) all.push(text.minutesLate(minutes(line.late_ms)));
  if (line.left_early_ms > 0 && !(running && line.hearing_now)) {
    all.push(text.minutesEarly(minutes(line.left_early_ms)));
  }
  if (line.at_screen_of !== null) all.push(text.atScreenOf(line.at_screen_of));
  for (const flag of line.flags) {
    if (flag !== "late" && flag !== "left_early" && flag !== line.status) all.push(text.flag[flag]);
  }
  if (line.decided !== null) {
    const { by, reason } = line.decided;
    if (by !== null) all.push(text.markedBy(by));
    if (reason !== "") all.push(reason);
  }
  return all;
}
