/**
 * The ladder back into a lesson: a new socket for the same seat, new media on the same socket, or
 * both.
 *
 * Invariant: outside `ended` there is always a deadline or an outstanding effect, so a room never
 * waits for something that nobody will do.
 */
import type { ClosedReason, ErrorCode, Join } from "../protocol";
import { PROTOCOL_VERSION } from "../protocol";
import { backoff } from "./backoff";
import type { Connection, Ending, Room, Turn } from "./state";
import { NOTHING_WITHHELD, notify, send } from "./state";

/** How long the server may take to answer a `join` or `renew_media`. */
export const ANSWER_TIMEOUT_MS = 10_000;
/** ICE and DTLS take well under a second on a good link and a few on a bad one. */
export const CONNECT_TIMEOUT_MS = 15_000;
/** ICE often heals a short gap by itself; renewing at once would only lengthen it. */
export const INTERRUPTION_MS = 3_000;
/** A server that answers "internal" this often will not get better by asking. */
const MAX_REFUSED_ATTEMPTS = 5;

function set(turn: Turn, change: Partial<Connection>): void {
  turn.room = { ...turn.room, connection: { ...turn.room.connection, ...change } };
}

/** The tap on "Join": socket and offer start together. */
export function enter(turn: Turn): void {
  if (turn.room.connection.phase !== "idle") return;
  makeOffer(turn);
  openSocket(turn);
}

export function offerMade(turn: Turn, offer: NonNullable<Connection["offer"]>): void {
  const { media, phase, socket } = turn.room.connection;
  if (media !== "offering") return;
  set(turn, { media: "offered", offer, mediaDeadline: null });
  if (phase === "live") renew(turn);
  else if (socket === "open") sendJoin(turn);
}

/**
 * A browser that never made a peer connection has no lesson here, and no retry would change that.
 * One that did is only short of something for now.
 */
export function offerFailed(turn: Turn): void {
  if (turn.room.connection.media !== "offering") return;
  if (turn.room.lesson === null) end(turn, { why: "unsupported_browser" });
  else mediaBroken(turn);
}

export function socketOpened(turn: Turn): void {
  if (turn.room.connection.socket !== "opening") return;
  set(turn, { socket: "open" });
  switch (turn.room.connection.media) {
    case "connected":
    case "interrupted":
    case "connecting":
    case "offered":
      return sendJoin(turn);
    case "offering":
      return;
    case "none":
    case "sent":
    case "failed":
      return makeOffer(turn);
    default:
      return unreachable(turn.room.connection.media);
  }
}

export function socketLost(turn: Turn): void {
  const { phase, media, refusal } = turn.room.connection;
  if (phase === "ended" || phase === "idle") return;
  set(turn, { socket: "closed", socketDeadline: null });
  // Whatever was asked on the lost socket will not be answered any more.
  if (media === "sent") set(turn, { media: "failed", mediaDeadline: null });
  if (refusal !== null) settleRefusal(turn, refusal);
  else waitForSocket(turn);
}

export function online(turn: Turn): void {
  if (turn.room.connection.phase === "waiting") openSocket(turn);
}

/** A stranger is asked to wait: the offer was thrown away, and no deadline runs. */
export function waitsAtDoor(turn: Turn, lesson: string): void {
  turn.room = { ...turn.room, door: lesson };
  turn.effects.push({ type: "close_media" });
  set(turn, { phase: "door", media: "none", offer: null, refusal: null, socketAttempts: 0 });
  set(turn, { socketDeadline: null, mediaDeadline: null });
}

/** Let in: the token opens a seat, once, with a new offer on the same socket. */
export function admitted(turn: Turn, token: string): void {
  if (turn.room.connection.phase !== "door") return;
  turn.room = { ...turn.room, seat: { ...turn.room.seat, seatToken: token } };
  set(turn, { phase: "joining", socketDeadline: turn.now + ANSWER_TIMEOUT_MS });
  makeOffer(turn);
}

