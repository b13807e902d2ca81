/**
 * The one quiet line about the connection, and the voice for what happens in the room.
 *
 * Invariant: trouble that lasts hides what is passing, and both are spoken politely.
 */
import { t } from "../i18n";
import { isStaff, self, trouble } from "../room";
import type { Session } from "../session";

export function StatusLine({ session }: { session: Session }) {
  const text = lineOf(session);
  return (
    <div class="status-line" role="status">
      {text !== null && <p>{text}</p>}
    </div>
  );
}

export function Announcer({ session }: { session: Session }) {
  const what = session.announcement.value;
  const text = what === null ? "" : wordsOf(what);
  return (
    <div class="visually-hidden" aria-live="polite">
      {text}
    </div>
  );
}

function lineOf(session: Session): string | null {
  const room = session.room.value;
  const problem = trouble(room);
  switch (problem) {
    case "connecting":
      return t.value.connecting;
    case "reconnecting":
      return t.value.reconnecting;
    case "restoring_media":
      return t.value.restoringMedia;
    case null:
      break;
    default:
      return problem satisfies never;
  }
  if (room.notice !== null) return t.value.notice[room.notice.code];
  if (room.rules.paused && !isStaff(self(room))) return t.value.paused;
  return room.mine.screen ? t.value.youAreSharing : null;
}

function wordsOf(what: NonNullable<Session["announcement"]["value"]>): string {
  switch (what.kind) {
    case "hand_raised":
      return t.value.raisedHand(what.name);
    case "came":
      return t.value.came(what.name);
    case "gone":
      return t.value.gone(what.name);
    case "wrote":
      return t.value.wrote(what.name);
    case "waits":
      return t.value.waits(what.name);
    default:
      return what.kind satisfies never;
  }
}
