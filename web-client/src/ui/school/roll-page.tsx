/**
 * The roll of a lesson that is over: what its teacher saw, and the same files.
 *
 * Invariant: one page for everybody of the staff; what they may change, the server decides.
 */
import { words } from "../../i18n/school";
import type { LessonCode } from "../../protocol";
import type { ClassNumber } from "../../school-protocol";
import * as storage from "../../storage";
import FinalRoll from "../roll/final-roll";
import { dayOf, timesOf } from "./class-lessons";
import { useLoad, WhenLoaded } from "./load";
import { Go, Title } from "./parts";
import { classPath } from "./routes";
import type { Staff } from "./staff";

interface RollPageProps {
  readonly staff: Staff;
  readonly id: ClassNumber;
  readonly code: LessonCode;
}

export function RollPage({ staff, id, code }: RollPageProps) {
  const { api } = staff;
  const roll = useLoad(() => api.roll(code), [api, code]);
  const token = storage.staffLogin()?.token;
  return (
    <>
      <WhenLoaded loaded={roll}>
        {({ lesson }) => (
          <>
            <Title over={`${dayOf(lesson.started_ms)}, ${timesOf(lesson)}`} text={lesson.name} />
            {token !== undefined && <FinalRoll code={code} token={token} />}
          </>
        )}
      </WhenLoaded>
      <p>
        <Go to={classPath(id, "lessons")}>{words.value.backToLessons}</Go>
      </p>
    </>
  );
}
