//! Every right of everybody: who × what, in their own room and in another, through the room itself.
//!
//! The table says who may; here each attempt is made, and must either be carried out, or answered with
//! `not_allowed` that names it, the room being afterwards what it was before.

use super::class::{class_lesson, person};
use super::*;
use crate::rights::ACTIONS;
use crate::rights::{Rule, Standing, rule};
use homeroom_protocol::{Audience, ChatMode, WaitingId};

/// Who tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Actor {
    Owner,
    SecondTeacher,
    Assistant,
    Observer,
    Student,
    StudentWithShare,
    StudentWithFloor,
    Guest,
    Waiting,
    Removed,
    /// Left, and speaks on the socket of before.
    Left,
    /// Owns another room, and has no seat in this one.
    OwnerElsewhere,
}

const ACTORS: [Actor; 12] = [
    Actor::Owner,
    Actor::SecondTeacher,
    Actor::Assistant,
    Actor::Observer,
    Actor::Student,
    Actor::StudentWithShare,
    Actor::StudentWithFloor,
    Actor::Guest,
    Actor::Waiting,
    Actor::Removed,
    Actor::Left,
    Actor::OwnerElsewhere,
];

impl Actor {
    /// The socket, which is also the number of the seat of those who have one.
    fn session(self) -> u64 {
        1 + ACTORS
            .iter()
            .position(|actor| *actor == self)
            .expect("is one") as u64
    }

    fn id(self) -> ParticipantId {
        ParticipantId(u32::try_from(self.session()).expect("fits"))
    }

    /// Where they stand; `None` for those who have no place inside.
    fn standing(self) -> Option<Standing> {
        match self {
            Self::Owner => Some(Standing::Owner),
            Self::SecondTeacher => Some(Standing::Teacher),
            Self::Assistant => Some(Standing::Assistant),
            Self::Observer => Some(Standing::Observer),
            Self::Student | Self::StudentWithShare | Self::StudentWithFloor | Self::Guest => {
                Some(Standing::Student)
            }
            Self::Waiting | Self::Removed | Self::Left | Self::OwnerElsewhere => None,
        }
    }
}

/// A lesson with all of them: microphones locked, chat to the teachers, somebody else at the front of
/// the stage.
fn lesson() -> Plan {
    let mut plan = Plan::open(&class_lesson());
    let known = [
        (Actor::Owner, 100, Role::Teacher),
        (Actor::SecondTeacher, 101, Role::Teacher),
        (Actor::Assistant, 102, Role::Assistant),
        (Actor::Observer, 103, Role::Observer),
        (Actor::Student, 104, Role::Student),
        (Actor::StudentWithShare, 105, Role::Student),
        (Actor::StudentWithFloor, 106, Role::Student),
    ];
    for (actor, number, role) in known {
        let name = format!("{actor:?}");
        plan.join_as(actor.session(), person(number, &name, role), student(""));
        assert_eq!(plan.joined(actor.session()).you, actor.id());
    }
    plan.say(1, ClientMessage::SetLobby { on: false });
    plan.join(Actor::Guest.session(), student("Guest"));
    plan.say(1, ClientMessage::SetLobby { on: true });
    // The waiting take no number; keep those of the others equal to their sockets.
    plan.room.seats.insert(
        Actor::Waiting.id(),
        Seat::new(
            Actor::Waiting.id(),
            "nobody".into(),
            Role::Student,
            TokenHash::of("nobody"),
            0,
        ),
    );
    plan.join(Actor::Waiting.session(), student("Waiting"));
    for (actor, number) in [(Actor::Removed, 107), (Actor::Left, 108)] {
        let name = format!("{actor:?}");
        let identity = person(number, &name, Role::Student);
        plan.join_as(actor.session(), identity, student(""));
        assert_eq!(plan.joined(actor.session()).you, actor.id());
    }
    let participant = Actor::Removed.id();
    plan.say(1, ClientMessage::Remove { participant });
    plan.say(Actor::Left.session(), ClientMessage::Leave);
    plan.say(1, allow(Actor::StudentWithShare.id(), true));
    plan.say(1, ClientMessage::LockMicrophones { locked: true });
    let participant = Actor::StudentWithFloor.id();
    let given = true;
    plan.say(1, ClientMessage::GiveFloor { participant, given });
    let text = "rude".to_owned();
    let to = Audience::Teachers;
    plan.say(Actor::Guest.session(), ClientMessage::Chat { text, to });
    let mode = ChatMode::TeachersOnly;
    plan.say(1, ClientMessage::SetChat { mode });
    plan.settle();
    plan
}

