//! Settings, tools, the audit, and the whole table of who may call what.

use crate::school::School;
use homeroom_protocol::school::{
    ApiTokens, AuditPage, AuditVerification, Class, CreatedApiToken, LessonRoll, LoggedIn,
    ProblemCode, SchoolInfo, SchoolSettings, Scope,
};
use homeroom_protocol::{CreatedLesson, RollReport};
use homeroom_signaling::SECURITY_HEADERS;
use homeroom_signaling::school::rights::{Call, Grant, Rule};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

#[tokio::test]
async fn settings_are_the_schools_and_rule_its_lessons() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let mut settings: SchoolSettings = school.get(&school.admin, "/settings").await.get();
    settings.name = "№ 12 мектеп".into();
    settings.adhoc_lessons = false;
    settings.roll_rules.late_after_ms = 600_000;
    let put = async |settings: &SchoolSettings| {
        let body = serde_json::to_value(settings).unwrap();
        school
            .call(&school.admin, Method::PUT, "/settings", body)
            .await
    };
    let written: SchoolSettings = put(&settings).await.get();
    assert_eq!(
        (written.name.as_str(), written.roll_rules.version),
        ("№ 12 мектеп", 2)
    );
    let info: SchoolInfo = school.get("", "/school").await.get();
    assert_eq!(
        (info.name.as_str(), info.adhoc_lessons),
        ("№ 12 мектеп", false)
    );
    settings.device_days = 0;
    put(&settings).await.refused(ProblemCode::BadRequest);

    let class = school.class("9 Ә").await;
    let path = format!("/classes/{class}/lessons");
    let lesson: CreatedLesson = school.post(&school.admin, &path, json!({})).await.get();
    let roll = school
        .get(&school.admin, &format!("/lessons/{}/roll", lesson.code))
        .await;
    assert_eq!(roll.get::<LessonRoll>().report.rules.late_after_ms, 600_000);

    let (_, teacher) = school.staff("teacher", "omarova").await;
    for (token, status) in [
        (None, StatusCode::FORBIDDEN),
        (Some(&teacher), StatusCode::CREATED),
    ] {
        let post = reqwest::Client::new().post(school.server.url("/api/lessons"));
        let mut post = post.body(r#"{"name":"Physics"}"#);
        if let Some(token) = token {
            post = post.bearer_auth(token);
        }
        assert_eq!(post.send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn a_tool_may_what_its_scopes_say_until_it_is_ended() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let new = json!({ "name": "Kundelik", "scopes": ["people:write"], "days": 30 });
    let made: CreatedApiToken = school.post(&school.admin, "/api-tokens", new).await.get();
    let tool = &made.token;
    let person = |kind: &str| json!({ "name": "X", "kind": kind });
    let added = school.post(tool, "/people", person("teacher")).await;
    assert_eq!(added.status, StatusCode::CREATED);
    // Neither an administrator nor an account: its token is not the school's key.
    school
        .post(tool, "/people", person("admin"))
        .await
        .refused(ProblemCode::NotAllowed);
    let account = json!({ "name": "X", "kind": "teacher", "login": "xxx",
        "password": "correct horse battery" });
    school
        .post(tool, "/people", account)
        .await
        .refused(ProblemCode::NotAllowed);
    let head: Value = school.get(&school.admin, "/people?search=head").await.get();
    let path = format!("/people/{}", head["people"][0]["id"]);
    let patch = school
        .call(tool, Method::PATCH, &path, json!({ "name": "Y" }))
        .await;
    patch.refused(ProblemCode::NotAllowed);
    school
        .get(tool, "/people")
        .await
        .refused(ProblemCode::NotAllowed);

    for refused in [
        json!({ "name": "X", "scopes": [] }),
        json!({ "name": "X", "scopes": ["x"] }),
    ] {
        let answer = school.post(&school.admin, "/api-tokens", refused).await;
        answer.refused(ProblemCode::BadRequest);
    }
    let path = format!("/api-tokens/{}", made.about.id);
    assert_eq!(
        school.delete(&school.admin, &path).await.status,
        StatusCode::NO_CONTENT
    );
    school
        .post(tool, "/people", person("teacher"))
        .await
        .refused(ProblemCode::NotLoggedIn);
    let list: ApiTokens = school.get(&school.admin, "/api-tokens").await.get();
    assert!(list.tokens[0].revoked_ms.is_some());
}

async fn execute(folder: &Path, sql: &'static str) {
    sqlx::any::install_default_drivers();
    let url = format!("sqlite://{}", folder.join("test.db").display());
    let pool = sqlx::AnyPool::connect(&url).await.unwrap();
    sqlx::query(sql).execute(&pool).await.unwrap();
}

#[tokio::test]
async fn the_audit_has_every_change_no_name_and_shows_what_was_altered() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("Тайный класс").await;
    school.paste(class, "Aida\nTimur\n").await;
    school.first_student(class).await;
    let page: AuditPage = school.get(&school.admin, "/audit?limit=3").await.get();
    let actions: Vec<_> = page.lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(actions, ["link.open", "class.links", "roster.paste"]);
    let rest = format!("/audit?cursor={}", page.next.unwrap());
    let rest: AuditPage = school.get(&school.admin, &rest).await.get();
    assert_eq!(rest.next, None);
    let actions: Vec<_> = rest.lines.iter().map(|line| line.action.as_str()).collect();
    assert_eq!(
        actions,
        [
            "class.add",
            "invitation.accept",
            "person.invite",
            "person.add"
        ]
    );
    for line in page.lines.iter().chain(&rest.lines) {
        let text = serde_json::to_string(line).unwrap();
        for name in ["Aida", "Timur", "Тайный", "Head", "head"] {
            assert!(!text.contains(name), "{text}");
        }
    }
    let verify = async || {
        let found = school.get(&school.admin, "/audit/verification").await;
        found.get::<AuditVerification>()
    };
    let well = AuditVerification {
        lines: 7,
        first_broken: None,
    };
    assert_eq!(verify().await, well);
    execute(
        folder.path(),
        "UPDATE audit SET detail = 'x' WHERE number = 5",
    )
    .await;
    assert_eq!(verify().await.first_broken, Some(5));
}

/// Who somebody is to the class of the test.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tie {
    None,
    Gives,
    Helps,
    LooksOn,
    Attends,
}

