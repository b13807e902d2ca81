/**
 * The people as who gives the lesson sees them: what can be done with all, with each, and undone.
 *
 * Invariant: a tap asks the server; what is shown is what it said last.
 */
import { useEffect } from "preact/hooks";
import { words } from "../../i18n/class";
import type { Session } from "../../session";
import { PeopleList } from "../people-list";
import "./class.css";
import { ClassTools } from "./class-tools";
import { opened, PersonTools } from "./person-tools";

export default function ClassPanel({ session }: { session: Session }) {
  useEffect(
    () => () => {
      opened.value = null;
    },
    [],
  );
  return (
    <>
      <ClassTools session={session} />
      <PeopleList session={session} tools={PersonTools} />
      <Removed session={session} />
    </>
  );
}

function Removed({ session }: { session: Session }) {
  const { removed } = session.room.value;
  const text = words.value;
  if (removed.length === 0) return null;
  return (
    <section class="removed" aria-label={text.removed}>
      <h2>{text.removed}</h2>
      {removed.map(({ participant, name }) => (
        <div key={participant} class="person">
          <span class="person-name">{name}</span>
          <button
            type="button"
            class="button"
            aria-label={text.readmitOne(name)}
            onClick={() =>
              session.dispatch({ type: "class", message: { type: "readmit", participant } })
            }
          >
            {text.readmit}
          </button>
        </div>
      ))}
    </section>
  );
}
