/**
 * The side panel: people, chat and the roll, and for staff the invitation; each sees their own.
 *
 * Invariant: the panel lies beside the lesson and never takes the focus from it by itself.
 */
import type { Signal } from "@preact/signals";
import { t } from "../i18n";
import { isStaff, self } from "../room";
import type { Session } from "../session";
import { Icon } from "./icons";
import { Invite } from "./invite";
import { lazy } from "./lazy";
import { Lobby } from "./lobby";
import { PeopleList } from "./people-list";

const Chat = lazy<{ session: Session }>(() => import("./chat/chat-panel"));
const ClassPanel = lazy<{ session: Session }>(() => import("./class/class-panel"));
const Roll = lazy<{ session: Session }>(() => import("./roll/roll-panel"));
const MyRoll = lazy<{ session: Session }>(() => import("./roll/my-roll"));

export type PanelName = "people" | "chat" | "roll" | "invite";

interface PanelProps {
  readonly session: Session;
  readonly name: PanelName;
  readonly open: Signal<PanelName | null>;
}

export function Panel({ session, name, open }: PanelProps) {
  const me = self(session.room.value);
  const staff = isStaff(me);
  const words = t.value;
  const roll = staff ? words.roll : words.myRoll;
  const titles = { people: words.people, chat: words.chat, roll, invite: words.invite };
  const names: PanelName[] = ["people", "chat"];
  if (me?.role !== "observer") names.push("roll");
  return (
    <aside class={`panel panel-${name}`} aria-label={titles[name]}>
      <div class="panel-head">
        {/* The invitation has its button in the lesson's head; four tabs fit no phone. */}
        {name === "invite" ? (
          <h2>{titles.invite}</h2>
        ) : (
          <div class="tabs" role="tablist">
            {names.map((tab) => (
              <button
                key={tab}
                type="button"
                role="tab"
                aria-selected={tab === name}
                onClick={() => {
                  open.value = tab;
                }}
              >
                {titles[tab]}
              </button>
            ))}
          </div>
        )}
        <button
          type="button"
          class="head-button"
          aria-label={t.value.close}
          onClick={() => {
            open.value = null;
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      {staff && (
        <div class="panel-lobby">
          <Lobby session={session} />
        </div>
      )}
      <div class="panel-body">
        <Body session={session} name={name} staff={staff} />
      </div>
    </aside>
  );
}

interface BodyProps {
  readonly session: Session;
  readonly name: PanelName;
  readonly staff: boolean;
}

function Body({ session, name, staff }: BodyProps) {
  switch (name) {
    case "people":
      return staff ? <ClassPanel session={session} /> : <PeopleList session={session} />;
    case "chat":
      return <Chat session={session} />;
    case "roll":
      return staff ? <Roll session={session} /> : <MyRoll session={session} />;
    case "invite":
      return <Invite code={session.room.value.seat.code} />;
    default:
      return name satisfies never;
  }
}
