/**
 * The bottom bar, in the order people's hands know: microphone, camera, screen, hand, people, and
 * Leave apart at the end.
 *
 * Invariant: a button's name is what pressing it does now.
 */
import type { Signal } from "@preact/signals";
import { canShareScreen } from "../devices";
import { t } from "../i18n";
import { self } from "../room";
import type { Session } from "../session";
import type { IconName } from "./icons";
import { Icon } from "./icons";
import { LeaveButton } from "./leave-button";
import type { PanelName } from "./panel";

interface BarProps {
  readonly session: Session;
  readonly panel: Signal<PanelName | null>;
  readonly teacher: boolean;
}

export function Bar({ session, panel, teacher }: BarProps) {
  const words = t.value;
  const room = session.room.value;
  const { microphone, camera, screen } = room.mine;
  const me = self(room);
  const raised = me?.hand_ms != null;
  const mayShare = canShareScreen() && (teacher || me?.may_share === true);
  return (
    <section class="bar" aria-label={words.controls}>
      <BarButton
        icon={microphone ? "mic" : "micOff"}
        name={microphone ? words.mute : words.unmute}
        off={!microphone}
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
      {mayShare && (
        <BarButton
          icon={screen ? "screenOff" : "screen"}
          name={screen ? words.stopSharing : words.shareScreen}
          active={screen}
          press={() => (screen ? session.stopSharing() : session.shareScreen())}
        />
      )}
      <BarButton
        icon="hand"
        name={raised ? words.lowerHand : words.raiseHand}
        active={raised}
        press={() => session.dispatch({ type: "raise_hand", raised: !raised })}
      />
      <BarButton
        icon="people"
        name={words.people}
        expanded={panel.value !== null}
        press={() => {
          panel.value = panel.value === null ? "people" : null;
        }}
      />
      <LeaveButton session={session} teacher={teacher} />
    </section>
  );
}

interface BarButtonProps {
  readonly icon: IconName;
  readonly name: string;
  readonly press: () => void;
  readonly off?: boolean;
  readonly active?: boolean;
  readonly expanded?: boolean;
  readonly hint?: string;
}

function BarButton(props: BarButtonProps) {
  const { icon, name, press, off = false, active = false, expanded, hint } = props;
  const classes = ["bar-button", off && "off", (active || expanded) && "active"];
  return (
    <button
      type="button"
      class={classes.filter(Boolean).join(" ")}
      aria-expanded={expanded}
      title={hint === undefined ? name : `${name} (${hint})`}
      onClick={(event) => {
        // After a click (not a key) the focus leaves the bar, so that Space talks again.
        if (event.detail > 0) event.currentTarget.blur();
        press();
      }}
    >
      <Icon name={icon} />
      <span class="bar-label">{name}</span>
    </button>
  );
}
