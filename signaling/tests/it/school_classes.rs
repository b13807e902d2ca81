//! Classes: rosters as people paste them, tickets into lessons, rolls for the school.

use crate::school::School;
use crate::server::{Client, join};
use homeroom_protocol::school::{
    Class, ClassHistory, ClassLessons, ClassRole, Classes, JoinTicket, LessonRoll, LineProblem, Me,
    ProblemCode, Roster, RosterChange, StudentHistory,
};
use homeroom_protocol::{
    Attendance, ClientMessage, ClosedReason, CreatedLesson, ErrorCode, Joined, LessonCode,
    RollReport,
};
use reqwest::Method;
use serde_json::{Value, json};

/// Joins by ticket, and with a lesson's own token where somebody has it.
async fn enter(school: &School, code: &LessonCode, ticket: &str, token: Option<&str>) -> Client {
    let ClientMessage::Join(mut join) = join(code, "Somebody Else", token) else {
        unreachable!()
    };
    join.ticket = Some(ticket.to_owned());
    let mut client = school.server.socket().await;
    client.say(&ClientMessage::Join(join)).await;
    client
}

fn me(joined: &Joined) -> (String, String) {
    let own = joined
        .participants
        .iter()
        .find(|person| person.id == joined.you)
        .unwrap();
    let role = serde_json::to_value(own.role).unwrap();
    (own.name.clone(), role.as_str().unwrap().to_owned())
}

async fn ticket(school: &School, token: &str, code: &LessonCode) -> JoinTicket {
    let path = format!("/lessons/{code}/ticket");
    school.post(token, &path, json!(null)).await.get()
}

#[tokio::test]
async fn a_list_is_previewed_taken_corrected_and_never_half_read() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("9 Ә").await;
    let path = format!("/classes/{class}/roster");
    let list = "№;ФИО;ИИН\n1;Әлия Нұрлан;0701\n2;Тимур Ким;0702\n3;Иван Петров;\n";
    let check = json!({ "text": list, "check_only": true });
    let preview: RosterChange = school.post(&school.admin, &path, check).await.get();
    assert_eq!((preview.added.len(), preview.students), (3, 3));
    assert!(
        school
            .get(&school.admin, &path)
            .await
            .get::<Roster>()
            .students
            .is_empty()
    );
    school.paste(class, list).await;
    let roster: Roster = school.get(&school.admin, &path).await.get();
    let names: Vec<_> = roster
        .students
        .iter()
        .map(|s| (s.number, s.name.as_str()))
        .collect();
    assert_eq!(
        names,
        [(1, "Әлия Нұрлан"), (2, "Тимур Ким"), (3, "Иван Петров")]
    );

    let bad = json!({ "text": "Aida;1701\n;1702\n" });
    let refused = school.post(&school.admin, &path, bad).await.problem();
    assert_eq!((refused.status, refused.code), (422, ProblemCode::BadLines));
    assert_eq!(
        (refused.lines[0].line, refused.lines[0].problem),
        (2, LineProblem::NoName)
    );

    // A file as a spreadsheet saves it, with a name corrected and somebody gone.
    let (file, _, _) = encoding_rs::WINDOWS_1251.encode("Тимур Кимов;0702\nИван Петров;0703\n");
    let path_of_file = format!("{path}?remove_missing=true");
    let answer = school.send(
        &school.admin,
        Method::POST,
        &path_of_file,
        file.into_owned(),
        "text/csv",
    );
    let change: RosterChange = answer.await.get();
    assert_eq!(
        (change.renamed[0].from.as_str(), change.unchanged),
        ("Тимур Ким", 1)
    );
    assert_eq!(
        (change.missing[0].name.as_str(), change.missing_removed),
        ("Әлия Нұрлан", true)
    );
    let roster: Roster = school.get(&school.admin, &path).await.get();
    let names: Vec<_> = roster
        .students
        .iter()
        .map(|s| (s.number, s.name.as_str()))
        .collect();
    assert_eq!(names, [(1, "Тимур Кимов"), (2, "Иван Петров")]);
    let one = format!("{path}/{}", roster.students[0].person.0);
    school.delete(&school.admin, &one).await;
    let roster: Roster = school.get(&school.admin, &path).await.get();
    assert_eq!((roster.students.len(), roster.students[0].number), (1, 1));

    let long = json!({ "text": "x".repeat(600 * 1024) });
    school
        .post(&school.admin, &path, long)
        .await
        .refused(ProblemCode::TooLong);
    let nowhere = school
        .post(&school.admin, "/classes/1/roster", json!({ "text": "A" }))
        .await;
    nowhere.refused(ProblemCode::NotFound);
}

