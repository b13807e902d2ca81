//! Who may do what: one table, standing × action, denying by default.
//!
//! Invariant: the table's lines and the `match`es here are exhaustive without a wildcard, so neither
//! a new message nor a new action compiles before somebody has written down who may.

use homeroom_protocol::{Action, Audience, ChatMode, ClientMessage, ParticipantId, Role};

/// Where somebody stands among the people of a lesson, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Looks on.
    Observer,
    /// Attends.
    Student,
    /// Helps to give the lesson.
    Assistant,
    /// Gives it with its owner.
    Teacher,
    /// Whose lesson it is: nobody puts them out or turns their microphone off.
    Owner,
}

impl Standing {
    /// Of a role; an owner is a teacher.
    #[must_use]
    pub const fn of(role: Role, owns: bool) -> Self {
        match role {
            Role::Teacher if owns => Self::Owner,
            Role::Teacher => Self::Teacher,
            Role::Assistant => Self::Assistant,
            Role::Student => Self::Student,
            Role::Observer => Self::Observer,
        }
    }

    /// Whether they stand above somebody; those who look on are nobody's equals but each other's.
    #[must_use]
    pub const fn is_above(self, other: Self) -> bool {
        self.rank() > other.rank()
    }

    /// Whether they keep a lesson going.
    #[must_use]
    pub const fn is_adult(self) -> bool {
        self.rank() > 0
    }

    const fn rank(self) -> u8 {
        match self {
            Self::Observer | Self::Student => 0,
            Self::Assistant => 1,
            Self::Teacher => 2,
            Self::Owner => 3,
        }
    }
}

/// The table's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Always.
    Always,
    /// To those who stand below.
    Below,
    /// After somebody allowed this person to share.
    IfShareAllowed,
    /// Unless microphones are locked and this person has not the floor.
    IfNotLocked,
    /// While an adult is here and students may write to everyone.
    IfChatOpen,
    /// While students may write to the teachers.
    IfChatOn,
    /// Never.
    Never,
}

/// What of the lesson and of a person the rules ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Somebody allowed this person to share.
    pub share_allowed: bool,
    /// Microphones are locked.
    pub microphones_locked: bool,
    /// This person has the floor.
    pub has_floor: bool,
    /// Who may write.
    pub chat: ChatMode,
    /// No adult is here.
    pub paused: bool,
}

macro_rules! table {
    ($($action:ident: $owner:ident $teacher:ident $assistant:ident $student:ident $observer:ident,)*) => {
        /// The table.
        #[must_use]
        pub const fn rule(standing: Standing, action: Action) -> Rule {
            use Rule::{Always, Below, IfChatOn, IfChatOpen, IfNotLocked, IfShareAllowed, Never};
            let (owner, teacher, assistant, student, observer) = match action {
                $(Action::$action => ($owner, $teacher, $assistant, $student, $observer),)*
            };
            match standing {
                Standing::Owner => owner,
                Standing::Teacher => teacher,
                Standing::Assistant => assistant,
                Standing::Student => student,
                Standing::Observer => observer,
            }
        }

        #[cfg(test)]
        pub(crate) const ACTIONS: &[Action] = &[$(Action::$action),*];
    };
}

table! {
    //                Owner  Teacher Assistant Student      Observer
    Receive:          Always Always Always Always         Always,
    SendMedia:        Always Always Always Always         Never,
    Speak:            Always Always Always IfNotLocked    Never,
    ShareScreen:      Always Always Always IfShareAllowed Never,
    TakeStage:        Always Always Below  Never          Never,
    RaiseHand:        Always Always Always Always         Never,
    AllowShare:       Below  Below  Below  Never          Never,
    SeeRoll:          Always Always Always Never          Never,
    OwnRoll:          Always Always Always Always         Never,
    KeepRoll:         Always Always Always Never          Never,
    Mute:             Below  Below  Below  Never          Never,
    MuteAll:          Always Always Always Never          Never,
    LockMicrophones:  Always Always Always Never          Never,
    GiveFloor:        Below  Below  Below  Never          Never,
    LowerHand:        Below  Below  Below  Never          Never,
    LowerAllHands:    Always Always Always Never          Never,
    Remove:           Below  Below  Below  Never          Never,
    Readmit:          Always Always Always Never          Never,
    LockLesson:       Always Always Always Never          Never,
    SetLobby:         Always Always Always Never          Never,
    KeepDoor:         Always Always Always Never          Never,
    Chat:             Always Always Always IfChatOpen     Never,
    ChatToTeachers:   Always Always Always IfChatOn       Never,
    ReadTeachersChat: Always Always Always Never          Never,
    DeleteChat:       Always Always Below  Never          Never,
    SetChat:          Always Always Always Never          Never,
    KeepPrograms:     Always Always Never  Never          Never,
    Leave:            Always Always Always Always         Always,
    EndLesson:        Always Always Never  Never          Never,
}

