/**
 * The class in the lesson: its rules, the door, the microphone that others may turn off.
 *
 * Invariant: what the page offers follows the server's word; whoever asks for more is refused there.
 */
import type {
  ClientMessage,
  Participant,
  RemovedPerson,
  Role,
  Rules,
  WaitingPerson,
} from "../protocol";
import type { Room, Turn } from "./state";
import { notify } from "./state";

/** What staff may ask of the class. */
export type ClassMessage = Extract<
  ClientMessage,
  {
    type:
      | "allow_share"
      | "mute"
      | "mute_all"
      | "lock_microphones"
      | "give_floor"
      | "lower_hand"
      | "lower_all_hands"
      | "remove"
      | "readmit"
      | "lock_lesson"
      | "set_lobby"
      | "admit"
      | "turn_away"
      | "delete_chat"
      | "set_chat"
      | "programs";
  }
>;

export function me(room: Room): Participant | null {
  return room.you === null ? null : (room.participants.get(room.you) ?? null);
}

/** Gives the lesson, or helps to. */
export function isStaff(person: Participant | null): boolean {
  return person?.role === "teacher" || person?.role === "assistant";
}

const RANK: Record<Role, number> = { observer: 0, student: 0, assistant: 1, teacher: 2 };
const OWNER = 3;

/** Whether we stand above somebody in the class; whose lesson it is stands above all. */
export function standsAbove(room: Room, role: Role): boolean {
  const person = me(room);
  if (person === null) return false;
  const owns = person.role === "teacher" && room.seat.teacherToken !== null;
  return (owns ? OWNER : RANK[person.role]) > RANK[role];
}

/** Whether the own microphone may be turned on; before we are inside nobody has said no. */
export function maySpeak(room: Room): boolean {
  return me(room)?.may_speak ?? true;
}

/** What is to be said about the own microphone for as long as it holds. */
export function microphoneAdvice(room: Room): "floor" | "muted" | null {
  if (room.mine.microphone) return null;
  if (me(room)?.floor && maySpeak(room)) return "floor";
  return room.muted && maySpeak(room) ? "muted" : null;
}

export function rulesChanged(turn: Turn, rules: Rules): void {
  const before = turn.room.rules;
  turn.room = { ...turn.room, rules };
  if (before.microphones_locked === rules.microphones_locked) return;
  // The lock says more than who turned it.
  mutedSeen(turn);
  if (me(turn.room)?.role !== "student") return;
  notify(turn, rules.microphones_locked ? "microphones_locked" : "microphones_free");
}

export function lobbyChanged(turn: Turn, lobby: readonly WaitingPerson[]): void {
  const known = new Set(turn.room.lobby.map((person) => person.id));
  turn.room = { ...turn.room, lobby };
  for (const { id, name } of lobby) {
    if (!known.has(id)) turn.effects.push({ type: "announce", what: { kind: "waits", name } });
  }
}

export function removedChanged(turn: Turn, removed: readonly RemovedPerson[]): void {
  turn.room = { ...turn.room, removed };
}

/** The server drops our voice from now on: the page is silent too, and says so. */
export function muted(turn: Turn, byPerson: boolean): void {
  if (!turn.room.mine.microphone) return;
  silence(turn);
  turn.room = { ...turn.room, muted: byPerson };
}

export function mutedSeen(turn: Turn): void {
  turn.room = { ...turn.room, muted: false };
}

/** We asked to be heard, and may not. */
export function speechRefused(turn: Turn): void {
  silence(turn);
  notify(turn, whyNotSpeak(turn.room));
}

/** Whether the own camera and screen may be shown: not by who only looks on. */
export function maySend(room: Room): boolean {
  return me(room)?.role !== "observer";
}

/** Why the microphone's button does not turn it on. */
export function whyNotSpeak(room: Room): "microphones_locked" | "only_listening" {
  return maySend(room) ? "microphones_locked" : "only_listening";
}

/** What changed about ourselves that we should be told. */
export function selfChanged(turn: Turn, before: Participant, after: Participant): void {
  if (!before.may_share && after.may_share) notify(turn, "may_share");
  // That microphones are locked is no longer true of us.
  const stale = turn.room.notice?.code === "microphones_locked";
  if (!before.floor && after.floor && stale) turn.room = { ...turn.room, notice: null };
  if (before.floor && !after.floor && turn.room.rules.microphones_locked)
    notify(turn, "floor_taken");
  if (!after.may_speak) silence(turn);
}

/** A new socket: whoever was muted while it was away, or may not speak any more, does not try. */
export function rejoined(turn: Turn, rules: Rules): void {
  turn.room = { ...turn.room, door: null, rules, lobby: [], removed: [] };
  if (!maySend(turn.room)) return lookOn(turn);
  const wasMuted = turn.room.connection.joinedHeard && me(turn.room)?.microphone === false;
  if (wasMuted) muted(turn, maySpeak(turn.room));
  else if (!maySpeak(turn.room)) silence(turn);
}

/** What was turned on before we knew that we only look on. */
function lookOn(turn: Turn): void {
  const { microphone, camera } = turn.room.mine;
  if (!microphone && !camera) return;
  turn.room = { ...turn.room, mine: { microphone: false, camera: false, screen: false } };
  turn.effects.push({ type: "close_devices" });
  notify(turn, "only_listening");
}

function silence(turn: Turn): void {
  if (!turn.room.mine.microphone) return;
  turn.room = { ...turn.room, mine: { ...turn.room.mine, microphone: false } };
  turn.effects.push({ type: "stop_microphone" });
}