#[tokio::test]
async fn a_ticket_opens_ones_own_seat_under_the_schools_name_once() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("9 Ә").await;
    let (teacher, token) = school.staff("teacher", "omarova").await;
    school.put_staff(class, teacher, "teacher").await;
    school.paste(class, "Aida\nTimur\n").await;
    let (_, device) = school.first_student(class).await;
    let path = format!("/classes/{class}/lessons");
    let lesson: CreatedLesson = school.post(&token, &path, json!({})).await.get();

    let me_now: Me = school.get(&device, "/me").await.get();
    let running = &me_now.classes[0].lessons[0];
    assert_eq!(
        (&running.code, running.name.as_str()),
        (&lesson.code, "9 Ә, Физика")
    );
    let first = ticket(&school, &device, &lesson.code).await;
    assert_eq!(
        (first.name.as_str(), first.role),
        ("Aida", ClassRole::Student)
    );
    let mut aida = enter(&school, &lesson.code, &first.ticket, None).await;
    let joined = aida.joined().await;
    assert_eq!(me(&joined), ("Aida".into(), "student".into()));
    // Used up; not good for another lesson either.
    let mut again = enter(&school, &lesson.code, &first.ticket, None).await;
    assert_eq!(
        again.end().await,
        (vec![ErrorCode::BadTicket], Some(ClosedReason::Error))
    );
    let other: CreatedLesson = school
        .post(&token, &path, json!({ "name": "2" }))
        .await
        .get();
    let second = ticket(&school, &device, &lesson.code).await;
    let mut elsewhere = enter(&school, &other.code, &second.ticket, None).await;
    assert_eq!(elsewhere.end().await.0, [ErrorCode::BadTicket]);

    // A second device takes the same seat over.
    let mut phone = enter(&school, &lesson.code, &second.ticket, None).await;
    assert_eq!(phone.joined().await.you, joined.you);
    assert_eq!(aida.end().await.1, Some(ClosedReason::Replaced));

    // Who gives the lesson comes with both, and is who the school says.
    let own = ticket(&school, &token, &lesson.code).await;
    let mut gives = enter(
        &school,
        &lesson.code,
        &own.ticket,
        Some(&lesson.teacher_token),
    )
    .await;
    assert_eq!(
        me(&gives.joined().await),
        ("omarova".into(), "teacher".into())
    );

    // The roll expects the whole list, and the office sees it.
    let roll: LessonRoll = school
        .get(&token, &format!("/lessons/{}/roll", lesson.code))
        .await
        .get();
    let names: Vec<_> = roll
        .report
        .lines
        .iter()
        .map(|line| line.name.as_str())
        .collect();
    assert_eq!(names, ["Aida", "Timur"]);
    assert!(roll.report.lines[0].participant.is_some() && roll.report.lines[0].expected);
}

#[tokio::test]
async fn who_is_no_longer_of_the_class_gets_no_ticket_and_a_ticket_in_hand_is_void() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("9 Ә").await;
    let (teacher, token) = school.staff("teacher", "omarova").await;
    school.put_staff(class, teacher, "teacher").await;
    school.paste(class, "Aida\n").await;
    let (aida, device) = school.first_student(class).await;
    let path = format!("/classes/{class}/lessons");
    let lesson: CreatedLesson = school.post(&token, &path, json!({})).await.get();
    let held = ticket(&school, &device, &lesson.code).await;
    school
        .delete(&token, &format!("/classes/{class}/roster/{aida}"))
        .await;
    let mut client = enter(&school, &lesson.code, &held.ticket, None).await;
    assert_eq!(client.end().await.0, [ErrorCode::BadTicket]);
    let ask = format!("/lessons/{}/ticket", lesson.code);
    school
        .post(&device, &ask, json!(null))
        .await
        .refused(ProblemCode::NotFound);
    school
        .post("", &ask, json!(null))
        .await
        .refused(ProblemCode::NotLoggedIn);
    let adhoc = school.server.create("Physics").await;
    let ask = format!("/lessons/{}/ticket", adhoc.code);
    school
        .post(&token, &ask, json!(null))
        .await
        .refused(ProblemCode::NotFound);
}

