/**
 * The lessons a class has had, each with its roll.
 *
 * Invariant: a lesson that runs leads into it, one that is over to its roll.
 */
import { t, timeOf } from "../../i18n";
import { words } from "../../i18n/school";
import type { ClassLesson, ClassNumber } from "../../school-protocol";
import { paged, useList } from "./list";
import { WhenLoaded } from "./load";
import { More } from "./more";
import { Go } from "./parts";
import { rollPath } from "./routes";
import type { Staff } from "./staff";

export function ClassLessons({ staff, id }: { staff: Staff; id: ClassNumber }) {
  const { api } = staff;
  const list = useList(
    async (cursor) => paged(await api.lessons(id, cursor), "lessons"),
    [api, id],
  );
  return (
    <>
      <WhenLoaded loaded={list}>
        {({ entries }) =>
          entries.length === 0 ? (
            <p class="hint">{words.value.noLessons}</p>
          ) : (
            <ul class="card rows">
              {entries.map((lesson) => (
                <Row key={lesson.code} id={id} lesson={lesson} />
              ))}
            </ul>
          )
        }
      </WhenLoaded>
      <More list={list} />
    </>
  );
}

function Row({ id, lesson }: { id: ClassNumber; lesson: ClassLesson }) {
  const text = words.value;
  const { code, name, started_ms, ended_ms } = lesson;
  const to = ended_ms === null ? `/l/${code}` : rollPath(id, code);
  return (
    <li>
      <Go to={to}>
        <span class="row-main">{dayOf(started_ms)}</span>
        <small>{[timesOf(lesson), name].join(" · ")}</small>
        <span class="row-end">{ended_ms === null ? text.runsNow : text.roll}</span>
      </Go>
    </li>
  );
}

export function dayOf(ms: number): string {
  return t.value.date(new Date(ms));
}

export function timesOf({ started_ms, ended_ms }: ClassLesson): string {
  return ended_ms === null ? timeOf(started_ms) : `${timeOf(started_ms)}–${timeOf(ended_ms)}`;
}
