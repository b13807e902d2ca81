/**
 * The words of the school's pages in the page's language.
 *
 * Invariant: as with the other words, a change of language redraws what shows text.
 */
import { computed } from "@preact/signals";
import type { Language } from "..";
import { language } from "..";
import type { SchoolWords } from "./en";
import { en } from "./en";
import { kk } from "./kk";
import { ru } from "./ru";

const WORDS = { kk, ru, en } as const;

export const words = computed<SchoolWords>(() => WORDS[language.value]);

/** For what is printed: it speaks the school's language, whatever the page does. */
export function wordsIn(code: Language): SchoolWords {
  return WORDS[code];
}
