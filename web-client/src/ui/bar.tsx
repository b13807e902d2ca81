/**
 * The bottom bar, in the order people's hands know: microphone, camera, screen, hand, chat, people,
 * and Leave apart at the end.
 *
 * Invariant: a button's name is what pressing it does now.
 */
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { canShareScreen } from "../devices";
import { t } from "../i18n";
import { isStaff, maySend, maySpeak, self, unread } from "../room";
import type { Session } from "../session";
import type { IconName } from "./icons";
import { Icon } from "./icons";
import { LeaveButton } from "./leave-button";
import { toggle } from "./lesson";
import type { PanelName } from "./panel";

interface BarProps {
  readonly session: Session;
  readonly panel: Signal<PanelName | null>;
}

export function Bar({ session, panel }: BarProps) {
  const words = t.value;
  const room = session.room.value;
  const { microphone, camera, screen } = room.mine;
  const me = self(room);
  const raised = me?.hand_ms != null;
  const mayShare = canShareScreen() && (isStaff(me) || me?.may_share === true);
  const locked = !microphone && !maySpeak(room);
  const news = unread(room);
  return (
    <section class="bar" aria-label={words.controls}>
      {maySend(room) && (
        <>
          <BarButton
            icon={microphone ? "mic" : "micOff"}
            name={locked ? words.microphoneLocked : microphone ? words.mute : words.unmute}
            off={!microphone}
            mark={locked ? <Icon name="lock" /> : undefined}
            hint={microphone ? "M" : `M · ${words.holdSpace}`}
            press={() => session.turn("microphone", !microphone)}
          />
          <BarButton
            icon={camera ? "camera" : "cameraOff"}
            name={camera ? words.cameraOff : words.cameraOn}
            off={!camera}
            hint="V"
            press={() => session.turn("camera", !camera)}
          />
        </>
      )}
      {mayShare && (
        <BarButton
          icon={screen ? "screenOff" : "screen"}
          name={screen ? words.stopSharing : words.shareScreen}
          active={screen}
          press={() => (screen ? session.stopSharing() : session.shareScreen())}
        />
      )}
      {/* Nobody calls a teacher up. */}
      {me?.role !== "teacher" && me?.role !== "observer" && (
        <BarButton
          icon="hand"
          name={raised ? words.lowerHand : words.raiseHand}
          active={raised}
          press={() => session.dispatch({ type: "raise_hand", raised: !raised })}
        />
      )}
      <BarButton
        icon="chat"
        name={words.chat}
        label={news > 0 ? words.chatUnread(news) : undefined}
        mark={news > 0 ? Math.min(news, MAX_SHOWN) : undefined}
        expanded={panel.value === "chat"}
        press={() => toggle(panel, "chat")}
      />
      <BarButton
        icon="people"
        name={words.people}
        expanded={panel.value !== null && panel.value !== "chat"}
        press={() => {
          panel.value = panel.value === null || panel.value === "chat" ? "people" : null;
        }}
      />
      <LeaveButton session={session} teacher={me?.role === "teacher"} />
    </section>
  );
}

/** Two digits are all there is room for. */
const MAX_SHOWN = 99;

interface BarButtonProps {
  readonly icon: IconName;
  readonly name: string;
  /** What a screen reader says instead of the name. */
  readonly label?: string | undefined;
  /** A small sign on the icon. */
  readonly mark?: ComponentChildren;
  readonly press: () => void;
  readonly off?: boolean;
  readonly active?: boolean;
  readonly expanded?: boolean;
  readonly hint?: string;
}

function BarButton(props: BarButtonProps) {
  const { icon, name, label, mark, press, off = false, active = false, expanded, hint } = props;
  const classes = ["bar-button", off && "off", (active || expanded) && "active"];
  return (
    <button
      type="button"
      class={classes.filter(Boolean).join(" ")}
      aria-expanded={expanded}
      aria-label={label}
      title={hint === undefined ? name : `${name} (${hint})`}
      onClick={(event) => {
        // After a click (not a key) the focus leaves the bar, so that Space talks again.
        if (event.detail > 0) event.currentTarget.blur();
        press();
      }}
    >
      <Icon name={icon} />
      {mark !== undefined && (
        <span class="bar-mark" aria-hidden="true">
          {mark}
        </span>
      )}
      <span class="bar-label">{name}</span>
    </button>
  );
}
