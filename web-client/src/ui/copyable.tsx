/**
 * A text to hand over: shown to be read and selected, or hidden, with a button that copies it.
 *
 * Invariant: what was copied says so, and works without https too; what is hidden is not in the page.
 */
import { useId, useState } from "preact/hooks";
import { t } from "../i18n";
import { Icon } from "./icons";

const COPIED_MS = 2_000;
/** As long as nobody learns anything of the length. */
const DOTS = "••••••••••••";

interface CopyableProps {
  readonly label: string;
  readonly text: string;
  /** What the button says. */
  readonly copy: string;
  /** The label is for screen readers alone. */
  readonly quiet?: boolean;
  /** The text is a secret: what the button says that shows it, and the one that hides it again. */
  readonly secret?: { readonly show: string; readonly hide: string };
}

export function Copyable({ label, text, copy, quiet = false, secret }: CopyableProps) {
  const id = useId();
  const [shown, show] = useState(secret === undefined);
  const [copied, setCopied] = useState(false);
  async function press(): Promise<void> {
    if (!(await copyText(text))) return;
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  }
  return (
    <div class="copyable">
      <label for={id} class={quiet ? "visually-hidden" : undefined}>
        {label}
      </label>
      <input
        id={id}
        class="link"
        type="text"
        readOnly
        autocomplete="off"
        translate={false}
        value={shown ? text : DOTS}
        onFocus={(event) => event.currentTarget.select()}
      />
      {secret !== undefined && (
        <button
          type="button"
          class="button"
          aria-label={`${shown ? secret.hide : secret.show}: ${label}`}
          onClick={() => show(!shown)}
        >
          {shown ? secret.hide : secret.show}
        </button>
      )}
      <button
        type="button"
        class="button"
        aria-label={quiet ? undefined : `${copy}: ${label}`}
        onClick={press}
      >
        <Icon name={copied ? "check" : "copy"} />
        <span aria-live="polite">{copied ? t.value.copied : copy}</span>
      </button>
    </div>
  );
}

/** Without https there is no clipboard; the old way still copies what is selected. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const before = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (before instanceof HTMLElement) before.focus();
    return done;
  }
}
