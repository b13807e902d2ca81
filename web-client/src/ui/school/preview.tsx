/**
 * What a list would change, and which of its lines cannot be read.
 *
 * Invariant: every problem names its line and shows it as it was typed.
 */
import { words } from "../../i18n/school";
import type { BadLine, RosterChange, RosterName } from "../../school-protocol";

/** More lines than this tell nobody anything new. */
const MOST_SHOWN = 40;

export function BadLines({ lines, typed }: { lines: readonly BadLine[]; typed: string }) {
  const text = words.value;
  const typedLines = typed.split(/\r\n|\r|\n/);
  return (
    <div class="bad-lines" role="alert">
      <p class="field-error">{text.problem.bad_lines}</p>
      <ul>
        {lines.slice(0, MOST_SHOWN).map(({ line, problem }) => (
          <li key={line}>
            <strong>{text.lineNumber(line)}</strong> {text.lineProblem[problem]}
            <code>{typedLines[line - 1]?.slice(0, 80)}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

export function Preview({ change }: { change: RosterChange }) {
  const text = words.value;
  const { added, unchanged, renamed, missing, repeated, namesakes } = change;
  return (
    <div class="preview-list">
      <p class="field-hint" role="status">
        {text.studentsAfter(change.students)}
      </p>
      <Names title={text.willAdd(added.length)} names={added} open />
      {unchanged > 0 && <p>{text.unchanged(unchanged)}</p>}
      {renamed.length > 0 && (
        <details open>
          <summary>{text.willRename(renamed.length)}</summary>
          <ul>
            {renamed.slice(0, MOST_SHOWN).map(({ person, from, to }) => (
              <li key={person}>
                {from} → {to}
              </li>
            ))}
          </ul>
        </details>
      )}
      <Names
        title={(change.missing_removed ? text.willRemove : text.notInList)(missing.length)}
        names={missing}
      />
      <Names title={text.repeated(repeated.length)} names={repeated} />
      <Names title={text.namesakes(namesakes.length)} names={namesakes} open />
    </div>
  );
}

interface NamesProps {
  readonly title: string;
  readonly names: readonly Pick<RosterName, "name">[];
  readonly open?: boolean;
}

function Names({ title, names, open = false }: NamesProps) {
  if (names.length === 0) return null;
  return (
    <details open={open}>
      <summary>{title}</summary>
      <ol>
        {names.slice(0, MOST_SHOWN).map(({ name }, index) => (
          <li key={index}>{name}</li>
        ))}
      </ol>
      {names.length > MOST_SHOWN && <p>…</p>}
    </details>
  );
}
