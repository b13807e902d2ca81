/**
 * The promises of the school's pages: a class is set up in minutes by somebody who has never seen
 * them, a child comes in by a slip of paper under the school's own name for them, and what the
 * lesson's roll says is in the office afterwards.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { firstInvitation, here, NAMES, PASSWORD, School } from "./support/school.mjs";
import { promise } from "./support/stage.mjs";
import { until } from "./support/until.mjs";

const MOST_PRESSES = 6;
const MOST_FIELDS = 7;
/** Five minutes for a person; a browser that is told what to type needs far less. */
const MOST_MS = 60_000;

promise(
  "from the first link to thirty printed ones: at most six presses and seven fields",
  async (stage) => {
    const admin = await stage.person("Gulnar", { devices: false });
    const { page } = admin;
    await page.evaluateOnNewDocument(countEffort);
    const made = [];
    page.on("response", async (answer) => {
      if (answer.url().endsWith("/links")) made.push(await answer.json());
    });
    const begun = Date.now();

    await page.goto(await firstInvitation(stage.server));
    await admin.speaks("en");
    await admin.fill("Your name", "Gulnar Omarova");
    await admin.fill("Login", "omarova");
    await admin.fill("Password", PASSWORD);
    await admin.press("Create my account");
    await until("an address without its secret", () => new URL(page.url()).hash === "");

    await admin.fill("Name of the school", "School No. 12");
    await admin.fill("Class", "7 A");
    await admin.fill("Subject (may be empty)", "Algebra");
    await admin.press("Next");

    await admin.fill("List of students", NAMES.join("\n"));
    await admin.press("Add 30 students");
    await admin.says("Done: 30 students in the class.");
    await admin.press("Links to print");
    await admin.says("30 links to print");
    await admin.press("Print");

    const { presses, fields, printed } = await page.evaluate(() => window.effort);
    console.log(`${presses} presses, ${fields.length} fields, ${Date.now() - begun} ms`);
    assert.equal(printed, 1);
    assert.ok(presses <= MOST_PRESSES, `${presses} presses`);
    assert.ok(fields.length <= MOST_FIELDS, `fields: ${fields.join(", ")}`);
    assert.ok(Date.now() - begun <= MOST_MS);

    // Every child once, each with a code of their own, twelve to a page.
    const cards = await page.$$eval("li:has(> strong):has(> svg path)", (all) =>
      all.map((card) => [
        card.querySelector("strong").textContent,
        card.querySelector("path").getAttribute("d"),
      ]),
    );
    assert.deepEqual(
      cards.map(([name]) => name),
      NAMES,
    );
    assert.equal(new Set(cards.map(([, code]) => code)).size, NAMES.length);
    const pdf = Buffer.from(await page.pdf({ preferCSSPageSize: true })).toString("latin1");
    assert.equal(pdf.match(/\/Type\s*\/Page\b/g).length, 3);

    // A link of that sheet opens for the child whose name is above it.
    const [{ url, name }] = made[0].links.slice(-1);
    const child = await stage.person("Malika", { devices: false });
    await child.page.goto(here(stage.server, url));
    await child.speaks("en");
    await child.find("heading", name);
  },
);

promise("the keyboard alone is enough for that", async (stage) => {
  const admin = await stage.person("Gulnar", { devices: false });
  const { page } = admin;
  await page.evaluateOnNewDocument(countEffort);
  await page.goto(await firstInvitation(stage.server));
  await admin.speaks("en");
  await admin.find("textbox", "Your name");
  await typeInto(admin, "Your name", "Gulnar Omarova");
  await typeInto(admin, "Login", "omarova");
  await typeInto(admin, "Password", PASSWORD);
  await page.keyboard.press("Enter");
  await admin.find("textbox", "Class");
  await typeInto(admin, "Name of the school", "School No. 12");
  await typeInto(admin, "Class", "7 A");
  await page.keyboard.press("Enter");
  await admin.find("textbox", "List of students");
  await typeInto(admin, "List of students", "Aida Nurlanova");
  await admin.find("button", "Add 1 student");
  await tabTo(admin, "Add 1 student");
  await page.keyboard.press("Enter");
  await admin.says("Done: 1 student in the class.");
  await tabTo(admin, "Links to print");
  await page.keyboard.press("Enter");
  await admin.says("1 link to print");
  await tabTo(admin, "Print");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => window.effort.printed), 1);
});

