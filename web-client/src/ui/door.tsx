/**
 * Before the lesson's door: what a guest sees until somebody lets them in.
 *
 * Invariant: shows the lesson's name and nothing else of it, for nothing else is known here.
 */
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import type { Session } from "../session";
import { goToStart } from "./navigation";
import { Page } from "./page";

export function Door({ session }: { session: Session }) {
  const { door, connection, seat } = session.room.value;
  const words = t.value.door;
  useEffect(() => {
    document.title = `${door ?? ""} · Homeroom`;
  }, [door]);
  return (
    <Page>
      <section class="card message" role="status">
        <div>
          <p class="overline">{door}</p>
          <h1>{words.title}</h1>
        </div>
        <p>{words.text}</p>
        <p class="hint">{words.name(seat.name)}</p>
        {connection.phase !== "door" && <p class="hint">{t.value.connecting}</p>}
        <div class="row">
          <button type="button" class="button" onClick={goToStart}>
            {t.value.leave}
          </button>
        </div>
      </section>
    </Page>
  );
}
