/**
 * The secret that a link brings behind `#`.
 *
 * Invariant: once used or refused it leaves the address, for bookmarks and whoever sits here next.
 */
import { useEffect, useState } from "preact/hooks";
import { goSilently } from "../navigation";

export interface Secret {
  readonly hash: string;
  /** Takes it out of the address. */
  readonly used: () => void;
}

export function useSecret(): Secret {
  const [hash, setHash] = useState(window.location.hash);
  useEffect(() => {
    // Another link pasted into the same tab changes nothing but this.
    const changed = () => setHash(window.location.hash);
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  const used = () => {
    goSilently(window.location.pathname);
    setHash("");
  };
  return { hash, used };
}
