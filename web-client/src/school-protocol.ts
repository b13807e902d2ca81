/**
 * Bodies of the school's HTTP calls, as `homeroom-protocol::school` defines them. Only the school's
 * own pages need them.
 *
 * Generated: do not edit. After a change in `crates/protocol` run
 * `UPDATE=1 cargo test -p homeroom-protocol --test typescript`.
 */
import type {
  LessonCode,
  RollLine,
  RollReport,
  RollRules,
} from "./protocol";

export const MIN_PASSWORD_CHARS = 10;
export const MAX_PASSWORD_CHARS = 200;
export const MIN_LOGIN_CHARS = 3;
export const MAX_LOGIN_CHARS = 64;
export const MAX_EXTERNAL_ID_CHARS = 64;
export const MAX_CLASS_NAME_CHARS = 64;
export const MAX_ROSTER_LINES = 1000;
export const MAX_PAGE = 200;
export const MIN_DEVICE_DAYS = 1;
export const MAX_DEVICE_DAYS = 400;
export const MIN_EVIDENCE_DAYS = 1;
export const MAX_EVIDENCE_DAYS = 3650;

/**
 * A person's number at this school, the same in every lesson; below 2^53.
 */
export type PersonNumber = number;

/**
 * A class's number; below 2^53.
 */
export type ClassNumber = number;

/**
 * What somebody is in a class, and so in its lessons.
 */
export type ClassRole = "teacher" | "assistant" | "student" | "observer";

/**
 * What a member of a class's staff is.
 */
export type StaffRole = "teacher" | "assistant" | "observer";

/**
 * A language of the pages.
 */
export type Language = "kk" | "ru" | "en";

/**
 * `POST /api/v1/invitations/look`: whose invitation is this? It stays good.
 */
export type LookAtInvitation = { 
/**
 * What the link holds after `#invite=`.
 */
token: string, };

/**
 * The answer to [`LookAtInvitation`].
 */
export type InvitationInfo = { 
/**
 * What the invited person will be.
 */
kind: PersonKind, 
/**
 * Their name, where whoever invited them wrote one.
 */
name: string, 
/**
 * Their login, where they have an account already and only need a new password.
 */
login: string | null, 
/**
 * The school's name; empty until somebody set it.
 */
school: string, 
/**
 * Of the pages, until the person chooses.
 */
language: Language, };

/**
 * `POST /api/v1/invitations/accept`: makes the account. The invitation is used up.
 */
export type AcceptInvitation = { 
/**
 * What the link holds after `#invite=`.
 */
token: string, 
/**
 * Name as everybody will see it.
 */
name: string, 
/**
 * What they will type to log in; letters, digits and `. _ - @`, any case.
 */
login: string, 
/**
 * At least `MIN_PASSWORD_CHARS` characters.
 */
password: string, };

/**
 * `POST /api/v1/login`.
 */
export type LogIn = { 
/**
 * As chosen, any case.
 */
login: string, 
/**
 * The password.
 */
password: string, };

/**
 * Somebody is in: the answer to [`LogIn`], [`AcceptInvitation`], [`ExchangeLink`],
 * [`ChangePassword`] and to `POST /api/v1/login/renew`.
 */
export type LoggedIn = { 
/**
 * Goes into `Authorization: Bearer …` of all further calls. The page keeps it.
 */
token: string, 
/**
 * When it stops to open anything.
 */
expires_ms: number, 
/**
 * Who they are.
 */
me: Me, };

/**
 * `POST /api/v1/password`: ends every other login of this person.
 */
export type ChangePassword = { 
/**
 * The password until now.
 */
old: string, 
/**
 * At least `MIN_PASSWORD_CHARS` characters.
 */
new: string, };

/**
 * `POST /api/v1/links/exchange`: a student's personal link for a token of this device. The link is
 * used up; a teacher makes a new one in two clicks.
 */
export type ExchangeLink = { 
/**
 * What the link holds after `#`.
 */
token: string, };

/**
 * `GET /api/v1/me`: who am I?
 */
export type Me = { 
/**
 * Number at this school.
 */
person: PersonNumber, 
/**
 * Name as the school has fixed it.
 */
name: string, 
/**
 * What they are at this school.
 */
kind: PersonKind, 
/**
 * What they log in with; `null` for whoever comes by a personal link.
 */
login: string | null, 
/**
 * The school's name; empty until somebody set it.
 */
school: string, 
/**
 * Of the pages, until the person chooses.
 */
language: Language, 
/**
 * Classes they teach, look on or attend, archived ones left out.
 */
classes: Array<MyClass>, };

