/**
 * English, and with it the list of everything the page can say.
 *
 * Invariant: `Dictionary` is this object's type, so a string missing in another language does not
 * compile.
 */
import type { ErrorCode, Role, RollStatus } from "../protocol";
import type { EndReason, NoticeCode } from "../room";

const date = new Intl.DateTimeFormat("en", { day: "numeric", month: "long", year: "numeric" });

export const en = {
  language: "Language",
  tagline: "Live lessons on your school's own server",
  loading: "Loading…",
  close: "Close",
  tryAgain: "Try again",
  toStartPage: "To the start page",

  startLesson: "Start a lesson",
  startLessonHint: "You get a link, a QR code and a short code for your students.",
  lessonName: "Lesson name",
  lessonNameExample: "Algebra, grade 7",
  yourName: "Your name",
  youAre: "You join as",
  school: "School log-in",
  haveCode: "Have a code?",
  lessonCode: "Lesson code",
  codeWrong: "That is not a lesson code. It has 9 letters and digits, like k7m-3xh-rp2.",
  nameNeeded: "Please write your name.",
  lessonNameNeeded: "Please write a name for the lesson.",
  unreachable: "The server does not answer. Check your connection and try again.",
  tooFast: "Too many tries. Wait a minute and try again.",
  refused: "The server did not accept this. Check what you wrote.",

  join: "Join",
  yourLesson: "Your lesson",
  listenFirst: "You can listen without turning anything on.",
  cameraIsOff: "Camera is off",
  microphone: "Microphone",
  camera: "Camera",
  microphoneLevel: "Microphone level",

  invite: "Invite",
  inviteHint: "Students open this link or scan the QR code.",
  lessonLink: "Lesson link",
  copyLink: "Copy link",
  copied: "Copied",
  qrCode: "QR code of the lesson link",

  mute: "Mute",
  unmute: "Unmute",
  cameraOff: "Camera off",
  cameraOn: "Camera on",
  shareScreen: "Share screen",
  stopSharing: "Stop sharing",
  raiseHand: "Raise hand",
  lowerHand: "Lower hand",
  people: "People",
  chat: "Chat",
  chatUnread: (count: number) => `Chat, ${count} new`,
  leave: "Leave",
  endLesson: "End lesson",
  endLessonHint: "For everyone. The roll is kept.",
  leaveOnly: "Just leave",
  leaveOnlyHint: "The lesson goes on without you.",
  controls: "Lesson controls",

  you: (name: string) => `${name} (you)`,
  screenOf: (name: string) => `${name} — screen`,
  role: {
    teacher: "teacher",
    assistant: "assistant",
    observer: "observer",
    student: null,
  } satisfies Record<Role, string | null> as Record<Role, string | null>,
  muted: "muted",
  hasFloor: "has the floor",
  microphoneOn: "microphone on",
  cameraIsOn: "camera on",
  away: "connection lost",
  withheld: "Picture paused: weak connection",
  screenWithheld: "Your connection is too weak for the screen now. It comes back by itself.",
  handNumber: (place: number) => `hand ${place}`,
  nobodyYet: "Nobody else is here yet",
  youAreSharing: "You are sharing your screen",
  peopleCount: (count: number) => (count === 1 ? "1 person" : `${count} people`),
  moreNotListed: (count: number) => `and ${count} more`,
  tapToHear: "Tap to hear",
  holdSpace: "Hold Space to talk",
  microphoneLocked: "Locked",
  advice: {
    floor: "You have the floor.",
    muted: "The teacher has muted your microphone.",
  },
  paused: "Your teacher is not here. Sound and video start when they come.",

  door: {
    title: "Wait for the teacher to let you in",
    text: "Keep this page open: the lesson opens by itself as soon as you are let in. Until then nobody here sees or hears you.",
    name: (name: string) => `Your name: ${name}`,
  },

  roll: "Roll",
  myRoll: "My attendance",
  strip: {
    here: (here: number, expected: number) => `${here} of ${expected} here`,
    late: (count: number) => `${count} late`,
    notYet: (count: number) => `${count} not yet`,
    disputed: (count: number) => (count === 1 ? "1 objection" : `${count} objections`),
  },
  check: {
    question: "The teacher asks: are you there?",
    here: "I am here",
    pressed: "Your answer is on its way…",
    counted: "Thank you, your answer counts.",
    late: "The time for this answer was over. Nobody is absent for that.",
  },
  downloadCsv: "Download CSV",
  name: "Name",
  status: "Status",
  joined: "Joined",
  timesAway: "Times away",
  rejoins: "Rejoined",
  since: (time: string) => `since ${time}`,
  date: (day: Date) => date.format(day),
  rollStatus: {
    here: "Here",
    away: "Away",
    left: "Left",
  } satisfies Record<RollStatus, string> as Record<RollStatus, string>,

  raisedHand: (name: string) => `${name} raised a hand`,
  came: (name: string) => `${name} joined`,
  gone: (name: string) => `${name} left`,
  wrote: (name: string) => `New message: ${name}`,
  waits: (name: string) => `${name} is waiting to come in`,

  connecting: "Connecting…",
  reconnecting: "Connection lost. Reconnecting…",
  restoringMedia: "Restoring sound and picture…",

  notice: {
    reconnected: "You are back in the lesson.",
    share_stopped: "Your screen is no longer shared.",
    may_share: "You may share your screen now.",
    microphones_locked: "Microphones are locked. Raise your hand to speak.",
    microphones_free: "You may turn your microphone on again.",
    only_listening: "You are here to look on: your microphone and camera stay off.",
    floor_taken: "Your turn to speak is over.",
    microphone_lost: "The microphone was disconnected.",
    camera_lost: "The camera was disconnected.",
    insecure_page: "Camera and microphone need a secure page (https). You can still listen.",
    microphone_blocked:
      "The browser blocks the microphone. Allow it by the lock sign in the address bar. You can still listen.",
    microphone_missing: "No microphone found. You can still listen.",
    microphone_busy: "Another program uses the microphone. Close it and try again.",
    camera_blocked:
      "The browser blocks the camera. Allow it by the lock sign in the address bar. You can join without it.",
    camera_missing: "No camera found. You can join without it.",
    camera_busy: "Another program uses the camera. Close it and try again.",
    screen_failed: "The screen could not be shared. Try another window.",
    bad_message: "The server did not understand this page. Reload it.",
    unsupported_version: "This page is out of date. Reload it.",
    lesson_not_found: "This lesson is not open.",
    bad_token: "Your seat in this lesson is no longer valid.",
    bad_ticket: "This way in was used already. Open the lesson again.",
    bad_offer: "This browser's sound and picture could not be set up.",
    bad_name: "This name cannot be used. Write another.",
    not_allowed: "Only the teacher can allow this.",
    lesson_locked: "The lesson is locked.",
    share_busy: "Somebody else is sharing a screen.",
    full: "The lesson is full.",
    too_fast: "Too fast. Wait a moment.",
    unavailable: "The server cannot reach its database. Try again in a minute.",
    internal: "The server made a mistake. Try again.",
  } satisfies Record<NoticeCode, string> as Record<NoticeCode, string>,

  ending: {
    left: { title: "You left the lesson", text: "You can come back to your seat at any time." },
    lesson_ended: { title: "The lesson has ended", text: "Thank you for being here." },
    replaced: {
      title: "The lesson is open elsewhere",
      text: "You opened it in another tab or on another device.",
    },
    removed: {
      title: "You were removed from this lesson",
      text: "If this is a mistake, talk to your teacher: they can let you in again.",
    },
    turned_away: {
      title: "You were not let in",
      text: "Is this your lesson? Tell the teacher that you are at the door, and ask again with your full name.",
    },
    unsupported_browser: {
      title: "This browser cannot join",
      text: "Open the link in a current Chrome, Firefox, Edge or Safari.",
    },
  } satisfies Record<EndReason, { title: string; text: string }>,
  refusedTitle: "Could not join the lesson",
  refusal: {
    lesson_locked:
      "The lesson is locked: nobody new can come in now. Tell your teacher, and try again.",
    lesson_not_found: "The code may be mistyped, or the lesson has ended. Ask your teacher.",
    full: "Everyone who fits is already here. Ask your teacher.",
  } as Partial<Record<ErrorCode, string>>,
  lessonMissing: "There is no such lesson",
  lessonMissingHint: "The code may be mistyped, or the lesson has ended. Ask your teacher.",
  joinAgain: "Join again",
  askAgain: "Ask again",
  openHere: "Use this tab",
  reload: "Reload the page",
};

export type Dictionary = typeof en;
