/**
 * What a room is, what can happen to it, and what it may ask the outside to do.
 *
 * Invariant: everything here is plain data; the room never holds a socket, a track or an element.
 */
import type {
  Audience,
  ClientMessage,
  ErrorCode,
  Lesson,
  LessonCode,
  MediaOffer,
  Participant,
  ParticipantId,
  RemovedPerson,
  RollEntry,
  Rules,
  ServerMessage,
  WaitingPerson,
} from "../protocol";
import type { AttendanceView, OpenCheck, OwnLine, RollMessage } from "./attendance";
import type { ChatView } from "./chat";
import { NO_CHAT } from "./chat";
import type { ClassMessage } from "./class";
import type { KeptKey, ProgramsView } from "./programs";

/** Who we say we are when we join. */
export interface Seat {
  readonly code: LessonCode;
  readonly name: string;
  /** Opens the seat we already have; null before the first `joined`. */
  readonly seatToken: string | null;
  readonly teacherToken: string | null;
  /** The stream key that this tab had made before it was refreshed. */
  readonly streamKey?: KeptKey | null;
  /** This browser's own random name. */
  readonly device: string;
  /** Says who the school knows us to be; good for one `join`, the first. */
  readonly ticket?: string | undefined;
}

/** What our own devices do. */
export interface Mine {
  readonly microphone: boolean;
  readonly camera: boolean;
  readonly screen: boolean;
}

/** How many remote people this page can show at once, and how many video slots it offered. */
export interface Capacity {
  readonly slots: number;
  readonly grid: number;
  readonly stage: number;
}

export type EndReason =
  | "left"
  | "lesson_ended"
  | "replaced"
  | "removed"
  | "turned_away"
  | "unsupported_browser";

/** Why the lesson is over for this page. */
export type Ending =
  | { readonly why: EndReason }
  | { readonly why: "refused"; readonly code: ErrorCode };

export interface Connection {
  /** `waiting` for the next try of a socket; at the `door` until somebody lets us in. */
  readonly phase: "idle" | "joining" | "door" | "live" | "waiting" | "ended";
  readonly socket: "closed" | "opening" | "open";
  readonly media:
    | "none"
    | "offering"
    | "offered"
    | "sent"
    | "connecting"
    | "connected"
    | "interrupted"
    | "failed";
  /** Made but not yet sent. */
  readonly offer: MediaOffer | null;
  /** Failures since it last worked. */
  readonly socketAttempts: number;
  readonly mediaAttempts: number;
  /** When the present wait ends, in milliseconds of the caller's clock. */
  readonly socketDeadline: number | null;
  readonly mediaDeadline: number | null;
  /** The last join said that our microphone is on. */
  readonly joinedHeard: boolean;
  /** The error that answered our join, until the socket closes and settles it. */
  readonly refusal: ErrorCode | null;
  readonly ending: Ending | null;
}

/** A passing line for the person; connection trouble is derived, never stored here. */
export interface Notice {
  readonly code: NoticeCode;
  readonly until: number;
}

export type NoticeCode =
  | ErrorCode
  | "reconnected"
  | "share_stopped"
  | "may_share"
  | "microphones_locked"
  | "microphones_free"
  | "only_listening"
  | "floor_taken"
  | "microphone_lost"
  | "camera_lost"
  | DeviceTrouble;

/** Why a device could not be used; never a reason not to join. */
export type DeviceTrouble =
  | "insecure_page"
  | "microphone_blocked"
  | "microphone_missing"
  | "microphone_busy"
  | "camera_blocked"
  | "camera_missing"
  | "camera_busy"
  | "screen_failed";

export interface Withheld {
  readonly cameras: readonly ParticipantId[];
  readonly screen: boolean;
}

export const NOTHING_WITHHELD: Withheld = { cameras: [], screen: false };

export interface Room {
  readonly seat: Seat;
  readonly connection: Connection;
  readonly you: ParticipantId | null;
  readonly lesson: Lesson | null;
  /** The name of the lesson at whose door we stand; null inside. */
  readonly door: string | null;
  readonly rules: Rules;
  /** Staff only: who waits at the door, and who was put out. */
  readonly lobby: readonly WaitingPerson[];
  readonly removed: readonly RemovedPerson[];
  /** A teacher turned our microphone off, and we have neither turned it on nor waved that away. */
  readonly muted: boolean;
  readonly chat: ChatView;
  /** Teachers only, once asked for. */
  readonly programs: ProgramsView | null;
  readonly participants: ReadonlyMap<ParticipantId, Participant>;
  readonly total: number;
  readonly sharer: ParticipantId | null;
  /** Loudest first. */
  readonly speaking: readonly ParticipantId[];
  /** When each person last began or went on speaking. */
  readonly lastSpoke: ReadonlyMap<ParticipantId, number>;
  readonly roll: ReadonlyMap<ParticipantId, RollEntry>;
  /** Teachers only. */
  readonly attendance: AttendanceView;
  /** What the roll says about us, once asked for. */
  readonly ownLine: OwnLine | null;
  readonly check: OpenCheck | null;
  /** The browser plays what arrives. */
  readonly playing: boolean;
  readonly mine: Mine;
  readonly capacity: Capacity;
  /** Remote people on the screen, in their places. */
  readonly tiles: readonly ParticipantId[];
  /** Who each video slot carries; a tile keeps its slot while it is shown. */
  readonly slots: readonly (ParticipantId | null)[];
  /** How high people are shown, in pixels of the screen; 0 while that is not known. */
  readonly tileHeight: number;
  /** What our line is too narrow for now: it is not sent, and comes back by itself. */
  readonly withheld: Withheld;
  readonly notice: Notice | null;
  /** State of the jitter's generator, so that equal rooms behave equally. */
  readonly seed: number;
}