/**
 * A class as one of its people sees it.
 */
export type MyClass = { 
/**
 * Its number.
 */
id: ClassNumber, 
/**
 * Its name.
 */
name: string, 
/**
 * What is taught; may be empty.
 */
subject: string, 
/**
 * What I am in it.
 */
role: ClassRole, 
/**
 * Lessons that have begun and not ended, the newest first.
 */
lessons: Array<RunningLesson>, };

/**
 * A lesson one may join now.
 */
export type RunningLesson = { 
/**
 * Its code.
 */
code: LessonCode, 
/**
 * Its name.
 */
name: string, 
/**
 * When it was opened.
 */
started_ms: number, };

/**
 * The answer to `POST /api/v1/lessons/{code}/ticket`: opens this person's seat in this lesson, once
 * and soon. It goes into `ticket` of the socket's `join`.
 */
export type JoinTicket = { 
/**
 * 128 random bits.
 */
ticket: string, 
/**
 * When it stops to open anything: two minutes from now.
 */
expires_ms: number, 
/**
 * The lesson's code.
 */
lesson: LessonCode, 
/**
 * The name the school has fixed.
 */
name: string, 
/**
 * What they will be in it.
 */
role: ClassRole, };

/**
 * What somebody is at this school.
 */
export type PersonKind = "admin" | "teacher" | "student" | "observer";

/**
 * How a student's personal link stands.
 */
export type LinkState = "none" | "unused" | "used";

/**
 * A person.
 */
export type Person = { 
/**
 * Number at this school.
 */
id: PersonNumber, 
/**
 * Name as the school has fixed it; of an invited person who has not come yet, may be empty.
 */
name: string, 
/**
 * What they are.
 */
kind: PersonKind, 
/**
 * What they log in with; `null` without a local account.
 */
login: string | null, 
/**
 * Their number in the school's own records.
 */
external_id: string | null, 
/**
 * When they were written down.
 */
created_ms: number, 
/**
 * Since when nothing opens for them.
 */
disabled_ms: number | null, 
/**
 * An invitation that waits for them is good until then.
 */
invited_until_ms: number | null, 
/**
 * Their personal link.
 */
link: LinkState, };

/**
 * `GET /api/v1/people?kind=&search=&cursor=&limit=`: a page of people, by name.
 */
export type People = { 
/**
 * The people.
 */
people: Array<Person>, 
/**
 * Cursor of the next page.
 */
next: string | null, };

/**
 * `POST /api/v1/people`: one more person. With `login` and `password` they can log in at once;
 * without, invite them or make a personal link.
 */
export type NewPerson = { 
/**
 * Name as everybody will see it.
 */
name: string, 
/**
 * What they are.
 */
kind: PersonKind, 
/**
 * What they will log in with; not for a student. Goes with `password`.
 */
login?: string, 
/**
 * At least `MIN_PASSWORD_CHARS` characters. Goes with `login`.
 */
password?: string, 
/**
 * Their number in the school's own records.
 */
external_id?: string, };

/**
 * `PATCH /api/v1/people/{id}`: what is left out stays.
 */
export type ChangePerson = { 
/**
 * The new name.
 */
name?: string, 
/**
 * The new number in the school's own records; an empty text takes it away.
 */
external_id?: string, 
/**
 * `true` ends every login, link and invitation of theirs; `false` lets them be given again.
 */
disabled?: boolean, };

/**
 * `POST /api/v1/invitations`: a new person, and the link to their account. A new link for somebody
 * who is there already is `POST /api/v1/people/{id}/invitation`, without a body.
 */
export type NewInvitation = { 
/**
 * What they will be; not a student.
 */
kind: PersonKind, 
/**
 * Their name; they may correct it. May be empty.
 */
name: string, };

/**
 * An invitation, shown once.
 */
export type Invitation = { 
/**
 * Whose.
 */
person: PersonNumber, 
/**
 * The link to give to them; good for one use.
 */
url: string, 
/**
 * The link as a QR code.
 */
qr: QrPath, 
/**
 * When it stops to open anything.
 */
expires_ms: number, };

/**
 * A class.
 */
