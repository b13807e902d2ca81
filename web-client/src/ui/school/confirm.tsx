/**
 * Something that a tap cannot take back: asked once more in its place.
 *
 * Invariant: never a dialog over the page; the way back has the focus.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";

interface ConfirmProps {
  readonly name: string;
  readonly question: string;
  readonly run: () => void;
}

export function Confirm({ name, question, run }: ConfirmProps) {
  const [asking, ask] = useState(false);
  if (!asking) {
    return (
      <button type="button" class="button danger-text" onClick={() => ask(true)}>
        {name}
      </button>
    );
  }
  return (
    <div class="confirm" role="group" aria-label={name}>
      <p>{question}</p>
      <div class="row">
        <button
          type="button"
          class="button danger-text"
          onClick={() => {
            ask(false);
            run();
          }}
        >
          {name}
        </button>
        <button type="button" class="button" ref={focusIt} onClick={() => ask(false)}>
          {words.value.cancel}
        </button>
      </div>
    </div>
  );
}

function focusIt(button: HTMLButtonElement | null): void {
  button?.focus();
}
