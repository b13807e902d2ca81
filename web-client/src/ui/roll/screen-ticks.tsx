/**
 * A class behind one screen: everybody who sits there, ticked.
 *
 * Invariant: whoever came on a device of their own is not offered.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/roll";
import type { LineId, RollLine } from "../../protocol";
import type { Session } from "../../session";

interface ScreenTicksProps {
  readonly session: Session;
  readonly screen: RollLine;
  readonly lines: readonly RollLine[];
  readonly done: () => void;
}

export function ScreenTicks({ session, screen, lines, done }: ScreenTicksProps) {
  const others = lines.filter((line) => line.expected && line.now === null);
  const seated = others.some((line) => line.at_screen_of === screen.name);
  // One tap for a whole class: everybody is ticked to begin with.
  const ticked = (line: RollLine) => !seated || line.at_screen_of === screen.name;
  const [chosen, choose] = useState(() => new Set(others.filter(ticked).map((line) => line.id)));
  const text = words.value;
  function toggle(id: LineId): void {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    choose(next);
  }
  return (
    <section class="editor" aria-label={text.severalHere}>
      <h3>{screen.name}</h3>
      <p class="hint">{text.severalHint}</p>
      <ul class="lines">
        {others.map((line) => (
          <li key={line.id}>
            <label class="tick">
              <input
                type="checkbox"
                checked={chosen.has(line.id)}
                onChange={() => toggle(line.id)}
              />
              {line.name}
            </label>
          </li>
        ))}
      </ul>
      <div class="row">
        <button
          type="button"
          class="button primary"
          onClick={() => {
            session.dispatch({
              type: "roll",
              message: { type: "mark_in_room", screen: screen.id, lines: [...chosen] },
            });
            done();
          }}
        >
          {text.done}
        </button>
        <button type="button" class="button" onClick={done}>
          {text.cancel}
        </button>
      </div>
    </section>
  );
}
