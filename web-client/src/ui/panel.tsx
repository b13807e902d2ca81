/**
 * The side panel: people for everyone; for a teacher the roll and the invitation too.
 *
 * Invariant: the panel lies beside the lesson and never takes the focus from it by itself.
 */
import type { Signal } from "@preact/signals";
import { t } from "../i18n";
import type { Session } from "../session";
import { Icon } from "./icons";
import { Invite } from "./invite";
import { lazy } from "./lazy";
import { PeopleList } from "./people-list";

const Roll = lazy<{ session: Session }>(() => import("./roll/roll-panel"));
const MyRoll = lazy<{ session: Session }>(() => import("./roll/my-roll"));

export type PanelName = "people" | "roll" | "invite";

interface PanelProps {
  readonly session: Session;
  readonly name: PanelName;
  readonly open: Signal<PanelName | null>;
  readonly teacher: boolean;
}

export function Panel({ session, name, open, teacher }: PanelProps) {
  const roll = teacher ? t.value.roll : t.value.myRoll;
  const titles = { people: t.value.people, roll, invite: t.value.invite };
  const names: readonly PanelName[] = teacher ? ["people", "roll", "invite"] : ["people", "roll"];
  return (
    <aside class={`panel panel-${name}`} aria-label={titles[name]}>
      <div class="panel-head">
        {names.length > 1 ? (
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
        ) : (
          <h2>{titles[name]}</h2>
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
      <div class="panel-body">
        <Body session={session} name={name} teacher={teacher} />
      </div>
    </aside>
  );
}

function Body({ session, name, teacher }: Omit<PanelProps, "open">) {
  switch (name) {
    case "people":
      return <PeopleList session={session} teacher={teacher} />;
    case "roll":
      return teacher ? <Roll session={session} /> : <MyRoll session={session} />;
    case "invite":
      return <Invite code={session.room.value.seat.code} />;
    default:
      return name satisfies never;
  }
}
