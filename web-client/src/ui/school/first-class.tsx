/**
 * The first page an administrator sees: what the school is called, and its first class.
 *
 * Invariant: the school's language becomes the one it was set up in; nothing else is asked that can
 * wait.
 */
import { useEffect, useState } from "preact/hooks";
import { language } from "../../i18n";
import { words } from "../../i18n/school";
import { MAX_CLASS_NAME_CHARS } from "../../school-protocol";
import { Field } from "../field";
import { go } from "../navigation";
import { ClassFields } from "./class-fields";
import { useLoad, WhenLoaded } from "./load";
import { Title } from "./parts";
import { problemAt } from "./problem";
import { classPath } from "./routes";
import { useSend } from "./send";
import type { Staff } from "./staff";
import { findStaff } from "./staff";
import { Steps } from "./steps";

export function FirstClass({ staff }: { staff: Staff }) {
  const { api } = staff;
  const settings = useLoad(() => api.settings(), [api]);
  const [school, setSchool] = useState("");
  const [name, setName] = useState("");
  const [subject, setSubject] = useState("");
  const { busy, why, send } = useSend();
  const text = words.value;
  const known = settings.value?.name;
  useEffect(() => {
    if (known !== undefined) setSchool(known);
  }, [known]);

  async function next(event: Event): Promise<void> {
    event.preventDefault();
    const { value } = settings;
    if (value === null) return;
    const body = { ...value, name: school.trim(), language: language.value };
    if ((await send(() => api.putSettings(body))) === null) return;
    const about = { name: name.trim(), subject: subject.trim() };
    const made = await send(() => api.newClass(about));
    if (made === null) return;
    go(classPath(made.value.id));
    // The school has a name now.
    void findStaff();
  }

  const at = problemAt(why, { name: ["bad_name"] });
  return (
    <>
      <Title text={text.welcome(staff.me.name)} />
      <Steps done={["account"]} now="class" />
      <WhenLoaded loaded={settings}>
        {() => (
          <form class="card" onSubmit={next} noValidate aria-label={text.step.class}>
            <h2>{text.schoolAndClass}</h2>
            <Field
              label={text.schoolName}
              value={school}
              onInput={setSchool}
              placeholder={text.schoolNameExample}
              maxLength={MAX_CLASS_NAME_CHARS}
              autoComplete="organization"
              hint={text.schoolNameHint}
            />
            <ClassFields {...{ name, setName, subject, setSubject }} error={at.name} />
            {at.other}
            <button type="submit" class="button primary" disabled={busy}>
              {text.next}
            </button>
          </form>
        )}
      </WhenLoaded>
    </>
  );
}
