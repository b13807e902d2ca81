/**
 * Which key does what, and when it does nothing.
 *
 * Invariant: one table; the layout plays no part because `code` names the key's place.
 */
import { expect, test } from "vitest";
import { type KeyAction, keyAction } from "./keys";

const PLAIN = { repeat: false, ctrlKey: false, altKey: false, metaKey: false };

test.each<[string, string, Partial<typeof PLAIN>, KeyAction | null]>([
  ["KeyM", "BODY", {}, "microphone"],
  ["KeyV", "BODY", {}, "camera"],
  ["Space", "BODY", {}, "talk"],
  ["Escape", "BODY", {}, "close"],
  ["Escape", "INPUT", {}, "close"],
  ["KeyM", "INPUT", {}, null],
  ["KeyM", "SELECT", {}, null],
  ["KeyM", "BUTTON", {}, "microphone"],
  ["Space", "BUTTON", {}, null],
  ["Space", "BODY", { repeat: true }, null],
  ["KeyV", "BODY", { ctrlKey: true }, null],
  ["KeyM", "BODY", { metaKey: true }, null],
  ["KeyX", "BODY", {}, null],
])("%s on %s %j: %s", (code, focus, held, action) => {
  expect(keyAction({ code, ...PLAIN, ...held }, focus)).toBe(action);
});
