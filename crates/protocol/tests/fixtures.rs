//! Every message has a fixture, and every fixture survives decode and encode unchanged.
//!
//! Invariant: a variant without a fixture fails here; TypeScript reads the same files
//! (`web-client/src/fixtures.test.ts`), so both sides agree on the bytes.

use homeroom_protocol::{
    ClientMessage, ClosedReason, CreateLesson, CreatedLesson, ErrorCode, LessonInfo, RollChange,
    RollReport, ServerInfo, ServerMessage, decode_client_message,
};
use serde::{Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;
use support::fixtures;

mod support;

/// Decoding and encoding again gives the same JSON, field for field.
fn round_trip<T: Serialize + DeserializeOwned>(name: &str, text: &str) -> T {
    let message: T = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
    let original: serde_json::Value = serde_json::from_str(text).expect("decoded just now");
    let again = serde_json::to_value(&message).expect("every message can be encoded");
    assert_eq!(original, again, "{name} changed on its way through Rust");
    message
}

/// Names of the client's variants. The match has no wildcard: a new variant must be added here,
/// and then to [`CLIENT_VARIANTS`], and then it needs a fixture.
fn client_variant(message: &ClientMessage) -> &'static str {
    match message {
        ClientMessage::Join(_) => "join",
        ClientMessage::RenewMedia { .. } => "renew_media",
        ClientMessage::Watch { .. } => "watch",
        ClientMessage::SetMedia { .. } => "set_media",
        ClientMessage::RaiseHand { .. } => "raise_hand",
        ClientMessage::AllowShare { .. } => "allow_share",
        ClientMessage::Playing { .. } => "playing",
        ClientMessage::AnswerCheck { .. } => "answer_check",
        ClientMessage::SeveralHere { .. } => "several_here",
        ClientMessage::MyRoll => "my_roll",
        ClientMessage::DisputeRoll { .. } => "dispute_roll",
        ClientMessage::StartCheck { .. } => "start_check",
        ClientMessage::SetAttendance { .. } => "set_attendance",
        ClientMessage::MarkInRoom { .. } => "mark_in_room",
        ClientMessage::ConfirmRoll => "confirm_roll",
        ClientMessage::BeginLesson => "begin_lesson",
        ClientMessage::Mute { .. } => "mute",
        ClientMessage::MuteAll => "mute_all",
        ClientMessage::LockMicrophones { .. } => "lock_microphones",
        ClientMessage::GiveFloor { .. } => "give_floor",
        ClientMessage::LowerHand { .. } => "lower_hand",
        ClientMessage::LowerAllHands => "lower_all_hands",
        ClientMessage::Remove { .. } => "remove",
        ClientMessage::Readmit { .. } => "readmit",
        ClientMessage::LockLesson { .. } => "lock_lesson",
        ClientMessage::SetLobby { .. } => "set_lobby",
        ClientMessage::Admit { .. } => "admit",
        ClientMessage::TurnAway { .. } => "turn_away",
        ClientMessage::Chat { .. } => "chat",
        ClientMessage::DeleteChat { .. } => "delete_chat",
        ClientMessage::SetChat { .. } => "set_chat",
        ClientMessage::Programs { .. } => "programs",
        ClientMessage::Leave => "leave",
        ClientMessage::EndLesson => "end_lesson",
    }
}

const CLIENT_VARIANTS: [&str; 34] = [
    "join",
    "renew_media",
    "watch",
    "set_media",
    "raise_hand",
    "allow_share",
    "playing",
    "answer_check",
    "several_here",
    "my_roll",
    "dispute_roll",
    "start_check",
    "set_attendance",
    "mark_in_room",
    "confirm_roll",
    "begin_lesson",
    "mute",
    "mute_all",
    "lock_microphones",
    "give_floor",
    "lower_hand",
    "lower_all_hands",
    "remove",
    "readmit",
    "lock_lesson",
    "set_lobby",
    "admit",
    "turn_away",
    "chat",
    "delete_chat",
    "set_chat",
    "programs",
    "leave",
    "end_lesson",
];

