/**
 * The addresses of the page: `/`, `/l/{code}`, the school's own under `/school`, and `/me`.
 *
 * Invariant: what is secret in a link stands behind `#`, and leaves the address once it was used.
 */
import { signal } from "@preact/signals";
import { parseLessonCode } from "../lesson-code";
import type { LessonCode } from "../protocol";

export type Place =
  | { readonly at: "start" }
  | { readonly at: "lesson"; readonly code: LessonCode }
  | { readonly at: "school"; readonly path: string }
  | { readonly at: "me" }
  | { readonly at: "nowhere" };

export const place = signal<Place>(placeOf(window.location.pathname));

window.addEventListener("popstate", () => {
  place.value = placeOf(window.location.pathname);
});

export function goToLesson(code: LessonCode): void {
  go(`/l/${code}`);
}

export function goToStart(): void {
  go("/");
}

export function go(path: string): void {
  window.history.pushState(null, "", path);
  place.value = placeOf(path);
}

/** The address without its secret: a reload or a bookmark must not offer it again. */
export function goSilently(path: string): void {
  window.history.replaceState(null, "", path);
  place.value = placeOf(path);
}

/** A click that this page answers itself; new tabs and windows stay the browser's. */
export function follow(event: MouseEvent, path: string): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(path);
}

function placeOf(path: string): Place {
  const link = /^\/l\/([^/]+)\/?$/.exec(path);
  if (path === "/me" || path === "/me/") return { at: "me" };
  if (/^\/school(\/|$)/.test(path)) return { at: "school", path };
  if (link === null) return { at: path === "/" ? "start" : "nowhere" };
  const code = parseLessonCode(decode(link[1] ?? ""));
  return code === null ? { at: "nowhere" } : { at: "lesson", code };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
