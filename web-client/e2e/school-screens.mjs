/**
 * Photographs every page of the school for people to look at, from the first link to the roll.
 *
 *   node e2e/school-screens.mjs FOLDER
 *
 * Invariant: as with the lesson's, nothing is mocked.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { chromium } from "./support/browsers.mjs";
import { Person } from "./support/person.mjs";
import { photograph } from "./support/photograph.mjs";
import { firstInvitation, here, NAMES, PASSWORD } from "./support/school.mjs";
import { Server } from "./support/server.mjs";

const folder = process.argv[2] ?? "../target/screens";
await mkdir(folder, { recursive: true });
const server = await Server.start();
const people = [];

async function person(name) {
  const browser = await chromium();
  const [page] = await browser.pages();
  people.push(new Person(name, browser, page));
  return people.at(-1);
}

const shoot = (who, name) => photograph(who, folder, name, { fullPage: true });

try {
  const admin = await person("Гүлнар Омарова");
  const { page } = admin;
  await page.goto(await firstInvitation(server));
  await shoot(admin, "s01-invitation");
  await admin.fill("Your name", admin.name);
  await admin.fill("Login", "om");
  await admin.fill("Password", PASSWORD);
  await admin.press("Create my account");
  await admin.says("A login has 3 to 64");
  await shoot(admin, "s02-invitation-refused");
  await admin.fill("Login", "omarova");
  await admin.press("Create my account");
  await admin.says("Your school and its first class");
  await shoot(admin, "s03-first-class");
  await admin.fill("Name of the school", "№ 12 мектеп-гимназия");
  await admin.fill("Class", "7 «Ә»");
  await admin.fill("Subject (may be empty)", "Алгебра");
  await admin.press("Next");
  await admin.says("One student per line");
  await shoot(admin, "s04-empty-class");
  await admin.fill("List of students", "Нурланова Аида\nКим Тимур; 17; 7 А; Алматы\n;");
  await admin.says("Line 2:");
  await shoot(admin, "s05-bad-lines");
  await admin.fill("List of students", NAMES.join("\n"));
  await admin.find("button", "Add 30 students");
  await shoot(admin, "s06-preview");
  await admin.press("Add 30 students");
  await admin.says("Done: 30");
  await shoot(admin, "s07-roster");
  await admin.press("Links to print");
  await admin.says("30 links to print");
  await shoot(admin, "s08-sheet");
  await writeFile(join(folder, "s08-sheet.pdf"), await page.pdf({ preferCSSPageSize: true }));
  await admin.press("Back to the class", "link");
  await admin.says("0 of 30");
  await admin.press("Links to print");
  await admin.press("Make other links");
  await admin.says("have not come");
  await shoot(admin, "s09-links-again");
  await admin.press("Classes", "link");
  await admin.says("Still to do");
  await shoot(admin, "s10-classes");
  await admin.press("People", "link");
  await admin.fill("Name (may be empty)", "Серік Ахметұлы");
  await admin.press("Make an invitation link");
  await admin.says("Works once");
  await shoot(admin, "s11-people");
  await admin.press("Settings", "link");
  await admin.says("Language of the school");
  await shoot(admin, "s12-settings");
  await admin.press("Tools", "link");
  await admin.fill("What it is for", "Күнделік");
  await admin.press("see classes and lists", "checkbox");
  await admin.press("Make the token");
  await admin.says("Copy it now");
  await shoot(admin, "s13-tools");
  await admin.press("Audit", "link");
  await admin.press("Check that nothing was changed");
  await admin.says("as they were written");
  await shoot(admin, "s14-audit");
  await admin.press("Account", "link");
  await admin.says("Password until now");
  await shoot(admin, "s15-account");

  await admin.press("Classes", "link");
  await admin.press("7 «Ә», Алгебра", "link");
  await admin.pressStarting("17", "li a");
  await admin.press("Make a new link");
  await admin.says("Send it only");
  await shoot(admin, "s16-student");
  const link = await page.$eval("input[readonly]", (field) => field.value);
  const child = await person("Нурланова Аида");
  await child.page.goto(here(server, link));
  await child.says("No lesson now");
  await shoot(child, "s17-me");

  await admin.press("Classes", "link");
  await admin.press("Start a lesson");
  await admin.says("You join as");
  await shoot(admin, "s18-teacher-prejoin");
  await admin.press("Join");
  await admin.inside();
  await child.find("button", "Join the lesson");
  await shoot(child, "s19-me-lesson");
  await child.press("Join the lesson");
  await child.says("You join as");
  await shoot(child, "s20-child-prejoin");
  await child.press("Join");
  await child.inside();
  await admin.press("Leave");
  await admin.pressStarting("End lesson");
  await admin.says("The roll of this lesson");
  await child.page.goto(`${server.url}/me`);
  await child.pressStarting("My attendance", "summary");
  await child.page.waitForSelector("details li");
  await shoot(child, "s21-me-history");
  await child.page.goto("about:blank");
  await child.page.goto(here(server, link));
  await child.says("no longer works");
  await shoot(child, "s22-link-used");

  await page.goto(`${server.url}/school`);
  await admin.press("7 «Ә», Алгебра", "link");
  await admin.press("Lessons", "link");
  await page.waitForSelector("li a");
  await shoot(admin, "s23-lessons");
  await admin.pressStarting(new Date().toLocaleDateString("en", { dateStyle: "long" }), "li a");
  await admin.says("The roll of this lesson");
  await shoot(admin, "s24-roll");
  await page.goBack();
  await admin.press("Teachers", "link");
  await admin.says("Name of the class");
  await shoot(admin, "s25-staff");
  await admin.press("Account", "link");
  await admin.press("Log out");
  await admin.says("Log in to your school");
  await shoot(admin, "s26-login");
  console.log(`Screenshots are in ${folder}`);
} finally {
  await Promise.allSettled(people.map((one) => one.close()));
  await server.stop();
}
