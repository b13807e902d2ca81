/**
 * Lists that the server gives in pages: the next page is added below.
 *
 * Invariant: a list that has begun again takes no more of what it was.
 */
import { useState } from "preact/hooks";
import type { Reply } from "../../school-api";
import type { Loaded } from "./load";
import { useLoad } from "./load";

interface Page<T> {
  readonly entries: readonly T[];
  readonly next: string | null;
}

export interface List<T> extends Loaded<Page<T>> {
  /** `null` when all of it is shown. */
  readonly more: (() => Promise<void>) | null;
}

export function useList<T>(
  load: (cursor: string | null) => Promise<Reply<Page<T>>>,
  question: readonly unknown[],
): List<T> {
  const first = useLoad(() => load(null), question);
  const [busy, setBusy] = useState(false);
  const { value } = first;
  if (value === null || value.next === null) return { ...first, more: null };
  const more = async () => {
    if (busy) return;
    setBusy(true);
    const reply = await load(value.next);
    setBusy(false);
    if (!reply.ok) return;
    first.set({ entries: [...value.entries, ...reply.value.entries], next: reply.value.next });
  };
  return { ...first, more };
}

/** A page of the server's, whatever it calls its entries. */
export function paged<K extends string, T>(
  reply: Reply<{ readonly [name in K]: readonly T[] } & { readonly next: string | null }>,
  name: K,
): Reply<Page<T>> {
  if (!reply.ok) return reply;
  return { ok: true, value: { entries: reply.value[name], next: reply.value.next } };
}