#[tokio::test]
async fn a_lesson_that_is_over_is_in_the_history_of_its_class_and_its_students() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("9 Ә").await;
    let (teacher, token) = school.staff("teacher", "omarova").await;
    school.put_staff(class, teacher, "teacher").await;
    school.paste(class, "Aida\nTimur\n").await;
    let (aida, device) = school.first_student(class).await;
    let path = format!("/classes/{class}/lessons");
    let mut codes = Vec::new();
    for _ in 0..3 {
        let lesson: CreatedLesson = school.post(&token, &path, json!({})).await.get();
        let own = ticket(&school, &token, &lesson.code).await;
        let mut gives = enter(&school, &lesson.code, &own.ticket, None).await;
        gives.joined().await;
        gives.say(&ClientMessage::EndLesson).await;
        assert_eq!(gives.end().await.1, Some(ClosedReason::LessonEnded));
        codes.insert(0, lesson.code);
    }
    let page: ClassLessons = school.get(&token, &format!("{path}?limit=2")).await.get();
    let next = page.next.unwrap();
    let rest: ClassLessons = school
        .get(&token, &format!("{path}?cursor={next}"))
        .await
        .get();
    let listed = page.lessons.iter().chain(&rest.lessons);
    assert!(listed.map(|lesson| &lesson.code).eq(&codes));
    let ask = format!("/lessons/{}/ticket", codes[0]);
    school
        .post(&device, &ask, json!(null))
        .await
        .refused(ProblemCode::Over);
    assert!(
        school.get(&device, "/me").await.get::<Me>().classes[0]
            .lessons
            .is_empty()
    );

    let rolls: ClassHistory = school
        .get(&token, &format!("/classes/{class}/rolls"))
        .await
        .get();
    assert_eq!(rolls.rolls.len(), 3);
    assert_eq!(rolls.rolls[0].report.lines.len(), 2);
    let own = format!("/classes/{class}/students/{aida}/rolls");
    for token in [&token, &device, &school.admin] {
        let history: StudentHistory = school.get(token, &own).await.get();
        assert_eq!(history.rolls.len(), 3);
        assert_eq!(history.rolls[0].line.as_ref().unwrap().name, "Aida");
    }
    let other = format!("/classes/{class}/students/{teacher}/rolls");
    school
        .get(&device, &other)
        .await
        .refused(ProblemCode::NotAllowed);

    let path = format!("/lessons/{}/roll", codes[0]);
    let id = &rolls.rolls[0].report.lines[1].id;
    let excuse =
        json!({ "type": "set", "line": id, "status": "excused", "reason": "ауырып қалды" });
    let report: RollReport = school.post(&token, &path, excuse).await.get();
    assert_eq!(report.lines[1].status, Attendance::Excused);
    let mark = report.lines[1].decided.as_ref().unwrap();
    assert_eq!(mark.by.as_deref(), Some("omarova"));
    let nobody = json!({ "type": "set", "line": "p1", "status": "excused" });
    school
        .post(&token, &path, nobody)
        .await
        .refused(ProblemCode::BadRequest);
    let last = school
        .post(&school.admin, &path, json!({ "type": "final" }))
        .await;
    assert!(last.get::<RollReport>().head.final_ms.is_some());

    for form in [
        "roll.csv?separator=semicolon&form=short",
        "roll.xlsx",
        "roll.json",
    ] {
        let file = format!("/lessons/{}/{form}", codes[0]);
        assert!(
            school.get(&token, &file).await.status.is_success(),
            "{form}"
        );
        school
            .get(&device, &file)
            .await
            .refused(ProblemCode::NotAllowed);
    }
    let audit: Value = school.get(&school.admin, "/audit").await.get();
    let exports = audit["lines"].as_array().unwrap().iter();
    assert_eq!(
        exports
            .filter(|line| line["action"] == "roll.export")
            .count(),
        3
    );
}

#[tokio::test]
async fn an_archived_class_begins_nothing_and_a_teacher_sees_only_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let (_, token) = school.staff("teacher", "omarova").await;
    let own = school
        .post(&token, "/classes", json!({ "name": "9 Ә" }))
        .await
        .get::<Class>();
    assert_eq!(own.staff[0].name, "omarova");
    let other = school.class("7 А").await;
    let seen: Classes = school.get(&token, "/classes").await.get();
    assert_eq!(
        seen.classes
            .iter()
            .map(|class| class.id)
            .collect::<Vec<_>>(),
        [own.id]
    );
    school
        .get(&token, &format!("/classes/{other}"))
        .await
        .refused(ProblemCode::NotFound);
    let all: Classes = school.get(&school.admin, "/classes").await.get();
    let names: Vec<_> = all
        .classes
        .iter()
        .map(|class| class.name.as_str())
        .collect();
    assert_eq!(names, ["7 А", "9 Ә"]);
    assert_eq!(all.classes[1].staff.len(), 1);

    let path = format!("/classes/{}", own.id.0);
    let over = json!({ "archived": true, "external_id": "9A" });
    let class: Class = school.call(&token, Method::PATCH, &path, over).await.get();
    assert!(class.archived_ms.is_some());
    assert_eq!(class.external_id.as_deref(), Some("9A"));
    for (what, body) in [
        ("lessons", json!({})),
        ("roster", json!({ "text": "A" })),
        ("links", json!({})),
    ] {
        let answer = school.post(&token, &format!("{path}/{what}"), body).await;
        answer.refused(ProblemCode::Over);
    }
    let left: Classes = school.get(&token, "/classes").await.get();
    assert!(left.classes.is_empty());
    let left: Classes = school.get(&token, "/classes?archived=true").await.get();
    assert_eq!(left.classes.len(), 1);
    let taken = json!({ "external_id": "9A" });
    let other = format!("/classes/{other}");
    let answer = school
        .call(&school.admin, Method::PATCH, &other, taken)
        .await;
    answer.refused(ProblemCode::ExternalIdTaken);
}
