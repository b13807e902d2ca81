/**
 * What a class is called, and its end.
 *
 * Invariant: an archived class loses nothing and can be brought back.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import type { ChangeClass, Class } from "../../school-protocol";
import { ClassFields } from "./class-fields";
import { Confirm } from "./confirm";
import { problemAt } from "./problem";
import { useSend } from "./send";
import type { Staff } from "./staff";

interface ClassChangesProps {
  readonly staff: Staff;
  readonly about: Class;
  readonly changed: () => void;
}

export function ClassChanges({ staff, about, changed }: ClassChangesProps) {
  const [name, setName] = useState(about.name);
  const [subject, setSubject] = useState(about.subject);
  const { busy, why, send } = useSend();
  const text = words.value;
  if (staff.me.kind === "observer") return null;

  async function change(body: ChangeClass): Promise<void> {
    if ((await send(() => staff.api.changeClass(about.id, body))) !== null) changed();
  }

  const at = problemAt(why, { name: ["bad_name"] });
  return (
    <form
      class="card"
      noValidate
      aria-label={text.renameClass}
      onSubmit={(event) => {
        event.preventDefault();
        void change({ name: name.trim(), subject: subject.trim() });
      }}
    >
      <h2>{text.renameClass}</h2>
      <ClassFields {...{ name, setName, subject, setSubject }} error={at.name} />
      {at.other}
      <div class="row">
        <button type="submit" class="button" disabled={busy}>
          {text.save}
        </button>
        {about.archived_ms === null ? (
          <Confirm
            name={text.archive}
            question={text.archiveQuestion}
            run={() => void change({ archived: true })}
          />
        ) : (
          <button type="button" class="button" onClick={() => void change({ archived: false })}>
            {text.bringBack}
          </button>
        )}
      </div>
    </form>
  );
}
