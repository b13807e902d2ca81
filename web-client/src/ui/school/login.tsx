/**
 * The login of teachers, administrators and observers.
 *
 * Invariant: says the same whether the login or the password is wrong.
 */
import { useEffect, useState } from "preact/hooks";
import { schoolInfo } from "../../api";
import { words } from "../../i18n/school";
import { door } from "../../school-api";
import type { SchoolInfo } from "../../school-protocol";
import { Field } from "../field";
import { Page } from "../page";
import { Go, Title } from "./parts";
import { Password } from "./password";
import { problemAt } from "./problem";
import { useSend } from "./send";
import { letIn } from "./staff";

export function Login() {
  const text = words.value;
  const [school, setSchool] = useState<SchoolInfo | null>(null);
  useEffect(() => {
    void schoolInfo().then((answer) => {
      if (answer.ok) setSchool(answer.value);
    });
  }, []);
  const [login, setLogin] = useState("");
  const [password, setPassword] = useState("");
  const { busy, why, send } = useSend();

  async function logIn(event: Event): Promise<void> {
    event.preventDefault();
    const done = await send(() => door.logIn({ login: login.trim(), password }));
    if (done !== null) letIn(done.value);
  }

  const at = problemAt(why, { password: ["wrong_password"] });
  return (
    <Page>
      <Title over={school?.name ?? ""} text={text.logInTitle} />
      <form class="card" onSubmit={logIn} noValidate>
        <Field
          label={text.login}
          value={login}
          onInput={setLogin}
          autoComplete="username"
          spellcheck={false}
        />
        <Password
          label={text.password}
          value={password}
          onInput={setPassword}
          autoComplete="current-password"
          error={at.password}
        />
        {at.other}
        <button type="submit" class="button primary" disabled={busy}>
          {text.logIn}
        </button>
      </form>
      <p class="hint">{text.noAccount}</p>
      <p class="hint">
        {text.studentsHere} <Go to="/me">{text.toMyClasses}</Go>
      </p>
    </Page>
  );
}
