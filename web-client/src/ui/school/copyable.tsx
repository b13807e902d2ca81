/**
 * A secret of the school's to hand over, shown once.
 *
 * Invariant: as of the text itself: what was copied says so.
 */
import { words } from "../../i18n/school";
import { Copyable as Field } from "../copyable";

export function Copyable({ label, text }: { label: string; text: string }) {
  return <Field label={label} text={text} copy={words.value.copy} quiet />;
}
