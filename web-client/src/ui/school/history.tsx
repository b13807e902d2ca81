/**
 * A student's attendance, lesson by lesson: the same for their teachers as for themselves.
 *
 * Invariant: a status is a word before it is a colour, with what it rests on a tap away; nothing is
 * added up into a score.
 */
import { words } from "../../i18n/school";
import type { SchoolApi } from "../../school-api";
import type { ClassNumber, PersonNumber, StudentRoll } from "../../school-protocol";
import { Evidence } from "../roll/evidence";
import { remarks, statusOf } from "../roll/line-list";
import "../roll/roll.css";
import { dayOf, timesOf } from "./class-lessons";
import { paged, useList } from "./list";
import { WhenLoaded } from "./load";
import { More } from "./more";

interface HistoryProps {
  readonly api: SchoolApi;
  readonly id: ClassNumber;
  readonly person: PersonNumber;
}

export function History({ api, id, person }: HistoryProps) {
  const list = useList(
    async (cursor) => paged(await api.history(id, person, cursor), "rolls"),
    [api, id, person],
  );
  return (
    <>
      <WhenLoaded loaded={list}>
        {({ entries }) =>
          entries.length === 0 ? (
            <p class="hint first">{words.value.noLessons}</p>
          ) : (
            <ul class="rows plain">
              {entries.map((entry) => (
                <Row key={entry.lesson.code} {...entry} />
              ))}
            </ul>
          )
        }
      </WhenLoaded>
      <More list={list} />
    </>
  );
}

function Row({ lesson, line }: StudentRoll) {
  const about = (
    <>
      <span class="row-main">{dayOf(lesson.started_ms)}</span>
      <small>{[timesOf(lesson), lesson.name].join(" · ")}</small>
    </>
  );
  if (line === null) {
    return (
      <li class="history-row">
        {about}
        <span>{words.value.notOnRoll}</span>
      </li>
    );
  }
  return (
    <li>
      <details>
        <summary class="history-row">
          {about}
          <span class={`line-status ${line.status}`}>{statusOf(line, false)}</span>
          <small class="history-remarks">{remarks(line, false).join(" · ")}</small>
        </summary>
        <Evidence line={line} />
      </details>
    </li>
  );
}
