/**
 * Leave: one press for a student; a teacher is asked whether the lesson ends with them.
 *
 * Invariant: leaving always works, whatever the connection does.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import type { Session } from "../session";
import { Icon } from "./icons";

export function LeaveButton({ session, teacher }: { session: Session; teacher: boolean }) {
  const [asking, setAsking] = useState(false);
  const choices = useRef<HTMLDivElement>(null);
  const leave = () => session.dispatch({ type: "leave" });

  useEffect(() => {
    if (!asking) return;
    choices.current?.querySelector("button")?.focus();
    const close = (event: Event) => {
      const key = event instanceof KeyboardEvent;
      const inside = event.target instanceof Node && choices.current?.contains(event.target);
      if (key ? event.code === "Escape" : !inside) setAsking(false);
    };
    window.addEventListener("keydown", close);
    window.addEventListener("pointerdown", close);
    return () => {
      window.removeEventListener("keydown", close);
      window.removeEventListener("pointerdown", close);
    };
  }, [asking]);

  return (
    <div class="leave">
      <button
        type="button"
        class="bar-button danger"
        aria-expanded={teacher ? asking : undefined}
        title={t.value.leave}
        onClick={() => (teacher ? setAsking(!asking) : leave())}
      >
        <Icon name="leave" />
        <span class="bar-label">{t.value.leave}</span>
      </button>
      {asking && (
        <div class="leave-choices" ref={choices} role="group" aria-label={t.value.leave}>
          <Choice
            name={t.value.endLesson}
            hint={t.value.endLessonHint}
            danger
            press={() => session.dispatch({ type: "end_lesson" })}
          />
          <Choice name={t.value.leaveOnly} hint={t.value.leaveOnlyHint} press={leave} />
        </div>
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly hint: string;
  readonly danger?: boolean;
  readonly press: () => void;
}

function Choice({ name, hint, danger = false, press }: ChoiceProps) {
  return (
    <button
      type="button"
      class={danger ? "choice danger" : "choice"}
      aria-label={name}
      onClick={press}
    >
      <strong>{name}</strong>
      <span>{hint}</span>
    </button>
  );
}
