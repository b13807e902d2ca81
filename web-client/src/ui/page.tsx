/**
 * The frame of every screen outside the lesson: the name, the language, one card.
 *
 * Invariant: each screen has exactly one `main` and one first heading.
 */
import type { ComponentChildren } from "preact";
import { LanguageSwitch } from "./language-switch";
import { follow } from "./navigation";

interface PageProps {
  readonly children: ComponentChildren;
  readonly wide?: boolean;
  /** Between the head and `main`. */
  readonly nav?: ComponentChildren;
}

export function Page({ children, wide = false, nav }: PageProps) {
  return (
    <div class="page">
      <header class="page-head">
        <a class="brand" href="/" onClick={(event) => follow(event, "/")}>
          <img src="/favicon.svg" alt="" width="28" height="28" />
          Homeroom
        </a>
        <LanguageSwitch />
      </header>
      {nav}
      <main class={wide ? "page-main wide" : "page-main"}>{children}</main>
    </div>
  );
}
