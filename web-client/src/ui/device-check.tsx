/**
 * The person's own picture and level before joining, and which devices to use.
 *
 * Invariant: a device is asked for only when its button is pressed, and its failure is one line.
 */

import type { Devices } from "../devices";
import { t } from "../i18n";
import { Icon } from "./icons";
import { LevelMeter } from "./level-meter";
import { TrackVideo } from "./track-video";

export function DeviceCheck({ devices }: { devices: Devices }) {
  const camera = devices.camera.value;
  const microphone = devices.microphone.value;
  const trouble = devices.trouble.value;
  return (
    <section class="card device-check">
      <div class="preview">
        {camera === null ? (
          <p class="preview-off">
            <Icon name="cameraOff" />
            {t.value.cameraIsOff}
          </p>
        ) : (
          <TrackVideo track={camera} />
        )}
        {microphone !== null && <LevelMeter track={microphone} />}
      </div>
      <div class="device-buttons">
        <DeviceButton devices={devices} kind="microphone" />
        <DeviceButton devices={devices} kind="camera" />
      </div>
      {trouble !== null && (
        <p class="hint" role="status">
          {t.value.notice[trouble]}
        </p>
      )}
      <Picker devices={devices} kind="microphone" />
      <Picker devices={devices} kind="camera" />
    </section>
  );
}

type Kind = "microphone" | "camera";

function DeviceButton({ devices, kind }: { devices: Devices; kind: Kind }) {
  const on = devices[kind].value !== null;
  const words = t.value;
  const label =
    kind === "microphone"
      ? on
        ? words.mute
        : words.unmute
      : on
        ? words.cameraOff
        : words.cameraOn;
  const icon = kind === "microphone" ? (on ? "mic" : "micOff") : on ? "camera" : "cameraOff";
  return (
    <button
      type="button"
      class={on ? "button device on" : "button device"}
      onClick={() => (on ? devices.close(kind) : devices.open(kind))}
    >
      <Icon name={icon} />
      {label}
    </button>
  );
}

function Picker({ devices, kind }: { devices: Devices; kind: Kind }) {
  const { microphones, cameras } = devices.lists.value;
  const choices = kind === "microphone" ? microphones : cameras;
  const track = devices[kind].value;
  if (track === null || choices.length < 2) return null;
  return (
    <label class="field">
      <span>{kind === "microphone" ? t.value.microphone : t.value.camera}</span>
      <select
        value={track.getSettings().deviceId ?? ""}
        onChange={(event) => devices.choose(kind, event.currentTarget.value)}
      >
        {choices.map((device) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label}
          </option>
        ))}
      </select>
    </label>
  );
}
