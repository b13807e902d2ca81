/**
 * A soft bell for who gives the lesson when somebody comes to its door.
 *
 * Invariant: rings once for each who comes, wherever the page shows them.
 */
import { useEffect } from "preact/hooks";
import type { Session } from "../session";
import { chime } from "./chime";

/** A fifth down. */
const SOMEBODY = [784, 523];
const LOUDNESS = 0.08;

export function useDoorbell(session: Session): void {
  const last = Math.max(0, ...session.room.value.lobby.map((person) => person.id));
  useEffect(() => {
    if (last > 0) chime(SOMEBODY, LOUDNESS);
  }, [last]);
}
