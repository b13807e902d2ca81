/**
 * The way from a lesson's link into the lesson and out again.
 *
 * Invariant: a tab that was inside when it was refreshed goes straight back; everybody else sees
 * the pre-join page first, and no device stands in the way.
 */
import { signal } from "@preact/signals";
import { joinTicket, lessonInfo } from "./api";
import { capacityFor, slotsFor } from "./capacity";
import { Devices } from "./devices";
import type { LessonCode, LessonInfo } from "./protocol";
import { Session } from "./session";
import * as storage from "./storage";

export type Stage =
  | { readonly at: "loading" }
  | { readonly at: "missing" }
  | { readonly at: "unreachable" }
  | { readonly at: "prejoin"; readonly info: LessonInfo; readonly pass: Pass | null }
  | { readonly at: "inside"; readonly session: Session };

/** The school knows who this is: they come in under the name it has fixed. */
export interface Pass {
  readonly name: string;
  readonly ticket: string;
  /** Whose ticket: for another one when this one is too old. */
  readonly token: string;
  /** By this device's clock. */
  readonly askedMs: number;
}

/** Well inside a ticket's two minutes. */
const FRESH_MS = 60_000;

export class Visit {
  readonly devices = new Devices();
  readonly stage = signal<Stage>({ at: "loading" });
  /** The teacher's own browser: it created this lesson. */
  readonly teacherToken: string | null;

  constructor(readonly code: LessonCode) {
    this.teacherToken = storage.teacherToken(code);
  }

  async begin(): Promise<void> {
    const seat = storage.seat(this.code);
    if (seat?.inside) return this.comeBack(seat);
    this.stage.value = { at: "loading" };
    const answer = await lessonInfo(this.code);
    if (answer.ok) {
      this.stage.value = { at: "prejoin", info: answer.value, pass: await this.findPass() };
    } else this.stage.value = { at: answer.why === "not_found" ? "missing" : "unreachable" };
  }

  /** The tap on "Join". */
  join(name: string, on: { microphone: boolean; camera: boolean }): void {
    const { value: stage } = this.stage;
    if (stage.at !== "prejoin" || stage.pass === null) storage.rememberPersonName(name);
    storage.rememberOn("microphone", on.microphone);
    storage.rememberOn("camera", on.camera);
    void this.enterFresh(name, on);
  }

  /** The first of those whom the school has let in on this device and who belong to the lesson. */
  private async findPass(): Promise<Pass | null> {
    const staff = storage.staffLogin();
    for (const { token } of [...(staff === null ? [] : [staff]), ...storage.studentLogins()]) {
      const pass = await this.askPass(token);
      if (pass !== null) return pass;
    }
    return null;
  }

  private async askPass(token: string): Promise<Pass | null> {
    const askedMs = Date.now();
    const answer = await joinTicket(this.code, token);
    if (!answer.ok) return null;
    return { name: answer.value.name, ticket: answer.value.ticket, token, askedMs };
  }

  private async enterFresh(name: string, on: { microphone: boolean; camera: boolean }) {
    const stage = this.stage.value;
    let pass = stage.at === "prejoin" ? stage.pass : null;
    const ageMs = pass === null ? 0 : Date.now() - pass.askedMs;
    if (pass !== null && (ageMs < 0 || ageMs > FRESH_MS)) pass = await this.askPass(pass.token);
    if (this.stage.value === stage) this.enter(name, on, pass?.ticket);
  }

  /** Back into a seat that was left or taken over, or that a refresh interrupted. */
  async comeBack(seat = storage.seat(this.code)): Promise<void> {
    if (seat === null) return this.begin();
    // First inside, then the devices: a browser that asks again must not keep anyone waiting.
    const session = this.enter(seat.name, { microphone: false, camera: false });
    if (!storage.isRefresh(seat, Date.now())) return;
    if (seat.microphone) await session.turn("microphone", true);
    if (seat.camera) await session.turn("camera", true);
  }

  close(): void {
    const stage = this.stage.value;
    if (stage.at === "inside") stage.session.close();
    this.devices.closeAll();
  }

  private enter(
    name: string,
    on: { microphone: boolean; camera: boolean },
    ticket?: string,
  ): Session {
    const previous = this.stage.value;
    if (previous.at === "inside") previous.session.close();
    const session = new Session(
      {
        code: this.code,
        name,
        seatToken: storage.seat(this.code)?.token ?? null,
        teacherToken: this.teacherToken,
        streamKey: storage.streamKey(this.code),
        device: storage.deviceId(),
        ticket,
      },
      this.devices,
      on,
      capacityFor(window.innerWidth, window.innerHeight, slotsFor(window.screen)),
    );
    this.stage.value = { at: "inside", session };
    session.dispatch({ type: "enter" });
    return session;
  }
}
