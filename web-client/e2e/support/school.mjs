/**
 * A school that has been set up already, through the calls every tool of a school may use.
 *
 * Invariant: what a test wants to see of the pages themselves, it does in a browser.
 */
import assert from "node:assert/strict";
import { until } from "./until.mjs";

export const PASSWORD = "three plain words";

/** As a teacher of Almaty would paste them. */
export const NAMES = [
  "Әбдірахманов Нұрислам Бақытжанұлы",
  "Алимжанова Айгерім",
  "Ахметов Дамир",
  "Байжанова Камила",
  "Борисов Артём",
  "Дүйсенбекова Аружан",
  "Егорова Полина",
  "Ержанұлы Алихан",
  "Жұмабаева Томирис",
  "Иванов Иван",
  "Ибрагимова Сабина",
  "Кәрімов Ерасыл",
  "Ким Тимур",
  "Қайратқызы Аяулым",
  "Ли Виктория",
  "Мұратбеков Санжар",
  "Нурланова Аида",
  "Оспанов Мирас",
  "Петрова Дина",
  "Рахимова Инжу",
  "Сейітқали Айсұлтан",
  "Смирнова-Вознесенская Александра",
  "Тасболатов Бекзат",
  "Тілеубек Ақниет",
  "Төлеген Әлия",
  "Уәлиханова Дильназ",
  "Федоров Максим",
  "Хамитова Жания",
  "Шәріпов Алмас",
  "Юсупова Малика",
];

/** What the server shows its administrator when it first starts. */
export async function firstInvitation(server) {
  const path = await until("the link to the first account", () => {
    return /\/school#invite=[\w-]+/.exec(server.log)?.[0];
  });
  return server.url + path;
}

/** The same link at the address this test reaches the server by. */
export function here(server, url) {
  const { pathname, hash } = new URL(url);
  return server.url + pathname + hash;
}

export class School {
  #server;
  #token = null;

  /** With an administrator whose login is `admin`. */
  static async at(server) {
    const school = new School();
    school.#server = server;
    school.#token = (await school.#accept(await firstInvitation(server), "Gulnar", "admin")).token;
    const settings = await school.call("GET", "/settings");
    await school.call("PUT", "/settings", { ...settings, name: "School No. 12", language: "en" });
    return school;
  }

  /** Somebody of the school who can log in as `login`. */
  async hire(name, login, kind = "teacher") {
    const { url, person } = await this.call("POST", "/invitations", { kind, name });
    await this.#accept(url, name, login);
    return person;
  }

  /** A class with these students; `links` are their personal links, by name. */
  async classOf(name, students, teacher) {
    const { id } = await this.call("POST", "/classes", { name, subject: "Algebra" });
    if (teacher !== undefined) {
      await this.call("PUT", `/classes/${id}/staff/${teacher}`, { role: "teacher" });
    }
    const list = { text: students.join("\n"), remove_missing: false, check_only: false };
    await this.call("POST", `/classes/${id}/roster`, list);
    const wish = { only_without: true, end_devices: false };
    const sheet = await this.call("POST", `/classes/${id}/links`, wish);
    const links = sheet.links.map((link) => [link.name, here(this.#server, link.url)]);
    return { id, links: Object.fromEntries(links) };
  }

  async call(method, path, body) {
    const answer = await fetch(`${this.#server.url}/api/v1${path}`, {
      method,
      headers: {
        "Content-Type": "application/json",
        ...(this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` }),
      },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  }

  #accept(url, name, login) {
    const token = url.split("#invite=")[1];
    return this.call("POST", "/invitations/accept", { token, name, login, password: PASSWORD });
  }
}
