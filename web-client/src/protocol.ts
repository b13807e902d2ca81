/**
 * Every message that crosses a wire, as the Rust crate `homeroom-protocol` defines them.
 *
 * Generated: do not edit. After a change in `crates/protocol` run
 * `UPDATE=1 cargo test -p homeroom-protocol --test typescript`.
 */
export const PROTOCOL_VERSION = 1;
export const MAX_CLIENT_FRAME_BYTES = 262144;
export const MAX_SMALL_FRAME_BYTES = 16384;
export const MAX_JSON_DEPTH = 16;
export const MAX_SDP_BYTES = 204800;
export const MAX_NAME_CHARS = 64;
export const MAX_LESSON_NAME_CHARS = 120;
export const MAX_TOKEN_BYTES = 128;
export const MAX_MID_BYTES = 16;
export const AUDIO_SLOTS = 3;
export const MAX_VIDEO_SLOTS = 12;
export const MAX_PRESENCE = 50;
export const MAX_REASON_BYTES = 1000;
export const MAX_CHAT_CHARS = 500;
export const MAX_CHAT_LINES = 10;
export const MAX_LOBBY = 200;
export const LESSON_CODE_LETTERS = 9;
export const LESSON_CODE_ALPHABET = "23456789adfghjkmnpqrstvwxyz";

/**
 * A participant's number within one lesson, given by the server in order of joining; never reused.
 */
export type ParticipantId = number;

/**
 * The short code of a lesson as people read it aloud: groups of three, like `k7m-3xh-rp2`.
 *
 * Digits and Latin letters without look-alikes (no 0 o 1 l i, and none that a Cyrillic hand
 * confuses), so about 43 bits: enough against guessing because lookups are rate-limited.
 */
export type LessonCode = string;

/**
 * A browser's own random name, by which it is known to one lesson's door.
 */
export type DeviceId = string;

/**
 * One frame from a client.
 */
export type ClientMessage = { "type": "join" } & Join | { "type": "renew_media", 
/**
 * The new offer.
 */
media: MediaOffer, } | { "type": "watch", 
/**
 * At most as many entries as the session has video slots; missing ones are empty.
 */
slots: Array<ParticipantId | null>, 
/**
 * How high slot `i` is shown, in pixels of the screen: no larger picture is sent than
 * that needs. 0 and missing ones are any height.
 */
heights?: Array<number>, } | { "type": "set_media", 
/**
 * The microphone is on.
 */
microphone: boolean, 
/**
 * The camera is on.
 */
camera: boolean, 
/**
 * A screen is being shared.
 */
screen: boolean, } | { "type": "raise_hand", 
/**
 * `true` raises it.
 */
raised: boolean, } | { "type": "allow_share", 
/**
 * The student.
 */
participant: ParticipantId, 
/**
 * `true` allows.
 */
allowed: boolean, } | { "type": "playing", 
/**
 * It does.
 */
audio: boolean, } | { "type": "answer_check", 
/**
 * Which check.
 */
check: number, 
/**
 * How long ago the button was pressed, by the page's own clock: an answer made while the
 * line was down comes when it is up again.
 */
ago_ms: number, } | { "type": "several_here", 
/**
 * They do.
 */
several: boolean, } | { "type": "my_roll" } | { "type": "dispute_roll", 
/**
 * How.
 */
text: string, } | { "type": "start_check", 
/**
 * How long they have.
 */
seconds: number, } | { "type": "set_attendance", 
/**
 * Whose.
 */
line: LineId, 
/**
 * What it is to be; `null` takes the word back.
 */
status: Attendance | null, 
/**
 * Why.
 */
reason?: string, } | { "type": "mark_in_room", 
/**
 * Whose screen.
 */
screen: LineId, 
/**
 * Who sits there.
 */
lines: Array<LineId>, } | { "type": "confirm_roll" } | { "type": "begin_lesson" } | { "type": "mute", 
/**
 * Whose.
 */
participant: ParticipantId, } | { "type": "mute_all" } | { "type": "lock_microphones", 
/**
 * `true` locks.
 */
locked: boolean, } | { "type": "give_floor", 
/**
 * The student.
 */
participant: ParticipantId, 
/**
 * `true` gives it.
 */
given: boolean, } | { "type": "lower_hand", 
/**
 * Whose.
 */
participant: ParticipantId, } | { "type": "lower_all_hands" } | { "type": "remove", 
/**
 * Whom.
 */
participant: ParticipantId, } | { "type": "readmit", 
/**
 * The seat they had.
 */
participant: ParticipantId, } | { "type": "lock_lesson", 
/**
 * `true` locks.
 */
locked: boolean, } | { "type": "set_lobby", 
/**
 * `true` makes them wait.
 */
on: boolean, } | { "type": "admit", 
/**
 * At most `MAX_LOBBY`; those who no longer wait are passed over.
 */
waiting: Array<WaitingId>, } | { "type": "turn_away", 
/**
 * Whom.
 */
waiting: WaitingId, } | { "type": "chat", 
/**
 * At most `MAX_CHAT_CHARS` characters, plain.
 */
text: string, 
/**
 * Who reads it.
 */
to: Audience, } | { "type": "delete_chat", 
/**
 * Which.
 */
number: number, } | { "type": "set_chat", 
/**
 * Who.
 */
mode: ChatMode, } | { "type": "programs", 
/**
 * `true` makes a new stream key: the one before opens nothing from then on, and who came
 * with it is out.
 */
new_key: boolean, } | { "type": "leave" } | { "type": "end_lesson" };

