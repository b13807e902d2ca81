/**
 * Lists as spreadsheets really save them.
 */
import { expect, test } from "vitest";
import { textOf } from "./roster-file";

const bytes = (...values: number[]) => new Uint8Array(values).buffer;

test("UTF-8, with and without its mark", () => {
  const plain = new TextEncoder().encode("Әлия Нұрланқызы");
  expect(textOf(plain.buffer as ArrayBuffer)).toBe("Әлия Нұрланқызы");
  expect(textOf(bytes(0xef, 0xbb, 0xbf, ...plain))).toBe("Әлия Нұрланқызы");
});

test("Windows-1251, which Excel still writes", () => {
  expect(textOf(bytes(0xc8, 0xe2, 0xe0, 0xed, 0x3b, 0x31))).toBe("Иван;1");
});

test("UTF-16, which Excel calls Unicode text", () => {
  expect(textOf(bytes(0xff, 0xfe, 0x18, 0x04, 0x32, 0x04))).toBe("Ив");
  expect(textOf(bytes(0xfe, 0xff, 0x04, 0x18, 0x04, 0x32))).toBe("Ив");
});
