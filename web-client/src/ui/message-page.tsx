/**
 * A screen that says one thing and offers the way on.
 *
 * Invariant: never a dead end; there is always a button.
 */
import type { ComponentChildren } from "preact";
import { t } from "../i18n";
import { goToStart } from "./navigation";
import { Page } from "./page";

interface MessagePageProps {
  readonly title: string;
  readonly text: string;
  readonly children?: ComponentChildren;
  /** Beneath the card. */
  readonly below?: ComponentChildren;
}

export function MessagePage({ title, text, children, below }: MessagePageProps) {
  return (
    <Page>
      <section class="card message">
        <h1>{title}</h1>
        <p>{text}</p>
        <div class="row">
          {children}
          <button type="button" class="button" onClick={goToStart}>
            {t.value.toStartPage}
          </button>
        </div>
      </section>
      {below}
    </Page>
  );
}

export function Missing() {
  return <MessagePage title={t.value.lessonMissing} text={t.value.lessonMissingHint} />;
}
