/**
 * A lesson as this page knows it: an event and the time in, the new room and effects out.
 *
 * Invariant: no DOM, socket, RTCPeerConnection, clock or randomness; equal inputs give equal
 * outputs, so every rule is tested without a browser.
 */
import type { Action, ErrorCode, Participant, ServerMessage } from "./protocol";
import * as attendance from "./room/attendance";
import * as chat from "./room/chat";
import * as classroom from "./room/class";
import * as connection from "./room/connection";
import * as lesson from "./room/lesson";
import * as programs from "./room/programs";
import type { Effect, Room, RoomEvent, Turn } from "./room/state";
import { NOTHING_WITHHELD, notify, send } from "./room/state";
import { arrange, watchChanges } from "./room/tiles";

export type { AttendanceView, OpenCheck, OwnLine, RollMessage } from "./room/attendance";
export { ordered, summary } from "./room/attendance";
export type { ChatView, Outgoing } from "./room/chat";
export { audiences, MAX_OUTGOING, unread } from "./room/chat";
export type { ClassMessage } from "./room/class";
export {
  isStaff,
  maySend,
  maySpeak,
  me as self,
  microphoneAdvice,
  standsAbove,
  whyNotSpeak,
} from "./room/class";
export type { KeptKey, ProgramsView } from "./room/programs";
export type {
  Announcement,
  Capacity,
  DeviceTrouble,
  Effect,
  Ending,
  EndReason,
  Mine,
  NoticeCode,
  Room,
  RoomEvent,
  Seat,
} from "./room/state";
export { newRoom } from "./room/state";
export { watchesStage } from "./room/tiles";

export interface Step {
  readonly room: Room;
  /** To be carried out in this order. */
  readonly effects: readonly Effect[];
}

/** The one way a room changes. `now` is in milliseconds of any clock that only goes forward. */
export function handle(room: Room, event: RoomEvent, now: number): Step {
  const turn: Turn = { room, effects: [], now };
  dispatch(turn, event);
  if (turn.room.connection.phase !== "ended") {
    arrange(turn);
    watchChanges(turn, room);
  }
  return { room: turn.room, effects: turn.effects };
}

/** When `handle` wants a `clock` event; null while it waits for nothing. */
export function wakeAt(room: Room): number | null {
  const { socketDeadline, mediaDeadline } = room.connection;
  const check = attendance.checkDeadline(room.check);
  const times = [socketDeadline, mediaDeadline, room.notice?.until ?? null, check];
  const set = times.filter((time): time is number => time !== null);
  return set.length === 0 ? null : Math.min(...set);
}

/** What the status line says about the connection; null when all is well. */
export function trouble(room: Room): "connecting" | "reconnecting" | "restoring_media" | null {
  const { phase, media } = room.connection;
  if (phase === "ended" || phase === "idle" || phase === "door") return null;
  if (phase !== "live") return room.lesson === null ? "connecting" : "reconnecting";
  if (media === "connected") return null;
  if (media === "connecting" && room.connection.mediaAttempts === 0) return "connecting";
  return "restoring_media";
}

/** Raised hands in the order they went up, as the server timed them. */
export function hands(room: Room): readonly Participant[] {
  return [...room.participants.values()]
    .filter((person) => person.hand_ms !== null)
    .sort((a, b) => (a.hand_ms ?? 0) - (b.hand_ms ?? 0) || a.id - b.id);
}

function dispatch(turn: Turn, event: RoomEvent): void {
  switch (event.type) {
    case "enter":
      return connection.enter(turn);
    case "offer":
      return connection.offerMade(turn, event.media);
    case "offer_failed":
      return connection.offerFailed(turn);
    case "socket_opened":
      return connection.socketOpened(turn);
    case "socket_lost":
      return connection.socketLost(turn);
    case "server":
      return serverSays(turn, event.message);
    case "media":
      return connection.mediaChanged(turn, event.state);
    case "clock":
      return clock(turn);
    case "online":
      return connection.online(turn);
    case "capacity":
      turn.room = { ...turn.room, capacity: event.capacity };
      return;
    case "tile_height":
      turn.room = { ...turn.room, tileHeight: event.height };
      return;
    case "mine":
      turn.room = { ...turn.room, mine: { ...turn.room.mine, ...event.mine } };
      if (event.mine.microphone) classroom.mutedSeen(turn);
      return whenLive(turn, { type: "set_media", ...turn.room.mine });
    case "notice":
      return notify(turn, event.code);
    case "raise_hand":
      return whenLive(turn, { type: "raise_hand", raised: event.raised });
    case "playing":
      return attendance.playing(turn, event.audio);
    case "check_pressed":
      return attendance.checkPressed(turn);
    case "roll":
      return whenLive(turn, event.message);
    case "class":
      return whenLive(turn, event.message);
    case "muted_seen":
      return classroom.mutedSeen(turn);
    case "write":
      return chat.write(turn, event.text, event.to);
    case "write_again":
      return chat.writeAgain(turn, event.key);
    case "write_not":
      return chat.writeNot(turn, event.key);
    case "chat_shown":
      return chat.shown(turn, event.shown);
    case "leave":
      whenLive(turn, { type: "leave" });
      return connection.end(turn, { why: "left" });
    case "end_lesson":
      return whenLive(turn, { type: "end_lesson" });
    default:
      return unreachable(event);
  }
}

