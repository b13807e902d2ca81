//! Getting in, and people: invitations, logins, personal links, who may be changed.

use crate::school::{PASSWORD, School, now_ms};
use homeroom_protocol::school::{
    ClassRole, Invitation, InvitationInfo, LinkState, LoggedIn, Me, People, Person, PersonKind,
    ProblemCode, Roster, SchoolInfo,
};
use homeroom_signaling::school;
use homeroom_store::Store;
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn the_first_link_makes_one_administrator_and_then_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let store = Store::open(&folder.path().join("test.db")).await.unwrap();
    let url = "https://192.0.2.7:8443";
    let again = school::first_admin(&store, url, now_ms()).await.unwrap();
    assert_eq!(again, None);
    let me: Me = school.get(&school.admin, "/me").await.get();
    assert_eq!(
        (me.name.as_str(), me.login.as_deref()),
        ("Head", Some("head"))
    );
    assert_eq!(me.kind, PersonKind::Admin);
    // Who is locked out gets a link for their own account, or one for another administrator.
    let link = school::new_admin_link(&store, url, Some("HEAD"), now_ms())
        .await
        .unwrap();
    let token = link.split_once("#invite=").unwrap().1;
    let look = school
        .post("", "/invitations/look", json!({ "token": token }))
        .await;
    assert_eq!(look.get::<InvitationInfo>().login.as_deref(), Some("head"));
    assert!(
        school::new_admin_link(&store, url, Some("nobody"), now_ms())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_invitation_is_looked_at_opened_once_and_void_when_there_is_a_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let new = json!({ "kind": "teacher", "name": "Гүлнар Омарова" });
    let first: Invitation = school.post(&school.admin, "/invitations", new).await.get();
    let path = format!("/people/{}/invitation", first.person.0);
    let second: Invitation = school.post(&school.admin, &path, json!(null)).await.get();
    let token = |invitation: &Invitation| {
        let (page, token) = invitation.url.split_once("#invite=").unwrap();
        assert_eq!(page, "https://192.0.2.7:8443/school");
        token.to_owned()
    };
    let accept = |token: &str, login: &str, password: &str| json!({ "token": token, "name": "Гүлнар О.", "login": login, "password": password });
    let old = school
        .post("", "/invitations/look", json!({ "token": token(&first) }))
        .await;
    old.refused(ProblemCode::LinkUsed);
    for _ in 0..2 {
        let look = school
            .post("", "/invitations/look", json!({ "token": token(&second) }))
            .await;
        let info: InvitationInfo = look.get();
        assert_eq!(
            (info.kind, info.name.as_str()),
            (PersonKind::Teacher, "Гүлнар Омарова")
        );
    }
    let refusals = [
        (
            accept(&token(&second), "head", PASSWORD),
            ProblemCode::LoginTaken,
        ),
        (
            accept(&token(&second), "om", PASSWORD),
            ProblemCode::BadLogin,
        ),
        (
            accept(&token(&second), "omarova", "short"),
            ProblemCode::BadPassword,
        ),
        (accept("0", "omarova", PASSWORD), ProblemCode::LinkUsed),
        (json!({ "token": "0" }), ProblemCode::BadRequest),
    ];
    for (body, code) in refusals {
        school
            .post("", "/invitations/accept", body)
            .await
            .refused(code);
    }
    let body = accept(&token(&second), "Omarova", PASSWORD);
    let opened: LoggedIn = school
        .post("", "/invitations/accept", body.clone())
        .await
        .get();
    assert_eq!(opened.me.name, "Гүлнар О.");
    assert!(school.get(&opened.token, "/me").await.status.is_success());
    school
        .post("", "/invitations/accept", body)
        .await
        .refused(ProblemCode::LinkUsed);
}

#[tokio::test]
async fn logins_end_when_they_are_ended_and_a_new_password_ends_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let wrong = [
        json!({ "login": "head", "password": "wrong password" }),
        json!({ "login": "nobody", "password": PASSWORD }),
        json!({ "login": "?", "password": PASSWORD }),
        json!({ "login": "head", "password": "x" }),
    ];
    for body in wrong {
        school
            .post("", "/login", body)
            .await
            .refused(ProblemCode::WrongPassword);
    }
    let (one, two) = (school.log_in(" HEAD ").await, school.log_in("head").await);
    assert_eq!(
        school.delete(&one, "/login").await.status,
        StatusCode::NO_CONTENT
    );
    school
        .get(&one, "/me")
        .await
        .refused(ProblemCode::NotLoggedIn);
    let renewed: LoggedIn = school.post(&two, "/login/renew", json!(null)).await.get();
    school
        .get(&two, "/me")
        .await
        .refused(ProblemCode::NotLoggedIn);
    let change = |old: &str| json!({ "old": old, "new": "staple of the horse" });
    let refused = school
        .post(&renewed.token, "/password", change("not the old one"))
        .await;
    refused.refused(ProblemCode::WrongPassword);
    let changed = school
        .post(&renewed.token, "/password", change(PASSWORD))
        .await;
    let changed: LoggedIn = changed.get();
    school
        .get(&renewed.token, "/me")
        .await
        .refused(ProblemCode::NotLoggedIn);
    school
        .get(&school.admin, "/me")
        .await
        .refused(ProblemCode::NotLoggedIn);
    assert!(school.get(&changed.token, "/me").await.status.is_success());
    for token in ["", "nonsense"] {
        school
            .get(token, "/me")
            .await
            .refused(ProblemCode::NotLoggedIn);
    }
}

