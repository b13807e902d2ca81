/**
 * The teacher's roll while the lesson runs: draft, check, names to tap, files.
 *
 * Invariant: what is shown is what the server said last; a tap asks, and shows when it is so.
 */
import { useState } from "preact/hooks";
import { timeOf } from "../../i18n";
import { words } from "../../i18n/roll";
import type { LineId } from "../../protocol";
import { ordered } from "../../room";
import type { Session } from "../../session";
import * as storage from "../../storage";
import { CheckBox } from "./check-box";
import { Connections } from "./connections";
import { Files } from "./files";
import { LineEditor } from "./line-editor";
import { LineList } from "./line-list";
import "./roll.css";
import { ScreenTicks } from "./screen-ticks";

export default function RollPanel({ session }: { session: Session }) {
  const room = session.room.value;
  const { head } = room.attendance;
  const lines = ordered(room.attendance);
  const [edited, edit] = useState<LineId | null>(null);
  const [screen, setScreen] = useState<LineId | null>(null);
  const text = words.value;
  const token = storage.teacherToken(room.seat.code);
  const editing = lines.find((line) => line.id === edited);
  const seated = lines.find((line) => line.id === screen);
  if (seated !== undefined) {
    return (
      <ScreenTicks session={session} screen={seated} lines={lines} done={() => setScreen(null)} />
    );
  }
  if (editing !== undefined) {
    return (
      <LineEditor
        line={editing}
        done={() => edit(null)}
        several={() => setScreen(editing.id)}
        change={(status, reason) =>
          session.dispatch({
            type: "roll",
            message: { type: "set_attendance", line: editing.id, status, reason },
          })
        }
      />
    );
  }
  return (
    <>
      <section class="draft" aria-label={text.draft}>
        {head?.started_ms == null ? (
          <p class="hint">{text.notBegun}</p>
        ) : (
          <p class="hint">{text.began(timeOf(head.started_ms))}</p>
        )}
        {head?.confirmed_ms == null ? (
          <p class="hint">{text.draftHint(Math.round((head?.late_after_ms ?? 0) / 60_000))}</p>
        ) : (
          <p class="hint">{text.confirmed(timeOf(head.confirmed_ms))}</p>
        )}
        <div class="row">
          <button
            type="button"
            class="button primary"
            onClick={() => session.dispatch({ type: "roll", message: { type: "confirm_roll" } })}
          >
            {text.confirm}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => session.dispatch({ type: "roll", message: { type: "begin_lesson" } })}
          >
            {text.beginNow}
          </button>
        </div>
        <CheckBox session={session} lines={lines} />
      </section>
      <LineList lines={lines} pick={edit} running />
      {token !== null && <Files code={room.seat.code} token={token} />}
      <details class="connections">
        <summary>{text.connections}</summary>
        <Connections session={session} />
      </details>
    </>
  );
}
