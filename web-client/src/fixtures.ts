/**
 * The fixtures of `crates/protocol`, each checked by the compiler against its type.
 *
 * Generated: do not edit. After a change in `crates/protocol` run
 * `UPDATE=1 cargo test -p homeroom-protocol --test typescript`.
 */
import type {
  ClientMessage,
  CreatedLesson,
  CreateLesson,
  LessonInfo,
  RollChange,
  RollReport,
  ServerInfo,
  ServerMessage,
} from "./protocol";

export const client = {
"admit": {
  "type": "admit",
  "waiting": [
    1,
    2
  ]
} satisfies ClientMessage,
"allow_share": {
  "type": "allow_share",
  "participant": 3,
  "allowed": true
} satisfies ClientMessage,
"answer_check": {
  "type": "answer_check",
  "check": 1,
  "ago_ms": 2400
} satisfies ClientMessage,
"begin_lesson": {
  "type": "begin_lesson"
} satisfies ClientMessage,
"chat": {
  "type": "chat",
  "text": "Қай бет?\n45-бет пе?",
  "to": "everyone"
} satisfies ClientMessage,
"chat-teachers": {
  "type": "chat",
  "text": "Мен дыбысты естімей тұрмын",
  "to": "teachers"
} satisfies ClientMessage,
"confirm_roll": {
  "type": "confirm_roll"
} satisfies ClientMessage,
"delete_chat": {
  "type": "delete_chat",
  "number": 7
} satisfies ClientMessage,
"dispute_roll": {
  "type": "dispute_roll",
  "text": "Мен сабақта болдым, дыбыс болмады."
} satisfies ClientMessage,
"end_lesson": {
  "type": "end_lesson"
} satisfies ClientMessage,
"give_floor": {
  "type": "give_floor",
  "participant": 3,
  "given": true
} satisfies ClientMessage,
"join": {
  "type": "join",
  "version": 1,
  "lesson": "k7m-3xh-rp2",
  "name": "Айгүл Сәрсенова",
  "token": "q5Zr0y2tJmC8nV4wXb7KfA",
  "media": {
    "sdp": "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12 13\r\n",
    "layout": {
      "microphone": "0",
      "microphone_low": "13",
      "camera": "1",
      "screen": "2",
      "screen_audio": "3",
      "audio_slots": [
        "4",
        "5",
        "6"
      ],
      "video_slots": [
        "7",
        "8",
        "9",
        "10"
      ],
      "screen_slot": "11",
      "screen_audio_slot": "12"
    }
  },
  "microphone": false,
  "camera": true
} satisfies ClientMessage,
"join-resume": {
  "type": "join",
  "version": 1,
  "lesson": "k7m-3xh-rp2",
  "name": "",
  "token": "q5Zr0y2tJmC8nV4wXb7KfA",
  "microphone": true,
  "camera": false
} satisfies ClientMessage,
"join-student": {
  "type": "join",
  "version": 1,
  "lesson": "k7m-3xh-rp2",
  "name": "Тимур",
  "device": "h3Jd9sQx7Lm2VbT5yRz8Kw",
  "media": {
    "sdp": "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12\r\n",
    "layout": {
      "audio_slots": [
        "0",
        "1",
        "2"
      ],
      "video_slots": []
    }
  },
  "microphone": false,
  "camera": false
} satisfies ClientMessage,
"leave": {
  "type": "leave"
} satisfies ClientMessage,
"lock_lesson": {
  "type": "lock_lesson",
  "locked": true
} satisfies ClientMessage,
"lock_microphones": {
  "type": "lock_microphones",
  "locked": true
} satisfies ClientMessage,
"lower_all_hands": {
  "type": "lower_all_hands"
} satisfies ClientMessage,
"lower_hand": {
  "type": "lower_hand",
  "participant": 3
} satisfies ClientMessage,
"mark_in_room": {
  "type": "mark_in_room",
  "screen": "p7",
  "lines": [
    "p8",
    "p9"
  ]
} satisfies ClientMessage,
"mute": {
  "type": "mute",
  "participant": 3
} satisfies ClientMessage,
"mute_all": {
  "type": "mute_all"
} satisfies ClientMessage,
"my_roll": {
  "type": "my_roll"
} satisfies ClientMessage,
"playing": {
  "type": "playing",
  "audio": false
} satisfies ClientMessage,
"programs": {
  "type": "programs",
  "new_key": false
} satisfies ClientMessage,
"programs-new_key": {
  "type": "programs",
  "new_key": true
} satisfies ClientMessage,
"raise_hand": {
  "type": "raise_hand",
  "raised": true
} satisfies ClientMessage,
"readmit": {
  "type": "readmit",
  "participant": 4
} satisfies ClientMessage,
"remove": {
  "type": "remove",
  "participant": 4
} satisfies ClientMessage,
"renew_media": {
  "type": "renew_media",
  "media": {
    "sdp": "v=0\r\no=- 4611731400430051336 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1 2 3 4 5 6 7 8 9 10 11 12\r\n",
    "layout": {
      "microphone": "0",
      "camera": "1",
      "screen": "2",
      "screen_audio": "3",
      "audio_slots": [
        "4",
        "5",
        "6"
      ],
      "video_slots": [
        "7",
        "8",
        "9",
        "10"
      ],
      "screen_slot": "11",
      "screen_audio_slot": "12"
    }
  }
} satisfies ClientMessage,
"set_attendance": {
  "type": "set_attendance",
  "line": "p7",
  "status": "excused",
  "reason": "ill"
} satisfies ClientMessage,
"set_attendance-taken_back": {
  "type": "set_attendance",
  "line": "s4",
  "status": null,
  "reason": ""
} satisfies ClientMessage,
"set_chat": {
  "type": "set_chat",
  "mode": "teachers_only"
} satisfies ClientMessage,
"set_chat-off": {
  "type": "set_chat",
  "mode": "off"
} satisfies ClientMessage,
"set_lobby": {
  "type": "set_lobby",
  "on": true
} satisfies ClientMessage,
"set_media": {
  "type": "set_media",
  "microphone": true,
  "camera": false,
  "screen": false
} satisfies ClientMessage,
"several_here": {
  "type": "several_here",
  "several": true
} satisfies ClientMessage,
"start_check": {
  "type": "start_check",
  "seconds": 60
} satisfies ClientMessage,
"turn_away": {
  "type": "turn_away",
  "waiting": 3
} satisfies ClientMessage,
"watch": {
  "type": "watch",
  "slots": [
    2,
    null,
    5,
    3
  ]
} satisfies ClientMessage,
"watch-heights": {
  "type": "watch",
  "slots": [
    2,
    null,
    5
  ],
  "heights": [
    720,
    0,
    180
  ]
} satisfies ClientMessage,
};

