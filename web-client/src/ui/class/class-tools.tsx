/**
 * What concerns the whole class: microphones and hands at once; the door, the chat and other programs
 * folded away.
 *
 * Invariant: a switch shows the rule that holds, not the one that was asked for.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/class";
import type { ChatMode } from "../../protocol";
import { type ClassMessage, hands, self } from "../../room";
import type { Session } from "../../session";
import { Icon } from "../icons";
import { lazy } from "../lazy";
import { Switch } from "./switch";

const Programs = lazy<{ session: Session }>(() => import("./programs"));

const CHAT_MODES: readonly ChatMode[] = ["everyone", "teachers_only", "off"];

export function ClassTools({ session }: { session: Session }) {
  const room = session.room.value;
  const { rules } = room;
  const text = words.value;
  const raised = hands(room).length;
  const ask = (message: ClassMessage) => session.dispatch({ type: "class", message });
  return (
    <section class="class-tools" aria-label={text.tools}>
      <div class="row">
        <button type="button" class="button" onClick={() => ask({ type: "mute_all" })}>
          <Icon name="micOff" />
          {text.muteAll}
        </button>
        {raised > 0 && (
          <button type="button" class="button" onClick={() => ask({ type: "lower_all_hands" })}>
            <Icon name="hand" />
            {text.lowerAll(raised)}
          </button>
        )}
      </div>
      <Switch
        name={text.lockMicrophones}
        hint={text.lockMicrophonesHint}
        on={rules.microphones_locked}
        turn={(locked) => ask({ type: "lock_microphones", locked })}
      />
      <details>
        <summary>{text.door}</summary>
        <Switch
          name={text.lobby}
          hint={text.lobbyHint}
          on={rules.lobby}
          turn={(on) => ask({ type: "set_lobby", on })}
        />
        <Switch
          name={text.lockLesson}
          hint={text.lockLessonHint}
          on={rules.lesson_locked}
          turn={(locked) => ask({ type: "lock_lesson", locked })}
        />
        <label class="field chat-rule">
          <span>{text.chatRule}</span>
          <select
            value={rules.chat}
            onChange={(event) => {
              const mode = CHAT_MODES.find((one) => one === event.currentTarget.value);
              if (mode !== undefined) ask({ type: "set_chat", mode });
            }}
          >
            {CHAT_MODES.map((mode) => (
              <option key={mode} value={mode}>
                {text.chatRules[mode]}
              </option>
            ))}
          </select>
        </label>
      </details>
      {self(room)?.role === "teacher" && <ProgramsFold session={session} />}
    </section>
  );
}

/** Most teachers never open it: what is in it is fetched when they do. */
function ProgramsFold({ session }: { session: Session }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.value.programs.title}</summary>
      {open && <Programs session={session} />}
    </details>
  );
}
