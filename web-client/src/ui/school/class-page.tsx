/**
 * A class: its students, its lessons, who teaches it.
 *
 * Invariant: what is pressed every day, the lesson, comes first; what is pressed once a year, last.
 */
import { words } from "../../i18n/school";
import type { Class, ClassNumber } from "../../school-protocol";
import { ClassChanges } from "./class-changes";
import { ClassLessons } from "./class-lessons";
import { ClassStaff } from "./class-staff";
import { classTitle } from "./classes";
import { useLoad, WhenLoaded } from "./load";
import { Go, Title } from "./parts";
import { Roster } from "./roster";
import type { ClassTab } from "./routes";
import { CLASS_TABS, classPath } from "./routes";
import type { Staff } from "./staff";
import { StartLesson } from "./start-lesson";

interface ClassPageProps {
  readonly staff: Staff;
  readonly id: ClassNumber;
  readonly tab: ClassTab;
}

export function ClassPage({ staff, id, tab }: ClassPageProps) {
  const { api } = staff;
  const about = useLoad(() => api.class(id), [api, id]);
  const lessons = useLoad(() => api.lessons(id, null), [api, id]);
  const running = lessons.value?.lessons.find(({ ended_ms }) => ended_ms === null) ?? null;
  return (
    <WhenLoaded loaded={about}>
      {(value) => (
        <>
          <div class="title-row">
            <Title over={overline(value)} text={classTitle(value)} />
            {value.archived_ms === null && value.students > 0 && lessons.value !== null && (
              <StartLesson staff={staff} id={id} running={running} />
            )}
          </div>
          <nav class="school-tabs" aria-label={classTitle(value)}>
            {CLASS_TABS.map((one) => (
              <Go key={one} to={classPath(id, one)} current={one === tab}>
                {words.value.classTab[one]}
              </Go>
            ))}
          </nav>
          {tab === "students" && <Roster staff={staff} about={value} changed={about.again} />}
          {tab === "lessons" && <ClassLessons staff={staff} id={id} />}
          {tab === "staff" && (
            <>
              <ClassStaff staff={staff} about={value} changed={about.again} />
              <ClassChanges staff={staff} about={value} changed={about.again} />
            </>
          )}
        </>
      )}
    </WhenLoaded>
  );
}

function overline({ archived_ms, staff }: Class): string {
  if (archived_ms !== null) return words.value.archived;
  return staff
    .filter(({ role }) => role === "teacher")
    .map(({ name }) => name)
    .join(", ");
}