export const server = {
"admitted": {
  "type": "admitted",
  "token": "Zk3mW8rTq1yNf6uXc0pLaQ"
} satisfies ServerMessage,
"attendance": {
  "type": "attendance",
  "head": {
    "started_ms": 1699999580000,
    "ended_ms": null,
    "late_after_ms": 300000,
    "confirmed_ms": 1699999900000,
    "final_ms": null,
    "check": {
      "number": 1,
      "sent_ms": 1700000300000,
      "until_ms": 1700000360000,
      "asked": 27,
      "answered": 25
    }
  },
  "lines": [
    {
      "id": "p7",
      "name": "Айдана Серік",
      "participant": 2,
      "expected": true,
      "now": "here",
      "hearing_now": true,
      "status": "present",
      "measured": "late",
      "flags": [
        "late",
        "missed_check"
      ],
      "late_ms": 420000,
      "left_early_ms": 0,
      "first_seen_ms": 1700000000000,
      "last_seen_ms": null,
      "first_heard_ms": 1700000000500,
      "last_heard_ms": 1700000600000,
      "connected_ms": 600000,
      "heard_ms": 599500,
      "possible_ms": 1020000,
      "ours_ms": 0,
      "line_ms": 0,
      "device_ms": 500,
      "sessions": 1,
      "longest_gap_ms": 0,
      "checks_sent": 1,
      "checks_answered": 0,
      "check_missed_ms": 1700000300000,
      "spoke_ms": 5200,
      "hands": 1,
      "messages": 0,
      "at_screen_of": null,
      "decided": {
        "status": "present",
        "reason": "автобус",
        "by": "Асель Нұрланқызы",
        "at_ms": 1700000500000
      },
      "dispute": "Мен ертерек келдім"
    },
    {
      "id": "p8",
      "name": "Тимур",
      "participant": null,
      "expected": true,
      "now": null,
      "hearing_now": false,
      "status": "absent",
      "measured": "absent",
      "flags": [],
      "late_ms": 0,
      "left_early_ms": 0,
      "first_seen_ms": null,
      "last_seen_ms": null,
      "first_heard_ms": null,
      "last_heard_ms": null,
      "connected_ms": 0,
      "heard_ms": 0,
      "possible_ms": 1020000,
      "ours_ms": 0,
      "line_ms": 0,
      "device_ms": 0,
      "sessions": 0,
      "longest_gap_ms": 0,
      "checks_sent": 0,
      "checks_answered": 0,
      "check_missed_ms": null,
      "spoke_ms": 0,
      "hands": 0,
      "messages": 0,
      "at_screen_of": null,
      "decided": null,
      "dispute": null
    }
  ],
  "now_ms": 1700000600000
} satisfies ServerMessage,
"chat": {
  "type": "chat",
  "messages": [
    {
      "number": 6,
      "from": 1,
      "name": "Айгүл Сәрсенова",
      "role": "teacher",
      "audience": "everyone",
      "text": "Оқулықты ашыңыздар",
      "at_ms": 1795500120000
    },
    {
      "number": 7,
      "from": 2,
      "name": "Тимур",
      "role": "student",
      "audience": "everyone",
      "text": "Қай бет?\n45-бет пе?",
      "at_ms": 1795500120000
    }
  ]
} satisfies ServerMessage,
"chat-teachers": {
  "type": "chat",
  "messages": [
    {
      "number": 8,
      "from": 2,
      "name": "Тимур",
      "role": "student",
      "audience": "teachers",
      "text": "Мен дыбысты естімей тұрмын",
      "at_ms": 1795500120000
    }
  ]
} satisfies ServerMessage,
"chat_deleted": {
  "type": "chat_deleted",
  "number": 7
} satisfies ServerMessage,
"check": {
  "type": "check",
  "number": 1,
  "for_ms": 60000
} satisfies ServerMessage,
"check_answered": {
  "type": "check_answered",
  "number": 1,
  "accepted": true
} satisfies ServerMessage,
"closed-error": {
  "type": "closed",
  "reason": "error"
} satisfies ServerMessage,
"closed-left": {
  "type": "closed",
  "reason": "left"
} satisfies ServerMessage,
"closed-lesson_ended": {
  "type": "closed",
  "reason": "lesson_ended"
} satisfies ServerMessage,
"closed-removed": {
  "type": "closed",
  "reason": "removed"
} satisfies ServerMessage,
"closed-replaced": {
  "type": "closed",
  "reason": "replaced"
} satisfies ServerMessage,
"closed-server_stopping": {
  "type": "closed",
  "reason": "server_stopping"
} satisfies ServerMessage,
"closed-too_slow": {
  "type": "closed",
  "reason": "too_slow"
} satisfies ServerMessage,
"closed-turned_away": {
  "type": "closed",
  "reason": "turned_away"
} satisfies ServerMessage,
"error-bad_message": {
  "type": "error",
  "code": "bad_message",
  "detail": "not one of our messages"
} satisfies ServerMessage,
"error-bad_name": {
  "type": "error",
  "code": "bad_name",
  "detail": "the name is empty"
} satisfies ServerMessage,
"error-bad_offer": {
  "type": "error",
  "code": "bad_offer",
  "detail": "no BUNDLE group"
} satisfies ServerMessage,
"error-bad_ticket": {
  "type": "error",
  "code": "bad_ticket",
  "detail": "the ticket opens no seat of this lesson"
} satisfies ServerMessage,
"error-bad_token": {
  "type": "error",
  "code": "bad_token",
  "detail": "the token opens no seat here"
} satisfies ServerMessage,
"error-full": {
  "type": "error",
  "code": "full",
  "detail": "the lesson is full"
} satisfies ServerMessage,
"error-internal": {
  "type": "error",
  "code": "internal",
  "detail": "our mistake"
} satisfies ServerMessage,
"error-lesson_locked": {
  "type": "error",
  "code": "lesson_locked",
  "detail": "the lesson is locked"
} satisfies ServerMessage,
"error-lesson_not_found": {
  "type": "error",
  "code": "lesson_not_found",
  "detail": "no such lesson"
} satisfies ServerMessage,
"error-not_allowed": {
  "type": "error",
  "code": "not_allowed",
  "detail": "only a teacher may do that",
  "refused": "mute"
} satisfies ServerMessage,
"error-share_busy": {
  "type": "error",
  "code": "share_busy",
  "detail": "somebody else shares a screen"
} satisfies ServerMessage,
"error-too_fast": {
  "type": "error",
  "code": "too_fast",
  "detail": "too many messages"
} satisfies ServerMessage,
"error-unavailable": {
  "type": "error",
  "code": "unavailable",
  "detail": "try again"
} satisfies ServerMessage,
"error-unsupported_version": {
  "type": "error",
  "code": "unsupported_version",
  "detail": "protocol version 2; this server speaks 1"
} satisfies ServerMessage,
"joined": {
  "type": "joined",
  "version": 1,
  "you": 2,
  "seat_token": "Ls0pE3kUu9aW1dQyT6hRgB",
  "answer": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n",
  "lesson": {
    "code": "k7m-3xh-rp2",
    "name": "Алгебра, 7 «Б»",
    "started_ms": 1795500000000
  },
  "participants": [
    {
      "id": 1,
      "name": "Айгүл Сәрсенова",
      "role": "teacher",
      "state": "here",
      "microphone": true,
      "camera": true,
      "may_share": true,
      "may_speak": true,
      "floor": false,
      "hand_ms": null
    },
    {
      "id": 2,
      "name": "Тимур",
      "role": "student",
      "state": "here",
      "microphone": false,
      "camera": true,
      "may_share": false,
      "may_speak": true,
      "floor": false,
      "hand_ms": null
    }
  ],
  "total": 2,
  "sharer": null,
  "rules": {
    "microphones_locked": false,
    "lesson_locked": false,
    "lobby": true,
    "chat": "everyone",
    "paused": false
  },
  "now_ms": 1795500060000
} satisfies ServerMessage,
"joined-resume": {
  "type": "joined",
  "version": 1,
  "you": 2,
  "seat_token": "Ls0pE3kUu9aW1dQyT6hRgB",
  "lesson": {
    "code": "k7m-3xh-rp2",
    "name": "Алгебра, 7 «Б»",
    "started_ms": 1795500000000
  },
  "participants": [
    {
      "id": 1,
      "name": "Айгүл Сәрсенова",
      "role": "teacher",
      "state": "here",
      "microphone": true,
      "camera": true,
      "may_share": true,
      "may_speak": true,
      "floor": false,
      "hand_ms": null
    },
    {
      "id": 2,
      "name": "Тимур",
      "role": "student",
      "state": "here",
      "microphone": false,
      "camera": true,
      "may_share": false,
      "may_speak": true,
      "floor": false,
      "hand_ms": null
    },
    {
      "id": 3,
      "name": "Дана",
      "role": "student",
      "state": "away",
      "microphone": false,
      "camera": false,
      "may_share": false,
      "may_speak": true,
      "floor": false,
      "hand_ms": 1795500090000
    }
  ],
  "total": 3,
  "sharer": 1,
  "rules": {
    "microphones_locked": false,
    "lesson_locked": false,
    "lobby": true,
    "chat": "everyone",
    "paused": false
  },
  "now_ms": 1795500120000
} satisfies ServerMessage,
"lobby": {
  "type": "lobby",
  "waiting": [
    {
      "id": 1,
      "name": "Дана",
      "since_ms": 1795500060000
    },
    {
      "id": 2,
      "name": "Тимур",
      "since_ms": 1795500061000
    }
  ]
} satisfies ServerMessage,
"media": {
  "type": "media",
  "answer": "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=ice-lite\r\n"
} satisfies ServerMessage,
"muted": {
  "type": "muted",
  "by": 1
} satisfies ServerMessage,
"muted-by_rules": {
  "type": "muted",
  "by": null
} satisfies ServerMessage,
"my_roll": {
  "type": "my_roll",
  "head": {
    "started_ms": 1699999580000,
    "ended_ms": null,
    "late_after_ms": 300000,
    "confirmed_ms": 1699999900000,
    "final_ms": null,
    "check": {
      "number": 1,
      "sent_ms": 1700000300000,
      "until_ms": 1700000360000,
      "asked": 27,
      "answered": 25
    }
  },
  "line": {
    "id": "p7",
    "name": "Айдана Серік",
    "participant": 2,
    "expected": true,
    "now": "here",
    "hearing_now": true,
    "status": "present",
    "measured": "late",
    "flags": [
      "late",
      "missed_check"
    ],
    "late_ms": 420000,
    "left_early_ms": 0,
    "first_seen_ms": 1700000000000,
    "last_seen_ms": null,
    "first_heard_ms": 1700000000500,
    "last_heard_ms": 1700000600000,
    "connected_ms": 600000,
    "heard_ms": 599500,
    "possible_ms": 1020000,
    "ours_ms": 0,
    "line_ms": 0,
    "device_ms": 500,
    "sessions": 1,
    "longest_gap_ms": 0,
    "checks_sent": 1,
    "checks_answered": 0,
    "check_missed_ms": 1700000300000,
    "spoke_ms": 5200,
    "hands": 1,
    "messages": 0,
    "at_screen_of": null,
    "decided": {
      "status": "present",
      "reason": "автобус",
      "by": "Асель Нұрланқызы",
      "at_ms": 1700000500000
    },
    "dispute": "Мен ертерек келдім"
  },
  "now_ms": 1700000600000
} satisfies ServerMessage,
"presence": {
  "type": "presence",
  "changed": [
    {
      "id": 3,
      "name": "Дана Әбдірахманқызы",
      "role": "student",
      "state": "here",
      "microphone": false,
      "camera": false,
      "may_share": false,
      "may_speak": true,
      "floor": false,
      "hand_ms": 1795500095000
    },
    {
      "id": 2,
      "name": "Тимур",
      "role": "student",
      "state": "here",
      "microphone": true,
      "camera": true,
      "may_share": true,
      "may_speak": true,
      "floor": false,
      "hand_ms": null
    }
  ],
  "gone": [
    4
  ],
  "total": 3
} satisfies ServerMessage,
"programs": {
  "type": "programs",
  "key_made_ms": 1795500060000,
  "programs": [
    {
      "participant": 4,
      "publishes": true,
      "since_ms": 1795500090000
    },
    {
      "participant": 5,
      "publishes": false,
      "since_ms": 1795500095000
    }
  ]
} satisfies ServerMessage,
"programs-new_key": {
  "type": "programs",
  "key": "stream-0f1e2d3c4b5a69788796a5b4c3d2e1f0",
  "key_made_ms": 1795500060000,
  "programs": []
} satisfies ServerMessage,
"programs-none": {
  "type": "programs",
  "key_made_ms": null,
  "programs": []
} satisfies ServerMessage,
"removed": {
  "type": "removed",
  "people": [
    {
      "participant": 4,
      "name": "Гость",
      "at_ms": 1795500130000
    }
  ]
} satisfies ServerMessage,
"roll": {
  "type": "roll",
  "entries": [
    {
      "participant": 1,
      "name": "Айгүл Сәрсенова",
      "role": "teacher",
      "status": "here",
      "joined_ms": 1795500000000,
      "last_seen_ms": null,
      "present_ms": 600000,
      "times_away": 0,
      "rejoins": 0
    },
    {
      "participant": 2,
      "name": "Тимур",
      "role": "student",
      "status": "away",
      "joined_ms": 1795500030000,
      "last_seen_ms": 1795500500000,
      "present_ms": 470000,
      "times_away": 2,
      "rejoins": 1
    },
    {
      "participant": 3,
      "name": "Дана",
      "role": "student",
      "status": "left",
      "joined_ms": 1795500060000,
      "last_seen_ms": 1795500400000,
      "present_ms": 340000,
      "times_away": 0,
      "rejoins": 0
    }
  ]
} satisfies ServerMessage,
"rules": {
  "type": "rules",
  "microphones_locked": true,
  "lesson_locked": false,
  "lobby": true,
  "chat": "teachers_only",
  "paused": false
} satisfies ServerMessage,
"rules-paused": {
  "type": "rules",
  "microphones_locked": false,
  "lesson_locked": true,
  "lobby": true,
  "chat": "off",
  "paused": true
} satisfies ServerMessage,
"speaking": {
  "type": "speaking",
  "participants": [
    1,
    2
  ]
} satisfies ServerMessage,
"stage": {
  "type": "stage",
  "sharer": 1
} satisfies ServerMessage,
"stage-empty": {
  "type": "stage",
  "sharer": null
} satisfies ServerMessage,
"waiting": {
  "type": "waiting",
  "lesson": "Алгебра, 7 «Б»"
} satisfies ServerMessage,
"wanted": {
  "type": "wanted",
  "camera": [
    true,
    false,
    true
  ],
  "screen": [
    false
  ]
} satisfies ServerMessage,
"withheld": {"type":"withheld","cameras":[3,7],"screen":false} satisfies ServerMessage,
};