/// Whether somebody may, for a rule that asks for `Below` without anybody in mind: may at all.
#[must_use]
pub const fn may(standing: Standing, action: Action, facts: &Facts) -> bool {
    match rule(standing, action) {
        Rule::Always | Rule::Below => true,
        Rule::IfShareAllowed => facts.share_allowed,
        Rule::IfNotLocked => !facts.microphones_locked || facts.has_floor,
        Rule::IfChatOpen => !facts.paused && matches!(facts.chat, ChatMode::Everyone),
        Rule::IfChatOn => !matches!(facts.chat, ChatMode::Off),
        Rule::Never => false,
    }
}

/// Whether somebody may do it to somebody who stands there.
#[must_use]
pub const fn may_to(standing: Standing, action: Action, facts: &Facts, other: Standing) -> bool {
    match rule(standing, action) {
        Rule::Below => standing.is_above(other),
        Rule::Always
        | Rule::IfShareAllowed
        | Rule::IfNotLocked
        | Rule::IfChatOpen
        | Rule::IfChatOn
        | Rule::Never => may(standing, action, facts),
    }
}

/// The action behind a message of somebody who has a seat; `None` for `join`, which asks for one.
#[must_use]
pub const fn action_of(message: &ClientMessage) -> Option<Action> {
    Some(match message {
        ClientMessage::Join(_) => return None,
        ClientMessage::RenewMedia { .. }
        | ClientMessage::Watch { .. }
        | ClientMessage::Playing { .. } => Action::Receive,
        ClientMessage::SetMedia { .. } => Action::SendMedia,
        ClientMessage::RaiseHand { .. } => Action::RaiseHand,
        ClientMessage::AllowShare { .. } => Action::AllowShare,
        ClientMessage::AnswerCheck { .. }
        | ClientMessage::SeveralHere { .. }
        | ClientMessage::MyRoll
        | ClientMessage::DisputeRoll { .. } => Action::OwnRoll,
        ClientMessage::StartCheck { .. }
        | ClientMessage::SetAttendance { .. }
        | ClientMessage::MarkInRoom { .. }
        | ClientMessage::ConfirmRoll
        | ClientMessage::BeginLesson => Action::KeepRoll,
        ClientMessage::Mute { .. } => Action::Mute,
        ClientMessage::MuteAll => Action::MuteAll,
        ClientMessage::LockMicrophones { .. } => Action::LockMicrophones,
        ClientMessage::GiveFloor { .. } => Action::GiveFloor,
        ClientMessage::LowerHand { .. } => Action::LowerHand,
        ClientMessage::LowerAllHands => Action::LowerAllHands,
        ClientMessage::Remove { .. } => Action::Remove,
        ClientMessage::Readmit { .. } => Action::Readmit,
        ClientMessage::LockLesson { .. } => Action::LockLesson,
        ClientMessage::SetLobby { .. } => Action::SetLobby,
        ClientMessage::Admit { .. } | ClientMessage::TurnAway { .. } => Action::KeepDoor,
        ClientMessage::Chat { to, .. } => match to {
            Audience::Everyone => Action::Chat,
            Audience::Teachers => Action::ChatToTeachers,
        },
        ClientMessage::DeleteChat { .. } => Action::DeleteChat,
        ClientMessage::SetChat { .. } => Action::SetChat,
        ClientMessage::Programs { .. } => Action::KeepPrograms,
        ClientMessage::Leave => Action::Leave,
        ClientMessage::EndLesson => Action::EndLesson,
    })
}

/// Whom a message is about, where the table asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Nobody else.
    Nobody,
    /// Somebody in the lesson.
    Participant(ParticipantId),
    /// Whoever wrote this message of the chat.
    AuthorOf(u32),
}