promise("a slip of paper opens once and the school's name for a child stays", async (stage) => {
  const school = await School.at(stage.server);
  const asel = await school.hire("Asel Nurlankyzy", "asel");
  const { id, links } = await school.classOf("7 A", ["Aida Nurlanova", "Timur Kim"], asel);

  const child = await stage.person("Aida");
  await child.page.goto(links["Aida Nurlanova"]);
  await child.find("heading", "Aida Nurlanova");
  await until("an address without its secret", () => new URL(child.page.url()).hash === "");
  await child.says("No lesson now");

  const teacher = await stage.person("Asel");
  await logIn(teacher, stage, "asel");
  await teacher.press("Start a lesson");
  await teacher.says("Asel Nurlankyzy");
  assert.equal(await teacher.look("textbox", "Your name"), null);
  await teacher.press("Join");
  await teacher.inside();

  // The page has waited for it.
  await child.press("Join the lesson");
  await child.says("You join as");
  assert.equal(await child.look("textbox", "Your name"), null);
  await child.press("Join");
  await child.inside();
  assert.ok((await teacher.people()).includes("Aida Nurlanova"));

  // A reload takes the same seat, and the link is used up for everybody else.
  await child.page.reload();
  await child.inside();
  const other = await stage.person("Somebody", { devices: false });
  await other.page.goto(links["Aida Nurlanova"]);
  await other.says("This link no longer works");

  await teacher.press("Leave");
  await teacher.pressStarting("End lesson");
  await teacher.says("The roll of this lesson");
  await child.says("The lesson has ended");

  // The device knows the child, and shows what the roll says of them and of nobody else.
  await child.press("My classes");
  await child.find("heading", "Aida Nurlanova");
  await child.pressStarting("My attendance", "summary");
  await until("one lesson in the child's own history", async () => {
    return (await child.page.$$("details li")).length === 1;
  });

  // The office shows the roll that the teacher saw.
  await teacher.page.goto(`${stage.server.url}/school`);
  await teacher.press("7 A, Algebra", "link");
  await teacher.press("Lessons", "link");
  await teacher.pressStarting(new Date().toLocaleDateString("en", { dateStyle: "long" }), "li a");
  await teacher.says("The roll of this lesson");
  await teacher.says("Timur Kim");

  // An administrator puts it right from another computer, and takes the file away.
  const admin = await stage.person("Gulnar", { devices: false });
  const folder = await stage.downloads(admin);
  await logIn(admin, stage, "admin");
  await admin.page.goto(teacher.page.url());
  await admin.pressStarting("Timur Kim");
  await admin.press("Excused");
  await admin.says("marked by Gulnar");
  await teacher.page.reload();
  await teacher.says("marked by Gulnar");
  const code = admin.page.url().split("/").at(-1);
  await admin.press("Download CSV");
  const file = await until("the roll as a file", () =>
    readFile(join(folder, `${code}.csv`), "utf8"),
  );
  assert.match(file, /Aida Nurlanova/);

  // An observer of the class reads, and sees what each line rests on.
  const head = await school.hire("Zhanar", "zhanar", "observer");
  await school.call("PUT", `/classes/${id}/staff/${head}`, { role: "observer" });
  const observer = await stage.person("Zhanar", { devices: false });
  await logIn(observer, stage, "zhanar");
  await observer.page.goto(teacher.page.url());
  await observer.pressStarting("Timur Kim");
  await observer.says("Could be heard");
  assert.equal(await observer.look("button", "Excused"), null);
  await observer.press("Back to the roll");
  await observer.find("button", "Download CSV");
  assert.equal(await observer.look("button", "Make it final"), null);
});

