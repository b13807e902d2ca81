/**
 * The way to the sheet of personal links.
 *
 * Invariant: where nobody has a link yet there is nothing to choose: the links are made at once.
 */

import { signal } from "@preact/signals";
import { words } from "../../i18n/school";
import type { ClassNumber, LinkSheet, RosterStudent } from "../../school-protocol";
import { go } from "../navigation";
import { Refused } from "./load";
import { linksPath } from "./routes";
import { useSend } from "./send";
import type { Staff } from "./staff";

/** Links are shown once: until the page is reloaded, or another class's sheet takes their place. */
export const sheet = signal<LinkSheet | null>(null);

interface PrintLinksProps {
  readonly staff: Staff;
  readonly id: ClassNumber;
  readonly students: readonly RosterStudent[];
}

export function PrintLinks({ staff, id, students }: PrintLinksProps) {
  const { busy, why, send } = useSend();
  const nothingToChoose = students.every(({ link }) => link === "none");
  async function open(): Promise<void> {
    // Still here: going back to the class for a look must not cost the links.
    if (nothingToChoose && sheet.value?.class !== id) {
      const body = { only_without: true, end_devices: false };
      const made = await send(() => staff.api.makeLinks(id, body));
      if (made === null) return;
      sheet.value = made.value;
    }
    go(linksPath(id));
  }
  return (
    <>
      <button
        type="button"
        class={nothingToChoose ? "button primary" : "button"}
        disabled={busy}
        onClick={open}
      >
        {words.value.printLinks}
      </button>
      <Refused why={why} />
    </>
  );
}
