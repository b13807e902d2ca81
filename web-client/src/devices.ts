/**
 * The person's own microphone, camera and screen.
 *
 * Invariant: no method throws or blocks the way into a lesson; what goes wrong becomes a
 * `DeviceTrouble` that the page can say in words.
 */
import { signal } from "@preact/signals";
import type { DeviceTrouble } from "./room";
import * as storage from "./storage";

export interface DeviceLists {
  readonly microphones: readonly MediaDeviceInfo[];
  readonly cameras: readonly MediaDeviceInfo[];
}

type Kind = "microphone" | "camera";

const CAMERA: MediaTrackConstraints = {
  // Its smaller layers are made of this; who is shown large is sent whole.
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 24 },
};
const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

export class Devices {
  /** Captured now; whether the lesson hears it is the room's `mine.microphone`. */
  readonly microphone = signal<MediaStreamTrack | null>(null);
  readonly camera = signal<MediaStreamTrack | null>(null);
  readonly lists = signal<DeviceLists>({ microphones: [], cameras: [] });
  readonly trouble = signal<DeviceTrouble | null>(null);
  /** Called when a device ends by itself: unplugged, or taken by a phone call. */
  lost: (kind: Kind) => void = () => {};

  /** The track, captured if need be; null (and `trouble` set) when the device cannot be had. */
  async open(kind: Kind): Promise<MediaStreamTrack | null> {
    const current = this[kind].value;
    if (current?.readyState === "live") return current;
    this.trouble.value = null;
    try {
      const track = await capture(kind, storage.deviceChoice(kind));
      track.onended = () => this.ended(kind, track);
      this[kind].value = track;
      void this.refreshLists();
      return track;
    } catch (error) {
      this.trouble.value = troubleOf(kind, error);
      return null;
    }
  }

  close(kind: Kind): void {
    this[kind].value?.stop();
    this[kind].value = null;
  }

  closeAll(): void {
    this.close("microphone");
    this.close("camera");
  }

  /** Remembers the choice and, when the device is on, changes over to it. */
  async choose(kind: Kind, deviceId: string): Promise<void> {
    storage.rememberDevice(kind, deviceId);
    if (this[kind].value === null) return;
    this.close(kind);
    await this.open(kind);
  }

  /** Browsers tell labels only after permission; without them there is nothing to choose from. */
  async refreshLists(): Promise<void> {
    try {
      const all = await navigator.mediaDevices.enumerateDevices();
      const labelled = all.filter((device) => device.label !== "" && device.deviceId !== "");
      this.lists.value = {
        microphones: labelled.filter((device) => device.kind === "audioinput"),
        cameras: labelled.filter((device) => device.kind === "videoinput"),
      };
    } catch {
      this.lists.value = { microphones: [], cameras: [] };
    }
  }

  private ended(kind: Kind, track: MediaStreamTrack): void {
    if (this[kind].value !== track) return;
    this[kind].value = null;
    this.lost(kind);
  }
}

/** Whether this browser can share a screen at all; phones cannot. */
export function canShareScreen(): boolean {
  return typeof navigator.mediaDevices?.getDisplayMedia === "function";
}

/** The shared screen with its sound; null when the person changed their mind. */
export async function captureScreen(): Promise<MediaStream | DeviceTrouble | null> {
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true });
    // Text must stay sharp; a frame less is no loss.
    for (const track of stream.getVideoTracks()) track.contentHint = "detail";
    return stream;
  } catch (error) {
    return nameOf(error) === "NotAllowedError" ? null : "screen_failed";
  }
}

async function capture(kind: Kind, deviceId: string | null): Promise<MediaStreamTrack> {
  const wanted = kind === "camera" ? CAMERA : MICROPHONE;
  // Not `exact`: a remembered device that is gone must not stand in the way of another.
  const constraints = deviceId === null ? wanted : { ...wanted, deviceId: { ideal: deviceId } };
  const stream = await navigator.mediaDevices.getUserMedia(
    kind === "camera" ? { video: constraints } : { audio: constraints },
  );
  const track = stream.getTracks()[0];
  if (track === undefined) throw new DOMException("no track", "NotFoundError");
  return track;
}

function troubleOf(kind: Kind, error: unknown): DeviceTrouble {
  if (navigator.mediaDevices === undefined) return "insecure_page";
  switch (nameOf(error)) {
    case "NotAllowedError":
    case "SecurityError":
      return `${kind}_blocked`;
    case "NotFoundError":
    case "OverconstrainedError":
      return `${kind}_missing`;
    default:
      return `${kind}_busy`;
  }
}

function nameOf(error: unknown): string {
  return error instanceof Error || error instanceof DOMException ? error.name : "";
}