fn server_variant(message: &ServerMessage) -> &'static str {
    match message {
        ServerMessage::Joined(_) => "joined",
        ServerMessage::Media { .. } => "media",
        ServerMessage::Presence { .. } => "presence",
        ServerMessage::Speaking { .. } => "speaking",
        ServerMessage::Stage { .. } => "stage",
        ServerMessage::Wanted { .. } => "wanted",
        ServerMessage::Withheld { .. } => "withheld",
        ServerMessage::Roll { .. } => "roll",
        ServerMessage::Attendance { .. } => "attendance",
        ServerMessage::Check { .. } => "check",
        ServerMessage::CheckAnswered { .. } => "check_answered",
        ServerMessage::MyRoll { .. } => "my_roll",
        ServerMessage::Waiting { .. } => "waiting",
        ServerMessage::Admitted { .. } => "admitted",
        ServerMessage::Lobby { .. } => "lobby",
        ServerMessage::Removed { .. } => "removed",
        ServerMessage::Rules(_) => "rules",
        ServerMessage::Muted { .. } => "muted",
        ServerMessage::Chat { .. } => "chat",
        ServerMessage::ChatDeleted { .. } => "chat_deleted",
        ServerMessage::Programs { .. } => "programs",
        ServerMessage::Error { .. } => "error",
        ServerMessage::Closed { .. } => "closed",
    }
}

const SERVER_VARIANTS: [&str; 23] = [
    "joined",
    "media",
    "presence",
    "speaking",
    "stage",
    "wanted",
    "withheld",
    "roll",
    "attendance",
    "check",
    "check_answered",
    "my_roll",
    "waiting",
    "admitted",
    "lobby",
    "removed",
    "rules",
    "muted",
    "chat",
    "chat_deleted",
    "programs",
    "error",
    "closed",
];

/// A fixture is named after its message: `join.json`, or `join-student.json` for one of several.
fn check_name(file: &str, variant: &str) {
    let named = file
        .split('-')
        .next()
        .expect("split yields at least one part");
    assert_eq!(named, variant, "fixture {file} holds another message");
}

fn check_all_covered(seen: &BTreeSet<&str>, variants: &[&str]) {
    for variant in variants {
        assert!(seen.contains(variant), "no fixture for `{variant}`");
    }
}

#[test]
fn client_messages_pass_the_real_decoder_and_come_back_equal() {
    let mut seen = BTreeSet::new();
    for (name, text) in fixtures("client") {
        let message: ClientMessage = round_trip(&name, &text);
        assert_eq!(
            decode_client_message(&text).as_ref(),
            Ok(&message),
            "{name}"
        );
        check_name(&name, client_variant(&message));
        seen.insert(client_variant(&message));
    }
    check_all_covered(&seen, &CLIENT_VARIANTS);
}

#[test]
fn server_messages_come_back_equal() {
    let mut seen = BTreeSet::new();
    for (name, text) in fixtures("server") {
        let message: ServerMessage = round_trip(&name, &text);
        check_name(&name, server_variant(&message));
        seen.insert(server_variant(&message));
    }
    check_all_covered(&seen, &SERVER_VARIANTS);
}

#[test]
fn http_bodies_come_back_equal() {
    let names: Vec<String> = fixtures("http")
        .into_iter()
        .map(|(name, text)| {
            match name.as_str() {
                "create_lesson" => drop(round_trip::<CreateLesson>(&name, &text)),
                "created_lesson" => drop(round_trip::<CreatedLesson>(&name, &text)),
                "lesson_info" => drop(round_trip::<LessonInfo>(&name, &text)),
                "roll_change" => drop(round_trip::<RollChange>(&name, &text)),
                "roll_report" => drop(round_trip::<RollReport>(&name, &text)),
                "server_info" => drop(round_trip::<ServerInfo>(&name, &text)),
                other => panic!("fixture {other} is of no known body"),
            }
            name
        })
        .collect();
    assert_eq!(
        names,
        [
            "create_lesson",
            "created_lesson",
            "lesson_info",
            "roll_change",
            "roll_report",
            "server_info"
        ]
    );
}