export type Class = { 
/**
 * Its number.
 */
id: ClassNumber, 
/**
 * Its name.
 */
name: string, 
/**
 * What is taught; may be empty.
 */
subject: string, 
/**
 * Its number in the school's own records.
 */
external_id: string | null, 
/**
 * When it was made.
 */
created_ms: number, 
/**
 * Since when it is over.
 */
archived_ms: number | null, 
/**
 * Students on its roster.
 */
students: number, 
/**
 * Who teaches and looks on.
 */
staff: Array<StaffMember>, };

/**
 * Somebody of a class's staff.
 */
export type StaffMember = { 
/**
 * Who.
 */
person: PersonNumber, 
/**
 * Their name.
 */
name: string, 
/**
 * What they are in the class.
 */
role: StaffRole, };

/**
 * `GET /api/v1/classes?archived=&cursor=&limit=`: a page of the classes one may see, by name.
 */
export type Classes = { 
/**
 * The classes.
 */
classes: Array<Class>, 
/**
 * Cursor of the next page.
 */
next: string | null, };

/**
 * `POST /api/v1/classes`. A teacher who makes one is its teacher.
 */
export type NewClass = { 
/**
 * Its name.
 */
name: string, 
/**
 * What is taught; may be empty.
 */
subject: string, 
/**
 * Its number in the school's own records.
 */
external_id?: string, };

/**
 * `PATCH /api/v1/classes/{id}`: what is left out stays.
 */
export type ChangeClass = { 
/**
 * The new name.
 */
name?: string, 
/**
 * The new subject.
 */
subject?: string, 
/**
 * The new number in the school's own records; an empty text takes it away.
 */
external_id?: string, 
/**
 * Whether it is over.
 */
archived?: boolean, };

/**
 * `PUT /api/v1/classes/{id}/staff/{person}`; `DELETE` takes them off.
 */
export type SetStaff = { 
/**
 * What they are in the class from now on.
 */
role: StaffRole, };

/**
 * `GET /api/v1/classes/{id}/roster`.
 */
export type Roster = { 
/**
 * In the order of the list.
 */
students: Array<RosterStudent>, };

/**
 * A student on a roster.
 */
export type RosterStudent = { 
/**
 * Who.
 */
person: PersonNumber, 
/**
 * Place in the list, from 1.
 */
number: number, 
/**
 * The name the school has fixed.
 */
name: string, 
/**
 * Their number in the school's own records.
 */
external_id: string | null, 
/**
 * Their personal link.
 */
link: LinkState, };

/**
 * `POST /api/v1/classes/{id}/roster`: a pasted list or a CSV file. The file itself may be the body,
 * as `text/csv`, in UTF-8 or Windows-1251; then the other fields are the query's.
 */
export type PasteRoster = { 
/**
 * A line per student: the name, and if the school wants their number in its own records, before
 * or after it; divided by tab, `;` or `,`. A line of headings is recognized.
 */
text: string, 
/**
 * Takes students off the roster who are not in the list.
 */
remove_missing: boolean, 
/**
 * Says what would change and changes nothing.
 */
check_only: boolean, };

/**
 * What a pasted roster changed, or would.
 */
export type RosterChange = { 
/**
 * New on the roster.
 */
added: Array<RosterName>, 
/**
 * On it before and after, unchanged.
 */
unchanged: number, 
/**
 * Known by their number in the school's own records, with another name now.
 */
renamed: Array<Renamed>, 
/**
 * Not in the list; taken off only with `remove_missing`.
 */
missing: Array<RosterStudent>, 
/**
 * Were those taken off?
 */
missing_removed: boolean, 
/**
 * Lines that name somebody a line above had named: counted once.
 */
repeated: Array<RosterName>, 
/**
 * Lines added whose name a student of another class has: perhaps the same child. Without a number
 * in the school's own records they are two people.
 */
namesakes: Array<RosterName>, 
/**
 * Students on the roster afterwards.
 */
students: number, };

/**
 * A line of a pasted list.
 */
export type RosterName = { 
/**
 * Its number in the text, from 1.
 */
line: number, 
/**
 * The name.
 */
name: string, };

/**
 * A student whose name the list corrects.
 */
export type Renamed = { 
/**
 * Who.
 */
person: PersonNumber, 
/**
 * The name until now.
 */
from: string, 
/**
 * The name in the list.
 */
to: string, };

