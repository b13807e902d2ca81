/**
 * What the server says about the people and the stage.
 *
 * Invariant: the server's word replaces ours; nothing here decides about rights.
 */
import type { Joined, Participant, ParticipantId, RollEntry } from "../protocol";
import { selfChanged } from "./class";
import type { Announcement, Turn } from "./state";
import { notify, send } from "./state";

/** Above this many people, comings and goings are noise for a screen reader. */
export const MAX_ANNOUNCED = 10;

export function snapshot(turn: Turn, joined: Joined): void {
  turn.room = {
    ...turn.room,
    you: joined.you,
    lesson: joined.lesson,
    participants: new Map(joined.participants.map((person) => [person.id, person])),
    total: joined.total,
    // New media takes us off the stage there; that ends no capture here, for we ask for it again.
    sharer: joined.sharer,
    speaking: [],
    roll: new Map(),
  };
}

export function presence(
  turn: Turn,
  changed: readonly Participant[],
  gone: readonly ParticipantId[],
  total: number,
): void {
  const participants = new Map(turn.room.participants);
  for (const person of changed) {
    const before = participants.get(person.id);
    announceChange(turn, before, person, total);
    if (before && person.id === turn.room.you) selfChanged(turn, before, person);
    participants.set(person.id, person);
  }
  for (const id of gone) {
    const person = participants.get(id);
    if (person && total < MAX_ANNOUNCED) announce(turn, "gone", person.name);
    participants.delete(id);
  }
  const stays = (id: ParticipantId) => participants.has(id);
  turn.room = {
    ...turn.room,
    participants,
    total,
    speaking: turn.room.speaking.filter(stays),
    lastSpoke: new Map([...turn.room.lastSpoke].filter(([id]) => stays(id))),
  };
}

export function speaking(turn: Turn, participants: readonly ParticipantId[]): void {
  const known = participants.filter((id) => turn.room.participants.has(id));
  const lastSpoke = new Map(turn.room.lastSpoke);
  for (const id of known) lastSpoke.set(id, turn.now);
  turn.room = { ...turn.room, speaking: known, lastSpoke };
}

export function stageChanged(turn: Turn, sharer: ParticipantId | null): void {
  const { you, mine } = turn.room;
  const lost = mine.screen && turn.room.sharer === you && sharer !== you;
  turn.room = { ...turn.room, sharer };
  if (lost) stopScreen(turn, "share_stopped");
}

export function roll(turn: Turn, entries: readonly RollEntry[]): void {
  const merged = new Map(turn.room.roll);
  for (const entry of entries) merged.set(entry.participant, entry);
  turn.room = { ...turn.room, roll: merged };
}

/** The server would not let us share: the capture ends too. */
export function shareRefused(turn: Turn): void {
  const { mine, sharer, you } = turn.room;
  if (mine.screen && sharer !== you) stopScreen(turn, null);
}

function stopScreen(turn: Turn, code: "share_stopped" | null): void {
  turn.room = { ...turn.room, mine: { ...turn.room.mine, screen: false } };
  turn.effects.push({ type: "stop_screen" });
  if (code !== null) notify(turn, code);
}

/** After a reconnect the seat may remember devices as they were before. */
export function sayWhatDiffers(turn: Turn): void {
  const { mine, you, participants } = turn.room;
  const seat = you === null ? undefined : participants.get(you);
  const differs = seat?.microphone !== mine.microphone || seat.camera !== mine.camera;
  if (mine.screen || differs) send(turn, { type: "set_media", ...mine });
}

function announceChange(
  turn: Turn,
  before: Participant | undefined,
  after: Participant,
  total: number,
): void {
  if (after.id === turn.room.you) return;
  if (!before && total <= MAX_ANNOUNCED) announce(turn, "came", after.name);
  if (before && before.hand_ms === null && after.hand_ms !== null) {
    announce(turn, "hand_raised", after.name);
  }
}

function announce(turn: Turn, kind: Announcement["kind"], name: string): void {
  turn.effects.push({ type: "announce", what: { kind, name } });
}
