/**
 * One's own account: the password, and the way out.
 *
 * Invariant: a changed password ends every other login and keeps this one.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import { MIN_PASSWORD_CHARS } from "../../school-protocol";
import { Title } from "./parts";
import { Password } from "./password";
import { problemAt } from "./problem";
import { useSend } from "./send";
import type { Staff } from "./staff";
import { letIn, logOut } from "./staff";

export function Account({ staff }: { staff: Staff }) {
  const { api, me } = staff;
  const [old, setOld] = useState("");
  const [fresh, setFresh] = useState("");
  const [done, setDone] = useState(false);
  const { busy, why, send } = useSend();
  const text = words.value;

  async function change(event: Event): Promise<void> {
    event.preventDefault();
    const changed = await send(() => api.changePassword({ old, new: fresh }));
    setDone(changed !== null);
    if (changed === null) return;
    setOld("");
    setFresh("");
    letIn(changed.value);
  }

  const at = problemAt(why, { old: ["wrong_password"] });
  return (
    <>
      <Title over={me.school} text={me.name} />
      <p class="hint">{[text.kind[me.kind], me.login].filter(Boolean).join(" · ")}</p>
      <form class="card narrow" onSubmit={change} noValidate aria-labelledby="password-title">
        <h2 id="password-title">{text.changePassword}</h2>
        <Password
          label={text.oldPassword}
          value={old}
          onInput={setOld}
          autoComplete="current-password"
          error={at.old}
        />
        <Password
          label={text.newPassword}
          value={fresh}
          onInput={setFresh}
          autoComplete="new-password"
          hint={text.passwordHint(MIN_PASSWORD_CHARS)}
          error={at.password}
        />
        {at.other}
        {done && <p role="status">{text.passwordChanged}</p>}
        <button type="submit" class="button" disabled={busy}>
          {text.changePassword}
        </button>
      </form>
      <div class="row">
        <button type="button" class="button" onClick={() => void logOut(api)}>
          {text.logOut}
        </button>
      </div>
    </>
  );
}