/**
 * Takes a seat in a lesson, or retakes one after a refresh or a lost connection.
 *
 * A stranger may be answered `waiting` instead of `joined`: the offer is then thrown away. After
 * `admitted` the page sends `join` once more on the same socket, with the token it was given and an
 * offer.
 */
export type Join = { 
/**
 * Must be `PROTOCOL_VERSION`.
 */
version: number, 
/**
 * The lesson's code.
 */
lesson: LessonCode, 
/**
 * "Your name"; ignored when `token` names a seat that already has one.
 */
name: string, 
/**
 * The teacher's token, or the seat token of an earlier `joined`. Without one: a new student.
 */
token?: string, 
/**
 * Says who the sender is: single use, a moment's life, had over HTTP for a personal link or a
 * log-in.
 */
ticket?: string, 
/**
 * This browser's own random name, kept by the page and told to nobody else: whoever was put out
 * does not come back in it under another name.
 */
device?: DeviceId, 
/**
 * The peer connection's offer. Without it only the socket is resumed: the media session of
 * this seat goes on as it was.
 */
media?: MediaOffer, 
/**
 * What is on at once (the pre-join choice), so that the first snapshot others see is true.
 */
microphone: boolean, 
/**
 * The camera is on.
 */
camera: boolean, };

/**
 * An SDP offer and what its m-lines are for.
 */
export type MediaOffer = { 
/**
 * The offer; every m-line in one BUNDLE group, `rtcp-mux`, no trickle needed.
 */
sdp: string, 
/**
 * The purpose of each m-line.
 */
layout: MediaLayout, };

/**
 * The m-lines of one peer connection by `mid`. Send lines are absent where the client never sends.
 */
export type MediaLayout = { 
/**
 * Sends the microphone.
 */
microphone?: string, 
/**
 * Sends the microphone once more, in few and small packets: teachers, for weak links.
 */
microphone_low?: string, 
/**
 * Sends the camera.
 */
camera?: string, 
/**
 * Sends the shared screen.
 */
screen?: string, 
/**
 * Sends the shared screen's sound.
 */
screen_audio?: string, 
/**
 * Receives voices: at most `AUDIO_SLOTS`.
 */
audio_slots: Array<string>, 
/**
 * Receives cameras: at most `MAX_VIDEO_SLOTS`; `watch` says who is in which.
 */
video_slots: Array<string>, 
/**
 * Receives the shared screen.
 */
screen_slot?: string, 
/**
 * Receives the shared screen's sound.
 */
screen_audio_slot?: string, };

/**
 * One frame from the server.
 */
