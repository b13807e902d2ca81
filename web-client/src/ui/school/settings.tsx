/**
 * The school's name, language and rules.
 *
 * Invariant: what the form does not show is sent back as it came.
 */
import { useState } from "preact/hooks";
import { LANGUAGES } from "../../i18n";
import { words } from "../../i18n/school";
import type { SchoolSettings } from "../../school-protocol";
import {
  MAX_CLASS_NAME_CHARS,
  MAX_DEVICE_DAYS,
  MAX_EVIDENCE_DAYS,
  MIN_DEVICE_DAYS,
  MIN_EVIDENCE_DAYS,
} from "../../school-protocol";
import { Field } from "../field";
import { useLoad, WhenLoaded } from "./load";
import { Choice, Tick, Title } from "./parts";
import { problemAt } from "./problem";
import { useSend } from "./send";
import type { Staff } from "./staff";
import { findStaff } from "./staff";

const MINUTE_MS = 60_000;
const MAX_LATE_MINUTES = 240;
const NAMES = LANGUAGES.map(({ code, name }) => [code, name] as const);

export function Settings({ staff }: { staff: Staff }) {
  const { api } = staff;
  const settings = useLoad(() => api.settings(), [api]);
  return (
    <>
      <Title over={staff.me.school} text={words.value.nav.settings} />
      <WhenLoaded loaded={settings}>
        {(value) => <SettingsForm staff={staff} settings={value} />}
      </WhenLoaded>
    </>
  );
}

function SettingsForm({ staff, settings }: { staff: Staff; settings: SchoolSettings }) {
  const [name, setName] = useState(settings.name);
  const [language, setLanguage] = useState(settings.language);
  const [adhoc, setAdhoc] = useState(settings.adhoc_lessons);
  const [late, setLate] = useState(String(settings.roll_rules.late_after_ms / MINUTE_MS));
  const [days, setDays] = useState(String(settings.device_days));
  const [evidence, setEvidence] = useState(String(settings.evidence_days));
  const [saved, setSaved] = useState(false);
  const { busy, why, send } = useSend();
  const text = words.value;
  const wrong =
    [lateError(late), deviceError(days), evidenceError(evidence)].find((one) => one !== null) ??
    null;

  async function save(event: Event): Promise<void> {
    event.preventDefault();
    if (wrong !== null) return;
    const body = {
      ...settings,
      name: name.trim(),
      language,
      adhoc_lessons: adhoc,
      device_days: Number(days),
      evidence_days: Number(evidence),
      roll_rules: { ...settings.roll_rules, late_after_ms: Number(late) * MINUTE_MS },
    };
    const done = await send(() => staff.api.putSettings(body));
    setSaved(done !== null);
    // The name stands above every page.
    if (done !== null) void findStaff();
  }

  const at = problemAt(why, { name: ["bad_name"] });
  return (
    <form class="card narrow" onSubmit={save} noValidate onInput={() => setSaved(false)}>
      <Field
        label={text.schoolName}
        value={name}
        onInput={setName}
        placeholder={text.schoolNameExample}
        maxLength={MAX_CLASS_NAME_CHARS}
        autoComplete="organization"
        error={at.name}
      />
      <Choice label={text.schoolLanguage} value={language} options={NAMES} onChange={setLanguage} />
      <Tick label={text.adhoc} hint={text.adhocHint} on={adhoc} onChange={setAdhoc} />
      <Field
        label={text.lateAfter}
        type="number"
        value={late}
        onInput={setLate}
        hint={text.lateAfterHint}
        error={lateError(late)}
      />
      <Field
        label={text.deviceDays}
        type="number"
        value={days}
        onInput={setDays}
        hint={text.deviceDaysHint}
        error={deviceError(days)}
      />
      <Field
        label={text.evidenceDays}
        type="number"
        value={evidence}
        onInput={setEvidence}
        hint={text.evidenceDaysHint}
        error={evidenceError(evidence)}
      />
      {at.other}
      {saved && <p role="status">{text.saved}</p>}
      <button type="submit" class="button primary" disabled={busy}>
        {text.save}
      </button>
    </form>
  );
}

const lateError = (text: string) => notWithin(text, 0, MAX_LATE_MINUTES);
const deviceError = (text: string) => notWithin(text, MIN_DEVICE_DAYS, MAX_DEVICE_DAYS);
const evidenceError = (text: string) => notWithin(text, MIN_EVIDENCE_DAYS, MAX_EVIDENCE_DAYS);

/** The server's own bounds, said before it has to refuse. */
function notWithin(text: string, least: number, most: number): string | null {
  const value = Number(text);
  const fits = text.trim() !== "" && Number.isInteger(value) && value >= least && value <= most;
  return fits ? null : words.value.numberWithin(least, most);
}
