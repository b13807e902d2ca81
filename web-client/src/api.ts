/**
 * The few HTTP calls around a lesson.
 *
 * Invariant: every call ends in a value; a network that fails is a value too.
 */
import type { CreatedLesson, LessonCode, LessonInfo, RollChange, RollReport } from "./protocol";
import type { JoinTicket, LessonRoll, SchoolInfo } from "./school-protocol";

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: "not_found" | "too_fast" | "refused" | "unreachable" };

export function createLesson(name: string): Promise<Answer<CreatedLesson>> {
  return call("/api/lessons", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ name }),
  });
}

export function lessonInfo(code: LessonCode): Promise<Answer<LessonInfo>> {
  return call(`/api/lessons/${code}`, {});
}

/** Of the school whose server this is. */
export function schoolInfo(): Promise<Answer<SchoolInfo>> {
  return call("/api/v1/school", {});
}

/** Lets somebody the school knows into this lesson under their own name. */
export function joinTicket(code: LessonCode, token: string): Promise<Answer<JoinTicket>> {
  return call(`/api/v1/lessons/${code}/ticket`, { method: "POST", headers: bearer(token) });
}

export function qrUrl(code: LessonCode): string {
  return `/api/lessons/${code}/qr.svg`;
}

/** Whose token opens it: the lesson's own, or that of somebody the school knows. */
export type RollDoor = "/api" | "/api/v1";
export type RollFile = "roll.csv" | "roll.csv?separator=semicolon" | "roll.xlsx";

export function rollFile(
  code: LessonCode,
  token: string,
  file: RollFile,
  short: boolean,
  door: RollDoor,
): Promise<Answer<Blob>> {
  const form = short ? `${file.includes("?") ? "&" : "?"}form=short` : "";
  const url = `${door}/lessons/${code}/${file}${form}`;
  return call(url, { headers: bearer(token) }, (response) => response.blob());
}

export function rollReport(
  code: LessonCode,
  token: string,
  door: RollDoor,
): Promise<Answer<RollReport>> {
  const headers = bearer(token);
  if (door === "/api") return call(`/api/lessons/${code}/roll.json`, { headers });
  // To look is not to take a file away, which the school's audit notes.
  return call(`/api/v1/lessons/${code}/roll`, { headers }, async (response) => {
    return ((await response.json()) as LessonRoll).report;
  });
}

/** A teacher's word on a lesson that is over. */
export function changeRoll(
  code: LessonCode,
  token: string,
  change: RollChange,
  door: RollDoor,
): Promise<Answer<RollReport>> {
  return call(`${door}/lessons/${code}/roll`, {
    method: "POST",
    headers: { ...bearer(token), "Content-Type": "application/json" },
    body: JSON.stringify(change),
  });
}

function bearer(token: string): { Authorization: string } {
  return { Authorization: `Bearer ${token}` };
}

export function socketUrl(): string {
  const { protocol, host } = window.location;
  return `${protocol === "https:" ? "wss:" : "ws:"}//${host}/api/ws`;
}

async function call<T>(
  url: string,
  init: RequestInit,
  read: (response: Response) => Promise<T> = (response) => response.json() as Promise<T>,
): Promise<Answer<T>> {
  try {
    const response = await fetch(url, init);
    if (response.ok) return { ok: true, value: await read(response) };
    return { ok: false, why: reasonOf(response.status) };
  } catch {
    return { ok: false, why: "unreachable" };
  }
}

function reasonOf(status: number): "not_found" | "too_fast" | "refused" | "unreachable" {
  if (status === 404 || status === 410) return "not_found";
  if (status === 429) return "too_fast";
  return status >= 500 ? "unreachable" : "refused";
}
