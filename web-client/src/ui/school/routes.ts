/**
 * The addresses below `/school`, and what links bring behind `#`.
 *
 * Invariant: a link to each is made here, where it is also read.
 */
import { parseLessonCode } from "../../lesson-code";
import type { LessonCode } from "../../protocol";
import type { ClassNumber, PersonNumber } from "../../school-protocol";

export type OfficePage =
  | { readonly at: "classes" }
  | { readonly at: "people" }
  | { readonly at: "settings" }
  | { readonly at: "tools" }
  | { readonly at: "audit" }
  | { readonly at: "account" }
  | { readonly at: "class"; readonly id: ClassNumber; readonly tab: ClassTab }
  | { readonly at: "links"; readonly id: ClassNumber }
  | { readonly at: "student"; readonly id: ClassNumber; readonly person: PersonNumber }
  | { readonly at: "roll"; readonly id: ClassNumber; readonly code: LessonCode }
  | { readonly at: "nowhere" };

export const CLASS_TABS = ["students", "lessons", "staff"] as const;
export type ClassTab = (typeof CLASS_TABS)[number];

const WHOLE_SCHOOL = ["people", "settings", "tools", "audit", "account"] as const;

export const HOME = "/school";
export const officePath = (page: (typeof WHOLE_SCHOOL)[number]) => `/school/${page}`;
export const classPath = (id: ClassNumber, tab: ClassTab = "students") =>
  tab === "students" ? `/school/class/${id}` : `/school/class/${id}/${tab}`;
export const linksPath = (id: ClassNumber) => `/school/class/${id}/links`;
export const studentPath = (id: ClassNumber, person: PersonNumber) =>
  `/school/class/${id}/student/${person}`;
export const rollPath = (id: ClassNumber, code: LessonCode) => `/school/class/${id}/roll/${code}`;

/** `/school#invite=TOKEN` */
export function invitationIn(hash: string): string | null {
  return /^#invite=([\w-]+)$/.exec(hash)?.[1] ?? null;
}

/** `/me#TOKEN` */
export function personalLinkIn(hash: string): string | null {
  return /^#(?:link=)?([\w-]{16,})$/.exec(hash)?.[1] ?? null;
}

export function officePage(path: string): OfficePage {
  const [, , section = "", ...rest] = path.replace(/\/+$/, "").split("/");
  if (section === "") return { at: "classes" };
  if (section === "class") return classPage(rest);
  const at = WHOLE_SCHOOL.find((name) => name === section);
  return at !== undefined && rest.length === 0 ? { at } : { at: "nowhere" };
}

function classPage([number = "", section, what = "", ...rest]: string[]): OfficePage {
  const id = wholeNumber(number);
  if (id === null || rest.length > 0) return { at: "nowhere" };
  if (section === undefined) return { at: "class", id, tab: "students" };
  const tab = CLASS_TABS.find((name) => name === section);
  if (what === "" && tab !== undefined) return { at: "class", id, tab };
  if (what === "" && section === "links") return { at: "links", id };
  const person = wholeNumber(what);
  if (section === "student" && person !== null) return { at: "student", id, person };
  const code = parseLessonCode(what);
  if (section === "roll" && code !== null) return { at: "roll", id, code };
  return { at: "nowhere" };
}

function wholeNumber(text: string): number | null {
  const value = Number(text);
  return /^\d+$/.test(text) && Number.isSafeInteger(value) ? value : null;
}
