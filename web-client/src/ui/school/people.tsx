/**
 * The people of the school, and invitations for those who are to come.
 *
 * Invariant: an invitation's link is shown once, to whoever made it.
 */
import { useEffect, useState } from "preact/hooks";
import { timeOf } from "../../i18n";
import { words } from "../../i18n/school";
import { MAX_NAME_CHARS } from "../../protocol";
import type { Invitation, Person, PersonKind } from "../../school-protocol";
import { Field } from "../field";
import { dayOf } from "./class-lessons";
import { Copyable } from "./copyable";
import { paged, useList } from "./list";
import { WhenLoaded } from "./load";
import { More } from "./more";
import { Choice, Qr, Title } from "./parts";
import { PersonRow } from "./person-row";
import { problemAt } from "./problem";
import { useSend } from "./send";
import type { Staff } from "./staff";

/** A name is searched for when its typist pauses, not at every key. */
const SEARCH_AFTER_MS = 300;

const KINDS = ["teacher", "observer", "admin", "student"] as const satisfies readonly PersonKind[];
const INVITED = ["teacher", "observer", "admin"] as const satisfies readonly PersonKind[];

export function People({ staff }: { staff: Staff }) {
  const { api } = staff;
  const [kind, setKind] = useState<PersonKind | "">("teacher");
  const [typed, type] = useState("");
  const [search, setSearch] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setSearch(typed.trim()), SEARCH_AFTER_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const list = useList(
    async (cursor) => paged(await api.people(kind, search, cursor), "people"),
    [api, kind, search],
  );
  const text = words.value;
  const kinds: [PersonKind | "", string][] = [
    ...KINDS.map((one): [PersonKind, string] => [one, text.kinds[one]]),
    ["", text.everybody],
  ];
  return (
    <>
      <Title over={staff.me.school} text={text.nav.people} />
      <Invite staff={staff} changed={list.again} />
      <section class="card" aria-label={text.nav.people}>
        <div class="pair">
          <Choice label={text.whom} value={kind} options={kinds} onChange={setKind} />
          <Field
            label={text.search}
            type="search"
            value={typed}
            onInput={type}
            autoComplete="off"
            spellcheck={false}
          />
        </div>
        <WhenLoaded loaded={list}>
          {({ entries }) => <Found staff={staff} people={entries} changed={list.again} />}
        </WhenLoaded>
        <More list={list} />
      </section>
    </>
  );
}

interface FoundProps {
  readonly staff: Staff;
  readonly people: readonly Person[];
  readonly changed: () => void;
}

function Found({ staff, people, changed }: FoundProps) {
  if (people.length === 0) return <p class="hint first">{words.value.nobodyFound}</p>;
  return (
    <ul class="rows plain">
      {people.map((person) => (
        <PersonRow key={person.id} staff={staff} person={person} changed={changed} />
      ))}
    </ul>
  );
}

function Invite({ staff, changed }: { staff: Staff; changed: () => void }) {
  const [name, setName] = useState("");
  const [kind, setKind] = useState<(typeof INVITED)[number]>("teacher");
  const [made, setMade] = useState<{ name: string; invitation: Invitation } | null>(null);
  const { busy, why, send } = useSend();
  const text = words.value;

  async function invite(event: Event): Promise<void> {
    event.preventDefault();
    const done = await send(() => staff.api.invite({ kind, name: name.trim() }));
    if (done === null) return;
    setMade({ name: name.trim(), invitation: done.value });
    setName("");
    changed();
  }

  const at = problemAt(why, { name: ["bad_name"] });
  return (
    <form class="card" onSubmit={invite} noValidate aria-labelledby="invite-title">
      <h2 id="invite-title">{text.invite}</h2>
      <p class="hint">{text.inviteHint}</p>
      <div class="pair">
        <Field
          label={text.nameMayBeEmpty}
          value={name}
          onInput={setName}
          maxLength={MAX_NAME_CHARS}
          autoComplete="off"
          spellcheck={false}
          error={at.name}
        />
        <Choice
          label={text.as}
          value={kind}
          options={INVITED.map((one) => [one, text.kind[one]] as const)}
          onChange={setKind}
        />
      </div>
      {at.other}
      <button type="submit" class="button primary" disabled={busy}>
        {text.makeInvitation}
      </button>
      {made !== null && <InvitationLink {...made} />}
    </form>
  );
}

interface InvitationLinkProps {
  readonly name: string;
  readonly invitation: Invitation;
}

export function InvitationLink({ name, invitation }: InvitationLinkProps) {
  const text = words.value;
  const { url, qr, expires_ms } = invitation;
  return (
    <div class="invite made" role="status">
      <Qr qr={qr} label={text.qrOf(name)} />
      <div class="invite-text">
        <p>
          <strong>{text.invitationFor(name)}</strong>
        </p>
        <Copyable label={text.invitationLink} text={url} />
        <p class="hint">{text.invitationGood(`${dayOf(expires_ms)}, ${timeOf(expires_ms)}`)}</p>
      </div>
    </div>
  );
}
