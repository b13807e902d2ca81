/**
 * A lesson to measure: the release server, a teacher with a real picture and voice on a perfect
 * line, and students who only listen, each behind a link of their own.
 *
 * Invariant: everything is closed at the end, however it ends; and no student's media has come
 * around their link.
 */
import { chromium } from "../e2e/support/browsers.mjs";
import { Link } from "../e2e/support/link.mjs";
import { decodes, hears } from "../e2e/support/media.mjs";
import { Person } from "../e2e/support/person.mjs";
import { Server } from "../e2e/support/server.mjs";
import { Wire } from "../e2e/support/wire.mjs";
import { notesOf, takeNotes } from "./page.mjs";
import { scene } from "./scene.mjs";

const MEDIA = new URL("../../target/quality/media", import.meta.url).pathname;
/** The teacher's own preview costs nothing that a student would miss. */
const TEACHER_WINDOW = { width: 480, height: 360 };
/** A student sees the teacher high enough to be sent the whole picture. */
const STUDENT_WINDOW = { width: 1440, height: 900 };

export class Lesson {
  students = [];
  wires = [];

  /** Runs `measure` in a new lesson; `prepare` has the teacher's page before it is opened. */
  static async during(measure, { prepare } = {}) {
    const lesson = new Lesson();
    try {
      lesson.server = await Server.start();
      await lesson.#begin(prepare);
      const result = await measure(lesson);
      for (const student of lesson.students) await lesson.#assertOnlyWay(student);
      return result;
    } finally {
      await lesson.#close();
    }
  }

  async #begin(prepare) {
    const { camera, microphone } = await scene(MEDIA);
    const browser = await chromium({ face: camera, voice: microphone });
    const [page] = await browser.pages();
    await page.setViewport(TEACHER_WINDOW);
    await takeNotes(page);
    await prepare?.(page);
    this.teacher = new Person("Asel", browser, page);
    this.path = await this.teacher.startLesson(this.server.url, "Algebra");
    await this.teacher.join();
  }

  /**
   * A student before the door: `signallingMs` is how long each byte of pages and signalling takes
   * each way; `link` is as `Link.before` takes it, `window` the page's size.
   */
  async studentAtDoor(name, options = {}) {
    const { link: settings = {}, signallingMs = 0, window = STUDENT_WINDOW } = options;
    const browser = await chromium();
    const [page] = await browser.pages();
    await page.setViewport(window);
    await takeNotes(page);
    const person = new Person(name, browser, page);
    const student = { person, page };
    this.students.push(student);
    student.link = await Link.before(page, settings);
    const wire = await Wire.to(this.server.ports.http, { delayMs: signallingMs });
    this.wires.push(wire);
    await page.goto(wire.url + this.path);
    return student;
  }

  /** A student inside, who sees and hears the teacher. */
  async student(name, options) {
    const student = await this.studentAtDoor(name, options);
    await student.person.join({ microphone: false, camera: false });
    await hears(student.person, 1);
    return student;
  }

  /** The student closes the browser. */
  async leaves(student) {
    await this.#assertOnlyWay(student);
    this.students = this.students.filter((other) => other !== student);
    await student.person.close();
    await student.link.close();
  }

  #assertOnlyWay({ person, link }) {
    return link.assertOnlyWay(person);
  }

  seesPicture(student) {
    return decodes(student.person, 1);
  }

  notes(student) {
    return notesOf(student.page);
  }

  /** How late the links were on average, each. */
  latenessMs() {
    return Promise.all(this.students.map(async ({ link }) => (await link.stats()).lateMs));
  }

  async serverStats() {
    const text = await (await fetch(`${this.server.url}/metrics`)).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return Object.fromEntries(
      lines.map((line) => {
        const at = line.lastIndexOf(" ");
        return [line.slice(0, at), Number(line.slice(at + 1))];
      }),
    );
  }

  async #close() {
    const people = [...this.students.map(({ person }) => person), this.teacher];
    await Promise.allSettled(people.map((person) => person?.close()));
    await Promise.allSettled(this.students.map(({ link }) => link?.close()));
    for (const wire of this.wires) wire.close();
    await this.server?.stop();
  }
}
