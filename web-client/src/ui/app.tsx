/**
 * The page as a whole: which screen is shown for which address.
 *
 * Invariant: a lesson's visit ends when its address is left.
 */
import { Landing } from "./landing";
import { lazy } from "./lazy";
import { LessonPage } from "./lesson-page";
import { Missing } from "./message-page";
import { place } from "./navigation";

const SchoolPages = lazy<{ path: string }>(() => import("./school/school-pages"));
const StudentPage = lazy<object>(() => import("./school/student-page"));

export function App() {
  const here = place.value;
  switch (here.at) {
    case "start":
      return <Landing />;
    case "lesson":
      return <LessonPage key={here.code} code={here.code} />;
    case "school":
      return <SchoolPages path={here.path} />;
    case "me":
      return <StudentPage />;
    case "nowhere":
      return <Missing />;
    default:
      return here satisfies never;
  }
}
