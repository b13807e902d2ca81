/**
 * What a class is called, in every form that asks for it.
 *
 * Invariant: only the name is needed.
 */
import { words } from "../../i18n/school";
import { MAX_CLASS_NAME_CHARS } from "../../school-protocol";
import { Field } from "../field";

interface ClassFieldsProps {
  readonly name: string;
  readonly setName: (name: string) => void;
  readonly subject: string;
  readonly setSubject: (subject: string) => void;
  readonly error: string | null;
}

export function ClassFields({ name, setName, subject, setSubject, error }: ClassFieldsProps) {
  const text = words.value;
  return (
    <div class="pair">
      <Field
        label={text.className}
        value={name}
        onInput={setName}
        placeholder={text.classNameExample}
        maxLength={MAX_CLASS_NAME_CHARS}
        autoComplete="off"
        spellcheck={false}
        error={error}
      />
      <Field
        label={text.subject}
        value={subject}
        onInput={setSubject}
        placeholder={text.subjectExample}
        maxLength={MAX_CLASS_NAME_CHARS}
        autoComplete="off"
      />
    </div>
  );
}
