/**
 * The lesson's screen: who waits at the door, people or the stage, one panel, the bar.
 *
 * Invariant: connection trouble is one line over the lesson; it never takes the screen away.
 */
import { useSignal } from "@preact/signals";
import { useCallback, useEffect } from "preact/hooks";
import { capacityFor } from "../capacity";
import { t } from "../i18n";
import { isStaff, self, watchesStage } from "../room";
import type { Session } from "../session";
import { AudioSlots } from "./audio-slots";
import { Bar } from "./bar";
import { CheckPrompt } from "./check-prompt";
import { useDoorbell } from "./doorbell";
import { Icon } from "./icons";
import { useKeys } from "./keys";
import { LanguageSwitch } from "./language-switch";
import { Lobby } from "./lobby";
import { MicrophoneAdvice } from "./microphone-advice";
import { Panel, type PanelName } from "./panel";
import { RollStrip } from "./roll-strip";
import { Screen } from "./screen";
import { Announcer, StatusLine } from "./status";
import { People } from "./tiles";
import { useWakeLock } from "./wake-lock";

export function Lesson({ session }: { session: Session }) {
  const panel = useSignal<PanelName | null>(null);
  const room = session.room.value;
  const me = self(room);
  const staff = isStaff(me);
  const closePanel = useCallback(() => {
    panel.value = null;
  }, [panel]);
  useKeys(session, closePanel);
  useWakeLock();
  useDoorbell(session);
  useCapacity(session);
  useDiagnostics(session);
  const title = room.lesson?.name;
  useEffect(() => {
    if (title !== undefined) document.title = `${title} · Homeroom`;
  }, [title]);

  const staged = watchesStage(room);
  return (
    <div class="lesson">
      <header class={staff ? "lesson-head taught" : "lesson-head"}>
        <h1>{title ?? "Homeroom"}</h1>
        {room.lesson !== null && !staff && <p class="count">{t.value.peopleCount(room.total)}</p>}
        {staff && <RollStrip session={session} open={() => toggle(panel, "roll")} />}
        {staff && (
          <button
            type="button"
            class="head-button"
            aria-label={t.value.invite}
            aria-expanded={panel.value === "invite"}
            onClick={() => toggle(panel, "invite")}
          >
            <Icon name="invite" />
            <span>{t.value.invite}</span>
          </button>
        )}
        <LanguageSwitch />
      </header>
      <div class="lesson-body">
        <div class="lesson-column">
          {staff && <Lobby session={session} />}
          <main class={staged ? "lesson-main staged" : "lesson-main"}>
            <StatusLine session={session} />
            {staged && <Screen session={session} />}
            {room.lesson !== null && <People session={session} />}
          </main>
        </div>
        {panel.value !== null && <Panel session={session} name={panel.value} open={panel} />}
      </div>
      <MicrophoneAdvice session={session} />
      <Bar session={session} panel={panel} />
      <AudioSlots streams={session.streams.value} session={session} />
      <CheckPrompt session={session} />
      <Announcer session={session} />
    </div>
  );
}

export function toggle(panel: { value: PanelName | null }, name: PanelName): void {
  panel.value = panel.value === name ? null : name;
}

function useCapacity(session: Session): void {
  useEffect(() => {
    const { slots } = session.room.value.capacity;
    const tell = () => {
      const capacity = capacityFor(window.innerWidth, window.innerHeight, slots);
      session.dispatch({ type: "capacity", capacity });
    };
    tell();
    window.addEventListener("resize", tell);
    return () => window.removeEventListener("resize", tell);
  }, [session]);
}

declare global {
  interface Window {
    /** Read-only, for people who look for a fault and for tests: the connection's statistics. */
    homeroomDiagnostics?: { readonly getStats: () => Promise<Record<string, unknown>[]> };
  }
}

function useDiagnostics(session: Session): void {
  useEffect(() => {
    window.homeroomDiagnostics = { getStats: () => session.stats() };
    return () => {
      delete window.homeroomDiagnostics;
    };
  }, [session]);
}
