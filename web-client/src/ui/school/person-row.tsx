/**
 * A person in the list, and what an administrator may do about them.
 *
 * Invariant: somebody who is shut out stays in the list, so that they can be let in again.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import { MAX_NAME_CHARS } from "../../protocol";
import type { ChangePerson, Invitation, Person } from "../../school-protocol";
import { Field } from "../field";
import { dayOf } from "./class-lessons";
import { Confirm } from "./confirm";
import { InvitationLink } from "./people";
import { problemAt } from "./problem";
import { useSend } from "./send";
import type { Staff } from "./staff";

interface PersonRowProps {
  readonly staff: Staff;
  readonly person: Person;
  readonly changed: () => void;
}

export function PersonRow({ staff, person, changed }: PersonRowProps) {
  const text = words.value;
  const name = person.name === "" ? text.noNameYet : person.name;
  return (
    <li>
      <details class="person-details">
        <summary>
          <span class="row-main">{name}</span>
          <small>{stateOf(person)}</small>
        </summary>
        <Actions staff={staff} person={person} changed={changed} />
      </details>
    </li>
  );
}

function Actions({ staff, person, changed }: PersonRowProps) {
  const { api } = staff;
  const [name, setName] = useState(person.name);
  const [invitation, setInvitation] = useState<Invitation | null>(null);
  const { busy, why, send } = useSend();
  const text = words.value;

  async function change(body: ChangePerson): Promise<void> {
    if ((await send(() => api.changePerson(person.id, body))) !== null) changed();
  }
  async function inviteAgain(): Promise<void> {
    const made = await send(() => api.inviteAgain(person.id));
    setInvitation(made?.value ?? null);
  }

  const at = problemAt(why, { name: ["bad_name"] });
  const isOut = person.disabled_ms !== null;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void change({ name: name.trim() });
      }}
    >
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
        {person.kind !== "student" && !isOut && (
          <button type="button" class="button" disabled={busy} onClick={inviteAgain}>
            {person.login === null ? text.inviteAgain : text.newPasswordLink}
          </button>
        )}
        {isOut ? (
          <button
            type="button"
            class="button"
            disabled={busy}
            onClick={() => void change({ disabled: false })}
          >
            {text.letInAgain}
          </button>
        ) : (
          <Confirm
            name={text.shutOut}
            question={text.shutOutQuestion(person.name)}
            run={() => void change({ disabled: true })}
          />
        )}
      </div>
      {invitation !== null && <InvitationLink name={person.name} invitation={invitation} />}
    </form>
  );
}

function stateOf({ kind, login, disabled_ms, invited_until_ms, link }: Person): string {
  const text = words.value;
  const parts = [text.kind[kind]];
  if (login !== null) parts.push(login);
  if (kind === "student") parts.push(text.linkState[link]);
  if (disabled_ms !== null) parts.push(text.shutOutSince(dayOf(disabled_ms)));
  else if (invited_until_ms !== null) parts.push(text.invitedUntil(dayOf(invited_until_ms)));
  return parts.join(" · ");
}