export type ServerMessage = { "type": "joined" } & Joined | { "type": "media", 
/**
 * SDP answer.
 */
answer: string, } | { "type": "presence", 
/**
 * New and changed participants, whole.
 */
changed: Array<Participant>, 
/**
 * Participants who left, or are no longer listed for this client.
 */
gone: Array<ParticipantId>, 
/**
 * People in the lesson, listed or not.
 */
total: number, } | { "type": "speaking", 
/**
 * At most a handful.
 */
participants: Array<ParticipantId>, } | { "type": "stage", 
/**
 * `null` when nobody shares.
 */
sharer: ParticipantId | null, } | { "type": "wanted", 
/**
 * Of the camera, in the order of its `sendEncodings`.
 */
camera: Array<boolean>, 
/**
 * Of the shared screen.
 */
screen: Array<boolean>, } | { "type": "withheld", 
/**
 * Whose cameras.
 */
cameras: Array<ParticipantId>, 
/**
 * And the shared screen.
 */
screen: boolean, } | { "type": "roll", 
/**
 * Seats, in order of joining.
 */
entries: Array<RollEntry>, } | { "type": "attendance", 
/**
 * What the whole stands at.
 */
head: RollHead, 
/**
 * Those expected in the list's order, then guests.
 */
lines: Array<RollLine>, 
/**
 * The moment the lines tell of.
 */
now_ms: number, } | { "type": "check", 
/**
 * Which.
 */
number: number, 
/**
 * How long there is left to answer.
 */
for_ms: number, } | { "type": "check_answered", 
/**
 * Which.
 */
number: number, 
/**
 * It counts.
 */
accepted: boolean, } | { "type": "my_roll", 
/**
 * What the whole stands at.
 */
head: RollHead, 
/**
 * Yours; `null` for who gives the lesson.
 */
line: RollLine | null, 
/**
 * The moment it tells of.
 */
now_ms: number, } | { "type": "waiting", 
/**
 * The lesson's name.
 */
lesson: string, } | { "type": "admitted", 
/**
 * Opens a seat, once and soon. Keep it secret.
 */
token: string, } | { "type": "lobby", 
/**
 * In order of coming.
 */
waiting: Array<WaitingPerson>, } | { "type": "removed", 
/**
 * In order of leaving.
 */
people: Array<RemovedPerson>, } | { "type": "rules" } & Rules | { "type": "muted", 
/**
 * Who did it; `null` when the lesson's rules did.
 */
by: ParticipantId | null, } | { "type": "chat", 
/**
 * In order of writing.
 */
messages: Array<ChatMessage>, } | { "type": "chat_deleted", 
/**
 * Which.
 */
number: number, } | { "type": "programs", 
/**
 * The stream key, once, to whoever had it made. Keep it secret: the server cannot say it
 * again.
 */
key?: string, 
/**
 * When the key that opens now was made, milliseconds since the Unix epoch (UTC); `null` when
 * there is none yet. No two keys of a lesson have the same.
 */
key_made_ms: number | null, 
/**
 * Those that are connected, in order of their seats.
 */
programs: Array<Program>, } | { "type": "error", 
/**
 * For the page to say it in the person's language.
 */
code: ErrorCode, 
/**
 * In English, for developers and logs; holds nothing secret.
 */
detail: string, 
/**
 * With `not_allowed`: what was asked for.
 */
refused?: Action, } | { "type": "closed", 
/**
 * Why.
 */
reason: ClosedReason, };

/**
 * The answer to `join`.
 */
export type Joined = { 
/**
 * The server's `PROTOCOL_VERSION`.
 */
version: number, 
/**
 * Which participant you are.
 */
you: ParticipantId, 
/**
 * Opens this seat again after a refresh or a lost connection. Keep it secret.
 */
seat_token: string, 
/**
 * SDP answer, when the join carried an offer.
 */
answer?: string, 
/**
 * The lesson.
 */
lesson: Lesson, 
/**
 * Everyone this client is told about, yourself included.
 */
participants: Array<Participant>, 
/**
 * People in the lesson, listed or not.
 */
total: number, 
/**
 * Who shares a screen now.
 */
sharer: ParticipantId | null, 
/**
 * What holds in the lesson.
 */
rules: Rules, 
/**
 * The server's clock, milliseconds since the Unix epoch (UTC).
 */
now_ms: number, };

/**
 * A lesson, as everybody in it may see it.
 */
export type Lesson = { 
/**
 * Its code.
 */
code: LessonCode, 
/**
 * Its name as the teacher wrote it.
 */
name: string, 
/**
 * When it was opened, milliseconds since the Unix epoch (UTC).
 */
started_ms: number, };

/**
 * A person in the lesson.
 */
export type Participant = { 
/**
 * Number in this lesson.
 */
id: ParticipantId, 
/**
 * Name as shown.
 */
name: string, 
/**
 * What they are here.
 */
role: Role, 
/**
 * Whether their device answers.
 */
state: SeatState, 
/**
 * The microphone is on.
 */
microphone: boolean, 
/**
 * The camera is on.
 */
camera: boolean, 
/**
 * They may share a screen (teachers always may).
 */
may_share: boolean, 
/**
 * They may turn their microphone on.
 */
may_speak: boolean, 
/**
 * They were given the floor.
 */
floor: boolean, 
/**
 * When the hand went up, milliseconds since the Unix epoch (UTC); `null` when it is down.
 */
hand_ms: number | null, };

