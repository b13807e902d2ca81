/**
 * The button below a list that goes on.
 *
 * Invariant: not there when all is shown.
 */
import { words } from "../../i18n/school";
import type { List } from "./list";

export function More<T>({ list }: { list: List<T> }) {
  const { more } = list;
  if (more === null) return null;
  return (
    <button type="button" class="button" onClick={() => void more()}>
      {words.value.more}
    </button>
  );
}