/// Whom a message is about.
#[must_use]
pub const fn subject_of(message: &ClientMessage) -> Subject {
    match message {
        ClientMessage::AllowShare { participant, .. }
        | ClientMessage::Mute { participant }
        | ClientMessage::GiveFloor { participant, .. }
        | ClientMessage::LowerHand { participant }
        | ClientMessage::Remove { participant }
        | ClientMessage::Readmit { participant } => Subject::Participant(*participant),
        ClientMessage::DeleteChat { number } => Subject::AuthorOf(*number),
        ClientMessage::Join(_)
        | ClientMessage::RenewMedia { .. }
        | ClientMessage::Watch { .. }
        | ClientMessage::SetMedia { .. }
        | ClientMessage::RaiseHand { .. }
        | ClientMessage::Playing { .. }
        | ClientMessage::AnswerCheck { .. }
        | ClientMessage::SeveralHere { .. }
        | ClientMessage::MyRoll
        | ClientMessage::DisputeRoll { .. }
        | ClientMessage::StartCheck { .. }
        | ClientMessage::SetAttendance { .. }
        | ClientMessage::MarkInRoom { .. }
        | ClientMessage::ConfirmRoll
        | ClientMessage::BeginLesson
        | ClientMessage::MuteAll
        | ClientMessage::LockMicrophones { .. }
        | ClientMessage::LowerAllHands
        | ClientMessage::LockLesson { .. }
        | ClientMessage::SetLobby { .. }
        | ClientMessage::Admit { .. }
        | ClientMessage::TurnAway { .. }
        | ClientMessage::Chat { .. }
        | ClientMessage::SetChat { .. }
        | ClientMessage::Programs { .. }
        | ClientMessage::Leave
        | ClientMessage::EndLesson => Subject::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BARE: Facts = Facts {
        share_allowed: false,
        microphones_locked: true,
        has_floor: false,
        chat: ChatMode::Off,
        paused: true,
    };

    #[test]
    fn whoever_looks_on_only_looks_on() {
        for action in ACTIONS {
            let allowed = matches!(action, Action::Receive | Action::Leave);
            assert_eq!(
                may(Standing::Observer, *action, &BARE),
                allowed,
                "{action:?}"
            );
        }
    }

    #[test]
    fn nobody_reaches_an_owner_or_an_equal() {
        let all = [
            Standing::Observer,
            Standing::Student,
            Standing::Assistant,
            Standing::Teacher,
            Standing::Owner,
        ];
        for one in all {
            for action in [Action::Mute, Action::Remove, Action::GiveFloor] {
                assert!(!may_to(one, action, &BARE, one), "{one:?} {action:?}");
                let owner = Standing::Owner;
                assert!(!may_to(one, action, &BARE, owner), "{one:?} {action:?}");
            }
        }
    }

    #[test]
    fn what_a_student_may_hangs_on_the_facts() {
        let student = |action, facts: Facts| may(Standing::Student, action, &facts);
        let open = Facts {
            chat: ChatMode::Everyone,
            paused: false,
            ..BARE
        };
        let teachers = Facts {
            chat: ChatMode::TeachersOnly,
            ..open
        };
        let table = [
            (Action::ShareScreen, BARE, false),
            (
                Action::ShareScreen,
                Facts {
                    share_allowed: true,
                    ..BARE
                },
                true,
            ),
            (Action::Speak, BARE, false),
            (
                Action::Speak,
                Facts {
                    has_floor: true,
                    ..BARE
                },
                true,
            ),
            (
                Action::Speak,
                Facts {
                    microphones_locked: false,
                    ..BARE
                },
                true,
            ),
            (Action::Chat, open, true),
            (
                Action::Chat,
                Facts {
                    paused: true,
                    ..open
                },
                false,
            ),
            (Action::Chat, teachers, false),
            (Action::ChatToTeachers, teachers, true),
            (
                Action::ChatToTeachers,
                Facts {
                    paused: true,
                    ..teachers
                },
                true,
            ),
            (Action::ChatToTeachers, BARE, false),
        ];
        for (action, facts, expected) in table {
            assert_eq!(student(action, facts), expected, "{action:?} {facts:?}");
        }
    }
}
