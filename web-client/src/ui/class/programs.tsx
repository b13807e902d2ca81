/**
 * "Publish from OBS": where a program publishes and plays this lesson, with which key, and whether one
 * does now.
 *
 * Invariant: a key is made and replaced only when asked to, and is hidden until somebody shows it.
 */
import { useEffect, useState } from "preact/hooks";
import { lessonInfo } from "../../api";
import { timeOf } from "../../i18n";
import { words } from "../../i18n/class";
import type { LessonCode } from "../../protocol";
import type { ProgramsView } from "../../room";
import type { Session } from "../../session";
import { Copyable } from "../copyable";

export default function Programs({ session }: { session: Session }) {
  const { programs, seat } = session.room.value;
  const elsewhere = useLessonOrigin(seat.code);
  const text = words.value.programs;
  const ask = (newKey: boolean) =>
    session.dispatch({ type: "class", message: { type: "programs", new_key: newKey } });
  useEffect(() => ask(false), []);
  if (programs === null) return null;
  return (
    <div class="programs">
      <p class="hint">{text.hint}</p>
      <Connected session={session} programs={programs} />
      {/* Where this page is open it works for a program beside it, whatever the network. */}
      <Copyable
        label={text.server}
        text={`${window.location.origin}/whip/${seat.code}`}
        copy={text.copy}
      />
      <Key programs={programs} make={() => ask(true)} />
      <small>{text.keyHint}</small>
      <Copyable label={text.player} text={`${elsewhere}/whep/${seat.code}`} copy={text.copy} />
      <small>{text.playerHint}</small>
    </div>
  );
}

function Key({ programs, make }: { programs: ProgramsView; make: () => void }) {
  const [asking, setAsking] = useState(false);
  const text = words.value.programs;
  const { key, keyMadeMs } = programs;
  // What is asked about is the key of now.
  useEffect(() => setAsking(false), [keyMadeMs]);
  if (keyMadeMs === null) {
    return (
      <button type="button" class="button primary" onClick={make}>
        {text.makeKey}
      </button>
    );
  }
  return (
    <>
      {key === null ? (
        <p>{text.keyElsewhere(timeOf(keyMadeMs))}</p>
      ) : (
        <Copyable
          // Another key is hidden again.
          key={keyMadeMs}
          label={text.key}
          text={key}
          copy={text.copy}
          secret={{ show: text.show, hide: text.hide }}
        />
      )}
      {asking ? (
        <fieldset class="person-menu" aria-label={text.newKey}>
          <p>{text.newKeyAsk}</p>
          <button type="button" class="button danger" onClick={make}>
            {text.newKey}
          </button>
          <button type="button" class="button" ref={focusIt} onClick={() => setAsking(false)}>
            {words.value.cancel}
          </button>
        </fieldset>
      ) : (
        <button type="button" class="button" onClick={() => setAsking(true)}>
          {text.newKey}
        </button>
      )}
    </>
  );
}

function Connected({ session, programs }: { session: Session; programs: ProgramsView }) {
  const { participants } = session.room.value;
  const text = words.value.programs;
  const lines = programs.connected.map(({ participant, publishes, since_ms }) => {
    const name = participants.get(participant)?.name ?? "…";
    return publishes
      ? text.publishing(name, timeOf(since_ms))
      : text.playing(name, timeOf(since_ms));
  });
  return (
    <ul role="status">
      {lines.length === 0 ? (
        <li>{text.nobody}</li>
      ) : (
        lines.map((line) => <li key={line}>{line}</li>)
      )}
    </ul>
  );
}

/** A display is another device: what it can reach the server knows, ours may be `localhost`. */
function useLessonOrigin(code: LessonCode): string {
  const [origin, setOrigin] = useState(window.location.origin);
  useEffect(() => {
    void lessonInfo(code).then((answer) => {
      if (answer.ok) setOrigin(new URL(answer.value.join_url).origin);
    });
  }, [code]);
  return origin;
}

function focusIt(button: HTMLButtonElement | null): void {
  button?.focus();
}
