/**
 * What a page has to fetch before it can show it.
 *
 * Invariant: an answer that comes after its question has changed is dropped; what cannot be fetched
 * says so and can be tried again.
 */
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n";
import { words } from "../../i18n/school";
import type { Refusal, Reply } from "../../school-api";

export interface Loaded<T> {
  /** Stays shown while it is fetched anew. */
  readonly value: T | null;
  readonly why: Refusal | null;
  readonly again: () => Promise<void>;
  readonly set: (value: T) => void;
}

export function useLoad<T>(load: () => Promise<Reply<T>>, question: readonly unknown[]): Loaded<T> {
  const [value, setValue] = useState<T | null>(null);
  const [why, setWhy] = useState<Refusal | null>(null);
  const asked = useRef(0);
  const again = useCallback(async () => {
    asked.current += 1;
    const mine = asked.current;
    const reply = await load();
    if (asked.current !== mine) return;
    setWhy(reply.ok ? null : reply.why);
    if (reply.ok) setValue(reply.value);
  }, question);
  useEffect(() => {
    setValue(null);
    void again();
    return () => {
      asked.current += 1;
    };
  }, [again]);
  return { value, why, again, set: setValue };
}

interface WhenLoadedProps<T> {
  readonly loaded: Loaded<T>;
  readonly children: (value: T) => ComponentChildren;
}

export function WhenLoaded<T>({ loaded, children }: WhenLoadedProps<T>) {
  const { value, why, again } = loaded;
  return (
    <>
      {why !== null && (
        <div class="row">
          <Refused why={why} />
          <button type="button" class="button" onClick={() => void again()}>
            {t.value.tryAgain}
          </button>
        </div>
      )}
      {value === null && why === null && (
        <p class="loading" role="status">
          {t.value.loading}
        </p>
      )}
      {value !== null && children(value)}
    </>
  );
}

/** Why something was not done, where no field is to blame. */
export function Refused({ why }: { why: Refusal | null }) {
  if (why === null) return null;
  return (
    <p class="field-error" role="alert">
      {words.value.problem[why.code]}
    </p>
  );
}
