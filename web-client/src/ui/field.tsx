/**
 * A labelled text field with its own error line.
 *
 * Invariant: the label and the error belong to the field for every assistive tool.
 */
import { useId } from "preact/hooks";

interface FieldProps {
  readonly label: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly error?: string | null;
  readonly placeholder?: string;
  readonly maxLength?: number;
  readonly autoComplete?: string;
  readonly spellcheck?: boolean;
}

export function Field(props: FieldProps) {
  const id = useId();
  const { label, value, onInput, error = null, spellcheck = true, ...rest } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...rest}
        id={id}
        type="text"
        value={value}
        spellcheck={spellcheck}
        aria-invalid={error !== null}
        aria-describedby={error === null ? undefined : `${id}-error`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {error !== null && (
        <p class="field-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
