/**
 * The frame of whoever is logged in: where they may go, and what stands there.
 *
 * Invariant: what is offered follows what somebody is; what they may, the server decides.
 */
import { useEffect, useRef } from "preact/hooks";
import { words } from "../../i18n/school";
import type { PersonKind } from "../../school-protocol";
import { MessagePage } from "../message-page";
import { Page } from "../page";
import { Account } from "./account";
import { Audit } from "./audit";
import { ClassPage } from "./class-page";
import { Classes } from "./classes";
import { Links } from "./links";
import { Go } from "./parts";
import { People } from "./people";
import { RollPage } from "./roll-page";
import type { OfficePage } from "./routes";
import { HOME, officePage, officePath } from "./routes";
import { Settings } from "./settings";
import type { Staff } from "./staff";
import { Student } from "./student";
import { Tools } from "./tools";

export function Office({ staff, path }: { staff: Staff; path: string }) {
  const page = officePage(path);
  if (page.at === "nowhere") {
    return <MessagePage title={words.value.nothingHere} text={words.value.nothingHereHint} />;
  }
  return (
    <Page wide nav={<Nav kind={staff.me.kind} at={page.at} />}>
      <Shown key={path} staff={staff} page={page} />
    </Page>
  );
}

function Nav({ kind, at }: { kind: PersonKind; at: OfficePage["at"] }) {
  const text = words.value;
  const inClass = ["class", "links", "student", "roll"].includes(at);
  const nav = useRef<HTMLElement>(null);
  // On a phone the sections are wider than the screen.
  useEffect(() => {
    nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, [at]);
  const whole = kind === "admin" ? (["people", "settings", "tools", "audit"] as const) : [];
  return (
    <nav class="school-nav" ref={nav} aria-label={text.sections}>
      <Go to={HOME} current={at === "classes" || inClass}>
        {text.nav.classes}
      </Go>
      {whole.map((section) => (
        <Go key={section} to={officePath(section)} current={at === section}>
          {text.nav[section]}
        </Go>
      ))}
      <Go to={officePath("account")} current={at === "account"}>
        {text.nav.account}
      </Go>
    </nav>
  );
}

function Shown({ staff, page }: { staff: Staff; page: OfficePage }) {
  switch (page.at) {
    case "classes":
      return <Classes staff={staff} />;
    case "people":
      return <People staff={staff} />;
    case "settings":
      return <Settings staff={staff} />;
    case "tools":
      return <Tools staff={staff} />;
    case "audit":
      return <Audit staff={staff} />;
    case "account":
      return <Account staff={staff} />;
    case "class":
      return <ClassPage staff={staff} id={page.id} tab={page.tab} />;
    case "links":
      return <Links staff={staff} id={page.id} />;
    case "student":
      return <Student staff={staff} id={page.id} person={page.person} />;
    case "roll":
      return <RollPage staff={staff} id={page.id} code={page.code} />;
    case "nowhere":
      return null;
    default:
      return page satisfies never;
  }
}
