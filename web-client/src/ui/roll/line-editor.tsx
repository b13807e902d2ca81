/**
 * One line: what was observed, and a teacher's word on it.
 *
 * Invariant: the evidence stays beside the word, whatever the word is.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/roll";
import type { Attendance, RollLine } from "../../protocol";
import { Evidence } from "./evidence";
import { remarks, statusOf } from "./line-list";

const CHOICES: readonly Attendance[] = [
  "present",
  "late",
  "left_early",
  "partial",
  "absent",
  "excused",
  "technical",
  "in_the_room",
];
const MAX_REASON = 200;

interface LineEditorProps {
  readonly line: RollLine;
  readonly change: (status: Attendance | null, reason: string) => void;
  readonly done: () => void;
  /** Opens the ticks of this line's screen, where the lesson still runs. */
  readonly several?: () => void;
}

export function LineEditor({ line, change, done, several }: LineEditorProps) {
  const [reason, setReason] = useState(line.decided?.reason ?? "");
  const text = words.value;
  function set(status: Attendance | null): void {
    change(status, status === null ? "" : reason.trim());
    done();
  }
  return (
    <section class="editor" aria-label={text.change(line.name)}>
      <h3>{line.name}</h3>
      <p>
        {[statusOf(line, several !== undefined), ...remarks(line, several !== undefined)].join(
          " · ",
        )}
      </p>
      {line.dispute !== null && <p>{text.dispute(line.name, line.dispute)}</p>}
      <label class="field">
        <span>{text.reason}</span>
        <input
          value={reason}
          maxLength={MAX_REASON}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <div class="choices">
        {CHOICES.map((status) => (
          <button
            key={status}
            type="button"
            class="button"
            aria-pressed={line.status === status}
            onClick={() => set(status)}
          >
            {text.status[status]}
          </button>
        ))}
      </div>
      <div class="row">
        {line.decided !== null && (
          <button type="button" class="button" onClick={() => set(null)}>
            {text.takeBack}
          </button>
        )}
        {several !== undefined && line.participant !== null && (
          <button type="button" class="button" onClick={several}>
            {text.severalHere}
          </button>
        )}
        <button type="button" class="button" onClick={done}>
          {text.cancel}
        </button>
      </div>
      <Evidence line={line} />
    </section>
  );
}
