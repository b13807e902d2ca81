/**
 * One visit to a lesson: carries out the room's effects on the socket, the peer connection, the
 * devices and the storage, and feeds back what they report.
 *
 * Invariant: decides nothing; every rule is in `room.ts`.
 */
import { signal } from "@preact/signals";
import { socketUrl } from "./api";
import { askedCodec, ownCodec } from "./codec";
import type { Devices } from "./devices";
import { captureScreen } from "./devices";
import type { Streams } from "./media";
import { Media } from "./media";
import type { Announcement, Capacity, Effect, Room, RoomEvent, Seat } from "./room";
import { handle, maySend, maySpeak, newRoom, wakeAt, whyNotSpeak } from "./room";
import { Signaling } from "./signaling";
import * as storage from "./storage";

export class Session {
  readonly room;
  readonly streams = signal<Streams | null>(null);
  /** What is being written, kept while the panel is closed. */
  readonly draft = signal("");
  readonly announcement = signal<Announcement | null>(null);
  private readonly signaling: Signaling;
  /** The connection in use; its successor waits in `renewing` for the server's answer. */
  private media: Media | null = null;
  private renewing: Media | null = null;
  /** Counts what is negotiated and given up. */
  private attempts = 0;
  private screen: MediaStream | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly online = () => this.dispatch({ type: "online" });

