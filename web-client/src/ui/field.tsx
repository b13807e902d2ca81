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
  readonly type?: "text" | "password" | "number" | "search";
  readonly hint?: string;
  readonly min?: number;
  readonly max?: number;
}

export function Field(props: FieldProps) {
  const id = useId();
  const {
    label,
    value,
    onInput,
    error = null,
    spellcheck = true,
    type = "text",
    hint,
    ...rest
  } = props;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        {...rest}
        id={id}
        // The typings know one shape per kind of input; these four take the same attributes.
        type={type as "text"}
        value={value}
        spellcheck={spellcheck}
        aria-invalid={error !== null}
        aria-describedby={error !== null ? `${id}-error` : hint && `${id}-hint`}
        onInput={(event) => onInput(event.currentTarget.value)}
      />
      {hint !== undefined && error === null && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error !== null && (
        <p class="field-error" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
    </div>
  );
}
