/**
 * The fixtures of `crates/protocol/fixtures/school`, each checked by the compiler against its type.
 *
 * Generated: do not edit. After a change in `crates/protocol` run
 * `UPDATE=1 cargo test -p homeroom-protocol --test typescript`.
 */
import type * as school from "./school-protocol";

export const accept_invitation_body = {
  "token": "9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90",
  "name": "Гүлнар Омарова",
  "login": "omarova",
  "password": "correct horse battery"
} satisfies school.AcceptInvitation;
export const api_token_body = {
  "id": 3120394857610277,
  "name": "Kundelik",
  "scopes": [
    "people:read",
    "rolls:read"
  ],
  "created_ms": 1789000000000,
  "expires_ms": null,
  "revoked_ms": null
} satisfies school.ApiToken;
export const api_tokens_body = {
  "tokens": [
    {
      "id": 3120394857610277,
      "name": "Kundelik",
      "scopes": [
        "people:read",
        "rolls:read"
      ],
      "created_ms": 1789000000000,
      "expires_ms": null,
      "revoked_ms": null
    }
  ]
} satisfies school.ApiTokens;
export const audit_line_body = {
  "number": 17,
  "at_ms": 1790000000000,
  "actor": "person:5120394857610233",
  "action": "lesson.start",
  "subject": "class:77120394857613",
  "detail": "k7m-3xh-rp2",
  "hash": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
} satisfies school.AuditLine;
export const audit_page_body = {
  "lines": [
    {
      "number": 17,
      "at_ms": 1790000000000,
      "actor": "person:5120394857610233",
      "action": "lesson.start",
      "subject": "class:77120394857613",
      "detail": "k7m-3xh-rp2",
      "hash": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    }
  ],
  "next": "16"
} satisfies school.AuditPage;
export const audit_verification_body = {
  "lines": 17,
  "first_broken": 12
} satisfies school.AuditVerification;
export const change_class_body = {
  "name": "10 Ә",
  "subject": "Физика",
  "external_id": "10A-PHYS",
  "archived": false
} satisfies school.ChangeClass;
export const change_password_body = {
  "old": "correct horse battery",
  "new": "staple of the correct horse"
} satisfies school.ChangePassword;
export const change_person_body = {
  "name": "Серік Ахметұлы",
  "external_id": "",
  "disabled": false
} satisfies school.ChangePerson;
export const class_body = {
  "id": 77120394857613,
  "name": "9 Ә",
  "subject": "Физика",
  "external_id": null,
  "created_ms": 1789000000000,
  "archived_ms": null,
  "students": 30,
  "staff": [
    {
      "person": 5120394857610233,
      "name": "Гүлнар Омарова",
      "role": "teacher"
    }
  ]
} satisfies school.Class;
export const class_history_body = {
  "rolls": [
    {
      "lesson": {
        "code": "k7m-3xh-rp2",
        "name": "9 Ә, Физика",
        "class": 77120394857613,
        "teacher": 5120394857610233,
        "started_ms": 1790000000000,
        "ended_ms": 1790002700000
      },
      "report": {
        "code": "k7m-3xh-rp2",
        "name": "9 Ә, Физика",
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
          }
        ],
        "sessions": [],
        "has_evidence": true,
        "as_of_ms": 1700002000000
      }
    }
  ],
  "next": null
} satisfies school.ClassHistory;
export const class_lesson_body = {
  "code": "k7m-3xh-rp2",
  "name": "9 Ә, Физика",
  "class": 77120394857613,
  "teacher": 5120394857610233,
  "started_ms": 1790000000000,
  "ended_ms": null
} satisfies school.ClassLesson;
export const class_lessons_body = {
  "lessons": [
    {
      "code": "k7m-3xh-rp2",
      "name": "9 Ә, Физика",
      "class": 77120394857613,
      "teacher": 5120394857610233,
      "started_ms": 1790000000000,
      "ended_ms": 1790002700000
    }
  ],
  "next": null
} satisfies school.ClassLessons;
export const classes_body = {
  "classes": [
    {
      "id": 77120394857613,
      "name": "9 Ә",
      "subject": "Физика",
      "external_id": null,
      "created_ms": 1789000000000,
      "archived_ms": null,
      "students": 30,
      "staff": [
        {
          "person": 5120394857610233,
          "name": "Гүлнар Омарова",
          "role": "teacher"
        }
      ]
    }
  ],
  "next": null
} satisfies school.Classes;
export const created_api_token_body = {
  "token": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
  "about": {
    "id": 3120394857610277,
    "name": "Kundelik",
    "scopes": [
      "people:read",
      "rolls:read"
    ],
    "created_ms": 1789000000000,
    "expires_ms": null,
    "revoked_ms": null
  }
} satisfies school.CreatedApiToken;
export const exchange_link_body = {
  "token": "9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90"
} satisfies school.ExchangeLink;
export const invitation_body = {
  "person": 5120394857610233,
  "url": "https://school.example/school#invite=9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90",
  "qr": {
    "size": 33,
    "path": "M4 4h7v1h-7z"
  },
  "expires_ms": 1790600000000
} satisfies school.Invitation;
export const invitation_info_body = {
  "kind": "teacher",
  "name": "Гүлнар Омарова",
  "login": null,
  "school": "№ 12 мектеп",
  "language": "kk"
} satisfies school.InvitationInfo;
export const join_ticket_body = {
  "ticket": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
  "expires_ms": 1790000120000,
  "lesson": "k7m-3xh-rp2",
  "name": "Гүлнар Омарова",
  "role": "teacher"
} satisfies school.JoinTicket;
export const lesson_roll_body = {
  "lesson": {
    "code": "k7m-3xh-rp2",
    "name": "9 Ә, Физика",
    "class": 77120394857613,
    "teacher": 5120394857610233,
    "started_ms": 1790000000000,
    "ended_ms": null
  },
  "report": {
    "code": "k7m-3xh-rp2",
    "name": "9 Ә, Физика",
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
  }
} satisfies school.LessonRoll;
export const link_sheet_body = {
  "class": 77120394857613,
  "class_name": "9 Ә",
  "links": [
    {
      "person": 4120394857610211,
      "number": 1,
      "name": "Әлия Нұрланқызы",
      "url": "https://school.example/me#9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90",
      "qr": {
        "size": 33,
        "path": "M4 4h7v1h-7z"
      }
    }
  ]
} satisfies school.LinkSheet;
export const log_in_body = {
  "login": "omarova",
  "password": "correct horse battery"
} satisfies school.LogIn;
export const logged_in_body = {
  "token": "0a1b2c3d4e5f60718293a4b5c6d7e8f9",
  "expires_ms": 1790043200000,
  "me": {
    "person": 5120394857610233,
    "name": "Гүлнар Омарова",
    "kind": "teacher",
    "login": "omarova",
    "school": "№ 12 мектеп",
    "language": "kk",
    "classes": [
      {
        "id": 77120394857613,
        "name": "9 Ә",
        "subject": "Физика",
        "role": "teacher",
        "lessons": [
          {
            "code": "k7m-3xh-rp2",
            "name": "9 Ә, Физика",
            "started_ms": 1790000000000
          }
        ]
      }
    ]
  }
} satisfies school.LoggedIn;
export const look_at_invitation_body = {
  "token": "9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90"
} satisfies school.LookAtInvitation;
export const make_links_body = {
  "persons": [
    4120394857610211
  ],
  "only_without": false,
  "end_devices": false
} satisfies school.MakeLinks;
export const me_body = {
  "person": 5120394857610233,
  "name": "Гүлнар Омарова",
  "kind": "teacher",
  "login": "omarova",
  "school": "№ 12 мектеп",
  "language": "kk",
  "classes": [
    {
      "id": 77120394857613,
      "name": "9 Ә",
      "subject": "Физика",
      "role": "teacher",
      "lessons": [
        {
          "code": "k7m-3xh-rp2",
          "name": "9 Ә, Физика",
          "started_ms": 1790000000000
        }
      ]
    }
  ]
} satisfies school.Me;
export const new_api_token_body = {
  "name": "Kundelik",
  "scopes": [
    "people:read",
    "people:write",
    "classes:read",
    "classes:write",
    "lessons:read",
    "rolls:read",
    "rolls:export",
    "audit:read"
  ],
  "days": 365
} satisfies school.NewApiToken;
export const new_class_body = {
  "name": "9 Ә",
  "subject": "Физика",
  "external_id": "9A-PHYS"
} satisfies school.NewClass;
export const new_invitation_body = {
  "kind": "teacher",
  "name": "Гүлнар Омарова"
} satisfies school.NewInvitation;
export const new_person_body = {
  "name": "Серік Ахметов",
  "kind": "teacher",
  "login": "akhmetov",
  "password": "correct horse battery",
  "external_id": "T-4"
} satisfies school.NewPerson;
export const paste_roster_body = {
  "text": "Әлия Нұрланқызы;2026-017\nТимур Ким\n",
  "remove_missing": false,
  "check_only": true
} satisfies school.PasteRoster;
export const people_body = {
  "people": [
    {
      "id": 4120394857610211,
      "name": "Әлия Нұрланқызы",
      "kind": "student",
      "login": null,
      "external_id": "2026-017",
      "created_ms": 1789000000000,
      "disabled_ms": null,
      "invited_until_ms": null,
      "link": "used"
    }
  ],
  "next": "eyJuYW1lIjoi"
} satisfies school.People;
export const person_body = {
  "id": 4120394857610211,
  "name": "Әлия Нұрланқызы",
  "kind": "student",
  "login": null,
  "external_id": "2026-017",
  "created_ms": 1789000000000,
  "disabled_ms": null,
  "invited_until_ms": null,
  "link": "used"
} satisfies school.Person;
export const personal_link_body = {
  "person": 4120394857610211,
  "number": 0,
  "name": "Әлия Нұрланқызы",
  "url": "https://school.example/me#9f2c4e6a8b0d1f3e5a7c9b1d3f5e7a90",
  "qr": {
    "size": 33,
    "path": "M4 4h7v1h-7z"
  }
} satisfies school.PersonalLink;
export const problem_body = {
  "status": 403,
  "code": "not_allowed",
  "detail": "this person may not do that"
} satisfies school.Problem;
export const problem_lines_body = {
  "status": 422,
  "code": "bad_lines",
  "detail": "lines of the roster cannot be read",
  "lines": [
    {
      "line": 3,
      "problem": "no_name"
    },
    {
      "line": 7,
      "problem": "name_too_long"
    }
  ]
} satisfies school.Problem;
export const roster_body = {
  "students": [
    {
      "person": 4120394857610211,
      "number": 1,
      "name": "Әлия Нұрланқызы",
      "external_id": "2026-017",
      "link": "unused"
    }
  ]
} satisfies school.Roster;
export const roster_change_body = {
  "added": [
    {
      "line": 2,
      "name": "Тимур Ким"
    }
  ],
  "unchanged": 0,
  "renamed": [
    {
      "person": 4120394857610211,
      "from": "Алия Нурланкызы",
      "to": "Әлия Нұрланқызы"
    }
  ],
  "missing": [
    {
      "person": 4120394857610299,
      "number": 2,
      "name": "Иван Петров",
      "external_id": null,
      "link": "none"
    }
  ],
  "missing_removed": false,
  "repeated": [
    {
      "line": 3,
      "name": "Тимур Ким"
    }
  ],
  "namesakes": [
    {
      "line": 2,
      "name": "Тимур Ким"
    }
  ],
  "students": 3
} satisfies school.RosterChange;
export const school_info_body = {
  "name": "№ 12 мектеп",
  "language": "kk",
  "adhoc_lessons": true
} satisfies school.SchoolInfo;
export const school_settings_body = {
  "name": "№ 12 мектеп",
  "language": "kk",
  "adhoc_lessons": true,
  "device_days": 300,
  "evidence_days": 30,
  "roll_rules": {
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
  }
} satisfies school.SchoolSettings;
export const set_staff_body = {
  "role": "assistant"
} satisfies school.SetStaff;
export const start_lesson_body = {
  "name": "Бақылау жұмысы"
} satisfies school.StartLesson;
export const student_history_body = {
  "rolls": [
    {
      "lesson": {
        "code": "k7m-3xh-rp2",
        "name": "9 Ә, Физика",
        "class": 77120394857613,
        "teacher": 5120394857610233,
        "started_ms": 1790000000000,
        "ended_ms": 1790002700000
      },
      "line": null
    }
  ],
  "next": "a1"
} satisfies school.StudentHistory;
export const student_roll_body = {
  "lesson": {
    "code": "k7m-3xh-rp2",
    "name": "9 Ә, Физика",
    "class": 77120394857613,
    "teacher": 5120394857610233,
    "started_ms": 1790000000000,
    "ended_ms": 1790002700000
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
  }
} satisfies school.StudentRoll;