/**
 * `POST /api/v1/classes/{id}/links`: personal links to print. Each makes the student's link before it
 * void; devices that came by it stay in unless `end_devices`.
 */
export type MakeLinks = { 
/**
 * For these students of the class; left out for all of them.
 */
persons?: Array<PersonNumber>, 
/**
 * Only for those who have no link, used or not.
 */
only_without: boolean, 
/**
 * Ends the devices that came by an older link: a sheet was photographed, a phone was lost.
 */
end_devices: boolean, };

/**
 * The answer to [`MakeLinks`]: what is to be printed, once.
 */
export type LinkSheet = { 
/**
 * The class.
 */
class: ClassNumber, 
/**
 * Its name.
 */
class_name: string, 
/**
 * In the order of the roster.
 */
links: Array<PersonalLink>, };

/**
 * A student's personal link.
 */
export type PersonalLink = { 
/**
 * Whose.
 */
person: PersonNumber, 
/**
 * Place in the list, from 1; 0 outside a class.
 */
number: number, 
/**
 * Their name.
 */
name: string, 
/**
 * The link; the first device that opens it uses it up.
 */
url: string, 
/**
 * The link as a QR code.
 */
qr: QrPath, };

/**
 * A QR code as an SVG path: `<svg viewBox="0 0 size size"><path d="…"/></svg>`, dark on light, its
 * quiet zone included.
 */
export type QrPath = { 
/**
 * Width and height in modules.
 */
size: number, 
/**
 * The `d` of the path, to be filled.
 */
path: string, };

/**
 * `POST /api/v1/classes/{id}/lessons`: starts a lesson of the class now. The answer is
 * `CreatedLesson`; other staff come in by ticket.
 */
export type StartLesson = { 
/**
 * Its name; left out for the class's name and subject.
 */
name?: string, };

/**
 * A lesson of a class.
 */
export type ClassLesson = { 
/**
 * Its code.
 */
code: LessonCode, 
/**
 * Its name.
 */
name: string, 
/**
 * Whose it is; `null` for an ad-hoc lesson.
 */
class: ClassNumber | null, 
/**
 * Who gave it; `null` without an account.
 */
teacher: PersonNumber | null, 
/**
 * When it was opened.
 */
started_ms: number, 
/**
 * When it was ended.
 */
ended_ms: number | null, };

/**
 * `GET /api/v1/classes/{id}/lessons?cursor=&limit=`: a page, the newest first.
 */
export type ClassLessons = { 
/**
 * The lessons.
 */
lessons: Array<ClassLesson>, 
/**
 * Cursor of the next page.
 */
next: string | null, };

/**
 * `GET /api/v1/lessons/{code}/roll`.
 */
export type LessonRoll = { 
/**
 * The lesson.
 */
lesson: ClassLesson, 
/**
 * What its teacher sees.
 */
report: RollReport, };

/**
 * `GET /api/v1/classes/{id}/rolls?cursor=&limit=`: the class's history, a page, the newest first;
 * its reports come without sessions.
 */
export type ClassHistory = { 
/**
 * The rolls.
 */
rolls: Array<LessonRoll>, 
/**
 * Cursor of the next page.
 */
next: string | null, };

/**
 * `GET /api/v1/classes/{id}/students/{person}/rolls?cursor=&limit=`: one student's attendance, a
 * page, the newest first; for staff, and for the student about themselves.
 */
export type StudentHistory = { 
/**
 * The lessons.
 */
rolls: Array<StudentRoll>, 
/**
 * Cursor of the next page.
 */
next: string | null, };

/**
 * What one lesson's roll says about one student.
 */
export type StudentRoll = { 
/**
 * The lesson.
 */
lesson: ClassLesson, 
/**
 * Their line; `null` where it has none.
 */
line: RollLine | null, };

/**
 * `GET` and `PUT /api/v1/settings`: the school's own rules and words, whole.
 */
export type SchoolSettings = { 
/**
 * The school's name; may be empty.
 */
name: string, 
/**
 * Of the pages, until a person chooses.
 */
language: Language, 
/**
 * Whether anybody may start a lesson without an account.
 */
adhoc_lessons: boolean, 
/**
 * Days for which a device that came by a personal link comes in by itself: a school year.
 */
device_days: number, 
/**
 * Days for which the evidence behind a roll is kept; the roll itself stays.
 */
evidence_days: number, 
/**
 * How attendance is judged from now on. `version` is the server's to count.
 */
roll_rules: RollRules, };

