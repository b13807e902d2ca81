/**
 * Everyone in the lesson: raised hands first and in order, then those who teach, then by arrival.
 *
 * Invariant: whoever is not listed by name is still counted.
 */
import type { ComponentType } from "preact";
import { t } from "../i18n";
import type { Participant, Role } from "../protocol";
import { hands } from "../room";
import type { Session } from "../session";
import { Icon } from "./icons";

/** What staff can do with a person, at the end of their line. */
export interface PersonToolsProps {
  readonly session: Session;
  readonly person: Participant;
  /** Place in the queue of raised hands; 0 when the hand is down. */
  readonly hand: number;
}

interface PeopleListProps {
  readonly session: Session;
  readonly tools?: ComponentType<PersonToolsProps>;
}

const ROLE_ORDER: Record<Role, number> = { teacher: 0, assistant: 1, observer: 2, student: 3 };

export function PeopleList({ session, tools }: PeopleListProps) {
  const room = session.room.value;
  const raised = hands(room);
  const others = [...room.participants.values()]
    .filter((person) => person.hand_ms === null)
    .sort((a, b) => ROLE_ORDER[a.role] - ROLE_ORDER[b.role] || a.id - b.id);
  const more = room.total - room.participants.size;
  return (
    <>
      <ul class="people">
        {[...raised, ...others].map((person, place) => (
          <Person
            key={person.id}
            session={session}
            person={person.id === room.you ? { ...person, ...room.mine } : person}
            hand={place < raised.length ? place + 1 : 0}
            Tools={person.id === room.you ? undefined : tools}
          />
        ))}
      </ul>
      {more > 0 && <p class="hint">{t.value.moreNotListed(more)}</p>}
    </>
  );
}

interface PersonProps extends PersonToolsProps {
  readonly Tools: ComponentType<PersonToolsProps> | undefined;
}

function Person({ session, person, hand, Tools }: PersonProps) {
  const words = t.value;
  const mine = person.id === session.room.value.you;
  const role = words.role[person.role];
  return (
    <li class={person.state === "away" ? "person away" : "person"}>
      <span class="person-name">
        {mine ? words.you(person.name) : person.name}
        {role !== null && <small>{role}</small>}
        {person.floor && <small>{words.hasFloor}</small>}
        {person.state === "away" && <small>{words.away}</small>}
      </span>
      {hand > 0 && Tools === undefined && (
        <span class="person-hand" title={words.handNumber(hand)}>
          <Icon name="hand" />
          <span aria-hidden="true">{hand}</span>
          <span class="visually-hidden">{words.handNumber(hand)}</span>
        </span>
      )}
      {person.role !== "observer" && (
        <span class={person.microphone ? "person-mic" : "person-mic off"}>
          <Icon name={person.microphone ? "mic" : "micOff"} />
          <span class="visually-hidden">
            {person.microphone ? words.microphoneOn : words.muted}
          </span>
        </span>
      )}
      {Tools !== undefined && <Tools session={session} person={person} hand={hand} />}
    </li>
  );
}
