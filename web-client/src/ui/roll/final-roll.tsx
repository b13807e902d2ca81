/**
 * The roll after the bell: look once more, change by tapping, make it final, take that back.
 *
 * Invariant: nothing is final before five seconds without an undo have passed.
 */
import { useCallback, useEffect, useState } from "preact/hooks";
import type { RollDoor } from "../../api";
import { changeRoll, rollReport } from "../../api";
import { timeOf } from "../../i18n";
import { words } from "../../i18n/roll";
import type { LessonCode, LineId, RollChange, RollReport } from "../../protocol";
import { Files } from "./files";
import { LineEditor } from "./line-editor";
import { LineList } from "./line-list";
import "./roll.css";

const UNDO_SECONDS = 5;

interface FinalRollProps {
  readonly code: LessonCode;
  readonly token: string;
  readonly door?: RollDoor;
}

export default function FinalRoll({ code, token, door = "/api" }: FinalRollProps) {
  const [report, setReport] = useState<RollReport | null>(null);
  const [edited, edit] = useState<LineId | null>(null);
  const [left, setLeft] = useState<number | null>(null);
  const [failed, setFailed] = useState(false);
  const text = words.value;

  const change = useCallback(
    async (what: RollChange | null) => {
      const asked =
        what === null ? rollReport(code, token, door) : changeRoll(code, token, what, door);
      const answer = await asked;
      setFailed(!answer.ok);
      if (answer.ok) setReport(answer.value);
    },
    [code, token, door],
  );
  useEffect(() => void change(null), [change]);
  useEffect(() => {
    if (left === null) return;
    const timer = setTimeout(() => {
      setLeft(left > 1 ? left - 1 : null);
      if (left <= 1) void change({ type: "final" });
    }, 1_000);
    return () => clearTimeout(timer);
  }, [left, change]);

  const final = report?.head.final_ms ?? null;
  const line = report?.lines.find((one) => one.id === edited);
  return (
    <section class="card final-roll" aria-label={text.finalRoll}>
      <h2>{text.finalRoll}</h2>
      {failed && (
        <p class="field-error" role="alert">
          {text.failed}
        </p>
      )}
      {line !== undefined && (
        <LineEditor
          key={line.id}
          line={line}
          done={() => edit(null)}
          change={(status, reason) => void change({ type: "set", line: line.id, status, reason })}
        />
      )}
      {report !== null && line === undefined && (
        <>
          <LineList lines={report.lines} pick={edit} />
          <div class="row" role="status">
            {final === null && left === null && (
              <button type="button" class="button primary" onClick={() => setLeft(UNDO_SECONDS)}>
                {text.makeFinal}
              </button>
            )}
            {left !== null && (
              <>
                <span>{text.makingFinal(left)}</span>
                <button type="button" class="button" onClick={() => setLeft(null)}>
                  {text.undo}
                </button>
              </>
            )}
            {final !== null && (
              <>
                <span>{text.final(timeOf(final))}</span>
                <button
                  type="button"
                  class="button"
                  onClick={() => void change({ type: "reopen" })}
                >
                  {text.reopen}
                </button>
              </>
            )}
          </div>
          <Files code={code} token={token} door={door} />
        </>
      )}
    </section>
  );
}
