/**
 * A secret to hand over: the text itself, selected by a tap, and a button that copies it.
 *
 * Invariant: what was copied says so, and works without https too.
 */
import { useId, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { words } from "../../i18n/school";
import { Icon } from "../icons";

const COPIED_MS = 2_000;

export function Copyable({ label, text }: { label: string; text: string }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [copied, setCopied] = useState(false);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without https there is no clipboard; the old way still copies what is selected.
      input.current?.select();
      if (!document.execCommand("copy")) return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_MS);
  }
  return (
    <div class="copyable">
      <label for={id} class="visually-hidden">
        {label}
      </label>
      <input
        id={id}
        ref={input}
        class="link"
        type="text"
        readOnly
        value={text}
        onFocus={(event) => event.currentTarget.select()}
      />
      <button type="button" class="button" onClick={copy}>
        <Icon name={copied ? "check" : "copy"} />
        <span aria-live="polite">{copied ? t.value.copied : words.value.copy}</span>
      </button>
    </div>
  );
}
