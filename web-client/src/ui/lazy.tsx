/**
 * Parts of the page that most visits never need: fetched when they are first shown.
 *
 * Invariant: what cannot be fetched says so and can be tried again; the lesson goes on without it.
 */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n";

export function lazy<P extends object>(
  load: () => Promise<{ default: ComponentType<P> }>,
): (props: P) => preact.JSX.Element {
  let loaded: ComponentType<P> | null = null;
  return function Lazy(props: P) {
    const [Shown, show] = useState<ComponentType<P> | null>(() => loaded);
    const [failed, setFailed] = useState(false);
    const fetchIt = () => {
      setFailed(false);
      load().then(
        (module) => {
          loaded = module.default;
          show(() => module.default);
        },
        () => setFailed(true),
      );
    };
    useEffect(() => {
      if (Shown === null) fetchIt();
    }, []);
    if (Shown !== null) return <Shown {...props} />;
    if (!failed) return <p role="status">{t.value.loading}</p>;
    return (
      <button type="button" class="button" onClick={fetchIt}>
        {t.value.tryAgain}
      </button>
    );
  };
}
