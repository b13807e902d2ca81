/**
 * The roll of a lesson that is over: what its teacher saw, and the same files.
 *
 * Invariant: whoever gives the class's lessons or helps can put it right, from any computer; others
 * read it.
 */
import { words } from "../../i18n/school";
import type { LessonCode } from "../../protocol";
import type { ClassNumber } from "../../school-protocol";
import * as storage from "../../storage";
import FinalRoll from "../roll/final-roll";
import { dayOf, timesOf } from "./class-lessons";
import { useLoad, WhenLoaded } from "./load";
import { OfficeRoll } from "./office-roll";
import { Go, Title } from "./parts";
import { classPath } from "./routes";
import type { Staff } from "./staff";

interface RollPageProps {
  readonly staff: Staff;
  readonly id: ClassNumber;
  readonly code: LessonCode;
}

export function RollPage({ staff, id, code }: RollPageProps) {
  const { api, me } = staff;
  const roll = useLoad(() => api.roll(code), [api, code]);
  const mine = me.classes.find((one) => one.id === id)?.role;
  const mayChange = me.kind === "admin" || mine === "teacher" || mine === "assistant";
  const token = storage.staffLogin()?.token;
  return (
    <>
      <WhenLoaded loaded={roll}>
        {({ lesson, report }) => (
          <>
            <Title over={`${dayOf(lesson.started_ms)}, ${timesOf(lesson)}`} text={lesson.name} />
            {mayChange && token !== undefined ? (
              <FinalRoll code={code} token={token} door="/api/v1" />
            ) : (
              <OfficeRoll code={code} report={report} />
            )}
          </>
        )}
      </WhenLoaded>
      <p>
        <Go to={classPath(id, "lessons")}>{words.value.backToLessons}</Go>
      </p>
    </>
  );
}