/**
 * What a person is in a lesson.
 */
export type Role = "teacher" | "assistant" | "observer" | "student";

/**
 * Whether a seat's device answers.
 */
export type SeatState = "here" | "away";

/**
 * What a person in a lesson can ask for, by the name a refusal gives it.
 */
export type Action = "receive" | "send_media" | "speak" | "share_screen" | "take_stage" | "raise_hand" | "allow_share" | "see_roll" | "own_roll" | "keep_roll" | "mute" | "mute_all" | "lock_microphones" | "give_floor" | "lower_hand" | "lower_all_hands" | "remove" | "readmit" | "lock_lesson" | "set_lobby" | "keep_door" | "chat" | "chat_to_teachers" | "read_teachers_chat" | "delete_chat" | "set_chat" | "keep_programs" | "leave" | "end_lesson";

/**
 * What holds in this lesson now.
 */
export type Rules = { 
/**
 * Students speak only with the floor.
 */
microphones_locked: boolean, 
/**
 * Nobody new comes in.
 */
lesson_locked: boolean, 
/**
 * Strangers wait until somebody lets them in.
 */
lobby: boolean, 
/**
 * Who may write.
 */
chat: ChatMode, 
/**
 * No teacher or assistant is here: students neither hear nor see one another and cannot write
 * until one is.
 */
paused: boolean, };

/**
 * Who may write in the chat.
 */
export type ChatMode = "everyone" | "teachers_only" | "off";

/**
 * Who reads a message.
 */
export type Audience = "everyone" | "teachers";

/**
 * A message of the chat.
 */
export type ChatMessage = { 
/**
 * Counts the messages of this lesson; a reader is not told of every one.
 */
number: number, 
/**
 * Who wrote it, and may have left since.
 */
from: ParticipantId, 
/**
 * Their name as shown.
 */
name: string, 
/**
 * What they are.
 */
role: Role, 
/**
 * Who reads it.
 */
audience: Audience, 
/**
 * Plain text; lines end with `\n`.
 */
text: string, 
/**
 * When, milliseconds since the Unix epoch (UTC).
 */
at_ms: number, };

/**
 * Somebody at the door.
 */
export type WaitingPerson = { 
/**
 * Number at this door; never used for another.
 */
id: WaitingId, 
/**
 * The name they gave.
 */
name: string, 
/**
 * Since when, milliseconds since the Unix epoch (UTC).
 */
since_ms: number, };

/**
 * A program that is in the lesson without a page: it publishes over WHIP or plays over WHEP.
 */
export type Program = { 
/**
 * Its seat.
 */
participant: ParticipantId, 
/**
 * It publishes; else it plays.
 */
publishes: boolean, 
/**
 * Since when, milliseconds since the Unix epoch (UTC).
 */
since_ms: number, };

/**
 * The number of somebody at the door; says nothing about seats.
 */
export type WaitingId = number;

/**
 * Somebody who was put out of this lesson.
 */
export type RemovedPerson = { 
/**
 * The seat they had.
 */
participant: ParticipantId, 
/**
 * Their name as shown.
 */
name: string, 
/**
 * When, milliseconds since the Unix epoch (UTC).
 */
at_ms: number, };

/**
 * One seat of the roll.
 */
export type RollEntry = { 
/**
 * Number in this lesson.
 */
participant: ParticipantId, 
/**
 * Name as shown.
 */
name: string, 
/**
 * What they are here.
 */
role: Role, 
/**
 * Now.
 */
status: RollStatus, 
/**
 * First joined, milliseconds since the Unix epoch (UTC).
 */
joined_ms: number, 
/**
 * When they left or were last seen; `null` while they are here.
 */
last_seen_ms: number | null, 
/**
 * Milliseconds here so far, as of the moment this entry was sent.
 */
present_ms: number, 
/**
 * Times the seat went away.
 */
times_away: number, 
/**
 * Times they came back, from away or after leaving.
 */
rejoins: number, };

/**
 * Where a seat stands.
 */
export type RollStatus = "here" | "away" | "left";

/**
 * Names a line of a lesson's roll: a person of the school, or a seat nobody is known by.
 */
export type LineId = string;

/**
 * What somebody's attendance was judged to be, or is so far.
 */
export type Attendance = "present" | "late" | "left_early" | "partial" | "absent" | "excused" | "technical" | "in_the_room" | "guest";

/**
 * What is worth knowing beside the one word.
 */