#[tokio::test]
async fn a_password_is_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let wrong = json!({ "login": "head", "password": "wrong password" });
    for _ in 0..10 {
        let answer = school.post("", "/login", wrong.clone()).await;
        answer.refused(ProblemCode::WrongPassword);
    }
    // Even the right one waits now; the logins that are open stay so.
    let right = json!({ "login": "head", "password": PASSWORD });
    school
        .post("", "/login", right)
        .await
        .refused(ProblemCode::TooFast);
    assert!(school.get(&school.admin, "/me").await.status.is_success());
}

#[tokio::test]
async fn people_are_listed_by_name_in_pages_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("9 Ә").await;
    school
        .paste(class, "Тимур Ким;17\nӘлия Нұрлан;18\nАзамат Серік;19\n")
        .await;
    let mut names = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/people?kind=student&limit=2{cursor}");
        let page: People = school.get(&school.admin, &path).await.get();
        names.extend(page.people.into_iter().map(|person| person.name));
        let Some(next) = page.next else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(names, ["Азамат Серік", "Әлия Нұрлан", "Тимур Ким"]);
    for (search, found) in [
        ("НҰРЛ", "Әлия Нұрлан"),
        ("17", "Тимур Ким"),
        ("head", "Head"),
    ] {
        let path = format!("/people?search={search}");
        let page: People = school.get(&school.admin, &path).await.get();
        assert_eq!(page.people[0].name, found, "{search}");
        assert_eq!(page.people.len(), 1, "{search}");
    }
    for path in ["/people?cursor=x", "/people?kind=cat", "/people?more=1"] {
        school
            .get(&school.admin, path)
            .await
            .refused(ProblemCode::BadRequest);
    }
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_the_last_administrator_stays() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let (teacher, token) = school.staff("teacher", "omarova").await;
    let patch =
        async |path: String, body| school.call(&school.admin, Method::PATCH, &path, body).await;
    let path = format!("/people/{teacher}");
    let disabled: Person = patch(path.clone(), json!({ "disabled": true })).await.get();
    assert!(disabled.disabled_ms.is_some());
    school
        .get(&token, "/me")
        .await
        .refused(ProblemCode::NotLoggedIn);
    let wish = json!({ "login": "omarova", "password": PASSWORD });
    school
        .post("", "/login", wish)
        .await
        .refused(ProblemCode::WrongPassword);
    let enabled: Person = patch(path, json!({ "disabled": false, "name": "G. Omarova" }))
        .await
        .get();
    assert_eq!(
        (enabled.disabled_ms, enabled.name.as_str()),
        (None, "G. Omarova")
    );
    school.log_in("omarova").await;
    let me: Me = school.get(&school.admin, "/me").await.get();
    let own = format!("/people/{}", me.person.0);
    patch(own, json!({ "disabled": true }))
        .await
        .refused(ProblemCode::LastAdmin);
    let twice = json!({ "name": "X", "kind": "teacher", "login": "OMAROVA", "password": PASSWORD });
    school
        .post(&school.admin, "/people", twice)
        .await
        .refused(ProblemCode::LoginTaken);
    let student = json!({ "name": "X", "kind": "student", "login": "xxx", "password": PASSWORD });
    school
        .post(&school.admin, "/people", student)
        .await
        .refused(ProblemCode::BadRequest);
}

#[tokio::test]
async fn a_personal_link_opens_one_device_once() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let class = school.class("9 Ә").await;
    school.paste(class, "Aida\nTimur\n").await;
    let sheet = school.links(class).await;
    assert_eq!(sheet.links.len(), 2);
    assert!(sheet.links[0].qr.path.starts_with("M4 4h7"));
    let device: LoggedIn = school.open_link(&sheet.links[0].url).await.get();
    school
        .open_link(&sheet.links[0].url)
        .await
        .refused(ProblemCode::LinkUsed);
    let me: Me = school.get(&device.token, "/me").await.get();
    assert_eq!((me.name.as_str(), me.kind), ("Aida", PersonKind::Student));
    assert_eq!(
        (me.classes[0].name.as_str(), me.classes[0].role),
        ("9 Ә", ClassRole::Student)
    );
    let days = (device.expires_ms - now_ms()) / (24 * 60 * 60 * 1_000);
    assert!((298..=300).contains(&days), "{days}");

    let roster = format!("/classes/{class}/roster");
    let states = |roster: Roster| roster.students.iter().map(|s| s.link).collect::<Vec<_>>();
    let seen = states(school.get(&school.admin, &roster).await.get());
    assert_eq!(seen, [LinkState::Used, LinkState::Unused]);
    // Only who has none gets one; then all anew, and the phone that was lost is out.
    let path = format!("/classes/{class}/links");
    let none = school
        .post(&school.admin, &path, json!({ "only_without": true }))
        .await;
    assert_eq!(none.get::<serde_json::Value>()["links"], json!([]));
    let again = json!({ "persons": [me.person.0], "end_devices": true });
    let again = school.post(&school.admin, &path, again).await;
    assert_eq!(
        again.get::<serde_json::Value>()["links"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    school
        .get(&device.token, "/me")
        .await
        .refused(ProblemCode::NotLoggedIn);
    let other = json!({ "persons": [1] });
    school
        .post(&school.admin, &path, other)
        .await
        .refused(ProblemCode::NotFound);
}

#[tokio::test]
async fn anybody_may_know_the_schools_name() {
    let folder = tempfile::tempdir().unwrap();
    let school = School::open(folder.path()).await;
    let info: SchoolInfo = school.get("", "/school").await.get();
    assert!(info.adhoc_lessons);
    for path in ["/nowhere", "/people/1/2/3"] {
        school
            .get(&school.admin, path)
            .await
            .refused(ProblemCode::NotFound);
    }
    school
        .delete(&school.admin, "/people")
        .await
        .refused(ProblemCode::NotFound);
}
