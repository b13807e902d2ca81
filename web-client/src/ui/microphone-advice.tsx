/**
 * What others did to the own microphone, with the button that answers it.
 *
 * Invariant: nobody's microphone is turned on but by themselves.
 */
import { t } from "../i18n";
import { maySpeak, microphoneAdvice } from "../room";
import type { Session } from "../session";
import { Icon } from "./icons";

export function MicrophoneAdvice({ session }: { session: Session }) {
  const room = session.room.value;
  const advice = microphoneAdvice(room);
  return (
    <div class={advice === null ? "visually-hidden" : "advice"} role="status">
      {advice !== null && (
        <>
          <p>{t.value.advice[advice]}</p>
          {maySpeak(room) && (
            <button
              type="button"
              class="button primary"
              onClick={() => session.turn("microphone", true)}
            >
              {t.value.unmute}
            </button>
          )}
          {advice === "muted" && (
            <button
              type="button"
              class="head-button"
              aria-label={t.value.close}
              onClick={() => session.dispatch({ type: "muted_seen" })}
            >
              <Icon name="close" />
            </button>
          )}
        </>
      )}
    </div>
  );
}
