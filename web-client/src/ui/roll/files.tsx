/**
 * The roll as files.
 *
 * Invariant: the token goes in a header, never into an address.
 */
import { useState } from "preact/hooks";
import type { RollDoor, RollFile } from "../../api";
import { rollFile } from "../../api";
import { words } from "../../i18n/roll";
import type { LessonCode } from "../../protocol";
import { Icon } from "../icons";

interface FilesProps {
  readonly code: LessonCode;
  readonly token: string;
  readonly door?: RollDoor;
}

export function Files({ code, token, door = "/api" }: FilesProps) {
  const [failed, setFailed] = useState(false);
  const [short, setShort] = useState(false);
  const text = words.value;
  async function download(file: RollFile): Promise<void> {
    const answer = await rollFile(code, token, file, short, door);
    setFailed(!answer.ok);
    if (answer.ok) save(answer.value, `${code}.${file.startsWith("roll.csv") ? "csv" : "xlsx"}`);
  }
  const files: [RollFile, string][] = [
    ["roll.csv", text.csv],
    ["roll.xlsx", text.excel],
    ["roll.csv?separator=semicolon", text.csvSemicolon],
  ];
  return (
    <section class="files" aria-label={text.files}>
      <div class="row">
        {files.map(([file, name]) => (
          <button key={file} type="button" class="button" onClick={() => download(file)}>
            <Icon name="download" />
            {name}
          </button>
        ))}
      </div>
      <label class="tick">
        <input type="checkbox" checked={short} onChange={() => setShort(!short)} />
        {text.shortForm}
      </label>
      {failed && (
        <p class="field-error" role="alert">
          {text.failed}
        </p>
      )}
    </section>
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
