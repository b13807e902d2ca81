/**
 * `/me`: a student's own page. A personal link opens it once; after that the device is enough.
 *
 * Invariant: several children may share a phone: a new link adds one and takes nobody's place.
 */
import { useEffect, useState } from "preact/hooks";
import { adoptLanguage } from "../../i18n";
import { words } from "../../i18n/school";
import { door } from "../../school-api";
import type { LoggedIn } from "../../school-protocol";
import type { KeptLogin } from "../../storage";
import * as storage from "../../storage";
import { MessagePage } from "../message-page";
import { Page } from "../page";
import "../../styles/school.css";
import { useSecret } from "./link";
import { useLoad, WhenLoaded } from "./load";
import { personalLinkIn } from "./routes";
import { StudentHome } from "./student-home";

export default function StudentPage() {
  const { hash, used } = useSecret();
  const [logins, setLogins] = useState(storage.studentLogins());
  const token = personalLinkIn(hash);

  function keep(next: readonly KeptLogin[]): void {
    storage.keepStudentLogins(next);
    setLogins(next);
  }
  function letIn({ token: secret, expires_ms, me }: LoggedIn): void {
    const fresh = { token: secret, name: me.name, expiresMs: expires_ms };
    keep([fresh, ...logins.filter(({ name }) => name !== me.name)]);
    adoptLanguage(me.language);
    used();
  }

  if (token !== null) return <Exchange key={token} token={token} letIn={letIn} used={used} />;
  const [current, ...others] = logins;
  if (current === undefined) {
    return <MessagePage title={words.value.noPerson} text={words.value.noPersonHint} />;
  }
  return (
    <Page>
      <StudentHome
        key={current.token}
        login={current}
        others={others}
        choose={(login) => keep([login, ...logins.filter((one) => one !== login)])}
        forget={() => keep(others)}
      />
    </Page>
  );
}

interface ExchangeProps {
  readonly token: string;
  readonly letIn: (login: LoggedIn) => void;
  readonly used: () => void;
}

/** The link for a login of this device, while "Loading…" is shown. */
function Exchange({ token, letIn, used }: ExchangeProps) {
  const exchanged = useLoad(() => door.exchange(token), [token]);
  const { value } = exchanged;
  useEffect(() => {
    if (value !== null) letIn(value);
  }, [value]);
  const code = exchanged.why?.code;
  if (code === "link_used" || code === "not_logged_in" || code === "not_found") {
    const known = storage.studentLogins().length > 0;
    return (
      <MessagePage title={words.value.linkUsed} text={words.value.linkUsedHint}>
        {known && (
          <button type="button" class="button primary" onClick={used}>
            {words.value.toMyClasses}
          </button>
        )}
      </MessagePage>
    );
  }
  return (
    <Page>
      <WhenLoaded loaded={exchanged}>{() => null}</WhenLoaded>
    </Page>
  );
}
