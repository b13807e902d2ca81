/**
 * What this browser remembers between visits.
 *
 * Invariant: a browser that refuses storage still works; it only forgets. Tokens are kept by
 * lesson code and never put into a URL.
 */
import type { LessonCode } from "./protocol";
import type { KeptKey } from "./room";

/** A seat of this tab. `inside`: a refresh walks straight back in. */
export interface KeptSeat {
  readonly token: string;
  readonly name: string;
  readonly inside: boolean;
  readonly microphone: boolean;
  readonly camera: boolean;
  /** The last time the page was known to be open, by this device's clock. */
  readonly seenMs: number;
}

/** A page that was away for longer was closed, not refreshed. */
export const REFRESH_MS = 30_000;

/**
 * Whether devices may come back on by themselves. A tab opened again much later must never be
 * heard or seen before its person touches a button.
 */
export function isRefresh(seat: KeptSeat, nowMs: number): boolean {
  const awayMs = nowMs - seat.seenMs;
  return seat.inside && awayMs >= 0 && awayMs <= REFRESH_MS;
}

export function personName(): string {
  return read(localStorageOf, "homeroom.name") ?? "";
}

export function rememberPersonName(name: string): void {
  write(localStorageOf, "homeroom.name", name);
}

export function language(): string | null {
  return read(localStorageOf, "homeroom.language");
}

export function rememberLanguage(language: string): void {
  write(localStorageOf, "homeroom.language", language);
}

export function teacherToken(code: LessonCode): string | null {
  return read(localStorageOf, `homeroom.teacher.${code}`);
}

export function rememberTeacherToken(code: LessonCode, token: string): void {
  write(localStorageOf, `homeroom.teacher.${code}`, token);
}

/** Whether the person went into their last lesson with this device on. */
export function wasOn(kind: "microphone" | "camera"): boolean {
  return read(localStorageOf, `homeroom.${kind}.on`) === "1";
}

export function rememberOn(kind: "microphone" | "camera", on: boolean): void {
  write(localStorageOf, `homeroom.${kind}.on`, on ? "1" : "0");
}

/** 144 random bits: 24 url-safe characters. */
const DEVICE_BYTES = 18;
let device: string | null = null;

/**
 * A random number that this browser goes by, so that who was removed from a lesson does not come
 * back under another name. It says nothing about the person and leaves the browser only in a join.
 */
export function deviceId(): string {
  device ??= read(localStorageOf, "homeroom.id");
  if (device === null || !/^[\w-]{16,64}$/.test(device)) {
    const bytes = crypto.getRandomValues(new Uint8Array(DEVICE_BYTES));
    device = btoa(String.fromCharCode(...bytes))
      .replace(/\+/g, "-")
      .replace(/\//g, "_");
    write(localStorageOf, "homeroom.id", device);
  }
  return device;
}

export function deviceChoice(kind: "microphone" | "camera"): string | null {
  return read(localStorageOf, `homeroom.${kind}.device`);
}

export function rememberDevice(kind: "microphone" | "camera", deviceId: string): void {
  write(localStorageOf, `homeroom.${kind}.device`, deviceId);
}

/** Somebody the school has let in on this device. */
export interface KeptLogin {
  readonly token: string;
  readonly name: string;
  /** By the server's clock. */
  readonly expiresMs: number;
}

/** The member of staff who is logged in here. */
export function staffLogin(): KeptLogin | null {
  return parsed<KeptLogin>(read(localStorageOf, "homeroom.staff"));
}

export function keepStaffLogin(login: KeptLogin | null): void {
  write(localStorageOf, "homeroom.staff", login === null ? null : JSON.stringify(login));
}

/** Children whose personal link was opened here, the last one to be here first: phones are shared. */
export function studentLogins(): readonly KeptLogin[] {
  return parsed<KeptLogin[]>(read(localStorageOf, "homeroom.students")) ?? [];
}

export function keepStudentLogins(logins: readonly KeptLogin[]): void {
  write(localStorageOf, "homeroom.students", logins.length === 0 ? null : JSON.stringify(logins));
}

/** The list of what a new school has still to do was put away. */
export function stepsHidden(): boolean {
  return read(localStorageOf, "homeroom.steps.hidden") === "1";
}

export function hideSteps(): void {
  write(localStorageOf, "homeroom.steps.hidden", "1");
}

/** Per tab: two tabs are two visits, and a copied tab takes the seat over. */
export function seat(code: LessonCode): KeptSeat | null {
  return parsed<KeptSeat>(read(sessionStorageOf, `homeroom.seat.${code}`));
}

export function keepSeat(code: LessonCode, seat: KeptSeat): void {
  write(sessionStorageOf, `homeroom.seat.${code}`, JSON.stringify(seat));
}

export function forgetSeat(code: LessonCode): void {
  write(sessionStorageOf, `homeroom.seat.${code}`, null);
}

/** The stream key that this tab had made: the server does not say it again after a refresh. */
export function streamKey(code: LessonCode): KeptKey | null {
  return parsed<KeptKey>(read(sessionStorageOf, `homeroom.stream.${code}`));
}

export function keepStreamKey(code: LessonCode, kept: KeptKey): void {
  write(sessionStorageOf, `homeroom.stream.${code}`, JSON.stringify(kept));
}

// The getters themselves throw where storage is forbidden, so they are called inside `try`.
const localStorageOf = () => window.localStorage;
const sessionStorageOf = () => window.sessionStorage;

function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

function parsed<T>(text: string | null): T | null {
  try {
    return text === null ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // Forbidden or full: the visit goes on without memory.
  }
}
