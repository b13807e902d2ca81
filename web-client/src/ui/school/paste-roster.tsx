/**
 * A list of students, pasted or from a file, with what it would change shown while it is written.
 *
 * Invariant: the server alone says what a list means, before as after; a refused list stays as it was
 * typed.
 */
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { words } from "../../i18n/school";
import type { SchoolApi } from "../../school-api";
import type { ClassNumber, RosterChange } from "../../school-protocol";
import { Refused } from "./load";
import { Tick } from "./parts";
import { BadLines, Preview } from "./preview";
import { textOf } from "./roster-file";
import { useSend } from "./send";

/** Long enough not to ask at every key, short enough to seem alive. */
const PREVIEW_AFTER_MS = 350;

interface PasteRosterProps {
  readonly api: SchoolApi;
  readonly id: ClassNumber;
  readonly isNew: boolean;
  readonly done: (change: RosterChange) => void;
  readonly cancel: (() => void) | null;
}

export function PasteRoster({ api, id, isNew, done, cancel }: PasteRosterProps) {
  const [typed, type] = useState("");
  const [removeMissing, setRemoveMissing] = useState(false);
  const [preview, setPreview] = useState<RosterChange | null>(null);
  const check = useSend();
  const save = useSend();
  const field = useId();
  const asked = useRef(0);
  const text = words.value;
  const isEmpty = typed.trim() === "";

  useEffect(() => {
    asked.current += 1;
    const mine = asked.current;
    if (isEmpty) {
      setPreview(null);
      check.clear();
      return;
    }
    const timer = setTimeout(async () => {
      const body = { text: typed, remove_missing: removeMissing, check_only: true };
      const would = await api.pasteRoster(id, body);
      if (asked.current !== mine) return;
      setPreview(would.ok ? would.value : null);
      check.show(would.ok ? null : would.why);
    }, PREVIEW_AFTER_MS);
    return () => clearTimeout(timer);
  }, [api, id, typed, removeMissing]);

  async function paste(event: Event): Promise<void> {
    event.preventDefault();
    const body = { text: typed, remove_missing: removeMissing, check_only: false };
    const changed = await save.send(() => api.pasteRoster(id, body));
    if (changed !== null) done(changed.value);
  }

  async function read(input: HTMLInputElement): Promise<void> {
    const file = input.files?.[0];
    if (file !== undefined) type(textOf(await file.arrayBuffer()));
    // The same file can be chosen again after it was corrected.
    input.value = "";
  }

  const why = save.why ?? check.why;
  const isBad = why?.code === "bad_lines";
  return (
    <form class="card" onSubmit={paste} noValidate aria-label={text.studentList}>
      <div class="field">
        <label for={field}>{text.studentList}</label>
        <p class="field-hint" id={`${field}-hint`}>
          {text.studentListHint}
        </p>
        <textarea
          id={field}
          rows={10}
          value={typed}
          spellcheck={false}
          aria-describedby={isBad ? `${field}-check` : `${field}-hint`}
          aria-invalid={isBad}
          placeholder={text.studentListExample}
          onInput={(event) => {
            save.clear();
            type(event.currentTarget.value);
          }}
        />
      </div>
      <label class="button file-button">
        {text.chooseFile}
        <input
          type="file"
          class="visually-hidden"
          accept=".csv,.txt,text/csv,text/plain"
          onChange={(event) => void read(event.currentTarget)}
        />
      </label>
      {!isNew && (
        <Tick
          label={text.removeMissing}
          hint={text.removeMissingHint}
          on={removeMissing}
          onChange={setRemoveMissing}
        />
      )}
      <div id={`${field}-check`}>
        {isBad && <BadLines lines={why.lines} typed={typed} />}
        {why !== null && !isBad && <Refused why={why} />}
        {why === null && preview !== null && <Preview change={preview} />}
      </div>
      <div class="row">
        <button type="submit" class="button primary" disabled={save.busy || isEmpty}>
          {buttonText(preview, isNew)}
        </button>
        {cancel !== null && (
          <button type="button" class="button" onClick={cancel}>
            {text.cancel}
          </button>
        )}
      </div>
    </form>
  );
}

function buttonText(preview: RosterChange | null, isNew: boolean): string {
  const text = words.value;
  if (!isNew) return text.saveList;
  return preview === null ? text.addStudents : text.addSoMany(preview.added.length);
}
