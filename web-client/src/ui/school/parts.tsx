/**
 * Small parts that the school's pages share: a heading, a link, a choice, a tick, a code.
 *
 * Invariant: whoever cannot see where they have got to hears it: a new page's heading takes the focus.
 */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { QrPath } from "../../school-protocol";
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

export function Qr({ qr, label }: { qr: QrPath; label: string }) {
  return (
    <svg class="qr" viewBox={`0 0 ${qr.size} ${qr.size}`} role="img" aria-label={label}>
      <path d={qr.path} />
    </svg>
  );
}
