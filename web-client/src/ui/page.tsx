/**
 * The frame of every screen outside the lesson: the name, the language, one card.
 *
 * Invariant: each screen has exactly one `main` and one first heading.
 */
import type { ComponentChildren } from "preact";
import { LanguageSwitch } from "./language-switch";
import { goToStart } from "./navigation";

interface PageProps {
  readonly children: ComponentChildren;
  readonly wide?: boolean;
}

export function Page({ children, wide = false }: PageProps) {
  return (
    <div class="page">
      <header class="page-head">
        <a class="brand" href="/" onClick={toStart}>
          <img src="/favicon.svg" alt="" width="28" height="28" />
          Homeroom
        </a>
        <LanguageSwitch />
      </header>
      <main class={wide ? "page-main wide" : "page-main"}>{children}</main>
    </div>
  );
}

function toStart(event: MouseEvent): void {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  goToStart();
}
