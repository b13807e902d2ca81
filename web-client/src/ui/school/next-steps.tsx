/**
 * What an administrator has still to do once there is a class; gone when it is done or hidden.
 *
 * Invariant: each line leads to where it is done.
 */
import { useEffect, useState } from "preact/hooks";
import { words } from "../../i18n/school";
import type { Class } from "../../school-protocol";
import * as storage from "../../storage";
import { Icon } from "../icons";
import { Go } from "./parts";
import { classPath, linksPath, officePath } from "./routes";
import type { Staff } from "./staff";

interface NextStepsProps {
  readonly staff: Staff;
  readonly classes: readonly Class[];
}

export function NextSteps({ staff, classes }: NextStepsProps) {
  const { api } = staff;
  const [hidden, hide] = useState(storage.stepsHidden());
  const [links, setLinks] = useState<boolean | null>(null);
  const [teachers, setTeachers] = useState<boolean | null>(null);
  const first = classes[0];
  useEffect(() => {
    if (hidden || first === undefined) return;
    void api.roster(first.id).then((reply) => {
      if (reply.ok) setLinks(reply.value.students.some(({ link }) => link !== "none"));
    });
    void api.people("teacher", "", null).then((reply) => {
      if (reply.ok) setTeachers(reply.value.people.length > 0);
    });
  }, [api, first, hidden]);
  if (hidden || first === undefined || links === null || teachers === null) return null;

  const text = words.value;
  const full = classes.find(({ students }) => students > 0);
  const lines = [
    { done: full !== undefined, name: text.step.students, to: classPath(first.id) },
    { done: links, name: text.step.links, to: linksPath(full?.id ?? first.id) },
    { done: teachers, name: text.inviteTeachers, to: officePath("people") },
  ];
  if (lines.every(({ done }) => done)) return null;
  return (
    <section class="card next-steps" aria-label={text.stillToDo}>
      <div class="title-row">
        <h2>{text.stillToDo}</h2>
        <button
          type="button"
          class="text-button"
          onClick={() => {
            storage.hideSteps();
            hide(true);
          }}
        >
          {text.hide}
        </button>
      </div>
      <ul>
        {lines.map(({ done, name, to }) => (
          <li key={to} class={done ? "done" : undefined}>
            <span class="step-mark" aria-hidden="true">
              {done && <Icon name="check" />}
            </span>
            {done ? `${name} (${text.isDone})` : <Go to={to}>{name}</Go>}
          </li>
        ))}
      </ul>
    </section>
  );
}
