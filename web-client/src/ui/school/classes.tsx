/**
 * The first page of the office: the classes, each a press away from its lesson; before there are
 * any, the way to the first.
 *
 * Invariant: a lesson that runs is offered before a new one.
 */
import { useEffect, useState } from "preact/hooks";
import { words } from "../../i18n/school";
import type { Class, RunningLesson } from "../../school-protocol";
import { FirstClass } from "./first-class";
import { paged, useList } from "./list";
import { WhenLoaded } from "./load";
import { More } from "./more";
import { NewClassForm } from "./new-class";
import { NextSteps } from "./next-steps";
import { Go, Tick, Title } from "./parts";
import { classPath } from "./routes";
import type { Staff } from "./staff";
import { findStaff } from "./staff";
import { StartLesson } from "./start-lesson";

export function Classes({ staff }: { staff: Staff }) {
  const { api, me } = staff;
  const [archived, setArchived] = useState(false);
  const [adding, add] = useState(false);
  const list = useList(
    async (cursor) => paged(await api.classes(archived, cursor), "classes"),
    [api, archived],
  );
  // Which lessons run stands in what the server says of oneself.
  useEffect(() => void findStaff(), []);
  const text = words.value;
  const mayAdd = me.kind !== "observer";
  const isEmpty = !archived && list.value?.entries.length === 0;
  if (isEmpty && me.kind === "admin") return <FirstClass staff={staff} />;
  return (
    <>
      <div class="title-row">
        <Title over={me.school} text={text.nav.classes} />
        {mayAdd && !adding && (
          <button type="button" class="button" onClick={() => add(true)}>
            {text.newClass}
          </button>
        )}
      </div>
      {me.kind === "admin" && list.value !== null && (
        <NextSteps staff={staff} classes={list.value.entries} />
      )}
      {adding && <NewClassForm staff={staff} cancel={() => add(false)} />}
      <WhenLoaded loaded={list}>
        {({ entries }) => (
          <ul class="class-list">
            {entries.map((one) => (
              <Row key={one.id} staff={staff} about={one} running={runningOf(staff, one)} />
            ))}
          </ul>
        )}
      </WhenLoaded>
      {isEmpty && <p class="hint">{mayAdd ? text.noClassesYet : text.noClassesForYou}</p>}
      <More list={list} />
      {me.kind === "admin" && (
        <Tick label={text.showArchived} on={archived} onChange={setArchived} />
      )}
    </>
  );
}

interface RowProps {
  readonly staff: Staff;
  readonly about: Class;
  readonly running: RunningLesson | null;
}

function Row({ staff, about, running }: RowProps) {
  const text = words.value;
  const teachers = about.staff.filter(({ role }) => role === "teacher").map(({ name }) => name);
  return (
    <li class="card class-card">
      <div>
        <h2>
          <Go to={classPath(about.id)} class="class-link">
            {classTitle(about)}
          </Go>
        </h2>
        <p class="hint">
          {[text.studentCount(about.students), ...teachers].join(" · ")}
          {about.archived_ms !== null && ` · ${text.archived}`}
        </p>
      </div>
      {about.archived_ms === null && about.students > 0 && (
        <StartLesson staff={staff} id={about.id} running={running} />
      )}
    </li>
  );
}

export function classTitle({ name, subject }: { name: string; subject: string }): string {
  return subject === "" ? name : `${name}, ${subject}`;
}

function runningOf({ me }: Staff, { id }: Class): RunningLesson | null {
  return me.classes.find((mine) => mine.id === id)?.lessons[0] ?? null;
}