/**
 * `GET /api/v1/school`: what anybody may know.
 */
export type SchoolInfo = { 
/**
 * The school's name; empty until somebody set it.
 */
name: string, 
/**
 * Of the pages, until a person chooses.
 */
language: Language, 
/**
 * Whether anybody may start a lesson without an account.
 */
adhoc_lessons: boolean, };

/**
 * What a tool may be allowed.
 */
export type Scope = "people:read" | "people:write" | "classes:read" | "classes:write" | "lessons:read" | "rolls:read" | "rolls:export" | "audit:read";

/**
 * `POST /api/v1/api-tokens`: a token for a tool of the school.
 */
export type NewApiToken = { 
/**
 * Which tool, in the administrator's words.
 */
name: string, 
/**
 * What it may; at least one.
 */
scopes: Array<Scope>, 
/**
 * Days until it stops to open anything; left out for never.
 */
days?: number, };

/**
 * A tool's token, without its secret.
 */
export type ApiToken = { 
/**
 * Its number; `DELETE /api/v1/api-tokens/{id}` ends it.
 */
id: number, 
/**
 * Which tool.
 */
name: string, 
/**
 * What it may.
 */
scopes: Array<Scope>, 
/**
 * When it was made.
 */
created_ms: number, 
/**
 * When it stops to open anything.
 */
expires_ms: number | null, 
/**
 * When it was ended.
 */
revoked_ms: number | null, };

/**
 * The answer to [`NewApiToken`].
 */
export type CreatedApiToken = { 
/**
 * The secret, shown once.
 */
token: string, 
/**
 * The rest.
 */
about: ApiToken, };

/**
 * `GET /api/v1/api-tokens`: all, the newest first.
 */
export type ApiTokens = { 
/**
 * The tokens.
 */
tokens: Array<ApiToken>, };

/**
 * A line of the audit.
 */
export type AuditLine = { 
/**
 * Counts all lines from 1.
 */
number: number, 
/**
 * When.
 */
at_ms: number, 
/**
 * Who: `person:…`, `tool:…` or `server`.
 */
actor: string, 
/**
 * What was done.
 */
action: string, 
/**
 * To what: `person:…`, `class:…`, `lesson:…`, …
 */
subject: string, 
/**
 * What the action alone does not say.
 */
detail: string, 
/**
 * SHA-256 over this line and the hash before it, in hexadecimal.
 */
hash: string, };

/**
 * `GET /api/v1/audit?cursor=&limit=`: a page, the newest first.
 */
export type AuditPage = { 
/**
 * The lines.
 */
lines: Array<AuditLine>, 
/**
 * Cursor of the next page.
 */
next: string | null, };

/**
 * `GET /api/v1/audit/verification`: are all lines as they were written?
 */
export type AuditVerification = { 
/**
 * Lines read.
 */
lines: number, 
/**
 * The first that is not as it was written, or is gone; `null` when all are well.
 */
first_broken: number | null, };

/**
 * The body of every refusal, as `application/problem+json`.
 */
export type Problem = { 
/**
 * The HTTP status again.
 */
status: number, 
/**
 * For the page to say it in the person's language.
 */
code: ProblemCode, 
/**
 * In English, for developers.
 */
detail: string, 
/**
 * With `bad_lines`: each line that cannot be read. Nothing was changed.
 */
lines?: Array<BadLine>, };

/**
 * Why.
 */
export type ProblemCode = "bad_request" | "bad_name" | "bad_login" | "bad_password" | "bad_lines" | "not_logged_in" | "wrong_password" | "link_used" | "not_allowed" | "not_found" | "login_taken" | "external_id_taken" | "last_admin" | "over" | "too_many" | "too_long" | "too_fast" | "unavailable" | "internal";

/**
 * A line of a pasted roster that cannot be read.
 */
export type BadLine = { 
/**
 * Its number in the text, from 1.
 */
line: number, 
/**
 * What is wrong with it.
 */
problem: LineProblem, };

/**
 * What is wrong with a line of a pasted roster.
 */
export type LineProblem = "no_name" | "name_too_long" | "bad_characters" | "external_id_too_long" | "too_many_columns" | "unreadable" | "external_id_repeated" | "not_a_student" | "too_many_lines";
