/**
 * Attendance as this page knows it: the teacher's lines, the pupil's own, the check that is asked.
 *
 * Invariant: nothing is judged here; an answer that was pressed is sent until the server has said
 * that it counts, with how long ago that was.
 */
import type { ClientMessage, LineId, RollHead, RollLine } from "../protocol";
import type { Turn } from "./state";
import { send } from "./state";

export interface AttendanceView {
  readonly head: RollHead | null;
  /** In the server's order. */
  readonly lines: ReadonlyMap<LineId, RollLine>;
}

export interface OpenCheck {
  readonly number: number;
  /** Until when it can be answered, in milliseconds of the caller's clock. */
  readonly until: number;
  /** When the button was pressed. */
  readonly pressedAt: number | null;
  readonly outcome: "open" | "pressed" | "counted" | "late";
}

export interface OwnLine {
  readonly head: RollHead;
  readonly line: RollLine | null;
}

/** What a person may say about attendance. */
export type RollMessage = Extract<
  ClientMessage,
  {
    type:
      | "several_here"
      | "my_roll"
      | "dispute_roll"
      | "start_check"
      | "set_attendance"
      | "mark_in_room"
      | "confirm_roll"
      | "begin_lesson";
  }
>;

export const NO_ATTENDANCE: AttendanceView = { head: null, lines: new Map() };

/** The last word on a check stays a moment. */
const OUTCOME_MS = 4_000;
/** An answer is of use to the server so long after the check. */
const ANSWER_KEPT_MS = 120_000;

export function told(turn: Turn, head: RollHead, lines: readonly RollLine[]): void {
  const all = new Map(turn.room.attendance.lines);
  for (const line of lines) all.set(line.id, line);
  turn.room = { ...turn.room, attendance: { head, lines: all } };
}

export function checkAsked(turn: Turn, number: number, forMs: number): void {
  const known = turn.room.check;
  if (known?.number === number && known.pressedAt !== null) return;
  const until = turn.now + forMs;
  turn.room = { ...turn.room, check: { number, until, pressedAt: null, outcome: "open" } };
}

export function checkPressed(turn: Turn): void {
  const { check } = turn.room;
  if (check === null || check.outcome !== "open" || turn.now > check.until) return;
  turn.room = { ...turn.room, check: { ...check, pressedAt: turn.now, outcome: "pressed" } };
  sendAnswer(turn);
}

/** Said to the server when the line is there, and again when it has come back. */
export function sendAnswer(turn: Turn): void {
  const { check, connection } = turn.room;
  if (check === null || check.outcome !== "pressed" || check.pressedAt === null) return;
  if (connection.phase !== "live") return;
  const ago_ms = Math.max(0, Math.round(turn.now - check.pressedAt));
  send(turn, { type: "answer_check", check: check.number, ago_ms });
}

export function checkAnswered(turn: Turn, number: number, accepted: boolean): void {
  const { check } = turn.room;
  if (check === null || check.number !== number) return;
  const outcome = accepted ? "counted" : "late";
  turn.room = { ...turn.room, check: { ...check, outcome, until: turn.now + OUTCOME_MS } };
}

/** When an open check, or the last word on one, has had its time. */
export function checkDeadline(check: OpenCheck | null): number | null {
  if (check === null) return null;
  return check.outcome === "pressed" ? check.until + ANSWER_KEPT_MS : check.until;
}

export function checkClock(turn: Turn): void {
  const deadline = checkDeadline(turn.room.check);
  if (deadline !== null && turn.now >= deadline) turn.room = { ...turn.room, check: null };
}

/** Whether the browser plays what it receives: told when it changes, and to a new socket. */
export function playing(turn: Turn, audio: boolean): void {
  if (turn.room.playing === audio) return;
  turn.room = { ...turn.room, playing: audio };
  if (turn.room.connection.phase === "live") send(turn, { type: "playing", audio });
}

/** A new socket, and what it must hear again. */
export function rejoined(turn: Turn): void {
  turn.room = { ...turn.room, attendance: NO_ATTENDANCE };
  if (!turn.room.playing) send(turn, { type: "playing", audio: false });
  sendAnswer(turn);
}

export interface Summary {
  readonly expected: number;
  readonly here: number;
  readonly late: number;
  /** Who has not come yet, by name. */
  readonly notYet: readonly string[];
  readonly disputed: number;
}

/** "24 of 28 here, 2 late, 2 not yet". */
export function summary(view: AttendanceView): Summary {
  const expected = [...view.lines.values()].filter((line) => line.expected);
  const inRoom = (line: RollLine) => line.status === "in_the_room";
  const missing = (line: RollLine) => line.now === null && !inRoom(line) && !isSettled(line);
  return {
    expected: expected.length,
    here: expected.filter((line) => line.now === "here" || inRoom(line)).length,
    late: expected.filter((line) => line.flags.includes("late")).length,
    notYet: expected.filter(missing).map((line) => line.name),
    disputed: expected.filter((line) => line.dispute !== null).length,
  };
}

function isSettled(line: RollLine): boolean {
  return line.decided !== null;
}

/** Those expected in the list's order, then the guests. */
export function ordered(view: AttendanceView): readonly RollLine[] {
  const lines = [...view.lines.values()];
  return [...lines.filter((line) => line.expected), ...lines.filter((line) => !line.expected)];
}