/** `joined` arrived. */
export function joined(turn: Turn, token: string, answer: string | undefined): void {
  const again = turn.room.lesson !== null;
  set(turn, { phase: "live", socketAttempts: 0, socketDeadline: null, refusal: null });
  turn.room = { ...turn.room, seat: { ...turn.room.seat, seatToken: token } };
  turn.effects.push({ type: "keep_seat", token, inside: true });
  if (answer !== undefined) answered(turn, answer);
  // A resumed socket found its media dead meanwhile: no deadline is left to notice it.
  else if (turn.room.connection.media === "failed") makeOffer(turn);
  else if (turn.room.connection.media === "sent") mediaBroken(turn);
  if (again) notify(turn, "reconnected");
}

/** An SDP answer arrived, in `joined` or in `media`. */
export function answered(turn: Turn, sdp: string): void {
  if (turn.room.connection.media !== "sent") return;
  turn.room = { ...turn.room, withheld: NOTHING_WITHHELD };
  turn.effects.push({ type: "apply_answer", sdp });
  set(turn, { media: "connecting", mediaDeadline: turn.now + CONNECT_TIMEOUT_MS });
}

/** Whether the server has answered an offer of ours and we still count on it. */
export function mediaRuns(room: Room): boolean {
  const { media } = room.connection;
  return media === "connecting" || media === "connected" || media === "interrupted";
}

export function mediaChanged(turn: Turn, state: "connected" | "interrupted" | "failed"): void {
  if (!mediaRuns(turn.room)) return;
  const { media } = turn.room.connection;
  if (state === "connected") {
    set(turn, { media: "connected", mediaAttempts: 0, mediaDeadline: null });
  } else if (state === "failed") {
    mediaBroken(turn);
  } else if (media === "connected") {
    set(turn, { media: "interrupted", mediaDeadline: turn.now + INTERRUPTION_MS });
  }
}

/** The server refused our offer while the lesson goes on. */
export function offerRefused(turn: Turn): void {
  if (turn.room.connection.media === "sent") mediaBroken(turn);
}

/** Some deadline may have passed. */
export function clock(turn: Turn): void {
  const { socketDeadline, mediaDeadline, phase } = turn.room.connection;
  if (socketDeadline !== null && turn.now >= socketDeadline) {
    if (phase === "waiting") openSocket(turn);
    else dropSocket(turn);
  }
  if (mediaDeadline !== null && turn.now >= mediaDeadline) mediaOverdue(turn);
}

/** The server's last frame. */
export function closed(turn: Turn, reason: ClosedReason): void {
  switch (reason) {
    case "left":
    case "lesson_ended":
    case "replaced":
    case "removed":
    case "turned_away":
      return end(turn, { why: reason });
    case "server_stopping":
      // Its media stops with it.
      set(turn, { media: "failed", mediaDeadline: null });
      return dropSocket(turn);
    case "error":
    case "too_slow":
      return dropSocket(turn);
    default:
      return unreachable(reason);
  }
}

/** An `error` that answers our join; the socket's end settles it. */
export function refused(turn: Turn, code: ErrorCode): void {
  set(turn, { refusal: code });
}

export function end(turn: Turn, ending: Ending): void {
  const { seatToken } = turn.room.seat;
  set(turn, { phase: "ended", socket: "closed", media: "none", ending, offer: null });
  set(turn, { socketDeadline: null, mediaDeadline: null });
  turn.effects.push({ type: "close_socket" }, { type: "close_media" });
  const mayReturn = ending.why === "left" || ending.why === "replaced";
  if (mayReturn && seatToken !== null) {
    turn.effects.push({ type: "keep_seat", token: seatToken, inside: false });
  } else if (ending.why !== "unsupported_browser") {
    turn.effects.push({ type: "forget_seat" });
  }
}

function openSocket(turn: Turn): void {
  turn.effects.push({ type: "open_socket" });
  set(turn, {
    phase: "joining",
    socket: "opening",
    socketDeadline: turn.now + ANSWER_TIMEOUT_MS,
  });
}