function serverSays(turn: Turn, message: ServerMessage): void {
  switch (message.type) {
    case "joined":
      turn.room = { ...turn.room, withheld: NOTHING_WITHHELD };
      connection.joined(turn, message.seat_token, message.answer);
      lesson.snapshot(turn, message);
      classroom.rejoined(turn, message.rules);
      lesson.sayWhatDiffers(turn);
      chat.rejoined(turn, message.now_ms);
      programs.rejoined(turn);
      return attendance.rejoined(turn);
    case "waiting":
      return connection.waitsAtDoor(turn, message.lesson);
    case "admitted":
      return connection.admitted(turn, message.token);
    case "lobby":
      return classroom.lobbyChanged(turn, message.waiting);
    case "removed":
      return classroom.removedChanged(turn, message.people);
    case "rules":
      return classroom.rulesChanged(turn, message);
    case "muted":
      return classroom.muted(turn, message.by !== null);
    case "chat":
      return chat.told(turn, message.messages);
    case "chat_deleted":
      return chat.deleted(turn, message.number);
    case "programs":
      return programs.told(turn, message);
    case "media":
      return connection.answered(turn, message.answer);
    case "presence":
      return lesson.presence(turn, message.changed, message.gone, message.total);
    case "speaking":
      return lesson.speaking(turn, message.participants);
    case "stage":
      return lesson.stageChanged(turn, message.sharer);
    case "wanted":
      turn.effects.push({
        type: "want_layers",
        camera: message.camera,
        screen: message.screen,
      });
      return;
    case "withheld":
      turn.room = {
        ...turn.room,
        withheld: { cameras: message.cameras, screen: message.screen },
      };
      return;
    case "roll":
      return lesson.roll(turn, message.entries);
    case "attendance":
      return attendance.told(turn, message.head, message.lines);
    case "check":
      return attendance.checkAsked(turn, message.number, message.for_ms);
    case "check_answered":
      return attendance.checkAnswered(turn, message.number, message.accepted);
    case "my_roll":
      turn.room = { ...turn.room, ownLine: { head: message.head, line: message.line } };
      return;
    case "error":
      return errorSaid(turn, message.code, message.refused);
    case "closed":
      return connection.closed(turn, message.reason);
    default:
      return unreachable(message);
  }
}

/** What the server may answer to a message of the chat. */
const REFUSES_CHAT: readonly ErrorCode[] = ["too_fast", "not_allowed", "bad_message", "full"];

function errorSaid(turn: Turn, code: ErrorCode, refused?: Action): void {
  if (turn.room.connection.phase === "joining") return connection.refused(turn, code);
  if (REFUSES_CHAT.includes(code)) chat.refused(turn, refused);
  if (code === "bad_offer" || code === "full") return connection.offerRefused(turn);
  // The server's word that our media is gone there, whatever the browser still believes.
  if (code === "internal" && connection.mediaRuns(turn.room)) {
    return connection.mediaChanged(turn, "failed");
  }
  if (refused === "speak") return classroom.speechRefused(turn);
  const sharing = refused === undefined || refused === "share_screen" || refused === "take_stage";
  if (code === "share_busy" || (code === "not_allowed" && sharing)) lesson.shareRefused(turn);
  notify(turn, code);
}

function clock(turn: Turn): void {
  connection.clock(turn);
  attendance.checkClock(turn);
  const { notice } = turn.room;
  if (notice !== null && turn.now >= notice.until) turn.room = { ...turn.room, notice: null };
}

/** Asked for while reconnecting it is dropped; what must survive is resent after `joined`. */
function whenLive(turn: Turn, message: Parameters<typeof send>[1]): void {
  if (turn.room.connection.phase === "live") send(turn, message);
}

function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
