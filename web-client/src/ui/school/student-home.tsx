/**
 * A student's classes: the lesson that runs, and what the roll says about them.
 *
 * Invariant: the name is the school's and cannot be changed here; a lesson appears without a reload.
 */
import { useEffect, useMemo, useState } from "preact/hooks";
import { words } from "../../i18n/school";
import { SchoolApi } from "../../school-api";
import type { MyClass, PersonNumber } from "../../school-protocol";
import type { KeptLogin } from "../../storage";
import { goToLesson } from "../navigation";
import { classTitle } from "./classes";
import { Confirm } from "./confirm";
import { History } from "./history";
import { useLoad, WhenLoaded } from "./load";
import { Title } from "./parts";

/** A class of 30 that waits asks the server for next to nothing. */
const LOOK_AGAIN_MS = 10_000;

interface StudentHomeProps {
  readonly login: KeptLogin;
  readonly others: readonly KeptLogin[];
  readonly choose: (login: KeptLogin) => void;
  readonly forget: () => void;
}

export function StudentHome({ login, others, choose, forget }: StudentHomeProps) {
  const api = useMemo(() => new SchoolApi(login.token, forget), [login.token]);
  const me = useLoad(() => api.me(), [api]);
  const { again } = me;
  useEffect(() => {
    const look = () => {
      if (document.visibilityState === "visible") void again();
    };
    const timer = setInterval(look, LOOK_AGAIN_MS);
    document.addEventListener("visibilitychange", look);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", look);
    };
  }, [again]);
  const text = words.value;

  async function leave(): Promise<void> {
    await api.logOut();
    forget();
  }

  return (
    <>
      <WhenLoaded loaded={me}>
        {({ name, person, school, classes }) => (
          <>
            <Title over={school} text={name} />
            {classes.length === 0 && <p class="hint">{text.noClasses}</p>}
            {[...classes].sort(lessonsFirst).map((one) => (
              <OneClass key={one.id} about={one} api={api} person={person} />
            ))}
          </>
        )}
      </WhenLoaded>
      <section class="card quiet" aria-label={text.notYou}>
        <h2>{text.notYou}</h2>
        <div class="row">
          {others.map((other) => (
            <button key={other.token} type="button" class="button" onClick={() => choose(other)}>
              {other.name}
            </button>
          ))}
          <Confirm name={text.forgetMe} question={text.forgetMeQuestion} run={() => void leave()} />
        </div>
      </section>
    </>
  );
}

interface OneClassProps {
  readonly about: MyClass;
  readonly api: SchoolApi;
  readonly person: PersonNumber;
}

function OneClass({ about, api, person }: OneClassProps) {
  const [open, setOpen] = useState(false);
  const text = words.value;
  const [lesson] = about.lessons;
  return (
    <section class="card" aria-label={classTitle(about)}>
      <h2>{classTitle(about)}</h2>
      {lesson === undefined ? (
        <p class="hint">{text.noLessonNow}</p>
      ) : (
        <button type="button" class="button primary large" onClick={() => goToLesson(lesson.code)}>
          {text.joinLesson}
        </button>
      )}
      <details class="own-history" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{text.myAttendance}</summary>
        {open && <History api={api} id={about.id} person={person} />}
      </details>
    </section>
  );
}

function lessonsFirst(one: MyClass, other: MyClass): number {
  return other.lessons.length - one.lessons.length;
}
