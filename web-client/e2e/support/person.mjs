/**
 * A person at a browser, who finds things as people and their tools do: by role and name.
 *
 * Invariant: no test knows a class or an id of the page.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { colourOf, moves } from "./face.mjs";
import { until } from "./until.mjs";

export class Person {
  constructor(name, browser, page) {
    this.name = name;
    this.browser = browser;
    this.page = page;
    /** Exceptions nobody caught: a page that has one is broken, whatever it shows. */
    this.errors = [];
    page.on("pageerror", (error) => this.errors.push(error));
  }

  async startLesson(url, lesson) {
    await this.page.goto(url);
    await this.fill("Lesson name", lesson);
    await this.fill("Your name", this.name);
    await this.press("Start a lesson");
    await until("the lesson's own address", () => this.page.url().includes("/l/"));
    return new URL(this.page.url()).pathname;
  }

  /** From the lesson's address into the lesson. */
  async join({ microphone = true, camera = true } = {}) {
    await this.fill("Your name", this.name);
    if (microphone) await this.press("Unmute");
    if (microphone) await this.find("button", "Mute");
    if (camera) await this.press("Camera on");
    if (camera) await this.find("button", "Camera off");
    await this.press("Join");
    await this.inside();
  }

  /** From the lesson's address to its door, or into the lesson where it is open. */
  async knock(name = this.name) {
    await this.fill("Your name", name);
    await this.press("Join");
  }

  async inside() {
    await this.find("button", "Leave");
    await until(`${this.name}'s media to be connected`, async () => {
      const stats = await this.stats();
      return (
        stats.some((entry) => entry.type === "transport" && entry.dtlsState === "connected") ||
        stats.some((entry) => entry.type === "candidate-pair" && entry.state === "succeeded")
      );
    });
  }

  async fill(label, text) {
    await this.find("textbox", label);
    await this.page.locator(aria("textbox", label)).fill(text);
  }

  async press(name, role = "button") {
    await this.find(role, name);
    await this.page.locator(aria(role, name)).click();
  }

  /** A button that says more than its name. */
  async pressStarting(name, kind = "button") {
    const button = await until(`a ${kind} "${name}…" on ${this.name}'s page`, async () => {
      for (const one of await this.page.$$(kind)) {
        const text = await one.evaluate((element) => element.textContent.trim());
        if (text.startsWith(name) && (await one.isVisible())) return one;
      }
    });
    await button.click();
  }

  /** Chooses the page's language. */
  async speaks(language) {
    await this.page.waitForSelector("select:has(option[lang])");
    await this.page.select("select:has(option[lang])", language);
    await this.page.waitForFunction((code) => document.documentElement.lang === code, {}, language);
  }

  find(role, name) {
    return until(`${role} "${name}" on ${this.name}'s page`, () => this.look(role, name));
  }

  gone(role, name) {
    return until(`no ${role} "${name}" on ${this.name}'s page`, async () => {
      return (await this.look(role, name)) === null;
    });
  }

  look(role, name) {
    return this.page.$(aria(role, name));
  }

  says(text) {
    return until(`"${text}" on ${this.name}'s page`, async () => {
      return (await this.page.evaluate(() => document.body.textContent)).includes(text);
    });
  }

  /** Whether a text is on the page right now. */
  async shows(text) {
    return (await this.page.evaluate(() => document.body.innerText)).includes(text);
  }

  /** Writes into the chat, which is opened for it; Enter sends. */
  async write(text) {
    await this.openPanel("Chat");
    await this.fill("Message", text);
    await this.page.keyboard.press("Enter");
    await this.says(text);
  }

  /** Opens what is folded away under a heading of the people panel. */
  async unfold(heading) {
    await this.openPanel();
    await until(`"${heading}" to be open on ${this.name}'s page`, () =>
      this.page.evaluate((text) => {
        const summaries = [...document.querySelectorAll("summary")];
        const summary = summaries.find((one) => one.textContent === text);
        if (summary?.parentElement.open === false) summary.click();
        return summary?.parentElement.open;
      }, heading),
    );
  }

  async choose(label, value) {
    const list = await this.find("combobox", label);
    await list.select(value);
  }

  async isOn(name) {
    const input = await this.find("switch", name);
    return input.evaluate((element) => element.checked);
  }

  async stats() {
    return (await this.page.evaluate(() => window.homeroomDiagnostics?.getStats())) ?? [];
  }

  /** The picture in somebody's tile, or on the stage, moves and has this colour. */
  async seesPicture(role, name, colour) {
    await until(`a moving picture in ${role} "${name}" on ${this.name}'s page`, async () => {
      const video = await (await this.look(role, name))?.$("video");
      return video?.evaluate(moves);
    });
    if (colour === undefined) return;
    await until(`${colour} in ${role} "${name}" on ${this.name}'s page`, async () => {
      const video = await (await this.look(role, name))?.$("video");
      return (await video?.evaluate(colourOf)) === colour;
    });
  }

  /** Names in the people list, which is opened for it. */
  async people() {
    await this.openPanel();
    return until(`the people list on ${this.name}'s page`, async () => {
      const names = await this.page.$$eval("aside li", firstWords);
      return names.length > 0 && names;
    });
  }

  /** Opens the side panel at a tab; only teachers have more than the people. */
  async openPanel(tab = "People") {
    if ((await this.look("complementary", tab)) !== null) return;
    const open = await this.page.$("aside");
    if (open === null) await this.press("People");
    if (open !== null || tab !== "People") await this.press(tab, "tab");
    await this.find("complementary", tab);
  }

  /** What a teacher can do with one person. */
  async openMenu(name) {
    await this.openPanel();
    await this.press(`What to do: ${name}`);
  }

  /** The teacher's table, by name of person; each row by name of column. */
  async roll() {
    await this.openPanel("Roll");
    const width = await until("the table of connections", async () => {
      return (await this.page.$$("table thead th")).length;
    });
    const cells = await this.page.$$eval("table :is(th, td)", firstWords);
    const rows = Array.from({ length: cells.length / width }, (_, row) =>
      cells.slice(row * width, (row + 1) * width),
    );
    return byName(rows, "Name");
  }

  /** The same from the file that "Download CSV" gives. */
  async csv(folder) {
    await this.openPanel("Roll");
    const path = this.page.url();
    const file = join(folder, `${path.slice(path.lastIndexOf("/") + 1)}.csv`);
    await this.press("Download CSV");
    const text = await until("the downloaded roll", () => readFile(file, "utf8"));
    const lines = text.replace("\uFEFF", "").trim().split(/\r?\n/);
    return byName(
      lines.map((line) => line.split(",")),
      "name",
    );
  }

  async close() {
    await this.browser.close();
  }
}

function aria(role, name) {
  return `::-p-aria([name="${name}"][role="${role}"])`;
}

/** The text each element begins with, without the remarks after it; runs in the page. */
function firstWords(elements) {
  return elements.map((element) => {
    const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    return texts.nextNode()?.textContent.trim() ?? "";
  });
}

function byName([head, ...rows], column) {
  const at = head.indexOf(column);
  const entries = rows.map((row) => [row[at], Object.fromEntries(head.map((h, i) => [h, row[i]]))]);
  return Object.fromEntries(entries);
}
