/**
 * What the roll says about the pupil at this screen, and how they say that it is wrong.
 *
 * Invariant: it is the very line the teacher sees.
 */
import { useEffect, useState } from "preact/hooks";
import { words } from "../../i18n/roll";
import type { RollMessage } from "../../room";
import type { Session } from "../../session";
import { Evidence } from "./evidence";
import { remarks, statusOf } from "./line-list";
import "./roll.css";

const MAX_TEXT = 200;
const REFRESH_MS = 10_000;

export default function MyRoll({ session }: { session: Session }) {
  const { ownLine } = session.room.value;
  const [writing, setWriting] = useState(false);
  const [wrong, setWrong] = useState("");
  const text = words.value;
  const say = (message: RollMessage) => session.dispatch({ type: "roll", message });
  useEffect(() => {
    const ask = () => session.dispatch({ type: "roll", message: { type: "my_roll" } });
    ask();
    const timer = setInterval(ask, REFRESH_MS);
    return () => clearInterval(timer);
  }, [session]);
  if (ownLine === null) return <p role="status" />;
  const { line } = ownLine;
  if (line === null) return <p class="hint">{text.mineTeacher}</p>;
  const running = ownLine.head.ended_ms === null;
  return (
    <section class="editor" aria-label={line.name}>
      <p class="hint">{text.mine}</p>
      <p class="own-status">
        <strong>{statusOf(line, running)}</strong> {remarks(line, running).join(" · ")}
      </p>
      <Evidence line={line} />
      <label class="tick">
        <input
          type="checkbox"
          checked={line.flags.includes("several")}
          onChange={(event) => {
            say({ type: "several_here", several: event.currentTarget.checked });
            say({ type: "my_roll" });
          }}
        />
        {text.severalMine}
      </label>
      {line.dispute !== null && <p role="status">{text.sent}</p>}
      {!writing && (
        <button type="button" class="button" onClick={() => setWriting(true)}>
          {text.wrong}
        </button>
      )}
      {writing && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            say({ type: "dispute_roll", text: wrong });
            setWriting(false);
          }}
        >
          <label class="field">
            <span>{text.wrongHow}</span>
            <input
              value={wrong}
              maxLength={MAX_TEXT}
              required
              onInput={(event) => setWrong(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="button primary">
            {text.send}
          </button>
        </form>
      )}
    </section>
  );
}
