//! Keeps the TypeScript side equal to the Rust types and the fixtures.
//!
//! Invariant: the committed files are exactly what is generated here; after a change run
//! `UPDATE=1 cargo test -p homeroom-protocol --test typescript` and commit them too.

use homeroom_protocol as protocol;
use std::fmt::Write as _;
use std::path::Path;
use support::fixtures;
use ts_rs::{Config, TS};

mod support;

const HEADER: &str = "\
/**
 * Every message that crosses a wire, as the Rust crate `homeroom-protocol` defines them.
 *
 * Generated: do not edit. After a change in `crates/protocol` run
 * `UPDATE=1 cargo test -p homeroom-protocol --test typescript`.
 */
";

const SCHOOL_HEADER: &str = "\
/**
 * Bodies of the school's HTTP calls, as `homeroom-protocol::school` defines them. Only the school's
 * own pages need them.
 *
 * Generated: do not edit. After a change in `crates/protocol` run
 * `UPDATE=1 cargo test -p homeroom-protocol --test typescript`.
 */
import type {\n  LessonCode,\n  RollLine,\n  RollReport,\n  RollRules,\n} from \"./protocol\";

";

const SCHOOL_FIXTURES_HEADER: &str = "\
/**
 * The fixtures of `crates/protocol/fixtures/school`, each checked by the compiler against its type.
 *
 * Generated: do not edit. After a change in `crates/protocol` run
 * `UPDATE=1 cargo test -p homeroom-protocol --test typescript`.
 */
import type * as school from \"./school-protocol\";

";

const FIXTURES_HEADER: &str = "\
/**
 * The fixtures of `crates/protocol`, each checked by the compiler against its type.
 *
 * Generated: do not edit. After a change in `crates/protocol` run
 * `UPDATE=1 cargo test -p homeroom-protocol --test typescript`.
 */
";

#[test]
fn the_committed_types_are_fresh() {
    check_fresh("protocol.ts", &generate());
}

/// An imported JSON file has `string` where the types want one of several words, so TypeScript
/// could not check it; the same text in a TypeScript file it can.
#[test]
fn the_committed_fixtures_are_fresh() {
    check_fresh("fixtures.ts", &generate_fixtures());
}

#[test]
fn the_committed_school_types_are_fresh() {
    check_fresh("school-protocol.ts", &generate_school());
}

#[test]
fn the_committed_school_fixtures_are_fresh() {
    let mut text = String::from(SCHOOL_FIXTURES_HEADER);
    for (name, json) in fixtures("school") {
        let name = name.replace('-', "_");
        let type_name = support::school_type(&name);
        let json = json.trim();
        writeln!(
            text,
            "export const {name}_body = {json} satisfies school.{type_name};"
        )
        .expect("a String takes any text");
    }
    check_fresh("school-fixtures.ts", &text);
}

fn check_fresh(file: &str, generated: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../web-client/src")
        .join(file);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, generated).expect("web-client/src can be written");
    }
    // A checkout with CRLF line ends is still the same file.
    let committed = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    assert!(
        committed == generated,
        "web-client/src/{file} differs from crates/protocol, first in line {}. Run \
         `UPDATE=1 cargo test -p homeroom-protocol --test typescript` and commit the result.",
        first_difference(&committed, generated),
    );
}

