/**
 * Reads a lesson's code as people type or paste it.
 *
 * Invariant: what this accepts, the server's `LessonCode::parse` accepts too and writes the same.
 */
import type { LessonCode } from "./protocol";
import { LESSON_CODE_ALPHABET, LESSON_CODE_LETTERS } from "./protocol";

/** Cyrillic letters that look like ours: a child with a Kazakh layout types what they see. */
const LOOK_ALIKE: Readonly<Record<string, string>> = {
  а: "a",
  к: "k",
  м: "m",
  р: "p",
  т: "t",
  у: "y",
  х: "x",
};

/** The code with its dashes, or null. A whole lesson link is understood too. */
export function parseLessonCode(text: string): LessonCode | null {
  const typed = text.trim().toLowerCase();
  const path = /\/l\/([^/?#]+)/.exec(typed);
  const letters = [...(path?.[1] ?? typed)]
    .filter((letter) => !/[\s-]/.test(letter))
    .map((letter) => LOOK_ALIKE[letter] ?? letter);
  const valid = letters.every((letter) => LESSON_CODE_ALPHABET.includes(letter));
  if (!valid || letters.length !== LESSON_CODE_LETTERS) return null;
  const code = letters.join("");
  return (code.match(/.{3}/g) ?? []).join("-");
}
