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
allowed: boolean, } | { "type": "leave" } | { "type": "end_lesson" };

/**
 * Takes a seat in a lesson, or retakes one after a refresh or a lost connection.
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
entries: Array<RollEntry>, } | { "type": "error", 
/**
 * For the page to say it in the person's language.
 */
code: ErrorCode, 
/**
 * In English, for developers and logs; holds nothing secret.
 */
detail: string, } | { "type": "closed", 
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
 * When the hand went up, milliseconds since the Unix epoch (UTC); `null` when it is down.
 */
hand_ms: number | null, };

/**
 * What a person is in a lesson.
 */
export type Role = "teacher" | "student";

/**
 * Whether a seat's device answers.
 */
export type SeatState = "here" | "away";

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
 * Why a request was refused.
 */
export type ErrorCode = "bad_message" | "unsupported_version" | "lesson_not_found" | "bad_token" | "bad_ticket" | "bad_offer" | "bad_name" | "not_allowed" | "share_busy" | "full" | "too_fast" | "unavailable" | "internal";

/**
 * Why the server closes the socket.
 */
export type ClosedReason = "error" | "left" | "lesson_ended" | "replaced" | "server_stopping" | "too_slow";

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
server_version: string, };
