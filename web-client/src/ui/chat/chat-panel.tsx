/**
 * The chat: what was written, and the line to write in.
 *
 * Invariant: messages are text nodes only; the newest is in view unless somebody reads back.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { words } from "../../i18n/class";
import { self, standsAbove } from "../../room";
import type { Session } from "../../session";
import { Icon } from "../icons";
import "./chat.css";
import { Composer } from "./composer";
import { Message, Outgoing } from "./message";

/** Nearer to the end than this, in pixels, one reads along. */
const NEAR_END = 60;

export default function ChatPanel({ session }: { session: Session }) {
  const room = session.room.value;
  const { messages, outgoing } = room.chat;
  const log = useRef<HTMLDivElement>(null);
  const along = useRef(true);
  const [behind, setBehind] = useState(false);
  const text = words.value.chat;
  const teacher = self(room)?.role === "teacher";
  const last = messages.at(-1)?.number ?? 0;

  useEffect(() => {
    session.dispatch({ type: "chat_shown", shown: true });
    return () => session.dispatch({ type: "chat_shown", shown: false });
  }, [session]);
  const toEnd = () => {
    const list = log.current;
    if (list !== null) list.scrollTop = list.scrollHeight;
  };
  // A keyboard on the glass takes half of the height; the newest stays above it.
  useEffect(() => {
    const list = log.current;
    if (list === null) return;
    const observer = new ResizeObserver(() => along.current && toEnd());
    observer.observe(list);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (along.current || outgoing.length > 0) toEnd();
    else setBehind(true);
  }, [last, outgoing.length]);

  return (
    <div class="chat">
      <div
        class="chat-log"
        ref={log}
        role="log"
        aria-label={text.log}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard must be able to scroll it.
        tabIndex={0}
        onScroll={({ currentTarget: list }) => {
          along.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END;
          if (along.current) setBehind(false);
        }}
      >
        {messages.length + outgoing.length === 0 && <p class="hint">{text.empty}</p>}
        {messages.map((message, place) => (
          <Message
            key={message.number}
            message={message}
            before={messages[place - 1] ?? null}
            mine={message.from === room.you}
            remove={
              teacher || standsAbove(room, message.role)
                ? () =>
                    session.dispatch({
                      type: "class",
                      message: { type: "delete_chat", number: message.number },
                    })
                : null
            }
          />
        ))}
        {outgoing.map((one) => (
          <Outgoing key={`out-${one.key}`} session={session} message={one} />
        ))}
      </div>
      {behind && (
        <button type="button" class="button chat-newest" onClick={toEnd}>
          <Icon name="down" />
          {text.newest}
        </button>
      )}
      <Composer session={session} />
    </div>
  );
}
