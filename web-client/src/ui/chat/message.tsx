/**
 * One message: who wrote it, when, to whom, and what became of it.
 *
 * Invariant: that only teachers read a message is told in words, not by colour alone.
 */
import { useState } from "preact/hooks";
import { t, timeOf } from "../../i18n";
import { words } from "../../i18n/class";
import type { ChatMessage } from "../../protocol";
import type { Outgoing as OutgoingMessage } from "../../room";
import type { Session } from "../../session";
import { Icon } from "../icons";

/** Within this time the name is not written again. */
const ONE_BREATH_MS = 120_000;

interface MessageProps {
  readonly message: ChatMessage;
  readonly before: ChatMessage | null;
  readonly mine: boolean;
  /** Takes it out of the chat; null for who may not. */
  readonly remove: (() => void) | null;
}

export function Message({ message, before, mine, remove }: MessageProps) {
  const text = words.value.chat;
  const role = t.value.role[message.role];
  const toTeachers = message.audience === "teachers";
  const goesOn =
    before !== null &&
    before.from === message.from &&
    before.audience === message.audience &&
    message.at_ms - before.at_ms < ONE_BREATH_MS;
  const classes = [
    "chat-message",
    mine && "mine",
    toTeachers && "aside",
    goesOn && "goes-on",
    remove && "removable",
  ];
  return (
    <div class={classes.filter(Boolean).join(" ")}>
      <p class={goesOn ? "visually-hidden" : "chat-head"}>
        <strong>{mine ? text.you : message.name}</strong>
        {role !== null && !mine && <span>{role}</span>}
        <time>{timeOf(message.at_ms)}</time>
        {toTeachers && <span class="chat-aside">{text.toTeachers}</span>}
      </p>
      <p class="chat-text">{message.text}</p>
      {remove !== null && <Remove name={message.name} remove={remove} />}
    </div>
  );
}

/** The first press asks, the second does it. */
function Remove({ name, remove }: { name: string; remove: () => void }) {
  const [sure, setSure] = useState(false);
  const text = words.value.chat;
  return (
    <button
      type="button"
      class={sure ? "chat-remove sure" : "chat-remove"}
      aria-label={sure ? undefined : text.remove(name)}
      title={sure ? undefined : text.removeYes}
      onBlur={() => setSure(false)}
      onClick={() => (sure ? remove() : setSure(true))}
    >
      {sure ? text.removeYes : <Icon name="trash" />}
    </button>
  );
}

interface OutgoingProps {
  readonly session: Session;
  readonly message: OutgoingMessage;
}

export function Outgoing({ session, message }: OutgoingProps) {
  const { key, state } = message;
  const text = words.value.chat;
  return (
    <div class="chat-message mine outgoing">
      <p class="chat-text">{message.text}</p>
      <p class="chat-head" role="status">
        {text.state[state]}
      </p>
      {state === "failed" && (
        <div class="chat-answers">
          <button
            type="button"
            class="button"
            onClick={() => session.dispatch({ type: "write_again", key })}
          >
            {text.again}
          </button>
          <button
            type="button"
            class="button"
            onClick={() => session.dispatch({ type: "write_not", key })}
          >
            {text.discard}
          </button>
        </div>
      )}
    </div>
  );
}
