/**
 * The sheet of personal links: which are to be made, and then the sheet itself.
 *
 * Invariant: nobody's link is made void without saying whose first.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import type { ClassNumber, RosterStudent } from "../../school-protocol";
import { Refused, useLoad, WhenLoaded } from "./load";
import { Go, Tick, Title } from "./parts";
import { sheet } from "./print-links";
import { classPath } from "./routes";
import { useSend } from "./send";
import { Sheet } from "./sheet";
import type { Staff } from "./staff";

export function Links({ staff, id }: { staff: Staff; id: ClassNumber }) {
  const made = sheet.value;
  if (made !== null && made.class === id) {
    const other = () => {
      sheet.value = null;
    };
    return <Sheet staff={staff} sheet={made} other={other} />;
  }
  return <ChooseLinks staff={staff} id={id} />;
}

function ChooseLinks({ staff, id }: { staff: Staff; id: ClassNumber }) {
  const { api } = staff;
  const about = useLoad(() => api.class(id), [api, id]);
  const roster = useLoad(() => api.roster(id), [api, id]);
  const text = words.value;
  return (
    <WhenLoaded loaded={about}>
      {({ name }) => (
        <>
          <Title over={name} text={text.printLinks} />
          <WhenLoaded loaded={roster}>
            {({ students }) => <Choice staff={staff} id={id} students={students} />}
          </WhenLoaded>
          <p>
            <Go to={classPath(id)}>{text.backToClass}</Go>
          </p>
        </>
      )}
    </WhenLoaded>
  );
}

interface ChoiceProps {
  readonly staff: Staff;
  readonly id: ClassNumber;
  readonly students: readonly RosterStudent[];
}

function Choice({ staff, id, students }: ChoiceProps) {
  const { busy, why, send } = useSend();
  const [endDevices, setEndDevices] = useState(false);
  const text = words.value;
  const count = (link: RosterStudent["link"]) => students.filter((one) => one.link === link).length;
  const without = count("none");
  const notCome = students.filter(({ link }) => link !== "used").map(({ person }) => person);

  async function make(persons: number[] | undefined, onlyWithout: boolean): Promise<void> {
    const body = {
      ...(persons === undefined ? {} : { persons }),
      only_without: onlyWithout,
      end_devices: endDevices,
    };
    const made = await send(() => staff.api.makeLinks(id, body));
    if (made !== null) sheet.value = made.value;
  }

  if (students.length === 0) return <p class="hint">{text.noStudents}</p>;
  return (
    <>
      <p class="hint first">{text.linksOnce}</p>
      {without > 0 && (
        <section class="card">
          <h2>{text.linksWithout(without)}</h2>
          <p class="hint">{text.linksWithoutHint}</p>
          <button
            type="button"
            class="button primary"
            disabled={busy}
            onClick={() => make(undefined, true)}
          >
            {text.makeSoMany(without)}
          </button>
        </section>
      )}
      {count("unused") > 0 && (
        <section class="card">
          <h2>{text.linksNotCome(notCome.length)}</h2>
          <p class="hint">{text.linksNotComeHint}</p>
          <button type="button" class="button" disabled={busy} onClick={() => make(notCome, false)}>
            {text.makeSoMany(notCome.length)}
          </button>
        </section>
      )}
      {count("used") > 0 && (
        <section class="card">
          <h2>{text.linksAll}</h2>
          <p class="hint">{text.linksAllHint}</p>
          <Tick
            label={text.endDevices}
            hint={text.endDevicesHint}
            on={endDevices}
            onChange={setEndDevices}
          />
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() => make(undefined, false)}
          >
            {text.makeSoMany(students.length)}
          </button>
        </section>
      )}
      <Refused why={why} />
    </>
  );
}
