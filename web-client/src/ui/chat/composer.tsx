/**
 * The line to write in: Enter sends, Shift+Enter begins a new line.
 *
 * Invariant: says who will read it before it is sent, and why nothing can be written when it cannot.
 */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { words } from "../../i18n/class";
import { type Audience, MAX_CHAT_CHARS } from "../../protocol";
import { audiences, isStaff, MAX_OUTGOING, self } from "../../room";
import type { Session } from "../../session";
import { Icon } from "../icons";

/** From here on the page counts what is left. */
const NEARLY_FULL = 60;

export function Composer({ session }: { session: Session }) {
  const room = session.room.value;
  const draft = session.draft.value;
  const readers = audiences(room);
  const staff = isStaff(self(room));
  const [wish, setWish] = useState<Audience>("everyone");
  const field = useRef<HTMLTextAreaElement>(null);
  const text = words.value.chat;
  useLayoutEffect(() => grow(field.current), [draft]);

  const [first] = readers;
  if (first === undefined) return <p class="chat-closed hint">{text[whyClosed(session)]}</p>;
  const to = readers.includes(wish) ? wish : first;
  const left = MAX_CHAT_CHARS - draft.length;
  const ready = draft.trim() !== "" && room.chat.outgoing.length < MAX_OUTGOING;

  function send(): void {
    if (!ready) return;
    session.dispatch({ type: "write", text: draft.trim(), to });
    session.draft.value = "";
    field.current?.focus();
  }

  return (
    <form
      class="chat-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {readers.length > 1 ? (
        <fieldset class="chat-to" aria-label={text.to}>
          {readers.map((one) => (
            <label key={one}>
              <input
                type="radio"
                name="chat-to"
                checked={one === to}
                onChange={() => setWish(one)}
              />
              <span>{text[one === "teachers" && staff ? "colleagues" : one]}</span>
            </label>
          ))}
        </fieldset>
      ) : (
        <p class="hint">{text.onlyTeachers}</p>
      )}
      <div class="chat-line">
        <textarea
          ref={field}
          rows={1}
          value={draft}
          maxLength={MAX_CHAT_CHARS}
          aria-label={text.write}
          placeholder={text.write}
          enterkeyhint="send"
          onInput={(event) => {
            session.draft.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            // An Enter that ends the composing of a letter is not ours.
            if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <button type="submit" class="button primary" aria-label={text.send} disabled={!ready}>
          <Icon name="send" />
        </button>
      </div>
      {left < NEARLY_FULL && (
        <p class="hint" role="status">
          {text.left(left)}
        </p>
      )}
    </form>
  );
}

function whyClosed(session: Session): "observer" | "closed" {
  return self(session.room.value)?.role === "observer" ? "observer" : "closed";
}

/** As high as what is in it; the style sheet says how high at most. */
function grow(field: HTMLTextAreaElement | null): void {
  if (field === null) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`;
}