enum Kind {
    Anyone,
    Student,
    Observer,
    Teacher,
    Admin,
    Tool(Option<Scope>),
}

struct Caller {
    name: String,
    token: String,
    kind: Kind,
    tie: Tie,
}

/// The table's word: `None` is allowed.
fn expected(call: Call, caller: &Caller) -> Option<ProblemCode> {
    let row = call.row();
    if row.anyone {
        return None;
    }
    let rule = match &caller.kind {
        Kind::Anyone => return Some(ProblemCode::NotLoggedIn),
        Kind::Student => row.student,
        Kind::Observer => row.observer,
        Kind::Teacher => row.teacher,
        Kind::Admin => row.admin,
        Kind::Tool(scope) => match row.tool {
            Grant::With(needed) if *scope == Some(needed) => Rule::Yes,
            _ => Rule::No,
        },
    };
    let fits = match rule {
        Rule::No => return Some(ProblemCode::NotAllowed),
        Rule::Yes => return None,
        Rule::Gives => caller.tie == Tie::Gives,
        Rule::Helps => matches!(caller.tie, Tie::Gives | Tie::Helps),
        Rule::Looks => matches!(caller.tie, Tie::Gives | Tie::Helps | Tie::LooksOn),
        Rule::Attends | Rule::Own => caller.tie != Tie::None,
    };
    match (fits, caller.tie) {
        (true, _) => None,
        (false, Tie::None) => Some(ProblemCode::NotFound),
        (false, _) => Some(ProblemCode::NotAllowed),
    }
}

async fn callers(school: &School, class: i64) -> Vec<Caller> {
    let mut callers = Vec::new();
    let mut add = |name: &str, token: String, kind, tie| {
        let name = name.to_owned();
        callers.push(Caller {
            name,
            token,
            kind,
            tie,
        });
    };
    add("anyone", String::new(), Kind::Anyone, Tie::None);
    for (login, tie, role) in [
        ("gives", Tie::Gives, "teacher"),
        ("helps", Tie::Helps, "assistant"),
        ("visits", Tie::LooksOn, "observer"),
        ("stranger", Tie::None, ""),
    ] {
        let (person, token) = school.staff("teacher", login).await;
        if tie != Tie::None {
            school.put_staff(class, person, role).await;
        }
        add(login, token, Kind::Teacher, tie);
    }
    for (login, tie) in [("inspector", Tie::LooksOn), ("parent", Tie::None)] {
        let (person, token) = school.staff("observer", login).await;
        if tie != Tie::None {
            school.put_staff(class, person, "observer").await;
        }
        add(login, token, Kind::Observer, tie);
    }
    let other = school.class("7 А").await;
    school.paste(other, "Dana\n").await;
    add(
        "student",
        school.first_student(class).await.1,
        Kind::Student,
        Tie::Attends,
    );
    add(
        "other student",
        school.first_student(other).await.1,
        Kind::Student,
        Tie::None,
    );
    add("admin", school.log_in("head").await, Kind::Admin, Tie::None);
    let scopes = [
        Scope::PeopleRead,
        Scope::PeopleWrite,
        Scope::ClassesRead,
        Scope::ClassesWrite,
        Scope::LessonsRead,
        Scope::RollsRead,
        Scope::RollsExport,
        Scope::AuditRead,
    ];
    for scope in scopes {
        let token = school.tool(&[scope]).await;
        add(
            &format!("{scope:?}"),
            token,
            Kind::Tool(Some(scope)),
            Tie::None,
        );
    }
    callers
}

