/**
 * The words of the roll's pages in the page's language.
 *
 * Invariant: as with the other words, a change of language redraws what shows text.
 */
import { computed } from "@preact/signals";
import { language } from "..";
import type { RollWords } from "./en";
import { en } from "./en";
import { kk } from "./kk";
import { ru } from "./ru";

const WORDS = { kk, ru, en } as const;

export const words = computed<RollWords>(() => WORDS[language.value]);
