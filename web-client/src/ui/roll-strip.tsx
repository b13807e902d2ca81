/**
 * The teacher's strip: who is here, late, and not yet, in one line that opens the roll.
 *
 * Invariant: names are only on the teacher's own screen, and only of those who are missing.
 */
import { t } from "../i18n";
import { summary } from "../room";
import type { Session } from "../session";

/** More names than this are a number. */
const MAX_NAMES = 3;

export function RollStrip({ session, open }: { session: Session; open: () => void }) {
  const counts = summary(session.room.value.attendance);
  const words = t.value.strip;
  const names = counts.notYet.slice(0, MAX_NAMES).join(", ");
  const more = counts.notYet.length > MAX_NAMES ? "…" : "";
  const parts = [words.here(counts.here, counts.expected)];
  if (counts.late > 0) parts.push(words.late(counts.late));
  if (counts.notYet.length > 0) parts.push(words.notYet(counts.notYet.length));
  return (
    <button type="button" class="strip" onClick={open}>
      <span>
        {parts.join(", ")}
        {names !== "" && <small>{` (${names}${more})`}</small>}
      </span>
      {counts.disputed > 0 && <span class="strip-mark">{words.disputed(counts.disputed)}</span>}
    </button>
  );
}
