/**
 * The strip of who waits at the door, where somebody does.
 *
 * Invariant: stands beside what people press, so that nothing moves under their hand when somebody
 * comes; only on a phone, where the panel covers the lesson, the strip is in the panel.
 */
import type { Session } from "../session";
import { lazy } from "./lazy";

const LobbyStrip = lazy<{ session: Session }>(() => import("./class/lobby-strip"));

export function Lobby({ session }: { session: Session }) {
  return session.room.value.lobby.length > 0 ? <LobbyStrip session={session} /> : null;
}
