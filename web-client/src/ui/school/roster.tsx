/**
 * The students of a class, and the way to add more.
 *
 * Invariant: an empty class asks for its list at once.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import type { Class, RosterChange, RosterStudent } from "../../school-protocol";
import { useLoad, WhenLoaded } from "./load";
import { Go } from "./parts";
import { PasteRoster } from "./paste-roster";
import { PrintLinks } from "./print-links";
import { studentPath } from "./routes";
import type { Staff } from "./staff";
import { Steps } from "./steps";

interface RosterProps {
  readonly staff: Staff;
  readonly about: Class;
  readonly changed: () => void;
}

export function Roster({ staff, about, changed }: RosterProps) {
  const { api } = staff;
  const roster = useLoad(() => api.roster(about.id), [api, about.id]);
  const [adding, add] = useState(false);
  const [last, setLast] = useState<RosterChange | null>(null);
  const text = words.value;
  const mayChange = staff.me.kind !== "observer" && about.archived_ms === null;

  function done(change: RosterChange): void {
    setLast(change);
    add(false);
    changed();
    void roster.again();
  }

  return (
    <WhenLoaded loaded={roster}>
      {({ students }) => {
        const isNew = students.length === 0;
        const noLinks = students.every(({ link }) => link === "none");
        return (
          <>
            {mayChange && noLinks && staff.me.kind === "admin" && (
              <Steps
                done={isNew ? ["account", "class"] : ["account", "class", "students"]}
                now={isNew ? "students" : "links"}
              />
            )}
            {last !== null && (
              <p key={last.students} role="status" tabIndex={-1} ref={focusIt}>
                {text.rosterDone(last.students)}
              </p>
            )}
            {mayChange && (isNew || adding) && (
              <PasteRoster
                api={api}
                id={about.id}
                isNew={isNew}
                done={done}
                cancel={isNew ? null : () => add(false)}
              />
            )}
            {mayChange && !isNew && !adding && (
              <div class="row">
                <PrintLinks staff={staff} id={about.id} students={students} />
                <button type="button" class="button" onClick={() => add(true)}>
                  {text.changeList}
                </button>
              </div>
            )}
            {isNew && !mayChange && <p class="hint">{text.noStudents}</p>}
            {!isNew && !adding && <Students about={about} students={students} />}
          </>
        );
      }}
    </WhenLoaded>
  );
}

/** The form that had the focus is gone; what comes next stands after this. */
function focusIt(line: HTMLElement | null): void {
  line?.focus();
}

function Students({ about, students }: { about: Class; students: readonly RosterStudent[] }) {
  const text = words.value;
  const came = students.filter(({ link }) => link === "used").length;
  return (
    <section class="card" aria-label={text.classTab.students}>
      <p class="hint first">{text.cameByLink(came, students.length)}</p>
      <ol class="roster">
        {students.map(({ person, number, name, link }) => (
          <li key={person}>
            <Go to={studentPath(about.id, person)}>
              <span class="roster-number">{number}</span>
              <span class="roster-name">{name}</span>
              <small class={`link-state ${link}`}>{text.linkState[link]}</small>
            </Go>
          </li>
        ))}
      </ol>
    </section>
  );
}
