/**
 * A roll to read: names and statuses, what each rests on, the files.
 *
 * Invariant: shows the very report that the lesson's teacher has.
 */
import { useState } from "preact/hooks";
import { timeOf } from "../../i18n";
import { words } from "../../i18n/roll";
import { words as schoolWords } from "../../i18n/school";
import type { LessonCode, LineId, RollReport } from "../../protocol";
import * as storage from "../../storage";
import { Evidence } from "../roll/evidence";
import { Files } from "../roll/files";
import { LineList, remarks, statusOf } from "../roll/line-list";
import "../roll/roll.css";

export function OfficeRoll({ code, report }: { code: LessonCode; report: RollReport }) {
  const [picked, pick] = useState<LineId | null>(null);
  const text = words.value;
  const line = report.lines.find(({ id }) => id === picked);
  const { final_ms } = report.head;
  return (
    <section class="card final-roll" aria-label={text.finalRoll}>
      <h2>{text.finalRoll}</h2>
      {line === undefined ? (
        <>
          {final_ms !== null && <p class="hint">{text.final(timeOf(final_ms))}</p>}
          <LineList lines={report.lines} pick={pick} />
          <Files code={code} token={storage.staffLogin()?.token ?? ""} door="/api/v1" />
        </>
      ) : (
        <section class="editor" aria-label={text.change(line.name)}>
          <h3>{line.name}</h3>
          <p>{[statusOf(line, false), ...remarks(line, false)].join(" · ")}</p>
          <Evidence line={line} />
          <div class="row">
            <button type="button" class="button" onClick={() => pick(null)}>
              {schoolWords.value.backToRoll}
            </button>
          </div>
        </section>
      )}
    </section>
  );
}
