/**
 * Who waits at the door, in one strip: let them in together or one by one.
 *
 * Invariant: only those whom the strip knows are let in.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/class";
import type { WaitingPerson } from "../../protocol";
import type { ClassMessage } from "../../room";
import type { Session } from "../../session";
import "./class.css";

/** More names than this are a number. */
const MAX_NAMES = 3;

export default function LobbyStrip({ session }: { session: Session }) {
  const { lobby } = session.room.value;
  const [each, setEach] = useState(false);
  const text = words.value;
  const ask = (message: ClassMessage) => session.dispatch({ type: "class", message });
  const admit = (people: readonly WaitingPerson[]) =>
    ask({ type: "admit", waiting: people.map((person) => person.id) });
  const [only] = lobby;
  const several = lobby.length > 1;
  const names = lobby.slice(0, MAX_NAMES).map((person) => person.name);
  const more = lobby.length - names.length;
  const list = [...names, ...(more > 0 ? [text.andMore(more)] : [])].join(", ");
  return (
    <section class="lobby" aria-label={text.lobby}>
      <p>{text.waiting(list, lobby.length)}</p>
      <div class="lobby-buttons">
        {several ? (
          <>
            <button type="button" class="button primary" onClick={() => admit(lobby)}>
              {text.admitAll}
            </button>
            <button
              type="button"
              class="button"
              aria-expanded={each}
              onClick={() => setEach(!each)}
            >
              {text.oneByOne}
            </button>
          </>
        ) : (
          only !== undefined && <Answers person={only} admit={admit} ask={ask} />
        )}
      </div>
      {several && each && (
        <ul class="lobby-list">
          {lobby.map((person) => (
            <li key={person.id}>
              <span>{person.name}</span>
              <div class="lobby-buttons">
                <Answers person={person} admit={admit} ask={ask} />
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface AnswersProps {
  readonly person: WaitingPerson;
  readonly admit: (people: readonly WaitingPerson[]) => void;
  readonly ask: (message: ClassMessage) => void;
}

function Answers({ person, admit, ask }: AnswersProps) {
  const text = words.value;
  return (
    <>
      <button
        type="button"
        class="button primary"
        aria-label={text.admitOne(person.name)}
        onClick={() => admit([person])}
      >
        {text.admit}
      </button>
      <button
        type="button"
        class="button"
        aria-label={text.turnAwayOne(person.name)}
        onClick={() => ask({ type: "turn_away", waiting: person.id })}
      >
        {text.turnAway}
      </button>
    </>
  );
}
