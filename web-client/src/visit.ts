/**
 * The way from a lesson's link into the lesson and out again.
 *
 * Invariant: a tab that was inside when it was refreshed goes straight back; everybody else sees
 * the pre-join page first, and no device stands in the way.
 */
import { signal } from "@preact/signals";
import { lessonInfo } from "./api";
import { capacityFor, slotsFor } from "./capacity";
import { Devices } from "./devices";
import type { LessonCode, LessonInfo } from "./protocol";
import { Session } from "./session";
import * as storage from "./storage";

export type Stage =
  | { readonly at: "loading" }
  | { readonly at: "missing" }
  | { readonly at: "unreachable" }
  | { readonly at: "prejoin"; readonly info: LessonInfo }
  | { readonly at: "inside"; readonly session: Session };

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
    if (answer.ok) this.stage.value = { at: "prejoin", info: answer.value };
    else this.stage.value = { at: answer.why === "not_found" ? "missing" : "unreachable" };
  }

  /** The tap on "Join". */
  join(name: string, on: { microphone: boolean; camera: boolean }): void {
    storage.rememberPersonName(name);
    storage.rememberOn("microphone", on.microphone);
    storage.rememberOn("camera", on.camera);
    this.enter(name, on);
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

  private enter(name: string, on: { microphone: boolean; camera: boolean }): Session {
    const previous = this.stage.value;
    if (previous.at === "inside") previous.session.close();
    const session = new Session(
      {
        code: this.code,
        name,
        seatToken: storage.seat(this.code)?.token ?? null,
        teacherToken: this.teacherToken,
        device: storage.deviceId(),
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
