/**
 * Small parts that the school's pages share: a heading, a link, a choice, a password, a code.
 *
 * Invariant: whoever cannot see where they have got to hears it: a new page's heading takes the focus.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { words } from "../../i18n/school";
import type { QrPath } from "../../school-protocol";
import { Field } from "../field";
import { Icon } from "../icons";
import { follow } from "../navigation";

/** The first page was asked for by its address: the browser says its title. */
let isFirstPage = true;

export function Title({ text, over }: { text: string; over?: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!isFirstPage) heading.current?.focus();
    isFirstPage = false;
  }, []);
  useEffect(() => {
    document.title = `${text} · Homeroom`;
  }, [text]);
  return (
    <div class="lesson-title">
      {over !== undefined && over !== "" && <p class="overline">{over}</p>}
      <h1 tabIndex={-1} ref={heading}>
        {text}
      </h1>
    </div>
  );
}

interface GoProps {
  readonly to: string;
  readonly children: ComponentChildren;
  readonly class?: string;
  readonly current?: boolean;
}

export function Go({ to, children, current = false, ...rest }: GoProps) {
  return (
    <a
      {...rest}
      href={to}
      aria-current={current ? "page" : undefined}
      onClick={(event) => follow(event, to)}
    >
      {children}
    </a>
  );
}

interface ChoiceProps<V extends string> {
  readonly label: string;
  readonly value: V;
  readonly options: readonly (readonly [V, string])[];
  readonly onChange: (value: V) => void;
  readonly quiet?: boolean;
}

export function Choice<V extends string>(props: ChoiceProps<V>) {
  const { label, value, options, onChange, quiet = false } = props;
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={quiet ? "visually-hidden" : undefined}>
        {label}
      </label>
      <select id={id} value={value} onChange={(event) => onChange(event.currentTarget.value as V)}>
        {options.map(([option, name]) => (
          <option key={option} value={option}>
            {name}
          </option>
        ))}
      </select>
    </div>
  );
}

interface TickProps {
  readonly label: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly hint?: string;
}

export function Tick({ label, on, onChange, hint }: TickProps) {
  return (
    <label class="tick">
      <input
        type="checkbox"
        checked={on}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        {label}
        {hint !== undefined && <small>{hint}</small>}
      </span>
    </label>
  );
}

interface PasswordProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly autoComplete: "new-password" | "current-password";
  readonly error?: string | null;
  readonly hint?: string;
}

export function Password(props: PasswordProps) {
  const [shown, show] = useState(false);
  return (
    <div class="password">
      <Field {...props} type={shown ? "text" : "password"} spellcheck={false} />
      <button type="button" class="text-button" aria-pressed={shown} onClick={() => show(!shown)}>
        {shown ? words.value.hidePassword : words.value.showPassword}
      </button>
    </div>
  );
}

export function Qr({ qr, label }: { qr: QrPath; label: string }) {
  return (
    <svg class="qr" viewBox={`0 0 ${qr.size} ${qr.size}`} role="img" aria-label={label}>
      <path d={qr.path} />
    </svg>
  );
}

const COPIED_MS = 2_000;

/** A secret to hand over: the text itself, selected by a tap, and a button that copies it. */
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

interface ConfirmProps {
  readonly name: string;
  readonly question: string;
  readonly run: () => void;
}

/** Something that cannot be undone with a tap: asked once more in place, never over the page. */
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