/// The page translates each of these, so each needs a fixture that reaches it.
#[test]
fn every_error_and_every_closed_reason_has_a_fixture() {
    let (mut errors, mut reasons) = (BTreeSet::new(), BTreeSet::new());
    for (name, text) in fixtures("server") {
        match round_trip::<ServerMessage>(&name, &text) {
            ServerMessage::Error { code, .. } => errors.insert(error_place(code)),
            ServerMessage::Closed { reason } => reasons.insert(reason_place(reason)),
            _ => false,
        };
    }
    assert_eq!(errors, (0..14).collect(), "an error code lacks its fixture");
    assert_eq!(
        reasons,
        (0..8).collect(),
        "a closed reason lacks its fixture"
    );
}

fn error_place(code: ErrorCode) -> usize {
    match code {
        ErrorCode::BadMessage => 0,
        ErrorCode::UnsupportedVersion => 1,
        ErrorCode::LessonNotFound => 2,
        ErrorCode::BadToken => 3,
        ErrorCode::BadOffer => 4,
        ErrorCode::BadName => 5,
        ErrorCode::NotAllowed => 6,
        ErrorCode::ShareBusy => 7,
        ErrorCode::Full => 8,
        ErrorCode::TooFast => 9,
        ErrorCode::Internal => 10,
        ErrorCode::BadTicket => 11,
        ErrorCode::Unavailable => 12,
        ErrorCode::LessonLocked => 13,
    }
}

fn reason_place(reason: ClosedReason) -> usize {
    match reason {
        ClosedReason::Error => 0,
        ClosedReason::Left => 1,
        ClosedReason::LessonEnded => 2,
        ClosedReason::Replaced => 3,
        ClosedReason::ServerStopping => 4,
        ClosedReason::TooSlow => 5,
        ClosedReason::Removed => 6,
        ClosedReason::TurnedAway => 7,
    }
}

/// Every body of the school has a fixture, and every fixture is a body: both from this one list.
macro_rules! check_school {
    ($seen:ident: $($name:literal $body:ident,)*) => {
        let known = [$($name),*];
        for name in known {
            assert!($seen.iter().any(|(seen, _)| seen == name), "no fixture for `{name}`");
        }
        for (name, text) in &$seen {
            match name.split('-').next().expect("split yields at least one part") {
                $($name => drop(round_trip::<school::$body>(name, text)),)*
                other => panic!("fixture {other} is of no known body"),
            }
        }
    };
}

#[test]
fn bodies_of_the_school_come_back_equal() {
    use homeroom_protocol::school;
    let seen = fixtures("school");
    check_school!(seen:
        "look_at_invitation" LookAtInvitation,
        "invitation_info" InvitationInfo,
        "accept_invitation" AcceptInvitation,
        "log_in" LogIn,
        "logged_in" LoggedIn,
        "change_password" ChangePassword,
        "exchange_link" ExchangeLink,
        "me" Me,
        "join_ticket" JoinTicket,
        "person" Person,
        "people" People,
        "new_person" NewPerson,
        "change_person" ChangePerson,
        "new_invitation" NewInvitation,
        "invitation" Invitation,
        "class" Class,
        "classes" Classes,
        "new_class" NewClass,
        "change_class" ChangeClass,
        "set_staff" SetStaff,
        "roster" Roster,
        "paste_roster" PasteRoster,
        "roster_change" RosterChange,
        "make_links" MakeLinks,
        "link_sheet" LinkSheet,
        "personal_link" PersonalLink,
        "start_lesson" StartLesson,
        "class_lesson" ClassLesson,
        "class_lessons" ClassLessons,
        "lesson_roll" LessonRoll,
        "class_history" ClassHistory,
        "student_history" StudentHistory,
        "student_roll" StudentRoll,
        "school_settings" SchoolSettings,
        "school_info" SchoolInfo,
        "new_api_token" NewApiToken,
        "api_token" ApiToken,
        "created_api_token" CreatedApiToken,
        "api_tokens" ApiTokens,
        "audit_line" AuditLine,
        "audit_page" AuditPage,
        "audit_verification" AuditVerification,
        "problem" Problem,
    );
}
