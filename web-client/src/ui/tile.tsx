/**
 * One person: their picture or initials, name, microphone, hand and voice.
 *
 * Invariant: the tile's accessible name is the person's, and no sign is told by colour alone.
 */
import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import type { Participant } from "../protocol";
import { Icon } from "./icons";

interface TileProps {
  readonly person: Participant;
  readonly label: string;
  readonly speaking: boolean;
  /** Their picture is not sent to us, as our line carries no more. */
  readonly withheld?: boolean;
  /** Place in the queue of raised hands; 0 when the hand is down. */
  readonly hand: number;
  readonly children: ComponentChildren;
}

export function Tile({ person, label, speaking, withheld = false, hand, children }: TileProps) {
  const away = person.state === "away";
  const classes = ["tile", speaking && "speaking", away && "away"].filter(Boolean).join(" ");
  return (
    <div class={classes} role="group" aria-label={label}>
      <Avatar person={person} />
      {children}
      {withheld && <span class="tile-withheld">{t.value.withheld}</span>}
      {hand > 0 && (
        <span class="tile-hand" title={t.value.handNumber(hand)}>
          <Icon name="hand" />
          {hand}
        </span>
      )}
      <span class="tile-name">
        {away && <Icon name="offline" />}
        {!person.microphone && person.role !== "observer" && <Icon name="micOff" />}
        {person.floor && <Icon name="floor" />}
        <span class="tile-text">{label}</span>
        {/* Whoever only looks on is never hidden. */}
        {person.role === "observer" && <span>· {t.value.role.observer}</span>}
        {away && <span class="visually-hidden">, {t.value.away}</span>}
        {!person.microphone && <span class="visually-hidden">, {t.value.muted}</span>}
        {person.floor && <span class="visually-hidden">, {t.value.hasFloor}</span>}
      </span>
    </div>
  );
}

/** Colours of avatars; `lesson.css` has one `hue-` class for each. */
const HUES = 6;

function Avatar({ person }: { person: Participant }) {
  return (
    <span class={`avatar hue-${person.id % HUES}`} aria-hidden="true">
      {initials(person.name)}
    </span>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/).slice(0, 2);
  return words.map((word) => [...word][0]?.toUpperCase() ?? "").join("");
}
