/**
 * Lesson codes as people type, paste and misread them.
 *
 * Invariant: one table of texts and what becomes of them.
 */
import { expect, test } from "vitest";
import { parseLessonCode } from "./lesson-code";

test.each([
  ["k7m-3xh-rp2", "k7m-3xh-rp2"],
  ["  K7M 3XH RP2 ", "k7m-3xh-rp2"],
  ["k7m3xhrp2", "k7m-3xh-rp2"],
  ["к7м-3хh-рр2", "k7m-3xh-pp2"],
  ["https://192.168.1.20:8443/l/k7m-3xh-rp2?x=1", "k7m-3xh-rp2"],
  ["", null],
  ["k7m-3xh-rp", null],
  ["k7m-3xh-rp22", null],
  ["k7m-3xh-rp0", null],
  ["k7m-3xh-rpж", null],
  ["k7m/3xh/rp2", null],
])("%j becomes %j", (text, code) => {
  expect(parseLessonCode(text)).toBe(code);
});
