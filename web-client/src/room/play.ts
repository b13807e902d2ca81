/**
 * A room on a virtual clock, for tests: what happens to it, and what it asked for.
 *
 * Invariant: only tests import this.
 */
import type { Joined, Participant, Rules, ServerMessage } from "../protocol";
import { PROTOCOL_VERSION } from "../protocol";
import {
  type Effect,
  handle,
  newRoom,
  type Room,
  type RoomEvent,
  type Seat,
  wakeAt,
} from "../room";

export const CODE = "k7m-3xh-rp2";
export const DEVICE = "h3Jd9sQx7Lm2VbT5yRz8Kw";
export const OFFER = { sdp: "v=0", layout: { audio_slots: ["4"], video_slots: ["7", "8"] } };

/** A room, its clock, and everything it asked for since the last look. */
export class Play {
  room: Room;
  now = 1_000;
  private effects: Effect[] = [];

  constructor(tokens: Partial<Seat> = {}) {
    this.room = newRoom(
      { code: CODE, name: "Timur", seatToken: null, teacherToken: null, device: DEVICE, ...tokens },
      { microphone: false, camera: true, screen: false },
      { slots: 2, grid: 2, stage: 1 },
      7,
    );
  }

  do(...events: RoomEvent[]): this {
    for (const event of events) {
      const step = handle(this.room, event, this.now);
      this.room = step.room;
      this.effects.push(...step.effects);
    }
    return this;
  }

  hear(message: ServerMessage): this {
    return this.do({ type: "server", message });
  }

  wait(ms: number): this {
    this.now += ms;
    return this.do({ type: "clock" });
  }

  /** Sleeps as the shell does: until the room wants to be woken. */
  sleep(): this {
    const at = wakeAt(this.room);
    if (at === null) throw new Error("the room waits for nothing");
    return this.wait(at - this.now);
  }

  take(): Effect[] {
    const taken = this.effects;
    this.effects = [];
    return taken;
  }

  /** The types of what was asked, messages by their own type. */
  asked(): string[] {
    return this.take().map((effect) =>
      effect.type === "send" ? `send ${effect.message.type}` : effect.type,
    );
  }
}

export function person(id: number, change: Partial<Participant> = {}): Participant {
  return {
    id,
    name: `P${id}`,
    role: id === 1 ? "teacher" : "student",
    state: "here",
    microphone: false,
    camera: id === 2,
    may_share: id === 1,
    may_speak: true,
    floor: false,
    hand_ms: null,
    ...change,
  };
}

export const RULES: Rules = {
  microphones_locked: false,
  lesson_locked: false,
  lobby: false,
  chat: "everyone",
  paused: false,
};

export function joined(change: Partial<Joined> = {}): ServerMessage {
  return {
    type: "joined",
    version: PROTOCOL_VERSION,
    you: 2,
    seat_token: "seat",
    answer: "answer",
    lesson: { code: CODE, name: "Algebra", started_ms: 0 },
    participants: [person(1), person(2)],
    total: 2,
    sharer: null,
    rules: RULES,
    now_ms: 0,
    ...change,
  };
}

/** The token of the `join` among these effects. */
export function tokenOf(effects: Effect[]): string | undefined {
  for (const effect of effects) {
    if (effect.type === "send" && effect.message.type === "join") return effect.message.token;
  }
  throw new Error("no join was sent");
}

export function ticketsOf(effects: Effect[]): (string | undefined)[] {
  return effects.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "join" ? [effect.message.ticket] : [],
  );
}

export function resumed(): ServerMessage {
  const { answer: _, ...rest } = joined() as Joined;
  return { type: "joined", ...rest };
}

export function live(play = new Play()): Play {
  play.do({ type: "enter" }, { type: "offer", media: OFFER }, { type: "socket_opened" });
  play.hear(joined()).do({ type: "media", state: "connected" });
  play.take();
  return play;
}