export type RollFlag = "late" | "left_early" | "technical" | "unheard" | "two_places" | "missed_check" | "several" | "disputed";

/**
 * One line of the roll: a person however often they came, with however many devices.
 */
export type RollLine = { 
/**
 * Which.
 */
id: LineId, 
/**
 * The name the school has fixed, or the one the guest wrote.
 */
name: string, 
/**
 * Their seat, once they have one.
 */
participant: ParticipantId | null, 
/**
 * Whether a list expected them; `false` is a guest.
 */
expected: boolean, 
/**
 * Where the seat stands now; `null` before they come.
 */
now: RollStatus | null, 
/**
 * The lesson reaches their device's loudspeaker now.
 */
hearing_now: boolean, 
/**
 * What it comes to, a teacher's word included.
 */
status: Attendance, 
/**
 * What the evidence alone comes to.
 */
measured: Attendance, 
/**
 * Beside it.
 */
flags: Array<RollFlag>, 
/**
 * From the lesson's beginning to the first moment they heard it; 0 when they were in time.
 */
late_ms: number, 
/**
 * From the last moment they heard it to its end; 0 when they stayed.
 */
left_early_ms: number, 
/**
 * First seen, milliseconds since the Unix epoch (UTC).
 */
first_seen_ms: number | null, 
/**
 * Last seen; `null` while they are here.
 */
last_seen_ms: number | null, 
/**
 * First heard the lesson.
 */
first_heard_ms: number | null, 
/**
 * Last heard it; the moment of this line while they do.
 */
last_heard_ms: number | null, 
/**
 * Connected during the lesson.
 */
connected_ms: number, 
/**
 * Heard it.
 */
heard_ms: number, 
/**
 * What could have been heard: the lesson without our own outages.
 */
possible_ms: number, 
/**
 * Not heard by our fault; not part of `possible_ms`.
 */
ours_ms: number, 
/**
 * Not heard because the line was down and came back.
 */
line_ms: number, 
/**
 * Not heard because the device played no sound.
 */
device_ms: number, 
/**
 * Times they came, again included.
 */
sessions: number, 
/**
 * The longest time away between two of them.
 */
longest_gap_ms: number, 
/**
 * Checks they were asked.
 */
checks_sent: number, 
/**
 * Those they answered.
 */
checks_answered: number, 
/**
 * When the first was asked that they did not answer.
 */
check_missed_ms: number | null, 
/**
 * Spoke.
 */
spoke_ms: number, 
/**
 * Hands raised.
 */
hands: number, 
/**
 * Messages written in the chat.
 */
messages: number, 
/**
 * At whose screen they sit with others.
 */
at_screen_of: string | null, 
/**
 * A teacher's word on them.
 */
decided: RollMark | null, 
/**
 * What they say is wrong with this line.
 */
dispute: string | null, };

/**
 * Somebody's word on a line.
 */
export type RollMark = { 
/**
 * What it is to be.
 */
status: Attendance, 
/**
 * Why; may be empty.
 */
reason: string, 
/**
 * Who said so; `null` for the server or somebody without an account.
 */
by: string | null, 
/**
 * When.
 */
at_ms: number, };

/**
 * What the whole roll stands at.
 */
export type RollHead = { 
/**
 * When the lesson proper began; `null` before that.
 */
started_ms: number | null, 
/**
 * When it ended.
 */
ended_ms: number | null, 
/**
 * From here on who comes is late: the draft is worth looking at.
 */
late_after_ms: number, 
/**
 * When a teacher last confirmed it.
 */
confirmed_ms: number | null, 
/**
 * When it became final; `null` again when it was reopened.
 */
final_ms: number | null, 
/**
 * The check that runs, or the last one.
 */
check: RollCheck | null, };

/**
 * "Are you there?", asked of everybody.
 */
export type RollCheck = { 
/**
 * Counted from 1.
 */
number: number, 
/**
 * When it was asked.
 */
sent_ms: number, 
/**
 * Until when it can be answered.
 */
until_ms: number, 
/**
 * How many were asked.
 */
asked: number, 
/**
 * How many have answered.
 */
answered: number, };

/**
 * How attendance is judged. A school may change it; every export says by which rules it was made.
 */
