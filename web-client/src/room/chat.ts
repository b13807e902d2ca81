/**
 * The chat as this page knows it: what was written, what is on its way, what is not yet read.
 *
 * Invariant: nothing that was written is lost: it waits for the line, or says that it was not sent.
 */
import type { Action, Audience, ChatMessage } from "../protocol";
import { isStaff, me } from "./class";
import type { Room, Turn } from "./state";
import { send } from "./state";

/** A message of ours that the server has not yet shown us. */
export interface Outgoing {
  readonly key: number;
  readonly text: string;
  readonly to: Audience;
  /** `waits` for the line, was `sent`, or `failed`. */
  readonly state: "waits" | "sent" | "failed";
}

export interface ChatView {
  /** In order of writing. */
  readonly messages: readonly ChatMessage[];
  readonly outgoing: readonly Outgoing[];
  /** The panel shows the chat now. */
  readonly shown: boolean;
  /** The last message that was on the screen. */
  readonly readTo: number;
  /** The last message of ours that was told: a new one answers what is on its way. */
  readonly oursTo: number;
  /** By the server's clock: what is older was there before we came, and calls nobody. */
  readonly sinceMs: number | null;
}

export const NO_CHAT: ChatView = {
  messages: [],
  outgoing: [],
  shown: false,
  readTo: 0,
  oursTo: 0,
  sinceMs: null,
};

/** More on their way than this, and the next has to wait: the server is slow or we are fast. */
export const MAX_OUTGOING = 5;
/** As many as the server tells of when somebody joins. */
const MAX_KEPT = 200;

/** To whom we may write now; nobody when empty. */
export function audiences(room: Room): readonly Audience[] {
  const person = me(room);
  if (isStaff(person)) return ["everyone", "teachers"];
  if (person?.role !== "student") return [];
  switch (room.rules.chat) {
    case "everyone":
      // Without an adult here students do not write to one another.
      return room.rules.paused ? ["teachers"] : ["everyone", "teachers"];
    case "teachers_only":
      return ["teachers"];
    case "off":
      return [];
    default:
      return room.rules.chat satisfies never;
  }
}

export function unread(room: Room): number {
  const { messages, readTo, sinceMs } = room.chat;
  const isNew = (message: ChatMessage) =>
    message.number > readTo && message.from !== room.you && message.at_ms >= (sinceMs ?? 0);
  return messages.filter(isNew).length;
}

export function write(turn: Turn, text: string, to: Audience): void {
  const { outgoing } = turn.room.chat;
  if (text.trim() === "" || outgoing.length >= MAX_OUTGOING) return;
  const key = Math.max(0, ...outgoing.map((one) => one.key)) + 1;
  set(turn, { outgoing: [...outgoing, { key, text, to, state: "waits" }] });
  sendWaiting(turn);
}

export function writeAgain(turn: Turn, key: number): void {
  const again = (one: Outgoing) =>
    one.key === key && one.state === "failed" ? { ...one, state: "waits" as const } : one;
  set(turn, { outgoing: turn.room.chat.outgoing.map(again) });
  sendWaiting(turn);
}

export function writeNot(turn: Turn, key: number): void {
  set(turn, { outgoing: turn.room.chat.outgoing.filter((one) => one.key !== key) });
}

export function shown(turn: Turn, isShown: boolean): void {
  set(turn, { shown: isShown });
  markRead(turn);
}

export function told(turn: Turn, messages: readonly ChatMessage[]): void {
  const known = new Set(turn.room.chat.messages.map((message) => message.number));
  const fresh = messages.filter((message) => !known.has(message.number));
  const all = [...turn.room.chat.messages, ...fresh].sort((a, b) => a.number - b.number);
  for (const message of fresh) {
    if (message.from === turn.room.you) arrived(turn, message);
    else announce(turn, message);
  }
  set(turn, { messages: all.slice(-MAX_KEPT) });
  markRead(turn);
}

export function deleted(turn: Turn, number: number): void {
  set(turn, { messages: turn.room.chat.messages.filter((one) => one.number !== number) });
}

/** An answer to what is on its way: the server takes messages in order. */
export function refused(turn: Turn, action: Action | undefined): void {
  if (action !== undefined && action !== "chat" && action !== "chat_to_teachers") return;
  const first = turn.room.chat.outgoing.find((one) => one.state === "sent");
  if (first === undefined) return;
  const failed = (one: Outgoing) => (one === first ? { ...one, state: "failed" as const } : one);
  set(turn, { outgoing: turn.room.chat.outgoing.map(failed) });
}

/**
 * A new socket tells all anew. Whether what was on its way had arrived is seen then: what is not
 * among it was not sent.
 */
export function rejoined(turn: Turn, nowMs: number): void {
  const { outgoing, sinceMs } = turn.room.chat;
  const doubt = (one: Outgoing) =>
    one.state === "sent" ? { ...one, state: "failed" as const } : one;
  set(turn, { messages: [], outgoing: outgoing.map(doubt), sinceMs: sinceMs ?? nowMs });
  sendWaiting(turn);
}

function sendWaiting(turn: Turn): void {
  if (turn.room.connection.phase !== "live") return;
  const { outgoing } = turn.room.chat;
  for (const { text, to, state } of outgoing) {
    if (state === "waits") send(turn, { type: "chat", text, to });
  }
  const sent = (one: Outgoing) =>
    one.state === "waits" ? { ...one, state: "sent" as const } : one;
  set(turn, { outgoing: outgoing.map(sent) });
}

/** One of ours is in the chat: the oldest of that text, or, as the server cleans, the oldest sent. */
function arrived(turn: Turn, { text, number }: ChatMessage): void {
  const { outgoing, oursTo } = turn.room.chat;
  if (number <= oursTo) return;
  const ours =
    outgoing.find((one) => one.text.trim() === text) ??
    outgoing.find((one) => one.state === "sent");
  set(turn, { outgoing: outgoing.filter((one) => one !== ours), oursTo: number });
}

function announce(turn: Turn, { name, at_ms }: ChatMessage): void {
  const { shown: isShown, sinceMs } = turn.room.chat;
  // What the panel shows is spoken by its own log.
  if (isShown || at_ms < (sinceMs ?? 0)) return;
  turn.effects.push({ type: "announce", what: { kind: "wrote", name } });
}

function markRead(turn: Turn): void {
  const { shown: isShown, messages, readTo } = turn.room.chat;
  const last = messages.at(-1)?.number ?? 0;
  if (isShown && last > readTo) set(turn, { readTo: last });
}

function set(turn: Turn, change: Partial<ChatView>): void {
  turn.room = { ...turn.room, chat: { ...turn.room.chat, ...change } };
}
