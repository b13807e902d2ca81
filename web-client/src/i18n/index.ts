/**
 * The page's language: chosen once, remembered, and told to the browser.
 *
 * Invariant: `t.value` is read while rendering, so a change of language redraws what shows text.
 */
import { computed, effect, signal } from "@preact/signals";
import * as storage from "../storage";
import type { Dictionary } from "./en";
import { en } from "./en";
import { kk } from "./kk";
import { ru } from "./ru";

const DICTIONARIES = { kk, ru, en } as const;
export type Language = keyof typeof DICTIONARIES;

/** Each by its own name, as a person who reads only that language looks for it. */
export const LANGUAGES = [
  { code: "kk", name: "Қазақша", short: "Қаз" },
  { code: "ru", name: "Русский", short: "Рус" },
  { code: "en", name: "English", short: "Eng" },
] as const satisfies readonly { code: Language; name: string; short: string }[];

export const language = signal<Language>(firstLanguage());
export const t = computed<Dictionary>(() => DICTIONARIES[language.value]);

export function setLanguage(code: Language): void {
  language.value = code;
  storage.rememberLanguage(code);
}

/** The school's language, until the person or their browser chooses one of ours. */
export function adoptLanguage(code: Language): void {
  if (storage.language() === null) language.value = code;
}

/** Screen readers choose their voice, and browsers their hyphenation, by `lang`. */
export function tellTheBrowser(): void {
  effect(() => {
    document.documentElement.lang = language.value;
  });
}

/** Hours and minutes of the person's own clock, the same way in all three languages. */
export function timeOf(ms: number): string {
  const time = new Date(ms);
  return `${two(time.getHours())}:${two(time.getMinutes())}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

function firstLanguage(): Language {
  const wishes = [storage.language(), ...(globalThis.navigator?.languages ?? [])];
  for (const wish of wishes) {
    const code = wish?.slice(0, 2).toLowerCase();
    if (isLanguage(code)) return code;
  }
  return "en";
}

function isLanguage(code: string | undefined): code is Language {
  return code !== undefined && code in DICTIONARIES;
}
