/**
 * One thing a form sends: while it is on its way, and why it was refused.
 *
 * Invariant: nothing is sent twice by an impatient second press.
 */
import { useRef, useState } from "preact/hooks";
import type { Refusal, Reply } from "../../school-api";

export interface Sending {
  readonly busy: boolean;
  readonly why: Refusal | null;
  /** What came back; `null` when it was refused, or is on its way already. */
  readonly send: <T>(what: () => Promise<Reply<T>>) => Promise<{ readonly value: T } | null>;
  readonly clear: () => void;
  /** A refusal that came by another way. */
  readonly show: (why: Refusal | null) => void;
}

export function useSend(): Sending {
  const [busy, setBusy] = useState(false);
  const [why, setWhy] = useState<Refusal | null>(null);
  const running = useRef(false);
  async function send<T>(what: () => Promise<Reply<T>>): Promise<{ readonly value: T } | null> {
    if (running.current) return null;
    running.current = true;
    setBusy(true);
    const reply = await what();
    running.current = false;
    setBusy(false);
    setWhy(reply.ok ? null : reply.why);
    return reply.ok ? { value: reply.value } : null;
  }
  return { busy, why, send, clear: () => setWhy(null), show: setWhy };
}