  constructor(
    seat: Seat,
    readonly devices: Devices,
    on: { microphone: boolean; camera: boolean },
    capacity: Capacity,
  ) {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0] ?? 0;
    this.room = signal<Room>(newRoom(seat, { ...on, screen: false }, capacity, seed));
    this.signaling = new Signaling(socketUrl(), {
      opened: () => this.dispatch({ type: "socket_opened" }),
      lost: () => this.dispatch({ type: "socket_lost" }),
      message: (message) => this.dispatch({ type: "server", message }),
    });
    devices.lost = (kind) => {
      this.set(kind, false);
      this.dispatch({ type: "notice", code: `${kind}_lost` });
    };
    window.addEventListener("online", this.online);
    window.addEventListener("pagehide", this.stillHere);
  }

  dispatch(event: RoomEvent): void {
    const step = handle(this.room.value, event, performance.now());
    this.room.value = step.room;
    for (const effect of step.effects) this.carryOut(effect);
    this.sleep();
  }

  /** The device is opened first, so that nobody is shown as heard before they are. */
  async turn(kind: "microphone" | "camera", on: boolean): Promise<void> {
    const { value: room } = this.room;
    if (on && !(kind === "microphone" ? maySpeak(room) : maySend(room))) {
      return this.dispatch({ type: "notice", code: whyNotSpeak(room) });
    }
    if (on && (await this.devices.open(kind)) === null) {
      const code = this.devices.trouble.value;
      if (code !== null) this.dispatch({ type: "notice", code });
      return;
    }
    // A released camera puts its light out; a muted microphone stays open for a quick unmute.
    if (!on && kind === "camera") this.devices.close("camera");
    this.set(kind, on);
  }

  async shareScreen(): Promise<void> {
    const screen = await captureScreen();
    if (screen === null) return;
    if (typeof screen === "string") return this.dispatch({ type: "notice", code: screen });
    this.screen = screen;
    const [video] = screen.getVideoTracks();
    if (video) video.onended = () => this.stopSharing();
    this.putTracks();
    this.dispatch({ type: "mine", mine: { screen: true } });
  }

  stopSharing(): void {
    this.releaseScreen();
    this.dispatch({ type: "mine", mine: { screen: false } });
  }

  /** Statistics of the peer connection as plain objects; empty while there is none. */
  async stats(): Promise<Record<string, unknown>[]> {
    return (await this.media?.stats()) ?? [];
  }

  close(): void {
    clearTimeout(this.timer);
    window.removeEventListener("online", this.online);
    window.removeEventListener("pagehide", this.stillHere);
    this.devices.lost = () => {};
    this.signaling.close();
    this.closeMedia();
    this.releaseScreen();
    this.devices.closeAll();
  }

  private set(kind: "microphone" | "camera", on: boolean): void {
    this.dispatch({ type: "mine", mine: { [kind]: on } });
    this.putTracks();
    storage.rememberOn(kind, on);
    this.stillHere();
  }

  private readonly stillHere = () => {
    const { seat, connection } = this.room.value;
    if (seat.seatToken !== null && connection.ending === null) this.keepSeat(seat.seatToken, true);
  };

  private carryOut(effect: Effect): void {
    switch (effect.type) {
      case "open_socket":
        return this.signaling.open();
      case "close_socket":
        return this.signaling.close();
      case "send":
        return this.signaling.send(effect.message);
      case "make_offer":
        return void this.makeOffer();
      case "apply_answer":
        return void this.applyAnswer(effect.sdp);
      case "close_media":
        return this.closeMedia();
      case "want_layers":
        this.media?.want("camera", effect.camera);
        this.media?.want("screen", effect.screen);
        return;
      case "stop_screen":
        return this.releaseScreen();
      case "close_devices":
        this.devices.closeAll();
        return this.putTracks();
      case "stop_microphone":
        return this.putTracks();
      case "keep_seat":
        return this.keepSeat(effect.token, effect.inside);
      case "forget_seat":
        return storage.forgetSeat(this.room.value.seat.code);
      case "keep_stream_key":
        return storage.keepStreamKey(this.room.value.seat.code, effect.kept);
      case "announce":
        this.announcement.value = effect.what;
        return;
      default:
        return unreachable(effect);
    }
  }

  private async makeOffer(): Promise<void> {
    this.attempts += 1;
    const attempt = this.attempts;
    const asked = await askedCodec();
    const own = await ownCodec(asked);
    if (attempt !== this.attempts) return;
    this.renewing?.close();
    this.renewing = null;
    let media: Media | null = null;
    try {
      const { capacity, seat } = this.room.value;
      media = new Media(capacity.slots, seat.teacherToken !== null, asked, own, (state) => {
        // The old connection may still talk while its successor is being negotiated.
        if (this.media === media) this.dispatch({ type: "media", state });
      });
      this.renewing = media;
      const offer = await media.offer();
      if (this.renewing === media) this.dispatch({ type: "offer", media: offer });
    } catch {
      // An attempt that was closed for its successor fails too, and means nothing.
      if (this.renewing === media) this.dispatch({ type: "offer_failed" });
    }
  }

  private async applyAnswer(sdp: string): Promise<void> {
    const next = this.renewing;
    if (next === null) return;
    this.renewing = null;
    this.media?.close();
    this.media = next;
    this.streams.value = next.streams;
    this.putTracks();
    try {
      await next.applyAnswer(sdp);
    } catch {
      if (this.media === next) this.dispatch({ type: "media", state: "failed" });
    }
  }

  private putTracks(): void {
    const { mine } = this.room.value;
    const { microphone, camera } = this.devices;
    const [screen] = this.screen?.getVideoTracks() ?? [];
    const [screenAudio] = this.screen?.getAudioTracks() ?? [];
    void this.media?.put("microphone", mine.microphone ? microphone.value : null);
    void this.media?.put("camera", mine.camera ? camera.value : null);
    void this.media?.put("screen", screen ?? null);
    void this.media?.put("screen_audio", screenAudio ?? null);
  }

  private releaseScreen(): void {
    for (const track of this.screen?.getTracks() ?? []) {
      track.onended = null;
      track.stop();
    }
    this.screen = null;
    this.putTracks();
  }

  private closeMedia(): void {
    this.attempts += 1;
    this.renewing?.close();
    this.media?.close();
    this.renewing = null;
    this.media = null;
    this.streams.value = null;
  }

  private keepSeat(token: string, inside: boolean): void {
    const { seat, mine } = this.room.value;
    const { microphone, camera } = mine;
    const seenMs = Date.now();
    storage.keepSeat(seat.code, { token, inside, name: seat.name, microphone, camera, seenMs });
  }

  private sleep(): void {
    clearTimeout(this.timer);
    const at = wakeAt(this.room.value);
    if (at === null) return;
    const delay = Math.max(0, at - performance.now());
    this.timer = setTimeout(() => this.dispatch({ type: "clock" }), delay);
  }
}

function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
