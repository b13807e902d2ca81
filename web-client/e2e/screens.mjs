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

/** The door, the chat, and what a teacher does with one person and with all. */
async function theClass(teacher, [bolat, dina], path) {
  await teacher.openMenu(bolat.name);
  await photograph(teacher, "6-people");
  await teacher.unfold("Door and chat");
  await teacher.press("Waiting room", "switch");
  const guest = await person("Марат", "green");
  await guest.page.goto(server.url + path);
  await guest.knock();
  await guest.says("Wait for the teacher");
  await photograph(guest, "6-door");
  await teacher.says("Марат is waiting");
  await photograph(teacher, "6-people-door");
  const other = await person("Әлия Оразбекова", "red");
  await other.page.goto(server.url + path);
  await other.knock();
  await teacher.press("One by one");
  await photograph(teacher, "6-lobby");
  await teacher.press("Not now: Марат");
  await guest.says("You were not let in");
  await photograph(guest, "9-turned-away");
  await teacher.press("Let in: Әлия Оразбекова");
  await other.inside();
  await teacher.openMenu(other.name);
  await teacher.press("Remove from the lesson");
  await photograph(teacher, "6-people-remove");
  await teacher.press("Remove");
  await other.says("You were removed");
  await photograph(other, "9-removed");
  await teacher.find("button", `Let back in: ${other.name}`);
  await photograph(teacher, "6-people-removed");
  await teacher.press("Lock the lesson", "switch");
  await guest.press("Ask again");
  await guest.knock();
  await guest.says("The lesson is locked");
  await photograph(guest, "9-locked");

  await teacher.press("Mute everyone");
  await bolat.says("The teacher has muted your microphone.");
  await photograph(bolat, "6-muted");
  await teacher.press("Lock microphones", "switch");
  await bolat.find("button", "Locked");
  await photograph(bolat, "6-microphones-locked");
  await teacher.press(`Give the floor: ${bolat.name}`);
  await bolat.says("You have the floor.");
  await photograph(bolat, "6-floor");
  await photograph(teacher, "6-people-floor");
  await teacher.press("Lock microphones", "switch");

  await teacher.write("Сәлеметсіздер ме! Оқулықтың 45-бетін ашыңыздар.");
  await teacher.write("Решаем задачи 1–3, ответы пишем сюда.");
  await dina.write("1) x = 4, 2) x = −2");
  await bolat.openPanel("Chat");
  await bolat.press("Teacher", "radio");
  await bolat.write("Апай, менде дыбыс үзіліп тұр");
  await teacher.says("дыбыс үзіліп");
  await photograph(teacher, "6-chat");
  await photograph(bolat, "6-chat-student");
  await bolat.press("Close");
  await teacher.write("Хорошо, Болат, сейчас повторю.");
  await bolat.find("button", "Chat, 1 new");
  await photograph(bolat, "6-chat-new");
  await Promise.all([guest, other].map((one) => one.close()));
}

/** Where a program publishes: before there is a key, with one, and when it is to be renewed. */
async function thePrograms(teacher) {
  await teacher.unfold("Publish from OBS");
  await teacher.says("No program is connected.");
  await scrollTo(teacher, "Make a key");
  await photograph(teacher, "6-programs-none");
  await teacher.press("Make a key");
  await teacher.press("Show: Stream key");
  await scrollTo(teacher, "New key");
  await photograph(teacher, "6-programs");
  await teacher.press("New key");
  await scrollTo(teacher, "Cancel");
  await photograph(teacher, "6-programs-renew");
  await teacher.press("Cancel");
}

async function scrollTo(person, name) {
  const button = await person.find("button", name);
  await button.evaluate((element) => element.scrollIntoView({ block: "center" }));
}

try {
  const teacher = await person("Асель Нұрланқызы", "red");
  await teacher.page.goto(server.url);
  await photograph(teacher, "1-landing");
  const path = await teacher.startLesson(server.url, "Алгебра, 7 «Ә» сынып");
  await photograph(teacher, "2-teacher-prejoin");
  await teacher.join();
  await photograph(teacher, "3-teacher-alone");

  const students = [
    await person("Болат Сейітқали", "green"),
    await person("Дина Сергеевна", "blue"),
  ];
  for (const student of students) await student.page.goto(server.url + path);
  await photograph(students[0], "4-student-prejoin");
  for (const student of students) await student.join();
  await teacher.seesPicture("group", "Болат Сейітқали", "green");
  await students[0].press("Raise hand");
  await photograph(teacher, "5-lesson");
  await theClass(teacher, students, path);
  await thePrograms(teacher);
  await teacher.openPanel("Roll");
  await photograph(teacher, "7-roll");
  await students[0].openPanel("My attendance");
  await photograph(students[0], "7-roll-own");
  await students[0].press("Close");
  await teacher.press("Ask who is there");
  await students[0].says("are you there?");
  await photograph(students[0], "7-roll-check");
  await students[0].press("I am here");
  await teacher.pressStarting("Болат Сейітқали");
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
