/**
 * An invitation: choose a name, a login and a password, and be in.
 *
 * Invariant: a refused try keeps everything that was typed, and says what is wrong beside the field.
 */
import { useEffect, useState } from "preact/hooks";
import { adoptLanguage, t } from "../../i18n";
import { words } from "../../i18n/school";
import { MAX_NAME_CHARS } from "../../protocol";
import { door } from "../../school-api";
import type { InvitationInfo } from "../../school-protocol";
import { MAX_LOGIN_CHARS, MIN_PASSWORD_CHARS } from "../../school-protocol";
import { Field } from "../field";
import { MessagePage } from "../message-page";
import { goSilently } from "../navigation";
import { Page } from "../page";
import { useLoad, WhenLoaded } from "./load";
import { Title } from "./parts";
import { Password } from "./password";
import { problemAt } from "./problem";
import { HOME } from "./routes";
import { useSend } from "./send";
import { letIn } from "./staff";

interface InvitationProps {
  readonly token: string;
  readonly used: () => void;
}

export function Invitation({ token, used }: InvitationProps) {
  const info = useLoad(() => door.look(token), [token]);
  const language = info.value?.language;
  useEffect(() => {
    if (language !== undefined) adoptLanguage(language);
  }, [language]);
  if (info.why?.code === "link_used") {
    return (
      <MessagePage title={words.value.invitationUsed} text={words.value.invitationUsedHint}>
        <button type="button" class="button primary" onClick={used}>
          {words.value.logIn}
        </button>
      </MessagePage>
    );
  }
  return (
    <Page>
      <WhenLoaded loaded={info}>
        {(value) => <Accept token={token} info={value} used={used} />}
      </WhenLoaded>
    </Page>
  );
}

function Accept({ token, info, used }: InvitationProps & { info: InvitationInfo }) {
  const text = words.value;
  const [name, setName] = useState(info.name);
  const [login, setLogin] = useState(info.login ?? "");
  const [password, setPassword] = useState("");
  const { busy, why, send } = useSend();
  const again = info.login !== null;

  async function accept(event: Event): Promise<void> {
    event.preventDefault();
    const done = await send(() =>
      door.accept({ token, name: name.trim(), login: login.trim(), password }),
    );
    if (done === null) return;
    letIn(done.value);
    used();
    goSilently(HOME);
  }

  const at = problemAt(why, { name: ["bad_name"], login: ["bad_login", "login_taken"] });
  return (
    <>
      <Title
        over={info.school === "" ? text.welcomeHere : info.school}
        text={again ? text.newPassword : text.welcomeAs[info.kind]}
      />
      <form class="card" onSubmit={accept} noValidate>
        {!again && <p class="hint first">{text.invitationHint}</p>}
        <Field
          label={t.value.yourName}
          value={name}
          onInput={setName}
          maxLength={MAX_NAME_CHARS}
          autoComplete="name"
          spellcheck={false}
          error={at.name}
        />
        <Field
          label={text.login}
          value={login}
          onInput={setLogin}
          maxLength={MAX_LOGIN_CHARS}
          autoComplete="username"
          spellcheck={false}
          hint={text.loginHint}
          error={at.login}
        />
        <Password
          label={text.password}
          value={password}
          onInput={setPassword}
          autoComplete="new-password"
          hint={text.passwordHint(MIN_PASSWORD_CHARS)}
          error={at.password}
        />
        {at.other}
        <button type="submit" class="button primary" disabled={busy}>
          {again ? text.setPassword : text.createAccount}
        </button>
      </form>
    </>
  );
}
