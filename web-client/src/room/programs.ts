/**
 * Programs that publish and play without a page (OBS, a display), and the stream key they come with.
 *
 * Invariant: the server says a key once; we show the one we keep only while the server says that the
 * key of that moment is the one that opens.
 */
import type { Program, ServerMessage } from "../protocol";
import type { Turn } from "./state";
import { send } from "./state";

/** A stream key as it was told to this page, in this visit or before a refresh. */
export interface KeptKey {
  readonly key: string;
  /** By the server's clock; says which key of the lesson it is. */
  readonly madeMs: number;
}

/** What the server said last; null before we asked. */
export interface ProgramsView {
  /** The key that opens, if this page knows it. */
  readonly key: string | null;
  readonly keyMadeMs: number | null;
  readonly connected: readonly Program[];
}

export function told(turn: Turn, said: Extract<ServerMessage, { type: "programs" }>): void {
  const { seat, programs } = turn.room;
  const madeMs = said.key_made_ms;
  let key = said.key ?? null;
  if (key !== null && madeMs !== null) {
    turn.effects.push({ type: "keep_stream_key", kept: { key, madeMs } });
  } else if (programs?.keyMadeMs === madeMs) key = programs.key;
  if (key === null && seat.streamKey?.madeMs === madeMs) key = seat.streamKey.key;
  turn.room = {
    ...turn.room,
    programs: { key, keyMadeMs: madeMs, connected: said.programs },
  };
}

/** A new socket: what changed while it was away was told to nobody here. */
export function rejoined(turn: Turn): void {
  if (turn.room.programs !== null) send(turn, { type: "programs", new_key: false });
}
