/**
 * Which field a refusal belongs to.
 *
 * Invariant: a refusal is always said somewhere: beside its field, or beneath the form.
 */
import type { JSX } from "preact";
import { words } from "../../i18n/school";
import type { Refusal } from "../../school-api";
import type { ProblemCode } from "../../school-protocol";
import { Refused } from "./load";

type Fields = "name" | "login" | "password" | "old";

export type ProblemAt = { readonly [field in Fields]: string | null } & {
  readonly other: JSX.Element | null;
};

export function problemAt(
  why: Refusal | null,
  fields: { readonly [field in Fields]?: readonly ProblemCode[] },
): ProblemAt {
  const known: [Fields, readonly ProblemCode[]][] = [
    ["name", fields.name ?? []],
    ["login", fields.login ?? []],
    ["password", fields.password ?? ["bad_password"]],
    ["old", fields.old ?? []],
  ];
  const at = known.find(([, codes]) => codes.some((code) => code === why?.code))?.[0] ?? null;
  const say = (field: Fields) =>
    why !== null && at === field ? words.value.problem[why.code] : null;
  return {
    name: say("name"),
    login: say("login"),
    password: say("password"),
    old: say("old"),
    other: why !== null && at === null ? <Refused why={why} /> : null,
  };
}
