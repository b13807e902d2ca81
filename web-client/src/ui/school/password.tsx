/**
 * A password, hidden until whoever types it wants to see it.
 *
 * Invariant: shown or hidden, it is the same field to assistive tools and password managers.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import { Field } from "../field";

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
