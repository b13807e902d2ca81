/**
 * Keys that hands know: M, V, hold Space to talk, Esc.
 *
 * Invariant: chosen by the key's place (`event.code`), so they work on Latin, Russian and Kazakh
 * layouts; a talk key never leaves the microphone open.
 */
import { useEffect } from "preact/hooks";
import type { Session } from "../session";

export type KeyAction = "microphone" | "camera" | "talk" | "close";

interface Key {
  readonly code: string;
  readonly repeat: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** What a key means while `focus` is the tag of the focused element. */
export function keyAction(key: Key, focus: string): KeyAction | null {
  if (key.code === "Escape") return "close";
  const typing = ["INPUT", "TEXTAREA", "SELECT"].includes(focus);
  if (typing || key.repeat || key.ctrlKey || key.altKey || key.metaKey) return null;
  switch (key.code) {
    case "KeyM":
      return "microphone";
    case "KeyV":
      return "camera";
    case "Space":
      // On a focused button Space is that button's.
      return focus === "BUTTON" || focus === "A" ? null : "talk";
    default:
      return null;
  }
}

export function useKeys(session: Session, close: () => void): void {
  useEffect(() => {
    let talking = false;

    function down(event: KeyboardEvent): void {
      const action = keyAction(event, document.activeElement?.tagName ?? "");
      if (action === null) return;
      if (action !== "close") event.preventDefault();
      perform(action);
    }

    function perform(action: KeyAction): void {
      const { microphone, camera } = session.room.value.mine;
      switch (action) {
        case "microphone":
          return void session.turn("microphone", !microphone);
        case "camera":
          return void session.turn("camera", !camera);
        case "talk":
          return void (microphone || talk());
        case "close":
          return close();
        default:
          return action satisfies never;
      }
    }

    async function talk(): Promise<void> {
      talking = true;
      await session.turn("microphone", true);
      // Released while the browser was still asking for permission.
      if (!talking) await session.turn("microphone", false);
    }

    function release(): void {
      if (!talking) return;
      talking = false;
      void session.turn("microphone", false);
    }

    const up = (event: KeyboardEvent) => event.code === "Space" && release();
    window.addEventListener("keydown", down);
    window.addEventListener("keyup", up);
    // A key let go in another window is never reported here.
    window.addEventListener("blur", release);
    return () => {
      window.removeEventListener("keydown", down);
      window.removeEventListener("keyup", up);
      window.removeEventListener("blur", release);
    };
  }, [session, close]);
}