promise("two children share a phone, and neither takes the other's place", async (stage) => {
  const school = await School.at(stage.server);
  const { links } = await school.classOf("7 A", ["Aida Nurlanova", "Timur Kim"]);
  const phone = await stage.person("Family", { devices: false });
  await phone.page.goto(links["Aida Nurlanova"]);
  await phone.find("heading", "Aida Nurlanova");
  await phone.page.goto("about:blank");
  await phone.page.goto(links["Timur Kim"]);
  await phone.find("heading", "Timur Kim");
  await phone.press("Aida Nurlanova");
  await phone.find("heading", "Aida Nurlanova");
  await phone.press("Forget me on this device");
  await phone.press("Forget me on this device");
  await phone.find("heading", "Timur Kim");
});

promise("an invited teacher sees their own classes and the office stays shut", async (stage) => {
  const school = await School.at(stage.server);
  const { id } = await school.classOf("8 B", ["Dina Petrova"]);
  const { url } = await school.call("POST", "/invitations", { kind: "teacher", name: "Serik" });
  const teacher = await stage.person("Serik", { devices: false });
  await teacher.page.goto(here(stage.server, url));
  await teacher.fill("Login", "x");
  await teacher.fill("Password", "short");
  await teacher.press("Create my account");
  await teacher.says("A login has 3 to 64");
  await teacher.fill("Login", "serik");
  await teacher.press("Create my account");
  await teacher.says("The password is too short");
  await teacher.fill("Password", PASSWORD);
  // The keyboard alone.
  await teacher.page.keyboard.press("Enter");
  await teacher.says("You have no classes yet");
  assert.equal(await teacher.look("link", "People"), null);
  await teacher.page.goto(`${stage.server.url}/school/people`);
  await teacher.says("You may not do that");
  await teacher.page.goto(`${stage.server.url}/school/class/${id}`);
  await teacher.says("not yours to see");

  await teacher.press("Account", "link");
  await teacher.press("Log out");
  await teacher.fill("Login", "serik");
  await teacher.fill("Password", "something else");
  await teacher.press("Log in");
  await teacher.says("Login and password do not fit");
});

promise("a list that cannot be read says where, and keeps every letter", async (stage) => {
  const school = await School.at(stage.server);
  const { id } = await school.call("POST", "/classes", { name: "9 C", subject: "" });
  const admin = await stage.person("Gulnar", { devices: false });
  await logIn(admin, stage, "admin");
  await admin.page.goto(`${stage.server.url}/school/class/${id}`);
  const list = "Aida Nurlanova\nTimur Kim; 17; 7 A; Almaty\n;";
  await admin.fill("List of students", list);
  await admin.says("Line 2:");
  await admin.says("more in it than a name and a number");
  await admin.press("Add students");
  await admin.says("Nothing was changed");
  assert.equal(await admin.page.$eval("textarea", (field) => field.value), list);
  const { students } = await school.call("GET", `/classes/${id}/roster`);
  assert.deepEqual(students, []);
});

/** A page that lost the focus would need more: its head and its sections come before the form. */
const MOST_TABS = 6;

/** On with the Tab key from where the focus is, until it is there. */
async function tabTo(person, name) {
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    await person.page.keyboard.press("Tab");
    const focused = await person.page.evaluate(() => {
      const { labels, textContent } = document.activeElement;
      return (labels?.[0]?.textContent ?? textContent).trim();
    });
    if (focused === name) return;
  }
  throw new Error(`${MOST_TABS} tabs did not lead ${person.name} to "${name}"`);
}

async function typeInto(person, label, text) {
  await tabTo(person, label);
  await person.page.keyboard.type(text);
}

async function logIn(person, stage, login) {
  await person.page.goto(`${stage.server.url}/school`);
  await person.speaks("en");
  await person.fill("Login", login);
  await person.fill("Password", PASSWORD);
  await person.press("Log in");
  await person.find("heading", "Classes");
}

/** Runs in the page: what a person has to do there, and whether anything was printed. */
function countEffort() {
  const fields = new Set();
  window.effort = { presses: 0, fields: [], printed: 0 };
  window.print = () => {
    window.effort.printed += 1;
  };
  window.addEventListener("click", ({ isTrusted, target }) => {
    if (isTrusted && target.closest("button, a, label, summary, input, select")) {
      window.effort.presses += 1;
    }
  });
  window.addEventListener("input", ({ target }) => {
    if (target.matches("select:has(option[lang])")) return;
    fields.add(target.labels[0].textContent);
    window.effort.fields = [...fields];
  });
}
