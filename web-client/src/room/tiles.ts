/**
 * Who is on the screen, in which place, and in which video slot.
 *
 * Invariant: a person who stays visible keeps both place and slot; only the newly visible move
 * into what became free.
 */
import type { Participant, ParticipantId } from "../protocol";
import type { Room, Turn } from "./state";
import { send } from "./state";

/** Somebody else's screen is what everyone looks at; our own we see on our own desk. */
export function watchesStage(room: Room): boolean {
  return room.sharer !== null && room.sharer !== room.you;
}

/** Recomputes tiles and slots after anything changed, and asks the server for the difference. */
export function arrange(turn: Turn): void {
  const { room } = turn;
  const tiles = keepPlaces(room.tiles, wanted(room));
  const slots = keepSlots(room.slots, tiles, room.capacity.slots);
  if (!same(tiles, room.tiles) || !same(slots, room.slots)) {
    turn.room = { ...room, tiles, slots };
  }
}

/** Tells the server who is watched and how high, when that changed since `before`. */
export function watchChanges(turn: Turn, before: Room): void {
  const { slots, tileHeight, connection } = turn.room;
  const fresh = connection.phase === "live" && before.connection.phase !== "live";
  const changed = !same(slots, before.slots) || tileHeight !== before.tileHeight;
  // A session whose media was renewed starts with empty slots on the server.
  const renewed = connection.media === "connecting" && before.connection.media !== "connecting";
  if (connection.phase === "live" && (fresh || changed || renewed)) {
    const heights = slots.map((id) => (id === null ? 0 : tileHeight));
    send(turn, { type: "watch", slots: [...slots], ...(tileHeight > 0 && { heights }) });
  }
}

function wanted(room: Room): ParticipantId[] {
  const limit = watchesStage(room) ? room.capacity.stage : room.capacity.grid;
  const others = [...room.participants.values()].filter((person) => person.id !== room.you);
  others.sort((a, b) => compareRank(rank(room, a), rank(room, b)));
  return others.slice(0, Math.min(limit, room.capacity.slots)).map((person) => person.id);
}

/** Smaller is more important; compared from left to right. The id makes it a total order. */
function rank(room: Room, person: Participant): number[] {
  return [
    person.id === room.sharer ? 0 : 1,
    person.role === "teacher" ? 0 : 1,
    person.state === "here" ? 0 : 1,
    person.hand_ms ?? Number.MAX_SAFE_INTEGER,
    -(room.lastSpoke.get(person.id) ?? 0),
    person.camera ? 0 : 1,
    person.id,
  ];
}

function compareRank(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < a.length; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

function keepPlaces(
  before: readonly ParticipantId[],
  wanted: readonly ParticipantId[],
): ParticipantId[] {
  const coming = wanted.filter((id) => !before.includes(id));
  const places: (ParticipantId | undefined)[] = before.map((id) =>
    wanted.includes(id) ? id : coming.shift(),
  );
  return [...places, ...coming].filter((id): id is ParticipantId => id !== undefined);
}

function keepSlots(
  before: readonly (ParticipantId | null)[],
  tiles: readonly ParticipantId[],
  count: number,
): (ParticipantId | null)[] {
  const coming = tiles.filter((id) => !before.slice(0, count).includes(id));
  return Array.from({ length: count }, (_, slot) => {
    const id = before[slot];
    return id != null && tiles.includes(id) ? id : (coming.shift() ?? null);
  });
}

function same<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
