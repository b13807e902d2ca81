/**
 * The school's HTTP calls, `/api/v1`.
 *
 * Invariant: every call ends in a value; a token goes in a header or a body, never into an address.
 */
import type { CreatedLesson, LessonCode } from "./protocol";
import type * as school from "./school-protocol";

/** Why not, for the page to say in its own words. */
export interface Refusal {
  readonly code: school.ProblemCode | "unreachable";
  readonly lines: readonly school.BadLine[];
}

export type Reply<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly why: Refusal };

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Calls that need no login. */
export const door = {
  look: (token: string) => call<school.InvitationInfo>("POST", "/invitations/look", { token }),
  accept: (body: school.AcceptInvitation) =>
    call<school.LoggedIn>("POST", "/invitations/accept", body),
  logIn: (body: school.LogIn) => call<school.LoggedIn>("POST", "/login", body),
  exchange: (token: string) => call<school.LoggedIn>("POST", "/links/exchange", { token }),
};

/** Calls of somebody who is logged in; `loggedOut` runs when the server no longer knows them. */
export class SchoolApi {
  constructor(
    private readonly token: string,
    private readonly loggedOut: () => void,
  ) {}

  me = () => this.call<school.Me>("GET", "/me");
  renew = () => this.call<school.LoggedIn>("POST", "/login/renew");
  logOut = () => this.call<void>("DELETE", "/login");
  changePassword = (body: school.ChangePassword) =>
    this.call<school.LoggedIn>("POST", "/password", body);

  people = (kind: school.PersonKind | "", search: string, cursor: string | null) =>
    this.call<school.People>("GET", `/people${query({ kind, search, cursor })}`);
  changePerson = (id: school.PersonNumber, body: school.ChangePerson) =>
    this.call<school.Person>("PATCH", `/people/${id}`, body);
  invite = (body: school.NewInvitation) =>
    this.call<school.Invitation>("POST", "/invitations", body);
  inviteAgain = (id: school.PersonNumber) =>
    this.call<school.Invitation>("POST", `/people/${id}/invitation`);

  classes = (archived: boolean, cursor: string | null) =>
    this.call<school.Classes>("GET", `/classes${query({ archived: `${archived}`, cursor })}`);
  class = (id: school.ClassNumber) => this.call<school.Class>("GET", `/classes/${id}`);
  newClass = (body: school.NewClass) => this.call<school.Class>("POST", "/classes", body);
  changeClass = (id: school.ClassNumber, body: school.ChangeClass) =>
    this.call<school.Class>("PATCH", `/classes/${id}`, body);
  setStaff = (id: school.ClassNumber, person: school.PersonNumber, role: school.StaffRole) =>
    this.call<void>("PUT", `/classes/${id}/staff/${person}`, { role });
  removeStaff = (id: school.ClassNumber, person: school.PersonNumber) =>
    this.call<void>("DELETE", `/classes/${id}/staff/${person}`);

  roster = (id: school.ClassNumber) => this.call<school.Roster>("GET", `/classes/${id}/roster`);
  pasteRoster = (id: school.ClassNumber, body: school.PasteRoster) =>
    this.call<school.RosterChange>("POST", `/classes/${id}/roster`, body);
  removeStudent = (id: school.ClassNumber, person: school.PersonNumber) =>
    this.call<void>("DELETE", `/classes/${id}/roster/${person}`);
  makeLinks = (id: school.ClassNumber, body: school.MakeLinks) =>
    this.call<school.LinkSheet>("POST", `/classes/${id}/links`, body);

  startLesson = (id: school.ClassNumber) =>
    this.call<CreatedLesson>("POST", `/classes/${id}/lessons`, {});
  lessons = (id: school.ClassNumber, cursor: string | null) =>
    this.call<school.ClassLessons>("GET", `/classes/${id}/lessons${query({ cursor })}`);
  roll = (code: LessonCode) => this.call<school.LessonRoll>("GET", `/lessons/${code}/roll`);
  history = (id: school.ClassNumber, person: school.PersonNumber, cursor: string | null) =>
    this.call<school.StudentHistory>(
      "GET",
      `/classes/${id}/students/${person}/rolls${query({ cursor })}`,
    );

  settings = () => this.call<school.SchoolSettings>("GET", "/settings");
  putSettings = (body: school.SchoolSettings) =>
    this.call<school.SchoolSettings>("PUT", "/settings", body);
  apiTokens = () => this.call<school.ApiTokens>("GET", "/api-tokens");
  newApiToken = (body: school.NewApiToken) =>
    this.call<school.CreatedApiToken>("POST", "/api-tokens", body);
  endApiToken = (id: number) => this.call<void>("DELETE", `/api-tokens/${id}`);
  audit = (cursor: string | null) =>
    this.call<school.AuditPage>("GET", `/audit${query({ cursor })}`);
  verifyAudit = () => this.call<school.AuditVerification>("GET", "/audit/verification");

  private async call<T>(method: Method, path: string, body?: object): Promise<Reply<T>> {
    const reply = await call<T>(method, path, body, this.token);
    if (!reply.ok && reply.why.code === "not_logged_in") this.loggedOut();
    return reply;
  }
}

function query(values: Record<string, string | null>): string {
  const given = Object.entries(values).filter(([, value]) => value !== null && value !== "");
  return given.length === 0 ? "" : `?${new URLSearchParams(given as [string, string][])}`;
}

function call<T>(method: Method, path: string, body?: object, token: string | null = null) {
  return send<T>(method, `/api/v1${path}`, body, token, async (got) => {
    const text = await got.text();
    return (text === "" ? undefined : JSON.parse(text)) as T;
  });
}

async function send<T>(
  method: Method,
  url: string,
  body: object | undefined,
  token: string | null,
  read: (got: Response) => Promise<T>,
): Promise<Reply<T>> {
  const headers: Record<string, string> = {};
  if (token !== null) headers.Authorization = `Bearer ${token}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  try {
    const got = await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (got.ok) return { ok: true, value: await read(got) };
    return { ok: false, why: await refusalOf(got) };
  } catch {
    return { ok: false, why: { code: "unreachable", lines: [] } };
  }
}

/** A proxy before the server has no problem's body to show. */
async function refusalOf(got: Response): Promise<Refusal> {
  try {
    const problem = (await got.json()) as school.Problem;
    if (typeof problem.code === "string") return { code: problem.code, lines: problem.lines ?? [] };
  } catch {
    // Judged by its status below.
  }
  return { code: got.status === 429 ? "too_fast" : "unavailable", lines: [] };
}
