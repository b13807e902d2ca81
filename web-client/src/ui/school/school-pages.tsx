/**
 * Everything below `/school`: the invitation, the login, the office.
 *
 * Invariant: an invitation stays in the address until it was used, so that a reload loses nothing;
 * it stands behind `#`, which no server sees.
 */
import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import { MessagePage } from "../message-page";
import { Page } from "../page";
import { Invitation } from "./invitation";
import { useSecret } from "./link";
import { Login } from "./login";
import { Office } from "./office";
import "../../styles/school.css";
import { invitationIn } from "./routes";
import { findStaff, staff } from "./staff";

export default function SchoolPages({ path }: { path: string }) {
  const { hash, used } = useSecret();
  const token = invitationIn(hash);
  useEffect(() => void findStaff(), []);
  if (token !== null) return <Invitation key={token} token={token} used={used} />;
  const state = staff.value;
  switch (state.at) {
    case "looking":
      return (
        <Page>
          <p class="loading" role="status">
            {t.value.loading}
          </p>
        </Page>
      );
    case "unreachable":
      return (
        <MessagePage title={t.value.school} text={t.value.unreachable}>
          <button type="button" class="button primary" onClick={() => void findStaff()}>
            {t.value.tryAgain}
          </button>
        </MessagePage>
      );
    case "out":
      return <Login />;
    case "in":
      return <Office key={state.staff.me.person} staff={state.staff} path={path} />;
    default:
      return state satisfies never;
  }
}
