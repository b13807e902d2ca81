/**
 * The first screen: a teacher starts a lesson, a student types a code.
 *
 * Invariant: a failed try keeps everything that was typed. What the school does not allow is not
 * offered.
 */
import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../api";
import { createLesson, lessonInfo, schoolInfo } from "../api";
import { t } from "../i18n";
import { parseLessonCode } from "../lesson-code";
import { MAX_LESSON_NAME_CHARS, MAX_NAME_CHARS } from "../protocol";
import type { SchoolInfo } from "../school-protocol";
import * as storage from "../storage";
import { Field } from "./field";
import { follow, goToLesson } from "./navigation";
import { Page } from "./page";

/** An error is kept as a key, so that it follows a change of language. */
type ErrorKey = "nameNeeded" | "lessonNameNeeded" | "unreachable" | "tooFast" | "refused";
type CodeErrorKey = "codeWrong" | "lessonMissing" | "unreachable" | "tooFast" | "refused";

export function Landing() {
  const [school, setSchool] = useState<SchoolInfo | null>(null);
  useEffect(() => {
    document.title = "Homeroom";
    void schoolInfo().then((answer) => {
      if (answer.ok) setSchool(answer.value);
    });
  }, []);
  return (
    <Page>
      <div class="intro">
        {school !== null && school.name !== "" && <p class="overline">{school.name}</p>}
        <h1>{t.value.tagline}</h1>
      </div>
      {school?.adhoc_lessons !== false && <StartForm />}
      <CodeForm />
      <p class="quiet-links">
        {storage.studentLogins().length > 0 && (
          <a href="/me" onClick={(event) => follow(event, "/me")}>
            {t.value.myClasses}
          </a>
        )}
        <a href="/school" onClick={(event) => follow(event, "/school")}>
          {t.value.school}
        </a>
      </p>
    </Page>
  );
}

function StartForm() {
  const [lesson, setLesson] = useState("");
  const [name, setName] = useState(storage.personName());
  const [error, setError] = useState<ErrorKey | null>(null);
  const [busy, setBusy] = useState(false);
  const say = (key: ErrorKey) => (error === key ? t.value[key] : null);

  async function start(event: Event): Promise<void> {
    event.preventDefault();
    if (lesson.trim() === "") return setError("lessonNameNeeded");
    if (name.trim() === "") return setError("nameNeeded");
    setBusy(true);
    storage.rememberPersonName(name.trim());
    const answer = await createLesson(lesson.trim());
    setBusy(false);
    if (!answer.ok) return setError(errorOf(answer));
    storage.rememberTeacherToken(answer.value.code, answer.value.teacher_token);
    goToLesson(answer.value.code);
  }

  return (
    <form class="card" onSubmit={start} noValidate aria-labelledby="start-title">
      <h2 id="start-title">{t.value.startLesson}</h2>
      <p class="hint">{t.value.startLessonHint}</p>
      <Field
        label={t.value.lessonName}
        value={lesson}
        onInput={setLesson}
        placeholder={t.value.lessonNameExample}
        maxLength={MAX_LESSON_NAME_CHARS}
        autoComplete="off"
        error={say("lessonNameNeeded")}
      />
      <Field
        label={t.value.yourName}
        value={name}
        onInput={setName}
        maxLength={MAX_NAME_CHARS}
        autoComplete="name"
        spellcheck={false}
        error={say("nameNeeded")}
      />
      <GeneralError error={error} />
      <button type="submit" class="button primary" disabled={busy}>
        {t.value.startLesson}
      </button>
    </form>
  );
}

function CodeForm() {
  const [text, setText] = useState("");
  const [error, setError] = useState<CodeErrorKey | null>(null);
  const [busy, setBusy] = useState(false);

  async function join(event: Event): Promise<void> {
    event.preventDefault();
    const code = parseLessonCode(text);
    if (code === null) return setError("codeWrong");
    setBusy(true);
    const answer = await lessonInfo(code);
    setBusy(false);
    if (answer.ok) goToLesson(code);
    else setError(answer.why === "not_found" ? "lessonMissing" : errorOf(answer));
  }

  return (
    <form class="card" onSubmit={join} noValidate>
      <Field
        label={t.value.haveCode}
        value={text}
        onInput={setText}
        placeholder="k7m-3xh-rp2"
        autoComplete="off"
        spellcheck={false}
        error={error === null ? null : t.value[error]}
      />
      <button type="submit" class="button" disabled={busy}>
        {t.value.join}
      </button>
    </form>
  );
}

function GeneralError({ error }: { error: ErrorKey | null }) {
  if (error === null || error === "nameNeeded" || error === "lessonNameNeeded") return null;
  return (
    <p class="field-error" role="alert">
      {t.value[error]}
    </p>
  );
}

function errorOf(answer: Answer<unknown> & { ok: false }): "unreachable" | "tooFast" | "refused" {
  if (answer.why === "too_fast") return "tooFast";
  return answer.why === "unreachable" ? "unreachable" : "refused";
}