/** Everything that can happen to a room. */
export type RoomEvent =
  | { readonly type: "enter" }
  | { readonly type: "offer"; readonly media: MediaOffer }
  | { readonly type: "offer_failed" }
  | { readonly type: "socket_opened" }
  | { readonly type: "socket_lost" }
  | { readonly type: "server"; readonly message: ServerMessage }
  | { readonly type: "media"; readonly state: "connected" | "interrupted" | "failed" }
  | { readonly type: "clock" }
  | { readonly type: "online" }
  | { readonly type: "capacity"; readonly capacity: Capacity }
  | { readonly type: "tile_height"; readonly height: number }
  | { readonly type: "mine"; readonly mine: Partial<Mine> }
  | { readonly type: "notice"; readonly code: NoticeCode }
  | { readonly type: "raise_hand"; readonly raised: boolean }
  | { readonly type: "playing"; readonly audio: boolean }
  | { readonly type: "check_pressed" }
  | { readonly type: "roll"; readonly message: RollMessage }
  | { readonly type: "class"; readonly message: ClassMessage }
  | { readonly type: "muted_seen" }
  | { readonly type: "write"; readonly text: string; readonly to: Audience }
  | { readonly type: "write_again"; readonly key: number }
  | { readonly type: "write_not"; readonly key: number }
  | { readonly type: "chat_shown"; readonly shown: boolean }
  | { readonly type: "leave" }
  | { readonly type: "end_lesson" };

/** Everything a room may ask of the outside. */
export type Effect =
  | { readonly type: "open_socket" }
  | { readonly type: "close_socket" }
  | { readonly type: "send"; readonly message: ClientMessage }
  | { readonly type: "make_offer" }
  | { readonly type: "apply_answer"; readonly sdp: string }
  | { readonly type: "close_media" }
  | { readonly type: "stop_screen" }
  | { readonly type: "stop_microphone" }
  | { readonly type: "close_devices" }
  /** Of our own pictures only these layers are wanted, smallest first. */
  | {
      readonly type: "want_layers";
      readonly camera: readonly boolean[];
      readonly screen: readonly boolean[];
    }
  /** `inside` says whether a refresh should walk straight back in. */
  | { readonly type: "keep_seat"; readonly token: string; readonly inside: boolean }
  | { readonly type: "forget_seat" }
  | { readonly type: "keep_stream_key"; readonly kept: KeptKey }
  | { readonly type: "announce"; readonly what: Announcement };

export interface Announcement {
  readonly kind: "hand_raised" | "came" | "gone" | "wrote" | "waits";
  readonly name: string;
}

/** One call of `handle` in progress: rules replace `room` and append effects. */
export interface Turn {
  room: Room;
  readonly effects: Effect[];
  readonly now: number;
}

const NEW_CONNECTION: Connection = {
  phase: "idle",
  socket: "closed",
  media: "none",
  offer: null,
  socketAttempts: 0,
  mediaAttempts: 0,
  socketDeadline: null,
  mediaDeadline: null,
  joinedHeard: false,
  refusal: null,
  ending: null,
};

const NO_RULES: Rules = {
  microphones_locked: false,
  lesson_locked: false,
  lobby: false,
  chat: "everyone",
  paused: false,
};

/** A room nobody has entered yet. */
export function newRoom(seat: Seat, mine: Mine, capacity: Capacity, seed: number): Room {
  return {
    seat,
    connection: NEW_CONNECTION,
    you: null,
    lesson: null,
    door: null,
    rules: NO_RULES,
    lobby: [],
    removed: [],
    muted: false,
    chat: NO_CHAT,
    programs: null,
    participants: new Map(),
    total: 0,
    sharer: null,
    speaking: [],
    lastSpoke: new Map(),
    roll: new Map(),
    attendance: { head: null, lines: new Map() },
    ownLine: null,
    check: null,
    playing: true,
    mine,
    capacity,
    tiles: [],
    slots: [],
    tileHeight: 0,
    withheld: NOTHING_WITHHELD,
    notice: null,
    seed,
  };
}

const NOTICE_MS = 6_000;

export function notify(turn: Turn, code: NoticeCode): void {
  turn.room = { ...turn.room, notice: { code, until: turn.now + NOTICE_MS } };
}

export function send(turn: Turn, message: ClientMessage): void {
  turn.effects.push({ type: "send", message });
}
