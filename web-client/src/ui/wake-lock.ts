/**
 * Keeps the screen on during a lesson.
 *
 * Invariant: a browser without wake locks, or on a low battery, changes nothing else.
 */
import { useEffect } from "preact/hooks";

export function useWakeLock(): void {
  useEffect(() => {
    let lock: WakeLockSentinel | null = null;
    let over = false;
    // The browser drops the lock when the page is hidden, so it is asked for at each return.
    const acquire = async () => {
      if (document.visibilityState !== "visible") return;
      try {
        lock = (await navigator.wakeLock?.request("screen")) ?? null;
        if (over) await lock?.release();
      } catch {
        lock = null;
      }
    };
    void acquire();
    document.addEventListener("visibilitychange", acquire);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", acquire);
      void lock?.release();
    };
  }, []);
}
