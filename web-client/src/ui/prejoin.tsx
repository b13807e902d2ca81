/**
 * Before the lesson: the name, an optional look at one's own camera and microphone, "Join".
 *
 * Invariant: nothing but an empty name can keep a person from joining. A name the school has fixed is
 * shown, not asked for.
 */
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";
import type { LessonInfo } from "../protocol";
import { MAX_NAME_CHARS } from "../protocol";
import * as storage from "../storage";
import type { Pass, Visit } from "../visit";
import { DeviceCheck } from "./device-check";
import { Field } from "./field";
import { Invite } from "./invite";
import { Page } from "./page";

interface PrejoinProps {
  readonly visit: Visit;
  readonly info: LessonInfo;
  readonly pass: Pass | null;
}

export function Prejoin({ visit, info, pass }: PrejoinProps) {
  const [typed, setName] = useState(storage.personName());
  const name = pass?.name ?? typed;
  const [nameMissing, setNameMissing] = useState(false);
  const owner = visit.teacherToken !== null;
  const { devices } = visit;

  useEffect(() => {
    document.title = `${info.name} · Homeroom`;
    // Turned on last time, so the browser was allowed to; a first visit asks for nothing.
    if (storage.wasOn("camera")) void devices.open("camera");
    if (storage.wasOn("microphone")) void devices.open("microphone");
  }, [info.name, devices]);

  function join(event: Event): void {
    event.preventDefault();
    if (name.trim() === "") return setNameMissing(true);
    visit.join(name.trim(), {
      microphone: devices.microphone.value !== null,
      camera: devices.camera.value !== null,
    });
  }

  return (
    <Page wide>
      <div class="lesson-title">
        {owner && <p class="overline">{t.value.yourLesson}</p>}
        <h1>{info.name}</h1>
      </div>
      <div class="columns">
        <DeviceCheck devices={devices} />
        <form class="card" onSubmit={join} noValidate>
          {pass === null ? (
            <Field
              label={t.value.yourName}
              value={name}
              onInput={setName}
              maxLength={MAX_NAME_CHARS}
              autoComplete="name"
              spellcheck={false}
              error={nameMissing && name.trim() === "" ? t.value.nameNeeded : null}
            />
          ) : (
            <p class="fixed-name">
              <span class="hint">{t.value.youAre}</span> <strong>{name}</strong>
            </p>
          )}
          <button type="submit" class="button primary large">
            {t.value.join}
          </button>
          {!owner && <p class="hint">{t.value.listenFirst}</p>}
        </form>
        {owner && (
          <section class="card invite-card">
            <h2>{t.value.invite}</h2>
            <Invite code={info.code} />
          </section>
        )}
      </div>
    </Page>
  );
}
