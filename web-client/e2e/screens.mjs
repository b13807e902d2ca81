/**
 * Photographs every page for people to look at: three languages, a phone and a desktop.
 *
 *   node e2e/screens.mjs FOLDER
 *
 * Invariant: the pages hold a real lesson; nothing is mocked.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "./support/browsers.mjs";
import { writeFace } from "./support/face.mjs";
import { Person } from "./support/person.mjs";
import { photograph as take } from "./support/photograph.mjs";
import { Server } from "./support/server.mjs";

const folder = process.argv[2] ?? "../target/screens";
await mkdir(folder, { recursive: true });
const scratch = await mkdtemp(join(tmpdir(), "homeroom-screens-"));
const server = await Server.start();
const people = [];

async function person(name, face) {
  const file = join(scratch, `${face}.y4m`);
  await writeFace(file, face);
  const browser = await chromium({ face: file });
  const [page] = await browser.pages();
  people.push(new Person(name, browser, page));
  return people.at(-1);
}

const photograph = (who, name) => take(who, folder, name);

try {
  const teacher = await person("Асель Нұрланқызы", "red");
  await teacher.page.goto(server.url);
  await photograph(teacher, "1-landing");
  const path = await teacher.startLesson(server.url, "Алгебра, 7 «Ә» сынып");
  await photograph(teacher, "2-teacher-prejoin");
  await teacher.join();
  await photograph(teacher, "3-teacher-alone");

  const students = [await person("Болат", "green"), await person("Дина Сергеевна", "blue")];
  for (const student of students) await student.page.goto(server.url + path);
  await photograph(students[0], "4-student-prejoin");
  for (const student of students) await student.join();
  await teacher.seesPicture("group", "Болат", "green");
  await students[0].press("Raise hand");
  await photograph(teacher, "5-lesson");
  await teacher.openPanel();
  await photograph(teacher, "6-people");
  await teacher.openPanel("Roll");
  await photograph(teacher, "7-roll");
  await students[0].openPanel("My attendance");
  await photograph(students[0], "7-roll-own");
  await students[0].press("Close");
  await teacher.press("Ask who is there");
  await students[0].says("are you there?");
  await photograph(students[0], "7-roll-check");
  await students[0].press("I am here");
  await teacher.pressStarting("Болат");
  await photograph(teacher, "7-roll-editor");
  await teacher.press("Excused");
  await photograph(teacher, "7-roll-decided");
  await teacher.press("Close");
  await teacher.press("Share screen");
  await students[0].seesPicture("figure", "Асель Нұрланқызы — screen");
  await photograph(students[0], "8-screen");
  await students[0].press("Leave");
  await students[0].says("You left the lesson");
  await photograph(students[0], "9-left");
  await teacher.press("Leave");
  await teacher.pressStarting("End lesson");
  await teacher.says("The roll of this lesson");
  await photograph(teacher, "9-roll-final");
  console.log(`Screenshots are in ${folder}`);
} finally {
  await Promise.allSettled(people.map((one) => one.close()));
  await server.stop();
  await rm(scratch, { recursive: true, force: true });
}
