/**
 * Everyone in the lesson: raised hands first and in order, then teachers, then by arrival.
 *
 * Invariant: whoever is not listed by name is still counted.
 */
import { t } from "../i18n";
import type { Participant } from "../protocol";
import { hands } from "../room";
import type { Session } from "../session";
import { Icon } from "./icons";

export function PeopleList({ session, teacher }: { session: Session; teacher: boolean }) {
  const room = session.room.value;
  const raised = hands(room);
  const others = [...room.participants.values()]
    .filter((person) => person.hand_ms === null)
    .sort((a, b) => Number(b.role === "teacher") - Number(a.role === "teacher") || a.id - b.id);
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
            teacher={teacher}
          />
        ))}
      </ul>
      {more > 0 && <p class="hint">{t.value.moreNotListed(more)}</p>}
    </>
  );
}

interface PersonProps {
  readonly session: Session;
  readonly person: Participant;
  readonly hand: number;
  readonly teacher: boolean;
}

function Person({ session, person, hand, teacher }: PersonProps) {
  const mine = person.id === session.room.value.you;
  return (
    <li class={person.state === "away" ? "person away" : "person"}>
      <span class="person-name">
        {mine ? t.value.you(person.name) : person.name}
        {person.role === "teacher" && <small>{t.value.teacher}</small>}
        {person.state === "away" && <small>{t.value.away}</small>}
      </span>
      {hand > 0 && (
        <span class="person-hand" title={t.value.handNumber(hand)}>
          <Icon name="hand" />
          <span aria-hidden="true">{hand}</span>
          <span class="visually-hidden">{t.value.handNumber(hand)}</span>
        </span>
      )}
      <span class={person.microphone ? "person-mic" : "person-mic off"}>
        <Icon name={person.microphone ? "mic" : "micOff"} />
        <span class="visually-hidden">
          {person.microphone ? t.value.microphoneOn : t.value.muted}
        </span>
      </span>
      {teacher && person.role === "student" && <ShareSwitch session={session} person={person} />}
    </li>
  );
}

function ShareSwitch({ session, person }: { session: Session; person: Participant }) {
  return (
    <label class="share-switch">
      <input
        type="checkbox"
        role="switch"
        checked={person.may_share}
        aria-checked={person.may_share}
        aria-label={t.value.allowSharingFor(person.name)}
        onChange={(event) =>
          session.dispatch({
            type: "allow_share",
            participant: person.id,
            allowed: event.currentTarget.checked,
          })
        }
      />
      <span aria-hidden="true">{t.value.allowSharing}</span>
    </label>
  );
}