fn generate() -> String {
    let mut text = String::from(HEADER);
    for (name, value) in [
        ("PROTOCOL_VERSION", protocol::PROTOCOL_VERSION as usize),
        ("MAX_CLIENT_FRAME_BYTES", protocol::MAX_CLIENT_FRAME_BYTES),
        ("MAX_SMALL_FRAME_BYTES", protocol::MAX_SMALL_FRAME_BYTES),
        ("MAX_JSON_DEPTH", protocol::MAX_JSON_DEPTH),
        ("MAX_SDP_BYTES", protocol::MAX_SDP_BYTES),
        ("MAX_NAME_CHARS", protocol::MAX_NAME_CHARS),
        ("MAX_LESSON_NAME_CHARS", protocol::MAX_LESSON_NAME_CHARS),
        ("MAX_TOKEN_BYTES", protocol::MAX_TOKEN_BYTES),
        ("MAX_MID_BYTES", protocol::MAX_MID_BYTES),
        ("AUDIO_SLOTS", protocol::AUDIO_SLOTS),
        ("MAX_VIDEO_SLOTS", protocol::MAX_VIDEO_SLOTS),
        ("MAX_PRESENCE", protocol::MAX_PRESENCE),
        ("MAX_REASON_BYTES", protocol::MAX_REASON_BYTES),
        ("MAX_CHAT_CHARS", protocol::MAX_CHAT_CHARS),
        ("MAX_CHAT_LINES", protocol::MAX_CHAT_LINES),
        ("MAX_LOBBY", protocol::MAX_LOBBY),
        ("LESSON_CODE_LETTERS", protocol::LessonCode::LETTERS),
    ] {
        writeln!(text, "export const {name} = {value};").expect("a String takes any text");
    }
    let alphabet = std::str::from_utf8(protocol::LessonCode::ALPHABET).expect("ASCII letters");
    writeln!(text, "export const LESSON_CODE_ALPHABET = \"{alphabet}\";").expect("as above");
    // A type that a message uses but this list lacks makes `tsc` fail: the name is unknown.
    text.push_str(&declaration::<protocol::ParticipantId>());
    text.push_str(&declaration::<protocol::LessonCode>());
    text.push_str(&declaration::<protocol::DeviceId>());
    text.push_str(&declaration::<protocol::ClientMessage>());
    text.push_str(&declaration::<protocol::Join>());
    text.push_str(&declaration::<protocol::MediaOffer>());
    text.push_str(&declaration::<protocol::MediaLayout>());
    text.push_str(&declaration::<protocol::ServerMessage>());
    text.push_str(&declaration::<protocol::Joined>());
    text.push_str(&declaration::<protocol::Lesson>());
    text.push_str(&declaration::<protocol::Participant>());
    text.push_str(&declaration::<protocol::Role>());
    text.push_str(&declaration::<protocol::SeatState>());
    text.push_str(&declaration::<protocol::Action>());
    text.push_str(&declaration::<protocol::Rules>());
    text.push_str(&declaration::<protocol::ChatMode>());
    text.push_str(&declaration::<protocol::Audience>());
    text.push_str(&declaration::<protocol::ChatMessage>());
    text.push_str(&declaration::<protocol::WaitingPerson>());
    text.push_str(&declaration::<protocol::Program>());
    text.push_str(&declaration::<protocol::WaitingId>());
    text.push_str(&declaration::<protocol::RemovedPerson>());
    text.push_str(&declaration::<protocol::RollEntry>());
    text.push_str(&declaration::<protocol::RollStatus>());
    text.push_str(&declaration::<protocol::LineId>());
    text.push_str(&declaration::<protocol::Attendance>());
    text.push_str(&declaration::<protocol::RollFlag>());
    text.push_str(&declaration::<protocol::RollLine>());
    text.push_str(&declaration::<protocol::RollMark>());
    text.push_str(&declaration::<protocol::RollHead>());
    text.push_str(&declaration::<protocol::RollCheck>());
    text.push_str(&declaration::<protocol::RollRules>());
    text.push_str(&declaration::<protocol::JournalCodes>());
    text.push_str(&declaration::<protocol::RollReport>());
    text.push_str(&declaration::<protocol::RollSession>());
    text.push_str(&declaration::<protocol::RollSessionEnd>());
    text.push_str(&declaration::<protocol::RollChange>());
    text.push_str(&declaration::<protocol::ErrorCode>());
    text.push_str(&declaration::<protocol::ClosedReason>());
    text.push_str(&declaration::<protocol::CreateLesson>());
    text.push_str(&declaration::<protocol::CreatedLesson>());
    text.push_str(&declaration::<protocol::LessonInfo>());
    text.push_str(&declaration::<protocol::ServerInfo>());
    text.push_str(&declaration::<protocol::VideoCodec>());
    text
}