/// Every caller tries every call. Where a body is wanted a broken one comes: whoever is let in hears
/// that it is broken.
#[tokio::test]
async fn everybody_may_exactly_what_the_table_says() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("9 Ә").await;
    school.paste(class, "Aida\n").await;
    let mut callers = callers(&school, class).await;
    let roster: Value = school
        .get(&school.admin, &format!("/classes/{class}/roster"))
        .await
        .get();
    let aida = roster["students"][0]["person"].to_string();
    let path = format!("/classes/{class}/lessons");
    let lesson: CreatedLesson = school.post(&school.admin, &path, json!({})).await.get();
    let last = Call::LogOut;
    let calls = Call::ALL
        .iter()
        .filter(|call| **call != last)
        .chain([&last]);
    let mut tried = 0;
    for call in calls {
        let row = call.row();
        let method = Method::from_bytes(row.method.as_bytes()).unwrap();
        // What is taken away is nobody: the next caller needs what is there.
        let person = if method == Method::DELETE { "1" } else { &aida };
        let path = row.path.replace("{class}", &class.to_string());
        let path = path.replace("{person}", person).replace("{token}", "1");
        let path = path.replace("{code}", lesson.code.as_str());
        for caller in &mut callers {
            let what = format!("{} {} {path}", caller.name, row.method);
            let body = match *call {
                Call::RenewLogin | Call::Ticket => Value::Null,
                _ if matches!(row.method, "GET" | "DELETE") => Value::Null,
                _ => json!({ "broken": true }),
            };
            let answer = school
                .call(&caller.token, method.clone(), &path, body)
                .await;
            let refusal = (!answer.status.is_success()).then(|| answer.problem().code);
            tried += 1;
            match expected(*call, caller) {
                Some(code) => assert_eq!(refusal, Some(code), "{what}"),
                None if *call == Call::EndApiToken => {
                    assert_eq!(refusal, Some(ProblemCode::NotFound), "{what}");
                }
                None => assert!(
                    matches!(refusal, None | Some(ProblemCode::BadRequest)),
                    "{what}: {refusal:?}"
                ),
            }
            if *call == Call::RenewLogin && answer.status.is_success() {
                caller.token = answer.get::<LoggedIn>().token;
            }
        }
    }
    assert_eq!(tried, callers.len() * Call::ALL.len());
}

#[tokio::test]
async fn every_call_is_described_and_every_description_is_a_call() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let document: Value = school.get("", "/openapi.json").await.get();
    let paths = document["paths"].as_object().unwrap();
    let described: BTreeSet<String> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(move |method| format!("{} {path}", method.to_uppercase()))
        })
        .collect();
    let calls = Call::ALL.iter().map(|call| call.row());
    let calls: BTreeSet<_> = calls
        .map(|row| format!("{} /api/v1{}", row.method, row.path))
        .collect();
    assert_eq!(described, calls);
    // Every body it names is described in it.
    let text = document.to_string();
    for reference in text.split("#/components/schemas/").skip(1) {
        let name = reference.split('"').next().unwrap();
        assert!(!document["components"]["schemas"][name].is_null(), "{name}");
    }

    for (path, kind) in [
        ("/api/docs", "text/html"),
        ("/api/docs/page.css", "text/css"),
    ] {
        let answer = reqwest::get(school.server.url(path)).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(
            answer.headers()["content-type"]
                .to_str()
                .unwrap()
                .starts_with(kind)
        );
        for (name, value) in SECURITY_HEADERS {
            assert_eq!(
                answer.headers().get(&name),
                Some(&value),
                "{name} of {path}"
            );
        }
        let text = answer.text().await.unwrap();
        for never in ["<script", "http://", "https://", "style=", "<style"] {
            assert!(!text.contains(never), "{never} in {path}");
        }
        if kind == "text/html" {
            assert!(text.contains("/api/v1/classes/{class}/roster"));
            assert!(text.contains("A line of headings is recognized"));
        }
    }
}

#[tokio::test]
async fn an_export_is_made_by_the_code_the_teacher_knows() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("9 Ә").await;
    school.paste(class, "Aida\n").await;
    let path = format!("/classes/{class}/lessons");
    let lesson: CreatedLesson = school.post(&school.admin, &path, json!({})).await.get();
    let tool = school.tool(&[Scope::RollsExport]).await;
    let office = school
        .get(&tool, &format!("/lessons/{}/roll.json", lesson.code))
        .await;
    let office: RollReport = office.get();
    let url = school
        .server
        .url(&format!("/api/lessons/{}/roll.json", lesson.code));
    let own = reqwest::Client::new()
        .get(url)
        .bearer_auth(&lesson.teacher_token);
    let own: RollReport = own.send().await.unwrap().json().await.unwrap();
    assert_eq!(office.lines, own.lines);
    let class: Class = school
        .get(&school.admin, &format!("/classes/{class}"))
        .await
        .get();
    assert_eq!(class.students, 1);
}
