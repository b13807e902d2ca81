/**
 * Every seat and how often it was lost, for the teacher.
 *
 * Invariant: shows what the server says and computes nothing of its own.
 */
import { t, timeOf } from "../../i18n";
import type { RollEntry } from "../../protocol";
import type { Session } from "../../session";

export function Connections({ session }: { session: Session }) {
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
        {t.value.role[entry.role] !== null && <small>{t.value.role[entry.role]}</small>}
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
