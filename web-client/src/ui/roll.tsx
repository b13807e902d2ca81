/**
 * The roll as it stands, for the teacher, and its CSV.
 *
 * Invariant: shows what the server says and computes nothing of its own.
 */
import { useState } from "preact/hooks";
import { rollCsv } from "../api";
import { t, timeOf } from "../i18n";
import type { RollEntry } from "../protocol";
import type { Session } from "../session";
import * as storage from "../storage";
import { Icon } from "./icons";

export function Roll({ session }: { session: Session }) {
  const { roll, lesson } = session.room.value;
  const entries = [...roll.values()].sort((a, b) => a.joined_ms - b.joined_ms);
  const words = t.value;
  return (
    <>
      <div class="roll-head">
        {lesson !== null && (
          <p class="hint">
            {words.date(new Date(lesson.started_ms))}, {words.since(timeOf(lesson.started_ms))}
          </p>
        )}
        <DownloadButton session={session} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: on a phone it scrolls sideways, by keys too. */}
      <section class="roll-table" aria-label={words.roll} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.name}</th>
              <th scope="col">{words.status}</th>
              <th scope="col">{words.joined}</th>
              <th scope="col">{words.timesAway}</th>
              <th scope="col">{words.rejoins}</th>
            </tr>
          </thead>
          <tbody>
            {entries.map((entry) => (
              <Row key={entry.participant} entry={entry} />
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Row({ entry }: { entry: RollEntry }) {
  return (
    <tr>
      <th scope="row">
        {entry.name}
        {entry.role === "teacher" && <small>{t.value.teacher}</small>}
      </th>
      <td>
        <span class={`roll-status ${entry.status}`}>{t.value.rollStatus[entry.status]}</span>
        {entry.last_seen_ms !== null && <small>{timeOf(entry.last_seen_ms)}</small>}
      </td>
      <td>{timeOf(entry.joined_ms)}</td>
      <td>{entry.times_away}</td>
      <td>{entry.rejoins}</td>
    </tr>
  );
}

function DownloadButton({ session }: { session: Session }) {
  const [failed, setFailed] = useState(false);
  const { code } = session.room.value.seat;
  // Without the token (another browser took the teacher's seat) there is nothing to offer.
  const token = storage.teacherToken(code);
  if (token === null) return null;

  async function download(teacherToken: string): Promise<void> {
    const answer = await rollCsv(code, teacherToken);
    setFailed(!answer.ok);
    if (answer.ok) save(answer.value, `${code}.csv`);
  }

  return (
    <>
      <button type="button" class="button" onClick={() => download(token)}>
        <Icon name="download" />
        {t.value.downloadCsv}
      </button>
      {failed && (
        <p class="field-error" role="alert">
          {t.value.unreachable}
        </p>
      )}
    </>
  );
}

function save(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser has taken the blob by the next turn.
  setTimeout(() => URL.revokeObjectURL(url), 0);
}
