/**
 * The two addresses of the page: `/` and `/l/{code}`.
 *
 * Invariant: nothing secret is ever part of an address.
 */
import { signal } from "@preact/signals";
import { parseLessonCode } from "../lesson-code";
import type { LessonCode } from "../protocol";

export type Place =
  | { readonly at: "start" }
  | { readonly at: "lesson"; readonly code: LessonCode }
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

function go(path: string): void {
  window.history.pushState(null, "", path);
  place.value = placeOf(path);
}

function placeOf(path: string): Place {
  const link = /^\/l\/([^/]+)\/?$/.exec(path);
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
