/**
 * "Are you there?": one big button, a sound, the keyboard and a screen reader.
 *
 * Invariant: nobody is asked twice for an answer that is on its way, and the lesson goes on beneath.
 */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import type { Session } from "../session";
import { chime } from "./chime";

/** A fourth up: a question. */
const ASKED = [660, 880];

export function CheckPrompt({ session }: { session: Session }) {
  const { check } = session.room.value;
  const button = useRef<HTMLButtonElement>(null);
  const number = check?.outcome === "open" ? check.number : null;
  useEffect(() => {
    if (number === null) return;
    chime(ASKED);
    // Whoever is writing goes on writing; everybody else has the button under their thumb.
    if (!(document.activeElement instanceof HTMLInputElement)) button.current?.focus();
  }, [number]);
  const words = t.value.check;
  return (
    <div class={check === null ? "hidden" : "check"} role="alert" aria-live="assertive">
      {check?.outcome === "open" && (
        <>
          <p>{words.question}</p>
          <button
            ref={button}
            type="button"
            class="button primary"
            onClick={() => session.dispatch({ type: "check_pressed" })}
          >
            {words.here}
          </button>
        </>
      )}
      {check !== null && check.outcome !== "open" && <p>{words[check.outcome]}</p>}
    </div>
  );
}
