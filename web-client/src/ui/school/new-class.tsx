/**
 * One more class.
 *
 * Invariant: its page, where the students are added, follows at once.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import { go } from "../navigation";
import { ClassFields } from "./class-fields";
import { problemAt } from "./problem";
import { classPath } from "./routes";
import { useSend } from "./send";
import type { Staff } from "./staff";

export function NewClassForm({ staff, cancel }: { staff: Staff; cancel: () => void }) {
  const [name, setName] = useState("");
  const [subject, setSubject] = useState("");
  const { busy, why, send } = useSend();
  const text = words.value;

  async function make(event: Event): Promise<void> {
    event.preventDefault();
    const body = { name: name.trim(), subject: subject.trim() };
    const made = await send(() => staff.api.newClass(body));
    if (made !== null) go(classPath(made.value.id));
  }

  const at = problemAt(why, { name: ["bad_name"] });
  return (
    <form class="card" onSubmit={make} noValidate aria-label={text.newClass}>
      <ClassFields {...{ name, setName, subject, setSubject }} error={at.name} />
      {at.other}
      <div class="row">
        <button type="submit" class="button primary" disabled={busy}>
          {text.makeClass}
        </button>
        <button type="button" class="button" onClick={cancel}>
          {text.cancel}
        </button>
      </div>
    </form>
  );
}