export const http = {
"create_lesson": {
  "name": "Алгебра, 7 «Б»"
} satisfies CreateLesson,
"created_lesson": {
  "code": "k7m-3xh-rp2",
  "join_url": "https://192.168.1.20:8443/l/k7m-3xh-rp2",
  "teacher_token": "q5Zr0y2tJmC8nV4wXb7KfA"
} satisfies CreatedLesson,
"lesson_info": {
  "code": "k7m-3xh-rp2",
  "name": "Алгебра, 7 «Б»",
  "join_url": "https://192.168.1.20:8443/l/k7m-3xh-rp2"
} satisfies LessonInfo,
"roll_change": {
  "type": "set",
  "line": "p7",
  "status": "excused",
  "reason": "ill"
} satisfies RollChange,
"roll_report": {
  "code": "k7m-3xh-rp2",
  "name": "Алгебра, 7 «Ә»",
  "rules": {
    "version": 1,
    "late_after_ms": 300000,
    "early_before_ms": 300000,
    "present_percent": 80,
    "partial_percent": 20,
    "technical_percent": 20,
    "journal": {
      "present": "",
      "late": "к",
      "left_early": "",
      "partial": "",
      "absent": "ж",
      "excused": "д",
      "ill": "а",
      "technical": "",
      "in_the_room": ""
    }
  },
  "head": {
    "started_ms": 1699999580000,
    "ended_ms": 1700002000000,
    "late_after_ms": 300000,
    "confirmed_ms": 1699999900000,
    "final_ms": null,
    "check": {
      "number": 1,
      "sent_ms": 1700000300000,
      "until_ms": 1700000360000,
      "asked": 27,
      "answered": 25
    }
  },
  "lines": [
    {
      "id": "p7",
      "name": "Айдана Серік",
      "participant": 2,
      "expected": true,
      "now": "here",
      "hearing_now": true,
      "status": "present",
      "measured": "late",
      "flags": [
        "late",
        "missed_check"
      ],
      "late_ms": 420000,
      "left_early_ms": 0,
      "first_seen_ms": 1700000000000,
      "last_seen_ms": null,
      "first_heard_ms": 1700000000500,
      "last_heard_ms": 1700000600000,
      "connected_ms": 600000,
      "heard_ms": 599500,
      "possible_ms": 1020000,
      "ours_ms": 0,
      "line_ms": 0,
      "device_ms": 500,
      "sessions": 1,
      "longest_gap_ms": 0,
      "checks_sent": 1,
      "checks_answered": 0,
      "check_missed_ms": 1700000300000,
      "spoke_ms": 5200,
      "hands": 1,
      "messages": 0,
      "at_screen_of": null,
      "decided": {
        "status": "present",
        "reason": "автобус",
        "by": "Асель Нұрланқызы",
        "at_ms": 1700000500000
      },
      "dispute": "Мен ертерек келдім"
    },
    {
      "id": "p8",
      "name": "Тимур",
      "participant": null,
      "expected": true,
      "now": null,
      "hearing_now": false,
      "status": "absent",
      "measured": "absent",
      "flags": [],
      "late_ms": 0,
      "left_early_ms": 0,
      "first_seen_ms": null,
      "last_seen_ms": null,
      "first_heard_ms": null,
      "last_heard_ms": null,
      "connected_ms": 0,
      "heard_ms": 0,
      "possible_ms": 1020000,
      "ours_ms": 0,
      "line_ms": 0,
      "device_ms": 0,
      "sessions": 0,
      "longest_gap_ms": 0,
      "checks_sent": 0,
      "checks_answered": 0,
      "check_missed_ms": null,
      "spoke_ms": 0,
      "hands": 0,
      "messages": 0,
      "at_screen_of": null,
      "decided": null,
      "dispute": null
    }
  ],
  "sessions": [
    {
      "line": "p7",
      "name": "Айдана Серік",
      "from_ms": 1700000000000,
      "to_ms": 1700000600000,
      "heard_ms": 599500,
      "end": "left"
    }
  ],
  "has_evidence": true,
  "as_of_ms": 1700002000000
} satisfies RollReport,
"server_info": {
  "protocol_version": 1,
  "server_version": "0.0.0",
  "video_codec": "vp9"
} satisfies ServerInfo,
};
