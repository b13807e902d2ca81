/**
 * The member of staff who is logged in on this device.
 *
 * Invariant: when the server no longer knows them, the page asks for a login and keeps its address.
 */
import { signal } from "@preact/signals";
import { adoptLanguage } from "../../i18n";
import { SchoolApi } from "../../school-api";
import type { LoggedIn, Me } from "../../school-protocol";
import * as storage from "../../storage";

export interface Staff {
  readonly api: SchoolApi;
  readonly me: Me;
}

export type StaffState =
  | { readonly at: "looking" }
  | { readonly at: "out" }
  | { readonly at: "unreachable" }
  | { readonly at: "in"; readonly token: string; readonly staff: Staff };

export const staff = signal<StaffState>({ at: "looking" });

/** A login with less left than this is renewed: nobody is thrown out in the middle of a day. */
const RENEW_BELOW_MS = 6 * 60 * 60 * 1000;

export async function findStaff(): Promise<void> {
  const kept = storage.staffLogin();
  if (kept === null) {
    staff.value = { at: "out" };
    return;
  }
  if (staff.value.at !== "in") staff.value = { at: "looking" };
  const now = staff.value;
  // The same calls as before: pages that are open must not think that somebody else came.
  const same = now.at === "in" && now.token === kept.token;
  const api = same ? now.staff.api : apiOf(kept.token);
  const me = await api.me();
  if (me.ok) show(kept.token, api, me.value);
  else if (me.why.code !== "not_logged_in") staff.value = { at: "unreachable" };
  if (!me.ok || kept.expiresMs - Date.now() > RENEW_BELOW_MS) return;
  const renewed = await api.renew();
  if (renewed.ok) letIn(renewed.value);
}

export function letIn({ token, expires_ms, me }: LoggedIn): void {
  storage.keepStaffLogin({ token, name: me.name, expiresMs: expires_ms });
  show(token, apiOf(token), me);
}

/** Here, whatever the server answers. */
export async function logOut(api: SchoolApi): Promise<void> {
  await api.logOut();
  storage.keepStaffLogin(null);
  staff.value = { at: "out" };
}

function apiOf(token: string): SchoolApi {
  return new SchoolApi(token, () => ended(token));
}

function show(token: string, api: SchoolApi, me: Me): void {
  adoptLanguage(me.language);
  staff.value = { at: "in", token, staff: { api, me } };
}

function ended(token: string): void {
  const kept = storage.staffLogin();
  // Another tab has renewed the login: its successor is kept, and opens what this one did.
  if (kept !== null && kept.token !== token) return void findStaff();
  storage.keepStaffLogin(null);
  staff.value = { at: "out" };
}
