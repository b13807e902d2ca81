/**
 * Asks the class who is there, and shows the answers as they come.
 *
 * Invariant: who does not answer is named to the teacher alone, and is not absent for it.
 */
import { useEffect, useState } from "preact/hooks";
import { words } from "../../i18n/roll";
import type { RollLine } from "../../protocol";
import type { Session } from "../../session";

const SECONDS = 60;
const MAX_NAMES = 6;

interface CheckBoxProps {
  readonly session: Session;
  readonly lines: readonly RollLine[];
}

export function CheckBox({ session, lines }: CheckBoxProps) {
  const check = session.room.value.attendance.head?.check ?? null;
  const [runs, setRuns] = useState(false);
  const number = check?.number ?? 0;
  const lasts = check === null ? 0 : check.until_ms - check.sent_ms;
  // By this page's own clock from when it was first seen: clocks of classrooms differ.
  useEffect(() => {
    if (number === 0) return;
    setRuns(true);
    const timer = setTimeout(() => setRuns(false), lasts);
    return () => clearTimeout(timer);
  }, [number, lasts]);
  const text = words.value;
  const silent = lines.filter((line) => line.check_missed_ms === check?.sent_ms);
  const names = silent.slice(0, MAX_NAMES).map((line) => line.name);
  const all = check !== null && check.answered >= check.asked;
  return (
    <div class="check-box">
      {!runs && (
        <button
          type="button"
          class="button"
          onClick={() =>
            session.dispatch({ type: "roll", message: { type: "start_check", seconds: SECONDS } })
          }
        >
          {text.check}
        </button>
      )}
      {check !== null && (
        <p role="status">
          {runs && !all
            ? text.checkRuns(check.answered, check.asked)
            : text.checkWas(check.answered, check.asked)}
        </p>
      )}
      {names.length > 0 && <p class="hint">{text.missing(names.join(", "))}</p>}
    </div>
  );
}