/** The shell reports no loss for a socket that we close ourselves. */
function dropSocket(turn: Turn): void {
  turn.effects.push({ type: "close_socket" });
  socketLost(turn);
}

function waitForSocket(turn: Turn): void {
  const socketAttempts = turn.room.connection.socketAttempts + 1;
  const { delayMs, seed } = backoff(socketAttempts, turn.room.seed);
  turn.room = { ...turn.room, seed };
  set(turn, { phase: "waiting", socketAttempts, socketDeadline: turn.now + delayMs });
}

function makeOffer(turn: Turn): void {
  turn.effects.push({ type: "make_offer" });
  set(turn, { media: "offering", offer: null, mediaDeadline: null });
}

function sendJoin(turn: Turn): void {
  const { seat, mine, connection } = turn.room;
  const token = seat.seatToken ?? seat.teacherToken;
  const join: Join = {
    version: PROTOCOL_VERSION,
    lesson: seat.code,
    name: seat.name,
    ...(token === null ? {} : { token }),
    device: seat.device,
    ...(seat.seatToken !== null || seat.ticket === undefined ? {} : { ticket: seat.ticket }),
    ...(connection.offer === null ? {} : { media: connection.offer }),
    microphone: mine.microphone,
    camera: mine.camera,
  };
  send(turn, { type: "join", ...join });
  set(turn, { socketDeadline: turn.now + ANSWER_TIMEOUT_MS, joinedHeard: mine.microphone });
  if (connection.offer !== null) set(turn, { media: "sent", offer: null });
}

function renew(turn: Turn): void {
  const { offer } = turn.room.connection;
  if (offer === null) return;
  send(turn, { type: "renew_media", media: offer });
  set(turn, { media: "sent", offer: null, mediaDeadline: turn.now + ANSWER_TIMEOUT_MS });
}

/** The first repair is made at once, later ones with growing pauses. */
function mediaBroken(turn: Turn): void {
  const mediaAttempts = turn.room.connection.mediaAttempts + 1;
  const { delayMs, seed } = backoff(mediaAttempts, turn.room.seed);
  turn.room = { ...turn.room, seed };
  set(turn, { media: "failed", mediaAttempts, mediaDeadline: turn.now + delayMs });
  if (mediaAttempts === 1) mediaOverdue(turn);
}

function mediaOverdue(turn: Turn): void {
  const { media, phase } = turn.room.connection;
  set(turn, { mediaDeadline: null });
  if (media === "interrupted" || media === "connecting") mediaBroken(turn);
  // Without a live socket the offer waits: it is made when the socket opens, and fresh then.
  else if (media === "failed" && phase === "live") makeOffer(turn);
  // An unanswered offer on a socket that looks open: the socket is what is dead.
  else if (media === "sent") dropSocket(turn);
}

function settleRefusal(turn: Turn, code: ErrorCode): void {
  const { seat, connection } = turn.room;
  set(turn, { refusal: null });
  if (code === "bad_token" && seat.seatToken !== null) {
    // The seat is gone; the teacher's token or a new seat may still open the lesson.
    turn.room = { ...turn.room, seat: { ...seat, seatToken: null } };
    turn.effects.push({ type: "forget_seat" });
    set(turn, { media: "failed" });
    return waitForSocket(turn);
  }
  // Whoever has a seat waits for a place on the media server, or for the database, as long as it takes.
  const waits = code === "full" || code === "unavailable";
  if (waits && seat.seatToken !== null) return waitForSocket(turn);
  const passing: ErrorCode[] = ["internal", "too_fast", "bad_offer", "unavailable"];
  if (passing.includes(code) && connection.socketAttempts < MAX_REFUSED_ATTEMPTS)
    return waitForSocket(turn);
  end(turn, { why: "refused", code });
}

function unreachable(value: never): never {
  throw new Error(`unreachable: ${String(value)}`);
}
