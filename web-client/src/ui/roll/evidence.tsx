/**
 * What a line rests on: the same table for the teacher and for the pupil.
 *
 * Invariant: every figure is the server's; nothing is computed but minutes from milliseconds.
 */
import { timeOf } from "../../i18n";
import { words } from "../../i18n/roll";
import type { RollLine } from "../../protocol";

export function Evidence({ line }: { line: RollLine }) {
  const text = words.value;
  const { facts } = text;
  const minutes = (ms: number) => text.minutes(Math.floor(ms / 60_000));
  const lost = (name: string, ms: number): [string, string][] =>
    ms >= 1_000 ? [[name, ms < 60_000 ? text.seconds(Math.floor(ms / 1_000)) : minutes(ms)]] : [];
  const count = (name: string, count: number): [string, string][] =>
    count > 0 ? [[name, String(count)]] : [];
  const at = (name: string, ms: number | null): [string, string][] =>
    ms === null ? [] : [[name, timeOf(ms)]];
  const rows: [string, string][] = [
    ...at(facts.first_heard, line.first_heard_ms),
    ...at(facts.last_heard, line.last_heard_ms),
    [facts.heard, minutes(line.heard_ms)],
    [facts.possible, minutes(line.possible_ms)],
    [facts.connected, minutes(line.connected_ms)],
    ...lost(facts.ours, line.ours_ms),
    ...lost(facts.line, line.line_ms),
    ...lost(facts.device, line.device_ms),
    [facts.sessions, String(line.sessions)],
    [facts.checks, text.of(line.checks_answered, line.checks_sent)],
    ...lost(facts.spoke, line.spoke_ms),
    ...count(facts.hands, line.hands),
    ...count(facts.messages, line.messages),
  ];
  return (
    <section class="evidence" aria-label={text.evidence}>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="hint">{text.limit}</p>
    </section>
  );
}