fn generate_school() -> String {
    use protocol::school;
    let mut text = String::from(SCHOOL_HEADER);
    for (name, value) in [
        ("MIN_PASSWORD_CHARS", school::MIN_PASSWORD_CHARS),
        ("MAX_PASSWORD_CHARS", school::MAX_PASSWORD_CHARS),
        ("MIN_LOGIN_CHARS", school::MIN_LOGIN_CHARS),
        ("MAX_LOGIN_CHARS", school::MAX_LOGIN_CHARS),
        ("MAX_EXTERNAL_ID_CHARS", school::MAX_EXTERNAL_ID_CHARS),
        ("MAX_CLASS_NAME_CHARS", school::MAX_CLASS_NAME_CHARS),
        ("MAX_ROSTER_LINES", school::MAX_ROSTER_LINES),
        ("MAX_PAGE", school::MAX_PAGE),
        ("MIN_DEVICE_DAYS", school::DEVICE_DAYS.0 as usize),
        ("MAX_DEVICE_DAYS", school::DEVICE_DAYS.1 as usize),
        ("MIN_EVIDENCE_DAYS", school::EVIDENCE_DAYS.0 as usize),
        ("MAX_EVIDENCE_DAYS", school::EVIDENCE_DAYS.1 as usize),
    ] {
        writeln!(text, "export const {name} = {value};").expect("a String takes any text");
    }
    text.push_str(&declaration::<school::PersonNumber>());
    text.push_str(&declaration::<school::ClassNumber>());
    text.push_str(&declaration::<school::ClassRole>());
    text.push_str(&declaration::<school::StaffRole>());
    text.push_str(&declaration::<school::Language>());
    text.push_str(&declaration::<school::LookAtInvitation>());
    text.push_str(&declaration::<school::InvitationInfo>());
    text.push_str(&declaration::<school::AcceptInvitation>());
    text.push_str(&declaration::<school::LogIn>());
    text.push_str(&declaration::<school::LoggedIn>());
    text.push_str(&declaration::<school::ChangePassword>());
    text.push_str(&declaration::<school::ExchangeLink>());
    text.push_str(&declaration::<school::Me>());
    text.push_str(&declaration::<school::MyClass>());
    text.push_str(&declaration::<school::RunningLesson>());
    text.push_str(&declaration::<school::JoinTicket>());
    text.push_str(&declaration::<school::PersonKind>());
    text.push_str(&declaration::<school::LinkState>());
    text.push_str(&declaration::<school::Person>());
    text.push_str(&declaration::<school::People>());
    text.push_str(&declaration::<school::NewPerson>());
    text.push_str(&declaration::<school::ChangePerson>());
    text.push_str(&declaration::<school::NewInvitation>());
    text.push_str(&declaration::<school::Invitation>());
    text.push_str(&declaration::<school::Class>());
    text.push_str(&declaration::<school::StaffMember>());
    text.push_str(&declaration::<school::Classes>());
    text.push_str(&declaration::<school::NewClass>());
    text.push_str(&declaration::<school::ChangeClass>());
    text.push_str(&declaration::<school::SetStaff>());
    text.push_str(&declaration::<school::Roster>());
    text.push_str(&declaration::<school::RosterStudent>());
    text.push_str(&declaration::<school::PasteRoster>());
    text.push_str(&declaration::<school::RosterChange>());
    text.push_str(&declaration::<school::RosterName>());
    text.push_str(&declaration::<school::Renamed>());
    text.push_str(&declaration::<school::MakeLinks>());
    text.push_str(&declaration::<school::LinkSheet>());
    text.push_str(&declaration::<school::PersonalLink>());
    text.push_str(&declaration::<school::QrPath>());
    text.push_str(&declaration::<school::StartLesson>());
    text.push_str(&declaration::<school::ClassLesson>());
    text.push_str(&declaration::<school::ClassLessons>());
    text.push_str(&declaration::<school::LessonRoll>());
    text.push_str(&declaration::<school::ClassHistory>());
    text.push_str(&declaration::<school::StudentHistory>());
    text.push_str(&declaration::<school::StudentRoll>());
    text.push_str(&declaration::<school::SchoolSettings>());
    text.push_str(&declaration::<school::SchoolInfo>());
    text.push_str(&declaration::<school::Scope>());
    text.push_str(&declaration::<school::NewApiToken>());
    text.push_str(&declaration::<school::ApiToken>());
    text.push_str(&declaration::<school::CreatedApiToken>());
    text.push_str(&declaration::<school::ApiTokens>());
    text.push_str(&declaration::<school::AuditLine>());
    text.push_str(&declaration::<school::AuditPage>());
    text.push_str(&declaration::<school::AuditVerification>());
    text.push_str(&declaration::<school::Problem>());
    text.push_str(&declaration::<school::ProblemCode>());
    text.push_str(&declaration::<school::BadLine>());
    text.push_str(&declaration::<school::LineProblem>());
    text
}

/// The type with its documentation, as `export type …;`.
fn declaration<T: TS + 'static>() -> String {
    // JSON.parse makes numbers; our 64-bit values are milliseconds, far below 2^53.
    let config = Config::new().with_large_int("number");
    let docs = T::docs().unwrap_or_default();
    format!("\n{}\nexport {}\n", docs.trim_end(), T::decl(&config))
}

fn generate_fixtures() -> String {
    let mut text = String::from(FIXTURES_HEADER);
    text.push_str("import type {\n  ClientMessage,\n  CreatedLesson,\n  CreateLesson,\n");
    text.push_str("  LessonInfo,\n  RollChange,\n  RollReport,\n  ServerInfo,\n  ServerMessage,\n} from \"./protocol\";\n");
    for (folder, type_of) in [
        ("client", (|_| "ClientMessage") as fn(&str) -> &str),
        ("server", |_| "ServerMessage"),
        ("http", http_type),
    ] {
        writeln!(text, "\nexport const {folder} = {{").expect("as above");
        for (name, json) in fixtures(folder) {
            let type_name = type_of(&name);
            writeln!(text, "\"{name}\": {} satisfies {type_name},", json.trim()).expect("as above");
        }
        text.push_str("};\n");
    }
    text
}

fn http_type(name: &str) -> &str {
    match name {
        "create_lesson" => "CreateLesson",
        "created_lesson" => "CreatedLesson",
        "lesson_info" => "LessonInfo",
        "roll_change" => "RollChange",
        "roll_report" => "RollReport",
        "server_info" => "ServerInfo",
        other => panic!("fixture {other} is of no known body"),
    }
}

fn first_difference(left: &str, right: &str) -> usize {
    let same = left.lines().zip(right.lines()).take_while(|(l, r)| l == r);
    same.count() + 1
}
