/**
 * The school's name, language and rules.
 *
 * Invariant: what the form does not show is sent back as it came.
 */
import { useState } from "preact/hooks";
import { LANGUAGES } from "../../i18n";
import { words } from "../../i18n/school";
import type { SchoolSettings } from "../../school-protocol";
import { MAX_CLASS_NAME_CHARS } from "../../school-protocol";
import { Field } from "../field";
import { useLoad, WhenLoaded } from "./load";
import { Choice, Tick, Title } from "./parts";
import { problemAt } from "./problem";
import { useSend } from "./send";
import type { Staff } from "./staff";
import { findStaff } from "./staff";

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
  const [days, setDays] = useState(String(settings.device_days));
  const [saved, setSaved] = useState(false);
  const { busy, why, send } = useSend();
  const text = words.value;

  async function save(event: Event): Promise<void> {
    event.preventDefault();
    const body = {
      ...settings,
      name: name.trim(),
      language,
      adhoc_lessons: adhoc,
      device_days: Number(days),
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
        label={text.deviceDays}
        type="number"
        min={1}
        value={days}
        onInput={setDays}
        hint={text.deviceDaysHint}
      />
      {at.other}
      {saved && <p role="status">{text.saved}</p>}
      <button type="submit" class="button primary" disabled={busy}>
        {text.save}
      </button>
    </form>
  );
}
