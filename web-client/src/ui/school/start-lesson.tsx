/**
 * One press from a class to its lesson.
 *
 * Invariant: the token that opens the lesson's owner's seat is kept by this browser alone.
 */
import { words } from "../../i18n/school";
import type { ClassNumber, RunningLesson } from "../../school-protocol";
import * as storage from "../../storage";
import { goToLesson } from "../navigation";
import { Refused } from "./load";
import { useSend } from "./send";
import type { Staff } from "./staff";

interface StartLessonProps {
  readonly staff: Staff;
  readonly id: ClassNumber;
  readonly running: Pick<RunningLesson, "code"> | null;
}

export function StartLesson({ staff, id, running }: StartLessonProps) {
  const { busy, why, send } = useSend();
  const text = words.value;
  async function start(): Promise<void> {
    const made = await send(() => staff.api.startLesson(id));
    if (made === null) return;
    storage.rememberTeacherToken(made.value.code, made.value.teacher_token);
    goToLesson(made.value.code);
  }
  if (running !== null) {
    return (
      <button type="button" class="button primary" onClick={() => goToLesson(running.code)}>
        {text.toTheLesson}
      </button>
    );
  }
  if (staff.me.kind === "observer") return null;
  return (
    <>
      <button type="button" class="button primary" disabled={busy} onClick={start}>
        {text.startLesson}
      </button>
      <Refused why={why} />
    </>
  );
}
