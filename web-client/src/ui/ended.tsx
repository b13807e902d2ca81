/**
 * Why the lesson is over for this page, and the way back where there is one.
 *
 * Invariant: arriving here releases camera, microphone and connections.
 */
import { useEffect } from "preact/hooks";
import { t } from "../i18n";
import type { LessonCode } from "../protocol";
import type { Ending } from "../room";
import type { Session } from "../session";
import * as storage from "../storage";
import type { Visit } from "../visit";
import { lazy } from "./lazy";
import { MessagePage } from "./message-page";
import { go } from "./navigation";

const FinalRoll = lazy<{ code: LessonCode; token: string }>(() => import("./roll/final-roll"));

interface EndedProps {
  readonly visit: Visit;
  readonly session: Session;
  readonly ending: Ending;
}

export function Ended({ visit, session, ending }: EndedProps) {
  useEffect(() => session.close(), [session]);
  const { title, text } = wordsOf(ending);
  const action = actionOf(visit, ending);
  const token = ending.why === "lesson_ended" ? visit.teacherToken : null;
  return (
    <MessagePage
      title={title}
      text={text}
      below={token !== null && <FinalRoll code={visit.code} token={token} />}
    >
      {action !== null && (
        <button type="button" class="button primary" onClick={action.run}>
          {action.label}
        </button>
      )}
    </MessagePage>
  );
}

function wordsOf(ending: Ending): { title: string; text: string } {
  if (ending.why !== "refused") return t.value.ending[ending.why];
  const text = t.value.refusal[ending.code] ?? t.value.notice[ending.code];
  return { title: t.value.refusedTitle, text };
}

/** Whoever the school knows on this device goes on from their own page. */
function toOwnClasses(): { label: string; run: () => void } | null {
  if (storage.staffLogin() !== null) return { label: t.value.myClasses, run: () => go("/school") };
  if (storage.studentLogins().length === 0) return null;
  return { label: t.value.myClasses, run: () => go("/me") };
}

function actionOf(visit: Visit, ending: Ending): { label: string; run: () => void } | null {
  switch (ending.why) {
    case "left":
      return { label: t.value.joinAgain, run: () => void visit.comeBack() };
    case "replaced":
      return { label: t.value.openHere, run: () => void visit.comeBack() };
    case "turned_away":
      return { label: t.value.askAgain, run: () => void visit.begin() };
    case "lesson_ended":
      return toOwnClasses();
    case "removed":
    case "unsupported_browser":
      return null;
    case "refused":
      if (ending.code === "lesson_not_found") return null;
      if (ending.code === "unsupported_version" || ending.code === "bad_message") {
        return { label: t.value.reload, run: () => window.location.reload() };
      }
      return { label: t.value.tryAgain, run: () => void visit.begin() };
    default:
      return ending satisfies never;
  }
}
