//! Who may do what: one table, role × action, denying by default.
//!
//! Invariant: both `match`es below are exhaustive without a wildcard, so neither a new message nor
//! a new action compiles before somebody has written down who may.

use homeroom_protocol::{ClientMessage, Role};

/// What a person in a lesson can try to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Choose which cameras the page shows.
    Watch,
    /// Send microphone and camera.
    SendMedia,
    /// Share a screen.
    ShareScreen,
    /// Take over while somebody else shares.
    TakeStage,
    /// Raise or lower the own hand.
    RaiseHand,
    /// Let a student share.
    AllowShare,
    /// Read the roll.
    SeeRoll,
    /// Say whether the page plays, answer a check, read and dispute the own line.
    OwnRoll,
    /// Decide on attendance, and ask who is there.
    KeepRoll,
    /// Go.
    Leave,
    /// End the lesson for everybody.
    EndLesson,
}

/// The table's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Always.
    Allowed,
    /// After a teacher allowed this person.
    WhenGranted,
    /// Never.
    Denied,
}

/// The table.
#[must_use]
pub const fn rule(role: Role, action: Action) -> Rule {
    use Rule::{Allowed, Denied, WhenGranted};
    let (teacher, student) = match action {
        Action::Watch => (Allowed, Allowed),
        Action::SendMedia => (Allowed, Allowed),
        Action::ShareScreen => (Allowed, WhenGranted),
        Action::TakeStage => (Allowed, Denied),
        Action::RaiseHand => (Allowed, Allowed),
        Action::AllowShare => (Allowed, Denied),
        Action::SeeRoll => (Allowed, Denied),
        Action::OwnRoll => (Allowed, Allowed),
        Action::KeepRoll => (Allowed, Denied),
        Action::Leave => (Allowed, Allowed),
        Action::EndLesson => (Allowed, Denied),
    };
    match role {
        Role::Teacher => teacher,
        Role::Student => student,
    }
}

/// Whether this role, with or without a grant, may.
#[must_use]
pub const fn may(role: Role, action: Action, granted: bool) -> bool {
    match rule(role, action) {
        Rule::Allowed => true,
        Rule::WhenGranted => granted,
        Rule::Denied => false,
    }
}

/// The action behind a message of somebody who has a seat; `None` for `join`, which asks for one.
#[must_use]
pub const fn action_of(message: &ClientMessage) -> Option<Action> {
    match message {
        ClientMessage::Join(_) => None,
        ClientMessage::RenewMedia { .. } | ClientMessage::SetMedia { .. } => {
            Some(Action::SendMedia)
        }
        ClientMessage::Watch { .. } => Some(Action::Watch),
        ClientMessage::RaiseHand { .. } => Some(Action::RaiseHand),
        ClientMessage::AllowShare { .. } => Some(Action::AllowShare),
        ClientMessage::Playing { .. }
        | ClientMessage::AnswerCheck { .. }
        | ClientMessage::SeveralHere { .. }
        | ClientMessage::MyRoll
        | ClientMessage::DisputeRoll { .. } => Some(Action::OwnRoll),
        ClientMessage::StartCheck { .. }
        | ClientMessage::SetAttendance { .. }
        | ClientMessage::MarkInRoom { .. }
        | ClientMessage::ConfirmRoll
        | ClientMessage::BeginLesson => Some(Action::KeepRoll),
        ClientMessage::Leave => Some(Action::Leave),
        ClientMessage::EndLesson => Some(Action::EndLesson),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_get_what_the_table_says_and_no_more() {
        let table = [
            (Action::Watch, true, true),
            (Action::SendMedia, true, true),
            (Action::ShareScreen, false, true),
            (Action::TakeStage, false, false),
            (Action::RaiseHand, true, true),
            (Action::AllowShare, false, false),
            (Action::SeeRoll, false, false),
            (Action::OwnRoll, true, true),
            (Action::KeepRoll, false, false),
            (Action::Leave, true, true),
            (Action::EndLesson, false, false),
        ];
        for (action, plain, granted) in table {
            assert_eq!(may(Role::Student, action, false), plain, "{action:?}");
            assert_eq!(
                may(Role::Student, action, true),
                granted,
                "{action:?} granted"
            );
            assert!(may(Role::Teacher, action, false), "{action:?} of a teacher");
        }
    }
}
