/**
 * What a test needs around it: one server, some people, and an account of what went wrong.
 *
 * Invariant: everything is closed when the test ends, however it ends.
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { chromium, firefox } from "./browsers.mjs";
import { writeFace } from "./face.mjs";
import { Person } from "./person.mjs";
import { Server } from "./server.mjs";
import { Wire } from "./wire.mjs";

const TEST_TIMEOUT_MS = 300_000;
/** Where a failed test leaves its screenshots and logs. */
const EVIDENCE = new URL("../../../target/e2e/", import.meta.url).pathname;

/** One promise to people, kept by `run(stage)`; `flags` are the server's. */
export function promise(name, run, { flags, ...options } = {}) {
  test(name, { timeout: TEST_TIMEOUT_MS, ...options }, async () => {
    const stage = await Stage.set(flags);
    try {
      await run(stage);
      stage.assertNoPageErrors();
    } catch (error) {
      await stage.keepEvidence(name).catch(() => {});
      throw error;
    } finally {
      await stage.close();
    }
  });
}

class Stage {
  people = [];
  wires = [];

  static async set(flags) {
    const stage = new Stage();
    stage.folder = await mkdtemp(join(tmpdir(), "homeroom-people-"));
    stage.server = await Server.start(flags);
    return stage;
  }

  /** Somebody with a browser; `face` is the colour their camera shows. */
  async person(name, { kind = "chromium", face, devices } = {}) {
    const file = face && join(this.folder, `${face}.y4m`);
    if (file) await writeFace(file, face);
    const browser = await (kind === "firefox" ? firefox() : chromium({ face: file, devices }));
    const [page = await browser.newPage()] = await browser.pages();
    const person = new Person(name, browser, page);
    this.people.push(person);
    return person;
  }

  /** A teacher inside a new lesson; `path` is the lesson's address. */
  async teacher(name, { url = this.server.url, microphone, camera, ...options } = {}) {
    const teacher = await this.person(name, options);
    teacher.path = await teacher.startLesson(url, "Algebra");
    await teacher.join({ microphone, camera });
    return teacher;
  }

  /** A student inside the teacher's lesson. */
  async student(name, teacher, { url = this.server.url, microphone, camera, ...options } = {}) {
    const student = await this.person(name, options);
    await student.page.goto(url + teacher.path);
    await student.join({ microphone, camera });
    return student;
  }

  async wire() {
    const wire = await Wire.to(this.server.ports.http);
    this.wires.push(wire);
    return wire;
  }

  /** Lets a person's downloads land where the test finds them. */
  async downloads(person) {
    const session = await person.browser.target().createCDPSession();
    await session.send("Browser.setDownloadBehavior", {
      behavior: "allow",
      downloadPath: this.folder,
    });
    return this.folder;
  }

  assertNoPageErrors() {
    const broken = this.people.find((person) => person.errors.length > 0);
    if (broken) throw new Error(`${broken.name}'s page threw`, { cause: broken.errors[0] });
  }

  async keepEvidence(name) {
    const folder = join(EVIDENCE, name.replace(/[^a-z0-9]+/gi, "-"));
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "server.log"), this.server.log);
    for (const person of this.people) {
      const file = join(folder, person.name.replace(/[^\p{L}\p{N}]+/gu, "-"));
      await writeFile(`${file}.json`, JSON.stringify(await person.stats().catch(String), null, 1));
      await person.page.screenshot({ path: `${file}.png` }).catch(() => {});
    }
    console.error(`What was seen is in ${folder}`);
  }

  async close() {
    await Promise.allSettled(this.people.map((person) => person.close()));
    for (const wire of this.wires) wire.close();
    await this.server.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
