/**
 * What can be done with one person: their hand gives them the floor, the floor's sign takes it back,
 * all else is in a menu that opens beneath their line.
 *
 * Invariant: nothing lies over the lesson, and what cannot be taken back at once is asked about.
 */
import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { words } from "../../i18n/class";
import type { ParticipantId } from "../../protocol";
import { type ClassMessage, standsAbove } from "../../room";
import { Icon } from "../icons";
import type { PersonToolsProps } from "../people-list";
import { Switch } from "./switch";

/** Whose menu is open: one at a time. */
export const opened = signal<ParticipantId | null>(null);

export function PersonTools({ session, person, hand }: PersonToolsProps) {
  const open = opened.value === person.id;
  const opener = useRef<HTMLButtonElement>(null);
  const text = words.value;
  const ask = (message: ClassMessage) => session.dispatch({ type: "class", message });
  const close = () => {
    opened.value = null;
    opener.current?.focus();
  };
  if (!standsAbove(session.room.value, person.role)) return null;
  return (
    <>
      {hand > 0 && (
        <button
          type="button"
          class="person-hand"
          aria-label={text.giveFloorTo(person.name)}
          title={text.giveFloor}
          onClick={() => ask({ type: "give_floor", participant: person.id, given: true })}
        >
          <Icon name="hand" />
          {hand}
        </button>
      )}
      {person.floor && (
        <button
          type="button"
          class="person-hand"
          aria-label={text.takeFloorFrom(person.name)}
          title={text.takeFloor}
          onClick={() => ask({ type: "give_floor", participant: person.id, given: false })}
        >
          <Icon name="floor" />
        </button>
      )}
      <button
        ref={opener}
        type="button"
        class="head-button person-more"
        aria-label={text.menuOf(person.name)}
        aria-expanded={open}
        onClick={() => {
          opened.value = open ? null : person.id;
        }}
      >
        <Icon name="more" />
      </button>
      {open && <Menu person={person} ask={ask} close={close} />}
    </>
  );
}

interface MenuProps {
  readonly person: PersonToolsProps["person"];
  readonly ask: (message: ClassMessage) => void;
  readonly close: () => void;
}

function Menu({ person, ask, close }: MenuProps) {
  const [removing, setRemoving] = useState(false);
  const group = useRef<HTMLFieldSetElement>(null);
  const text = words.value;
  const participant = person.id;
  const student = person.role === "student";
  // Also when the question replaces the buttons, of which one had the focus.
  useEffect(() => group.current?.querySelector<HTMLElement>("button, input")?.focus(), [removing]);
  const then = (message: ClassMessage) => () => {
    ask(message);
    close();
  };
  return (
    <fieldset
      class="person-menu"
      ref={group}
      aria-label={text.menuOf(person.name)}
      onKeyDown={(event) => {
        if (event.code !== "Escape") return;
        event.stopPropagation();
        if (removing) setRemoving(false);
        else close();
      }}
    >
      {removing ? (
        <>
          <p>{text.removeAsk(person.name)}</p>
          <button
            type="button"
            class="button danger"
            onClick={then({ type: "remove", participant })}
          >
            {text.removeYes}
          </button>
          <button type="button" class="button" onClick={() => setRemoving(false)}>
            {text.cancel}
          </button>
        </>
      ) : (
        <>
          {person.microphone && (
            <button type="button" class="button" onClick={then({ type: "mute", participant })}>
              <Icon name="micOff" />
              {text.mute}
            </button>
          )}
          {student && (
            <button
              type="button"
              class="button"
              onClick={then({ type: "give_floor", participant, given: !person.floor })}
            >
              <Icon name="floor" />
              {person.floor ? text.takeFloor : text.giveFloor}
            </button>
          )}
          {person.hand_ms !== null && (
            <button
              type="button"
              class="button"
              onClick={then({ type: "lower_hand", participant })}
            >
              <Icon name="hand" />
              {text.lowerHand}
            </button>
          )}
          {student && (
            <Switch
              name={text.allowSharing}
              label={text.allowSharingFor(person.name)}
              on={person.may_share}
              turn={(allowed) => ask({ type: "allow_share", participant, allowed })}
            />
          )}
          <button type="button" class="button" onClick={() => setRemoving(true)}>
            <Icon name="leave" />
            {text.remove}
          </button>
        </>
      )}
      <button type="button" class="visually-hidden" onClick={close}>
        {t.value.close}
      </button>
    </fieldset>
  );
}
