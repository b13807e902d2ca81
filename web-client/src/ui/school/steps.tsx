/**
 * How far a new school has got: four steps to a class that can come to its first lesson.
 *
 * Invariant: done, next and later differ by words and shape, not by colour alone.
 */
import { words } from "../../i18n/school";
import { Icon } from "../icons";

export const STEPS = ["account", "class", "students", "links"] as const;
export type Step = (typeof STEPS)[number];

export function Steps({ done, now }: { done: readonly Step[]; now: Step }) {
  const text = words.value;
  return (
    <ol class="steps" aria-label={text.steps}>
      {STEPS.map((step, index) => {
        const isDone = done.includes(step);
        return (
          <li
            key={step}
            class={isDone ? "done" : undefined}
            aria-current={step === now ? "step" : undefined}
          >
            <span class="step-mark" aria-hidden="true">
              {isDone ? <Icon name="check" /> : index + 1}
            </span>
            <span>
              {text.step[step]}
              {isDone && <span class="visually-hidden"> ({text.isDone})</span>}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
