/**
 * What the compiler cannot see in the dictionaries.
 *
 * Invariant: every text exists and is in its own language.
 */
import { describe, expect, test } from "vitest";
import { en as classEn } from "./class/en";
import { kk as classKk } from "./class/kk";
import { ru as classRu } from "./class/ru";
import type { Dictionary } from "./en";
import { en } from "./en";
import { kk } from "./kk";
import { en as rollEn } from "./roll/en";
import { kk as rollKk } from "./roll/kk";
import { ru as rollRu } from "./roll/ru";
import { ru } from "./ru";
import { en as schoolEn } from "./school/en";
import { kk as schoolKk } from "./school/kk";
import { ru as schoolRu } from "./school/ru";

const LANGUAGES: [string, Dictionary][] = Object.entries({
  kk: { ...kk, lesson: classKk, pages: rollKk, office: schoolKk },
  ru: { ...ru, lesson: classRu, pages: rollRu, office: schoolRu },
  en: { ...en, lesson: classEn, pages: rollEn, office: schoolEn },
});

function texts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(texts);
  return [];
}

describe.each(LANGUAGES)("%s", (name, dictionary) => {
  test("has no empty text", () => {
    expect(texts(dictionary).filter((text) => text.trim() === "")).toEqual([]);
  });

  test("is written in its own letters", () => {
    if (name === "en") return;
    const foreign =
      /homeroom|https?|qr|csv|k7m-3xh-rp2|chrome|firefox|edge|safari|excel|word|obs|whip|whep|bearer token/gi;
    for (const text of texts(dictionary)) expect(text.replace(foreign, "")).not.toMatch(/[a-z]/i);
  });
});

test("the names that people and tools look for", () => {
  const { startLesson, lessonName, yourName, join, mute, unmute, cameraOn, cameraOff } = en;
  expect([startLesson, lessonName, yourName, join]).toEqual([
    "Start a lesson",
    "Lesson name",
    "Your name",
    "Join",
  ]);
  expect([mute, unmute, cameraOn, cameraOff]).toEqual([
    "Mute",
    "Unmute",
    "Camera on",
    "Camera off",
  ]);
  expect([en.shareScreen, en.raiseHand, en.leave]).toEqual(["Share screen", "Raise hand", "Leave"]);
});

test("Kazakh dates need nothing from the browser", () => {
  expect(kk.date(new Date(2026, 10, 24))).toBe("2026 ж. 24 қараша");
  expect(kk.date(new Date(2027, 0, 1))).toBe("2027 ж. 1 қаңтар");
});

test("Russian counts people by its own rules", () => {
  expect([1, 2, 5, 21, 22].map(ru.peopleCount)).toEqual([
    "1 человек",
    "2 человека",
    "5 человек",
    "21 человек",
    "22 человека",
  ]);
});