export type RollRules = { 
/**
 * Counts the school's versions; 1 are the rules the server comes with.
 */
version: number, 
/**
 * Who first hears the lesson later than this is late.
 */
late_after_ms: number, 
/**
 * Who last hears it longer than this before its end has left early.
 */
early_before_ms: number, 
/**
 * Percent of the lesson that make somebody present.
 */
present_percent: number, 
/**
 * Fewer percent than this are partial whatever else was so.
 */
partial_percent: number, 
/**
 * Percent of the lost time that must be the server's or the line's fault to say so.
 */
technical_percent: number, 
/**
 * Letters for the school's journal.
 */
journal: JournalCodes, };

/**
 * What the journal calls each status; empty is nothing.
 */
export type JournalCodes = { 
/**
 * Present.
 */
present: string, 
/**
 * Late: never the same as absent, whatever the letter.
 */
late: string, 
/**
 * Left early.
 */
left_early: string, 
/**
 * Heard some of it.
 */
partial: string, 
/**
 * Absent without a reason.
 */
absent: string, 
/**
 * Excused.
 */
excused: string, 
/**
 * Excused, where the reason begins with the word for an illness.
 */
ill: string, 
/**
 * The server's or the line's fault.
 */
technical: string, 
/**
 * At one screen with others.
 */
in_the_room: string, };

/**
 * `GET /api/lessons/{code}/roll.json`: the whole roll of one lesson.
 */
export type RollReport = { 
/**
 * The lesson's code.
 */
code: LessonCode, 
/**
 * Its name.
 */
name: string, 
/**
 * By which rules it was judged.
 */
rules: RollRules, 
/**
 * What the roll stands at.
 */
head: RollHead, 
/**
 * Those expected, in the list's order, then the guests in the order of coming.
 */
lines: Array<RollLine>, 
/**
 * Every time somebody came, in order; empty when the evidence was thrown away.
 */
sessions: Array<RollSession>, 
/**
 * Whether the evidence behind it is still kept.
 */
has_evidence: boolean, 
/**
 * The moment it tells of.
 */
as_of_ms: number, };

/**
 * One time somebody came.
 */
export type RollSession = { 
/**
 * Whose line.
 */
line: LineId, 
/**
 * Their name.
 */
name: string, 
/**
 * From.
 */
from_ms: number, 
/**
 * To.
 */
to_ms: number, 
/**
 * Of it, heard the lesson.
 */
heard_ms: number, 
/**
 * How it ended.
 */
end: RollSessionEnd, };

/**
 * How a stretch in the lesson ended.
 */
export type RollSessionEnd = "open" | "left" | "silent" | "outage";

/**
 * `POST /api/lessons/{code}/roll`: a teacher's word on a lesson that has ended.
 */
export type RollChange = { "type": "set", 
/**
 * Which.
 */
line: LineId, 
/**
 * What it is to be; `null` takes the word back.
 */
status: Attendance | null, 
/**
 * Why.
 */
reason: string, } | { "type": "final" } | { "type": "reopen" };

/**
 * Why a request was refused.
 */
export type ErrorCode = "bad_message" | "unsupported_version" | "lesson_not_found" | "bad_token" | "bad_ticket" | "bad_offer" | "bad_name" | "not_allowed" | "lesson_locked" | "share_busy" | "full" | "too_fast" | "unavailable" | "internal";

/**
 * Why the server closes the socket.
 */
export type ClosedReason = "error" | "left" | "lesson_ended" | "replaced" | "server_stopping" | "too_slow" | "removed" | "turned_away";

/**
 * `POST /api/lessons`: "Start a lesson".
 */
export type CreateLesson = { 
/**
 * Name of the lesson.
 */
name: string, };

/**
 * The answer to [`CreateLesson`].
 */
export type CreatedLesson = { 
/**
 * The lesson's code.
 */
code: LessonCode, 
/**
 * The link students open: an absolute URL that works on the local network.
 */
join_url: string, 
/**
 * Opens the teacher's seat. The page keeps it; it is never part of a URL.
 */
teacher_token: string, };

/**
 * `GET /api/lessons/{code}`: what a person with the link may know before joining.
 */
export type LessonInfo = { 
/**
 * The lesson's code.
 */
code: LessonCode, 
/**
 * Name of the lesson.
 */
name: string, 
/**
 * The link students open.
 */
join_url: string, };

/**
 * `GET /api/server`: what the page must know of the server.
 */
export type ServerInfo = { 
/**
 * The server's `PROTOCOL_VERSION`.
 */
protocol_version: number, 
/**
 * The server's release.
 */
server_version: string, 
/**
 * What browsers are asked to code pictures in, if they can.
 */
video_codec: VideoCodec, };

/**
 * What pictures are coded in.
 */
export type VideoCodec = "vp8" | "vp9" | "av1";
