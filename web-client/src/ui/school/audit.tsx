/**
 * What was done in the office, by whom, and the proof that nobody has changed the record.
 *
 * Invariant: shown as it was written; people stand in it as numbers.
 */

import { useState } from "preact/hooks";
import { t, timeOf } from "../../i18n";
import { words } from "../../i18n/school";
import type { AuditLine, AuditVerification } from "../../school-protocol";
import { paged, useList } from "./list";
import { Refused, WhenLoaded } from "./load";
import { More } from "./more";
import { Title } from "./parts";
import { useSend } from "./send";
import type { Staff } from "./staff";

export function Audit({ staff }: { staff: Staff }) {
  const { api } = staff;
  const list = useList(async (cursor) => paged(await api.audit(cursor), "lines"), [api]);
  const { busy, why, send } = useSend();
  const [verified, setVerified] = useState<AuditVerification | null>(null);
  const text = words.value;
  async function verify(): Promise<void> {
    const done = await send(() => api.verifyAudit());
    setVerified(done?.value ?? null);
  }
  return (
    <>
      <Title over={staff.me.school} text={text.nav.audit} />
      <section class="card">
        <p class="hint first">{text.auditHint}</p>
        <div class="row">
          <button type="button" class="button" disabled={busy} onClick={verify}>
            {text.verify}
          </button>
          {verified !== null && (
            <p role="status" class={verified.first_broken === null ? "well" : "field-error"}>
              {verified.first_broken === null
                ? text.allWell(verified.lines)
                : text.brokenAt(verified.first_broken)}
            </p>
          )}
        </div>
        <Refused why={why} />
      </section>
      <WhenLoaded loaded={list}>
        {({ entries }) => (
          <section class="card scroll-x" aria-label={text.nav.audit}>
            <Lines lines={entries} />
          </section>
        )}
      </WhenLoaded>
      <More list={list} />
    </>
  );
}

function Lines({ lines }: { lines: readonly AuditLine[] }) {
  const text = words.value;
  return (
    <table class="audit">
      <thead>
        <tr>
          <th scope="col">№</th>
          <th scope="col">{text.when}</th>
          <th scope="col">{text.who}</th>
          <th scope="col">{text.what}</th>
          <th scope="col">{text.toWhat}</th>
          <th scope="col">{text.detail}</th>
        </tr>
      </thead>
      <tbody>
        {lines.map(({ number, at_ms, actor, action, subject, detail }) => (
          <tr key={number}>
            <td>{number}</td>
            <td>{`${t.value.date(new Date(at_ms))}, ${timeOf(at_ms)}`}</td>
            <td>{actor}</td>
            <td>{action}</td>
            <td>{subject}</td>
            <td>{detail}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
