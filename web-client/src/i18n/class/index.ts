/**
 * The words of the teacher's tools and the chat in the page's language.
 *
 * Invariant: as with the other words, a change of language redraws what shows text.
 */
import { computed } from "@preact/signals";
import { language } from "..";
import type { ClassWords } from "./en";
import { en } from "./en";
import { kk } from "./kk";
import { ru } from "./ru";

const WORDS = { kk, ru, en } as const;

export const words = computed<ClassWords>(() => WORDS[language.value]);