/// The message that tries it, on somebody where the action is about somebody.
fn attempt(action: Action, on: ParticipantId) -> Option<ClientMessage> {
    let participant = on;
    Some(match action {
        Action::Receive => ClientMessage::Watch {
            slots: vec![Some(on)],
            heights: Vec::new(),
        },
        // Seen in what others do: there is no message of its own.
        Action::SeeRoll | Action::ReadTeachersChat => return None,
        Action::SendMedia => ClientMessage::SetMedia {
            microphone: false,
            camera: true,
            screen: false,
        },
        Action::Speak => ClientMessage::SetMedia {
            microphone: true,
            camera: false,
            screen: false,
        },
        Action::ShareScreen | Action::TakeStage => screen(true),
        Action::RaiseHand => ClientMessage::RaiseHand { raised: true },
        Action::AllowShare => allow(on, true),
        Action::OwnRoll => ClientMessage::MyRoll,
        Action::KeepRoll => ClientMessage::ConfirmRoll,
        Action::Mute => ClientMessage::Mute { participant },
        Action::MuteAll => ClientMessage::MuteAll,
        Action::LockMicrophones => ClientMessage::LockMicrophones { locked: false },
        Action::GiveFloor => ClientMessage::GiveFloor {
            participant,
            given: true,
        },
        Action::LowerHand => ClientMessage::LowerHand { participant },
        Action::LowerAllHands => ClientMessage::LowerAllHands,
        Action::Remove => ClientMessage::Remove { participant },
        Action::Readmit => ClientMessage::Readmit {
            participant: Actor::Removed.id(),
        },
        Action::LockLesson => ClientMessage::LockLesson { locked: true },
        Action::SetLobby => ClientMessage::SetLobby { on: false },
        Action::KeepDoor => ClientMessage::Admit {
            waiting: vec![WaitingId(1)],
        },
        Action::Chat => ClientMessage::Chat {
            text: "hello".into(),
            to: Audience::Everyone,
        },
        Action::ChatToTeachers => ClientMessage::Chat {
            text: "hello".into(),
            to: Audience::Teachers,
        },
        Action::DeleteChat => ClientMessage::DeleteChat { number: 1 },
        Action::SetChat => ClientMessage::SetChat {
            mode: ChatMode::Off,
        },
        Action::KeepPrograms => ClientMessage::Programs { new_key: true },
        Action::Leave => ClientMessage::Leave,
        Action::EndLesson => ClientMessage::EndLesson,
    })
}

/// Whether the table lets them, on that person.
fn may(actor: Actor, action: Action, on: Actor) -> bool {
    let Some(standing) = actor.standing() else {
        return false;
    };
    match rule(standing, action) {
        Rule::Always => true,
        Rule::Never => false,
        Rule::IfShareAllowed => actor == Actor::StudentWithShare,
        Rule::IfNotLocked => actor == Actor::StudentWithFloor,
        Rule::IfChatOpen => false,
        Rule::IfChatOn => true,
        Rule::Below => {
            let on = match action {
                // Who wrote the message, and whose stage it is.
                Action::DeleteChat => Actor::Guest,
                Action::TakeStage => Actor::StudentWithShare,
                _ => on,
            };
            on.standing().is_some_and(|below| standing.is_above(below))
        }
    }
}

/// What the room is, but for whether somebody may write again this second.
fn snapshot(plan: &Plan) -> String {
    format!("{:#?}", plan.room)
}

fn refusals(plan: &Plan, session: u64) -> Vec<Option<Action>> {
    let inbox = plan.inbox(session).iter();
    inbox
        .filter_map(|message| match message {
            ServerMessage::Error { code, refused, .. } if *code == ErrorCode::NotAllowed => {
                Some(*refused)
            }
            _ => None,
        })
        .collect()
}

fn check(actor: Actor, action: Action, on: Actor) {
    let Some(message) = attempt(action, on.id()) else {
        return;
    };
    let mut plan = lesson();
    if action == Action::TakeStage {
        // Whoever shares is an equal of students and below all staff.
        plan.say(Actor::StudentWithShare.session(), screen(true));
        plan.settle();
        // They share already, or cannot share at all: that is asked elsewhere.
        if actor == Actor::StudentWithShare || !may(actor, Action::ShareScreen, on) {
            return;
        }
    }
    let (before, journal) = (snapshot(&plan), plan.journal.len());
    plan.say(actor.session(), message);
    let what = format!("{actor:?} tries {action:?} on {on:?}");
    let refused = refusals(&plan, actor.session());
    if may(actor, action, on) {
        assert_eq!(refused, [], "{what}");
        return;
    }
    assert!(snapshot(&plan) == before, "{what}: something changed");
    assert_eq!(plan.journal.len(), journal, "{what}: something was written");
    assert_eq!(plan.media, [], "{what}: the SFU was told");
    let told: Vec<_> = plan.inboxes.keys().copied().collect();
    let has_socket = actor.standing().is_some() || actor == Actor::Waiting;
    // Whoever may send nothing at all is told that of each of it.
    let sends = matches!(action, Action::Speak | Action::ShareScreen);
    let sends_nothing = matches!(actor, Actor::Observer | Actor::Waiting);
    let named = if sends && sends_nothing {
        Action::SendMedia
    } else {
        action
    };
    if has_socket {
        assert_eq!(refused, [Some(named)], "{what}");
        assert_eq!(told, [SessionId(actor.session())], "{what}: others heard");
    } else {
        assert_eq!(told, [], "{what}: a socket that is nobody's was heard");
    }
}

#[test]
fn everybody_may_what_the_table_says_and_nothing_else() {
    let on = [
        Actor::Owner,
        Actor::SecondTeacher,
        Actor::Assistant,
        Actor::Observer,
        Actor::Student,
    ];
    for actor in ACTORS {
        for action in ACTIONS {
            for on in on {
                check(actor, *action, on);
            }
        }
    }
}

/// A token of another room's teacher, of a removed person and of nobody opens nothing here.
#[test]
fn nobody_comes_in_by_what_belongs_elsewhere() {
    let mut plan = lesson();
    let before = plan.room.seats.len();
    for (session, token, reason) in [
        (50, "teacher-of-another-room", ClosedReason::Error),
        (51, "seat-token-10", ClosedReason::Removed),
    ] {
        plan.join(session, with_token(student("Mallory"), token));
        assert_eq!(plan.closed[&SessionId(session)], reason);
    }
    plan.join(52, with_token(student(""), "seat-token-11"));
    assert_eq!(
        plan.joined(52).you,
        Actor::Left.id(),
        "whoever left may return"
    );
    assert_eq!(plan.room.seats.len(), before);
}
