/**
 * Who teaches a class, helps or looks on.
 *
 * Invariant: everybody sees who they are; only an administrator's page offers to change it.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import type { Class, Person, StaffMember, StaffRole } from "../../school-protocol";
import { Confirm } from "./confirm";
import { Refused, useLoad } from "./load";
import { Choice, Go } from "./parts";
import { officePath } from "./routes";
import { useSend } from "./send";
import type { Staff } from "./staff";

const ROLES = ["teacher", "assistant", "observer"] as const satisfies readonly StaffRole[];

interface ClassStaffProps {
  readonly staff: Staff;
  readonly about: Class;
  readonly changed: () => void;
}

export function ClassStaff({ staff, about, changed }: ClassStaffProps) {
  const { api, me } = staff;
  const { why, send } = useSend();
  const text = words.value;
  const roles = ROLES.map((role) => [role, text.staffRole[role]] as const);
  const mayChange = me.kind === "admin";

  async function set(person: number, role: StaffRole | null): Promise<void> {
    const done = await send(() =>
      role === null ? api.removeStaff(about.id, person) : api.setStaff(about.id, person, role),
    );
    if (done !== null) changed();
  }

  return (
    <section class="card" aria-label={text.classTab.staff}>
      {about.staff.length === 0 && <p class="hint first">{text.noStaff}</p>}
      {about.staff.length > 0 && (
        <ul class="rows plain">
          {about.staff.map((member) => (
            <Member key={member.person} member={member}>
              {mayChange ? (
                <>
                  <Choice
                    label={text.roleOf(member.name)}
                    value={member.role}
                    options={roles}
                    onChange={(role) => void set(member.person, role)}
                    quiet
                  />
                  <Confirm
                    name={text.takeOff}
                    question={text.takeOffQuestion(member.name)}
                    run={() => void set(member.person, null)}
                  />
                </>
              ) : (
                <span>{text.staffRole[member.role]}</span>
              )}
            </Member>
          ))}
        </ul>
      )}
      <Refused why={why} />
      {mayChange && <AddStaff staff={staff} about={about} add={set} />}
    </section>
  );
}

function Member(props: { member: StaffMember; children: preact.ComponentChildren }) {
  return (
    <li class="staff-row">
      <span class="row-main">{props.member.name}</span>
      {props.children}
    </li>
  );
}

interface AddStaffProps {
  readonly staff: Staff;
  readonly about: Class;
  readonly add: (person: number, role: StaffRole) => Promise<void>;
}

function AddStaff({ staff, about, add }: AddStaffProps) {
  const { api } = staff;
  const people = useLoad(() => staffOfSchool(api), [api]);
  const [chosen, choose] = useState("");
  const [role, setRole] = useState<StaffRole>("teacher");
  const text = words.value;
  const taken = new Set(about.staff.map(({ person }) => person));
  const free = (people.value ?? []).filter(({ id }) => !taken.has(id));
  if (people.value === null) return null;
  if (free.length === 0) {
    return (
      <p class="hint">
        {text.nobodyToAdd} <Go to={officePath("people")}>{text.inviteTeachers}</Go>
      </p>
    );
  }
  return (
    <form
      class="add-staff"
      aria-label={text.addToStaff}
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen !== "") void add(Number(chosen), role).then(() => choose(""));
      }}
    >
      <Choice
        label={text.addToStaff}
        value={chosen}
        options={[["", text.choosePerson], ...free.map(optionOf)]}
        onChange={choose}
      />
      <Choice
        label={text.as}
        value={role}
        options={ROLES.map((one) => [one, text.staffRole[one]] as const)}
        onChange={setRole}
      />
      <button type="submit" class="button" disabled={chosen === ""}>
        {text.add}
      </button>
    </form>
  );
}

function optionOf({ id, name, login }: Person): readonly [string, string] {
  return [String(id), name === "" ? (login ?? words.value.noNameYet) : name];
}

/** Everybody who may be on a class's staff; a school has more children than these. */
async function staffOfSchool({ people }: Staff["api"]) {
  const found: Person[] = [];
  for (const kind of ["teacher", "admin", "observer"] as const) {
    const reply = await people(kind, "", null);
    if (!reply.ok) return reply;
    found.push(...reply.value.people.filter(({ disabled_ms }) => disabled_ms === null));
  }
  return { ok: true as const, value: found };
}
