/**
 * One student of a class: a new link, the name put right, attendance.
 *
 * Invariant: the link is shown once, here, and to whoever made it.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import { MAX_NAME_CHARS } from "../../protocol";
import type { ClassNumber, PersonalLink, PersonNumber, RosterStudent } from "../../school-protocol";
import { Field } from "../field";
import { go } from "../navigation";
import { Confirm } from "./confirm";
import { Copyable } from "./copyable";
import { History } from "./history";
import { Refused, useLoad, WhenLoaded } from "./load";
import { Go, Qr, Tick, Title } from "./parts";
import { problemAt } from "./problem";
import { classPath } from "./routes";
import { useSend } from "./send";
import type { Staff } from "./staff";

interface StudentProps {
  readonly staff: Staff;
  readonly id: ClassNumber;
  readonly person: PersonNumber;
}

export function Student({ staff, id, person }: StudentProps) {
  const { api, me } = staff;
  const about = useLoad(() => api.class(id), [api, id]);
  const roster = useLoad(() => api.roster(id), [api, id]);
  const text = words.value;
  const mayChange = me.kind !== "observer" && about.value?.archived_ms === null;
  return (
    <WhenLoaded loaded={roster}>
      {({ students }) => {
        const student = students.find((one) => one.person === person);
        if (student === undefined) return <p class="hint">{text.notInClass}</p>;
        return (
          <>
            <Title over={about.value?.name ?? ""} text={student.name} />
            {mayChange && <OneLink staff={staff} id={id} student={student} />}
            <section class="card" aria-labelledby="history-title">
              <h2 id="history-title">{text.attendance}</h2>
              <History api={api} id={id} person={person} />
            </section>
            {mayChange && (
              <Changes staff={staff} id={id} student={student} changed={roster.again} />
            )}
            <p>
              <Go to={classPath(id)}>{text.backToClass}</Go>
            </p>
          </>
        );
      }}
    </WhenLoaded>
  );
}

interface OneProps {
  readonly staff: Staff;
  readonly id: ClassNumber;
  readonly student: RosterStudent;
}

function OneLink({ staff, id, student }: OneProps) {
  const { busy, why, send } = useSend();
  const [endDevices, setEndDevices] = useState(false);
  const [link, setLink] = useState<PersonalLink | null>(null);
  const text = words.value;
  async function make(): Promise<void> {
    const body = { persons: [student.person], only_without: false, end_devices: endDevices };
    const made = await send(() => staff.api.makeLinks(id, body));
    setLink(made?.value.links[0] ?? null);
  }
  return (
    <section class="card" aria-labelledby="link-title">
      <h2 id="link-title">{text.personalLink}</h2>
      {link === null ? (
        <>
          <p class="hint">{text.linkStateLong[student.link]}</p>
          {student.link === "used" && (
            <Tick
              label={text.endDevices}
              hint={text.endDevicesHint}
              on={endDevices}
              onChange={setEndDevices}
            />
          )}
          <Refused why={why} />
          <button type="button" class="button" disabled={busy} onClick={make}>
            {text.newLink}
          </button>
        </>
      ) : (
        <div class="invite">
          <Qr qr={link.qr} label={text.qrOf(link.name)} />
          <div class="invite-text">
            <Copyable label={text.personalLink} text={link.url} />
            <p class="hint">{text.linkForOne}</p>
          </div>
        </div>
      )}
    </section>
  );
}

function Changes({ staff, id, student, changed }: OneProps & { changed: () => void }) {
  const [name, setName] = useState(student.name);
  const { busy, why, send } = useSend();
  const text = words.value;
  async function rename(event: Event): Promise<void> {
    event.preventDefault();
    const body = { name: name.trim() };
    if ((await send(() => staff.api.changePerson(student.person, body))) !== null) changed();
  }
  async function remove(): Promise<void> {
    const done = await send(() => staff.api.removeStudent(id, student.person));
    if (done !== null) go(classPath(id));
  }
  const at = problemAt(why, { name: ["bad_name"] });
  return (
    <form class="card" onSubmit={rename} noValidate aria-label={text.putRight}>
      <h2>{text.putRight}</h2>
      <Field
        label={text.fullName}
        value={name}
        onInput={setName}
        maxLength={MAX_NAME_CHARS}
        autoComplete="off"
        spellcheck={false}
        error={at.name}
      />
      {at.other}
      <div class="row">
        <button type="submit" class="button" disabled={busy}>
          {text.save}
        </button>
        <Confirm
          name={text.takeOff}
          question={text.takeOffQuestion(student.name)}
          run={() => void remove()}
        />
      </div>
    </form>
  );
}
