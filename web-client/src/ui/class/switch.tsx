/**
 * A labelled switch: pressing it asks for the other state.
 *
 * Invariant: its state is the one it is given; a request that is refused leaves it as it was.
 */
interface SwitchProps {
  readonly name: string;
  readonly on: boolean;
  readonly turn: (on: boolean) => void;
  readonly hint?: string;
  /** What a screen reader says instead of the name. */
  readonly label?: string;
}

export function Switch({ name, on, turn, hint, label }: SwitchProps) {
  return (
    <label class="switch">
      <input
        type="checkbox"
        role="switch"
        checked={on}
        aria-checked={on}
        aria-label={label ?? name}
        onChange={(event) => {
          const wanted = event.currentTarget.checked;
          event.currentTarget.checked = on;
          turn(wanted);
        }}
      />
      <span aria-hidden="true">
        {name}
        {hint !== undefined && <small>{hint}</small>}
      </span>
    </label>
  );
}
