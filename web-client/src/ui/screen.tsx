/**
 * The stage: the shared screen, as large as the space allows.
 *
 * Invariant: shown whole, never cropped; its name says whose it is.
 */
import { t } from "../i18n";
import type { Session } from "../session";
import { SlotVideo } from "./slot-video";

export function Screen({ session }: { session: Session }) {
  const { sharer, participants, withheld } = session.room.value;
  const name = (sharer === null ? undefined : participants.get(sharer))?.name ?? "";
  const label = t.value.screenOf(name);
  return (
    <figure class="screen" aria-label={label}>
      <SlotVideo key={sharer} stream={session.streams.value?.screen ?? null} on={sharer !== null} />
      {withheld.screen && <p class="screen-withheld">{t.value.screenWithheld}</p>}
      <figcaption class="tile-name">
        <span class="tile-text">{label}</span>
      </figcaption>
    </figure>
  );
}
