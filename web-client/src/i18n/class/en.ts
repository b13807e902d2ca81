/**
 * What the teacher's tools and the chat say, in English; fetched with them.
 *
 * Invariant: `ClassWords` is this object's type, so a string missing in another language does not
 * compile.
 */
import type { ChatMode } from "../../protocol";

export const en = {
  tools: "The class",
  muteAll: "Mute everyone",
  lockMicrophones: "Lock microphones",
  lockMicrophonesHint: "Only who has the floor can speak.",
  lowerAll: (count: number) => `Lower all hands (${count})`,
  door: "Door and chat",
  lobby: "Waiting room",
  lobbyHint: "Guests wait until you let them in.",
  lockLesson: "Lock the lesson",
  lockLessonHint: "Nobody new can come in.",
  chatRule: "Students may write",
  chatRules: {
    everyone: "to everyone",
    teachers_only: "to the teacher only",
    off: "not at all",
  } satisfies Record<ChatMode, string> as Record<ChatMode, string>,

  menuOf: (name: string) => `What to do: ${name}`,
  mute: "Mute",
  giveFloor: "Give the floor",
  giveFloorTo: (name: string) => `Give the floor: ${name}`,
  takeFloor: "Take the floor back",
  takeFloorFrom: (name: string) => `Take the floor back: ${name}`,
  lowerHand: "Lower hand",
  allowSharing: "Allow sharing",
  allowSharingFor: (name: string) => `Allow sharing: ${name}`,
  remove: "Remove from the lesson",
  removeAsk: (name: string) =>
    `Remove ${name}? They come back to this lesson only when you let them.`,
  removeYes: "Remove",
  cancel: "Cancel",
  removed: "Removed",
  readmit: "Let back in",
  readmitOne: (name: string) => `Let back in: ${name}`,

  waiting: (names: string, count: number) =>
    count === 1 ? `${names} is waiting to come in` : `${count} are waiting: ${names}`,
  andMore: (count: number) => `and ${count} more`,
  admit: "Let in",
  admitOne: (name: string) => `Let in: ${name}`,
  admitAll: "Let all in",
  oneByOne: "One by one",
  turnAway: "Not now",
  turnAwayOne: (name: string) => `Not now: ${name}`,
  waitingFor: (minutes: number) => (minutes < 1 ? "just now" : `for ${minutes} min`),

  programs: {
    title: "Publish from OBS",
    hint: "OBS or another program sends its picture and sound into this lesson.",
    server: "Server (WHIP)",
    key: "Stream key",
    keyHint:
      "In OBS: Settings → Stream → service WHIP; the key is the “Bearer Token”. It opens nothing else.",
    makeKey: "Make a key",
    keyElsewhere: (time: string) =>
      `A key was made at ${time}. Only the page that made it can show it; if it is lost, make a new one.`,
    newKey: "New key",
    newKeyAsk: "The key of now stops working at once, and programs that use it are cut off.",
    show: "Show",
    hide: "Hide",
    copy: "Copy",
    player: "For a display (WHEP)",
    playerHint: "A program that shows the lesson in a hall takes this address and the same key.",
    nobody: "No program is connected.",
    publishing: (name: string, time: string) => `${name} has been publishing since ${time}`,
    playing: (name: string, time: string) => `${name} has been showing the lesson since ${time}`,
  },

  chat: {
    empty: "No messages yet.",
    log: "Messages",
    write: "Message",
    to: "To",
    everyone: "Everyone",
    teachers: "Teacher",
    colleagues: "Teachers only",
    toTeachers: "to the teacher",
    you: "You",
    send: "Send",
    left: (count: number) => `${count} left`,
    remove: (name: string) => `Delete the message: ${name}`,
    removeYes: "Delete",
    newest: "New messages",
    closed: "The teacher has closed the chat.",
    onlyTeachers: "Only the teacher sees what you write.",
    state: {
      waits: "Sent when the connection is back",
      sent: "On its way…",
      failed: "Not sent",
    },
    again: "Send again",
    discard: "Discard",
    observer: "You are here to look on.",
  },
};

export type ClassWords = typeof en;
