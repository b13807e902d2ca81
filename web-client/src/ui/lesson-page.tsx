/**
 * What stands at a lesson's address: pre-join, its door, the lesson, or why there is none.
 *
 * Invariant: leaving the address closes the visit with its devices and connections.
 */
import { useEffect, useMemo } from "preact/hooks";
import { t } from "../i18n";
import type { LessonCode } from "../protocol";
import { Visit } from "../visit";
import { Door } from "./door";
import { Ended } from "./ended";
import { Lesson } from "./lesson";
import { MessagePage, Missing } from "./message-page";
import { Page } from "./page";
import { Prejoin } from "./prejoin";

export function LessonPage({ code }: { code: LessonCode }) {
  const visit = useMemo(() => new Visit(code), [code]);
  useEffect(() => {
    void visit.begin();
    return () => visit.close();
  }, [visit]);

  const stage = visit.stage.value;
  switch (stage.at) {
    case "loading":
      return (
        <Page>
          <p class="loading" role="status">
            {t.value.loading}
          </p>
        </Page>
      );
    case "missing":
      return <Missing />;
    case "unreachable":
      return (
        <MessagePage title={t.value.refusedTitle} text={t.value.unreachable}>
          <button type="button" class="button primary" onClick={() => visit.begin()}>
            {t.value.tryAgain}
          </button>
        </MessagePage>
      );
    case "prejoin":
      return <Prejoin visit={visit} info={stage.info} pass={stage.pass} />;
    case "inside": {
      const { door, connection } = stage.session.room.value;
      const { ending } = connection;
      if (ending !== null) return <Ended visit={visit} session={stage.session} ending={ending} />;
      if (door !== null) return <Door session={stage.session} />;
      return <Lesson session={stage.session} />;
    }
    default:
      return stage satisfies never;
  }
}
