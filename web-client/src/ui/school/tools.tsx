/**
 * Tokens for the school's own programs: an electronic journal, a script.
 *
 * Invariant: a token's secret is shown once and kept by nobody here.
 */
import { useState } from "preact/hooks";
import { words } from "../../i18n/school";
import { MAX_NAME_CHARS } from "../../protocol";
import type { ApiToken, CreatedApiToken, Scope } from "../../school-protocol";
import { Field } from "../field";
import { dayOf } from "./class-lessons";
import { Confirm } from "./confirm";
import { Copyable } from "./copyable";
import { Refused, useLoad, WhenLoaded } from "./load";
import { Choice, Tick, Title } from "./parts";
import { problemAt } from "./problem";
import { useSend } from "./send";
import type { Staff } from "./staff";

const SCOPES = [
  "classes:read",
  "classes:write",
  "people:read",
  "people:write",
  "lessons:read",
  "rolls:read",
  "rolls:export",
  "audit:read",
] as const satisfies readonly Scope[];

const LIVES = ["30", "365", ""] as const;

export function Tools({ staff }: { staff: Staff }) {
  const { api } = staff;
  const tokens = useLoad(() => api.apiTokens(), [api]);
  const { why, send } = useSend();
  const text = words.value;
  async function end(id: number): Promise<void> {
    if ((await send(() => api.endApiToken(id))) !== null) void tokens.again();
  }
  return (
    <>
      <Title over={staff.me.school} text={text.nav.tools} />
      <p class="hint first">
        {text.toolsHint} <a href="/api/docs">{text.apiDocs}</a>
      </p>
      <NewToken staff={staff} changed={tokens.again} />
      <Refused why={why} />
      <WhenLoaded loaded={tokens}>
        {(value) =>
          value.tokens.length === 0 ? (
            <p class="hint">{text.noTokens}</p>
          ) : (
            <ul class="card rows plain">
              {value.tokens.map((token) => (
                <Row key={token.id} token={token} end={() => void end(token.id)} />
              ))}
            </ul>
          )
        }
      </WhenLoaded>
    </>
  );
}

function Row({ token, end }: { token: ApiToken; end: () => void }) {
  const text = words.value;
  const { name, scopes, created_ms, expires_ms, revoked_ms } = token;
  const life =
    revoked_ms !== null
      ? text.endedOn(dayOf(revoked_ms))
      : expires_ms === null
        ? text.noEnd
        : text.goodUntil(dayOf(expires_ms));
  return (
    <li class="staff-row">
      <span class="row-main">{name}</span>
      <small>{[text.madeOn(dayOf(created_ms)), life].join(" · ")}</small>
      <small>{scopes.map((scope) => text.scope[scope]).join(", ")}</small>
      {revoked_ms === null && (
        <Confirm name={text.endToken} question={text.endTokenQuestion(name)} run={end} />
      )}
    </li>
  );
}

function NewToken({ staff, changed }: { staff: Staff; changed: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>([]);
  const [days, setDays] = useState<(typeof LIVES)[number]>("365");
  const [made, setMade] = useState<CreatedApiToken | null>(null);
  const { busy, why, send } = useSend();
  const text = words.value;

  async function make(event: Event): Promise<void> {
    event.preventDefault();
    const body = {
      name: name.trim(),
      scopes: [...scopes],
      ...(days === "" ? {} : { days: Number(days) }),
    };
    const done = await send(() => staff.api.newApiToken(body));
    if (done === null) return;
    setMade(done.value);
    setName("");
    setScopes([]);
    changed();
  }

  const at = problemAt(why, { name: ["bad_name"] });
  return (
    <form class="card" onSubmit={make} noValidate aria-labelledby="token-title">
      <h2 id="token-title">{text.newToken}</h2>
      <div class="pair">
        <Field
          label={text.toolName}
          value={name}
          onInput={setName}
          placeholder={text.toolNameExample}
          maxLength={MAX_NAME_CHARS}
          autoComplete="off"
          error={at.name}
        />
        <Choice
          label={text.tokenLife}
          value={days}
          options={LIVES.map((one) => [one, text.lives[one]] as const)}
          onChange={setDays}
        />
      </div>
      <fieldset class="scopes">
        <legend>{text.toolMay}</legend>
        {SCOPES.map((scope) => (
          <Tick
            key={scope}
            label={text.scope[scope]}
            on={scopes.includes(scope)}
            onChange={(on) =>
              setScopes(on ? [...scopes, scope] : scopes.filter((one) => one !== scope))
            }
          />
        ))}
      </fieldset>
      {at.other}
      <button type="submit" class="button" disabled={busy || scopes.length === 0}>
        {text.makeToken}
      </button>
      {made !== null && (
        <div class="made" role="status">
          <p>
            <strong>{text.tokenOnce(made.about.name)}</strong>
          </p>
          <Copyable label={text.nav.tools} text={made.token} />
        </div>
      )}
    </form>
  );
}
