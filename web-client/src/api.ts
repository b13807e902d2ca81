/**
 * The few HTTP calls around a lesson.
 *
 * Invariant: every call ends in a value; a network that fails is a value too.
 */
import type { CreatedLesson, LessonCode, LessonInfo } from "./protocol";

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

export function qrUrl(code: LessonCode): string {
  return `/api/lessons/${code}/qr.svg`;
}

export function rollCsv(code: LessonCode, teacherToken: string): Promise<Answer<Blob>> {
  const headers = { Authorization: `Bearer ${teacherToken}` };
  return call(`/api/lessons/${code}/roll.csv`, { headers }, (response) => response.blob());
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
